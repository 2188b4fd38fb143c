package s3front

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// A store is the POSIX backend with our additions: see the package comment.
//
// Its locks are taken in the order dirs, keys, and only around work on the local disk: never
// while a client sends its body or a notification is on its way.
type store struct {
	*posix.Posix
	rules                    *rules
	lifecycles, accessBlocks *documents // kept, without effect
	notify                   atomic.Pointer[func(ctx context.Context, queueARN string, body []byte) error]
	lifetime                 context.Context // of notifications
	region                   string
	owner                    string
	log                      *slog.Logger
	sequence                 atomic.Uint64

	// dirs keeps deletes, which remove directories that became empty, away from writes that
	// just made them: writes read-lock it.
	dirs sync.RWMutex
	// keys orders the writes to one key, so that a condition still holds when its write
	// lands and sequencers grow as writes land. Reads read-lock it: the backend looks up the
	// ETag by name before it opens the file, and would pair an old ETag with new content.
	keys [1024]sync.RWMutex
	seed maphash.Seed
}

// newStore reads the configurations that an earlier store left beside the buckets.
func newStore(lifetime context.Context, files *posix.Posix, cfg Config) (*store, error) {
	s := &store{
		Posix:    files,
		lifetime: lifetime,
		region:   cfg.Region,
		owner:    cfg.Root.Access,
		log:      cfg.Log,
		seed:     maphash.MakeSeed(),
	}
	var errs [3]error
	s.rules, errs[0] = openRules(filepath.Join(cfg.Dir, "notifications"))
	s.lifecycles, errs[1] = openDocuments(filepath.Join(cfg.Dir, "lifecycles"))
	s.accessBlocks, errs[2] = openDocuments(filepath.Join(cfg.Dir, "access-blocks"))
	return s, errors.Join(errs[:]...)
}

// Shutdown does nothing: Close closes the files, once, whatever becomes of the listener.
func (s *store) Shutdown() {}

func (s *store) key(bucket, key *string) *sync.RWMutex {
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.WriteString(*bucket)
	h.WriteByte('/')
	h.WriteString(*key)
	return &s.keys[h.Sum64()%uint64(len(s.keys))]
}

// lockWrite locks for a write to a key.
func (s *store) lockWrite(bucket, key *string) (unlock func()) {
	k := s.key(bucket, key)
	s.dirs.RLock()
	k.Lock()
	return func() {
		k.Unlock()
		s.dirs.RUnlock()
	}
}

// PutObject stores a PUT's or a POST form's object and announces it.
func (s *store) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	in.Bucket, in.Key = clone(in.Bucket), clone(in.Key)
	name := "ObjectCreated:Put"
	if requestOf(ctx).method == "POST" {
		name = "ObjectCreated:Post"
	}
	out, event, err := s.put(ctx, in)
	if err != nil {
		return out, err
	}
	return out, s.announce(ctx, name, event)
}

// put holds the locks from the end of the body until the object is in place. The backend checks
// conditions in between once more.
func (s *store) put(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, object, error) {
	gate := &gate{lock: func() func() { return s.lockWrite(in.Bucket, in.Key) }}
	defer gate.leave()
	if strings.HasSuffix(*in.Key, "/") {
		gate.enter() // a directory has no body
	} else {
		in.Body = gate.before(in.Body)
	}
	out, err := s.Posix.PutObject(ctx, in)
	if err != nil {
		return out, object{}, err
	}
	return out, s.stored(ctx, in.Bucket, in.Key, out.ETag, out.VersionID), nil
}

// CopyObject copies, subject to If-Match and If-None-Match on the destination, and announces.
func (s *store) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	in.Bucket, in.Key = clone(in.Bucket), clone(in.Key)
	if err := checkSource(*in.CopySource); err != nil {
		return s3response.CopyObjectOutput{}, err
	}
	out, event, err := s.copy(ctx, in)
	if err != nil {
		return s3response.CopyObjectOutput{}, err
	}
	if err := s.announce(ctx, "ObjectCreated:Copy", event); err != nil {
		return s3response.CopyObjectOutput{}, err
	}
	return out, nil
}

func (s *store) copy(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, object, error) {
	defer s.lockWrite(in.Bucket, in.Key)()
	if err := s.checkDestination(ctx, in.Bucket, in.Key); err != nil {
		return s3response.CopyObjectOutput{}, object{}, err
	}
	out, err := s.Posix.CopyObject(ctx, in)
	if err != nil {
		var se s3err.S3Error
		if errors.As(err, &se) && se.StatusCode() == 304 { // a copy is no GET: AWS says 412
			err = s3err.GetPreconditionFailedErr(s3err.ConditionIfNoneMatch)
		}
		return s3response.CopyObjectOutput{}, object{}, err
	}
	return out, s.stored(ctx, in.Bucket, in.Key, value(out.CopyObjectResult.ETag), value(out.VersionId)), nil
}

// checkDestination holds the request's conditions against the object that a copy would replace.
// (On a copy they mean the destination; those on the source have headers of their own.)
func (s *store) checkDestination(ctx context.Context, bucket, key *string) error {
	r := requestOf(ctx)
	if r.ifMatch == nil && r.ifNoneMatch == nil {
		return nil
	}
	head, err := s.Posix.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key})
	if err != nil && !isMissing(err) {
		return err
	}
	var etag string
	if err == nil {
		etag = value(head.ETag)
	}
	return backend.EvaluateObjectPutPreconditions(etag, r.ifMatch, r.ifNoneMatch, err == nil)
}

// UploadPartCopy refuses odd sources; a part is nothing to announce. It read-locks the key, so that
// no part lands after the upload was aborted: the backend would make its directory anew, and the
// upload would be open again.
func (s *store) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput) (s3response.CopyPartResult, error) {
	if err := checkSource(*in.CopySource); err != nil {
		return s3response.CopyPartResult{}, err
	}
	k := s.key(in.Bucket, in.Key)
	k.RLock()
	defer k.RUnlock()
	return s.Posix.UploadPartCopy(ctx, in)
}

// AbortMultipartUpload waits for the parts that are being copied.
func (s *store) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput) error {
	k := s.key(in.Bucket, in.Key)
	k.Lock()
	defer k.Unlock()
	return s.Posix.AbortMultipartUpload(ctx, in)
}

// CompleteMultipartUpload completes and announces.
func (s *store) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	in.Bucket, in.Key = clone(in.Bucket), clone(in.Key)
	out, version, event, err := s.complete(ctx, in)
	if err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	if err := s.announce(ctx, "ObjectCreated:CompleteMultipartUpload", event); err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	return out, version, nil
}

func (s *store) complete(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, object, error) {
	defer s.lockWrite(in.Bucket, in.Key)()
	out, version, err := s.Posix.CompleteMultipartUpload(ctx, in)
	if err != nil {
		return out, "", object{}, err
	}
	return out, version, s.stored(ctx, in.Bucket, in.Key, value(out.ETag), version), nil
}

// GetObject opens the object under the key's lock; the body is read without it.
func (s *store) GetObject(ctx context.Context, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	k := s.key(in.Bucket, in.Key)
	k.RLock()
	defer k.RUnlock()
	return s.Posix.GetObject(ctx, in)
}

// HeadObject reads under the key's lock. As on AWS, and as versitygw's own GetObject does, the 404
// for a delete marker tells that it is one.
func (s *store) HeadObject(ctx context.Context, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	k := s.key(in.Bucket, in.Key)
	k.RLock()
	defer k.RUnlock()
	out, err := s.Posix.HeadObject(ctx, in)
	if isMissing(err) && value(in.VersionId) == "" {
		got, gerr := s.Posix.GetObject(ctx, &s3.GetObjectInput{Bucket: in.Bucket, Key: in.Key, Range: new(string)})
		if gerr != nil && got != nil && got.DeleteMarker != nil {
			out = &s3.HeadObjectOutput{DeleteMarker: got.DeleteMarker, LastModified: got.LastModified}
		}
	}
	return out, err
}

// ListObjectVersions keeps deletes away: the backend looks at each file again after it has read the
// directory, and fails where one has gone.
func (s *store) ListObjectVersions(ctx context.Context, in *s3.ListObjectVersionsInput) (s3response.ListVersionsResult, error) {
	s.dirs.RLock()
	defer s.dirs.RUnlock()
	return s.Posix.ListObjectVersions(ctx, in)
}

// DeleteObject deletes and announces.
func (s *store) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	in.Bucket, in.Key = clone(in.Bucket), clone(in.Key)
	out, name, event, err := s.remove(ctx, in)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return out, nil
	}
	return out, s.announce(ctx, name, event)
}

// remove deletes under the locks and returns the name of the event, "" for none. As on AWS
// If-Match on a missing key is 404, and If-Match: * asks for any object.
func (s *store) remove(ctx context.Context, in *s3.DeleteObjectInput) (out *s3.DeleteObjectOutput, name string, event object, err error) {
	s.dirs.Lock()
	defer s.dirs.Unlock()
	k := s.key(in.Bucket, in.Key)
	k.Lock()
	defer k.Unlock()
	_, err = s.Posix.HeadObject(ctx, &s3.HeadObjectInput{Bucket: in.Bucket, Key: in.Key, VersionId: in.VersionId})
	missing := isMissing(err)
	if in.IfMatch != nil {
		if missing {
			return nil, "", object{}, err
		}
		if *in.IfMatch == "*" {
			in.IfMatch = nil
		}
	}
	out, err = s.Posix.DeleteObject(ctx, in)
	if err != nil {
		return nil, "", object{}, err
	}
	event = object{bucket: *in.Bucket, key: *in.Key, version: value(out.VersionId), sequencer: s.nextSequencer()}
	switch {
	case out.DeleteMarker != nil && *out.DeleteMarker && value(in.VersionId) == "":
		return out, "ObjectRemoved:DeleteMarkerCreated", event, nil
	case missing:
		return out, "", object{}, nil
	}
	return out, "ObjectRemoved:Delete", event, nil
}

// DeleteObjects deletes one by one; each may fail by itself. An ETag beside a key is its If-Match.
func (s *store) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput) (s3response.DeleteResult, error) {
	out := s3response.DeleteResult{Deleted: []types.DeletedObject{}, Error: []types.Error{}}
	for _, o := range in.Delete.Objects {
		var res *s3.DeleteObjectOutput
		err := checkKey(value(o.Key))
		if err == nil {
			one := &s3.DeleteObjectInput{Bucket: in.Bucket, Key: o.Key, VersionId: o.VersionId}
			if etag := strings.Trim(value(o.ETag), `"`); etag != "" {
				one.IfMatch = &etag
			}
			res, err = s.DeleteObject(ctx, one)
		}
		if err != nil {
			out.Error = append(out.Error, s3err.ObjectDeleteError(o.Key, o.VersionId, err))
			continue
		}
		d := types.DeletedObject{Key: o.Key, VersionId: o.VersionId, DeleteMarker: res.DeleteMarker}
		if res.DeleteMarker != nil && *res.DeleteMarker {
			d.DeleteMarkerVersionId = res.VersionId
		}
		out.Deleted = append(out.Deleted, d)
	}
	return out, nil
}

// CreateBucket gives the bucket a public access block, as AWS does.
func (s *store) CreateBucket(ctx context.Context, in *s3.CreateBucketInput, acl []byte) error {
	in.Bucket = clone(in.Bucket)
	if err := s.Posix.CreateBucket(ctx, in, acl); err != nil {
		return err
	}
	all, err := blockAll()
	if err != nil {
		return err
	}
	return s.accessBlocks.set(*in.Bucket, all)
}

// DeleteBucket forgets the bucket's configurations too.
func (s *store) DeleteBucket(ctx context.Context, bucket string) error {
	bucket = strings.Clone(bucket)
	if err := s.Posix.DeleteBucket(ctx, bucket); err != nil {
		return err
	}
	return errors.Join(s.rules.set(bucket, nil), s.lifecycles.set(bucket, nil), s.accessBlocks.set(bucket, nil))
}

// isMissing reports whether an object isn't there (a delete marker counts as not there).
func isMissing(err error) bool {
	var se s3err.S3Error
	return errors.As(err, &se) && se.StatusCode() == 404
}

func value(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// clone copies a string out of the request: versitygw's strings lie in buffers that the next
// request on the connection overwrites.
func clone(p *string) *string {
	if p == nil {
		return nil
	}
	c := strings.Clone(*p)
	return &c
}
