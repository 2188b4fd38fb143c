package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"airlock/internal/presigned"
)

// What the validator does to objects, and under which conditions.

const otherETag = `"00000000000000000000000000000000"`

// store puts an object with the credentials themselves and returns key and ETag, with quotes.
func (b *bench) store(ctx context.Context, text string) (key, etag string, err error) {
	key = b.key()
	out, err := b.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.Bucket, Key: &key, Body: strings.NewReader(text), ContentType: aws.String("text/html"), CacheControl: aws.String("max-age=1"),
		Metadata: map[string]string{"evil": "1"},
	})
	if err != nil {
		return "", "", fmt.Errorf("store an object: %w", err)
	}
	return key, aws.ToString(out.ETag), nil
}

// status is the HTTP status of an SDK error, and 200 of nil.
func status(err error) (int, string) {
	if err == nil {
		return http.StatusOK, ""
	}
	var re interface{ HTTPStatusCode() int }
	var api smithy.APIError
	code := ""
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	if errors.As(err, &re) {
		return re.HTTPStatusCode(), code
	}
	return 0, code
}

// failsAs wants the operation to fail with one of these.
func failsAs(what string, err error, statuses ...int) (string, error) {
	got, code := status(err)
	if got == 0 {
		return "", err
	}
	return verdict(what, got, code, nil, statuses...)
}

func putOnce(ctx context.Context, b *bench) (string, error) {
	key, _, err := b.store(ctx, "a")
	if err != nil {
		return "", err
	}
	_, err = b.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.Bucket, Key: &key, Body: strings.NewReader("b"), IfNoneMatch: aws.String("*")})
	return failsAs("a second PUT with If-None-Match: *", err, 412, 409)
}

// racers is how many do the same at once.
const racers = 8

func race(what string, try func() error) (string, error) {
	var won atomic.Int64
	var mu sync.Mutex
	var other error
	var wg sync.WaitGroup
	for range racers {
		wg.Go(func() {
			err := try()
			switch got, _ := status(err); got {
			case http.StatusOK:
				won.Add(1)
			case http.StatusPreconditionFailed, http.StatusConflict:
			default:
				mu.Lock()
				defer mu.Unlock()
				other = err
			}
		})
	}
	wg.Wait()
	switch {
	case other != nil:
		return "", other
	case won.Load() != 1:
		return "", refuted("more than one of " + what + " won")
	}
	return "exactly one of " + what + " wins", nil
}

func putRace(ctx context.Context, b *bench) (string, error) {
	key := b.key()
	return race("racing PUTs", func() error {
		_, err := b.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.Bucket, Key: &key, Body: strings.NewReader("a"), IfNoneMatch: aws.String("*")})
		return err
	})
}

// copy promotes as the validator does.
func (b *bench) copy(ctx context.Context, from, etag, to string) (*s3.CopyObjectOutput, error) {
	return b.s3.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: &b.Bucket, Key: &to, CopySource: aws.String(b.Bucket + "/" + from), CopySourceIfMatch: &etag, IfNoneMatch: aws.String("*"),
		MetadataDirective: s3types.MetadataDirectiveReplace, TaggingDirective: s3types.TaggingDirectiveReplace, ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256,
		ContentType: aws.String("text/plain"), ContentDisposition: aws.String("attachment"),
	})
}

func copySource(ctx context.Context, b *bench) (string, error) {
	from, _, err := b.store(ctx, "a")
	if err != nil {
		return "", err
	}
	_, err = b.copy(ctx, from, otherETag, b.key())
	return failsAs("a copy of other bytes than were judged", err, 412)
}

// copyOver copies "a" over the object "b" at to; copied is what the store says to that.
func (b *bench) copyOver(ctx context.Context) (to string, copied, err error) {
	from, etag, err := b.store(ctx, "a")
	if err != nil {
		return "", nil, err
	}
	if to, _, err = b.store(ctx, "b"); err != nil {
		return "", nil, err
	}
	_, copied = b.copy(ctx, from, etag, to)
	return to, copied, nil
}

func copyDestination(ctx context.Context, b *bench) (string, error) {
	_, copied, err := b.copyOver(ctx)
	if err != nil {
		return "", err
	}
	return failsAs("a copy over an object", copied, 412, 409)
}

// copyRefused looks at what a copy that was refused has left at its destination.
func copyRefused(ctx context.Context, b *bench) (string, error) {
	to, copied, err := b.copyOver(ctx)
	if err != nil {
		return "", err
	}
	if copied == nil {
		return "", refuted("a copy over an object was stored")
	}
	signed, err := s3.NewPresignClient(b.s3).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: &to})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, signed.URL, nil) // the SDK would refuse a body that its checksum does not fit
	if err != nil {
		return "", presigned.WithoutURL(err)
	}
	text, err := fetch(r)
	if err != nil {
		return "", err
	}
	if text != "b" {
		return "", refuted("a copy that was refused has overwritten the object all the same")
	}
	return "a copy that was refused has changed nothing", nil
}

func copyRace(ctx context.Context, b *bench) (string, error) {
	from, etag, err := b.store(ctx, "a")
	if err != nil {
		return "", err
	}
	to := b.key()
	return race("racing copies", func() error { _, err := b.copy(ctx, from, etag, to); return err })
}

// promoted is content after its promotion.
func (b *bench) promoted(ctx context.Context) (key string, out *s3.CopyObjectOutput, err error) {
	from, etag, err := b.store(ctx, content)
	if err != nil {
		return "", nil, err
	}
	key = b.key()
	out, err = b.copy(ctx, from, etag, key)
	return key, out, err
}

func copySHA256(ctx context.Context, b *bench) (string, error) {
	_, out, err := b.promoted(ctx)
	if err != nil {
		return "", err
	}
	if r := out.CopyObjectResult; r == nil || aws.ToString(r.ChecksumSHA256) != sha(content) {
		return "", refuted("the copy has no SHA-256 of the bytes, or a wrong one")
	}
	return "the copy's SHA-256 is told", nil
}

func copyHeaders(ctx context.Context, b *bench) (string, error) {
	key, _, err := b.promoted(ctx)
	if err != nil {
		return "", err
	}
	h, err := b.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Bucket, Key: &key})
	if err != nil {
		return "", err
	}
	if aws.ToString(h.ContentType) != "text/plain" || aws.ToString(h.ContentDisposition) != "attachment" || aws.ToString(h.CacheControl) != "" || len(h.Metadata) > 0 {
		return "", refuted("something that the client attached survived the copy")
	}
	return "nothing that the client attached survives", nil
}

func readCondition(ctx context.Context, b *bench) (string, error) {
	key, etag, err := b.store(ctx, content)
	if err != nil {
		return "", err
	}
	out, err := b.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: &key, Range: aws.String("bytes=0-3"), IfMatch: &etag})
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	if data, err := io.ReadAll(io.LimitReader(out.Body, 100)); err != nil || string(data) != content[:4] || aws.ToString(out.ContentRange) != fmt.Sprintf("bytes 0-3/%d", len(content)) {
		return "", refuted("a range was asked for, and something else came")
	}
	bad, err := b.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: &key, Range: aws.String("bytes=0-3"), IfMatch: aws.String(otherETag)})
	if err == nil {
		bad.Body.Close()
	}
	return failsAs("a range of other bytes than were seen first", err, 412)
}

func missing(ctx context.Context, b *bench) (string, error) {
	_, err := b.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Bucket, Key: aws.String(b.key())})
	if got, _ := status(err); got == http.StatusForbidden {
		return "", refuted("an object that is missing: 403, as without leave to list the bucket")
	}
	return failsAs("an object that is missing", err, 404)
}

func deleteCondition(ctx context.Context, b *bench) (string, error) {
	key, _, err := b.store(ctx, "a")
	if err != nil {
		return "", err
	}
	_, err = b.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.Bucket, Key: &key, IfMatch: aws.String(otherETag)})
	if got, code := status(err); got == http.StatusNotImplemented {
		return "", refuted("DELETE with If-Match: 501 " + code)
	}
	if err == nil {
		return "", refuted("DELETE with If-Match removed an object with another ETag")
	}
	return failsAs("DELETE of other bytes than were judged", err, 412)
}

func batchDelete(ctx context.Context, b *bench) (string, error) {
	var list []s3types.ObjectIdentifier
	for range 3 {
		key, _, err := b.store(ctx, "a")
		if err != nil {
			return "", err
		}
		list = append(list, s3types.ObjectIdentifier{Key: &key})
	}
	list = append(list, s3types.ObjectIdentifier{Key: aws.String(b.key())}) // what is not there is deleted
	out, err := b.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &b.Bucket, Delete: &s3types.Delete{Objects: list}})
	if err != nil {
		return "", err
	}
	if len(out.Deleted) != len(list) || len(out.Errors) > 0 {
		return "", refuted(fmt.Sprintf("of %d keys %d were reported deleted, %d failed", len(list), len(out.Deleted), len(out.Errors)))
	}
	return "each key is reported", nil
}
