package validator

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"airlock"
	"airlock/events"
)

// Swept is one thing that a sweep found, and what it did about it or would do.
type Swept struct {
	Zone   string         // quarantine, grants, clean or uploads
	Upload string         // its id; "" where the key names none
	Object airlock.Object // zero for a grant
	Action SweepAction
	Why    string // for people
}

// SweepAction is what a sweep does with what it finds.
type SweepAction string

// The actions. Only delete and abort take something away, and only what a verdict or a deadline
// has ended.
const (
	SweepJudge    SweepAction = "judge"    // the queue forgot it: judge it now
	SweepCleanUp  SweepAction = "clean_up" // it has its verdict: take away what is left of it
	SweepAnnounce SweepAction = "announce" // it was promoted but not announced
	SweepExpire   SweepAction = "expire"   // nothing came in time
	SweepDelete   SweepAction = "delete"   // a copy that lost to another verdict
	SweepAbort    SweepAction = "abort"    // a multipart upload that nobody will complete
	SweepLeave    SweepAction = "leave"    // no grant, no deed
)

// sweeper finds what notifications forgot and what dead workers left (PROTOCOL decision 11). It
// decides nothing by itself: it looks where something may be wrong, and reconcile makes it right. So
// it may run beside workers and other sweepers.
type sweeper struct {
	recon     *reconciler
	clean     []airlock.Zone
	age       time.Duration // what is younger is left to the queue
	retention time.Duration // of verdicts: of older clean objects nothing is known any more
	workers   int           // uploads looked at at once
	dry       bool
	turns     *turns // nil: nobody else of this process
	report    func(Swept)

	mu      sync.Mutex
	oldest  time.Duration
	checked time.Time // every clean object stored before has been looked at
	whole   time.Time // when that was last asked of all of them
	rest    time.Time // a clean zone that takes long to list is listed more seldom
}

const (
	cleanAge   = 7 * 24 * time.Hour // up to which clean objects are held against their verdicts
	wholeEvery = 24 * time.Hour     // S3 dates what was copied in parts by its beginning, maybe hours before it is there
	probeAge   = time.Hour          // no start-up probe lives so long; a younger one may be under way
	mostGrants = 50_000             // of one pass, which holds them in memory; the next takes the rest
)

// run makes one pass. It ends at the first trouble of S3 or NATS; the next pass goes on.
func (s *sweeper) run(ctx context.Context) error {
	now, err := s.recon.bucket.Now(ctx, s.recon.quarantine.Bucket)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	s.oldest = 0
	for _, pass := range []func(context.Context, time.Time) error{s.sweepQuarantine, s.sweepGrants, s.sweepUploads, s.sweepClean} {
		if err := pass(ctx, now); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	if !s.dry {
		s.recon.metrics.sweptAll(now, s.oldest)
	}
	return nil
}

// each calls visit for what items yields, several at once, until the first error.
func each[T any](ctx context.Context, workers int, items func(yield func(T, error) bool), visit func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	for item, err := range items {
		if err != nil {
			group.Go(func() error { return err })
			break
		}
		if ctx.Err() != nil {
			break
		}
		if workers <= 1 {
			if err := visit(ctx, item); err != nil {
				return err
			}
			continue
		}
		group.Go(func() error { return visit(ctx, item) })
	}
	return group.Wait()
}

// act reports what is done and, unless this is a dry run, does it.
func (s *sweeper) act(w Swept, do func() error) error {
	if do != nil && !s.dry {
		if err := do(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.dry {
		s.recon.metrics.sweptOne(w)
	}
	if s.report != nil {
		s.report(w)
	}
	return nil
}

// look has reconcile make one upload right, after whoever of this process is at it.
func (s *sweeper) look(ctx context.Context, u airlock.Upload, now time.Time) error {
	if s.turns != nil {
		if err := s.turns.take(ctx, u.ID); err != nil {
			return err
		}
		defer s.turns.give(u.ID)
	}
	_, err := s.recon.sweep(ctx, u, now)
	return err
}

// state reads what is known of an upload: the grant first, and the verdict again where the grant
// may have gone for it.
func (s *sweeper) state(ctx context.Context, id string) (g airlock.Grant, granted bool, v events.Verdict, ended bool, err error) {
	if g, granted, err = s.recon.ledger.Grant(ctx, id); err == nil {
		v, ended, err = s.recon.ledger.Last(ctx, id)
	}
	return g, granted, v, ended, err
}

// sweepQuarantine looks at every object that its notice should have taken away by now.
func (s *sweeper) sweepQuarantine(ctx context.Context, now time.Time) error {
	return each(ctx, s.workers, s.recon.bucket.List(ctx, s.recon.quarantine), func(ctx context.Context, o Listed) error {
		age := now.Sub(o.LastModified)
		s.mu.Lock()
		s.oldest = max(s.oldest, age)
		s.mu.Unlock()
		if age < s.age {
			return nil
		}
		u, err := s.recon.quarantine.Upload(o.Object.Key)
		if err != nil {
			return s.act(Swept{Zone: "quarantine", Object: o.Object, Action: SweepLeave, Why: "its key is not an upload's"}, nil)
		}
		g, granted, v, ended, err := s.state(ctx, u.ID)
		if err != nil {
			return err
		}
		w := Swept{Zone: "quarantine", Upload: u.ID, Object: o.Object}
		_, known := s.recon.profiles[u.Profile]
		switch {
		case ended:
			w.Action, w.Why = SweepCleanUp, "it is "+string(v.Result)
		case !granted || g.Profile != u.Profile:
			w.Action, w.Why = SweepLeave, "nobody granted it"
		case !known:
			w.Action, w.Why = SweepLeave, "its profile is not configured here"
		case g.Cancelled && now.After(g.Deadline):
			w.Action, w.Why = SweepExpire, "its client took it back"
		case g.Cancelled:
			w.Action, w.Why = SweepLeave, "its client took it back; it ends at "+g.Deadline.Format(time.RFC3339)
		default:
			w.Action, w.Why = SweepJudge, "put "+age.Round(time.Second).String()+" ago"
		}
		if w.Action == SweepLeave {
			return s.act(w, nil)
		}
		return s.act(w, func() error { return s.look(ctx, u, now) })
	})
}

// sweepGrants ends the uploads that never came.
func (s *sweeper) sweepGrants(ctx context.Context, now time.Time) error {
	var overdue []airlock.Grant // acting while listing would hold the listing up
	for g, err := range s.recon.ledger.Grants(ctx) {
		if err != nil {
			return err
		}
		if now.After(g.Deadline) { // what is not needed is not held
			overdue = append(overdue, airlock.Grant{ID: g.ID, Profile: g.Profile, Deadline: g.Deadline, Cancelled: g.Cancelled})
		}
		if len(overdue) == mostGrants {
			break
		}
	}
	return each(ctx, s.workers, unfailing(overdue), func(ctx context.Context, g airlock.Grant) error {
		v, ended, err := s.recon.ledger.Last(ctx, g.ID)
		if err != nil {
			return err
		}
		_, known := s.recon.profiles[g.Profile]
		w := Swept{Zone: "grants", Upload: g.ID, Action: SweepExpire, Why: "its deadline was " + g.Deadline.Format(time.RFC3339)}
		switch {
		case ended:
			w.Action, w.Why = SweepCleanUp, "it is "+string(v.Result)
		case !known:
			w.Action, w.Why = SweepLeave, "its profile is not configured here"
			return s.act(w, nil)
		case !g.Cancelled:
			_, err := s.recon.bucket.Head(ctx, s.recon.quarantine.Object(g.Upload()))
			if err != nil && !errors.Is(err, ErrGone) {
				return err
			}
			if err == nil {
				w.Action, w.Why = SweepJudge, "it came, but its notice did not"
			}
		}
		return s.act(w, func() error { return s.look(ctx, g.Upload(), now) })
	})
}

// sweepClean holds the younger clean objects against their verdicts. One that has no verdict but a
// grant was promoted and not announced; one whose verdict names no such copy lost a race.
func (s *sweeper) sweepClean(ctx context.Context, now time.Time) error {
	if now.Before(s.rest) {
		return nil
	}
	began := time.Now()
	from, to := now.Add(-min(cleanAge, s.retention)), now.Add(-s.age)
	if now.Sub(s.whole) < wholeEvery {
		from = s.checked
	}
	for _, zone := range s.clean {
		err := each(ctx, s.workers, s.recon.bucket.List(ctx, zone), func(ctx context.Context, o Listed) error {
			if o.LastModified.Before(from) || o.LastModified.After(to) {
				return nil
			}
			if strings.HasPrefix(string(o.Object.Key), zone.Prefix+probePrefix) {
				if now.Sub(o.LastModified) < probeAge {
					return nil
				}
				return s.act(Swept{Zone: "clean", Object: o.Object, Action: SweepDelete, Why: "a start-up probe that was killed left it"},
					func() error { return s.recon.bucket.Delete(ctx, o.Object, o.ETag) })
			}
			return s.visitClean(ctx, o, now)
		})
		if err != nil {
			return err
		}
	}
	if !s.dry {
		if now.Sub(s.whole) >= wholeEvery {
			s.whole = now
		}
		s.checked = to.Add(-time.Minute)         // the store's clocks need not agree to the second
		s.rest = now.Add(10 * time.Since(began)) // at most a tenth of the time goes into listing
	}
	return nil
}

func (s *sweeper) visitClean(ctx context.Context, o Listed, now time.Time) error {
	w := Swept{Zone: "clean", Object: o.Object, Action: SweepLeave, Why: "nobody granted it"}
	for _, id := range o.Object.Key.UploadIDs() {
		g, granted, v, ended, err := s.state(ctx, id)
		switch {
		case err != nil:
			return err
		case ended && v.Clean != nil && (v.Clean.Key == o.Object.Key || !besides(v, o.Object.Key)):
			return nil // what was announced, or what somebody made of it
		case ended:
			return s.takeBack(ctx, o.Object, id, v)
		case granted:
			w.Upload, w.Action, w.Why = id, SweepAnnounce, "it was promoted but not announced"
			return s.act(w, func() error { return s.look(ctx, g.Upload(), now) })
		}
	}
	return s.act(w, nil)
}

// besides tells whether key is where another attempt at the same accepted upload would have copied
// to: only where each attempt has a key of its own.
func besides(v events.Verdict, key airlock.Key) bool {
	dir, name := path.Split(string(v.Clean.Key))
	otherDir, other := path.Split(string(key))
	return dir == otherDir && attemptName.MatchString(name) && attemptName.MatchString(other)
}

// takeBack deletes a copy of ours that the verdict does not know.
func (s *sweeper) takeBack(ctx context.Context, o airlock.Object, id string, v events.Verdict) error {
	head, err := s.recon.bucket.Head(ctx, o)
	if errors.Is(err, ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	w := Swept{Zone: "clean", Upload: id, Object: o, Action: SweepDelete, Why: "its upload is " + string(v.Result)}
	if head.Metadata[metaUpload] != id {
		w.Action, w.Why = SweepLeave, "airlock did not put it there"
		return s.act(w, nil)
	}
	return s.act(w, func() error { return s.recon.bucket.Delete(ctx, o, head.ETag) })
}

// sweepUploads aborts the multipart uploads that a dead worker's copy, or a client, left behind.
func (s *sweeper) sweepUploads(ctx context.Context, now time.Time) error {
	for _, zone := range append([]airlock.Zone{s.recon.quarantine}, s.clean...) {
		err := each(ctx, s.workers, s.recon.bucket.Uploads(ctx, zone), func(ctx context.Context, u OpenUpload) error {
			for _, id := range u.Object.Key.UploadIDs() {
				g, granted, v, ended, err := s.state(ctx, id)
				w := Swept{Zone: "uploads", Upload: id, Object: u.Object, Action: SweepAbort}
				abandoned := granted && zone != s.recon.quarantine && now.Sub(u.Begun) > s.age+copyTime(g.Most())
				switch {
				case err != nil:
					return err
				case ended:
					w.Why = "its upload is " + string(v.Result)
				case abandoned:
					w.Why = "no copy takes as long"
				default:
					continue
				}
				return s.act(w, func() error { return s.recon.bucket.Abort(ctx, u) })
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unfailing is a slice as a sequence that may fail.
func unfailing[T any](s []T) func(yield func(T, error) bool) {
	return func(yield func(T, error) bool) {
		for item := range slices.Values(s) {
			if !yield(item, nil) {
				return
			}
		}
	}
}
