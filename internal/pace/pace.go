// Package pace lets tests wait for as long as this machine makes them. Each bound is told as it is on the
// reference machine (two quiet cores), and is longer by as much as this machine is slower: by itself, or
// by what else it does. A test that only a slow machine fails tells nothing of what it tests.
//
// How slow the machine is, is measured before the first wait of a process, and once more whenever a wait
// runs out: load that came later counts too. Who has talked to a store tells by [Measured] how that went;
// the worst of all figures counts, from 1 to 40.
//
// It is for tests and their tools alone. A test in a synctest bubble needs none of it: time there waits
// for the machine.
package pace

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// slowest is the greatest factor: what is slower than this is not slow but stuck.
const slowest = 40

// measuring is longer than it takes to find that a wait is over.
const measuring = time.Minute

// pollEvery is how often [Eventually] looks.
const pollEvery = 20 * time.Millisecond

// Scaled is d on this machine. It is for what can be told only once, such as a client's time-out: a wait
// by [Context], [Eventually] or [Receive] looks again before it ends.
func Scaled(d time.Duration) time.Duration { return here.wait(d).bound() }

// Measured tells that something took so long which usually, on the reference machine, takes that long.
// From then on bounds are longer by the same factor, if it is the greatest so far.
func Measured(took, usual time.Duration) { here.found(float64(took) / float64(usual)) }

// Context ends after d on this machine; its cause then tells how long that was, and is a
// [context.DeadlineExceeded]. The deadline that it tells is later than that can ever be.
func Context(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return here.context(ctx, d)
}

// Eventually polls until what holds, and ends the test if it does not within d on this machine. Call it in
// the test's own goroutine.
func Eventually(t testing.TB, d time.Duration, what string, holds func() bool) {
	t.Helper()
	if err := here.eventually(d, holds); err != nil {
		t.Fatalf("%v: %s", err, what)
	}
}

// Receive is what comes from c, or its zero value when c is closed. It ends the test if neither happens
// within d on this machine. Call it in the test's own goroutine.
func Receive[T any](t testing.TB, d time.Duration, what string, c <-chan T) (v T) {
	t.Helper()
	ctx, stop := here.context(context.Background(), d)
	defer stop()
	select {
	case v = <-c:
	case <-ctx.Done():
		t.Fatalf("%v: %s", context.Cause(ctx), what)
	}
	return v
}

// machine is how slow a machine was found to be.
type machine struct {
	loop  func() float64 // how many times longer than on the reference machine it takes now
	first sync.Once

	mu     sync.Mutex
	factor float64 // the greatest so far
}

var here = &machine{loop: loop}

// found notes a factor, and returns the greatest so far. It never shrinks: load that went may come again.
func (m *machine) found(factor float64) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.factor = min(max(m.factor, factor, 1), slowest)
	return m.factor
}

// wait begins a wait of d.
func (m *machine) wait(d time.Duration) *wait {
	m.first.Do(func() { m.found(m.loop()) })
	return &wait{on: m, d: d, factor: m.found(1), began: time.Now()}
}

// wait is one wait, bounded by the machine that it is on.
type wait struct {
	on     *machine
	d      time.Duration // on the reference machine
	factor float64       // as known when it began, or ran out
	began  time.Time
}

func (w *wait) bound() time.Duration { return time.Duration(w.factor * float64(w.d)) }

// left is how much longer it lasts. When it has run out, the machine is measured once more: if it has
// become slower, the wait goes on.
func (w *wait) left() time.Duration {
	if left := w.bound() - time.Since(w.began); left > 0 {
		return left
	}
	w.factor = w.on.found(w.on.loop())
	return w.bound() - time.Since(w.began)
}

// late is the error of a wait that ran out.
type late struct {
	d      time.Duration
	factor float64
}

func (l late) Error() string { return fmt.Sprintf("not within %s x %.1f", l.d, l.factor) }

func (l late) Unwrap() error { return context.DeadlineExceeded }

func (w *wait) over() error { return late{w.d, w.factor} }

func (m *machine) context(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	w := m.wait(d)
	// Told of no deadline, nats.go takes a short one of its own. This one is never met: there is time to measure.
	ctx, release := context.WithTimeout(ctx, slowest*d+measuring)
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		for left := w.left(); left > 0; left = w.left() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(left):
			}
		}
		cancel(w.over())
	})
	return ctx, func() { cancel(nil); watching.Wait(); release() }
}

// eventually looks once more after the last pause, however long that was.
func (m *machine) eventually(d time.Duration, holds func() bool) error {
	for w := m.wait(d); !holds(); time.Sleep(pollEvery) {
		if w.left() <= 0 {
			return w.over()
		}
	}
	return nil
}
