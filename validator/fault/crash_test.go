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
	l.eventually(patience, "enough uploads", func() bool { return int(ld.posted.Load()) >= uploads })
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
	select {
	case <-r.Done():
	case <-time.After(patience):
		r.Kill()
		l.Errorf("%s was never reached", v.KillAt)
	}
}

// Cell "crash": SIGTERM under load, 20 times: exit within 27 s, and nothing hidden for longer than a
// second after it.
func TestFaultASIGTERMUnderLoadEndsInTimeAndHidesNothing(t *testing.T) {
	l := enter(t, options{})
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
	ctx, cancel := context.WithTimeout(l.Context(), within)
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

func (l *lane) nothingHidden() {
	l.Helper()
	var hidden int
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var err error
		if _, hidden, err = l.auditor.Queue(l.Context(), l.queue); err == nil && hidden == 0 {
			return
		}
	}
	l.Errorf("a second after the exit %d messages are still hidden", hidden)
}

// Cell "crash": SIGTERM during a long poll. What comes meanwhile is handed back at once.
func TestFaultASIGTERMDuringALongPollHidesNothing(t *testing.T) {
	l := enter(t, options{})
	v := l.spec()
	v.PollWait = 3 * time.Second
	for range scaled(3, 1) {
		r := l.start(v)
		time.Sleep(300 * time.Millisecond) // its polls wait now
		r.Stopping()
		r.Signal(syscall.SIGTERM)
		time.Sleep(100 * time.Millisecond)
		l.upload(0, 3)
		select {
		case <-r.Done():
		case <-time.After(10 * time.Second):
			t.Error("not ended 10 s after SIGTERM")
		}
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
	l.s3.Set(fault.Rule{Ops: []string{"GetObject"}, Kind: fault.Delay, For: 8 * time.Second})
	r := l.start(v)
	l.upload(0, 10)
	l.eventually(patience, "messages in hand", func() bool { _, _, _, holds := r.Messages(); return holds == 10 })
	r.Stopping()
	r.Signal(syscall.SIGTERM)
	time.Sleep(300 * time.Millisecond)
	select {
	case <-r.Done():
		t.Error("the first SIGTERM ended it at once")
	default:
	}
	r.Signal(syscall.SIGTERM)
	select {
	case <-r.Done():
	case <-time.After(2 * time.Second):
		t.Error("not ended 2 s after the second SIGTERM")
	}
	l.s3.Set()
	l.start(l.spec())
	l.finish()
}

// Cell "crash": SIGTERM while a copy takes far longer than the grace. It is given up and handed back.
func TestFaultASIGTERMGivesUpWhatTakesTooLong(t *testing.T) {
	l := enter(t, options{})
	v := l.spec()
	v.StopGrace = 2 * time.Second
	r := l.start(v)
	probes := l.s3.Seen()["CopyObject"]
	l.s3.Set(fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.Delay, For: 25 * time.Second})
	l.upload(0, 10)
	l.eventually(patience, "copies under way", func() bool { return l.s3.Seen()["CopyObject"]-probes >= 8 })
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
	l.eventually(patience, "messages in hand", func() bool { _, _, _, holds := r.Messages(); return holds >= 20 })
	l.sqs.Set(fault.Rule{Kind: fault.Delay, For: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 27*time.Second)
	defer cancel()
	began := time.Now()
	if err := r.Stop(ctx); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	t.Logf("the stop took %s", time.Since(began).Round(time.Millisecond))
	l.sqs.Set()
	l.s3.Set()
	l.auditor.ExcuseAny(30) // their heartbeats were lost too
	l.start(l.spec())
	l.finish()
}
