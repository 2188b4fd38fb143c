package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/cenkalti/backoff/v5"
	"github.com/google/uuid"
)

// patience is how long a notification may take: S3's "typically within seconds, but can sometimes
// take a minute or longer" (S3 user guide, "Amazon S3 Event Notifications").
const patience = time.Minute

// event is what we read of a notification.
type event struct {
	Key, Sequencer string
	after          time.Duration
}

// listen makes a queue that the bucket notifies, and returns a wait for the event of a key.
func (b *bench) listen(ctx context.Context) (wait func(key string) (event, error), stop func(), err error) {
	if b.sqs == nil {
		return nil, nil, refuted("there is no SQS that it could notify")
	}
	if !b.made {
		return nil, nil, errors.New("not tried: it would change the bucket's notifications")
	}
	name := "airlock-probe-" + uuid.NewString() // SQS does not give a name again within a minute
	queue, err := b.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		return nil, nil, fmt.Errorf("make a queue to notify: %w", err)
	}
	stop = func() {
		_, _ = b.sqs.DeleteQueue(context.WithoutCancel(ctx), &sqs.DeleteQueueInput{QueueUrl: queue.QueueUrl})
	}
	if err := b.connect(ctx, *queue.QueueUrl); err != nil {
		stop()
		return nil, nil, err
	}
	return func(key string) (event, error) { return b.await(ctx, *queue.QueueUrl, key) }, stop, nil
}

func (b *bench) connect(ctx context.Context, queueURL string) error {
	out, err := b.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &queueURL, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})
	if err != nil {
		return err
	}
	arn := out.Attributes["QueueArn"]
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"%s","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::%s"}}}]}`, arn, b.Bucket)
	if _, err := b.sqs.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &queueURL, Attributes: map[string]string{"Policy": policy}}); err != nil {
		return err
	}
	in := &s3.PutBucketNotificationConfigurationInput{
		Bucket: &b.Bucket, NotificationConfiguration: &s3types.NotificationConfiguration{QueueConfigurations: []s3types.QueueConfiguration{{
			QueueArn: &arn, Events: []s3types.Event{s3types.EventS3ObjectCreated},
			Filter: &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{{Name: "prefix", Value: &b.prefix}}}},
		}}},
	}
	// S3 tries the destination out, and a queue's policy takes up to a minute to be known everywhere.
	_, err = backoff.Retry(ctx, func() (any, error) {
		_, err := b.s3.PutBucketNotificationConfiguration(ctx, in)
		if _, code := status(err); err != nil && code != "InvalidArgument" {
			err = backoff.Permanent(err)
		}
		return nil, err
	}, backoff.WithMaxElapsedTime(patience))
	return err
}

func (b *bench) await(ctx context.Context, queueURL, key string) (event, error) {
	started := time.Now()
	for time.Since(started) < patience && ctx.Err() == nil {
		out, err := b.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queueURL, MaxNumberOfMessages: 10, WaitTimeSeconds: 5})
		if err != nil {
			return event{}, err
		}
		for _, m := range out.Messages {
			if _, err := b.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queueURL, ReceiptHandle: m.ReceiptHandle}); err != nil {
				return event{}, err
			}
			var body struct {
				Records []struct{ S3 struct{ Object event } }
			}
			_ = json.Unmarshal([]byte(aws.ToString(m.Body)), &body) // what is none of ours has no such key
			for _, r := range body.Records {
				if got, err := url.QueryUnescape(r.S3.Object.Key); err == nil && got == key {
					r.S3.Object.after = time.Since(started)
					return r.S3.Object, nil
				}
			}
		}
	}
	return event{}, refuted(fmt.Sprintf("no notification came within %s", patience))
}

func notified(ctx context.Context, b *bench) (string, error) {
	wait, stop, err := b.listen(ctx)
	if err != nil {
		return "", err
	}
	defer stop()
	key, _, err := b.store(ctx, "a")
	if err != nil {
		return "", err
	}
	e, err := wait(key)
	if err != nil {
		return "", err
	}
	return "of what is put, within " + scale(e.after), nil
}

// scale rounds to what is worth comparing between stores.
func scale(d time.Duration) string {
	for _, s := range []time.Duration{5 * time.Second, 20 * time.Second} {
		if d <= s {
			return s.String()
		}
	}
	return patience.String()
}

// sequencer writes a key twice. airlock does not need the order; who compares events does.
func sequencer(ctx context.Context, b *bench) (string, error) {
	wait, stop, err := b.listen(ctx)
	if err != nil {
		return "", err
	}
	defer stop()
	key := b.key()
	var seen []string
	for range 2 {
		if _, err := b.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.Bucket, Key: &key, Body: strings.NewReader("a")}); err != nil {
			return "", err
		}
		e, err := wait(key)
		if err != nil {
			return "", err
		}
		seen = append(seen, e.Sequencer)
	}
	if seen[0] == "" || seen[0] == seen[1] {
		return "", refuted("two writes of a key have the same sequencer")
	}
	return "each write of a key has its own", nil
}
