package validator

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
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

// beatRequests is how many requests of a round are under way at once.
const beatRequests = 8

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

// extend is one round of heartbeats. Its requests go out side by side: one after another, those of a slow
// queue would come too late for the last messages.
func (h *held) extend(ctx context.Context) {
	h.beat.Lock()
	defer h.beat.Unlock()
	// Not cancelled by a stop: a request that was given up may still be done, after the hand-back.
	beat, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatTimeout)
	defer cancel()
	var requests errgroup.Group
	requests.SetLimit(beatRequests)
	for b := range slices.Chunk(h.toExtend(), batchSize) {
		if ctx.Err() != nil {
			break // what is left is handed back now
		}
		requests.Go(func() error { h.hide(beat, b); return nil })
	}
	_ = requests.Wait() // hide has said what failed
}

// toExtend are those that may be kept hidden still.
func (h *held) toExtend() []Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]Message, 0, len(h.set))
	for _, m := range h.set {
		if time.Since(m.HeldAt) <= longestHold {
			all = append(all, m)
		}
	}
	return all
}

// hide keeps up to batchSize messages hidden for one more visibility timeout.
func (h *held) hide(ctx context.Context, batch []Message) {
	failed, err := h.queue.Hide(ctx, batch, h.visibility)
	for range len(batch) - len(failed) {
		h.metrics.extended("ok")
	}
	for range failed {
		h.metrics.extended("failed")
	}
	if err != nil {
		h.log.Warn("messages could not be kept hidden; they may be received again", "count", len(failed), "error", err)
	}
}
