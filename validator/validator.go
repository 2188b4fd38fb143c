// Package validator judges each upload in quarantine, then promotes it to the clean zone or throws
// it away, and records the verdict exactly once.
//
// It is level-triggered: a notice only says "look at this upload". The validator reads the state of
// the upload and makes it right, so that duplicates, reordering, lost and late notices need no
// special case. Any number of validators may run. PROTOCOL.md is the proof, reconcile.go the
// protocol, one function per step.
//
// See [S3] and [SQS] for the permissions that it needs.
package validator

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"airlock"
	"airlock/validator/inspect"
)

// Inspector looks at the content of uploads. It is called by many goroutines. Its error is trouble, of
// reading or of its own, or ctx's: nothing was decided by it, and the upload is held.
type Inspector interface {
	Inspect(ctx context.Context, u inspect.Upload) (inspect.Report, error)
}

// Validator is one worker process. The zero value of an optional field is its default.
type Validator struct {
	Bucket     Bucket
	Queue      Queue
	Ledger     Ledger
	Profiles   map[string]airlock.Profile // with defaults
	Quarantine airlock.Zone
	Clean      airlock.Zone

	// Inspector looks at what uploads hold; nil: in this process. A validator that strangers reach should have
	// one of airlock/validator/isolation, so that a file can end only its own inspection.
	Inspector Inspector

	// Hints, if given, calls look with the id of each upload that a client says is there, until
	// stop. A hint is untrusted and may be lost.
	Hints func(look func(id string)) (stop func() error, err error)

	InFlight      int           // messages held at once at most, from receive to delete; 0: 256
	PollWait      time.Duration // how long a receive waits, and so how long a stop may take; less than StopGrace; 0: 10 s
	MinVisibility time.Duration // the least visibility timeout of the queue; 0: 30 s
	StopGrace     time.Duration // how long work in hand may go on after a stop; 0: 20 s
	SweepInterval time.Duration // how often one of all validators looks for what the queue forgot, in whole seconds; 0: never
	SweepAge      time.Duration // what is younger a sweep leaves to the queue; 0: 10 min
	Once          bool          // end when the queue is empty
	Version       string
	Metrics       *Metrics     // nil: none
	Health        *Health      // nil: nobody asks
	Log           *slog.Logger // nil: silent
}

func (v Validator) withDefaults() Validator {
	if v.InFlight == 0 {
		v.InFlight = 256
	}
	if v.SweepAge == 0 {
		v.SweepAge = 10 * time.Minute
	}
	if v.PollWait == 0 {
		v.PollWait = 10 * time.Second
	}
	if v.MinVisibility == 0 {
		v.MinVisibility = 30 * time.Second
	}
	if v.StopGrace == 0 {
		v.StopGrace = 20 * time.Second
	}
	if v.Log == nil {
		v.Log = slog.New(slog.DiscardHandler)
	}
	return v
}

// Run works until ctx ends, then takes no more, finishes or hands back what is in hand, and
// returns nil. It first refuses surroundings that would break the protocol (see [ErrRefused]).
func (v Validator) Run(ctx context.Context) error {
	v = v.withDefaults()
	settings, err := v.check(ctx)
	if err != nil {
		return err
	}
	store, err := v.probe(ctx)
	if err != nil {
		return err
	}
	return newWorker(v, settings, store).run(ctx)
}

// Health tells whether a running validator takes messages. It is safe for use while Run runs.
type Health struct {
	mu      sync.Mutex
	started bool
	why     error
}

// Ready is nil while messages are taken; else it says why not.
func (h *Health) Ready() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.started {
		return errors.New("the validator has not started yet")
	}
	return h.why
}

func (h *Health) set(why error) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.started, h.why = true, why
}
