package validator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"airlock"
)

// S3 is Bucket on AWS and what speaks its protocol. Its credentials need
//
//   - on quarantine s3:GetObject, s3:DeleteObject and s3:AbortMultipartUpload;
//   - on clean s3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload and
//     s3:ListMultipartUploadParts;
//   - on both buckets s3:ListBucket, without which S3 answers 403 for an object that is missing, and
//     s3:ListBucketMultipartUploads;
//   - where a bucket is versioned, there also s3:ListBucketVersions, s3:DeleteObjectVersion and, on
//     quarantine, s3:GetObjectVersion.
//
// It is safe for use by many goroutines.
type S3 struct {
	// SingleCopy is the size in bytes above which an object is copied in parts, and the largest
	// part that this begins with. 0 is 5 GiB, which is all that S3's CopyObject takes; set it
	// lower before the first use, not while copies run.
	SingleCopy int64

	client   *s3.Client
	deletes  deletes
	oneByOne atomic.Bool // the store knows no DeleteObjects
}

// NewS3 makes no request. pathStyle puts the bucket into the path, as most emulators want it.
func NewS3(cfg aws.Config, pathStyle bool) *S3 {
	return &S3{client: s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = pathStyle
		// We check what we need ourselves; a validated body would have to be read whole.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})}
}

// The time that each request may take (PROTOCOL section 5).
const (
	headTimeout   = 5 * time.Second
	listTimeout   = 10 * time.Second // a page of a thousand
	readTimeout   = 10 * time.Second
	deleteTimeout = 10 * time.Second
	copyTimeout   = 30 * time.Second
	copyRate      = 20 << 20 // bytes per second that the slowest store copies
	readTries     = 3        // the SDK never retries a body that breaks off
)

// Read is [Bucket.Read]: one ranged GET, and no HEAD.
func (b *S3) Read(ctx context.Context, o airlock.Object, n int64) (h Head, data []byte, err error) {
	for try := range readTries {
		if h, data, err = b.read(ctx, o, n); err == nil || isSentinel(err) || ctx.Err() != nil {
			break
		}
		if serr := sleep(ctx, jitter(50*time.Millisecond<<try)); serr != nil {
			break
		}
	}
	if err != nil {
		return Head{}, nil, fmt.Errorf("read %s: %w", o, err)
	}
	return h, data, nil
}

func (b *S3) read(ctx context.Context, o airlock.Object, n int64) (Head, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &o.Bucket, Key: aws.String(string(o.Key)), Range: aws.String(fmt.Sprintf("bytes=0-%d", n-1)),
	})
	if code(err) == "InvalidRange" { // 416: there is no byte 0
		return b.empty(ctx, o)
	}
	if err != nil {
		return Head{}, nil, mapError(err)
	}
	defer out.Body.Close()
	h := Head{
		ETag: unquote(out.ETag), VersionID: version(out.VersionId), LastModified: aws.ToTime(out.LastModified),
		Metadata: lower(out.Metadata), Size: aws.ToInt64(out.ContentLength),
	}
	if out.ContentRange != nil {
		if h.Size, err = totalSize(*out.ContentRange); err != nil {
			return Head{}, nil, err
		}
	}
	data := make([]byte, min(n, h.Size))
	if _, err := io.ReadFull(out.Body, data); err != nil {
		return Head{}, nil, fmt.Errorf("body broke off: %w", err)
	}
	return h, data, nil
}

// Open is [Bucket.Open]: one ranged GET, pinned by If-Match and the version. Its body has no time-out of
// its own: who reads it gives up by closing it, or by ctx.
func (b *S3) Open(ctx context.Context, o airlock.Object, pin Pin, off, n int64) (io.ReadCloser, error) {
	in := &s3.GetObjectInput{
		Bucket: &o.Bucket, Key: aws.String(string(o.Key)), IfMatch: aws.String(quote(pin.ETag)),
		Range: aws.String(fmt.Sprintf("bytes=%d-%d", off, off+n-1)),
	}
	if pin.VersionID != "" {
		in.VersionId = &pin.VersionID
	}
	out, err := b.client.GetObject(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", o, mapError(err))
	}
	if out.ContentRange == nil || unquote(out.ETag) != pin.ETag {
		out.Body.Close()
		return nil, fmt.Errorf("read %s: %w: the store answered with other bytes", o, ErrChanged)
	}
	return out.Body, nil
}

// empty confirms by HEAD that the object is empty and was not replaced meanwhile.
func (b *S3) empty(ctx context.Context, o airlock.Object) (Head, []byte, error) {
	h, err := b.Head(ctx, o)
	if err == nil && h.Size != 0 {
		err = errors.New("the object changed while it was read")
	}
	return h, nil, err
}

// totalSize reads the whole length out of Content-Range: "bytes 0-4095/48213" (RFC 9110, 14.4).
func totalSize(contentRange string) (int64, error) {
	_, total, _ := strings.Cut(contentRange, "/")
	n, err := strconv.ParseInt(total, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("Content-Range %.80q has no length", contentRange)
	}
	return n, nil
}

// Head is [Bucket.Head].
func (b *S3) Head(ctx context.Context, o airlock.Object) (Head, error) {
	ctx, cancel := context.WithTimeout(ctx, headTimeout)
	defer cancel()
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: &o.Bucket, Key: aws.String(string(o.Key)), ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return Head{}, fmt.Errorf("head %s: %w", o, mapError(err))
	}
	return Head{
		Size: aws.ToInt64(out.ContentLength), ETag: unquote(out.ETag), VersionID: version(out.VersionId),
		LastModified: aws.ToTime(out.LastModified), ChecksumSHA256: wholeChecksum(out.ChecksumSHA256), Metadata: lower(out.Metadata),
	}, nil
}

// Ping is [Bucket.Ping].
func (b *S3) Ping(ctx context.Context, bucket string) error {
	ctx, cancel := context.WithTimeout(ctx, headTimeout)
	defer cancel()
	if _, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket}); err != nil {
		return fmt.Errorf("bucket %s: %w", bucket, err)
	}
	return nil
}

// mapError turns S3's answers into our sentinels. A missing bucket is never a missing object.
func mapError(err error) error {
	switch code(err) {
	case "NoSuchKey", "NotFound", "NoSuchVersion": // NotFound is what a HEAD without a body gives
		if markedDeleted(err) {
			return fmt.Errorf("%w: %w", ErrHidden, err)
		}
		return fmt.Errorf("%w: %w", ErrGone, err)
	case "PreconditionFailed", "ConditionalRequestConflict":
		return fmt.Errorf("%w: %w", ErrChanged, err)
	case "NoSuchUpload": // aborted by another, or completed by an attempt whose answer was lost
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	case "SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "ThrottlingException", "TooManyRequests":
		return fmt.Errorf("%w: %w", ErrSlowDown, err)
	}
	return err
}

func isSentinel(err error) bool {
	return errors.Is(err, ErrGone) || errors.Is(err, ErrChanged) || errors.Is(err, ErrUnknown)
}

// markedDeleted tells whether S3 said of a missing object that its latest version is a delete marker.
func markedDeleted(err error) bool {
	var answered *smithyhttp.ResponseError
	return errors.As(err, &answered) && answered.Response != nil && answered.Response.Header.Get("X-Amz-Delete-Marker") == "true"
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func quote(etag string) string { return `"` + etag + `"` }

func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// version is "" for "null" too: that is what an unversioned bucket calls it.
func version(id *string) string {
	if v := aws.ToString(id); v != "null" {
		return v
	}
	return ""
}

// wholeChecksum drops a checksum of part checksums ("...-3").
func wholeChecksum(sum *string) string {
	if s := aws.ToString(sum); !strings.Contains(s, "-") {
		return s
	}
	return ""
}

func lower(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range maps.All(m) {
		out[strings.ToLower(k)] = v
	}
	return out
}
