package surroundings

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"airlock/internal/awsconf"
)

// Settings are what the surroundings say of themselves.
type Settings struct {
	Quarantine, Clean Bucket
	Queue, DLQ        Queue
}

// Bucket is how a bucket is configured.
type Bucket struct {
	Err          error // it does not answer: nothing else is known
	Public       Answer[s3types.PublicAccessBlockConfiguration]
	Ownership    Answer[s3types.ObjectOwnership]
	Versioning   Answer[s3types.BucketVersioningStatus]
	Lifecycle    Answer[[]s3types.LifecycleRule]
	CORS         Answer[[]s3types.CORSRule]
	Notification Answer[[]s3types.QueueConfiguration]
	Forwarder    string // that is notified besides queues, and may pass it on: "an SNS topic", "EventBridge"; ""
	Policy       Answer[policy]
}

// Answer is a setting, or why it is not known. Neither: it is not set.
type Answer[T any] struct {
	Value *T
	Err   error
}

// Queue is how a queue is configured.
type Queue struct {
	Err          error
	ARN          string
	Visibility   time.Duration
	Retention    time.Duration
	Wait         time.Duration // of a receive that names none
	MaxReceives  int           // 0: no redrive policy
	DLQ          string        // ARN
	Policy       Answer[policy]
	RedriveAllow string // the policy, of a DLQ; "": all queues may use it
	Messages     int    // visible and hidden, about
}

var (
	errNotOffered = errors.New("the store does not offer it")
	errNotAllowed = errors.New("these credentials may not look")
	errGone       = errors.New("does not exist")
)

// mapError tells the ways apart in which a store says no.
func mapError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	var sent *smithyhttp.RequestSendError
	if errors.As(err, &sent) {
		return fmt.Errorf("no answer: %w", sent.Err)
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	switch code := api.ErrorCode(); code {
	case "NotImplemented", "MethodNotAllowed", "XNotImplemented":
		return fmt.Errorf("%w (%s)", errNotOffered, code)
	case "AccessDenied", "Forbidden", "AllAccessDisabled":
		return fmt.Errorf("%w (%s)", errNotAllowed, code)
	case "NoSuchBucket", "NotFound", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist":
		return errGone
	default:
		return fmt.Errorf("%s: %s", code, api.ErrorMessage())
	}
}

// Read asks S3 and SQS. It needs s3:GetBucket* and sqs:GetQueueAttributes; what it may not see is
// said in the answers, never an error. It blocks for some requests, each bounded by ctx.
func Read(ctx context.Context, s3c *s3.Client, sqsc *sqs.Client, p Places) Settings {
	s := Settings{Quarantine: readBucket(ctx, s3c, p.Quarantine.Bucket), Queue: readQueue(ctx, sqsc, p.QueueURL)}
	if s.Clean = s.Quarantine; p.Clean.Bucket != p.Quarantine.Bucket {
		s.Clean = readBucket(ctx, s3c, p.Clean.Bucket)
	}
	if s.Queue.DLQ != "" {
		s.DLQ = readDLQ(ctx, sqsc, s.Queue.DLQ)
	}
	return s
}

func readBucket(ctx context.Context, c *s3.Client, name string) (b Bucket) {
	if _, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name}); err != nil {
		return Bucket{Err: mapError(err)}
	}
	public, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &name})
	b.Public = answer(err, func() *s3types.PublicAccessBlockConfiguration { return public.PublicAccessBlockConfiguration })
	owner, err := c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: &name})
	b.Ownership = answer(err, func() *s3types.ObjectOwnership {
		if o := owner.OwnershipControls; o != nil && len(o.Rules) > 0 {
			return &o.Rules[0].ObjectOwnership
		}
		return nil
	})
	versioning, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &name})
	b.Versioning = answer(err, func() *s3types.BucketVersioningStatus { return &versioning.Status })
	lifecycle, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &name})
	b.Lifecycle = answer(err, func() *[]s3types.LifecycleRule { return &lifecycle.Rules })
	cors, err := c.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: &name})
	b.CORS = answer(err, func() *[]s3types.CORSRule { return &cors.CORSRules })
	notes, err := c.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &name})
	b.Notification = answer(err, func() *[]s3types.QueueConfiguration { return &notes.QueueConfigurations })
	switch {
	case err != nil:
	case notes.EventBridgeConfiguration != nil:
		b.Forwarder = "EventBridge"
	case len(notes.TopicConfigurations) > 0:
		b.Forwarder = "an SNS topic"
	}
	policy, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &name})
	b.Policy = readPolicy(err, func() string { return aws.ToString(policy.Policy) })
	return b
}

// answer takes the value where there was no error. That a setting is not there is one of S3's
// errors: NoSuchCORSConfiguration and its like.
func answer[T any](err error, value func() *T) Answer[T] {
	var api smithy.APIError
	if errors.As(err, &api) && (strings.HasPrefix(api.ErrorCode(), "NoSuch") || strings.HasSuffix(api.ErrorCode(), "NotFoundError")) && api.ErrorCode() != "NoSuchBucket" {
		return Answer[T]{}
	}
	if err != nil {
		return Answer[T]{Err: mapError(err)}
	}
	return Answer[T]{Value: value()}
}

func readPolicy(err error, text func() string) Answer[policy] {
	a := answer(err, func() *string { return aws.String(text()) })
	if a.Value == nil || *a.Value == "" {
		return Answer[policy]{Err: a.Err}
	}
	p, err := parsePolicy(*a.Value)
	return Answer[policy]{p, err}
}

func readQueue(ctx context.Context, c *sqs.Client, url string) (q Queue) {
	out, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		return Queue{Err: mapError(err)}
	}
	a := out.Attributes
	number := func(name string) int { n, _ := strconv.Atoi(a[name]); return n }
	q.ARN, q.RedriveAllow = a["QueueArn"], a["RedriveAllowPolicy"]
	q.Visibility = time.Duration(number("VisibilityTimeout")) * time.Second
	q.Wait = time.Duration(number("ReceiveMessageWaitTimeSeconds")) * time.Second
	q.Retention = time.Duration(number("MessageRetentionPeriod")) * time.Second
	q.Messages = number("ApproximateNumberOfMessages") + number("ApproximateNumberOfMessagesNotVisible")
	q.Policy = readPolicy(nil, func() string { return a["Policy"] })
	q.DLQ, q.MaxReceives, q.Err = awsconf.ParseRedrive(a["RedrivePolicy"])
	return q
}

// readDLQ finds a queue by its ARN, in the same account.
func readDLQ(ctx context.Context, c *sqs.Client, arn string) Queue {
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	url, err := c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return Queue{Err: mapError(err)}
	}
	return readQueue(ctx, c, *url.QueueUrl)
}
