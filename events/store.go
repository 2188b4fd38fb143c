package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
)

// Store is the state of all uploads: grants of the open ones, verdicts of the ended ones. It is
// safe for use by many goroutines and needs no close; the connection is the caller's.
type Store struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	bucket string
	stream jetstream.Stream
	grants jetstream.KeyValue
	quota  jetstream.KeyValue
	state  jetstream.KeyValue
}

var (
	// ErrUnsure tells that it is not known whether the verdict was recorded, or that another one
	// was: read [Store.Last] again, it decides.
	ErrUnsure = errors.New("the verdict may or may not be recorded")
	// ErrUnavailable tells that NATS cannot serve now: wait and try again, nothing was decided.
	ErrUnavailable = errors.New("the event store is unavailable")
	// ErrNotSetUp tells that the stream or a bucket is missing or configured so that the protocol
	// would not hold.
	ErrNotSetUp = errors.New("NATS is not set up for airlock")
	// ErrExists tells that a grant with this id is there already.
	ErrExists = errors.New("exists already")
)

// timeout bounds each request to NATS (PROTOCOL section 5).
const timeout = 5 * time.Second

// Open finds the stream and the buckets that [Setup] made and refuses, with [ErrNotSetUp], any
// that would break the protocol or that serve another quarantine bucket.
func Open(ctx context.Context, nc *nats.Conn, quarantineBucket string) (*Store, error) {
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(timeout))
	if err != nil {
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	s := &Store{nc: nc, js: js, bucket: quarantineBucket}
	for _, name := range []string{StreamName, "KV_" + GrantsBucket, "KV_" + QuotaBucket, "KV_" + StateBucket} {
		st, err := js.Stream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil, fmt.Errorf("%w: there is no stream %s; run airlock setup", ErrNotSetUp, name)
		}
		if err != nil {
			return nil, fmt.Errorf("open stream %s: %w", name, err)
		}
		if err := CheckStream(st.CachedInfo().Config, quarantineBucket); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotSetUp, err)
		}
		if name == StreamName {
			s.stream = st
		}
	}
	if s.grants, err = js.KeyValue(ctx, GrantsBucket); err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", GrantsBucket, err)
	}
	if s.quota, err = js.KeyValue(ctx, QuotaBucket); err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", QuotaBucket, err)
	}
	if s.state, err = js.KeyValue(ctx, StateBucket); err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", StateBucket, err)
	}
	return s, nil
}

// Ping tells whether the stream answers now; ErrUnavailable if not.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := s.stream.Info(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// Retention is how long the stream keeps verdicts, as it is configured now; 0: for ever. An error
// is always [ErrUnavailable].
func (s *Store) Retention(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	info, err := s.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("read retention: %w: %w", ErrUnavailable, err)
	}
	return info.Config.MaxAge, nil
}

// Record publishes the verdict if and only if its upload has none yet (compare-and-set), and
// blocks until the server has acknowledged it, at most 5 s. nil means that this very verdict is
// stored; else the error is [ErrUnsure] or [ErrUnavailable].
func (s *Store) Record(ctx context.Context, v Verdict) error {
	body, err := Encode(s.bucket, v)
	if err != nil {
		return fmt.Errorf("encode verdict on %s: %w", v.UploadID, err)
	}
	msg := nats.NewMsg(Subject(v.Result, airlock.Upload{Profile: v.Profile, ID: v.UploadID}))
	msg.Data = body
	msg.Header.Set("Content-Type", contentType)
	if v.Traceparent != "" {
		msg.Header.Set("traceparent", v.Traceparent)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ack, err := s.js.PublishMsg(ctx, msg, jetstream.WithMsgID(v.UploadID),
		jetstream.WithExpectLastSequenceForSubject(0, anyVerdict(v.UploadID)),
		jetstream.WithExpectStream(StreamName), jetstream.WithRetryAttempts(0))
	if err := outcome(ack, err); err != nil {
		return fmt.Errorf("record verdict on %s: %w", v.UploadID, err)
	}
	return nil
}

// JetStream's error codes that tell one outcome from another (nats-server errors.json).
const (
	codeNoResources   = 10023 // insufficient resources
	codeNotEnabled    = 10039 // JetStream not enabled for this account
	codeNotAvailable  = 10008 // cluster without a leader
	codeNotEnabled2   = 10076 // JetStream not enabled on this server
	codeStreamMissing = 10059
	codeStreamOther   = 10060 // expected stream does not match
	codeStoreFailed   = 10077 // full
	codeStreamOffline = 10118
	codeSealed        = 10109
)

// outcome is PROTOCOL's S6 table: what a publish's reply means.
func outcome(ack *jetstream.PubAck, err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil && ack != nil && !ack.Duplicate:
		return nil
	case err == nil:
		return fmt.Errorf("%w: the server calls it a duplicate", ErrUnsure)
	case errors.As(err, &api):
		switch int(api.ErrorCode) {
		case codeNoResources, codeNotEnabled, codeNotEnabled2, codeNotAvailable, codeStreamMissing,
			codeStreamOther, codeStoreFailed, codeStreamOffline, codeSealed:
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		if api.Code == 503 {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	case away(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("%w: %w", ErrUnsure, err)
}

// away tells errors of a publish that certainly did not reach a stream.
func away(err error) bool {
	for _, e := range []error{
		nats.ErrNoResponders, jetstream.ErrNoStreamResponse, nats.ErrReconnectBufExceeded,
		nats.ErrConnectionClosed, nats.ErrConnectionReconnecting, nats.ErrConnectionDraining,
		nats.ErrNoServers,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Last reads the verdict on one upload, whatever its profile. found is false where there is none;
// an error is always [ErrUnavailable].
func (s *Store) Last(ctx context.Context, id string) (v Verdict, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	msg, err := s.stream.GetLastMsgForSubject(ctx, anyVerdict(id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Verdict{}, false, nil
	}
	if err != nil {
		return Verdict{}, false, fmt.Errorf("read verdict on %s: %w: %w", id, ErrUnavailable, err)
	}
	if v, err = Decode(msg.Data); err != nil {
		return Verdict{}, false, fmt.Errorf("read verdict on %s: %w: %w", id, ErrUnavailable, err)
	}
	v.Traceparent, v.Sequence = msg.Header.Get("traceparent"), msg.Sequence
	return v, true, nil
}

// Hint tells the validators "look at this upload". It returns at once and may be lost.
func (s *Store) Hint(id string) error { return s.nc.Publish(lookSubject(id), nil) }

// Hints calls look, one after another, with the id of each hint that reaches this process; each
// hint goes to one validator. A hint that cannot be taken at once is dropped. stop ends it.
func (s *Store) Hints(look func(id string)) (stop func() error, err error) {
	sub, err := s.nc.QueueSubscribe(lookSubject("*"), "validator", func(m *nats.Msg) {
		if id := m.Subject[len(lookSubject("")):]; airlock.UploadID(id) {
			look(id)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to hints: %w", err)
	}
	return sub.Unsubscribe, nil
}
