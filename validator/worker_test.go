package validator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airlock"
	"airlock/events"
	"airlock/internal/pace"
)

// slowStore is the real bucket behind a slow line.
type slowStore struct {
	Bucket
	delay time.Duration
	reads atomic.Int64
}

func (s *slowStore) Read(ctx context.Context, o airlock.Object, n int64) (Head, []byte, error) {
	s.reads.Add(1)
	if err := sleep(ctx, s.delay); err != nil {
		return Head{}, nil, err
	}
	return s.Bucket.Read(ctx, o, n)
}

func TestTheHeartbeatKeepsSlowUploadsHidden(t *testing.T) {
	r := fresh(t)
	slow, queue := &slowStore{Bucket: r.bucket, delay: 3 * visibility}, &watchedQueue{Queue: r.queue}
	v := r.validator()
	v.Bucket, v.Queue, v.Hints = slow, queue, nil
	r.run(t, v)
	var ids []string
	for i := range 5 {
		ids = append(ids, r.upload(t, "cat.png", pngOf(fmt.Sprint(i))).ID)
	}
	for _, id := range ids {
		r.verdict(t, id)
	}
	r.idle(t)
	if n, m := slow.reads.Load(), queue.received.Load(); n != 5 || m != 5 {
		t.Errorf("5 uploads were read %d times, by %d messages: one came a second time", n, m)
	}
}

func TestAStopHandsBackAtOnceWhatIsInHand(t *testing.T) {
	r := fresh(t)
	slow := &slowStore{Bucket: r.bucket, delay: time.Hour}
	v := r.validator()
	v.Bucket, v.StopGrace, v.Hints = slow, 1500*time.Millisecond, nil
	stop := r.run(t, v)
	s := r.upload(t, "cat.png", pngOf("x"))
	pace.Eventually(t, 30*time.Second, "a message in hand", func() bool { return slow.reads.Load() == 1 })
	stop()
	r.handedBackOnce(t, s.ID)
}

// What comes by receives that are under way when a stop begins is handed back when all of them
// have ended: else one would take what another hands back, and use up its receives.
func TestAStopUsesUpOneReceiveOfWhatComesMeanwhile(t *testing.T) {
	r := fresh(t)
	queue := &watchedQueue{Queue: r.queue}
	v := r.validator()
	v.Queue, v.Hints = queue, nil
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx) }()
	pace.Eventually(t, 30*time.Second, "receives under way", func() bool { return queue.polling.Load() == pollers })
	stop()
	var ids []string
	for i := range 3 {
		ids = append(ids, r.upload(t, "cat.png", pngOf(fmt.Sprint(i))).ID)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	r.handedBackOnce(t, ids...)
}

// watchedQueue is the real queue, with a count of the receives under way and of what they brought.
type watchedQueue struct {
	Queue
	polling, received atomic.Int64
}

func (q *watchedQueue) Receive(ctx context.Context, limit int, wait time.Duration) ([]Message, error) {
	q.polling.Add(1)
	defer q.polling.Add(-1)
	messages, err := q.Queue.Receive(ctx, limit, wait)
	q.received.Add(int64(len(messages)))
	return messages, err
}

// handedBackOnce expects the notices of these uploads to be visible, each after one receive, and no
// event.
func (r *rig) handedBackOnce(t *testing.T, ids ...string) {
	t.Helper()
	var bodies strings.Builder
	for range ids {
		// A second is what the protocol allows; half of the visibility timeout is no less here.
		m, err := r.queue.Receive(t.Context(), 1, visibility/2)
		if err != nil || len(m) != 1 {
			t.Fatalf("%d messages are visible after the stop, want one; %v", len(m), err)
		}
		if m[0].Receives != 2 {
			t.Errorf("%d receives, want 2: the validator's and this one", m[0].Receives)
		}
		bodies.Write(m[0].Body)
	}
	all := r.eventsOf(t)
	for _, id := range ids {
		if !strings.Contains(bodies.String(), id) || all[id] != 0 {
			t.Errorf("%s was not handed back, or has an event", id)
		}
	}
}

// flakyLedger is the real ledger with an outage that a test switches.
type flakyLedger struct {
	Ledger
	down  atomic.Bool
	asked atomic.Int64
}

func (l *flakyLedger) outage() error {
	if l.down.Load() {
		return fmt.Errorf("%w: switched off by the test", events.ErrUnavailable)
	}
	return nil
}

func (l *flakyLedger) Grant(ctx context.Context, id string) (airlock.Grant, bool, error) {
	l.asked.Add(1)
	if err := l.outage(); err != nil {
		return airlock.Grant{}, false, err
	}
	return l.Ledger.Grant(ctx, id)
}

func (l *flakyLedger) Ping(ctx context.Context) error {
	return errors.Join(l.outage(), l.Ledger.Ping(ctx))
}

func TestAnOutageHoldsMessagesAndPausesPolling(t *testing.T) {
	r := fresh(t)
	ledger := &flakyLedger{Ledger: r.store}
	v := r.validator()
	v.Ledger, v.Hints, v.InFlight = ledger, nil, 2
	r.run(t, v)
	ledger.down.Store(true)
	var ids []string
	for i := range 6 {
		ids = append(ids, r.upload(t, "cat.png", pngOf(fmt.Sprint(i))).ID)
	}
	pace.Eventually(t, 30*time.Second, "a request that meets the outage", func() bool { return ledger.asked.Load() > 0 })
	time.Sleep(3 * visibility) // long enough for every message to come again, were it not held
	ledger.down.Store(false)
	for _, id := range ids {
		if got := r.verdict(t, id); got.Result != airlock.Accepted {
			t.Errorf("%s", got.Result)
		}
	}
	r.idle(t)
	if n := r.waiting(t, r.DLQURL); n != 0 {
		t.Errorf("%d messages in the DLQ: the outage used up receives", n)
	}
}

func TestTheGateOpensWhenAllDependenciesAnswer(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	var pauses []bool
	g := newGate(func(context.Context) error {
		if down.Load() {
			return errors.New("down")
		}
		return nil
	}, func(paused bool, _ error) { pauses = append(pauses, paused) })
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { g.run(ctx) })
	if err := g.wait(ctx); err != nil {
		t.Fatal(err)
	}
	g.trip(errors.New("one"))
	g.trip(errors.New("two"))
	impatient, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	if err := g.wait(impatient); err == nil {
		t.Error("open while a dependency is down")
	}
	cancel()
	down.Store(false)
	if err := g.wait(ctx); err != nil {
		t.Fatal(err)
	}
	stop()
	running.Wait()
	if fmt.Sprint(pauses) != "[true false]" {
		t.Errorf("paused %v", pauses)
	}
}

func TestCheckJudgesLocalFilesAsProductionWould(t *testing.T) {
	images := testProfiles["image"]
	for name, c := range map[string]struct {
		data []byte
		want airlock.Reason
	}{
		"cat.png": {pngOf("x"), ""}, "page.png": {page, airlock.TypeMismatch}, "empty.png": {nil, airlock.Empty},
		"cat.jpg": {pngOf("x"), airlock.TypeMismatch}, "cat.gif": {pngOf("x"), airlock.ExtensionMismatch},
		"large.png": {append(pngOf("x"), make([]byte, 1<<20)...), airlock.TooLarge},
	} {
		v, _, err := NewChecker(images).Check(t.Context(), name, int64(len(c.data)), strings.NewReader(string(c.data)))
		if err != nil || v.Reason != c.want {
			t.Errorf("%s: %s %s, %v; want %q", name, v.Result, v.Reason, err, c.want)
		}
	}
	if _, _, err := NewChecker(images).Check(t.Context(), "short.png", 100, strings.NewReader("x")); err == nil {
		t.Error("a file that cannot be read was judged")
	}
}
