package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
)

// Options say which verdicts a subscriber wants.
type Options struct {
	Durable string           // name of the subscription; all processes that use it share the work
	Profile string           // "": all
	Types   []airlock.Result // none: all
	Log     *slog.Logger     // nil: silent

	UntilNow bool // Tail only: end with nil after the last verdict that is there when it starts
}

func (o Options) log() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

func (o Options) filters() []string {
	profile := o.Profile
	if profile == "" {
		profile = "*"
	}
	types := o.Types
	if len(types) == 0 {
		types = []airlock.Result{airlock.Accepted, airlock.Rejected, airlock.Expired}
	}
	var subjects []string
	for _, t := range types {
		subjects = append(subjects, Subject(t, airlock.Upload{Profile: profile, ID: "*"}))
	}
	return subjects
}

// retryDelays is the pause before a verdict that a subscriber could not handle comes again; the
// last one repeats.
var retryDelays = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// Subscribe hands every verdict, from the oldest that is kept, to handle, one after another, until
// ctx ends; then it returns ctx's cause. nil from handle acknowledges (and waits until the server
// knows: double ack), an error brings the verdict again, later and later. handle may see a verdict
// twice: the upload id is what to deduplicate by.
//
// It needs leave to publish $JS.API.CONSUMER.>, $JS.ACK.AIRLOCK.> and to subscribe _INBOX.>.
func Subscribe(ctx context.Context, nc *nats.Conn, o Options, handle func(context.Context, Verdict) error) error {
	if o.Durable == "" {
		return errors.New("subscribe: a durable name is needed; Tail works without one")
	}
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(timeout))
	if err != nil {
		return fmt.Errorf("subscribe %s: %w", o.Durable, err)
	}
	c, err := js.CreateOrUpdateConsumer(ctx, StreamName, jetstream.ConsumerConfig{
		Durable: o.Durable, FilterSubjects: o.filters(), AckPolicy: jetstream.AckExplicitPolicy,
		DeliverPolicy: jetstream.DeliverAllPolicy, AckWait: ackWait, MaxDeliver: -1,
	})
	if err != nil {
		return fmt.Errorf("subscribe %s: %w", o.Durable, err)
	}
	for {
		msg, err := next(ctx, c)
		if err != nil {
			return err
		}
		settle(ctx, o, msg, handle)
	}
}

// pullWait is how long one request for a message may wait; one that a restarted server knows nothing of
// is given up after two heartbeats.
const (
	pullWait      = 30 * time.Second
	pullHeartbeat = 2 * time.Second
)

// next waits for one message. None is fetched ahead: ackWait begins when a message is sent to us, not
// when handle gets it, so that what waited here behind slow ones would come again, and other processes
// would get none of it. c.Messages with PullMaxMessages(1) is no way to that: its iterator may miss to
// ask for the next message, and then stands still for half a minute (nats.go 1.55, checkPending).
func next(ctx context.Context, c jetstream.Consumer) (jetstream.Msg, error) {
	for {
		waiting, cancel := context.WithTimeout(ctx, pullWait)
		msg, err := c.Next(jetstream.FetchContext(waiting), jetstream.FetchHeartbeat(pullHeartbeat))
		waited := waiting.Err() != nil
		cancel()
		switch {
		case err == nil:
			return msg, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, jetstream.ErrConsumerDeleted), errors.Is(err, nats.ErrConnectionClosed):
			return nil, fmt.Errorf("consume: %w", err)
		case waited, errors.Is(err, nats.ErrTimeout):
			continue
		}
		select { // the server is away, or comes up
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// settle hands one message over and acknowledges it, or asks for it again later.
func settle(ctx context.Context, o Options, msg jetstream.Msg, handle func(context.Context, Verdict) error) {
	log := o.log()
	v, err := decodeMsg(msg)
	if err != nil { // not an event: no retry can make it one
		log.Error("terminated a message that is no event", "subject", msg.Subject(), "error", err)
		_ = msg.TermWithReason("not an airlock event")
		return
	}
	log = log.With("upload", v.UploadID)
	if err := handle(ctx, v); err != nil {
		delay := retryDelays[len(retryDelays)-1]
		if meta, merr := msg.Metadata(); merr == nil && int(meta.NumDelivered) <= len(retryDelays) {
			delay = retryDelays[meta.NumDelivered-1]
		}
		if ctx.Err() != nil {
			delay = 0
		}
		log.Warn("the handler refused a verdict; it comes again", "after", delay, "error", err)
		_ = msg.NakWithDelay(delay)
		return
	}
	if err := acknowledge(ctx, msg); err != nil {
		log.Warn("a verdict was handled but its acknowledgement may be lost; it may come again", "error", err)
	}
}

// ackWait is how long the server waits for an acknowledgement until it brings the verdict again;
// ackPatience how long we try, which leaves time for handling it.
const (
	ackWait     = time.Minute
	ackPatience = ackWait / 2
)

// acknowledge waits until the server knows, also while it restarts: to go on instead would be to
// handle again, later, all that is handled meanwhile. When ctx ends it tries once more.
func acknowledge(ctx context.Context, msg jetstream.Msg) error {
	for end := time.Now().Add(ackPatience); ; {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		err := msg.DoubleAck(try)
		cancel()
		if err == nil || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// Tail hands verdicts to handle, one after another and without leaving a trace in NATS, from since
// on (zero: only new ones) until ctx ends or handle returns an error, which it then returns. It
// survives a lost connection without a gap.
func Tail(ctx context.Context, nc *nats.Conn, o Options, since time.Time, handle func(Verdict) error) error {
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(timeout))
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	return tail(ctx, js, o, since, func() {}, handle)
}

// tail is Tail with a call once the consumer is attached.
func tail(ctx context.Context, js jetstream.JetStream, o Options, since time.Time, attached func(), handle func(Verdict) error) error {
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: o.filters(), DeliverPolicy: jetstream.DeliverNewPolicy}
	if !since.IsZero() {
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &since
	}
	c, err := js.OrderedConsumer(ctx, StreamName, cfg)
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	attached()
	if o.UntilNow {
		if info, err := c.Info(ctx); err != nil || info.NumPending == 0 {
			return err
		}
	}
	err = consume(ctx, c, func(msg jetstream.Msg) error {
		v, err := decodeMsg(msg)
		if err != nil {
			o.log().Error("passed over a message that is no event", "subject", msg.Subject(), "error", err)
			err = nil
		} else {
			err = handle(v)
		}
		if meta, merr := msg.Metadata(); err == nil && o.UntilNow && merr == nil && meta.NumPending == 0 {
			return errCaughtUp
		}
		return err
	})
	if errors.Is(err, errCaughtUp) {
		return nil
	}
	return err
}

var errCaughtUp = errors.New("caught up")

func decodeMsg(msg jetstream.Msg) (Verdict, error) {
	v, err := Decode(msg.Data())
	v.Traceparent = msg.Headers().Get("traceparent")
	if meta, merr := msg.Metadata(); merr == nil {
		v.Sequence = meta.Sequence.Stream
	}
	return v, err
}

type consumer interface {
	Messages(...jetstream.PullMessagesOpt) (jetstream.MessagesContext, error)
}

// consume calls handle for each message until ctx ends, handle errs or the consumer is lost.
func consume(ctx context.Context, c consumer, handle func(jetstream.Msg) error) error {
	it, err := c.Messages()
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	defer it.Stop()
	for {
		msg, err := it.Next(jetstream.NextContext(ctx))
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			continue // the connection is away; nats.go reconnects and the pull goes on
		case err != nil:
			return fmt.Errorf("consume: %w", err)
		}
		if err := handle(msg); err != nil {
			return err
		}
	}
}
