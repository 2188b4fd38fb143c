package validator

import (
	"context"
	"errors"
	"slices"
	"sync"

	"airlock"
)

// batchLimit is how many keys are deleted with one request. S3 takes 1000; with fewer nobody waits
// long for the others.
const batchLimit = 100

// deletes joins what is to be deleted of a bucket at the same time into one request. Who finds no
// request under way sends one at once. Who comes meanwhile waits, and then the first of them sends
// one for all: so nobody waits for a timer, no goroutine runs when nobody waits, and no caller sends
// more than one. The zero value is ready.
type deletes struct {
	mu      sync.Mutex
	buckets map[string]*line
}

// A line is who waits for one bucket.
type line struct {
	waiting []*deletion // in the order of coming
	leader  *deletion   // who sends now, or is about to; nil: nobody, and nobody waits
}

// A deletion is one caller's.
type deletion struct {
	object airlock.Object
	etag   string // "": whatever it has
	lead   chan struct{}
	done   chan deleted // holds one
	batch  *batch       // nil: not sent yet
}

// deleted is what S3 said of one key.
type deleted struct {
	marker bool // a delete marker was set, so that the bucket is versioned
	again  bool // it said nothing that counts: ask for this key alone
	err    error
}

// A batch is sent with one request, and given up when none of its callers waits for it any more.
type batch struct {
	deletions []*deletion
	waiting   int
	giveUp    context.CancelFunc
}

// do returns what became of one deletion, or the end of ctx, which harms no other caller. send gets
// deletions of one bucket, and no two of one key with different etags; it answers by key.
func (d *deletes) do(ctx context.Context, o airlock.Object, etag string, send func(context.Context, []*deletion) map[airlock.Key]deleted) deleted {
	mine := &deletion{object: o, etag: etag, lead: make(chan struct{}), done: make(chan deleted, 1)}
	d.enter(mine)
	select {
	case result := <-mine.done:
		return result
	case <-ctx.Done():
		d.leave(mine)
		return deleted{err: context.Cause(ctx)}
	case <-mine.lead:
	}
	d.send(ctx, mine, send)
	result := <-mine.done
	if ctx.Err() != nil && errors.Is(result.err, context.Canceled) { // given up, since all had gone
		result.err = context.Cause(ctx)
	}
	return result
}

func (d *deletes) enter(mine *deletion) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.buckets[mine.object.Bucket]
	if l == nil {
		l = &line{}
		if d.buckets == nil {
			d.buckets = map[string]*line{}
		}
		d.buckets[mine.object.Bucket] = l
	}
	l.waiting = append(l.waiting, mine)
	if l.leader == nil {
		l.next()
	}
}

// next makes the first who waits the leader. The caller holds the lock.
func (l *line) next() {
	l.leader = nil
	if len(l.waiting) > 0 {
		l.leader = l.waiting[0]
		close(l.leader.lead)
	}
}

// leave is for a caller who waits no more.
func (d *deletes) leave(mine *deletion) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := mine.batch; b != nil {
		if b.waiting--; b.waiting == 0 {
			b.giveUp()
		}
		return
	}
	l := d.buckets[mine.object.Bucket]
	l.waiting = slices.DeleteFunc(l.waiting, func(other *deletion) bool { return other == mine })
	if l.leader == mine {
		l.next()
	}
}

// send is the leader's: it sends for all who wait, and hands on.
func (d *deletes) send(ctx context.Context, mine *deletion, send func(context.Context, []*deletion) map[airlock.Key]deleted) {
	shared, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	d.mu.Lock()
	l := d.buckets[mine.object.Bucket]
	b := l.take(giveUp)
	d.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { d.leave(mine) }) // the leader waits on, but no longer counts
	results := send(shared, b.deletions)
	stop()
	d.mu.Lock()
	l.next()
	d.mu.Unlock()
	for _, one := range b.deletions {
		one.done <- results[one.object.Key]
	}
}

// take makes a batch of those who came first, the leader among them. Who wants the same as another
// shares its place; who wants the same key on another condition waits for the next batch, since S3
// answers by key. The caller holds the lock.
func (l *line) take(giveUp context.CancelFunc) *batch {
	b := &batch{giveUp: giveUp}
	etags := map[airlock.Key]string{}
	var rest []*deletion
	for _, one := range l.waiting {
		etag, known := etags[one.object.Key]
		if known && etag != one.etag || !known && len(etags) == batchLimit {
			rest = append(rest, one)
			continue
		}
		etags[one.object.Key] = one.etag
		one.batch = b
		b.deletions = append(b.deletions, one)
	}
	b.waiting, l.waiting = len(b.deletions), rest
	return b
}
