package devstack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
	"airlock/signer"
)

// dlqRetention is longer than the queue's: a message keeps its first time stamp in the DLQ.
const (
	queueRetention = 4 * 24 * time.Hour
	dlqRetention   = 14 * 24 * time.Hour
)

// makeQueues makes the DLQ, the queue that redrives to it, and the NATS stream of verdicts.
func (s *Stack) makeQueues(ctx context.Context, cfg Config) error {
	client := sqs.NewFromConfig(s.SQSConfig(Root, 4))
	var err error
	visibility, receives := cfg.Visibility, cfg.MaxReceives
	if visibility == 0 {
		visibility = time.Minute
	}
	if receives == 0 {
		receives = 10
	}
	if s.DLQURL, err = queue(ctx, client, dlqName, map[string]string{
		"MessageRetentionPeriod": seconds(dlqRetention), "VisibilityTimeout": "60",
	}); err != nil {
		return err
	}
	redrive, _ := json.Marshal(map[string]any{"deadLetterTargetArn": arn(dlqName), "maxReceiveCount": receives})
	if s.QueueURL, err = queue(ctx, client, queueName, map[string]string{
		"MessageRetentionPeriod": seconds(queueRetention), "VisibilityTimeout": seconds(visibility), "RedrivePolicy": string(redrive),
	}); err != nil {
		return err
	}
	js, err := jetstream.New(s.NATS)
	if err != nil {
		return err
	}
	return events.Setup(ctx, js, events.SetupOptions{QuarantineBucket: QuarantineBucket, MaxBytes: 1 << 30})
}

// queue makes a queue, or brings one that is there to these attributes.
func queue(ctx context.Context, client *sqs.Client, name string, attrs map[string]string) (url string, err error) {
	got, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err == nil {
		_, err = client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: got.QueueUrl, Attributes: attrs})
		return aws.ToString(got.QueueUrl), err
	}
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attrs})
	if err != nil {
		return "", fmt.Errorf("make queue %s: %w", name, err)
	}
	return aws.ToString(made.QueueUrl), nil
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func arn(queue string) string { return "arn:aws:sqs:" + Region + ":000000000000:" + queue }

// makeBuckets makes both buckets with their policies, and on quarantine CORS and the notification.
func (s *Stack) makeBuckets(ctx context.Context, _ Config) error {
	client := s3.NewFromConfig(s.S3Config(Root, 4), func(o *s3.Options) { o.UsePathStyle = true })
	for bucket, policy := range map[string]string{QuarantineBucket: quarantinePolicy, CleanBucket: cleanPolicy} {
		var owned *s3types.BucketAlreadyOwnedByYou
		if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil && !errors.As(err, &owned) {
			return fmt.Errorf("make bucket %s: %w", bucket, err)
		}
		if _, err := client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &policy}); err != nil {
			return fmt.Errorf("set policy of %s: %w", bucket, err)
		}
	}
	if _, err := client.PutBucketCors(ctx, &s3.PutBucketCorsInput{
		Bucket: aws.String(QuarantineBucket),
		CORSConfiguration: &s3types.CORSConfiguration{CORSRules: []s3types.CORSRule{{
			AllowedOrigins: []string{"*"}, AllowedMethods: []string{"PUT", "POST"}, AllowedHeaders: signer.SignedHeaders,
			ExposeHeaders: []string{"ETag", "Location", "x-amz-version-id", "x-amz-request-id"}, MaxAgeSeconds: aws.Int32(600),
		}}},
	}); err != nil {
		return fmt.Errorf("set CORS: %w", err)
	}
	if _, err := client.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(QuarantineBucket),
		NotificationConfiguration: &s3types.NotificationConfiguration{QueueConfigurations: []s3types.QueueConfiguration{{
			Id: aws.String("airlock"), QueueArn: aws.String(arn(queueName)), Events: []s3types.Event{"s3:ObjectCreated:*"},
			Filter: &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{
				{Name: s3types.FilterRuleNamePrefix, Value: aws.String(Quarantine.Prefix)},
			}}},
		}}},
	}); err != nil {
		return fmt.Errorf("set notification: %w", err)
	}
	return nil
}

// The least privilege of the two roles (INFRA.md).
const (
	quarantinePolicy = `{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Principal":{"AWS":["signer"]},"Action":["s3:PutObject"],"Resource":["arn:aws:s3:::airlock-quarantine/quarantine/*"]},
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:GetObject","s3:GetObjectVersion","s3:DeleteObject","s3:DeleteObjectVersion"],"Resource":["arn:aws:s3:::airlock-quarantine/quarantine/*"]},
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::airlock-quarantine"]}]}`
	cleanPolicy = `{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:PutObject","s3:GetObject","s3:DeleteObject"],"Resource":["arn:aws:s3:::airlock-clean/clean/*"]},
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::airlock-clean"]}]}`
)

// Env is the environment in which the built binary works on this stack, but for the credentials:
// see [Stack.CredentialsFile].
func (s *Stack) Env() []string {
	return []string{
		"AWS_REGION=" + Region,
		"AWS_ENDPOINT_URL_S3=" + s.S3Endpoint,
		"AWS_ENDPOINT_URL_SQS=" + s.SQSEndpoint,
		"AIRLOCK_PUBLIC_S3_ENDPOINT=" + s.S3Endpoint,
		"AIRLOCK_PATH_STYLE=true",
		"AIRLOCK_QUARANTINE_BUCKET=" + QuarantineBucket,
		"AIRLOCK_CLEAN_BUCKET=" + CleanBucket,
		"AIRLOCK_QUEUE_URL=" + s.QueueURL,
		"AIRLOCK_NATS_URL=" + s.NATSURL,
	}
}

// CredentialsFile is an AWS credentials file with one profile for each account.
func (s *Stack) CredentialsFile() string {
	var b strings.Builder
	for name, a := range map[string]Account{"root": Root, "signer": Signer, "validator": Validator} {
		fmt.Fprintf(&b, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", name, a.Access, a.Secret)
	}
	return b.String()
}
