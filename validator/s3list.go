package validator

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock"
)

// List is [Bucket.List].
func (b *S3) List(ctx context.Context, z airlock.Zone) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &z.Bucket, Prefix: &z.Prefix})
		for pages.HasMorePages() {
			page, err := nextPage(ctx, pages.NextPage)
			if err != nil {
				yield(Listed{}, fmt.Errorf("list %s/%s: %w", z.Bucket, z.Prefix, err))
				return
			}
			for _, o := range page.Contents {
				if !yield(Listed{
					Object: airlock.Object{Bucket: z.Bucket, Key: airlock.Key(aws.ToString(o.Key))},
					ETag:   unquote(o.ETag), Size: aws.ToInt64(o.Size), LastModified: aws.ToTime(o.LastModified),
				}, nil) {
					return
				}
			}
		}
	}
}

// Uploads is [Bucket.Uploads].
func (b *S3) Uploads(ctx context.Context, z airlock.Zone) iter.Seq2[OpenUpload, error] {
	return func(yield func(OpenUpload, error) bool) {
		pages := s3.NewListMultipartUploadsPaginator(b.client, &s3.ListMultipartUploadsInput{Bucket: &z.Bucket, Prefix: &z.Prefix})
		for pages.HasMorePages() {
			page, err := nextPage(ctx, pages.NextPage)
			if err != nil {
				yield(OpenUpload{}, fmt.Errorf("list the open uploads of %s/%s: %w", z.Bucket, z.Prefix, err))
				return
			}
			for _, u := range page.Uploads {
				if !yield(OpenUpload{
					Object: airlock.Object{Bucket: z.Bucket, Key: airlock.Key(aws.ToString(u.Key))},
					ID:     aws.ToString(u.UploadId), Begun: aws.ToTime(u.Initiated),
				}, nil) {
					return
				}
			}
		}
	}
}

// nextPage bounds one request, and not what the caller does with its page.
func nextPage[Page any](ctx context.Context, next func(context.Context, ...func(*s3.Options)) (Page, error)) (Page, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return next(ctx)
}

// Abort is [Bucket.Abort]. A part that is on its way at that moment may still be stored: whoever
// sent parts looks again (see giveUp).
func (b *S3) Abort(ctx context.Context, u OpenUpload) error {
	ctx, cancel := context.WithTimeout(ctx, deleteTimeout)
	defer cancel()
	_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: &u.Object.Bucket, Key: aws.String(string(u.Object.Key)), UploadId: &u.ID,
	})
	if err != nil && code(err) != "NoSuchUpload" {
		return fmt.Errorf("abort the upload of %s: %w", u.Object, err)
	}
	return nil
}

// Now is [Bucket.Now], to the second.
func (b *S3) Now(ctx context.Context, bucket string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, headTimeout)
	defer cancel()
	out, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	if err != nil {
		return time.Time{}, fmt.Errorf("the clock of bucket %s: %w", bucket, err)
	}
	now, ok := awsmiddleware.GetServerTime(out.ResultMetadata)
	if !ok {
		return time.Time{}, fmt.Errorf("the clock of bucket %s: the answer has no Date", bucket)
	}
	return now, nil
}
