package validator

import (
	"context"
	"sync"
	"time"
)

// intake says how many messages may be held and whose uploads are worked on. It begins carefully,
// lets more in while all goes well, and takes half when a dependency says that it is too much
// (additive increase, multiplicative decrease). No owner may use all of it: what is beyond its
// share is held but waits, and others are let in past it. So are they past what waits to be inspected alone.
type intake struct {
	most int // held at once, whatever happens

	mu      sync.Mutex
	changed chan struct{} // closed when somebody may be let in
	limit   float64
	held    int // from receive to deleted
	parked  int // held, but waiting: for their owner's share, or aside
	aside   int // of these, waiting to be inspected alone: not counted in most
	busy    map[string]int
	queued  map[string][]chan struct{} // by owner, first come first served
	halved  time.Time
}

const (
	firstInFlight = 64
	leastInFlight = 4
	growth        = 8 // by so much for each round of the limit
	halveEvery    = time.Second
	slowPublish   = time.Second
	mostAside     = 2048 // some 10 KB each
)

func newIntake(most int) *intake {
	return &intake{
		most: most, limit: float64(min(firstInFlight, most)), changed: make(chan struct{}),
		busy: map[string]int{}, queued: map[string][]chan struct{}{},
	}
}

// take waits until a message may be held and reserves up to n. 0: ctx has ended.
func (i *intake) take(ctx context.Context, n int) int {
	for {
		i.mu.Lock()
		free := min(n, int(i.limit)-(i.held-i.parked), i.most-(i.held-i.aside))
		changed := i.changed
		if free > 0 {
			i.held += free
			i.mu.Unlock()
			return free
		}
		i.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return 0
		}
	}
}

// free gives back n that take reserved.
func (i *intake) free(n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.held -= n
	i.wake()
}

// done is free for n messages that were brought to their end.
func (i *intake) done(n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.held-i.parked >= int(i.limit)-batchSize { // only a limit that is felt is raised
		i.limit = min(float64(i.most), i.limit+growth*float64(n)/i.limit)
	}
	i.held -= n
	i.wake()
}

// tooMuch halves the limit, once for all that complain at the same time.
func (i *intake) tooMuch() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if time.Since(i.halved) < halveEvery {
		return
	}
	i.halved, i.limit = time.Now(), max(float64(min(leastInFlight, i.most)), i.limit/2)
}

// now is the present limit, for the metric.
func (i *intake) now() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return int(i.limit)
}

// place is what an upload that is being read takes of its owner's share.
type place struct {
	release func()                          // ends it
	aside   func() (back func(), err error) // before a long wait: others may go past; back ends that
}

// admit waits for a place in the owner's share, which is three quarters of the limit.
func (i *intake) admit(ctx context.Context, owner string) (place, error) {
	here := place{release: sync.OnceFunc(func() { i.leave(owner) }), aside: func() (func(), error) { return i.stepAside(owner), nil }}
	i.mu.Lock()
	if i.busy[owner] < i.share() {
		i.busy[owner]++
		i.mu.Unlock()
		return here, nil
	}
	turn := make(chan struct{})
	i.queued[owner] = append(i.queued[owner], turn)
	i.parked++
	i.wake()
	i.mu.Unlock()
	select {
	case <-turn:
		return here, nil
	case <-ctx.Done():
		return place{}, i.giveUp(ctx, owner, turn)
	}
}

// giveUp leaves the owner's queue, or the place that was given in the same moment.
func (i *intake) giveUp(ctx context.Context, owner string, turn chan struct{}) error {
	i.mu.Lock()
	for n, c := range i.queued[owner] {
		if c == turn {
			i.setQueue(owner, append(i.queued[owner][:n:n], i.queued[owner][n+1:]...))
			i.parked--
			i.mu.Unlock()
			return context.Cause(ctx)
		}
	}
	i.mu.Unlock()
	i.leave(owner)
	return context.Cause(ctx)
}

// stepAside lets others past one that waits to be inspected alone: thousands may, for seconds each. Who
// comes back may be beyond its owner's share for a moment, since it comes back alone.
func (i *intake) stepAside(owner string) (back func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.aside >= mostAside {
		return func() {}
	}
	i.aside++
	i.parked++
	i.left(owner)
	i.wake()
	return sync.OnceFunc(func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.aside--
		i.parked--
		i.busy[owner]++
	})
}

func (i *intake) leave(owner string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.left(owner)
}

// left gives a place in the owner's share to the next who waits for one. The caller holds mu.
func (i *intake) left(owner string) {
	if i.busy[owner]--; i.busy[owner] == 0 {
		delete(i.busy, owner)
	}
	for len(i.queued[owner]) > 0 && i.busy[owner] < i.share() {
		close(i.queued[owner][0])
		i.setQueue(owner, i.queued[owner][1:])
		i.busy[owner]++
		i.parked--
	}
}

func (i *intake) setQueue(owner string, q []chan struct{}) {
	if i.queued[owner] = q; len(q) == 0 {
		delete(i.queued, owner)
	}
}

func (i *intake) share() int { return max(1, int(i.limit)*3/4) }

func (i *intake) wake() {
	close(i.changed)
	i.changed = make(chan struct{})
}
