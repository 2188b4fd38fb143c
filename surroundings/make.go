package surroundings

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

	"airlock"
	"airlock/signer/presign"
)

// Make makes both buckets, the queue with this name, its DLQ and the notification, or brings what
// is there to what airlock needs; it may be run again. It is for development endpoints: on AWS
// Terraform does it, with roles and policies. What a store does not offer is left out. It blocks
// until all is made, and returns the queue's URL.
func Make(ctx context.Context, s3c *s3.Client, sqsc *sqs.Client, p Places, queue string) (queueURL string, err error) {
	dlqURL, err := makeQueue(ctx, sqsc, queue+"-dlq", map[string]string{"MessageRetentionPeriod": seconds(dlqRetention)})
	if err != nil {
		return "", err
	}
	dlqARN, err := queueARN(ctx, sqsc, dlqURL)
	if err != nil {
		return "", err
	}
	if queueURL, err = makeQueue(ctx, sqsc, queue, map[string]string{
		"MessageRetentionPeriod": seconds(queueRetention), "VisibilityTimeout": seconds(visibility),
		"ReceiveMessageWaitTimeSeconds": seconds(longPoll), "RedrivePolicy": redrivePolicy(dlqARN),
	}); err != nil {
		return "", err
	}
	arn, err := queueARN(ctx, sqsc, queueURL)
	if err != nil {
		return "", err
	}
	if err := setQueue(ctx, sqsc, queueURL, map[string]string{"Policy": sendPolicy(arn, p.Quarantine.Bucket)}); err != nil {
		return "", err
	}
	if err := setQueue(ctx, sqsc, dlqURL, map[string]string{"RedriveAllowPolicy": redriveAllowPolicy(arn)}); err != nil {
		return "", err
	}
	for _, bucket := range []string{p.Quarantine.Bucket, p.Clean.Bucket} {
		if err := makeBucket(ctx, s3c, bucket, lifecycle(p, bucket)); err != nil {
			return "", err
		}
	}
	return queueURL, openQuarantine(ctx, s3c, p.Quarantine, arn)
}

// makeQueue makes a queue, or brings one that is there to these attributes.
func makeQueue(ctx context.Context, client *sqs.Client, name string, attrs map[string]string) (url string, err error) {
	if got, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name}); err == nil {
		return *got.QueueUrl, setQueue(ctx, client, *got.QueueUrl, attrs)
	}
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attrs})
	if err != nil {
		return "", fmt.Errorf("make queue %s: %w", name, err)
	}
	return aws.ToString(made.QueueUrl), nil
}

func setQueue(ctx context.Context, client *sqs.Client, url string, attrs map[string]string) error {
	if _, err := client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: attrs}); err != nil {
		return fmt.Errorf("set attributes of queue %s: %w", url, err)
	}
	return nil
}

func queueARN(ctx context.Context, client *sqs.Client, url string) (string, error) {
	q := readQueue(ctx, client, url)
	return q.ARN, q.Err
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func redrivePolicy(dlqARN string) string {
	return document(map[string]any{"deadLetterTargetArn": dlqARN, "maxReceiveCount": maxReceives})
}

func redriveAllowPolicy(queueARN string) string {
	return document(map[string]any{"redrivePermission": "byQueue", "sourceQueueArns": []string{queueARN}})
}

// sendPolicy lets S3 send for this bucket of the queue's own account, and for no other.
func sendPolicy(queueARN, bucket string) string {
	return document(policy{Version: "2012-10-17", Statement: []statement{{
		Sid: "AirlockNotifications", Effect: "Allow", Principal: principal{"Service": {"s3.amazonaws.com"}},
		Action: oneOrMany{"sqs:SendMessage"}, Resource: oneOrMany{queueARN},
		Condition: map[string]map[string]oneOrMany{
			"ArnEquals":    {"aws:SourceArn": {bucketARN(bucket)}},
			"StringEquals": {"aws:SourceAccount": {accountOf(queueARN)}},
		},
	}}})
}

func document(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return string(text)
}

func bucketARN(bucket string) string { return "arn:aws:s3:::" + bucket }

// accountOf is the account in arn:aws:sqs:region:account:name.
func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}

func makeBucket(ctx context.Context, client *s3.Client, bucket string, rules []s3types.LifecycleRule) error {
	in := &s3.CreateBucketInput{Bucket: &bucket}
	if region := client.Options().Region; region != "us-east-1" {
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}
	}
	var owned *s3types.BucketAlreadyOwnedByYou
	if _, err := client.CreateBucket(ctx, in); err != nil && !errors.As(err, &owned) {
		return fmt.Errorf("make bucket %s: %w", bucket, err)
	}
	_, err := client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &bucket, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
	}})
	if err := offered(err); err != nil {
		return fmt.Errorf("block public access to %s: %w", bucket, err)
	}
	_, err = client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &bucket, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: rules},
	})
	if err := offered(err); err != nil {
		return fmt.Errorf("set lifecycle of %s: %w", bucket, err)
	}
	return nil
}

// offered drops the error of a store that does not know the call.
func offered(err error) error {
	if errors.Is(mapError(err), errNotOffered) {
		return nil
	}
	return err
}

// lifecycle is what a bucket needs: quarantine forgets what nobody fetched, and no bucket keeps the
// parts of an upload that was never completed.
func lifecycle(p Places, bucket string) []s3types.LifecycleRule {
	rules := []s3types.LifecycleRule{{
		ID: aws.String("airlock-abort-multipart"), Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")},
		AbortIncompleteMultipartUpload: &s3types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(abortMultipart)},
	}}
	if bucket == p.Quarantine.Bucket {
		rules = append(rules, s3types.LifecycleRule{
			ID: aws.String("airlock-expire"), Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: &p.Quarantine.Prefix},
			Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(quarantineExpiry)},
		})
	}
	return rules
}

// openQuarantine lets browsers put, and tells the queue of what they put.
func openQuarantine(ctx context.Context, client *s3.Client, z airlock.Zone, queueARN string) error {
	if _, err := client.PutBucketCors(ctx, &s3.PutBucketCorsInput{
		Bucket: &z.Bucket, CORSConfiguration: &s3types.CORSConfiguration{CORSRules: []s3types.CORSRule{{
			AllowedOrigins: []string{"*"}, AllowedMethods: []string{"PUT", "POST"}, AllowedHeaders: presign.SignedHeaders,
			ExposeHeaders: exposed, MaxAgeSeconds: aws.Int32(corsMaxAge),
		}}},
	}); err != nil {
		return fmt.Errorf("set CORS of %s: %w", z.Bucket, err)
	}
	rule := s3types.QueueConfiguration{
		Id: aws.String("airlock"), QueueArn: &queueARN,
		Filter: &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{
			{Name: s3types.FilterRuleNamePrefix, Value: &z.Prefix},
		}}},
	}
	for _, e := range wantedEvents {
		rule.Events = append(rule.Events, s3types.Event(e))
	}
	if _, err := client.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: &z.Bucket, NotificationConfiguration: &s3types.NotificationConfiguration{QueueConfigurations: []s3types.QueueConfiguration{rule}},
	}); err != nil {
		return fmt.Errorf("set notification of %s: %w", z.Bucket, err)
	}
	return nil
}
