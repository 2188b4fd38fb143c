package fault

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"airlock"
	"airlock/events"
	"airlock/infra/audit"
	"airlock/infra/crew"
	"airlock/internal/pace"
)

// stopsPolling is how soon after NATS a validator stops polling, the end of its last poll included.
const stopsPolling = 2 * time.Second

// Cell "dependency down": NATS down under load (10 s, for a minute). Polling stops within 2 s and no
// receive is used up; all is done after.
func TestFaultNATSDownUnderLoadHoldsWhatIsInHandAndStopsPolling(t *testing.T) {
	l := enter(t, options{})
	all := l.startMany(3, l.spec())
	down := scaled(10*time.Second, 4*time.Second)
	l.upload(0, 20)
	l.quiet()
	compare := l.measure(all[0])
	ld := l.keepUploading(scaled(500, 250), 25*time.Millisecond)
	time.Sleep(500 * time.Millisecond)

	l.nats.SetRefuse(true)
	l.nats.Cut()
	time.Sleep(pace.Scaled(stopsPolling))
	received, polls := receivedBy(all), l.sqs.Seen()["ReceiveMessage"]
	for i, r := range all {
		if r.Ready(t.Context()) == nil {
			t.Errorf("validator %d is ready %s after NATS went", i, pace.Scaled(stopsPolling))
		}
	}
	time.Sleep(down - stopsPolling)
	if n := receivedBy(all); n != received {
		t.Errorf("%d messages were received while NATS was down", n-received)
	}
	if n := l.sqs.Seen()["ReceiveMessage"]; n != polls {
		t.Errorf("%d polls while NATS was down", n-polls)
	}
	l.nats.SetRefuse(false)
	ld.wait()
	l.quiet()
	compare()
	l.neverHandedBack()
	l.finish()
}

func receivedBy(all []*crew.Running) (n int) {
	for _, r := range all {
		received, _, _, _ := r.Messages()
		n += received
	}
	return n
}

// neverHandedBack wants that an outage was held, not handed on: with nothing handed back, the auditor
// allows each message one receive.
func (l *lane) neverHandedBack() {
	l.Helper()
	for _, r := range l.running() {
		if _, returned, _, _ := r.Messages(); returned > 0 {
			l.Errorf("%d messages were handed back", returned)
		}
	}
}

// Cell "dependency down": NATS killed three times under load.
func TestFaultNATSKilledThreeTimesLosesNoVerdict(t *testing.T) {
	l := enter(t, options{})
	l.startMany(2, l.spec())
	ld := l.keepUploading(scaled(400, 150), 20*time.Millisecond)
	for range 3 {
		time.Sleep(scaled(1500*time.Millisecond, 600*time.Millisecond))
		l.server.Kill()
		l.auditor.Killed()
		time.Sleep(scaled(1500*time.Millisecond, 500*time.Millisecond))
		l.must(l.server.Start())
	}
	ld.wait()
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "dependency down": NATS SIGSTOPped: connections stay, and what was sent to it arrives after the
// sender has given it up.
func TestFaultNATSPausedAnswersLateAndNothingIsDoneTwice(t *testing.T) {
	l := enter(t, options{})
	l.startMany(2, l.spec())
	ld := l.keepUploading(scaled(300, 150), 20*time.Millisecond)
	time.Sleep(time.Second)
	l.server.Pause()
	time.Sleep(scaled(8*time.Second, 6*time.Second))
	l.server.Continue()
	ld.wait()
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "dependency down": the same by a route that is lost: packets go nowhere, nothing is closed.
func TestFaultNATSBehindALostRouteIsWaitedFor(t *testing.T) {
	slow(t)
	l := enter(t, options{})
	l.startMany(2, l.spec())
	ld := l.keepUploading(200, 20*time.Millisecond)
	time.Sleep(time.Second)
	l.nats.SetStall(true)
	time.Sleep(8 * time.Second)
	l.nats.Cut()
	l.nats.SetStall(false)
	ld.wait()
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "dependency down": the stream is full, then raised.
func TestFaultAFullStreamIsWaitedFor(t *testing.T) {
	l := enter(t, options{})
	l.start(l.spec())
	l.upload(0, 20)
	l.quiet()
	js, err := jetstream.New(l.nc)
	l.must(err)
	stream, err := js.Stream(t.Context(), events.StreamName)
	l.must(err)
	cfg := stream.CachedInfo().Config
	roomy := cfg.MaxBytes
	cfg.MaxBytes = int64(stream.CachedInfo().State.Bytes) // as it was before the uploads, or less
	_, err = js.UpdateStream(t.Context(), cfg)
	l.must(err)
	l.upload(20, 60)
	time.Sleep(scaled(4*time.Second, 2*time.Second))
	if n := l.auditor.Ended(); n >= 60 {
		t.Errorf("%d verdicts: the stream was not full", n)
	}
	cfg.MaxBytes = roomy
	_, err = js.UpdateStream(t.Context(), cfg)
	l.must(err)
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// users are root, who may do all, and validator, who may do all but what denied says.
func users(denied string) string {
	return fmt.Sprintf(`authorization { users = [
		{ user: root, password: root }
		{ user: validator, password: validator, permissions: { publish: { allow: ">"%s }, subscribe: ">" } }
	] }`, denied)
}

// Cell "dependency down": the publish is forbidden, then allowed. The server answers nothing at all to
// it, so that each publish takes its whole time.
func TestFaultAForbiddenPublishIsWaitedFor(t *testing.T) {
	slow(t)
	l := enter(t, options{natsConfig: users("")})
	v := l.spec()
	v.NATS = "nats://validator:validator@" + l.nats.Addr()
	l.start(v)
	l.must(l.server.Reload(users(`, deny: "airlock.v1.>"`)))
	time.Sleep(pace.Scaled(500 * time.Millisecond)) // it has read them
	l.upload(0, 20)
	time.Sleep(8 * time.Second)
	if n := l.auditor.Ended(); n > 0 {
		t.Errorf("%d verdicts: publishing was not forbidden", n)
	}
	l.must(l.server.Reload(users("")))
	l.quiet()
	l.neverHandedBack()
	l.finish()
}

// Cell "dependency down": NATS has forgotten its grants, as after a restore of an old copy. No grant, no
// deed: what honest people stored stays, and its notices end in the DLQ.
func TestFaultANATSThatForgotItsGrantsDestroysNothing(t *testing.T) {
	l := enter(t, options{maxReceives: 1, side: true})
	honest := l.client.Auditor
	l.client.Auditor = audit.New(audit.Config{}) // these will have no verdict
	for n, s := range l.signAhead(5) {
		if status, err := l.client.Put(t.Context(), s, crew.Mixed(l.Name(), n, 200)); err != nil || status != 200 {
			t.Errorf("put: %d, %v", status, err)
		}
		l.auditor.Stays(airlock.Key(l.quarantine.Prefix + "image/" + s.ID))
		l.must(l.store.PurgeGrant(t.Context(), s.ID))
	}
	l.client.Auditor = honest
	forgotten := l.notices(5)
	l.auditor.Poison(forgotten...)
	l.forgiving(1, l.spec())
	l.upload(5, 10)
	l.send(l.queue, append(forgotten, l.notices(5)...)...)
	l.finish()
}
