package fault

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"airlock"
	"airlock/infra/crew"
	"airlock/infra/devstack"
	"airlock/infra/fault"
	"airlock/internal/pace"
	"airlock/validator"
)

// window is how much of an object the validator reads.
const window = 4096

// Cell "slow": bodies stall. Each stalled read is given up after its 10 s and done again; the message
// stays hidden.
func TestFaultABodyThatStallsIsReadAgain(t *testing.T) {
	slow(t)
	l := enter(t, options{})
	r := l.start(l.spec())
	l.upload(0, 10)
	l.quiet()
	compare := l.measure(r)
	l.s3.Set(fault.Rule{Ops: []string{"GetObject"}, Kind: fault.StallBody, After: 20, For: 30 * time.Second, Count: 20})
	l.upload(10, 40)
	l.quiet()
	compare()
	l.neverHandedBack()
	l.finish()
}

// Cell "slow": a body that is cut at every byte 0..W. Whatever comes back is whole.
func TestFaultABodyThatIsCutAtAnyByteIsReadWhole(t *testing.T) {
	l := enter(t, options{})
	data := crew.Good("cut", window+100).Data
	o := airlock.Object{Bucket: l.clean.Bucket, Key: airlock.Key(l.clean.Prefix + "cut")}
	_, err := l.s3root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key)), Body: bytes.NewReader(data)})
	l.must(err)
	at := make(chan int)
	var cut atomic.Int64
	var reading sync.WaitGroup
	for range 16 {
		reading.Go(func() { cut.Add(l.readCut(o, data, at)) })
	}
	for n := 0; n <= window; n += scaled(1, 16) {
		at <- n
	}
	close(at)
	reading.Wait()
	if cut.Load() == 0 {
		t.Error("nothing was cut")
	}
}

// readCut reads o for each n with the first body cut after n bytes, by a proxy of its own.
func (l *lane) readCut(o airlock.Object, data []byte, at <-chan int) (cut int64) {
	p, err := fault.ListenHTTP(l.s3URL, 1)
	if err != nil {
		l.Error(err)
		for range at { // so that nobody waits for this reader
		}
		return 0
	}
	defer p.Close()
	bucket := validator.NewS3(l.config(devstack.Validator, p.URL()), true)
	for n := range at {
		p.Set(fault.Rule{Ops: []string{"GetObject"}, Kind: fault.CutBody, After: int64(n), Count: 1})
		h, got, err := bucket.Read(l.Context(), o, window)
		if err != nil || h.Size != int64(len(data)) || !bytes.Equal(got, data[:window]) {
			l.Errorf("cut at %d: %d bytes of %d, %v", n, len(got), h.Size, err)
		}
	}
	return int64(p.Total())
}

// Cell "slow": the same through the whole path: the bodies of each upload are cut at another byte.
func TestFaultUploadsWhoseBodiesAreCutAreJudgedAsTheyAre(t *testing.T) {
	l := enter(t, options{})
	l.startMany(2, l.spec())
	uploads := scaled(300, 60)
	signed := l.signAhead(uploads)
	var rules []fault.Rule
	for n, s := range signed {
		rules = append(rules, fault.Rule{Ops: []string{"GetObject"}, Path: s.ID, Kind: fault.CutBody, After: int64(n * 200 / uploads), Count: 2})
	}
	l.s3.Set(rules...)
	l.each(0, uploads, func(n int) {
		if status, err := l.client.Put(t.Context(), signed[n], crew.Mixed(t.Name(), n, 200)); err != nil || status != 200 {
			t.Errorf("put: %d, %v", status, err)
		}
	})
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// shortVisibility is a second, or two where a heartbeat every third of one may come too late; ten of it are
// less than a copy's time-out.
func shortVisibility() time.Duration {
	return min(pace.Scaled(time.Second).Round(time.Second), 2*time.Second)
}

// Cell "slow": a copy takes ten times the visibility timeout. The heartbeat covers it.
func TestFaultACopyOfTenVisibilityTimeoutsIsDoneOnce(t *testing.T) {
	slow(t)
	l := enter(t, options{visibility: shortVisibility()})
	l.startMany(2, l.spec())
	l.s3.Set(fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.Delay, For: 10 * l.visibility})
	l.upload(0, 30)
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "slow": 10 messages received at once, each three visibility timeouts of work, one after another:
// no second delivery, though another validator waits for one.
func TestFaultTenMessagesOneAfterAnotherAreDeliveredOnce(t *testing.T) {
	slow(t)
	l := enter(t, options{visibility: shortVisibility(), side: true})
	l.upload(0, 10)
	l.send(l.queue, l.notices(10)...)
	one := l.spec()
	one.InFlight, one.SlowRead = 10, 3*l.visibility
	first := l.start(one)
	pace.Eventually(l, patience, "all ten in hand", func() bool { _, _, _, holds := first.Messages(); return holds == 10 })
	second := l.start(l.spec())
	l.quiet()
	if received, _, _, _ := second.Messages(); received > 0 {
		t.Errorf("%d messages came to another validator", received)
	}
	l.neverHandedBack()
	l.finish()
}

// Cell "slow": the queue takes 0.7 s for each heartbeat, and 60 messages need six of them: one after
// another they would take longer than a message stays hidden.
func TestFaultSlowHeartbeatsReachEveryMessage(t *testing.T) {
	slow(t)
	l := enter(t, options{side: true})
	v := l.spec()
	v.InFlight = 64 // room for what comes again
	r := l.start(v)
	l.s3.Set(fault.Rule{Ops: []string{"GetObject"}, Kind: fault.Delay, For: 9 * time.Second}) // less than its timeout
	l.sqs.Set(fault.Rule{Ops: []string{"ChangeMessageVisibilityBatch"}, Kind: fault.Delay, For: 700 * time.Millisecond})
	l.upload(0, 60)
	l.send(l.queue, l.notices(60)...)
	pace.Eventually(l, patience, "all of them in hand", func() bool { _, _, _, holds := r.Messages(); return holds == 60 })
	time.Sleep(6 * time.Second)
	l.s3.Set()
	l.sqs.Set()
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "overload": nothing finishes (10 s, for a minute): no receive beyond the limit.
func TestFaultNothingIsReceivedBeyondTheLimit(t *testing.T) {
	l := enter(t, options{side: true})
	l.upload(0, 60)
	notices := l.notices(60)
	v := l.spec()
	v.InFlight = 16
	r := l.start(v)
	l.s3.Set(fault.Rule{Ops: []string{"GetObject"}, Kind: fault.Delay, For: 9 * time.Second}) // less than its timeout
	l.send(l.queue, notices...)
	pace.Eventually(l, patience, "as many in hand as may be", func() bool { _, _, _, holds := r.Messages(); return holds == 16 })
	time.Sleep(scaled(7*time.Second, 3*time.Second))
	if received, _, most, _ := r.Messages(); received != 16 || most != 16 {
		t.Errorf("%d received, %d held at once; the limit is 16", received, most)
	}
	l.s3.Set()
	l.quiet()
	if _, _, most, _ := r.Messages(); most > 16 {
		t.Errorf("%d held at once", most)
	}
	l.neverHandedBack()
	l.finish()
}

// Cell "overload": concurrency 1.
func TestFaultOneMessageAtATimeWorks(t *testing.T) {
	l := enter(t, options{})
	v := l.spec()
	v.InFlight = 1
	r := l.start(v)
	l.upload(0, scaled(30, 10))
	l.quiet()
	if _, _, most, _ := r.Messages(); most > 1 {
		t.Errorf("%d held at once", most)
	}
	l.finish()
}

// Cell "overload": a backlog of 10,000 messages, nine in ten of them repeated.
func TestFaultABacklogIsWorkedOffWithinBounds(t *testing.T) {
	l := enter(t, options{side: true})
	uploads := scaled(1000, 100)
	l.upload(0, uploads)
	bodies := l.notices(uploads)
	for range 10 {
		l.send(l.queue, bodies...)
	}
	began := time.Now()
	all := l.startMany(2, l.spec())
	l.quiet()
	took := time.Since(began)
	t.Logf("%d messages in %s: %.0f/s", 10*uploads, took.Round(time.Millisecond), float64(10*uploads)/took.Seconds())
	for _, r := range all {
		if rss := r.Resident(); rss > 200<<20 {
			t.Errorf("a validator has %d MiB", rss>>20)
		}
		if _, _, most, _ := r.Messages(); most > 32 {
			t.Errorf("%d held at once", most)
		}
	}
	l.finish()
}
