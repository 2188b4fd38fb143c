// Package quota bounds what one owner may have open: how many uploads, how many bytes, and how many
// grants a minute (SECURITY SIG-8).
//
// All that an owner holds is one record, changed by compare-and-set, so that any number of signers
// together never give more than the limits. What is held is given back at the verdict; if nobody gives
// it back, it counts for nothing once its time has passed.
package quota

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Limits are those of each owner; 0 is no limit.
type Limits struct {
	OpenUploads     int64
	OpenBytes       int64
	GrantsPerMinute int64 // as many may come at once
}

// Hold is what one open upload takes of its owner's quota.
type Hold struct {
	ID    string    `json:"id"`
	Bytes int64     `json:"bytes"`
	Until time.Time `json:"until"` // from then on its URL can no longer be used
}

// Records keeps one record per owner.
type Records interface {
	// UpdateQuota replaces the owner's record by what next makes of it, by compare-and-set; next may be
	// called again. nil is no record. An error of next comes back as it is.
	UpdateQuota(ctx context.Context, owner string, next func(old []byte) (value []byte, until time.Time, err error)) error
}

// Exceeded tells which limit does not let an upload in, and when to try again.
type Exceeded struct {
	Limit      string        // "open_uploads", "open_bytes" or "grants_per_minute"
	RetryAfter time.Duration // 0: never, it is larger than the whole limit
}

// Error names the limit.
func (e *Exceeded) Error() string { return "the owner's quota is used up: " + e.Limit }

// Book reserves and releases. Records and Limits are needed.
type Book struct {
	Records Records
	Limits  Limits
	Now     func() time.Time // nil: time.Now

	mu     sync.Mutex
	queues map[string]*queue // of the owners whose record is being changed
}

// queue is what waits for one owner's record: whoever comes first changes it for all who came
// meanwhile, so that a crowd costs a few writes and not one race each.
type queue struct{ waiting []*change }

type change struct {
	apply func(r *record, now time.Time) error
	err   error
	done  chan struct{}
}

// Reserve holds h of the owner's quota, or returns [*Exceeded]. To hold what is held already replaces
// it and is never refused. It blocks until the record is written; if it returns another error, h may be
// held until its time has passed.
func (b *Book) Reserve(ctx context.Context, owner string, h Hold) error {
	return b.change(ctx, owner, func(r *record, now time.Time) error { return r.reserve(h, b.Limits, now) })
}

// Extend replaces what is held by h's upload. Where nothing is, as after its verdict, it holds nothing.
func (b *Book) Extend(ctx context.Context, owner string, h Hold) error {
	return b.change(ctx, owner, func(r *record, _ time.Time) error {
		if i := r.index(h.ID); i >= 0 {
			r.Open[i] = h
		}
		return nil
	})
}

// Release gives back what the owner's uploads hold; those that hold nothing are no error.
func (b *Book) Release(ctx context.Context, owner string, ids ...string) error {
	return b.change(ctx, owner, func(r *record, _ time.Time) error {
		r.Open = slices.DeleteFunc(r.Open, func(h Hold) bool { return slices.Contains(ids, h.ID) })
		return nil
	})
}

func (b *Book) change(ctx context.Context, owner string, apply func(*record, time.Time) error) error {
	c := &change{apply: apply, done: make(chan struct{})}
	b.mu.Lock()
	q, busy := b.queues[owner]
	if !busy {
		if b.queues == nil {
			b.queues = map[string]*queue{}
		}
		q = &queue{}
		b.queues[owner] = q
	}
	q.waiting = append(q.waiting, c)
	b.mu.Unlock()
	if !busy {
		go b.work(context.WithoutCancel(ctx), owner, q) // for others too: our caller's end is not theirs
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// work changes the owner's record until nobody waits.
func (b *Book) work(ctx context.Context, owner string, q *queue) {
	for {
		b.mu.Lock()
		batch := q.waiting
		if q.waiting = nil; len(batch) == 0 {
			delete(b.queues, owner)
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		err := b.Records.UpdateQuota(ctx, owner, func(old []byte) ([]byte, time.Time, error) { return b.applyAll(old, batch) })
		for _, c := range batch {
			if err != nil {
				c.err = err
			}
			close(c.done)
		}
	}
}

func (b *Book) applyAll(old []byte, batch []*change) ([]byte, time.Time, error) {
	now := time.Now()
	if b.Now != nil {
		now = b.Now()
	}
	var r record
	if old != nil {
		if err := json.Unmarshal(old, &r); err != nil {
			return nil, now, fmt.Errorf("read quota: %w", err)
		}
	}
	r.Open = slices.DeleteFunc(r.Open, func(h Hold) bool { return !now.Before(h.Until) })
	for _, c := range batch {
		c.err = c.apply(&r, now)
	}
	until := r.end()
	if !until.After(now) {
		return nil, until, nil
	}
	value, err := json.Marshal(r)
	return value, until, err
}

// record is all that is known of one owner. Next is when the rate would allow a grant if none had been
// saved up: the theoretical arrival time of the generic cell rate algorithm (ITU-T I.371, annex A).
type record struct {
	Open []Hold    `json:"open,omitempty"`
	Next time.Time `json:"next,omitzero"`
}

func (r *record) index(id string) int {
	return slices.IndexFunc(r.Open, func(h Hold) bool { return h.ID == id })
}

func (r *record) end() time.Time {
	end := r.Next
	for _, h := range r.Open {
		if h.Until.After(end) {
			end = h.Until
		}
	}
	return end
}

func (r *record) reserve(h Hold, l Limits, now time.Time) error {
	if i := r.index(h.ID); i >= 0 {
		r.Open[i] = h
		return nil
	}
	var bytes int64
	first := now.Add(time.Minute)
	for _, o := range r.Open {
		bytes += o.Bytes // within the limit, so no overflow
		if o.Until.Before(first) {
			first = o.Until
		}
	}
	next := r.Next
	switch {
	case l.OpenBytes > 0 && h.Bytes > l.OpenBytes:
		return &Exceeded{Limit: "open_bytes"}
	case l.OpenUploads > 0 && int64(len(r.Open)) >= l.OpenUploads:
		return &Exceeded{"open_uploads", first.Sub(now)}
	case l.OpenBytes > 0 && h.Bytes > l.OpenBytes-bytes:
		return &Exceeded{"open_bytes", first.Sub(now)}
	case l.GrantsPerMinute > 0:
		if next.Before(now) {
			next = now
		}
		next = next.Add(time.Minute / time.Duration(l.GrantsPerMinute))
		if wait := next.Sub(now) - time.Minute; wait > 0 {
			return &Exceeded{"grants_per_minute", wait}
		}
	}
	r.Open, r.Next = append(r.Open, h), next
	return nil
}
