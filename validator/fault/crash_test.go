package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"airlock/infra/crew"
	"airlock/infra/fault"
	"airlock/internal/pace"
)

// Cell "crash": SIGKILL at each of the points, 200 uploads x 5 kills each.
//
// Three validators die side by side, each at one point after another, while uploads go on.
func TestFaultAValidatorKilledAtEachPointLosesNothingAndRepeatsNothing(t *testing.T) {
	l := enter(t, options{maxReceives: 1000})
	kills, perPoint := scaled(5, 1), scaled(200, 15)
	points := make(chan string, len(crew.Points))
	for _, p := range crew.Points {
		points <- p
	}
	close(points)
	uploads := perPoint * len(crew.Points)
	ld := l.keepUploading(2*uploads, scaled(6*time.Millisecond, 10*time.Millisecond))
	ld.backlog.Store(300)
	var dying sync.WaitGroup
	for seed := range uint64(3) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		dying.Go(func() {
			for point := range points {
				for range kills {
					l.dieAt(point, 1+rnd.IntN(4))
				}
			}
		})
	}
	dying.Wait()
	l.startMany(2, l.spec())
	l.awaitAll("uploads", uploads, func() int { return int(ld.posted.Load()) })
	ld.stop()
	if r := l.finish(); r.Kills != kills*len(crew.Points) {
		t.Errorf("%d kills", r.Kills)
	}
}

// dieAt runs a validator that kills itself when it reaches the point for the n-th time.
func (l *lane) dieAt(point string, n int) {
	v := l.spec()
	v.InFlight, v.KillAt = 8, fmt.Sprintf("%s:%d", point, n)
	r, err := v.Start(crew.Options{Auditor: l.auditor})
	if err != nil {
		l.Errorf("%s: %v", v.KillAt, err)
		return
	}
	l.join(r)
	ctx, cancel := pace.Context(l.Context(), patience)
	defer cancel()
	select {
	case <-r.Done():
	case <-ctx.Done():
		r.Kill()
		l.Errorf("%s was never reached: %v", v.KillAt, context.Cause(ctx))
	}
}

// Cell "crash": SIGTERM under load, 20 times: exit within 27 s, and nothing hidden for longer than a
// second after it.
func TestFaultASIGTERMUnderLoadEndsInTimeAndHidesNothing(t *testing.T) {
	l := enter(t, options{visibility: stopVisibility()})
	rounds := scaled(7, 2)
	ld := l.keepUploading(rounds*600, 5*time.Millisecond)
	var slowest time.Duration
	for range rounds {
		all := l.startMany(3, l.spec())
		time.Sleep(100*time.Millisecond + rand.N(400*time.Millisecond))
		slowest = max(slowest, l.stopAll(all, 27*time.Second))
	}
	ld.stop()
	t.Logf("%d stops, the slowest took %s", 3*rounds, slowest.Round(time.Millisecond))
	l.start(l.spec())
	l.finish()
}

// stopAll sends SIGTERM to all at once, wants exit 0 in time, and that a second later no message is
// hidden. It returns the longest stop.
func (l *lane) stopAll(all []*crew.Running, within time.Duration) (slowest time.Duration) {
	l.Helper()
	ctx, cancel := pace.Context(l.Context(), within)
	defer cancel()
	began := time.Now()
	var stopping sync.WaitGroup
	for _, r := range all {
		stopping.Go(func() {
			if err := r.Stop(ctx); err != nil {
				l.Errorf("after SIGTERM: %v\n%s", err, r.Log())
			}
		})
	}
	stopping.Wait()
	slowest = time.Since(began)
	l.nothingHidden()
	return slowest
}

// unhideTime is how long after an exit messages may be hidden.
const unhideTime = time.Second

// stopVisibility is so long that no message is shown by its time-out where [lane.nothingHidden] looks.
func stopVisibility() time.Duration { return pace.Scaled(3 * unhideTime) }

func (l *lane) nothingHidden() {
	l.Helper()
	pace.Eventually(l, unhideTime, "no message is hidden any more", func() bool {
		_, hidden, err := l.auditor.Queue(l.Context(), l.queue)
		return err == nil && hidden == 0
	})
}

// Cell "crash": SIGTERM during a long poll. What comes meanwhile is handed back at once.
func TestFaultASIGTERMDuringALongPollHidesNothing(t *testing.T) {
	l := enter(t, options{visibility: stopVisibility()})
	v := l.spec()
	v.PollWait = 3 * time.Second
	for range scaled(3, 1) {
		polls := l.sqs.Seen()["ReceiveMessage"]
		r := l.start(v)
		pace.Eventually(l, patience, "polls that wait", func() bool { return l.sqs.Seen()["ReceiveMessage"] > polls })
		time.Sleep(300 * time.Millisecond) // all of them
		r.Stopping()
		r.Signal(syscall.SIGTERM)
		time.Sleep(100 * time.Millisecond)
		l.upload(0, 3)
		pace.Receive(l, 10*time.Second, "the end after SIGTERM", r.Done())
		l.nothingHidden()
	}
	l.start(l.spec())
	l.finish()
}

// Cell "crash": two SIGTERMs. The second ends at once; what was in hand comes back by its visibility
// timeout.
func TestFaultASecondSIGTERMEndsAtOnce(t *testing.T) {
	l := enter(t, options{})
	v := l.spec()
	v.PollWait = 10 * time.Second
	r := l.start(v)
	l.s3.Set(fault.Rule{Ops: []string{"GetObject"}, Kind: fault.Delay, For: pace.Scaled(8 * time.Second)}) // far longer than the end may take
	l.upload(0, 10)
	pace.Eventually(l, patience, "messages in hand", func() bool { _, _, _, holds := r.Messages(); return holds == 10 })
	r.Stopping()
	r.Signal(syscall.SIGTERM)
	time.Sleep(300 * time.Millisecond)
	select {
	case <-r.Done():
		t.Error("the first SIGTERM ended it at once")
	default:
	}
	r.Signal(syscall.SIGTERM)
	pace.Receive(l, 2*time.Second, "the end after the second SIGTERM", r.Done())
	l.s3.Set()
	l.start(l.spec())
	l.finish()
}

// Cell "crash": SIGTERM while a copy takes far longer than the grace. It is given up and handed back.
func TestFaultASIGTERMGivesUpWhatTakesTooLong(t *testing.T) {
	l := enter(t, options{visibility: stopVisibility()})
	v := l.spec()
	v.StopGrace = 2 * time.Second
	r := l.start(v)
	probes := l.s3.Seen()["CopyObject"]
	l.s3.Set(fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.Delay, For: pace.Scaled(25 * time.Second)}) // far longer than the stop may
	l.upload(0, 10)
	pace.Eventually(l, patience, "copies under way", func() bool { return l.s3.Seen()["CopyObject"]-probes >= 8 })
	if took := l.stopAll([]*crew.Running{r}, 9*time.Second); took < 2*time.Second {
		t.Errorf("it did not wait for its grace: %s", took)
	}
	l.s3.Set()
	l.start(l.spec())
	l.finish()
}

// Cell "crash", and "dependency down": SIGTERM while SQS answers nothing. The exit is in time all the
// same; what was in hand comes back by its visibility timeout.
func TestFaultASIGTERMWhileSQSHangsEndsInTime(t *testing.T) {
	slow(t)
	l := enter(t, options{})
	r := l.start(l.spec())
	l.s3.Set(fault.Rule{Ops: []string{"GetObject"}, Kind: fault.Delay, For: 2 * time.Second})
	l.upload(0, 30)
	pace.Eventually(l, patience, "messages in hand", func() bool { _, _, _, holds := r.Messages(); return holds >= 20 })
	l.sqs.Set(fault.Rule{Kind: fault.Delay, For: pace.Scaled(time.Minute)})
	ctx, cancel := pace.Context(t.Context(), 27*time.Second)
	defer cancel()
	began := time.Now()
	if err := r.Stop(ctx); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, r.Log())
	}
	t.Logf("the stop took %s", time.Since(began).Round(time.Millisecond))
	l.sqs.Set()
	l.s3.Set()
	l.auditor.ExcuseAny(30) // their heartbeats were lost too
	l.start(l.spec())
	l.finish()
}
