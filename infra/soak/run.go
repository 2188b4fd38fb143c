package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"airlock/events"
	"airlock/infra/audit"
	"airlock/infra/crew"
	"airlock/infra/devstack"
	"airlock/infra/fault"
)

type runCommand struct {
	Minutes float64 `default:"10" help:"How long to upload; then all is drained and audited."`
	Uploads int     `default:"0" help:"How many uploads at most; 0: 40 a second."`
	Seed    uint64  `default:"1" help:"What is drawn: kills, faults, contents. Time is not."`
}

// The measures of a soak.
const (
	rate        = 40 // uploads a second
	mortals     = 3  // validators that are killed; one more is not, and its memory is watched
	inFlight    = 32
	visibility  = 5 * time.Second
	maxReceives = 1000 // the kills must not fill the DLQ: what is in it is wrong
	sampleSize  = 2000 // bytes of an upload
	drainTime   = 3 * time.Minute
)

// soak is one run with all that takes part.
type soak struct {
	runCommand
	dir     string
	stack   *devstack.Stack
	server  *crew.NATS
	nc      *nats.Conn
	s3      *fault.HTTP
	sqs     *fault.HTTP
	nats    *fault.TCP
	auditor *audit.Auditor
	client  *crew.Client
	closers []func()

	mu      sync.Mutex
	crew    [mortals]*crew.Running
	veteran *crew.Running
	figures []audit.Figures // of the veteran, over time
	trouble []error         // that are no violation: the soak itself went wrong
	posted  atomic.Int64
	replays atomic.Int64
}

// Run uploads for some minutes, drains, audits and prints the table. A violation is an error.
func (c *runCommand) Run(ctx context.Context) (err error) {
	if c.Minutes <= 0 || c.Minutes > 24*60 || c.Uploads < 0 {
		return errors.New("--minutes must be above 0 and at most a day, --uploads not below 0")
	}
	if c.Uploads == 0 {
		c.Uploads = int(c.Minutes * 60 * rate)
	}
	s := &soak{runCommand: *c}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.start(ctx); err != nil {
		return err
	}
	began := time.Now()
	s.soak(ctx)
	if ctx.Err() != nil {
		return errors.New("stopped before its end; nothing was audited")
	}
	report, err := s.audit(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d replays\n%s%s", time.Since(began).Round(time.Second), s.replays.Load(), report, s.memory())
	if n := report.Violations(); n > 0 {
		return fmt.Errorf("%d violations; --seed %d draws the same again", n, s.Seed)
	}
	return errors.Join(append(s.trouble, s.grown())...)
}

func (s *soak) start(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "airlock-soak-"); err != nil {
		return err
	}
	s.onClose(func() { _ = os.RemoveAll(s.dir) })
	s.stack, err = devstack.Start(ctx, devstack.Config{Dir: filepath.Join(s.dir, "stack"), Visibility: visibility, MaxReceives: maxReceives})
	if err != nil {
		return err
	}
	s.onClose(func() { _ = s.stack.Close() })
	if s.server, err = crew.StartNATS(s.dir, ""); err != nil {
		return err
	}
	s.onClose(s.server.Kill)
	if s.nc, err = events.Connect(events.ConnectOptions{URL: s.server.URL(), Name: "soak"}); err != nil {
		return err
	}
	s.onClose(s.nc.Close)
	if err := crew.Setup(ctx, s.nc, devstack.QuarantineBucket); err != nil {
		return err
	}
	store, err := events.Open(ctx, s.nc, devstack.QuarantineBucket)
	if err != nil {
		return err
	}
	if err := s.startProxies(); err != nil {
		return err
	}
	s.auditor = audit.New(audit.Config{
		S3:   s3.NewFromConfig(s.stack.S3Config(devstack.Root, 32), func(o *s3.Options) { o.UsePathStyle = true }),
		SQS:  sqs.NewFromConfig(s.stack.SQSConfig(devstack.Root, 8)),
		NATS: s.nc, Quarantine: devstack.Quarantine, Clean: devstack.Clean, Queues: []string{s.stack.QueueURL}, DLQ: s.stack.DLQURL,
		Profiles: crew.Profiles(), Durable: "auditor",
	})
	listening, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.auditor.Run(listening) })
	s.onClose(func() { stop(); running.Wait() })
	s.client = crew.NewClient(s.stack.S3Config(devstack.Signer, 32), s.stack.S3Endpoint, devstack.Quarantine, devstack.Clean, store, s.auditor)
	s.onClose(s.client.HTTP.CloseIdleConnections)
	return s.startCrew()
}

func (s *soak) startProxies() (err error) {
	if s.s3, err = fault.ListenHTTP(s.stack.S3Endpoint, s.Seed); err != nil {
		return err
	}
	s.onClose(func() { _ = s.s3.Close() })
	if s.sqs, err = fault.ListenHTTP(s.stack.SQSEndpoint, s.Seed+1); err != nil {
		return err
	}
	s.onClose(func() { _ = s.sqs.Close() })
	if s.nats, err = fault.ListenTCP(s.server.Addr); err != nil {
		return err
	}
	s.onClose(func() { _ = s.nats.Close() })
	return nil
}

// startCrew starts all validators. An outage that is waited for too long, a clock that jumps over a
// visibility timeout: both may hand back, which is no fault here.
func (s *soak) startCrew() (err error) {
	for i := range s.crew {
		if s.crew[i], err = s.validator(); err != nil {
			return err
		}
	}
	s.veteran, err = s.validator()
	return err
}

func (s *soak) validator() (*crew.Running, error) {
	r, err := crew.Validator{
		S3: s.s3.URL(), SQS: s.sqs.URL(), NATS: "nats://" + s.nats.Addr(), QueueURL: s.stack.QueueURL,
		Quarantine: devstack.Quarantine, Clean: devstack.Clean, Profiles: crew.Profiles(), InFlight: inFlight,
		SweepInterval: 10 * time.Second, SweepAge: 20 * time.Second,
	}.Start(crew.Options{Auditor: s.auditor, ForgiveReturns: true})
	if err != nil {
		return nil, err
	}
	s.onClose(r.Kill)
	return r, nil
}

// audit ends the faults, waits until all is done, stops the crew and checks the invariants.
func (s *soak) audit(ctx context.Context) (audit.Report, error) {
	s.s3.Set()
	s.sqs.Set()
	s.nats.CutRandomly(0, 0)
	s.auditor.ExcuseAny(10 * s.sqs.Total()) // a reply that is lost hides ten messages
	draining, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	fmt.Println("draining")
	if err := s.auditor.Drain(draining); err != nil {
		s.fail(err)
	}
	s.sample(ctx)
	for _, r := range append(s.crew[:], s.veteran) {
		if err := r.Stop(draining); err != nil {
			s.fail(fmt.Errorf("a validator that is stopped: %w", err))
		}
	}
	s.auditor.Faults(s.s3.Total() + s.sqs.Total() + s.nats.Total())
	return s.auditor.Check(ctx)
}

func (s *soak) onClose(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closers = append(s.closers, f)
}

// close undoes start, in reverse.
func (s *soak) close() error {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
	return nil
}

func (s *soak) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = append(s.trouble, err)
}

// progress shows people how many uploads were put.
func (s *soak) progress() *progressbar.ProgressBar {
	return progressbar.NewOptions(s.Uploads, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetVisibility(term.IsTerminal(int(os.Stderr.Fd()))), progressbar.OptionSetDescription("uploads"),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(time.Second/2),
		progressbar.OptionClearOnFinish(), progressbar.OptionUseANSICodes(false))
}
