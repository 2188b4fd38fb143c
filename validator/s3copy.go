package validator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// The bounds of a copy: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const (
	singleCopyLimit = 5 << 30   // of CopyObject, and of a part
	minPart         = 5 << 20   // of each part but the last
	usualPart       = 256 << 20 // some seconds each; 20 of them for the smallest object that needs parts
	maxParts        = 10_000
	partsAtOnce     = 6
	copyTries       = 3 // a 409 says: start again
)

// Copy is [Bucket.Copy]: all headers, tags and annotations are made new, so that nothing that the
// client attached to the object survives. Above [S3.SingleCopy] it copies in parts, within S3; then
// the Head has S3's ETag of parts and neither checksum nor time.
func (b *S3) Copy(ctx context.Context, c CopySpec) (h Head, err error) {
	if c.Size > b.singleCopy() {
		h, err = b.copyInParts(ctx, c)
	} else {
		h, err = b.copyWhole(ctx, c)
	}
	if err != nil {
		return Head{}, fmt.Errorf("copy %s to %s: %w", c.From, c.To, err)
	}
	return h, nil
}

func (b *S3) singleCopy() int64 { return cmp.Or(b.SingleCopy, singleCopyLimit) }

// copyTime bounds a request that copies size bytes.
func copyTime(size int64) time.Duration {
	return copyTimeout + time.Duration(size/copyRate)*time.Second
}

func (b *S3) copyWhole(ctx context.Context, c CopySpec) (Head, error) {
	ctx, cancel := context.WithTimeout(ctx, copyTime(c.Size))
	defer cancel()
	out, err := b.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: &c.To.Bucket, Key: aws.String(string(c.To.Key)),
		CopySource: aws.String(copySource(c)), CopySourceIfMatch: aws.String(quote(c.ETag)), IfNoneMatch: aws.String("*"),
		MetadataDirective: types.MetadataDirectiveReplace, TaggingDirective: types.TaggingDirectiveReplace,
		AnnotationDirective: types.AnnotationDirectiveExclude, ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		ContentType: &c.ContentType, ContentDisposition: &c.Disposition, CacheControl: given(c.CacheControl), Metadata: c.Metadata,
	})
	if err != nil {
		return Head{}, mapError(err)
	}
	if out.CopyObjectResult == nil || unquote(out.CopyObjectResult.ETag) == "" { // a 200 with an empty body
		return Head{}, fmt.Errorf("S3 answered without a result: %w", ErrUnknown)
	}
	return Head{
		Size: c.Size, ETag: unquote(out.CopyObjectResult.ETag), VersionID: version(out.VersionId),
		LastModified: aws.ToTime(out.CopyObjectResult.LastModified), Metadata: c.Metadata,
		ChecksumSHA256: wholeChecksum(out.CopyObjectResult.ChecksumSHA256),
	}, nil
}

// given is nil for "": a header that is not sent.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func copySource(c CopySpec) string {
	s := c.From.Bucket + "/" + string(c.From.Key) // safe alphabet: nothing to escape
	if c.VersionID != "" {
		s += "?versionId=" + url.QueryEscape(c.VersionID)
	}
	return s
}

// copyInParts looks at the destination first: S3 itself would only tell when all has been copied.
func (b *S3) copyInParts(ctx context.Context, c CopySpec) (h Head, err error) {
	switch _, err := b.Head(ctx, c.To); {
	case err == nil:
		return Head{}, fmt.Errorf("the destination exists: %w", ErrChanged)
	case !errors.Is(err, ErrGone):
		return Head{}, err
	}
	for try := range copyTries {
		if h, err = b.copyPartsOnce(ctx, c); code(err) != "ConditionalRequestConflict" {
			break
		}
		if serr := sleep(ctx, jitter(100*time.Millisecond<<try)); serr != nil {
			break
		}
	}
	return h, err
}

// copyPartsOnce leaves either the whole object or no trace, as far as S3 can be reached.
func (b *S3) copyPartsOnce(ctx context.Context, c CopySpec) (h Head, err error) {
	u, err := b.begin(ctx, c)
	if err != nil {
		return Head{}, err
	}
	defer func() {
		if err == nil {
			return
		}
		if aerr := b.giveUp(ctx, u); aerr != nil {
			err = fmt.Errorf("%w; moreover %w", err, aerr)
		}
	}()
	parts, err := b.copyParts(ctx, c, u)
	if err != nil {
		return Head{}, err
	}
	return b.complete(ctx, c, u, parts)
}

// begin is not cut short: an upload that was begun and whose id nobody heard could not be aborted.
func (b *S3) begin(ctx context.Context, c CopySpec) (OpenUpload, error) {
	if ctx.Err() != nil {
		return OpenUpload{}, context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), headTimeout)
	defer cancel()
	out, err := b.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &c.To.Bucket, Key: aws.String(string(c.To.Key)), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		ContentType: &c.ContentType, ContentDisposition: &c.Disposition, CacheControl: given(c.CacheControl), Metadata: c.Metadata,
	})
	if err != nil {
		return OpenUpload{}, fmt.Errorf("begin: %w", mapError(err))
	}
	return OpenUpload{Object: c.To, ID: aws.ToString(out.UploadId)}, nil
}

// partSize is how large the parts are in which size bytes are copied: those that are usual (or
// single, where that is less), but as large as maxParts of them need.
func partSize(size, single int64) int64 {
	const mib = 1 << 20
	need := (size + maxParts - 1) / maxParts
	return max((need+mib-1)/mib*mib, min(usualPart, max(minPart, single)))
}

func (b *S3) copyParts(ctx context.Context, c CopySpec, u OpenUpload) ([]types.CompletedPart, error) {
	size := partSize(c.Size, b.singleCopy())
	parts := make([]types.CompletedPart, (c.Size+size-1)/size)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(partsAtOnce)
	for i := range parts {
		from := int64(i) * size
		g.Go(func() (err error) {
			if parts[i], err = b.copyPart(ctx, c, u, i+1, from, min(from+size, c.Size)); err != nil {
				err = fmt.Errorf("part %d of %d: %w", i+1, len(parts), err)
			}
			return err
		})
	}
	return parts, g.Wait()
}

// copyPart copies the bytes from..to-1. The condition goes with each part: what lies at the key may
// change between two of them.
func (b *S3) copyPart(ctx context.Context, c CopySpec, u OpenUpload, number int, from, to int64) (types.CompletedPart, error) {
	ctx, cancel := context.WithTimeout(ctx, copyTime(to-from))
	defer cancel()
	out, err := b.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
		Bucket: &c.To.Bucket, Key: aws.String(string(c.To.Key)), UploadId: &u.ID, PartNumber: aws.Int32(int32(number)),
		CopySource: aws.String(copySource(c)), CopySourceIfMatch: aws.String(quote(c.ETag)),
		CopySourceRange: aws.String(fmt.Sprintf("bytes=%d-%d", from, to-1)),
	})
	if err != nil {
		return types.CompletedPart{}, b.partError(ctx, c, err)
	}
	if out.CopyPartResult == nil || unquote(out.CopyPartResult.ETag) == "" { // a 200 with an empty body
		return types.CompletedPart{}, fmt.Errorf("S3 answered without a result: %w", ErrUnknown)
	}
	return types.CompletedPart{PartNumber: aws.Int32(int32(number)), ETag: out.CopyPartResult.ETag, ChecksumSHA256: out.CopyPartResult.ChecksumSHA256}, nil
}

// partError tells a source that was replaced by a shorter one: some stores look at the range before
// they look at the condition.
func (b *S3) partError(ctx context.Context, c CopySpec, err error) error {
	switch code(err) { // versitygw, LocalStack, and what HTTP has for it
	case "InvalidArgument", "InvalidRequest", "InvalidRange":
	default:
		return mapError(err)
	}
	switch h, herr := b.Head(ctx, c.From); {
	case errors.Is(herr, ErrGone):
		return herr
	case herr == nil && h.ETag != c.ETag:
		return fmt.Errorf("%w: %w", ErrChanged, err)
	}
	return err
}

func (b *S3) complete(ctx context.Context, c CopySpec, u OpenUpload, parts []types.CompletedPart) (Head, error) {
	ctx, cancel := context.WithTimeout(ctx, copyTime(c.Size)) // on AWS it may take minutes
	defer cancel()
	out, err := b.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &c.To.Bucket, Key: aws.String(string(c.To.Key)), UploadId: &u.ID, IfNoneMatch: aws.String("*"),
		MpuObjectSize: &c.Size, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		return Head{}, fmt.Errorf("complete: %w", mapError(err))
	}
	if unquote(out.ETag) == "" { // a 200 with an empty body
		return Head{}, fmt.Errorf("complete: S3 answered without a result: %w", ErrUnknown)
	}
	return Head{
		Size: c.Size, ETag: unquote(out.ETag), VersionID: version(out.VersionId),
		ChecksumSHA256: wholeChecksum(out.ChecksumSHA256), Metadata: c.Metadata,
	}, nil
}

// giveUp aborts until no part is left, though ctx has ended: a part that was being copied may be
// stored after the abort, and then only another one removes it
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html).
func (b *S3) giveUp(ctx context.Context, u OpenUpload) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deleteTimeout)
	defer cancel()
	for try := range 4 {
		if err := b.Abort(ctx, u); err != nil {
			return err
		}
		left, err := b.client.ListParts(ctx, &s3.ListPartsInput{
			Bucket: &u.Object.Bucket, Key: aws.String(string(u.Object.Key)), UploadId: &u.ID, MaxParts: aws.Int32(1),
		})
		switch {
		case code(err) == "NoSuchUpload", err == nil && len(left.Parts) == 0:
			return nil
		case err != nil:
			return fmt.Errorf("look for parts of %s: %w", u.Object, err)
		}
		if err := sleep(ctx, jitter(200*time.Millisecond<<try)); err != nil {
			break
		}
	}
	return fmt.Errorf("the aborted upload of %s still has parts", u.Object)
}
