package inspect

import (
	"container/heap"
	"context"
	"runtime"
	"sync"
	"time"
)

// How the processors are shared. What is light goes through at once; what is not may have all of
// them but one, a slice at a time. Who began first goes first, but each second of a processor that was
// used counts as several of having begun later: so an honest picture is not held up by twenty archives,
// nor an honest archive by one that was made to take long, and yet none waits for ever.
const (
	lightly = 20 * time.Millisecond
	slice   = 20 * time.Millisecond
	setBack = 8
)

type pace struct {
	mu      sync.Mutex
	free    int
	waiting queue
}

func newPace() *pace { return &pace{free: max(1, runtime.GOMAXPROCS(0)-1)} }

// enter waits for a processor; the caller began then, and has used one for so long.
func (p *pace) enter(ctx context.Context, began time.Time, used time.Duration) error {
	p.mu.Lock()
	if p.free > 0 {
		p.free--
		p.mu.Unlock()
		return nil
	}
	me := &waiter{rank: began.Add(setBack * used), turn: make(chan struct{})}
	heap.Push(&p.waiting, me)
	p.mu.Unlock()
	select {
	case <-me.turn:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if me.at >= 0 {
		heap.Remove(&p.waiting, me.at)
	} else {
		p.next()
	}
	return context.Cause(ctx)
}

func (p *pace) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next()
}

// next hands a processor on.
func (p *pace) next() {
	if len(p.waiting) == 0 {
		p.free++
		return
	}
	close(heap.Pop(&p.waiting).(*waiter).turn)
}

type waiter struct {
	rank time.Time // the earliest goes first
	turn chan struct{}
	at   int // in the queue; -1 when it has its turn
}

// queue is a heap of those who wait.
type queue []*waiter

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].rank.Before(q[j].rank) }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].at, q[j].at = i, j
}
func (q *queue) Push(x any) {
	w := x.(*waiter)
	w.at = len(*q)
	*q = append(*q, w)
}
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	last.at = -1
	return last
}
