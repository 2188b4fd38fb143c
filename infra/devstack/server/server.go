// Package server runs S3, SQS and NATS in this one process, on loopback: the servers of package devstack.
// Whoever only talks to them starts them by that package instead, as a child: this one links an S3
// gateway and all that it brings.
//
// S3 is versitygw (package s3front), SQS a front over JetStream (package sqsfront), NATS the real
// server as a library. Nothing that ships imports this package.
//
// While they run, the working directory of the process is their data directory, and they can run but
// once per process: see s3front.
package server

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
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
	"airlock/infra/devstack"
	"airlock/infra/devstack/s3front"
	"airlock/infra/devstack/sqsfront"
	"airlock/internal/awsconf"
)

// Server is what runs.
type Server struct {
	devstack.Addresses

	cfg     devstack.Config
	log     *slog.Logger
	nats    *nats.Conn // of the servers themselves
	queue   *sqsfront.Front
	clients []aws.Config
	closers []func() error // in the order of starting
}

// Start brings everything up: servers, buckets with policies and CORS, queue, DLQ with redrive,
// notification on the prefix, and the NATS stream. It returns when all of it answers. A directory
// that was used before is taken up again. A nil log is silent.
func Start(ctx context.Context, cfg devstack.Config, log *slog.Logger) (s *Server, err error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s = &Server{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			err = fmt.Errorf("start S3, SQS and NATS: %w", errors.Join(err, s.Close()))
			s = nil
		}
	}()
	if cfg.Dir == "" {
		if s.cfg.Dir, err = os.MkdirTemp("", "airlock-dev-"); err != nil {
			return s, err
		}
		s.cfg.Temporary = true
	}
	if s.cfg.Temporary {
		s.closers = append(s.closers, func() error { return os.RemoveAll(s.cfg.Dir) })
	}
	steps := []func(context.Context) error{s.startNATS, s.startSQS, s.startS3, s.makeSurroundings}
	switch {
	case cfg.Elsewhere.S3 != "":
		steps = []func(context.Context) error{s.startNATS, s.findElsewhere}
	case cfg.Bare:
		steps = []func(context.Context) error{s.startS3}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Close stops everything in reverse order and waits for it.
func (s *Server) Close() error {
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

// root is the SDK's configuration for what is made at one of the endpoints.
func (s *Server) root(endpoint string) aws.Config {
	a := s.cfg.As(devstack.Root)
	cfg := awsconf.Fixed(devstack.Region, a.Access, a.Secret, endpoint, 4)
	s.clients = append(s.clients, cfg)
	return cfg
}

func (s *Server) startNATS(context.Context) error {
	host, port, err := splitListen(s.cfg.NATSListen)
	if err != nil {
		return err
	}
	if port == 0 {
		port = -1 // to this server 0 means 4222
	}
	ns, err := server.NewServer(&server.Options{
		ServerName: "airlock-dev", Host: host, Port: port, NoSigs: true, NoLog: false,
		JetStream: true, StoreDir: filepath.Join(s.cfg.Dir, "nats"), DontListen: false,
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
				return fmt.Errorf("NATS: listen on %s: %w", s.cfg.NATSListen, taken)
			}
			return fmt.Errorf("NATS: %s", msg)
		default:
		}
		if time.Now().After(end) {
			return errors.New("NATS: not ready within 10 s")
		}
	}
	s.NATSURL = ns.ClientURL()
	s.nats, err = events.Connect(events.ConnectOptions{URL: s.NATSURL, Name: "devstack", Log: s.log})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { s.nats.Close(); return nil })
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

func (s *Server) startSQS(ctx context.Context) error {
	js, err := jetstream.New(s.nats)
	if err != nil {
		return err
	}
	s.queue = sqsfront.New(sqsfront.Config{JS: js, Region: devstack.Region, Log: s.log,
		AccessKeys: []string{devstack.Root.Access, devstack.Signer.Access, devstack.Validator.Access}})
	addr := s.cfg.SQSListen
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

func (s *Server) startS3(ctx context.Context) error {
	gateway, err := s3front.Start(ctx, s3front.Config{
		Dir: filepath.Join(s.cfg.Dir, "s3"), Listen: s.cfg.S3Listen, Region: devstack.Region, Root: s3front.Account(devstack.Root),
		Users:  []s3front.Account{s3front.Account(devstack.Signer), s3front.Account(devstack.Validator)},
		Notify: s.notify, Bare: s.cfg.Bare, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, gateway.Close)
	s.S3Endpoint = gateway.Endpoint()
	return nil
}

func (s *Server) notify(ctx context.Context, queueARN string, body []byte) error {
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
