package validator

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// finisher deletes messages that are done, ten at a time or whatever has come in 250 ms (S8).
type finisher struct {
	queue   Queue
	held    *held
	metrics *Metrics
	log     *slog.Logger
	in      chan Message  // closed when nothing more comes
	hurry   chan struct{} // closed at a stop, before in: what cannot be deleted now is given up
	release func(n int)   // frees the slots of deleted messages
}

const (
	flushEvery  = 250 * time.Millisecond
	deleteTries = 5
)

// run works until in is closed and the rest is flushed. ctx bounds nothing but the requests, which may
// outlive it by a little.
func (f *finisher) run(ctx context.Context) {
	ctx, cancel := outliving(ctx)
	defer cancel()
	var batch []Message
	timer := time.NewTimer(flushEvery)
	defer timer.Stop()
	flush := func() {
		f.delete(ctx, batch)
		batch = nil
	}
	for {
		select {
		case m, more := <-f.in:
			if !more {
				flush()
				return
			}
			if len(batch) == 0 {
				timer.Reset(flushEvery)
			}
			if batch = append(batch, m); len(batch) == batchSize {
				flush()
			}
		case <-timer.C:
			flush()
		}
	}
}

// delete tries what failed again. A queue that takes no deletes at all is an outage, which is waited
// for: the messages stay hidden and keep their slots, so that none is received again only to be dead
// at last. What the queue refuses one by one is given up after a few tries; it comes back by its
// visibility timeout, finds its verdict and is deleted.
func (f *finisher) delete(ctx context.Context, batch []Message) {
	if len(batch) == 0 {
		return
	}
	left := batch
	for refused, try := 0, 0; ; try++ {
		failed, err := f.queue.Delete(ctx, left)
		f.metrics.deletedMessages(len(left) - len(failed))
		if left = failed; len(left) == 0 {
			break
		}
		if err == nil || f.hurried() {
			refused++
		}
		f.log.Warn("messages could not be deleted", "count", len(left), "error", err)
		if refused >= deleteTries || ctx.Err() != nil || time.Since(left[0].HeldAt) > longestHold {
			break
		}
		f.pause(jitter(min(50*time.Millisecond<<min(try, 8), 10*time.Second)))
	}
	f.held.drop(batch...)
	f.release(len(batch))
}

// pause waits d, but does not hold up a stop.
func (f *finisher) pause(d time.Duration) {
	if f.hurried() {
		time.Sleep(min(d, flushEvery))
		return
	}
	select {
	case <-time.After(d):
	case <-f.hurry:
	}
}

func (f *finisher) hurried() bool {
	select {
	case <-f.hurry:
		return true
	default:
		return false
	}
}

// failure keeps the first error that should end a run.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// turns lets one goroutine of this process at a time work on an upload, so that a hint and its
// notice do not both do the work. Other processes may still: the protocol is made for that.
type turns struct {
	mu   sync.Mutex
	busy map[string]chan struct{}
}

func (t *turns) take(ctx context.Context, id string) error {
	for {
		t.mu.Lock()
		other, taken := t.busy[id]
		if !taken {
			if t.busy == nil {
				t.busy = map[string]chan struct{}{}
			}
			t.busy[id] = make(chan struct{})
			t.mu.Unlock()
			return nil
		}
		t.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (t *turns) give(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.busy[id])
	delete(t.busy, id)
}
