package stacktest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock/infra/devstack"
	"airlock/internal/awsconf"
	"airlock/internal/pace"
)

// The round trips that tell how fast a stack is: a PUT, a GET and a DELETE each.
const (
	roundTrips     = 10
	usualRoundTrip = 3 * time.Millisecond // on the reference machine of package pace, just started
)

// Measure tells package pace how slow this stack's store is.
func Measure(ctx context.Context, stack *devstack.Stack) error {
	cfg := stack.S3Config(devstack.Root, 1)
	defer awsconf.CloseIdle(cfg)
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	if err := roundTrip(ctx, client); err != nil { // the first one connects
		return err
	}
	began := time.Now()
	for range roundTrips {
		if err := roundTrip(ctx, client); err != nil {
			return err
		}
	}
	pace.Measured(time.Since(began), roundTrips*usualRoundTrip)
	return nil
}

func roundTrip(ctx context.Context, client *s3.Client) error {
	bucket, key := aws.String(devstack.CleanBucket), aws.String("pace")
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("pace")}); err != nil {
		return fmt.Errorf("measure the store: %w", err)
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		return fmt.Errorf("measure the store: %w", err)
	}
	_ = out.Body.Close()
	if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key}); err != nil {
		return fmt.Errorf("measure the store: %w", err)
	}
	return nil
}
