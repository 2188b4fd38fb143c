package events

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// mostBatch is how many verdicts [Store.Batches] hands over at once.
const mostBatch = 256

// Batches hands every verdict that is recorded from the first call for this durable name on to handle,
// as many at once as are there, until ctx ends; then it returns ctx's cause. All processes that use the
// name share the work. An error of handle brings the batch again after a second; handle may see a
// verdict twice.
func (s *Store) Batches(ctx context.Context, durable string, handle func(context.Context, []Verdict) error) error {
	asking, cancel := context.WithTimeout(ctx, timeout)
	c, err := s.js.CreateOrUpdateConsumer(asking, StreamName, jetstream.ConsumerConfig{
		Durable: durable, FilterSubjects: verdictSubjects(), AckPolicy: jetstream.AckExplicitPolicy,
		DeliverPolicy: jetstream.DeliverNewPolicy, AckWait: ackWait, MaxDeliver: -1, MaxAckPending: 4 * mostBatch,
	})
	cancel()
	if err != nil {
		return fmt.Errorf("share verdicts as %s: %w: %w", durable, ErrUnavailable, err)
	}
	for {
		first, err := next(ctx, c)
		if err != nil {
			return err
		}
		msgs := append([]jetstream.Msg{first}, waiting(c)...)
		var verdicts []Verdict
		for _, msg := range msgs {
			if v, err := decodeMsg(msg); err == nil { // what is no event concerns nobody here
				verdicts = append(verdicts, v)
			}
		}
		err = handle(ctx, verdicts)
		for _, msg := range msgs {
			if err != nil {
				_ = msg.NakWithDelay(time.Second)
			} else {
				_ = msg.Ack() // a lost one brings the verdict again
			}
		}
	}
}

// waiting takes what is there already.
func waiting(c jetstream.Consumer) (msgs []jetstream.Msg) {
	batch, err := c.FetchNoWait(mostBatch - 1)
	if err != nil {
		return nil
	}
	for msg := range batch.Messages() {
		msgs = append(msgs, msg)
	}
	return msgs
}
