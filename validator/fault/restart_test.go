package fault

import (
	"sync"
	"testing"
	"time"

	"airlock/internal/pace"
)

// Cell "restart of all": S3, SQS, NATS and all validators killed at once, in the middle of a backlog.
// They come back in the order dependencies, validators.
func TestFaultEverythingKilledAtOnceComesBackWhole(t *testing.T) {
	slow(t)
	l := enter(t, options{own: true})
	all := l.startMany(2, l.spec())
	for round := range 3 {
		before := l.auditor.Ended()
		l.upload(round*200, (round+1)*200)
		pace.Eventually(l, patience, "work under way", func() bool { return l.auditor.Ended() > before })
		var killing sync.WaitGroup
		for _, kill := range []func(){l.stack.Kill, l.server.Kill, all[0].Kill, all[1].Kill} {
			killing.Go(kill)
		}
		killing.Wait()
		l.auditor.Killed()
		l.auditor.Killed()
		l.must(l.server.Start())
		l.must(l.stack.Restart(t.Context()))
		l.notify(t.Context(), l.queue) // as it starts, a dev stack notifies its own queue
		pace.Eventually(l, patience, "NATS", func() bool { return l.store.Ping(t.Context()) == nil })
		all = l.startMany(2, l.spec())
	}
	l.finish()
}

// Cell "restart of all": notifications off, sweeper on: all is done within a sweep.
func TestFaultWithoutNotificationsTheSweeperFindsEverything(t *testing.T) {
	l := enter(t, options{})
	l.notify(t.Context(), "")
	v := l.spec()
	v.SweepInterval, v.SweepAge = time.Second, time.Second
	l.startMany(2, v)
	l.upload(0, scaled(200, 50))
	ctx, cancel := pace.Context(t.Context(), 15*time.Second)
	defer cancel()
	if err := l.auditor.Drain(ctx); err != nil {
		t.Errorf("by sweeps of a second: %v", err)
	}
	l.finish()
}
