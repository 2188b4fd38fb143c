package events

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"airlock"
)

// VerdictQuery says which verdicts a [Feed.Page] is to hold.
type VerdictQuery struct {
	Owner   string           // "*": of all owners
	Profile string           // "": all
	Types   []airlock.Result // none: all
	After   uint64           // only those behind this [Verdict.Sequence]; 0: from the oldest that is kept
	Since   time.Time        // instead of After: only those recorded from then on
	Most    int              // how many at most
}

func (q VerdictQuery) matches(v Verdict) bool {
	return v.Sequence > q.After && (q.Owner == "*" || q.Owner == v.Owner) && (q.Profile == "" || q.Profile == v.Profile) &&
		(len(q.Types) == 0 || slices.Contains(q.Types, v.Result))
}

// VerdictPage is some verdicts, oldest first, and where the next page begins.
type VerdictPage struct {
	Verdicts []Verdict
	Next     uint64 // for [VerdictQuery.After]; all before have been looked at
	More     bool   // there is more to look at now, even if this page is empty
}

// The bounds of one page: a stream holds the verdicts of all owners, and one who has few must not make
// us read all of it at once.
const (
	mostRecent  = 4096 // verdicts in memory
	mostScanned = 20_000
	mostScans   = 8
	scanTime    = 2 * time.Second
)

// Page reads verdicts and, where there is none, blocks until there is one or wait has passed. What has
// just been recorded comes from memory. An error is [ErrUnavailable], or ctx's own.
func (f *Feed) Page(ctx context.Context, q VerdictQuery, wait time.Duration) (VerdictPage, error) {
	f.init()
	woken := make(chan struct{}, 1)
	f.watch(q, woken)
	defer f.unwatch(q, woken)
	patience := time.NewTimer(wait)
	defer patience.Stop()
	for {
		page, err := f.page(ctx, q)
		if err != nil || len(page.Verdicts) > 0 || page.More || wait <= 0 {
			return page, err
		}
		q.After, q.Since = page.Next, time.Time{}
		select {
		case <-woken:
		case <-patience.C:
			wait = 0
		case <-ctx.Done():
			return page, context.Cause(ctx)
		}
	}
}

// page looks once: into memory, if that reaches back far enough, else into the stream.
func (f *Feed) page(ctx context.Context, q VerdictQuery) (VerdictPage, error) {
	f.mu.Lock()
	page, ok := f.recent.page(q)
	f.mu.Unlock()
	if ok {
		return page, nil
	}
	select {
	case f.scans <- struct{}{}:
		defer func() { <-f.scans }()
	case <-ctx.Done():
		return VerdictPage{Next: q.After}, context.Cause(ctx)
	}
	return f.Store.scan(ctx, q)
}

func (f *Feed) watch(q VerdictQuery, ch chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pages[q.Owner] == nil {
		f.pages[q.Owner] = map[chan struct{}]VerdictQuery{}
	}
	f.pages[q.Owner][ch] = q
}

func (f *Feed) unwatch(q VerdictQuery, ch chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.pages[q.Owner], ch)
	if len(f.pages[q.Owner]) == 0 {
		delete(f.pages, q.Owner)
	}
}

// wakePages is called with mu held.
func (f *Feed) wakePages(v Verdict) {
	for _, owner := range []string{v.Owner, "*"} {
		for ch, q := range f.pages[owner] {
			if q.matches(v) {
				wake(ch)
			}
		}
	}
}

func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// recent holds the last verdicts without a gap: all that were recorded from the first one on.
type recent struct {
	ring  []Verdict
	start int // of the oldest in ring
}

func (r *recent) add(v Verdict) {
	if len(r.ring) < mostRecent {
		r.ring = append(r.ring, v)
		return
	}
	r.ring[r.start] = v
	r.start = (r.start + 1) % len(r.ring)
}

func (r *recent) at(i int) Verdict { return r.ring[(r.start+i)%len(r.ring)] }

// page answers q, unless it asks for what is older.
func (r *recent) page(q VerdictQuery) (page VerdictPage, ok bool) {
	n := len(r.ring)
	if n == 0 || !q.Since.IsZero() || q.After+1 < r.at(0).Sequence {
		return page, false
	}
	page.Next = q.After
	first := sort.Search(n, func(i int) bool { return r.at(i).Sequence > q.After })
	for i := first; i < n; i++ {
		v := r.at(i)
		page.Next = v.Sequence
		if !q.matches(v) {
			continue
		}
		if page.Verdicts = append(page.Verdicts, v); len(page.Verdicts) == q.Most {
			page.More = i+1 < n
			break
		}
	}
	return page, true
}

// scan reads from the stream, up to its end or a bound. Its consumer is gone when it returns.
func (s *Store) scan(ctx context.Context, q VerdictQuery) (page VerdictPage, err error) {
	page.Next = q.After
	fail := func(err error) (VerdictPage, error) {
		if ctx.Err() != nil {
			return page, context.Cause(ctx)
		}
		return page, fmt.Errorf("list verdicts: %w: %w", ErrUnavailable, err)
	}
	asking, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	info, err := s.stream.Info(asking)
	if err != nil {
		return fail(err)
	}
	last := info.State.LastSeq // all up to here will have been looked at
	cfg := jetstream.ConsumerConfig{
		FilterSubjects: Options{Profile: q.Profile, Types: q.Types}.filters(), AckPolicy: jetstream.AckNonePolicy,
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: q.After + 1,
		MemoryStorage: true, Replicas: 1, InactiveThreshold: 10 * time.Second,
	}
	if !q.Since.IsZero() {
		cfg.DeliverPolicy, cfg.OptStartSeq, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, 0, &q.Since
	}
	c, err := s.js.CreateConsumer(asking, StreamName, cfg)
	if err != nil {
		return fail(err)
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		_ = s.js.DeleteConsumer(ending, StreamName, c.CachedInfo().Name) // else it goes by itself in 10 s
	}()
	if c.CachedInfo().NumPending == 0 {
		page.Next = max(page.Next, last)
		return page, nil
	}
	if err := page.fill(ctx, c, q); err != nil {
		return fail(err)
	}
	if !page.More {
		page.Next = max(page.Next, last)
	}
	return page, nil
}

// fill takes what the consumer has, until the page is full, all is read or a bound is met.
func (page *VerdictPage) fill(ctx context.Context, c jetstream.Consumer, q VerdictQuery) error {
	const batch = 500
	for scanned, end := 0, time.Now().Add(scanTime); ; {
		msgs, err := c.Fetch(batch, jetstream.FetchMaxWait(timeout))
		if err != nil {
			return err
		}
		for msg := range msgs.Messages() {
			scanned++
			meta, err := msg.Metadata()
			if err != nil {
				return err
			}
			page.Next = meta.Sequence.Stream
			if v, err := decodeMsg(msg); err == nil && q.matches(v) { // what is no event concerns nobody here
				page.Verdicts = append(page.Verdicts, v)
			}
			if meta.NumPending == 0 {
				return nil
			}
			if len(page.Verdicts) == q.Most || scanned == mostScanned {
				page.More = true
				return nil
			}
		}
		if err := msgs.Error(); err != nil {
			return err
		}
		if page.More = true; time.Now().After(end) || ctx.Err() != nil {
			return context.Cause(ctx)
		}
		page.More = false
	}
}
