package events

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Feed lets many callers wait for the verdicts on their uploads with one consumer for the whole
// process. Construct it with Store; [Feed.Run] must run for [Feed.Wait] to hear of anything.
type Feed struct {
	Store *Store

	once    sync.Once
	ready   chan struct{}
	scans   chan struct{} // a place for each page that may be read from the stream at once
	mu      sync.Mutex
	waiting map[string]map[chan Verdict]bool          // by upload
	pages   map[string]map[chan struct{}]VerdictQuery // by owner
	recent  recent
}

func (f *Feed) init() {
	f.once.Do(func() {
		f.ready = make(chan struct{})
		f.scans = make(chan struct{}, mostScans)
		f.waiting = map[string]map[chan Verdict]bool{}
		f.pages = map[string]map[chan struct{}]VerdictQuery{}
	})
}

// Run listens until ctx ends and hands each new verdict to those who wait for it. Should the
// consumer be lost, it makes a new one after a second and reads what may have come meanwhile.
func (f *Feed) Run(ctx context.Context) {
	f.init()
	var once sync.Once
	for ctx.Err() == nil {
		_ = tail(ctx, f.Store.js, Options{}, time.Time{}, func() {
			f.mu.Lock()
			f.recent = recent{} // what came while nobody listened is not in it
			f.mu.Unlock()
			once.Do(func() { close(f.ready) })
			f.catchUp(ctx)
		}, func(v Verdict) error { f.tell(v); return nil })
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// catchUp reads the verdicts that are waited for, once a consumer is attached anew.
func (f *Feed) catchUp(ctx context.Context) {
	f.mu.Lock()
	ids := slices.Collect(maps.Keys(f.waiting))
	for _, pages := range f.pages {
		for ch := range pages {
			wake(ch)
		}
	}
	f.mu.Unlock()
	for _, id := range ids {
		if v, found, err := f.Store.Last(ctx, id); err == nil && found {
			f.tellWaiting(v)
		}
	}
}

func (f *Feed) tell(v Verdict) {
	f.mu.Lock()
	f.recent.add(v)
	f.wakePages(v)
	f.mu.Unlock()
	f.tellWaiting(v)
}

func (f *Feed) tellWaiting(v Verdict) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ch := range f.waiting[v.UploadID] {
		select {
		case ch <- v:
		default:
		}
	}
}

// Wait blocks until the upload has a verdict or ctx ends; found is false if it has none even then.
// The verdict is read once after attaching and once at the end, so that none can slip between. An
// error is always [ErrUnavailable].
func (f *Feed) Wait(ctx context.Context, id string) (v Verdict, found bool, err error) {
	f.init()
	select {
	case <-f.ready:
	case <-ctx.Done():
		return f.last(ctx, id)
	}
	ch := make(chan Verdict, 1)
	f.attach(id, ch)
	defer f.detach(id, ch)
	if v, found, err = f.last(ctx, id); found || err != nil {
		return v, found, err
	}
	select {
	case v = <-ch:
		return v, true, nil
	case <-ctx.Done():
		return f.last(ctx, id)
	}
}

// last reads even when ctx has just ended: its end is a caller's patience, not a cancellation.
func (f *Feed) last(ctx context.Context, id string) (Verdict, bool, error) {
	v, found, err := f.Store.Last(context.WithoutCancel(ctx), id)
	if err != nil {
		return v, false, fmt.Errorf("wait for the verdict: %w", err)
	}
	return v, found, nil
}

func (f *Feed) attach(id string, ch chan Verdict) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting[id] == nil {
		f.waiting[id] = map[chan Verdict]bool{}
	}
	f.waiting[id][ch] = true
}

func (f *Feed) detach(id string, ch chan Verdict) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waiting[id], ch)
	if len(f.waiting[id]) == 0 {
		delete(f.waiting, id)
	}
}
