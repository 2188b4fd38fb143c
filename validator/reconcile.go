package validator

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"time"

	"airlock"
	"airlock/events"
	"airlock/validator/inspect"
)

// Ledger is what reconcile needs of the event store; *events.Store is one.
type Ledger interface {
	Grant(ctx context.Context, id string) (g airlock.Grant, found bool, err error)
	Last(ctx context.Context, id string) (v events.Verdict, found bool, err error)
	Record(ctx context.Context, v events.Verdict) error
	PurgeGrant(ctx context.Context, id string) error
	Grants(ctx context.Context) iter.Seq2[airlock.Grant, error]
	Turn(ctx context.Context, name string, d time.Duration) (mine bool, err error)
	Ping(ctx context.Context) error
	// Retention is how long verdicts are kept, as configured now; 0: for ever.
	Retention(ctx context.Context) (time.Duration, error)
}

// source is who said "look": it matters only where an object is missing.
type source string

const (
	fromQueue source = "queue"
	fromHint  source = "hint"
	fromSweep source = "sweep"
)

// outcome is what becomes of the notice.
type outcome int

const (
	done     outcome = iota // forget the notice
	handBack                // not now: let it come again later, and at last into the DLQ
)

// reconciler makes one upload right, whatever state it is in: PROTOCOL section 3, one function per
// step. It holds no state of its own, so any number may work, also on the same upload.
type reconciler struct {
	bucket     Bucket
	ledger     Ledger
	inspector  Inspector
	profiles   map[string]airlock.Profile
	quarantine airlock.Zone
	store      Capabilities
	version    string // of airlock, written on promoted objects
	metrics    *Metrics
	log        *slog.Logger

	// What a worker adds; nil: nothing.
	admit     func(ctx context.Context, from source, owner string) (place, error) // waits until this owner's upload may be read
	published func(took time.Duration)                                            // hears of each publish

	// What a simulation replaces; nil: the real ones.
	sleep func(ctx context.Context, d time.Duration) error
	rand  func() uint32
}

// errAgain tells that the state changed under a step: start over at S1, where reading decides.
var errAgain = errors.New("the state changed meanwhile")

// restarts is how often one call starts over before it lets others go first.
const restarts = 4

// attempt is one pass over one upload: what was read, and what was done.
type attempt struct {
	*reconciler
	upload  airlock.Upload
	from    source
	grant   airlock.Grant
	granted bool
	now     time.Time      // the store's time, which deadlines are held against; zero unless swept
	clean   airlock.Object // where the grant, now or at an earlier try, lets it go; zero if none was seen
	profile airlock.Profile
	place   place // of the uploads that are read at once
	started time.Time
	pinned  string // etag of the bytes that this attempt judged
	log     *slog.Logger
}

// look reconciles u. An error is trouble of S3 or NATS: hold the notice and call again; nothing
// was decided by it.
func (r *reconciler) look(ctx context.Context, u airlock.Upload, from source) (outcome, error) {
	return r.reconcile(ctx, attempt{upload: u, from: from})
}

// sweep is look for the sweeper, at the store's time now: only it may end an upload that never came.
func (r *reconciler) sweep(ctx context.Context, u airlock.Upload, now time.Time) (outcome, error) {
	return r.reconcile(ctx, attempt{upload: u, from: fromSweep, now: now})
}

func (r *reconciler) reconcile(ctx context.Context, first attempt) (outcome, error) {
	u := first.upload
	first.reconciler, first.log = r, r.log.With("upload", u.ID, "profile", u.Profile)
	for try := range restarts {
		a := first
		a.started = time.Now()
		out, err := a.begin(ctx)
		first.clean = a.clean // another worker may end the upload and purge its grant before the next try
		switch {
		case (errors.Is(err, events.ErrUnsure) || errors.Is(err, ErrUnknown)) && try == restarts-1:
			return handBack, fmt.Errorf("reconcile %s: %w", u.ID, err) // an outage in disguise
		case errors.Is(err, errAgain), errors.Is(err, events.ErrUnsure):
			r.metrics.race("restart")
			if err := r.pause(ctx, jitter(20*time.Millisecond<<try)); err != nil {
				return handBack, err
			}
			continue
		case err != nil:
			return handBack, fmt.Errorf("reconcile %s: %w", u.ID, err)
		}
		return out, nil
	}
	return handBack, nil
}

// nonce makes an attempt's name in the clean zone its own.
func (r *reconciler) nonce() string {
	if r.rand != nil {
		return fmt.Sprintf("%08x", r.rand())
	}
	return fmt.Sprintf("%08x", rand.Uint32())
}

func (r *reconciler) pause(ctx context.Context, d time.Duration) error {
	if r.sleep != nil {
		return r.sleep(ctx, d)
	}
	return sleep(ctx, d)
}

// begin is S1: a verdict ends it, a grant lets it go on, neither is decision 12.
func (a *attempt) begin(ctx context.Context) (outcome, error) {
	var err error
	if a.grant, a.granted, err = a.ledger.Grant(ctx, a.upload.ID); err != nil {
		return handBack, err
	}
	if a.granted && a.grant.Profile == a.upload.Profile {
		a.clean = a.grant.Clean
	}
	verdict, ended, err := a.ledger.Last(ctx, a.upload.ID)
	if err == nil && !ended && !a.granted { // the grant may have gone for a verdict meanwhile
		verdict, ended, err = a.ledger.Last(ctx, a.upload.ID)
	}
	if err != nil {
		return handBack, err
	}
	if ended {
		return a.cleanUp(ctx, verdict)
	}
	if !a.granted || a.grant.Profile != a.upload.Profile {
		return a.withoutGrant(ctx)
	}
	var known bool
	if a.profile, known = a.profiles[a.grant.Profile]; !known {
		a.log.ErrorContext(ctx, "an upload's profile is not configured here; handed back")
		return handBack, nil
	}
	if a.overdue() && a.grant.Method == airlock.MethodMultipart {
		if err := a.abortUploads(ctx, a.object()); err != nil {
			return handBack, err
		}
	}
	if a.grant.Cancelled {
		return a.cancelled(ctx)
	}
	return a.judge(ctx)
}

// overdue tells that no upload that began in time can still be under way.
func (a *attempt) overdue() bool { return a.from == fromSweep && a.now.After(a.grant.Deadline) }

// withoutGrant is decision 12: no grant, no deed. A wrong or restored NATS must not destroy honest
// files.
func (a *attempt) withoutGrant(ctx context.Context) (outcome, error) {
	_, err := a.bucket.Head(ctx, a.object())
	switch {
	case errors.Is(err, ErrGone):
		a.metrics.ignored("no_grant_no_object")
		return done, nil
	case err != nil:
		return handBack, err
	}
	a.log.WarnContext(ctx, "an object in quarantine has no grant; it is left alone and the notice handed back")
	return handBack, nil
}

func (a *attempt) object() airlock.Object { return a.quarantine.Object(a.upload) }

// judge is S2 and S3: read the object's beginning, pin it, decide.
func (a *attempt) judge(ctx context.Context) (outcome, error) {
	if a.admit != nil {
		here, err := a.admit(ctx, a.from, a.grant.Owner)
		if err != nil {
			return handBack, err
		}
		defer here.release()
		a.place = here
	}
	head, data, err := a.bucket.Read(ctx, a.object(), inspect.Window)
	if errors.Is(err, ErrGone) {
		return a.gone(ctx)
	}
	if err != nil {
		return handBack, err
	}
	a.pinned = head.ETag
	f := airlock.Facts{
		Size: head.Size, ETag: head.ETag, VersionID: head.VersionID, LastModified: head.LastModified,
		ChecksumSHA256: head.ChecksumSHA256, Requests: 1, BytesRead: int64(len(data)), Checks: []string{"size"},
	}
	if err := a.inspect(ctx, &f, a.object(), data); err != nil {
		return handBack, err
	}
	verdict := Judge(a.profile, a.grant, f)
	if verdict.Result == airlock.Accepted {
		return a.promote(ctx, f, verdict)
	}
	return a.record(ctx, a.verdict(verdict, f))
}

// inspect looks at the bytes, if their size alone does not decide. Its error is trouble of the store,
// or errAgain where the object is not the same any more.
func (a *attempt) inspect(ctx context.Context, f *airlock.Facts, o airlock.Object, head []byte) error {
	if _, bad := judgeSize(a.profile, a.grant, *f); bad {
		a.metrics.bytesRead(len(head))
		return nil
	}
	first := len(head)
	all := &pinned{ctx: ctx, bucket: a.bucket, object: o, pin: Pin{f.ETag, f.VersionID}, size: f.Size, head: head, pause: a.pause}
	defer all.close()
	aside := func() (back func(), err error) {
		if a.place.aside == nil {
			return func() {}, nil
		}
		all.forget()
		return a.place.aside()
	}
	_, err := gather(ctx, a.inspector, a.profile, a.grant, f, head, all, aside)
	f.BytesRead, f.Requests = f.BytesRead+all.bytes, f.Requests+all.requests
	a.metrics.bytesRead(first + int(all.bytes))
	f.Spent = time.Since(a.started)
	if errors.Is(err, ErrChanged) || errors.Is(err, ErrGone) {
		return fmt.Errorf("%w: %w", errAgain, err)
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// jitter is d give or take a fifth, so that those who wait together don't come back together.
func jitter(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*d/5+1)
}
