package fault

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// TCP is a proxy on a port of 127.0.0.1 that hands each connection on to one server, for protocols
// whose connections live long, such as that of NATS.
type TCP struct {
	target   string
	listener net.Listener
	running  sync.WaitGroup
	ended    chan struct{}

	mu       sync.Mutex
	conns    map[net.Conn]bool // both ends of each
	refuse   bool
	stall    chan struct{} // not nil while nothing passes; closed when it goes on
	delay    time.Duration
	stopCuts func()
	injected map[Kind]int
}

// What a TCP proxy does, for counting.
const (
	CutAll Kind = "cut all connections"
	Refuse Kind = "refuse connections"
	Stall  Kind = "stall"
	Slow   Kind = "slow"
)

// ListenTCP starts a proxy to target ("127.0.0.1:4222"), which need not be there yet. Close ends it.
func ListenTCP(target string) (*TCP, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fault proxy to %s: %w", target, err)
	}
	p := &TCP{target: target, listener: l, ended: make(chan struct{}), conns: map[net.Conn]bool{}, injected: map[Kind]int{}, stopCuts: func() {}}
	p.running.Go(p.accept)
	return p, nil
}

// Addr is where clients find the proxy.
func (p *TCP) Addr() string { return p.listener.Addr().String() }

// Cut ends all connections; new ones are taken at once. It returns how many there were.
func (p *TCP) Cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.conns) / 2
	for c := range p.conns {
		_ = c.Close()
	}
	p.injected[CutAll]++
	return n
}

// SetRefuse, while on, ends each new connection as soon as it is made, as a load balancer without a
// server behind it does. Those that are there stay; see [TCP.Cut].
func (p *TCP) SetRefuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if on {
		p.injected[Refuse]++
	}
	p.refuse = on
}

// SetStall, while on, lets nothing pass and ends nothing: the black hole of a lost route.
func (p *TCP) SetStall(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case on && p.stall == nil:
		p.stall = make(chan struct{})
		p.injected[Stall]++
	case !on && p.stall != nil:
		close(p.stall)
		p.stall = nil
	}
}

// SetDelay holds up whatever passes, each way, by d.
func (p *TCP) SetDelay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d > 0 {
		p.injected[Slow]++
	}
	p.delay = d
}

// CutRandomly cuts all connections at random times, every mean on average, until it is called with
// 0 or the proxy ends.
func (p *TCP) CutRandomly(mean time.Duration, seed uint64) {
	p.mu.Lock()
	stop := p.stopCuts
	p.mu.Unlock()
	stop()
	if mean <= 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	rnd := rand.New(rand.NewPCG(seed, 1))
	var cutting sync.WaitGroup
	cutting.Go(func() {
		for {
			select {
			case <-time.After(min(time.Duration(rnd.ExpFloat64()*float64(mean)), 10*mean)):
				p.Cut()
			case <-ctx.Done():
				return
			}
		}
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopCuts = sync.OnceFunc(func() { cancel(); cutting.Wait() })
}

// Injected counts what was done.
func (p *TCP) Injected() map[Kind]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.injected)
}

// Total is how much was done.
func (p *TCP) Total() (n int) {
	for _, c := range p.Injected() {
		n += c
	}
	return n
}

// Close ends everything and waits for it.
func (p *TCP) Close() error {
	p.CutRandomly(0, 0)
	close(p.ended)
	err := p.listener.Close()
	p.Cut()
	p.running.Wait()
	return err
}

func (p *TCP) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.running.Go(func() { p.serve(c) })
	}
}

// serve is one connection until either end closes it.
func (p *TCP) serve(client net.Conn) {
	defer client.Close()
	if p.refuses() {
		return
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	server, err := dialer.DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.track(client, server) {
		return
	}
	defer p.forget(client, server)
	var way sync.WaitGroup
	way.Go(func() { p.pass(server, client) })
	p.pass(client, server)
	way.Wait()
}

func (p *TCP) refuses() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refuse
}

// track is false where the proxy has ended meanwhile.
func (p *TCP) track(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.ended:
		return false
	default:
	}
	for _, c := range conns {
		p.conns[c] = true
	}
	return true
}

func (p *TCP) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

// pass copies one way, and then ends both.
func (p *TCP) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if n > 0 && (!p.hold() || write(to, b[:n]) != nil) || err != nil {
			return
		}
	}
}

func write(w io.Writer, b []byte) error {
	_, err := w.Write(b)
	return err
}

// hold waits as long as nothing may pass; false if the proxy ends.
func (p *TCP) hold() bool {
	p.mu.Lock()
	stall, delay := p.stall, p.delay
	p.mu.Unlock()
	if delay > 0 {
		time.Sleep(min(delay, 10*time.Second))
	}
	if stall == nil {
		return true
	}
	select {
	case <-stall:
		return true
	case <-p.ended:
		return false
	}
}
