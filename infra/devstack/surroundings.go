package devstack

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
	"airlock/surroundings"
)

// findElsewhere takes up an S3 and an SQS that are set up already.
func (s *Stack) findElsewhere(ctx context.Context, cfg Config) error {
	s.S3Endpoint, s.SQSEndpoint = cfg.Elsewhere.S3, cfg.Elsewhere.SQS
	s.account = &Account{Access: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: os.Getenv("AWS_SECRET_ACCESS_KEY")}
	client := sqs.NewFromConfig(s.SQSConfig(Root, 4))
	name := queueName
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return fmt.Errorf("the SQS at %s is not set up (infra/localstack/run.sh does it): %w", s.SQSEndpoint, err)
	}
	s.QueueURL = *out.QueueUrl
	s.DLQURL = s.QueueURL + "-dlq"
	if err := s.hurry(ctx, client, cfg); err != nil {
		return err
	}
	return s.makeStreams(ctx)
}

// makeSurroundings makes buckets and queue as `airlock setup --aws` does, lets the two accounts do
// what they need, and makes the NATS stream of verdicts.
func (s *Stack) makeSurroundings(ctx context.Context, cfg Config) error {
	s3c := s3.NewFromConfig(s.S3Config(Root, 4), func(o *s3.Options) { o.UsePathStyle = true })
	sqsc := sqs.NewFromConfig(s.SQSConfig(Root, 4))
	var err error
	s.QueueURL, err = surroundings.Make(ctx, s3c, sqsc, surroundings.Places{Quarantine: Quarantine, Clean: Clean}, queueName)
	if err != nil {
		return err
	}
	s.DLQURL = s.QueueURL + "-dlq"
	if err := s.hurry(ctx, sqsc, cfg); err != nil {
		return err
	}
	for bucket, policy := range map[string]string{QuarantineBucket: quarantinePolicy, CleanBucket: cleanPolicy} {
		if _, err := s3c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &policy}); err != nil {
			return fmt.Errorf("set policy of %s: %w", bucket, err)
		}
	}
	return s.makeStreams(ctx)
}

func (s *Stack) makeStreams(ctx context.Context) error {
	js, err := jetstream.New(s.NATS)
	if err != nil {
		return err
	}
	return events.Setup(ctx, js, events.SetupOptions{QuarantineBucket: QuarantineBucket, MaxBytes: 1 << 30})
}

// hurry sets what a test wants shorter than it is in production.
func (s *Stack) hurry(ctx context.Context, client *sqs.Client, cfg Config) error {
	attrs := map[string]string{}
	if cfg.Visibility > 0 {
		attrs["VisibilityTimeout"] = strconv.Itoa(int(cfg.Visibility / time.Second))
	}
	if cfg.MaxReceives > 0 {
		attrs["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:%s:000000000000:%s-dlq","maxReceiveCount":%d}`, Region, queueName, cfg.MaxReceives)
	}
	if len(attrs) == 0 {
		return nil
	}
	_, err := client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &s.QueueURL, Attributes: attrs})
	return err
}

// The least privilege of the two roles (INFRA.md); package signer and type S3 of package validator say
// what for.
const (
	quarantinePolicy = `{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Principal":{"AWS":["signer"]},"Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Resource":["arn:aws:s3:::airlock-quarantine/quarantine/*"]},
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:GetObject","s3:GetObjectVersion","s3:DeleteObject","s3:DeleteObjectVersion","s3:AbortMultipartUpload"],"Resource":["arn:aws:s3:::airlock-quarantine/quarantine/*"]},
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:ListBucket","s3:ListBucketVersions","s3:ListBucketMultipartUploads"],"Resource":["arn:aws:s3:::airlock-quarantine"]}]}`
	cleanPolicy = `{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Principal":{"AWS":["signer"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::airlock-clean/clean/*"]},
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:PutObject","s3:GetObject","s3:DeleteObject","s3:DeleteObjectVersion","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Resource":["arn:aws:s3:::airlock-clean/clean/*"]},
{"Effect":"Allow","Principal":{"AWS":["validator"]},"Action":["s3:ListBucket","s3:ListBucketVersions","s3:ListBucketMultipartUploads"],"Resource":["arn:aws:s3:::airlock-clean"]}]}`
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
		if s.account != nil {
			a = *s.account
		}
		fmt.Fprintf(&b, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", name, a.Access, a.Secret)
	}
	return b.String()
}
