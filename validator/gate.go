package validator

import (
	"context"
	"sync"
	"time"
)

// gate stops polling while NATS or S3 is down: what is held is held, and nothing more is taken, so
// that an outage never uses up receives (PROTOCOL decision 10). It closes at the first trouble and
// opens as soon as ping finds all dependencies answering.
type gate struct {
	ping    func(ctx context.Context) error
	onPause func(paused bool, why error)

	mu     sync.Mutex
	opened chan struct{} // closed while the gate is open
	why    error         // nil while it is open
	trips  chan struct{}
}

func newGate(ping func(context.Context) error, onPause func(bool, error)) *gate {
	g := &gate{ping: ping, onPause: onPause, opened: make(chan struct{}), trips: make(chan struct{}, 1)}
	close(g.opened)
	return g
}

// trip closes the gate because of err.
func (g *gate) trip(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.why != nil {
		return
	}
	g.why, g.opened = err, make(chan struct{})
	g.onPause(true, err)
	select {
	case g.trips <- struct{}{}:
	default:
	}
}

// wait blocks while the gate is closed.
func (g *gate) wait(ctx context.Context) error {
	g.mu.Lock()
	opened := g.opened
	g.mu.Unlock()
	select {
	case <-opened:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run opens the gate again, until ctx ends.
func (g *gate) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.trips:
		}
		for delay := 200 * time.Millisecond; ; delay = min(2*delay, 5*time.Second) {
			if sleep(ctx, jitter(delay)) != nil {
				return
			}
			if g.ping(ctx) == nil {
				break
			}
		}
		g.mu.Lock()
		g.why = nil
		close(g.opened)
		g.onPause(false, nil)
		g.mu.Unlock()
	}
}
