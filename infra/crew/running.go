package crew

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"airlock/infra/audit"
	"airlock/infra/child"
	"airlock/internal/pace"
)

// Running is a validator child, and what it told about its messages.
type Running struct {
	*child.Process
	url     string // of its own small server
	auditor *audit.Auditor
	limit   int
	forgive bool

	mu       sync.Mutex
	held     map[string]bool // message ids
	most     int             // held at once
	received int
	returned int
	stopping bool
}

// Options of a start that are not the child's business.
type Options struct {
	Auditor *audit.Auditor // is told of receives, and of deaths
	// ForgiveReturns makes a receive right that follows a hand-back. Without it only a stop may hand
	// back: an outage may not.
	ForgiveReturns bool
}

// Start runs v as a child and returns when it takes messages, or has killed itself at its point.
func (v Validator) Start(o Options) (*Running, error) {
	r := &Running{auditor: o.Auditor, forgive: o.ForgiveReturns, held: map[string]bool{}, limit: v.InFlight}
	if r.limit == 0 {
		r.limit = 64
	}
	ready := make(chan struct{})
	once := sync.OnceFunc(func() { close(ready) })
	r.mu.Lock() // what it tells waits until it is known who tells
	p, err := spawn(role{Validator: &v}, func(line string) {
		if url, ok := strings.CutPrefix(line, "ready "); ok {
			r.url = url
			once()
			return
		}
		r.told(line)
	}, r.ended)
	r.Process = p
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	err = p.Within(ready, startTime)
	if v.KillAt != "" && errors.Is(err, child.ErrEnded) && child.BySignal(p.Err()) {
		err = nil // it was there before it could say so
	}
	return r, err
}

// told is one line about one message.
func (r *Running) told(line string) {
	var word, id string
	var n int
	if _, err := fmt.Sscan(line, &word, &id, &n); err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch word {
	case "received":
		r.received++
		r.held[id] = true
		r.most = max(r.most, len(r.held))
		r.auditor.Received(id, n, fmt.Sprint("validator ", r.Pid()))
	case "deleted":
		delete(r.held, id)
	case "returned":
		r.returned++
		delete(r.held, id)
		if r.stopping || r.forgive {
			r.auditor.Excuse(id)
		}
	}
}

// ended makes right what a death by a signal costs: a receive of each message that it held, or may
// have been about to hold.
func (r *Running) ended(err error) {
	if !child.BySignal(err) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.auditor.Killed()
	for id := range r.held {
		r.auditor.Excuse(id)
	}
	r.excusePolls()
}

func (r *Running) excusePolls() { r.auditor.ExcuseAny(max(0, r.limit-len(r.held))) }

// ExcusePolls makes right one more receive of each message that it is about to hold: the machine was so
// slow that replies may have been lost.
func (r *Running) ExcusePolls() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.excusePolls()
}

// ExcuseHeld makes right one more receive of each message that it holds now: the machine was so slow
// that heartbeats may have come too late.
func (r *Running) ExcuseHeld() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.held {
		r.auditor.Excuse(id)
	}
}

// Stop is SIGTERM; see [child.Process.Stop].
func (r *Running) Stop(ctx context.Context) error {
	r.Stopping()
	return r.Process.Stop(ctx)
}

// Stopping tells that a signal to stop is about to be sent: what is handed back from now on is right.
func (r *Running) Stopping() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = true
}

// Messages tells how many messages it received, handed back, held at most at once and holds now.
func (r *Running) Messages() (received, returned, most, holds int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.received, r.returned, r.most, len(r.held)
}

// Ready is nil while it takes messages.
func (r *Running) Ready(ctx context.Context) error {
	resp, err := r.ask(ctx, "/readyz")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", resp.Status)
	}
	return nil
}

// looks is how often [Running.Figures] looks, and lookEvery how long it waits in between.
const (
	looks     = 5
	lookEvery = 300 * time.Millisecond
)

// Figures are what it holds after it has closed what is idle: the least that several looks find. A sweep
// or a request under way at one of them is gone at the next; what has leaked is not.
func (r *Running) Figures(ctx context.Context) (least audit.Figures, err error) {
	for i := range looks {
		f, err := r.look(ctx)
		if err != nil {
			return f, err
		}
		if i == 0 {
			least = f
		}
		least.Goroutines, least.Descriptors = min(least.Goroutines, f.Goroutines), min(least.Descriptors, f.Descriptors)
		least.Heap = min(least.Heap, f.Heap)
		select {
		case <-ctx.Done():
			return least, context.Cause(ctx)
		case <-time.After(lookEvery):
		}
	}
	return least, nil
}

func (r *Running) look(ctx context.Context) (f audit.Figures, err error) {
	resp, err := r.ask(ctx, "/figures")
	if err != nil {
		return f, err
	}
	defer resp.Body.Close()
	return f, json.NewDecoder(resp.Body).Decode(&f)
}

func (r *Running) ask(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, nil)
	if err != nil {
		return nil, err
	}
	req.Close = true
	client := http.Client{Timeout: pace.Scaled(10 * time.Second)}
	return client.Do(req)
}

// Resident is its resident memory in bytes; 0 where the system does not tell.
func (r *Running) Resident() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", r.Pid()))
	var total, resident int64
	if err == nil {
		_, err = fmt.Sscan(string(text), &total, &resident)
	}
	if err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}
