package validator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"airlock/internal/awsconf"
)

// deadLetters is the dead-letter queue of q, and its ARN.
func (q *SQS) deadLetters(ctx context.Context) (*SQS, string, error) {
	ctx, cancel := context.WithTimeout(ctx, sqsTimeout)
	defer cancel()
	attributes, err := q.attributes(ctx, q.url)
	if err != nil {
		return nil, "", err
	}
	arn, _, err := awsconf.ParseRedrive(attributes["RedrivePolicy"])
	if err != nil {
		return nil, "", err
	}
	if arn == "" {
		return nil, "", fmt.Errorf("%w: the queue has no redrive policy, so that there is no dead-letter queue; give it one with maxReceiveCount 10", ErrRefused)
	}
	url, err := q.urlOf(ctx, arn)
	if err != nil {
		return nil, "", err
	}
	return &SQS{q.client, url}, arn, nil
}

// glance receives messages that come back by themselves after hide.
func (q *SQS) glance(ctx context.Context, limit int, hide time.Duration) ([]Message, error) {
	out, err := q.receive(ctx, &sqs.ReceiveMessageInput{
		MaxNumberOfMessages: int32(min(limit, batchSize)), WaitTimeSeconds: 1, VisibilityTimeout: int32(hide / time.Second),
	})
	return ours(out), err
}

// errNoMoves tells that the store cannot move messages by itself.
var errNoMoves = errors.New("the store does not know StartMessageMoveTask")

// startTimeout bounds the start of a move: AWS answers at once, the development stack when all is
// moved.
const startTimeout = time.Minute

// startMove has the store send the messages of a dead-letter queue back to where they came from.
// perSecond 0 leaves the rate to the store.
func (q *SQS) startMove(ctx context.Context, arn string, perSecond int) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	in := &sqs.StartMessageMoveTaskInput{SourceArn: &arn}
	if perSecond > 0 {
		in.MaxNumberOfMessagesPerSecond = aws.Int32(int32(perSecond))
	}
	_, err := q.client.StartMessageMoveTask(ctx, in, func(o *sqs.Options) { o.RetryMaxAttempts = 1 })
	return moveError(err, "start to move messages")
}

// move is how far the store has come.
type move struct {
	started int64 // ms; tells one move from another
	running bool
	moved   int
	of      int
	failure string // why it ended early; "" if it did not
}

// newestMove is the zero value if there was none.
func (q *SQS) newestMove(ctx context.Context, arn string) (move, error) {
	ctx, cancel := context.WithTimeout(ctx, sqsTimeout)
	defer cancel()
	out, err := q.client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &arn, MaxResults: aws.Int32(1)})
	if err != nil || len(out.Results) == 0 {
		return move{}, moveError(err, "look at the move of messages")
	}
	t := out.Results[0]
	status := aws.ToString(t.Status)
	m := move{
		started: t.StartedTimestamp, running: status == "RUNNING" || status == "CANCELLING",
		moved: int(t.ApproximateNumberOfMessagesMoved), of: int(aws.ToInt64(t.ApproximateNumberOfMessagesToMove)),
	}
	if !m.running && status != "COMPLETED" {
		m.failure = strings.TrimSpace(status + " " + aws.ToString(t.FailureReason))
	}
	return m, nil
}

func moveError(err error, doing string) error {
	switch c := code(err); {
	case err == nil:
		return nil
	case slices.Contains([]string{"UnsupportedOperation", "InvalidAction", "UnknownOperationException", "NotImplemented"}, strings.TrimPrefix(c, "AWS.SimpleQueueService.")):
		return fmt.Errorf("%s: %w (%s)", doing, errNoMoves, c)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// carryTimeout is how long a message that is carried by hand stays hidden: it is sent long before.
const carryTimeout = time.Minute

// carry moves up to ten messages from dlq to q by hand, each sent before it is deleted, so that one
// may come twice, but none is lost. Those that were sent after until are left hidden and returned:
// they may have been carried before.
func (q *SQS) carry(ctx context.Context, dlq *SQS, until time.Time, pace func(context.Context) error) (sent int, newer []Message, err error) {
	out, err := dlq.receive(ctx, &sqs.ReceiveMessageInput{
		MaxNumberOfMessages: batchSize, WaitTimeSeconds: 1, VisibilityTimeout: int32(carryTimeout / time.Second), MessageAttributeNames: []string{"All"},
	})
	whole := context.WithoutCancel(ctx) // a send that is given up may be done all the same, and what was sent is deleted
	var done, left []Message
	for i, m := range ours(out) {
		if m.SentAt.After(until) {
			newer = append(newer, m)
			continue
		}
		if err == nil {
			err = pace(ctx)
		}
		if err == nil {
			err = q.send(whole, out[i])
		}
		if err != nil {
			left = append(left, m)
			continue
		}
		done = append(done, m)
	}
	_, herr := dlq.Hide(whole, left, 0)
	failed, derr := dlq.Delete(whole, done)
	if len(failed) > 0 && derr == nil {
		derr = fmt.Errorf("%d messages were sent back, but are in the dead-letter queue still", len(failed))
	}
	return len(done), newer, errors.Join(err, herr, derr)
}

func (q *SQS) send(ctx context.Context, m types.Message) error {
	ctx, cancel := context.WithTimeout(ctx, sqsTimeout)
	defer cancel()
	if _, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: m.Body, MessageAttributes: m.MessageAttributes}); err != nil {
		return fmt.Errorf("send a message back: %w", err)
	}
	return nil
}
