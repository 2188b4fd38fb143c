package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"airlock/config"
	"airlock/events"
	"airlock/infra/devstack"
	"airlock/signer"
	"airlock/signer/parts"
	"airlock/signer/presign"
	"airlock/signer/quota"
	"airlock/validator"
)

// system is signer and validator of this process, wired as cmd/airlock wires them.
type system struct {
	endpoint string
	ended    <-chan struct{} // closed when a part has ended, or stop was called
	cancel   context.CancelFunc
	running  sync.WaitGroup
	mu       sync.Mutex
	err      error
}

// startSystem returns when the API answers and the validator has been started.
func startSystem(ctx context.Context, stack *devstack.Stack, cfg config.Config, listen string, log *slog.Logger) (*system, error) {
	store, err := events.Open(ctx, stack.NATS, devstack.QuarantineBucket)
	if err != nil {
		return nil, err
	}
	key, err := store.SharedSecret(ctx, "token-key", signer.NewTokenKey())
	if err != nil {
		return nil, err
	}
	api := &signer.Handler{
		Signer: &signer.Signer{
			Profiles: cfg.Profiles, Quarantine: devstack.Quarantine, Clean: devstack.Clean, Grants: store, TokenKey: key,
			Presign:   &presign.S3{Config: stack.S3Config(devstack.Signer, 16), Endpoint: stack.S3Endpoint, PathStyle: true},
			Multipart: parts.New(stack.S3Config(devstack.Signer, 16), true),
		},
		Store: store, Log: log, DemoPage: true, Version: "dev",
		Authorizer: signer.Anonymous{Owner: "anonymous", Profiles: []string{"*"}},
	}
	if cfg.Quotas != (config.Quotas{}) {
		api.Signer.Quota = &quota.Book{Records: store, Limits: quota.Limits(cfg.Quotas.PerOwner)}
	}
	worker := validator.Validator{
		Bucket: validator.NewS3(stack.S3Config(devstack.Validator, 64), true), Queue: validator.NewSQS(stack.SQSConfig(devstack.Validator, 64), stack.QueueURL), Ledger: store,
		Profiles: cfg.Profiles, Quarantine: devstack.Quarantine, Clean: devstack.Clean, Hints: store.Hints,
		PollWait: time.Second, SweepInterval: time.Minute, Version: "dev", Log: log,
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &system{endpoint: "http://" + l.Addr().String(), ended: ctx.Done(), cancel: cancel}
	s.running.Go(func() { api.Run(ctx) })
	s.running.Go(func() { s.failed(worker.Run(ctx), cancel) })
	s.running.Go(func() { s.failed(serveUntil(ctx, l, api), cancel) })
	return s, nil
}

// failed ends everything because one part did.
func (s *system) failed(err error, cancel context.CancelFunc) {
	cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = errors.Join(s.err, err)
}

func (s *system) client() *signer.Client { return &signer.Client{Endpoint: s.endpoint} }

// stop ends signer and validator and waits for them.
func (s *system) stop() error {
	s.cancel()
	s.running.Wait()
	return s.err
}

func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *system) describe(w io.Writer, stack *devstack.Stack) {
	fmt.Fprintf(w, `
page  %s/
API   %s/docs
S3    %s  (buckets %s, %s)
SQS   %s
NATS  %s
Ctrl-C stops.
`, s.endpoint, s.endpoint, stack.S3Endpoint, devstack.QuarantineBucket, devstack.CleanBucket, stack.QueueURL, stack.NATSURL)
}

// serveStack prints what the built binary needs to work on this stack, and waits.
func serveStack(ctx context.Context, stack *devstack.Stack, w io.Writer) error {
	dir, err := os.MkdirTemp("", "airlock-stack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	keys, profiles := filepath.Join(dir, "credentials"), filepath.Join(dir, "airlock.yaml")
	if err := errors.Join(
		os.WriteFile(keys, []byte(stack.CredentialsFile()), 0o600),
		os.WriteFile(profiles, builtIn, 0o600),
	); err != nil {
		return err
	}
	fmt.Fprintln(w, "# S3, SQS and NATS run until Ctrl-C. In another terminal:")
	fmt.Fprintln(w, "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN") // they would win over AWS_PROFILE
	for _, line := range append(stack.Env(), "AWS_SHARED_CREDENTIALS_FILE="+keys, "AIRLOCK_CONFIG="+profiles) {
		fmt.Fprintln(w, "export", line)
	}
	fmt.Fprint(w, `# then
#   AWS_PROFILE=signer    airlock signer --insecure-no-auth
#   AWS_PROFILE=validator airlock validator
#   airlock upload --profile image cat.png
#   AWS_PROFILE=root      airlock doctor
`)
	<-ctx.Done()
	return nil
}
