package validator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"airlock"
	"airlock/events"
	"airlock/validator/inspect"
)

// worker is one run of a Validator: pollers take messages while there are free slots, each message
// is handled in its own goroutine, a heartbeat keeps all of them hidden, a finisher deletes what is
// done. run waits for every goroutine that it starts.
type worker struct {
	Validator
	recon  *reconciler
	held   *held
	gate   *gate
	finish *finisher
	turns  turns
	intake *intake // a place for each message from receive to deleted
	hints  chan string
	log    *slog.Logger

	polls  sync.WaitGroup
	polled chan struct{} // closed when no receive is under way any more
	tasks  sync.WaitGroup
	failed failure
}

// The numbers of PROTOCOL section 5 that are not configuration.
const (
	pollers     = 4
	hintWorkers = 8
	hintBacklog = 32 // more are dropped: the queue brings them all the same
	hintTries   = 4
	onceWait    = time.Second
	oncePatient = 30 * time.Second
)

var errStopping = errors.New("the validator is stopping")

func newWorker(v Validator, s QueueSettings, store Capabilities) *worker {
	w := &worker{
		Validator: v, log: v.Log, hints: make(chan string, hintBacklog), intake: newIntake(v.InFlight), polled: make(chan struct{}),
		held:  newHeld(v.Queue, s.Visibility, v.Metrics, v.Log),
		recon: v.reconciler(store),
	}
	w.recon.admit, w.recon.published = w.admit, w.publishTook
	v.Metrics.inFlightLimit(w.intake.now)
	w.gate = newGate(w.pingAll, func(paused bool, why error) {
		v.Metrics.pause(paused)
		v.Health.set(why)
		if paused {
			w.log.Warn("polling is paused until NATS and S3 answer", "error", why)
		} else {
			w.log.Info("polling goes on")
		}
	})
	w.finish = &finisher{queue: v.Queue, held: w.held, metrics: v.Metrics, log: v.Log, in: make(chan Message, v.InFlight), hurry: make(chan struct{}), release: w.intake.done}
	return w
}

func (v Validator) reconciler(store Capabilities) *reconciler {
	inspector := v.Inspector
	if inspector == nil {
		inspector = inspect.New()
	}
	return &reconciler{
		bucket: v.Bucket, ledger: v.Ledger, inspector: inspector, profiles: v.Profiles, quarantine: v.Quarantine, store: store,
		version: v.Version, metrics: v.Metrics, log: v.Log,
	}
}

// admit keeps one owner from using up all that this process can do at once. Hints and sweeps have
// bounds of their own.
func (w *worker) admit(ctx context.Context, from source, owner string) (place, error) {
	switch from {
	case fromQueue:
		return w.intake.admit(ctx, owner)
	case fromHint: // its few followers wait for nobody
		return place{release: func() {}, aside: func() (func(), error) { return nil, errLater }}, nil
	}
	return place{release: func() {}}, nil
}

// errLater tells a hint that the queue brings the upload as well.
var errLater = errors.New("it is to be inspected alone, which is left to the queue")

func (w *worker) publishTook(d time.Duration) {
	if d > slowPublish {
		w.intake.tooMuch()
	}
}

// run is the two-step stop: when ctx ends nothing more is taken; after the grace what is still in
// hand is cancelled and handed back.
func (w *worker) run(ctx context.Context) error {
	work, cancelWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancelWork(nil)
	var servants, feeders, finishing sync.WaitGroup
	servants.Go(func() { w.held.run(work) })
	servants.Go(func() { w.gate.run(work) })
	finishing.Go(func() { w.finish.run(work) })
	stop := func(why error) {
		close(w.finish.hurry)
		close(w.finish.in)
		finishing.Wait()
		cancelWork(why)
		servants.Wait()
	}
	stopHints, err := w.listen()
	if err != nil {
		stop(err)
		return err
	}
	for range w.hintFollowers() {
		feeders.Go(func() { w.followHints(ctx, work) })
	}
	for range w.pollerCount() {
		w.polls.Go(func() { w.poll(ctx, work) })
	}
	if w.SweepInterval > 0 && !w.Once {
		feeders.Go(func() { w.sweepNowAndThen(ctx) })
	}
	w.Health.set(nil)
	w.log.Info("the validator works", "quarantine", w.Quarantine.Bucket+"/"+w.Quarantine.Prefix, "clean", w.Clean.Bucket+"/"+w.Clean.Prefix, "in_flight", w.InFlight)

	finished := make(chan struct{})
	servants.Go(func() {
		w.polls.Wait()
		close(w.polled)
		feeders.Wait()
		w.tasks.Wait()
		close(finished)
	})
	defer w.awaitStop(ctx, finished, cancelWork)()
	stopHints()
	stop(nil)
	return w.failed.get()
}

// awaitStop returns when nothing is in hand any more but what is to be deleted. The grace goes on for
// that, until release.
func (w *worker) awaitStop(ctx context.Context, finished <-chan struct{}, cancelWork context.CancelCauseFunc) (release func() bool) {
	select {
	case <-finished:
		return func() bool { return true }
	case <-ctx.Done():
	}
	w.Health.set(errStopping)
	w.log.Info("stopping: nothing more is taken")
	cut := time.AfterFunc(w.StopGrace, func() {
		w.log.Warn("stopping: what is still in hand is handed back")
		cancelWork(errStopping)
	})
	<-finished
	return cut.Stop
}

func (w *worker) pollerCount() int {
	if w.Once {
		return 1
	}
	return min(pollers, w.InFlight)
}

func (w *worker) hintFollowers() int {
	if w.Hints == nil || w.Once {
		return 0
	}
	return hintWorkers
}

func (w *worker) pingAll(ctx context.Context) error {
	nats := w.Ledger.Ping(ctx)
	w.Metrics.dependency("nats", nats)
	s3 := w.Bucket.Ping(ctx, w.Quarantine.Bucket)
	w.Metrics.dependency("s3", s3)
	return errors.Join(nats, s3)
}

// poll takes messages until ctx ends. A receive under way is not cancelled, since SQS would hide
// its messages for nothing: it ends within PollWait, which is within StopGrace, and what it brings
// is handed back.
func (w *worker) poll(ctx, work context.Context) {
	for fails := 0; ; {
		if w.gate.wait(ctx) != nil {
			return
		}
		n := w.intake.take(ctx, batchSize)
		if n == 0 {
			return
		}
		wait := w.PollWait
		if w.Once {
			wait = onceWait
		}
		messages, err := w.Queue.Receive(work, n, wait)
		w.intake.free(n - len(messages))
		w.held.add(messages...)
		w.Metrics.dependency("sqs", err)
		switch {
		case err != nil:
			fails++
			w.log.Warn("cannot receive", "error", err)
			if w.Once && fails >= 5 {
				w.failed.set(err)
				return
			}
			_ = sleep(ctx, jitter(min(100*time.Millisecond<<min(fails, 8), 10*time.Second)))
			continue
		case ctx.Err() != nil:
			for _, m := range messages {
				w.tasks.Go(func() { w.handBackAtStop(work, m) })
			}
			return
		case w.Once && len(messages) == 0 && w.held.size() == 0:
			return
		}
		fails = 0
		for _, m := range messages {
			w.Metrics.receivedFrom(fromQueue, m.SentAt)
			w.tasks.Go(func() { w.handle(work, m) })
		}
	}
}

// handle brings one message to its end: deleted if every upload that it names is done.
func (w *worker) handle(ctx context.Context, m Message) {
	log := w.log.With("message", m.ID, "receives", m.Receives)
	n, err := parseNotice(m.Body, w.Quarantine)
	if err != nil {
		log.Error("a message is poison; it goes to the dead-letter queue by its receives", "error", err)
		w.handBack(ctx, m, backoff(m.Receives), "poison")
		return
	}
	n.report(w.Metrics, log)
	left := false
	for _, u := range n.uploads {
		out, err := w.hold(ctx, u, m.HeldAt)
		switch {
		case err != nil && context.Cause(ctx) != nil:
			w.handBackAtStop(ctx, m)
			return
		case err != nil:
			if w.Once {
				w.failed.set(err)
			}
			w.handBack(ctx, m, 0, "outage")
			return
		case out == handBack:
			left = true // the others are not held up by it
		}
	}
	if left {
		w.handBack(ctx, m, backoff(m.Receives), "not_done")
		return
	}
	w.finish.in <- m
}

// hold reconciles u and waits out any trouble of S3 or NATS with the message kept hidden.
func (w *worker) hold(ctx context.Context, u airlock.Upload, since time.Time) (outcome, error) {
	if err := w.turns.take(ctx, u.ID); err != nil {
		return handBack, err
	}
	defer w.turns.give(u.ID)
	patience := longestHold
	if w.Once {
		patience = oncePatient
	}
	for try := 0; ; try++ {
		out, err := w.recon.look(ctx, u, fromQueue)
		if err == nil {
			return out, nil
		}
		if ctx.Err() != nil || time.Since(since) > patience {
			return handBack, err
		}
		w.log.Warn("an upload waits for S3 or NATS", "upload", u.ID, "error", err)
		if errors.Is(err, ErrSlowDown) {
			w.intake.tooMuch()
		}
		w.gate.trip(err)
		if err := sleep(ctx, jitter(min(100*time.Millisecond<<min(try, 8), 10*time.Second))); err != nil {
			return handBack, err
		}
	}
}

// handBackAtStop makes m visible at once, for others, when no receive of ours is under way any
// more: one would take m again and so use up one of the few receives that it has.
func (w *worker) handBackAtStop(ctx context.Context, m Message) {
	<-w.polled
	w.handBack(ctx, m, 0, "stopping")
}

// handBack makes m visible again after delay and frees its slot.
func (w *worker) handBack(ctx context.Context, m Message, delay time.Duration, why string) {
	w.Metrics.handedBack(why)
	if err := w.held.giveBack(ctx, m, delay); err != nil {
		w.log.Warn("cannot hand a message back; it comes by its visibility timeout", "message", m.ID, "error", err)
	}
	w.intake.free(1)
}

// backoff is how long a message that could not be done stays hidden: 2^n s give or take a fifth,
// at most 15 min.
func backoff(receives int) time.Duration {
	return jitter(min(time.Second<<min(receives, 10), 900*time.Second))
}

// listen starts to take hints, if there are any.
func (w *worker) listen() (stop func(), err error) {
	if w.hintFollowers() == 0 {
		return func() {}, nil
	}
	unsubscribe, err := w.Hints(func(id string) {
		select {
		case w.hints <- id:
		default:
			w.Metrics.ignored("hint_overflow")
		}
	})
	if err != nil {
		return nil, err
	}
	return func() { _ = unsubscribe() }, nil
}

// followHints looks at what clients say is there. A hint that cannot be followed is dropped.
func (w *worker) followHints(ctx, work context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-w.hints:
			w.Metrics.receivedFrom(fromHint, time.Time{})
			if err := w.followHint(work, id); err != nil {
				w.log.Warn("a hint was dropped", "upload", id, "error", err)
			}
		}
	}
}

func (w *worker) followHint(ctx context.Context, id string) (err error) {
	if err := w.turns.take(ctx, id); err != nil {
		return err
	}
	defer w.turns.give(id)
	for try := range hintTries {
		var g airlock.Grant
		var found bool
		if g, found, err = w.Ledger.Grant(ctx, id); err == nil && !found {
			return nil // already judged, or never promised
		}
		if err == nil {
			_, err = w.recon.look(ctx, g.Upload(), fromHint)
		}
		if err == nil || ctx.Err() != nil || errors.Is(err, errLater) {
			return err
		}
		if errors.Is(err, events.ErrUnavailable) {
			w.gate.trip(err)
		}
		if serr := sleep(ctx, jitter(100*time.Millisecond<<try)); serr != nil {
			return serr
		}
	}
	return fmt.Errorf("follow hint: %w", err)
}
