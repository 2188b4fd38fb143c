package sqsfront

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// durable is the one consumer of each queue's stream.
	durable = "sqs"

	// maxInFlight is SQS's quota of messages received but not deleted, per standard queue.
	maxInFlight = 120000

	// maxWaiting is how many long polls of one queue may be open at once.
	maxWaiting = 4096

	// metadataPrefix tells our attributes in a stream's metadata from others, such as those of NATS itself.
	metadataPrefix = "sqs."

	// modifiedKey keeps LastModifiedTimestamp beside the attributes.
	modifiedKey = "modified"

	// dedupWindow is how long a message that was moved to a dead-letter queue can't be moved there again, which matters
	// only if the front dies between the publish there and the ack here.
	dedupWindow = time.Hour
)

// queue is a cached handle: it holds nothing that can't be found in JetStream again, but for guesses in flight and for what was
// moved out of the queue since the front started.
type queue struct {
	name   string
	id     string // of this incarnation, for receipt handles
	stream jetstream.Stream
	nc     *nats.Conn
	next   string // the subject of pull requests

	set    atomic.Pointer[settings]
	flight *flights
	moves  moveLog
}

func streamName(queue string) string { return "SQS-" + queue }
func subject(queue string) string    { return "sqs." + queue }

// checkName is SQS's rule: up to 80 letters, digits, hyphens and underscores. All of these may be in a stream's name.
func checkName(name string) error {
	if !plainName(name) {
		return failure("InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

func plainName(s string) bool {
	odd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	}
	return len(s) >= 1 && len(s) <= 80 && !strings.ContainsFunc(s, odd)
}

// streamConfig is what a queue's attributes make of its stream.
func streamConfig(name string, s settings, storage jetstream.StorageType) jetstream.StreamConfig {
	meta := map[string]string{metadataPrefix + modifiedKey: strconv.FormatInt(time.Now().Unix(), 10)}
	for k, v := range s.attrs {
		meta[metadataPrefix+k] = v
	}
	return jetstream.StreamConfig{
		Name:       streamName(name),
		Subjects:   []string{subject(name)},
		Retention:  jetstream.WorkQueuePolicy,
		Storage:    storage,
		MaxAge:     s.retention,
		Duplicates: min(dedupWindow, s.retention),
		Metadata:   meta,
	}
}

// consumerConfig sets the visibility timeout. JetStream takes an AckWait of 0 for its default; a millisecond is as good.
func consumerConfig(s settings) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       durable,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       max(s.visibility, time.Millisecond),
		MaxDeliver:    -1,
		MaxAckPending: maxInFlight,
		MaxWaiting:    maxWaiting,
	}
}

// queue finds a queue by name, in the cache or in JetStream; ErrNoQueue if there is none.
func (f *Front) queue(ctx context.Context, name string) (*queue, error) {
	f.mu.RLock()
	q := f.queues[name]
	f.mu.RUnlock()
	if q != nil {
		return q, nil
	}
	if checkName(name) != nil {
		return nil, ErrNoQueue
	}
	stream, err := f.cfg.JS.Stream(ctx, streamName(name))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, ErrNoQueue
	} else if err != nil {
		return nil, fmt.Errorf("open queue %s: %w", name, err)
	}
	return f.open(ctx, name, stream)
}

// open makes the handle of a stream that is there, and the consumer in case somebody died between the two.
func (f *Front) open(ctx context.Context, name string, stream jetstream.Stream) (*queue, error) {
	info := stream.CachedInfo()
	attrs := defaults()
	for k, v := range info.Config.Metadata {
		if k, ok := strings.CutPrefix(k, metadataPrefix); ok && k != modifiedKey {
			attrs[k] = v
		}
	}
	s, err := settingsOf(attrs)
	if err != nil {
		return nil, fmt.Errorf("open queue %s: %w", name, err)
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, consumerConfig(s))
	if err != nil {
		return nil, fmt.Errorf("open queue %s: %w", name, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if q := f.queues[name]; q != nil {
		return q, nil // somebody was quicker
	}
	q := &queue{
		name:   name,
		id:     strconv.FormatInt(info.Created.UnixNano(), 36),
		stream: stream,
		nc:     f.cfg.JS.Conn(),
		next:   f.apiPrefix() + "CONSUMER.MSG.NEXT." + streamName(name) + "." + durable,
		flight: newFlights(consumer.CachedInfo().NumAckPending, time.Now().Add(s.visibility)),
	}
	q.set.Store(&s)
	f.queues[name] = q
	return q, nil
}

// apiPrefix is where the JetStream of cfg.JS takes its requests.
func (f *Front) apiPrefix() string {
	switch o := f.cfg.JS.Options(); {
	case o.APIPrefix != "":
		return strings.TrimSuffix(o.APIPrefix, ".") + "."
	case o.Domain != "":
		return "$JS." + o.Domain + ".API."
	}
	return "$JS.API."
}

// forget drops a handle whose stream is gone.
func (f *Front) forget(q *queue) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.queues[q.name] == q {
		delete(f.queues, q.name)
	}
}

// gone asks, after a call for the queue failed, whether somebody else deleted it; then the answer is ErrNoQueue.
func (f *Front) gone(ctx context.Context, q *queue, err error) error {
	if _, missing := f.cfg.JS.Stream(ctx, streamName(q.name)); !errors.Is(missing, jetstream.ErrStreamNotFound) {
		return err
	}
	f.forget(q)
	return ErrNoQueue
}

// change sets attributes, which are checked, and all that follows from them. The caller holds f.admin.
// A new visibility timeout also moves the end of what is in flight, by the difference; SQS leaves that alone.
func (f *Front) change(ctx context.Context, q *queue, changes map[string]string) error {
	old := *q.set.Load()
	s, err := with(old.attrs, changes)
	if err != nil {
		return err
	}
	if maps.Equal(s.attrs, old.attrs) {
		return nil
	}
	if err := f.checkTarget(ctx, q.name, s.redrive); err != nil {
		return err
	}
	cfg := streamConfig(q.name, s, q.stream.CachedInfo().Config.Storage)
	if _, err := f.cfg.JS.UpdateStream(ctx, cfg); err != nil {
		return fmt.Errorf("change queue %s: %w", q.name, f.gone(ctx, q, err))
	}
	if s.visibility != old.visibility {
		if _, err := q.stream.UpdateConsumer(ctx, consumerConfig(s)); err != nil {
			return fmt.Errorf("change queue %s: %w", q.name, err)
		}
		q.flight.shift(s.visibility - old.visibility)
	}
	q.set.Store(&s)
	return nil
}
