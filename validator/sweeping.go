package validator

import (
	"context"

	"airlock"
)

// sweepers is how many uploads a sweep looks at at once.
const sweepers = 8

// Sweep makes one pass over quarantine, clean and grants and tells report what it found and did,
// one after another. dry only tells. It may run beside validators and other sweeps, needs no queue,
// and blocks until it is through; an error is trouble of S3 or NATS, and what was done is done.
func (v Validator) Sweep(ctx context.Context, dry bool, report func(Swept)) error {
	v = v.withDefaults()
	store := Capabilities{CopyDestination: true, PutOnce: true}
	if !dry { // the probe writes
		if err := v.checkZones(ctx); err != nil {
			return err
		}
		var err error
		if store, err = v.probe(ctx); err != nil {
			return err
		}
	}
	s, err := v.sweeper(ctx, v.reconciler(store))
	if err != nil {
		return err
	}
	s.dry, s.report = dry, report
	return s.run(ctx)
}

func (v Validator) sweeper(ctx context.Context, r *reconciler) (*sweeper, error) {
	retention, err := v.Ledger.Retention(ctx)
	if err != nil {
		return nil, err
	}
	if retention == 0 {
		retention = cleanAge
	}
	return &sweeper{recon: r, clean: v.cleanZones(), age: v.SweepAge, retention: retention, workers: sweepers}, nil
}

// cleanZones are the clean zone and those of profiles that have a bucket of their own.
func (v Validator) cleanZones() []airlock.Zone {
	zones, seen := []airlock.Zone{v.Clean}, map[string]bool{v.Clean.Bucket: true}
	for _, p := range v.Profiles {
		if b := p.Clean.Bucket; b != "" && !seen[b] {
			seen[b] = true
			zones = append(zones, airlock.Zone{Bucket: b, Prefix: v.Clean.Prefix})
		}
	}
	return zones
}

// sweepNowAndThen sweeps every SweepInterval, whichever of all validators is first, until ctx ends.
// A sweep that a stop cuts leaves what a dead worker would: the next one goes on.
func (w *worker) sweepNowAndThen(ctx context.Context) {
	var s *sweeper
	for delay := w.SweepInterval / 10; sleep(ctx, jitter(delay)) == nil; delay = w.SweepInterval / 4 {
		if w.gate.wait(ctx) != nil {
			return
		}
		if s == nil { // NATS may have been away at the start
			var err error
			if s, err = w.sweeper(ctx, w.recon); err != nil {
				w.log.Warn("cannot sweep", "error", err)
				continue
			}
			s.turns = &w.turns
		}
		mine, err := w.Ledger.Turn(ctx, "sweep", w.SweepInterval)
		if err == nil && mine {
			left := 0
			s.report = func(found Swept) { w.tellSwept(found, &left) }
			err = s.run(ctx)
			if left > 0 {
				w.log.Warn("objects without a grant are left alone; airlock sweep --dry-run lists them", "count", left)
			}
		}
		if err != nil && ctx.Err() == nil {
			w.log.Warn("a sweep ended early; the next one goes on", "error", err)
		}
	}
}

// tellSwept logs what was done. What is left alone is left alone at each sweep, so that it is only
// counted.
func (w *worker) tellSwept(s Swept, left *int) {
	if s.Action == SweepLeave {
		*left++
		return
	}
	w.log.Info("swept", "zone", s.Zone, "upload", s.Upload, "object", s.Object.String(), "action", s.Action, "why", s.Why)
}
