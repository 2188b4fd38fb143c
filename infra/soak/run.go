package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"airlock/infra/audit"
	"airlock/infra/crew"
	"airlock/internal/pace"
)

// usualRate is how many uploads begin in a second: half of what two cores bear.
const usualRate = 35

// run is one soak.
type run struct {
	Minutes    float64 `default:"10" help:"How long uploads go on."`
	Uploads    int     `default:"0" help:"How many, spread over that time; 0: 35 a second."`
	Validators int     `default:"3" help:"How many are killed at random; one more is not, to see its memory."`
	Seed       uint64  `default:"1" help:"Of all dice."`
	Faults     float64 `default:"0.01" help:"Share of the requests to S3 and SQS that go wrong."`
}

// Run is the command.
func (r *run) Run(ctx context.Context) error {
	if r.Minutes <= 0 || r.Minutes > 24*60 || r.Uploads < 0 || r.Validators < 1 || r.Faults < 0 || r.Faults > 0.5 {
		return errors.New("--minutes must be in (0, 1440], --uploads at least 0, --validators at least 1, --faults in [0, 0.5]")
	}
	if r.Uploads == 0 {
		r.Uploads = max(1, int(r.Minutes*60*usualRate))
	}
	s, err := newScene(ctx, r)
	if err != nil {
		return errors.Join(err, s.close())
	}
	report, err := s.play(ctx)
	if cerr := s.close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	fmt.Printf("\n%s\n%s\n", report, s.memory)
	if report.Violations() > 0 || !s.memory.flat() {
		return errViolated
	}
	return nil
}

// span is how long uploads go on.
func (r *run) span() time.Duration { return time.Duration(r.Minutes * float64(time.Minute)) }

// dice are of one of several rollers, so that none disturbs another.
func (r *run) dice(roller uint64) *rand.Rand { return rand.New(rand.NewPCG(r.Seed, roller)) }

// The rollers.
const (
	killerDice uint64 = iota
	natsDice
	loadDice
	attackDice
)

// warmUp is how many uploads pass before anything goes wrong and the witness is measured.
const warmUp = 100

// play is the whole: warm up, trouble, quiet, audit.
func (s *scene) play(ctx context.Context) (audit.Report, error) {
	var acting sync.WaitGroup
	crewing, endCrew := context.WithCancel(ctx)
	defer func() { endCrew(); acting.Wait() }()
	acting.Go(func() { s.auditor.Run(crewing) })
	if err := s.startCrew(crewing, &acting); err != nil {
		return audit.Report{}, err
	}
	before, err := s.warm(ctx)
	if err != nil {
		return audit.Report{}, err
	}
	troubling, endTrouble := context.WithCancel(ctx)
	defer endTrouble()
	var troubles sync.WaitGroup
	s.trouble(troubling, &troubles)
	troubles.Go(func() { s.memory.watch(troubling, s.witness) })
	lerr := s.load(ctx)
	endTrouble()
	troubles.Wait()
	s.calm()
	if lerr != nil {
		return audit.Report{}, lerr
	}
	if err := s.auditor.Settle(ctx, stuck); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err) // the audit tells it in more words
	}
	if after, err := s.witness.Figures(ctx); err == nil {
		s.auditor.Compare("the validator that lived through all", before, after)
	}
	s.stopCrew(ctx)
	return s.audit(ctx)
}

// warm makes some uploads in peace and measures the witness after them.
func (s *scene) warm(ctx context.Context) (audit.Figures, error) {
	for n := range warmUp {
		if _, err := s.client.Upload(ctx, crew.Mixed("warm", n, 300)); err != nil {
			return audit.Figures{}, err
		}
	}
	if err := s.auditor.Settle(ctx, stuck); err != nil {
		return audit.Figures{}, err
	}
	return s.witness.Figures(ctx)
}

// stuck is how long there may be no verdict before the end is no longer waited for, as package pace has it.
const stuck = 90 * time.Second

func (s *scene) audit(ctx context.Context) (audit.Report, error) {
	s.auditor.Faults(s.s3.Total() + s.sqs.Total() + s.nats.Total())
	s.auditor.ExcuseAny(10 * s.sqs.Total())
	ctx, cancel := pace.Context(ctx, 10*time.Minute)
	defer cancel()
	return s.auditor.Check(ctx)
}
