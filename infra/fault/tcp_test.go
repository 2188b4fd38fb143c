package fault

import (
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"airlock/events"
	"airlock/internal/pace"
)

// connect brings a NATS client through a TCP proxy, with a subject that answers.
func connect(t *testing.T) (*TCP, *nats.Conn) {
	t.Helper()
	u, err := url.Parse(stack.NATSURL)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ListenTCP(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	nc, err := events.Connect(events.ConnectOptions{URL: "nats://" + p.Addr(), Name: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	sub, err := stack.NATS.Subscribe("fault.echo", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Unsubscribe() })
	if err := stack.NATS.Flush(); err != nil {
		t.Fatal(err)
	}
	if !answers(nc, pace.Scaled(5*time.Second)) {
		t.Fatal("no answer through the proxy")
	}
	return p, nc
}

func answers(nc *nats.Conn, within time.Duration) bool {
	_, err := nc.Request("fault.echo", nil, within)
	return err == nil
}

// back waits until the client is served again.
func back(t *testing.T, nc *nats.Conn) {
	t.Helper()
	pace.Eventually(t, 20*time.Second, "an answer", func() bool { return answers(nc, pace.Scaled(500*time.Millisecond)) })
}

func TestACutConnectionComesBackUnlessItIsRefused(t *testing.T) {
	p, nc := connect(t)
	if n := p.Cut(); n != 1 {
		t.Errorf("cut %d connections", n)
	}
	back(t, nc)
	p.SetRefuse(true)
	p.Cut()
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		if answers(nc, 100*time.Millisecond) {
			t.Fatal("an answer although connections are refused")
		}
		time.Sleep(20 * time.Millisecond) // a closed client answers at once
	}
	p.SetRefuse(false)
	back(t, nc)
	if got := p.Injected(); got[CutAll] != 2 || got[Refuse] != 1 {
		t.Errorf("counted %v", got)
	}
}

func TestABlackHoleDeliversLaterAndADelayHoldsUp(t *testing.T) {
	p, nc := connect(t)
	p.SetStall(true)
	if answers(nc, 300*time.Millisecond) {
		t.Error("an answer out of a black hole")
	}
	p.SetStall(false)
	back(t, nc)
	p.SetDelay(100 * time.Millisecond)
	started := time.Now()
	if !answers(nc, pace.Scaled(5*time.Second)) || time.Since(started) < 200*time.Millisecond {
		t.Errorf("answered after %s", time.Since(started))
	}
}

func TestRandomCutsGoOnUntilTheyAreStopped(t *testing.T) {
	p, nc := connect(t)
	p.CutRandomly(20*time.Millisecond, 1)
	pace.Eventually(t, 10*time.Second, "five cuts", func() bool { return p.Total() >= 5 })
	p.CutRandomly(0, 0)
	n := p.Total()
	back(t, nc)
	if p.Total() != n {
		t.Error("cuts went on")
	}
}
