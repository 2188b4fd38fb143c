// Package parts makes the few requests of a multipart upload that are the signer's own: create,
// list, complete and abort. The parts themselves are put by whoever holds a URL of package presign.
//
// Its credentials need, on the quarantine prefix, s3:PutObject (create and complete),
// s3:ListMultipartUploadParts and s3:AbortMultipartUpload (S3 user guide, "Multipart upload API and
// permissions"). What is never completed or aborted costs money until the bucket's lifecycle rule
// ends it.
package parts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"airlock"
	"airlock/internal/presigned"
)

// What callers tell apart. Each comes wrapped, with S3's own answer.
var (
	// ErrGone says that there is no such multipart upload: it was completed or aborted, or never was.
	ErrGone = errors.New("there is no such multipart upload")

	// ErrTaken says that the key holds an object already, to which nothing was done. The upload
	// stays until it is aborted.
	ErrTaken = errors.New("the key holds an object already")

	// ErrInvalid says that S3 refuses the parts: one is missing or has another ETag, they are not in
	// order, one that is not the last has less than 5 MiB, or all together have another size than
	// was promised. The upload stays: parts may be put again.
	ErrInvalid = errors.New("the parts make no whole")
)

// The time that each request may take, with its retries.
const (
	requestTimeout  = 10 * time.Second // one page of a list, too
	completeTimeout = 60 * time.Second // S3 says that it may take minutes; most take less than a second
)

// Part is one part that S3 has.
type Part struct {
	Number int32  // 1 to 10,000
	ETag   string // without quotes
	Size   int64  // bytes; Complete does not read it
}

// S3 is AWS's or whatever speaks its protocol. All methods may be called at once.
type S3 struct {
	client *s3.Client
	page   int32 // parts that one answer lists at most; 0: as many as S3 likes, 1,000
}

// New makes no request. pathStyle puts the bucket into the path, as most emulators want it. How
// often a request is retried is cfg's matter.
func New(cfg aws.Config, pathStyle bool) *S3 {
	return &S3{client: s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = pathStyle
		// An upload that is created with a checksum algorithm demands that checksum of each part, and
		// a browser's parts have none. The SDK's default adds it to other requests, not yet to this.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})}
}

// Create begins an upload of o, which will be stored with contentType. Each call begins another.
func (s *S3) Create(ctx context.Context, o airlock.Object, contentType string) (uploadID string, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	out, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &o.Bucket, Key: key(o), ContentType: &contentType,
	})
	if err == nil && aws.ToString(out.UploadId) == "" {
		err = errors.New("S3 gave no upload id")
	}
	if err != nil {
		return "", wrap("create multipart upload of", o, err)
	}
	return *out.UploadId, nil
}

// List returns the parts that S3 has, by number: of parts that were put twice, the last. It asks
// for page after page, each within 10 s. The error may be [ErrGone].
func (s *S3) List(ctx context.Context, o airlock.Object, uploadID string) ([]Part, error) {
	const doing = "list parts of"
	if uploadID == "" {
		return nil, wrap(doing, o, errNoID)
	}
	in := &s3.ListPartsInput{Bucket: &o.Bucket, Key: key(o), UploadId: &uploadID}
	if s.page > 0 {
		in.MaxParts = &s.page
	}
	var all []Part
	for pages := s3.NewListPartsPaginator(s.client, in); pages.HasMorePages(); {
		out, err := next(ctx, pages)
		if err != nil {
			return nil, wrap(doing, o, err)
		}
		for _, p := range out.Parts {
			all = append(all, Part{aws.ToInt32(p.PartNumber), unquote(aws.ToString(p.ETag)), aws.ToInt64(p.Size)})
		}
	}
	return all, nil
}

func next(ctx context.Context, pages *s3.ListPartsPaginator) (*s3.ListPartsOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return pages.NextPage(ctx)
}

// Complete makes one object of parts, which must be in the order of their numbers and have size
// bytes in all: S3 counts them itself (x-amz-mp-object-size). It makes it only if the key holds
// none (If-None-Match). The error may be [ErrGone], [ErrTaken] or [ErrInvalid].
//
// To complete an upload again is no error on AWS while the object is there, which stays as it is,
// and ErrGone on others. So no error means that it was completed, by this call or before. The SDK
// tries again, too, when an answer is lost: ErrGone, ErrTaken, and no answer within 60 s may come
// although the object was made.
func (s *S3) Complete(ctx context.Context, o airlock.Object, uploadID string, parts []Part, size int64) error {
	const doing = "complete multipart upload of"
	switch {
	case uploadID == "":
		return wrap(doing, o, errNoID)
	case len(parts) == 0: // S3 would call it malformed XML
		return wrap(doing, o, fmt.Errorf("%w: there are none", ErrInvalid))
	}
	ctx, cancel := context.WithTimeout(ctx, completeTimeout)
	defer cancel()
	named := make([]types.CompletedPart, len(parts))
	for i, p := range parts {
		named[i] = types.CompletedPart{PartNumber: &p.Number, ETag: aws.String(`"` + unquote(p.ETag) + `"`)}
	}
	_, err := s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &o.Bucket, Key: key(o), UploadId: &uploadID, MultipartUpload: &types.CompletedMultipartUpload{Parts: named},
		MpuObjectSize: &size, IfNoneMatch: aws.String("*"),
	})
	switch code(err) {
	case "InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge",
		"InvalidArgument", // of a part's number
		"InvalidRequest":  // another size (S3 API Reference, CompleteMultipartUpload, x-amz-mp-object-size)
		err = fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return wrap(doing, o, err)
}

// Abort ends an upload and deletes its parts; that of one that is gone is no error. A part that is
// under way meanwhile may stay until another Abort, or the bucket's lifecycle rule (S3 API Reference,
// AbortMultipartUpload).
func (s *S3) Abort(ctx context.Context, o airlock.Object, uploadID string) error {
	const doing = "abort multipart upload of"
	if uploadID == "" {
		return wrap(doing, o, errNoID)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &o.Bucket, Key: key(o), UploadId: &uploadID})
	if err = wrap(doing, o, err); errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// errNoID stops requests that S3 could take for others, on the object itself.
var errNoID = errors.New("there is no upload id")

// wrap turns S3's errors into ours; nil stays nil.
func wrap(doing string, o airlock.Object, err error) error {
	if err == nil {
		return nil
	}
	switch code(err) {
	case "NoSuchUpload":
		err = fmt.Errorf("%w: %w", ErrGone, err)
	case "PreconditionFailed":
		err = fmt.Errorf("%w: %w", ErrTaken, err)
	}
	return fmt.Errorf("%s %s: %w", doing, o, presigned.WithoutURL(err))
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func key(o airlock.Object) *string { return aws.String(string(o.Key)) }

func unquote(etag string) string { return strings.Trim(etag, `"`) }
