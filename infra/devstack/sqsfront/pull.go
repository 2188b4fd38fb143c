package sqsfront

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// delivery is a message as a receiver gets it.
type delivery struct {
	handle
	header nats.Header
	body   []byte
}

// pull is one receiver's line to a queue's consumer. It is written out, instead of using jetstream.Consumer.Fetch, for its end:
// a receiver that goes away in a long poll must hand back what JetStream has just sent it. (Fetch with a context drops that.)
type pull struct {
	q    *queue
	sub  *nats.Subscription
	in   chan *nats.Msg
	got  []delivery
	open bool // the last request may still be answered
}

func (q *queue) newPull() (*pull, error) {
	p := &pull{q: q, in: make(chan *nats.Msg, 64)} // more than a request can be answered with
	var err error
	if p.sub, err = q.nc.ChanSubscribe(q.nc.NewInbox(), p.in); err != nil {
		return nil, fmt.Errorf("receive from %s: %w", q.name, err)
	}
	return p, nil
}

// request asks for messages and adds them to p.got: what is there, up to n, if wait is 0; else as soon as there are n, or
// what came in that time.
func (p *pull) request(ctx context.Context, n int, wait time.Duration) error {
	ask := fmt.Sprintf(`{"batch":%d,"no_wait":true}`, n)
	if wait > 0 {
		ask = fmt.Sprintf(`{"batch":%d,"expires":%d}`, n, wait.Nanoseconds())
	}
	if err := p.q.nc.PublishRequest(p.q.next, p.sub.Subject, []byte(ask)); err != nil {
		return fmt.Errorf("receive from %s: %w", p.q.name, err)
	}
	p.open = true
	silence := time.NewTimer(wait + askTimeout)
	defer silence.Stop()
	for range n {
		select {
		case m := <-p.in:
			d, end, err := readDelivery(m)
			if end || err != nil {
				p.open = false
				return err
			}
			p.got = append(p.got, d)
		case <-silence.C:
			if wait > 0 {
				return nil // NATS restarted, and forgot the request
			}
			return fmt.Errorf("receive from %s: %w", p.q.name, nats.ErrTimeout)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	p.open = false
	return nil
}

// readDelivery tells messages from the end of a request, which is a message with a status.
func readDelivery(m *nats.Msg) (d delivery, end bool, err error) {
	if status := m.Header.Get("Status"); status != "" && len(m.Data) == 0 && m.Reply == "" {
		switch status {
		case "404", "408": // nothing there, time is up
			return delivery{}, true, nil
		case "503":
			return delivery{}, true, nats.ErrNoResponders
		}
		return delivery{}, true, fmt.Errorf("pull answered %s %s", status, m.Header.Get("Description"))
	}
	h, _, err := parseAckSubject(m.Reply)
	if err != nil {
		return delivery{}, false, err
	}
	return delivery{handle: h, header: m.Header, body: m.Data}, false, nil
}

// stop ends the line. If the receiver failed, all that it got is given back. If a request is open, the server is told first and
// its word awaited: what it sent before that is here then, and it sends nothing after.
func (p *pull) stop(failed bool) {
	var back []delivery
	if failed {
		back = p.got
	}
	if p.open && p.sub.Drain() == nil && p.q.nc.FlushTimeout(askTimeout) == nil {
		for len(p.in) > 0 {
			if d, end, err := readDelivery(<-p.in); err == nil && !end {
				back = append(back, d)
			}
		}
	}
	_ = p.sub.Unsubscribe() // fails only on a connection that is gone
	p.q.giveBack(back)
}

// giveBack makes messages visible that their receiver never got. There is nobody to tell if it doesn't work; they are visible
// when their time is over then.
func (q *queue) giveBack(back []delivery) {
	for _, d := range back {
		if q.nc.Publish(d.subject, []byte("-NAK")) == nil {
			q.flight.land(d.seq, d.count)
		}
	}
}
