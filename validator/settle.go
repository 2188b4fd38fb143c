package validator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"airlock"
	"airlock/events"
	"airlock/validator/inspect"
)

// The second half of reconcile: S4 to S7, what follows from what was seen.

// promote is S4: the copy is the commit point of "accepted".
func (a *attempt) promote(ctx context.Context, f airlock.Facts, v airlock.Verdict) (outcome, error) {
	to := a.destination(f.ETag)
	copied, err := a.bucket.Copy(ctx, CopySpec{
		From: a.object(), ETag: f.ETag, VersionID: f.VersionID, To: to, Size: f.Size,
		ContentType: v.Type, Disposition: disposition(a.profile, v.Type),
		CacheControl: a.profile.Serve.CacheControl, Metadata: a.cleanMetadata(f),
	})
	switch {
	case err == nil:
		a.metrics.promoted(f.Size)
		return a.accept(ctx, a.verdict(v, f), f, to, copied)
	case ctx.Err() != nil:
		return handBack, err
	}
	a.metrics.unknown("copy")
	clean, herr := a.bucket.Head(ctx, to)
	switch {
	case herr == nil: // this or an earlier attempt did it, maybe of earlier bytes: that commit stands
		return a.acceptClean(ctx, to, clean, false)
	case !errors.Is(herr, ErrGone):
		return handBack, herr
	case errors.Is(err, ErrChanged), errors.Is(err, ErrGone), errors.Is(err, ErrUnknown):
		return handBack, fmt.Errorf("%w: %w", errAgain, err)
	}
	return handBack, err
}

// destination is where what has this etag goes. Where the store can't be told to copy only if
// nothing is there, each attempt has a key of its own below the upload's: the etag alone would not
// do, since a second copy could bring other bytes of the same MD5 over what was announced.
func (a *attempt) destination(etag string) airlock.Object {
	if a.store.CopyDestination {
		return a.clean
	}
	return airlock.Object{Bucket: a.clean.Bucket, Key: a.clean.Key + "/" + airlock.Key(etag16(etag)+"-"+a.nonce())}
}

// attemptName is what [attempt.destination] puts last into a key.
var attemptName = regexp.MustCompile(`^[0-9a-f]{16}-[0-9a-f]{8}$`)

// etag16 is 16 hex digits that stand for an etag in a key.
func etag16(etag string) string {
	if len(etag) >= 16 {
		if _, err := hex.DecodeString(etag[:16]); err == nil && etag[:16] == strings.ToLower(etag[:16]) {
			return etag[:16]
		}
	}
	sum := sha256.Sum256([]byte(etag))
	return hex.EncodeToString(sum[:8])
}

// gone is S2x: the object is not there and there is no verdict.
func (a *attempt) gone(ctx context.Context) (outcome, error) {
	if found, out, err := a.acceptPromoted(ctx); found || err != nil {
		return out, err
	}
	reason, detail := airlock.ObjectGone, "the object left quarantine before it was judged"
	switch {
	case a.from == fromHint: // a hint may come before the PUT: it never ends an upload as gone
		a.metrics.ignored("early_hint")
		return done, nil
	case a.overdue():
		reason, detail = airlock.NeverUploaded, "nothing was uploaded in time"
	case a.from == fromSweep: // it went while we looked; its notice or the deadline will tell
		return done, nil
	}
	return a.expire(ctx, reason, detail)
}

// cancelled ends an upload whose client no longer wants it. It must wait until no PUT can come any
// more, and what was promoted before stands.
func (a *attempt) cancelled(ctx context.Context) (outcome, error) {
	if found, out, err := a.acceptPromoted(ctx); found || err != nil {
		return out, err
	}
	if !a.overdue() {
		a.metrics.ignored("cancelled")
		return done, nil
	}
	return a.expire(ctx, airlock.Cancelled, "the client took its upload back")
}

func (a *attempt) expire(ctx context.Context, r airlock.Reason, detail string) (outcome, error) {
	return a.record(ctx, a.verdict(airlock.Verdict{Result: airlock.Expired, Reason: r, Detail: detail}, airlock.Facts{}))
}

// acceptPromoted announces what an attempt promoted that died before its event.
func (a *attempt) acceptPromoted(ctx context.Context) (found bool, out outcome, err error) {
	at := a.clean
	if !a.store.CopyDestination {
		for o, err := range a.bucket.List(ctx, below(a.clean)) {
			if err != nil {
				return false, handBack, err
			}
			at, found = o.Object, true
			break
		}
		if !found {
			return false, done, nil
		}
	}
	clean, err := a.bucket.Head(ctx, at)
	switch {
	case errors.Is(err, ErrGone):
		return false, done, nil
	case err != nil:
		return false, handBack, err
	}
	// Quarantine is emptied after the event only: if a lifecycle rule did not do it, the event store
	// has lost what it had acknowledged, and subscribers have seen it already.
	out, err = a.acceptClean(ctx, at, clean, true)
	return true, out, err
}

// below is the zone of the keys that carry an etag.
func below(o airlock.Object) airlock.Zone {
	return airlock.Zone{Bucket: o.Bucket, Prefix: string(o.Key) + "/"}
}

// acceptClean is S5 by what the clean object itself tells.
func (a *attempt) acceptClean(ctx context.Context, at airlock.Object, clean Head, republished bool) (outcome, error) {
	f, err := factsOf(clean, a.upload)
	if err != nil {
		a.log.ErrorContext(ctx, "the clean key holds an object that is not this upload; handed back", "object", at.String(), "error", err)
		return handBack, nil
	}
	f.Spent = time.Since(a.started)
	event := a.verdict(airlock.Verdict{Result: airlock.Accepted}, f)
	event.Republished = republished
	return a.accept(ctx, event, f, at, clean)
}

// accept is S5: announce what lies at the clean key, once it is sure to be what was judged.
func (a *attempt) accept(ctx context.Context, event events.Verdict, f airlock.Facts, at airlock.Object, clean Head) (outcome, error) {
	if declared := a.grant.ChecksumSHA256; declared != "" && clean.ChecksumSHA256 != "" && clean.ChecksumSHA256 != declared {
		v := reject(airlock.ChecksumMismatch, "the SHA-256 is %s, declared was %s", clean.ChecksumSHA256, declared)
		return a.record(ctx, a.verdict(v, f)) // of a form, by a store that does not look at it
	}
	if a.mutable(f) {
		bad, err := a.verify(ctx, at, clean)
		if err != nil {
			return handBack, err
		}
		if bad != "" {
			return a.record(ctx, a.verdict(airlock.Verdict{Result: airlock.Rejected, Reason: airlock.Mutated, Detail: bad}, f))
		}
	}
	event.Clean = &events.Clean{Bucket: at.Bucket, Key: at.Key, ETag: clean.ETag}
	if clean.VersionID != "" {
		event.Clean.VersionID = &clean.VersionID
	}
	if event.ChecksumSHA256 == "" {
		event.ChecksumSHA256 = clean.ChecksumSHA256
	}
	return a.record(ctx, event)
}

// mutable tells whether the client could have put other bytes of the same etag between our look and
// our copy: not where S3 takes the object once, nor where a version was copied.
func (a *attempt) mutable(f airlock.Facts) bool {
	return f.VersionID == "" && (a.grant.Method != airlock.MethodPut || !a.store.PutOnce)
}

// verify judges what was copied once more, at the clean key, where nobody can change it any more:
// an etag is MD5, and two files of one MD5 are easily made. bad says what is wrong with it.
func (a *attempt) verify(ctx context.Context, at airlock.Object, clean Head) (bad string, err error) {
	head, data, err := a.bucket.Read(ctx, at, inspect.Window)
	switch {
	case errors.Is(err, ErrGone), err == nil && head.ETag != clean.ETag:
		return "", errAgain // another worker cleaned up by its verdict
	case err != nil:
		return "", err
	}
	f := airlock.Facts{Size: head.Size, ETag: head.ETag, LastModified: head.LastModified, ChecksumSHA256: clean.ChecksumSHA256}
	if err := a.inspect(ctx, &f, at, data); err != nil {
		return "", err
	}
	if v := Judge(a.profile, a.grant, f); v.Result != airlock.Accepted {
		a.log.WarnContext(ctx, "an object was overwritten while it was judged", "reason", v.Reason, "detail", v.Detail)
		return fmt.Sprintf("it was overwritten while it was judged: %s", v.Detail), nil
	}
	return "", nil
}

// record is S6: publish if there is no verdict yet. Whatever the answer leaves open, reading again
// decides.
func (a *attempt) record(ctx context.Context, v events.Verdict) (outcome, error) {
	began := time.Now()
	err := a.ledger.Record(ctx, v)
	if a.published != nil {
		a.published(time.Since(began))
	}
	if err != nil {
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
	if err := a.emptyClean(ctx, v); err != nil {
		return handBack, err
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
	case errors.Is(err, ErrHidden): // older versions are left
	case errors.Is(err, ErrGone):
		return nil
	case err != nil:
		return err
	case head.ETag != v.ETag:
		a.replayed(ctx, "after_verdict")
	}
	return a.bucket.Delete(ctx, a.object(), "")
}

// emptyClean takes away every copy but the one that was announced.
func (a *attempt) emptyClean(ctx context.Context, v events.Verdict) error {
	if a.clean == (airlock.Object{}) && v.Clean != nil && !a.store.CopyDestination { // the grant has gone
		if dir, name := path.Split(string(v.Clean.Key)); attemptName.MatchString(name) {
			a.clean = airlock.Object{Bucket: v.Clean.Bucket, Key: airlock.Key(path.Clean(dir))}
		}
	}
	if a.clean == (airlock.Object{}) {
		return nil
	}
	if a.store.CopyDestination {
		if v.Result == airlock.Accepted {
			return nil // there is but one
		}
		return a.bucket.Delete(ctx, a.clean, "")
	}
	for o, err := range a.bucket.List(ctx, below(a.clean)) {
		if err != nil {
			return err
		}
		if v.Clean != nil && v.Clean.Key == o.Object.Key {
			continue
		}
		if err := a.bucket.Delete(ctx, o.Object, ""); err != nil {
			return err
		}
	}
	return nil
}

// abortUploads gives up what a client began at o and never completed.
func (a *attempt) abortUploads(ctx context.Context, o airlock.Object) error {
	for u, err := range a.bucket.Uploads(ctx, airlock.Zone{Bucket: o.Bucket, Prefix: string(o.Key)}) {
		if err != nil {
			return err
		}
		if err := a.bucket.Abort(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// replayed counts a PUT that came after what was judged (SECURITY LOG-3).
func (a *attempt) replayed(ctx context.Context, phase string) {
	a.metrics.replay(phase)
	a.log.WarnContext(ctx, "an object was put after the verdict; deleted without an event", "phase", phase)
}
