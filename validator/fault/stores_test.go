package fault

import (
	"testing"
	"time"

	"airlock/infra/crew"
	"airlock/infra/fault"
	"airlock/internal/pace"
)

// Cell "dependency down": S3 answers 503 to 30 % of all requests, then to all.
func TestFaultS3SlowDownIsWaitedFor(t *testing.T) {
	l := enter(t, options{})
	all := l.startMany(2, l.spec())
	l.upload(0, 20)
	l.quiet()
	compare := l.measure(all[0])
	l.s3.Set(fault.Rule{Kind: fault.Status, P: 0.3})
	l.upload(20, scaled(200, 80))
	l.s3.Set(fault.Rule{Kind: fault.Status})
	l.upload(200, scaled(250, 230))
	time.Sleep(scaled(5*time.Second, 2*time.Second))
	l.s3.Set()
	l.quiet()
	compare()
	l.neverHandedBack()
	l.finish()
}

// Cell "dependency down": credentials that have expired, at S3 and at SQS. They come back.
func TestFaultExpiredCredentialsAreWaitedFor(t *testing.T) {
	l := enter(t, options{})
	l.start(l.spec())
	expired := fault.Rule{Kind: fault.Status, Status: 403, Code: "ExpiredToken"}
	l.s3.Set(expired)
	l.upload(0, 20)
	time.Sleep(scaled(3*time.Second, time.Second))
	l.s3.Set()
	l.quiet()
	l.breakIdleQueue(expired)
	l.upload(20, 40)
	time.Sleep(scaled(3*time.Second, time.Second))
	l.sqs.Set()
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "dependency down": SQS errors without a spin, and without a receive more than needed: nothing
// was in hand.
func TestFaultSQSErrorsAreWaitedForWithoutASpin(t *testing.T) {
	l := enter(t, options{})
	l.start(l.spec())
	l.breakIdleQueue(fault.Rule{Kind: fault.Status, Status: 500})
	before := l.sqs.Seen()["ReceiveMessage"]
	l.upload(0, 40)
	down := scaled(5*time.Second, 2*time.Second)
	time.Sleep(down)
	if n := l.sqs.Seen()["ReceiveMessage"] - before; n > 40 {
		t.Errorf("%d polls in %s of nothing but errors", n, down)
	}
	l.sqs.Set()
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// breakIdleQueue sets the rule and waits until the polls have ended that were under way: nothing is in
// hand then.
func (l *lane) breakIdleQueue(r fault.Rule) {
	l.sqs.Set(r)
	time.Sleep(pace.Scaled(1200 * time.Millisecond))
}

// Cell "dependency down": SQS fails at random, in every way, under load. Lost replies hide messages and
// lost heartbeats show them; each such fault may cost receives, and nothing else.
func TestFaultSQSAtRandomCostsReceivesOnly(t *testing.T) {
	l := enter(t, options{maxReceives: 100})
	l.startMany(2, l.spec())
	l.sqs.Set(
		fault.Rule{Kind: fault.CutAfter, P: 0.1},
		fault.Rule{Kind: fault.CutBefore, P: 0.1},
		fault.Rule{Kind: fault.Status, Status: 500, P: 0.1},
		fault.Rule{Ops: []string{"DeleteMessageBatch", "ChangeMessageVisibilityBatch"}, Kind: fault.FailEntries, P: 0.2},
	)
	l.upload(0, scaled(400, 120))
	time.Sleep(time.Second)
	l.sqs.Set()
	l.auditor.ExcuseAny(10 * l.sqs.Total())
	l.quiet()
	l.finish()
}

// Cell "dependency down": a copy is answered by 200 with nothing in it, 200 with an error in it, or by
// the end of the connection; done or not done. Where nobody can tell several times over, the message is
// handed back and comes again.
func TestFaultACopyOfUnknownOutcomeIsLookedUp(t *testing.T) {
	l := enter(t, options{})
	l.forgiving(2, l.spec())
	copies := []string{"CopyObject"}
	n := 0
	for _, rule := range []fault.Rule{
		{Kind: fault.EmptyBody}, {Kind: fault.EmptyBody, Done: true},
		{Kind: fault.ErrorBody}, {Kind: fault.ErrorBody, Done: true},
		{Kind: fault.CutBefore}, {Kind: fault.CutAfter},
		{Kind: fault.CutBody, After: 20}, {Kind: fault.Status, Status: 500},
	} {
		rule.Ops, rule.P, rule.Count = copies, 0.6, scaled(15, 8)
		l.s3.Set(rule)
		step := scaled(20, 10)
		l.upload(n, n+step)
		n += step
		l.quiet()
	}
	l.s3.Set()
	l.finish()
}

// Cell "dependency down": batches of deletes fail in part. What failed is deleted again, and never
// received again.
func TestFaultABatchOfDeletesThatFailsInPartIsRepeated(t *testing.T) {
	l := enter(t, options{})
	l.startMany(2, l.spec())
	l.sqs.Set(fault.Rule{Ops: []string{"DeleteMessageBatch"}, Kind: fault.FailEntries, P: 0.1, Count: scaled(30, 10)})
	l.upload(0, scaled(300, 100))
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "dependency down": deletes fail for a while, and nothing else does. What is done is held, so that
// the outage puts nothing into the DLQ.
func TestFaultDeletesThatFailForAWhileDeadLetterNothing(t *testing.T) {
	slow(t)
	l := enter(t, options{maxReceives: 2})
	l.start(l.spec())
	l.sqs.Set(fault.Rule{Ops: []string{"DeleteMessageBatch"}, Kind: fault.Status, Status: 403, Code: "AccessDenied"})
	l.upload(0, 20)
	time.Sleep(10 * time.Second)
	l.sqs.Set()
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "dependency down": every operation of S3 fails now and then, before it is done and after.
func TestFaultS3AtRandomIsWaitedFor(t *testing.T) {
	l := enter(t, options{})
	l.startMany(2, l.spec())
	l.s3.Set(
		fault.Rule{Kind: fault.CutAfter, P: 0.1},
		fault.Rule{Kind: fault.CutBefore, P: 0.1},
		fault.Rule{Kind: fault.Status, Status: 500, P: 0.1},
		fault.Rule{Ops: []string{"GetObject"}, Kind: fault.CutBody, After: 50, P: 0.2},
	)
	l.upload(0, scaled(400, 120))
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "dependency down", all three at once: an outage of everything but the client's own way to S3.
func TestFaultEverythingDownAtOnceIsWaitedFor(t *testing.T) {
	slow(t)
	l := enter(t, options{})
	l.startMany(2, l.spec())
	signed := l.signAhead(60)
	l.nats.SetRefuse(true)
	l.nats.Cut()
	l.s3.Set(fault.Rule{Kind: fault.CutBefore})
	l.sqs.Set(fault.Rule{Kind: fault.CutBefore})
	for n, s := range signed {
		if status, err := l.client.Put(t.Context(), s, crew.Mixed(l.Name(), n, 200)); err != nil || status != 200 {
			t.Errorf("put: %d, %v", status, err)
		}
	}
	time.Sleep(5 * time.Second)
	l.sqs.Set()
	l.s3.Set()
	l.nats.SetRefuse(false)
	l.quiet()
	l.auditor.ExcuseAny(10 * 4 * 2) // of polls that were cut
	l.finish()
}
