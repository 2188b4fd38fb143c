package validator

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"airlock/internal/awsconf"
)

// SQS is Queue on AWS and what speaks its protocol. Its credentials need sqs:ReceiveMessage,
// sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on the queue, and
// sqs:GetQueueUrl and sqs:GetQueueAttributes on its dead-letter queue; without those two it works,
// but cannot tell whether that queue keeps messages long enough.
type SQS struct {
	client *sqs.Client
	url    string
}

// NewSQS makes no request. url is the queue's.
func NewSQS(cfg aws.Config, url string) *SQS { return &SQS{sqs.NewFromConfig(cfg), url} }

// sqsTimeout bounds each request, beyond the time that it may wait by itself.
const sqsTimeout = 10 * time.Second

// batchSize is the most that one SQS request may carry (SQS quotas, "Batched message").
const batchSize = 10

// Receive is [Queue.Receive].
func (q *SQS) Receive(ctx context.Context, limit int, wait time.Duration) ([]Message, error) {
	out, err := q.receive(ctx, &sqs.ReceiveMessageInput{MaxNumberOfMessages: int32(min(limit, batchSize)), WaitTimeSeconds: int32(wait / time.Second)})
	return ours(out), err
}

// receive is one request, never repeated: a lost answer hides what it held.
func (q *SQS) receive(ctx context.Context, in *sqs.ReceiveMessageInput) ([]types.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(in.WaitTimeSeconds)*time.Second+sqsTimeout)
	defer cancel()
	in.QueueUrl = &q.url
	in.MessageSystemAttributeNames = []types.MessageSystemAttributeName{
		types.MessageSystemAttributeNameApproximateReceiveCount, types.MessageSystemAttributeNameSentTimestamp,
	}
	out, err := q.client.ReceiveMessage(ctx, in, func(o *sqs.Options) { o.RetryMaxAttempts = 1 })
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	return out.Messages, nil
}

// ours are messages that were received just now.
func ours(received []types.Message) []Message {
	now := time.Now()
	messages := make([]Message, 0, len(received))
	for _, m := range received {
		receives, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
		sent, _ := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
		messages = append(messages, Message{
			Body: []byte(aws.ToString(m.Body)), ID: aws.ToString(m.MessageId), Handle: aws.ToString(m.ReceiptHandle),
			Receives: max(receives, 1), SentAt: time.UnixMilli(sent), HeldAt: now,
		})
	}
	return messages
}

// Delete is [Queue.Delete]. A batch that failed in part is no error to the SDK: hence failed.
func (q *SQS) Delete(ctx context.Context, m []Message) (failed []Message, err error) {
	if len(m) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, sqsTimeout)
	defer cancel()
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &q.url}
	for i := range m {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &m[i].Handle})
	}
	out, err := q.client.DeleteMessageBatch(ctx, in)
	if err != nil {
		return m, fmt.Errorf("delete messages: %w", err)
	}
	return pickFailed(m, out.Failed), nil
}

// Hide is [Queue.Hide].
func (q *SQS) Hide(ctx context.Context, m []Message, d time.Duration) (failed []Message, err error) {
	if len(m) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, sqsTimeout)
	defer cancel()
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.url}
	for i := range m {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &m[i].Handle, VisibilityTimeout: int32(d / time.Second),
		})
	}
	out, err := q.client.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return m, fmt.Errorf("change visibility: %w", err)
	}
	return pickFailed(m, out.Failed), nil
}

func pickFailed(m []Message, entries []types.BatchResultErrorEntry) (failed []Message) {
	for _, e := range entries {
		if i, err := strconv.Atoi(aws.ToString(e.Id)); err == nil && i >= 0 && i < len(m) {
			failed = append(failed, m[i])
		}
	}
	return failed
}

// Settings is [Queue.Settings].
func (q *SQS) Settings(ctx context.Context) (s QueueSettings, err error) {
	ctx, cancel := context.WithTimeout(ctx, sqsTimeout)
	defer cancel()
	attributes, err := q.attributes(ctx, q.url)
	if err != nil {
		return s, err
	}
	s.Visibility, s.Retention = seconds(attributes["VisibilityTimeout"]), seconds(attributes[retentionPeriod])
	if s.DLQ, s.MaxReceives, err = awsconf.ParseRedrive(attributes["RedrivePolicy"]); err != nil || s.DLQ == "" {
		return s, err
	}
	s.DLQRetention, err = q.retention(ctx, s.DLQ)
	return s, err
}

// retention is 0 where these credentials may not ask: SQS then calls it denied, or knows no such
// queue.
func (q *SQS) retention(ctx context.Context, arn string) (time.Duration, error) {
	url, err := q.urlOf(ctx, arn)
	var attributes map[string]string
	if err == nil {
		attributes, err = q.attributes(ctx, url)
	}
	if code(err) != "" {
		return 0, nil
	}
	return seconds(attributes[retentionPeriod]), err
}

const retentionPeriod = "MessageRetentionPeriod"

func (q *SQS) attributes(ctx context.Context, url string) (map[string]string, error) {
	out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return nil, fmt.Errorf("read attributes of queue %s: %w", url, err)
	}
	return out.Attributes, nil
}

// urlOf finds the URL of the queue that an ARN names: arn:aws:sqs:<region>:<account>:<name>.
func (q *SQS) urlOf(ctx context.Context, arn string) (string, error) {
	in := &sqs.GetQueueUrlInput{QueueName: aws.String(arn[strings.LastIndexByte(arn, ':')+1:])}
	if p := strings.Split(arn, ":"); len(p) == 6 {
		in.QueueOwnerAWSAccountId = &p[4]
	}
	out, err := q.client.GetQueueUrl(ctx, in)
	if err != nil {
		return "", fmt.Errorf("find queue %s: %w", arn, err)
	}
	return aws.ToString(out.QueueUrl), nil
}

func seconds(attribute string) time.Duration {
	n, _ := strconv.Atoi(attribute)
	return time.Duration(n) * time.Second
}
