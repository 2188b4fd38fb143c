package validator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"airlock"
	"airlock/events"
)

// Ledger is what reconcile needs of the event store; *events.Store is one.
type Ledger interface {
	Grant(ctx context.Context, id string) (g airlock.Grant, found bool, err error)
	Last(ctx context.Context, id string) (v events.Verdict, found bool, err error)
	Record(ctx context.Context, v events.Verdict) error
	PurgeGrant(ctx context.Context, id string) error
	Ping(ctx context.Context) error
	// Retention is how long verdicts are kept, as configured now; 0: for ever.
	Retention(ctx context.Context) (time.Duration, error)
}

// source is who said "look": it matters only where an object is missing.
type source string

const (
	fromQueue source = "queue"
	fromHint  source = "hint"
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
	profiles   map[string]airlock.Profile
	quarantine airlock.Zone
	version    string // of airlock, written on promoted objects
	metrics    *Metrics
	log        *slog.Logger
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
	clean   airlock.Object // where the grant, now or at an earlier try, lets it go; zero if none was seen
	profile airlock.Profile
	started time.Time
	pinned  string // etag of the bytes that this attempt judged
	log     *slog.Logger
}

// look reconciles u. An error is trouble of S3 or NATS: hold the notice and call again; nothing
// was decided by it.
func (r *reconciler) look(ctx context.Context, u airlock.Upload, from source) (outcome, error) {
	var clean airlock.Object
	for try := range restarts {
		a := &attempt{reconciler: r, upload: u, from: from, clean: clean, started: time.Now(), log: r.log.With("upload", u.ID, "profile", u.Profile)}
		out, err := a.begin(ctx)
		clean = a.clean // another worker may end the upload and purge its grant before the next try
		switch {
		case errors.Is(err, events.ErrUnsure) && try == restarts-1:
			return handBack, fmt.Errorf("reconcile %s: %w", u.ID, err) // an outage in disguise
		case errors.Is(err, errAgain), errors.Is(err, events.ErrUnsure):
			r.metrics.race("restart")
			if err := sleep(ctx, jitter(20*time.Millisecond<<try)); err != nil {
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
	return a.judge(ctx)
}

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
	head, data, err := a.bucket.Read(ctx, a.object(), sniffWindow)
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
	a.metrics.bytesRead(len(data))
	if _, bad := judgeSize(a.profile, a.grant, f); !bad {
		inspectSafely(&f, data)
	}
	f.Spent = time.Since(a.started)
	verdict := Judge(a.profile, a.grant, f)
	if verdict.Result == airlock.Accepted {
		return a.promote(ctx, f, verdict)
	}
	return a.record(ctx, a.verdict(verdict, f))
}

// inspectSafely holds the one recover of the house: a panic on a hostile file is that file's
// verdict, never the process's end (SECURITY VAL-5).
func inspectSafely(f *airlock.Facts, data []byte) {
	defer func() {
		if r := recover(); r != nil {
			f.Findings = append([]airlock.Finding{{Reason: airlock.Uninspectable, Detail: "an inspector failed on this content"}}, f.Findings...)
		}
	}()
	inspect(f, data)
}

// promote is S4: the copy is the commit point of "accepted".
func (a *attempt) promote(ctx context.Context, f airlock.Facts, v airlock.Verdict) (outcome, error) {
	copied, err := a.bucket.Copy(ctx, CopySpec{
		From: a.object(), ETag: f.ETag, VersionID: f.VersionID, To: a.grant.Clean, Size: f.Size,
		ContentType: v.Type, Disposition: disposition(a.profile, v.Type),
		CacheControl: a.profile.Serve.CacheControl, Metadata: a.cleanMetadata(f),
	})
	switch {
	case err == nil:
		a.metrics.promoted(f.Size)
		event := a.verdict(v, f)
		return a.accept(ctx, event, copied)
	case ctx.Err() != nil:
		return handBack, err
	}
	a.metrics.unknown("copy")
	clean, herr := a.bucket.Head(ctx, a.grant.Clean)
	switch {
	case herr == nil: // this or an earlier attempt did it, maybe of earlier bytes: that commit stands
		return a.acceptClean(ctx, clean)
	case !errors.Is(herr, ErrGone):
		return handBack, herr
	case errors.Is(err, ErrChanged), errors.Is(err, ErrGone), errors.Is(err, ErrUnknown):
		return handBack, errAgain
	}
	return handBack, err
}

// gone is S2x: the object is not there and there is no verdict.
func (a *attempt) gone(ctx context.Context) (outcome, error) {
	clean, err := a.bucket.Head(ctx, a.grant.Clean)
	switch {
	case err == nil: // promoted by an attempt that died before its event
		return a.acceptClean(ctx, clean)
	case !errors.Is(err, ErrGone):
		return handBack, err
	case a.from == fromHint: // a hint may come before the PUT: it never ends an upload as gone
		a.metrics.ignored("early_hint")
		return done, nil
	}
	return a.record(ctx, a.verdict(airlock.Verdict{
		Result: airlock.Expired, Reason: airlock.ObjectGone, Detail: "the object left quarantine before it was judged",
	}, airlock.Facts{}))
}

// acceptClean is S5 by what the clean object itself tells.
func (a *attempt) acceptClean(ctx context.Context, clean Head) (outcome, error) {
	f, err := factsOf(clean, a.upload)
	if err != nil {
		a.log.ErrorContext(ctx, "the clean key holds an object that is not this upload; handed back", "object", a.grant.Clean.String(), "error", err)
		return handBack, nil
	}
	f.Spent = time.Since(a.started)
	return a.accept(ctx, a.verdict(airlock.Verdict{Result: airlock.Accepted}, f), clean)
}

func (a *attempt) accept(ctx context.Context, event events.Verdict, clean Head) (outcome, error) {
	event.Clean = &events.Clean{Bucket: a.grant.Clean.Bucket, Key: a.grant.Clean.Key, ETag: clean.ETag}
	if clean.VersionID != "" {
		event.Clean.VersionID = &clean.VersionID
	}
	if event.ChecksumSHA256 == "" {
		event.ChecksumSHA256 = clean.ChecksumSHA256
	}
	return a.record(ctx, event)
}

// record is S6: publish if there is no verdict yet. Whatever the answer leaves open, reading again
// decides.
func (a *attempt) record(ctx context.Context, v events.Verdict) (outcome, error) {
	if err := a.ledger.Record(ctx, v); err != nil {
		return handBack, err
	}
	a.metrics.result(v)
	a.log.InfoContext(ctx, "verdict", "result", v.Result, "reason", v.Reason, "detail", v.Detail,
		"declared", v.DeclaredType, "detected", v.DetectedType, "size", v.Size, "source", a.from,
		"milliseconds", v.Inspection.Milliseconds)
	return a.cleanUp(ctx, v)
}

// cleanUp is S7: by what is recorded, never by what this worker believes. Quarantine goes before
// clean, so that no copy can follow. The grant goes last: while it is there, clean-up is not done.
func (a *attempt) cleanUp(ctx context.Context, v events.Verdict) (outcome, error) {
	if err := a.emptyQuarantine(ctx, v); err != nil {
		return handBack, err
	}
	if v.Result != airlock.Accepted && a.clean != (airlock.Object{}) {
		if err := a.bucket.Delete(ctx, a.clean, ""); err != nil {
			return handBack, err
		}
	}
	if a.granted {
		if err := a.ledger.PurgeGrant(ctx, a.upload.ID); err != nil {
			return handBack, err
		}
	}
	return done, nil
}

func (a *attempt) emptyQuarantine(ctx context.Context, v events.Verdict) error {
	if a.pinned != "" && a.pinned == v.ETag {
		err := a.bucket.Delete(ctx, a.object(), a.pinned)
		if err == nil || !errors.Is(err, ErrChanged) {
			return err
		}
		a.replayed(ctx, "before_delete")
		return a.bucket.Delete(ctx, a.object(), "")
	}
	head, err := a.bucket.Head(ctx, a.object())
	switch {
	case errors.Is(err, ErrGone):
		return nil
	case err != nil:
		return err
	case head.ETag != v.ETag:
		a.replayed(ctx, "after_verdict")
	}
	return a.bucket.Delete(ctx, a.object(), "")
}

// replayed counts a PUT that came after what was judged (SECURITY LOG-3).
func (a *attempt) replayed(ctx context.Context, phase string) {
	a.metrics.replay(phase)
	a.log.WarnContext(ctx, "an object was put after the verdict; deleted without an event", "phase", phase)
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
