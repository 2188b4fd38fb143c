package isolation

import (
	"context"
	"slices"
	"sync"
)

// turns lets one have its turn at a time. Among those who wait the first goes first, but those that are
// last are asked only when no other waits. The zero value is ready for use.
type turns struct {
	mu      sync.Mutex
	taken   bool
	waiting []*waiter
}

type waiter struct {
	last func() bool // asked when a turn is free; it must not call turns
	turn chan struct{}
}

// take waits for a turn.
func (t *turns) take(ctx context.Context, last func() bool) error {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return nil
	}
	me := &waiter{last, make(chan struct{})}
	t.waiting = append(t.waiting, me)
	t.mu.Unlock()
	select {
	case <-me.turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	n := slices.Index(t.waiting, me)
	if n >= 0 {
		t.waiting = slices.Delete(t.waiting, n, n+1)
	}
	t.mu.Unlock()
	if n < 0 { // it had its turn meanwhile
		t.give()
	}
	return context.Cause(ctx)
}

// give hands the turn on.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.taken = false
		return
	}
	n := max(0, slices.IndexFunc(t.waiting, func(w *waiter) bool { return !w.last() }))
	close(t.waiting[n].turn)
	t.waiting = slices.Delete(t.waiting, n, n+1)
}
