package crew

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"airlock"
	"airlock/events"
	"airlock/validator"
)

// Points are the places in the protocol where a validator can die, or something else can happen: each
// is a step of reconcile or of the worker, before it is begun or after it is done.
var Points = []string{
	"receive.after", "grant.after", "last.after", "read.after", "copy.before", "copy.after", "head.after", "record.before", "record.after",
	"delete.before", "delete.after", "purge.before", "purge.after", "ack.before", "ack.after", "hide.after",
}

// trap does something at a point: at the n-th time that it is reached, or each time if n is 0.
type trap struct {
	at string
	n  int
	do func(u airlock.Upload)

	mu   sync.Mutex
	hits int
}

// parseKillAt reads AIRLOCK_KILL_AT: "copy.after:3".
func parseKillAt(s string) (at string, n int, err error) {
	at, count, ok := strings.Cut(s, ":")
	if n, err = strconv.Atoi(count); !ok || err != nil || n < 1 {
		return "", 0, fmt.Errorf("AIRLOCK_KILL_AT=%s: it is <step>:<n>", s)
	}
	return at, n, nil
}

func (t *trap) reach(at string, u airlock.Upload) {
	if t == nil || t.at != at {
		return
	}
	t.mu.Lock()
	t.hits++
	hit := t.n == 0 || t.hits == t.n
	t.mu.Unlock()
	if hit {
		t.do(u)
	}
}

// die is SIGKILL: nothing is finished, nothing is said.
func die(airlock.Upload) {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// trappedBucket reaches points around each step of S3.
type trappedBucket struct {
	validator.Bucket
	trap *trap
	zone airlock.Zone // quarantine
	slow *sync.Mutex  // held during slowed reads: one at a time
	wait time.Duration
}

func (b *trappedBucket) upload(o airlock.Object) airlock.Upload {
	u, _ := b.zone.Upload(o.Key) // a clean object is no upload
	return u
}

// Read can be slow, one after another, as with a single worker.
func (b *trappedBucket) Read(ctx context.Context, o airlock.Object, n int64) (validator.Head, []byte, error) {
	if b.wait > 0 {
		b.slow.Lock()
		time.Sleep(b.wait)
		b.slow.Unlock()
	}
	h, data, err := b.Bucket.Read(ctx, o, n)
	b.trap.reach("read.after", b.upload(o))
	return h, data, err
}

// Head is [validator.Bucket.Head].
func (b *trappedBucket) Head(ctx context.Context, o airlock.Object) (validator.Head, error) {
	h, err := b.Bucket.Head(ctx, o)
	b.trap.reach("head.after", b.upload(o))
	return h, err
}

// Copy is [validator.Bucket.Copy].
func (b *trappedBucket) Copy(ctx context.Context, spec validator.CopySpec) (validator.Head, error) {
	u := b.upload(spec.From)
	b.trap.reach("copy.before", u)
	h, err := b.Bucket.Copy(ctx, spec)
	b.trap.reach("copy.after", u)
	return h, err
}

// Delete is [validator.Bucket.Delete].
func (b *trappedBucket) Delete(ctx context.Context, o airlock.Object, etag string) error {
	b.trap.reach("delete.before", b.upload(o))
	err := b.Bucket.Delete(ctx, o, etag)
	b.trap.reach("delete.after", b.upload(o))
	return err
}

// trappedLedger reaches points around each step of NATS.
type trappedLedger struct {
	validator.Ledger
	trap    *trap
	profile string // where only the id is known
}

func (l *trappedLedger) upload(id string) airlock.Upload {
	return airlock.Upload{Profile: l.profile, ID: id}
}

// Grant is [validator.Ledger.Grant].
func (l *trappedLedger) Grant(ctx context.Context, id string) (airlock.Grant, bool, error) {
	g, found, err := l.Ledger.Grant(ctx, id)
	l.trap.reach("grant.after", l.upload(id))
	return g, found, err
}

// Last is [validator.Ledger.Last].
func (l *trappedLedger) Last(ctx context.Context, id string) (events.Verdict, bool, error) {
	v, found, err := l.Ledger.Last(ctx, id)
	l.trap.reach("last.after", l.upload(id))
	return v, found, err
}

// Record is [validator.Ledger.Record].
func (l *trappedLedger) Record(ctx context.Context, v events.Verdict) error {
	l.trap.reach("record.before", l.upload(v.UploadID))
	err := l.Ledger.Record(ctx, v)
	l.trap.reach("record.after", l.upload(v.UploadID))
	return err
}

// PurgeGrant is [validator.Ledger.PurgeGrant].
func (l *trappedLedger) PurgeGrant(ctx context.Context, id string) error {
	l.trap.reach("purge.before", l.upload(id))
	err := l.Ledger.PurgeGrant(ctx, id)
	l.trap.reach("purge.after", l.upload(id))
	return err
}

// trappedQueue reaches points around each step of SQS, and tells the parent what is held.
type trappedQueue struct {
	validator.Queue
	trap       *trap
	visibility time.Duration
	mu         sync.Mutex // one line at a time
}

// tell prints one line for each message. A pipe keeps it though this process be killed.
func (q *trappedQueue) tell(word string, messages []validator.Message) {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintln(&b, word, m.ID, m.Receives)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	_, _ = os.Stdout.WriteString(b.String())
}

// Receive is [validator.Queue.Receive].
func (q *trappedQueue) Receive(ctx context.Context, limit int, wait time.Duration) ([]validator.Message, error) {
	m, err := q.Queue.Receive(ctx, limit, wait)
	if q.tell("received", m); len(m) > 0 {
		q.trap.reach("receive.after", airlock.Upload{})
	}
	return m, err
}

// Delete is [validator.Queue.Delete].
func (q *trappedQueue) Delete(ctx context.Context, m []validator.Message) ([]validator.Message, error) {
	q.trap.reach("ack.before", airlock.Upload{})
	failed, err := q.Queue.Delete(ctx, m)
	q.trap.reach("ack.after", airlock.Upload{})
	q.tell("deleted", without(m, failed))
	return failed, err
}

// Hide is [validator.Queue.Hide]. What is hidden for another time than the heartbeat's is handed back.
func (q *trappedQueue) Hide(ctx context.Context, m []validator.Message, d time.Duration) ([]validator.Message, error) {
	failed, err := q.Queue.Hide(ctx, m, d)
	q.trap.reach("hide.after", airlock.Upload{})
	if d != q.visibility {
		q.tell("returned", m)
	}
	return failed, err
}

func without(all, some []validator.Message) (rest []validator.Message) {
	drop := map[string]bool{}
	for _, m := range some {
		drop[m.Handle] = true
	}
	for _, m := range all {
		if !drop[m.Handle] {
			rest = append(rest, m)
		}
	}
	return rest
}
