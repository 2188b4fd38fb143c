package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"

	"airlock/events"
	"airlock/infra/audit"
	"airlock/infra/crew"
	"airlock/infra/devstack"
	"airlock/infra/fault"
	"airlock/internal/pace"
)

// scene is everything that runs: S3 and SQS here, NATS and validators as children, a proxy before each
// dependency, a client and an auditor who go around them.
type scene struct {
	*run
	stack     *devstack.Stack
	server    *crew.NATS
	s3, sqs   *fault.HTTP
	nats      *fault.TCP
	nc        *nats.Conn
	s3root    *s3.Client
	auditor   *audit.Auditor
	client    *crew.Client
	witness   *crew.Running // is never killed
	memory    *memory
	closers   []func() error
	mu        sync.Mutex
	mortals   []*crew.Running // one for each place; nil while it is being started
	relieving bool            // who ends is not replaced any more
}

// visibility is short, so that what a dead validator held comes back soon.
const visibility = 5 * time.Second

// newScene starts all but the validators. On an error what was started is in the scene, for close.
func newScene(ctx context.Context, r *run) (s *scene, err error) {
	s = &scene{run: r, memory: &memory{}, mortals: make([]*crew.Running, r.Validators)}
	if s.stack, err = devstack.Start(ctx, devstack.Config{Visibility: visibility, MaxReceives: 20}); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.stack.Close)
	store, err := s.startNATS(ctx)
	if err != nil {
		return s, err
	}
	if s.s3, err = fault.ListenHTTP(s.stack.S3Endpoint, r.Seed); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.s3.Close)
	if s.sqs, err = fault.ListenHTTP(s.stack.SQSEndpoint, r.Seed+1); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.sqs.Close)
	if s.nats, err = fault.ListenTCP(s.server.Addr); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.nats.Close)
	s.s3root = s3.NewFromConfig(s.stack.S3Config(devstack.Root, 32), func(o *s3.Options) { o.UsePathStyle = true })
	s.auditor = audit.New(audit.Config{
		S3: s.s3root, SQS: sqs.NewFromConfig(s.stack.SQSConfig(devstack.Root, 8)), NATS: s.nc, Quarantine: devstack.Quarantine, Clean: devstack.Clean,
		Queues: []string{s.stack.QueueURL}, DLQ: s.stack.DLQURL, Profiles: crew.Profiles(), Durable: "auditor",
	})
	s.client = crew.NewClient(s.stack.S3Config(devstack.Signer, 64), s.stack.S3Endpoint, devstack.Quarantine, devstack.Clean, store, s.auditor)
	s.closers = append(s.closers, func() error { s.client.HTTP.CloseIdleConnections(); return nil })
	return s, nil
}

func (s *scene) startNATS(ctx context.Context) (*events.Store, error) {
	dir, err := os.MkdirTemp("", "airlock-soak-")
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { return os.RemoveAll(dir) })
	if s.server, err = crew.StartNATS(dir, ""); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { s.server.Kill(); return nil })
	if s.nc, err = events.Connect(events.ConnectOptions{URL: s.server.URL(), Name: "soak"}); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { s.nc.Close(); return nil })
	if err := crew.Setup(ctx, s.nc, devstack.QuarantineBucket); err != nil {
		return nil, err
	}
	return events.Open(ctx, s.nc, devstack.QuarantineBucket)
}

// close ends everything in reverse order.
func (s *scene) close() error {
	for _, r := range append(s.alive(), s.witness) {
		if r != nil {
			r.Kill()
		}
	}
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	return errors.Join(errs...)
}

// spec is a validator that reaches everything through the proxies.
func (s *scene) spec() crew.Validator {
	return crew.Validator{
		S3: s.s3.URL(), SQS: s.sqs.URL(), NATS: "nats://" + s.nats.Addr(), QueueURL: s.stack.QueueURL, Quarantine: devstack.Quarantine,
		Clean: devstack.Clean, Profiles: crew.Profiles(), InFlight: 32, SweepInterval: 5 * time.Second, SweepAge: 10 * time.Second,
	}
}

// startCrew starts the witness and keeps a validator at each mortal place until ctx ends.
func (s *scene) startCrew(ctx context.Context, keeping *sync.WaitGroup) (err error) {
	if s.witness, err = s.spec().Start(s.options()); err != nil {
		return err
	}
	for place := range s.mortals {
		keeping.Go(func() { s.keep(ctx, place) })
	}
	return nil
}

// options forgive what is handed back: replays bring several notices of one upload, which may meet.
func (s *scene) options() crew.Options {
	return crew.Options{Auditor: s.auditor, ForgiveReturns: true}
}

// keep starts a validator again whenever it has ended, or could not start for a fault.
func (s *scene) keep(ctx context.Context, place int) {
	for ctx.Err() == nil && !s.relieved() {
		r, err := s.spec().Start(s.options())
		if err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		s.take(place, r)
		select {
		case <-r.Done():
		case <-ctx.Done():
			r.Kill()
		}
		s.take(place, nil)
	}
}

func (s *scene) take(place int, r *crew.Running) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mortals[place] = r
}

func (s *scene) relieved() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.relieving
}

// alive are the mortals that run now.
func (s *scene) alive() (all []*crew.Running) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.mortals {
		if r != nil {
			all = append(all, r)
		}
	}
	return all
}

// stopCrew stops all validators in good order.
func (s *scene) stopCrew(ctx context.Context) {
	s.mu.Lock()
	s.relieving = true
	s.mu.Unlock()
	ctx, cancel := pace.Context(ctx, 30*time.Second)
	defer cancel()
	var stopping sync.WaitGroup
	for _, r := range append(s.alive(), s.witness) {
		stopping.Go(func() {
			if err := r.Stop(ctx); err != nil {
				fmt.Fprintf(os.Stderr, "soak: a validator: %v\n%s\n", err, r.Log())
			}
		})
	}
	stopping.Wait()
}
