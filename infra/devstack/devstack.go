// Package devstack runs S3, SQS and NATS in this one process, on loopback, for development and for
// tests: unmodified clients work against it, and each real enough to refuse what AWS refuses.
//
// S3 is versitygw (package s3front), SQS a front over JetStream (package sqsfront), NATS the real
// server as a library. Nothing that ships imports this package.
//
// While a stack runs, the working directory of the process is its data directory, and there can be
// only one per process: see s3front.
package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
	"airlock/events"
	"airlock/infra/devstack/s3front"
	"airlock/infra/devstack/sqsfront"
	"airlock/internal/awsconf"
)

// The names of everything in the stack, as DESIGN's compose has them.
const (
	Region           = "us-east-1"
	QuarantineBucket = "airlock-quarantine"
	CleanBucket      = "airlock-clean"
	queueName        = "airlock-uploads"
)

// Quarantine and Clean are the zones of the stack.
var (
	Quarantine = airlock.Zone{Bucket: QuarantineBucket, Prefix: "quarantine/"}
	Clean      = airlock.Zone{Bucket: CleanBucket, Prefix: "clean/"}
)

// An Account is what one of the roles signs in with.
type Account = s3front.Account

// The accounts: root owns the buckets; signer and validator may do what they need and no more.
var (
	Root      = Account{Access: "root", Secret: "airlock-development-root"}
	Signer    = Account{Access: "signer", Secret: "airlock-development-signer"}
	Validator = Account{Access: "validator", Secret: "airlock-development-validator"}
)

// Config says where the stack listens and keeps its data. The zero value is a stack on free ports
// in a temporary directory.
type Config struct {
	Dir         string // absolute; "": a temporary directory, removed by Close
	S3Listen    string // ip:port; "": a free port of 127.0.0.1
	SQSListen   string
	NATSListen  string
	Visibility  time.Duration                // of the queue; 0: 60 s
	MaxReceives int                          // before the DLQ; 0: 10
	SQSFault    func(operation string) error // see sqsfront.Config
	Log         *slog.Logger                 // nil: silent

	// Elsewhere, with both addresses, is an S3 and an SQS that run already and are set up with the
	// names of this package, such as LocalStack by infra/localstack/run.sh. Then only NATS is ours,
	// and all accounts are the one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
	Elsewhere struct{ S3, SQS string }
}

// Stack is what runs. Its addresses are those that clients use.
type Stack struct {
	S3Endpoint  string
	SQSEndpoint string
	NATSURL     string
	QueueURL    string
	DLQURL      string
	NATS        *nats.Conn // of the stack itself

	dir     string
	mu      sync.Mutex
	clients []aws.Config // that were given out
	queue   *sqsfront.Front
	account *Account       // that stands for all; nil: each for itself
	closers []func() error // in the order of starting
}

// Start brings everything up: servers, buckets with policies and CORS, queue, DLQ with redrive,
// notification on the prefix, and the NATS stream. It returns when all of it answers. A directory
// that was used before is taken up again.
func Start(ctx context.Context, cfg Config) (s *Stack, err error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s = &Stack{dir: cfg.Dir}
	defer func() {
		if err != nil {
			err = fmt.Errorf("start the dev stack: %w", errors.Join(err, s.Close()))
			s = nil
		}
	}()
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "airlock-dev-"); err != nil {
			return s, err
		}
		dir := s.dir
		s.closers = append(s.closers, func() error { return os.RemoveAll(dir) })
	}
	steps := []func(context.Context, Config) error{s.startNATS, s.startSQS, s.startS3, s.makeSurroundings}
	if cfg.Elsewhere.S3 != "" {
		steps = []func(context.Context, Config) error{s.startNATS, s.findElsewhere}
	}
	for _, step := range steps {
		if err := step(ctx, cfg); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Close stops everything in reverse order and waits for it.
func (s *Stack) Close() error {
	for _, c := range s.clients {
		awsconf.CloseIdle(c)
	}
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// S3Config is the SDK's configuration for S3 by one of the accounts, with inFlight requests at
// once. The process's own AWS environment does not reach it.
func (s *Stack) S3Config(a Account, inFlight int) aws.Config {
	return s.config(a, s.S3Endpoint, inFlight)
}

// SQSConfig is the same for SQS.
func (s *Stack) SQSConfig(a Account, inFlight int) aws.Config {
	return s.config(a, s.SQSEndpoint, inFlight)
}

func (s *Stack) config(a Account, endpoint string, inFlight int) aws.Config {
	if s.account != nil {
		a = *s.account
	}
	cfg := awsconf.Fixed(Region, a.Access, a.Secret, endpoint, inFlight)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, cfg)
	return cfg
}

func (s *Stack) startNATS(_ context.Context, cfg Config) error {
	host, port, err := splitListen(cfg.NATSListen)
	if err != nil {
		return err
	}
	if port == 0 {
		port = -1 // to this server 0 means 4222
	}
	ns, err := server.NewServer(&server.Options{
		ServerName: "airlock-dev", Host: host, Port: port, NoSigs: true, NoLog: false,
		JetStream: true, StoreDir: filepath.Join(s.dir, "nats"), DontListen: false,
	})
	if err != nil {
		return fmt.Errorf("NATS: %w", err)
	}
	fatal := &fatalLog{first: make(chan string, 1)}
	ns.SetLoggerV2(fatal, false, false, false)
	ns.Start()
	s.closers = append(s.closers, func() error { ns.Shutdown(); ns.WaitForShutdown(); return nil })
	for end := time.Now().Add(10 * time.Second); !ns.ReadyForConnections(100 * time.Millisecond); {
		select {
		case msg := <-fatal.first:
			if taken := syscall.EADDRINUSE; strings.Contains(msg, taken.Error()) {
				return fmt.Errorf("NATS: listen on %s: %w", cfg.NATSListen, taken)
			}
			return fmt.Errorf("NATS: %s", msg)
		default:
		}
		if time.Now().After(end) {
			return errors.New("NATS: not ready within 10 s")
		}
	}
	s.NATSURL = ns.ClientURL()
	s.NATS, err = events.Connect(events.ConnectOptions{URL: s.NATSURL, Name: "devstack", Log: cfg.Log})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { s.NATS.Close(); return nil })
	return nil
}

func splitListen(addr string) (host string, port int, err error) {
	if addr == "" {
		return "127.0.0.1", 0, nil
	}
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", 0, fmt.Errorf("listen on %q: %w", addr, err)
	}
	if a.IP == nil || a.IP.IsUnspecified() {
		return "", 0, fmt.Errorf("listen on %q: name an IP address, such as 127.0.0.1: the dev stack has no authentication worth the name", addr)
	}
	return a.IP.String(), a.Port, nil
}

func (s *Stack) startSQS(ctx context.Context, cfg Config) error {
	js, err := jetstream.New(s.NATS)
	if err != nil {
		return err
	}
	s.queue = sqsfront.New(sqsfront.Config{JS: js, Region: Region, Fault: cfg.SQSFault, Log: cfg.Log,
		AccessKeys: []string{Root.Access, Signer.Access, Validator.Access}})
	addr := cfg.SQSListen
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	if _, _, err := splitListen(addr); err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("SQS: %w", err)
	}
	srv := &http.Server{Handler: s.queue, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	s.closers = append(s.closers, func() error {
		_ = srv.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	s.SQSEndpoint = "http://" + l.Addr().String()
	return nil
}

func (s *Stack) startS3(ctx context.Context, cfg Config) error {
	gateway, err := s3front.Start(ctx, s3front.Config{
		Dir: filepath.Join(s.dir, "s3"), Listen: cfg.S3Listen, Region: Region, Root: Root,
		Users: []Account{Signer, Validator}, Notify: s.notify, Log: cfg.Log,
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, gateway.Close)
	s.S3Endpoint = gateway.Endpoint()
	return nil
}

func (s *Stack) notify(ctx context.Context, queueARN string, body []byte) error {
	return s.queue.Send(ctx, queueARN, string(body))
}

// fatalLog keeps the first fatal line: the only way in which the server tells that a port is taken.
type fatalLog struct{ first chan string }

func (l *fatalLog) Fatalf(format string, v ...any) {
	select {
	case l.first <- fmt.Sprintf(format, v...):
	default:
	}
}
func (*fatalLog) Noticef(string, ...any) {}
func (*fatalLog) Warnf(string, ...any)   {}
func (*fatalLog) Errorf(string, ...any)  {}
func (*fatalLog) Debugf(string, ...any)  {}
func (*fatalLog) Tracef(string, ...any)  {}
