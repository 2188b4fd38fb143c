package validator

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// held is the set of messages that this process has received and neither deleted nor handed back.
// Its heartbeat keeps them hidden from the moment of receive, whether or not a worker has come to
// them yet.
type held struct {
	queue      Queue
	visibility time.Duration
	metrics    *Metrics
	log        *slog.Logger

	beat sync.Mutex // held during a round of heartbeats, so that none overtakes a hand-back
	mu   sync.Mutex
	set  map[string]Message // by receipt handle
}

// longestHold is when a message is let go in any case: SQS hides none longer than 12 hours.
const longestHold = 12*time.Hour - 30*time.Minute

// beatTimeout bounds a round of heartbeats: a hand-back waits for it.
const beatTimeout = 5 * time.Second

func newHeld(q Queue, visibility time.Duration, m *Metrics, log *slog.Logger) *held {
	return &held{queue: q, visibility: visibility, metrics: m, log: log, set: map[string]Message{}}
}

func (h *held) add(messages ...Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range messages {
		h.set[m.Handle] = m
	}
	h.metrics.holding(len(h.set))
}

func (h *held) drop(messages ...Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range messages {
		delete(h.set, m.Handle)
	}
	h.metrics.holding(len(h.set))
}

func (h *held) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.set)
}

// lastWords is how long requests to SQS may go on after the grace of a stop: what they say spares
// messages a visibility timeout, and the exit is due within 27 s (PROTOCOL section 5).
const lastWords = 5 * time.Second

// outliving is a context that ends lastWords after ctx.
func outliving(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(lastWords):
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}

// giveBack drops m and makes it visible again after delay. No heartbeat can follow.
func (h *held) giveBack(ctx context.Context, m Message, delay time.Duration) error {
	ctx, cancel := outliving(ctx)
	defer cancel()
	h.beat.Lock()
	h.drop(m)
	h.beat.Unlock()
	failed, err := h.queue.Hide(ctx, []Message{m}, delay)
	if err == nil && len(failed) > 0 {
		h.metrics.handedBack("refused") // it comes back by its visibility timeout
	}
	return err
}

// run beats every third of the visibility timeout until ctx ends.
func (h *held) run(ctx context.Context) {
	tick := time.NewTicker(h.visibility / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.extend(ctx)
		}
	}
}

func (h *held) extend(ctx context.Context) {
	h.beat.Lock()
	defer h.beat.Unlock()
	h.mu.Lock()
	batches := [][]Message{nil}
	for _, m := range h.set {
		if time.Since(m.HeldAt) > longestHold {
			continue
		}
		last := len(batches) - 1
		if len(batches[last]) == batchSize {
			batches = append(batches, nil)
			last++
		}
		batches[last] = append(batches[last], m)
	}
	h.mu.Unlock()
	// Not cancelled by a stop: a request that was given up may still be done, after the hand-back.
	beat, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatTimeout)
	defer cancel()
	for _, b := range batches {
		if len(b) == 0 {
			continue
		}
		failed, err := h.queue.Hide(beat, b, h.visibility)
		for range len(b) - len(failed) {
			h.metrics.extended("ok")
		}
		for range failed {
			h.metrics.extended("failed")
		}
		if err != nil {
			h.log.Warn("messages could not be kept hidden; they may be received again", "count", len(failed), "error", err)
		}
		if ctx.Err() != nil {
			return // what is left is handed back now
		}
	}
}
