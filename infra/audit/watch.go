package audit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
	"airlock/events"
	"airlock/internal/pace"
)

// Run subscribes until ctx ends, over any outage of NATS, and looks at each object that is announced
// as accepted at once.
func (a *Auditor) Run(ctx context.Context) {
	for ctx.Err() == nil {
		_ = a.subscribe(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond): // NATS is away
		}
	}
}

// subscribe is [events.Subscribe] in more of a hurry: what was on its way when NATS died comes again
// after seconds, not after a minute.
func (a *Auditor) subscribe(ctx context.Context) error {
	js, err := jetstream.New(a.cfg.NATS)
	if err != nil {
		return err
	}
	c, err := js.CreateOrUpdateConsumer(ctx, events.StreamName, jetstream.ConsumerConfig{
		Durable: a.cfg.Durable, AckPolicy: jetstream.AckExplicitPolicy, DeliverPolicy: jetstream.DeliverAllPolicy, AckWait: 3 * time.Second, MaxDeliver: -1,
	})
	if err != nil {
		return err
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(64), jetstream.PullExpiry(4*time.Second), jetstream.PullHeartbeat(time.Second))
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if errors.Is(err, jetstream.ErrNoHeartbeat) {
			continue // nats.go connects again, and the pull goes on
		}
		if err != nil {
			return err
		}
		if v, err := events.Decode(m.Data()); err == nil && a.announced(ctx, v) == nil {
			_ = m.Ack()
		}
	}
}

// announced is INV3: at this moment the object is there with the event's etag and size.
func (a *Auditor) announced(ctx context.Context, v events.Verdict) error {
	wrong := ""
	if v.Result == airlock.Accepted {
		var err error
		if wrong, err = a.differs(ctx, v); err != nil {
			return err // it comes again
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[v.UploadID] = v
	if wrong != "" {
		a.early = append(a.early, v.UploadID+" "+wrong)
	}
	return nil
}

// differs says in which way the clean object is not as announced, "" if it is. It waits out a store
// that is away.
func (a *Auditor) differs(ctx context.Context, v events.Verdict) (string, error) {
	if v.Clean == nil {
		return "names no clean object", nil
	}
	for {
		out, err := a.cfg.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &v.Clean.Bucket, Key: aws.String(string(v.Clean.Key))})
		switch {
		case err == nil && unquote(out.ETag) != v.Clean.ETag:
			return fmt.Sprintf("announced with etag %s, there is %s", v.Clean.ETag, unquote(out.ETag)), nil
		case err == nil && aws.ToInt64(out.ContentLength) != v.Size:
			return fmt.Sprintf("announced with %d bytes, there are %d", v.Size, aws.ToInt64(out.ContentLength)), nil
		case err == nil:
			return "", nil
		case missing(err):
			return "announced but not there", nil
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// missing tells an object that is not there from a store that does not answer.
func missing(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) && (api.ErrorCode() == "NotFound" || api.ErrorCode() == "NoSuchKey") {
		return true
	}
	var resp *awshttp.ResponseError
	return errors.As(err, &resp) && resp.HTTPStatusCode() == http.StatusNotFound
}

// Drain waits until all that was stored has its verdict, the queues are empty, the poison is in the
// dead-letter queue and quarantine holds nothing but what stays. If ctx ends before, the error says
// what is not done; [Auditor.Check] tells it in more words.
func (a *Auditor) Drain(ctx context.Context) error {
	for {
		rest, err := a.unfinished(ctx)
		if err == nil && rest == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not drained: %s: %w", rest, errors.Join(err, context.Cause(ctx)))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Settle is [Auditor.Drain] for as long as verdicts go on to come: it gives up when there was none for
// patience, as long as that is on this machine.
func (a *Auditor) Settle(ctx context.Context, patience time.Duration) error {
	for {
		ended := a.Ended()
		waiting, stop := pace.Context(ctx, patience)
		err := a.Drain(waiting)
		stop()
		if err == nil || ctx.Err() != nil || a.Ended() == ended {
			return err
		}
	}
}

// unfinished asks what is cheap first.
func (a *Auditor) unfinished(ctx context.Context) (string, error) {
	if n := a.withoutVerdict(); n > 0 {
		return fmt.Sprintf("%d uploads have no verdict", n), nil
	}
	for _, url := range a.cfg.Queues {
		if n, err := a.Waiting(ctx, url); err != nil || n > 0 {
			return fmt.Sprintf("%d messages in %s", n, url), err
		}
	}
	if a.cfg.DLQ != "" {
		if n, err := a.Waiting(ctx, a.cfg.DLQ); err != nil || n < a.poisonous() {
			return fmt.Sprintf("%d messages in the DLQ, %d should be", n, a.poisonous()), err
		}
	}
	keys, err := a.list(ctx, a.cfg.Quarantine)
	if err != nil {
		return "quarantine cannot be listed", err
	}
	for k := range keys {
		if !a.mayStay(k) {
			return fmt.Sprintf("%d objects in quarantine", len(keys)), nil
		}
	}
	return "", nil
}

func (a *Auditor) withoutVerdict() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range a.uploads {
		if _, ok := a.seen[id]; !ok {
			n++
		}
	}
	return n
}

func (a *Auditor) poisonous() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.poison {
		n += c
	}
	return n
}

func (a *Auditor) mayStay(k airlock.Key) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stays[k]
}

// Waiting counts the messages of a queue, visible and hidden.
func (a *Auditor) Waiting(ctx context.Context, url string) (int, error) {
	visible, hidden, err := a.Queue(ctx, url)
	return visible + hidden, err
}

// Queue counts the messages of a queue, by whether they can be received now.
func (a *Auditor) Queue(ctx context.Context, url string) (visible, hidden int, err error) {
	out, err := a.cfg.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible}})
	if err != nil {
		return 0, 0, fmt.Errorf("count messages: %w", err)
	}
	_, verr := fmt.Sscan(out.Attributes["ApproximateNumberOfMessages"], &visible)
	_, herr := fmt.Sscan(out.Attributes["ApproximateNumberOfMessagesNotVisible"], &hidden)
	return visible, hidden, errors.Join(verr, herr)
}

// listed is what a listing tells of an object.
type listed struct {
	etag string
	size int64
}

func (a *Auditor) list(ctx context.Context, z airlock.Zone) (map[airlock.Key]listed, error) {
	all := map[airlock.Key]listed{}
	pages := s3.NewListObjectsV2Paginator(a.cfg.S3, &s3.ListObjectsV2Input{Bucket: &z.Bucket, Prefix: &z.Prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list %s/%s: %w", z.Bucket, z.Prefix, err)
		}
		for _, o := range page.Contents {
			all[airlock.Key(aws.ToString(o.Key))] = listed{unquote(o.ETag), aws.ToInt64(o.Size)}
		}
	}
	return all, nil
}
