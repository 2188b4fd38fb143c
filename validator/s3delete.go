package validator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"airlock"
)

const (
	versionsAtOnce = 1000 // of DeleteObjects
	purgeTries     = 3
)

// Delete is [Bucket.Delete]. What is to be deleted at the same time shares a request: see [deletes].
// An object in an unversioned bucket costs nothing more; in a versioned one S3 only hides it, so
// that its versions have to be found and deleted too.
func (b *S3) Delete(ctx context.Context, o airlock.Object, etag string) error {
	d := deleted{again: true}
	if !b.oneByOne.Load() {
		d = b.deletes.do(ctx, o, etag, b.deleteAll)
	}
	if d.again {
		d = b.deleteOne(ctx, o, etag)
	}
	hidden := d.marker
	if errors.Is(d.err, ErrGone) {
		// DeleteObjects doesn't tell why: an earlier Delete may have died halfway.
		hidden, d.err = errors.Is(d.err, ErrHidden), nil
		if etag != "" && !hidden {
			hidden, d.err = b.isHidden(ctx, o)
		}
	}
	if d.err == nil && hidden {
		d.err = b.purge(ctx, o)
	}
	if d.err != nil {
		return fmt.Errorf("delete %s: %w", o, d.err)
	}
	return nil
}

func (b *S3) isHidden(ctx context.Context, o airlock.Object) (bool, error) {
	_, err := b.Head(ctx, o)
	if err == nil || errors.Is(err, ErrGone) {
		return errors.Is(err, ErrHidden), nil
	}
	return false, err
}

// deleteAll deletes a batch of one bucket. Whom S3 gives no clear answer here asks again alone.
func (b *S3) deleteAll(ctx context.Context, batch []*deletion) map[airlock.Key]deleted {
	results := map[airlock.Key]deleted{}
	var ids []types.ObjectIdentifier
	for _, one := range batch {
		if _, twice := results[one.object.Key]; twice {
			continue
		}
		results[one.object.Key] = deleted{again: true}
		id := types.ObjectIdentifier{Key: aws.String(string(one.object.Key))}
		if one.etag != "" {
			id.ETag = aws.String(quote(one.etag))
		}
		ids = append(ids, id)
	}
	if len(ids) == 1 {
		results[batch[0].object.Key] = b.deleteOne(ctx, batch[0].object, batch[0].etag)
		return results
	}
	out, err := b.deleteObjects(ctx, batch[0].object.Bucket, ids)
	switch {
	case b.refusesBatches(err):
		return results
	case err != nil:
		for key := range results {
			results[key] = deleted{err: mapError(err)}
		}
		return results
	}
	for _, d := range out.Deleted {
		results[airlock.Key(aws.ToString(d.Key))] = deleted{marker: aws.ToBool(d.DeleteMarker)}
	}
	for _, e := range out.Errors {
		err := mapError(keyError(e))
		results[airlock.Key(aws.ToString(e.Key))] = deleted{err: err, again: !isSentinel(err)}
	}
	return results
}

// deleteOne is a plain DeleteObject, which the SDK tries again where S3 has trouble.
func (b *S3) deleteOne(ctx context.Context, o airlock.Object, etag string) deleted {
	ctx, cancel := context.WithTimeout(ctx, deleteTimeout)
	defer cancel()
	in := &s3.DeleteObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key))}
	if etag != "" {
		in.IfMatch = aws.String(quote(etag))
	}
	out, err := b.client.DeleteObject(ctx, in)
	if code(err) == "NotImplemented" && etag != "" { // LocalStack knows no condition here
		in.IfMatch = nil
		out, err = b.client.DeleteObject(ctx, in)
	}
	if err != nil {
		return deleted{err: mapError(err)}
	}
	return deleted{marker: aws.ToBool(out.DeleteMarker)}
}

// deleteObjects needs an answer for each key, since only that tells of delete markers.
func (b *S3) deleteObjects(ctx context.Context, bucket string, ids []types.ObjectIdentifier) (*s3.DeleteObjectsOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, deleteTimeout)
	defer cancel()
	return b.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: ids, Quiet: aws.Bool(false)}})
}

// refusesBatches tells whether the store refused DeleteObjects as such, so that single deletes may
// work. It remembers a store that does not know it at all.
func (b *S3) refusesBatches(err error) bool {
	switch code(err) {
	case "NotImplemented", "MethodNotAllowed":
		b.oneByOne.Store(true)
		return true
	case "AccessDenied", "MalformedXML", "InvalidRequest", "InvalidArgument", "MissingContentMD5":
		return true
	}
	return false
}

// keyError is what DeleteObjects says of one key, as an error like any other.
func keyError(e types.Error) error {
	return &smithy.GenericAPIError{Code: aws.ToString(e.Code), Message: aws.ToString(e.Message)}
}

// purge deletes all versions and delete markers of one key. It looks again where some were not
// deleted: another purge may have been faster.
func (b *S3) purge(ctx context.Context, o airlock.Object) (err error) {
	for try := range purgeTries {
		if err = b.purgeOnce(ctx, o); err == nil {
			return nil
		}
		if serr := sleep(ctx, jitter(50*time.Millisecond<<try)); serr != nil {
			break
		}
	}
	return fmt.Errorf("its versions: %w", err)
}

func (b *S3) purgeOnce(ctx context.Context, o airlock.Object) error {
	ids, err := b.versions(ctx, o)
	if err != nil {
		return err
	}
	var errs []error
	for some := range slices.Chunk(ids, versionsAtOnce) {
		out, err := b.deleteObjects(ctx, o.Bucket, some)
		if b.refusesBatches(err) {
			errs = append(errs, b.deleteVersions(ctx, o.Bucket, some))
			continue
		}
		if err != nil {
			return mapError(err)
		}
		for _, e := range out.Errors {
			if err := mapError(keyError(e)); !errors.Is(err, ErrGone) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// versions lists what S3 keeps of exactly this key, which comes before all longer keys.
func (b *S3) versions(ctx context.Context, o airlock.Object) (ids []types.ObjectIdentifier, err error) {
	key := string(o.Key)
	pages := s3.NewListObjectVersionsPaginator(b.client, &s3.ListObjectVersionsInput{Bucket: &o.Bucket, Prefix: &key})
	for pages.HasMorePages() {
		page, err := nextPage(ctx, pages.NextPage)
		if err != nil {
			return nil, err
		}
		longer := false
		add := func(k, version *string) {
			if aws.ToString(k) != key {
				longer = true
				return
			}
			ids = append(ids, types.ObjectIdentifier{Key: k, VersionId: version})
		}
		for _, v := range page.Versions {
			add(v.Key, v.VersionId)
		}
		for _, m := range page.DeleteMarkers {
			add(m.Key, m.VersionId)
		}
		if longer {
			break
		}
	}
	return ids, nil
}

func (b *S3) deleteVersions(ctx context.Context, bucket string, ids []types.ObjectIdentifier) error {
	var errs []error
	for _, id := range ids {
		ctx, cancel := context.WithTimeout(ctx, deleteTimeout)
		_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: id.Key, VersionId: id.VersionId})
		cancel()
		if err = mapError(err); err != nil && !errors.Is(err, ErrGone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
