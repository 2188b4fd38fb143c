package sqsfront

import (
	"sync"
	"time"
)

// flights is what this front knows of messages it has handed out: who has the newest handle, and until when. JetStream keeps
// the truth but doesn't tell it per message. A front that has just started knows nothing and believes every handle.
type flights struct {
	mu      sync.Mutex
	known   map[uint64]flight // by stream sequence
	unknown int               // in flight when the front started
	until   time.Time         // after which those have all landed, or been extended here
}

type flight struct {
	delivery uint64 // the newest
	first    time.Time
	until    time.Time
}

// standing is what a handle may still do.
type standing int

const (
	holds   standing = iota // hidden, and the handle is the newest
	landed                  // the newest handle, but visible again
	passed                  // somebody received it since
	strange                 // deleted, or received before this front started
)

func newFlights(unknown int, until time.Time) *flights {
	return &flights{known: map[uint64]flight{}, unknown: unknown, until: until}
}

// take notes a delivery and returns when the message was received first, as far as is known.
func (f *flights) take(d delivery, now time.Time, visibility time.Duration) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	old, ok := f.known[d.seq]
	if !ok {
		old.first = now
		if d.count > 1 {
			f.unknown = max(0, f.unknown-1)
		}
	}
	if old.delivery <= d.count {
		f.known[d.seq] = flight{delivery: d.count, first: old.first, until: now.Add(visibility)}
	}
	return old.first
}

func (f *flights) standing(h handle, now time.Time) standing {
	f.mu.Lock()
	defer f.mu.Unlock()
	old, ok := f.known[h.seq]
	switch {
	case !ok, old.delivery < h.count:
		return strange
	case old.delivery > h.count:
		return passed
	case !old.until.After(now):
		return landed
	}
	return holds
}

// extend notes that the message is hidden until then, unless somebody received or deleted it in between. was is its standing
// before: only a strange one may be unknown now and in flight all the same.
func (f *flights) extend(seq, delivery uint64, until time.Time, was standing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old, ok := f.known[seq]
	switch {
	case !ok && was != strange:
		return
	case !ok:
		old.first = time.Now()
		f.unknown = max(0, f.unknown-1)
	}
	if old.delivery <= delivery {
		f.known[seq] = flight{delivery: delivery, first: old.first, until: until}
	}
}

// land notes that a delivery was given back.
func (f *flights) land(seq, delivery uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old, ok := f.known[seq]; ok && old.delivery == delivery {
		old.until = time.Now()
		f.known[seq] = old
	}
}

// drop forgets a message that is deleted.
func (f *flights) drop(seq uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.known[seq]; !ok {
		f.unknown = max(0, f.unknown-1)
	}
	delete(f.known, seq)
}

// shift moves the end of every flight.
func (f *flights) shift(by time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.until = f.until.Add(by)
	for seq, old := range f.known {
		old.until = old.until.Add(by)
		f.known[seq] = old
	}
}

// count is how many messages are in flight, at most pending, and forgets those that left the stream by themselves.
func (f *flights) count(pending int, firstSeq uint64) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, n := time.Now(), 0
	for seq, old := range f.known {
		if seq < firstSeq {
			delete(f.known, seq)
		} else if old.until.After(now) {
			n++
		}
	}
	if now.Before(f.until) {
		n += f.unknown
	}
	return min(n, pending)
}
