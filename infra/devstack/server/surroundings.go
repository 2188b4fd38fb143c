package server

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
	"airlock/infra/devstack"
	"airlock/surroundings"
)

// findElsewhere takes up an S3 and an SQS that are set up already.
func (s *Server) findElsewhere(ctx context.Context) error {
	s.S3Endpoint, s.SQSEndpoint = s.cfg.Elsewhere.S3, s.cfg.Elsewhere.SQS
	client := sqs.NewFromConfig(s.root(s.SQSEndpoint))
	name := devstack.QueueName
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return fmt.Errorf("the SQS at %s is not set up (infra/localstack/run.sh does it): %w", s.SQSEndpoint, err)
	}
	s.QueueURL = *out.QueueUrl
	s.DLQURL = s.QueueURL + "-dlq"
	if err := s.hurry(ctx, client); err != nil {
		return err
	}
	return s.makeStreams(ctx)
}

// makeSurroundings makes buckets and queue as `airlock setup --aws` does, lets the two accounts do
// what they need, and makes the NATS stream of verdicts.
func (s *Server) makeSurroundings(ctx context.Context) error {
	s3c := s3.NewFromConfig(s.root(s.S3Endpoint), func(o *s3.Options) { o.UsePathStyle = true })
	sqsc := sqs.NewFromConfig(s.root(s.SQSEndpoint))
	var err error
	s.QueueURL, err = surroundings.Make(ctx, s3c, sqsc, surroundings.Places{Quarantine: devstack.Quarantine, Clean: devstack.Clean}, devstack.QueueName)
	if err != nil {
		return err
	}
	s.DLQURL = s.QueueURL + "-dlq"
	if err := s.hurry(ctx, sqsc); err != nil {
		return err
	}
	for bucket, policy := range map[string]string{devstack.QuarantineBucket: quarantinePolicy, devstack.CleanBucket: cleanPolicy} {
		if _, err := s3c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &policy}); err != nil {
			return fmt.Errorf("set policy of %s: %w", bucket, err)
		}
	}
	return s.makeStreams(ctx)
}

func (s *Server) makeStreams(ctx context.Context) error {
	js, err := jetstream.New(s.nats)
	if err != nil {
		return err
	}
	return events.Setup(ctx, js, events.SetupOptions{QuarantineBucket: devstack.QuarantineBucket, MaxBytes: 1 << 30})
}

// hurry sets what a test wants shorter than it is in production.
func (s *Server) hurry(ctx context.Context, client *sqs.Client) error {
	attrs := map[string]string{}
	if s.cfg.Visibility > 0 {
		attrs["VisibilityTimeout"] = strconv.Itoa(int(s.cfg.Visibility / time.Second))
	}
	if s.cfg.MaxReceives > 0 {
		attrs["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:%s:000000000000:%s-dlq","maxReceiveCount":%d}`, devstack.Region, devstack.QueueName, s.cfg.MaxReceives)
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
