// Command dev runs the whole system on this machine: S3, SQS, NATS, signer, validator and the web
// page, in one process on loopback, with nothing to install but Go.
//
//	go run ./infra/dev          upload some samples, print their verdicts, serve until Ctrl-C
//	go run ./infra/dev --once   the same, but end; exit 0 only if each verdict was as expected
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"

	"airlock/config"
	"airlock/infra/devstack"
	"airlock/infra/devstack/server"
)

type flags struct {
	Once       bool   `help:"End after the samples; exit 0 only if each verdict was as expected."`
	StackOnly  bool   `help:"S3, SQS and NATS alone; prints the environment that the built binary needs."`
	Data       string `placeholder:"DIR" help:"Keep state here (default: a temporary directory)."`
	Profiles   string `placeholder:"FILE" help:"An airlock.yaml (default: a built-in one)."`
	Listen     string `placeholder:"ADDR" help:"API and page (default 127.0.0.1:8080; a free port with --once)."`
	S3Listen   string `name:"s3-listen" placeholder:"ADDR" help:"S3 (default 127.0.0.1:4566; a free port with --once)."`
	SQSListen  string `name:"sqs-listen" placeholder:"ADDR" help:"SQS (default 127.0.0.1:4567; a free port with --once)."`
	NATSListen string `name:"nats-listen" placeholder:"ADDR" help:"NATS (default 127.0.0.1:4222; a free port with --once)."`
	Verbose    bool   `short:"v" help:"Show the log."`
}

// errUnexpected tells that a sample did not end as it should.
var errUnexpected = errors.New("a verdict was not as expected")

func main() {
	var f flags
	kong.Parse(&f, kong.Name("dev"), kong.Description("The whole of airlock on this machine, for development."), kong.UsageOnError(), kong.Exit(exit))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends at once
	if err := f.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}

// exit maps kong's code for wrong usage to the one that airlock uses.
func exit(code int) {
	if code == 80 {
		code = 2
	}
	os.Exit(code)
}

func (f flags) run(ctx context.Context) (err error) {
	log := slog.New(slog.DiscardHandler)
	if f.Verbose {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if err := f.complete(); err != nil {
		return err
	}
	profiles, err := f.loadProfiles()
	if err != nil {
		return err
	}
	servers, err := server.Start(ctx, devstack.Config{Dir: f.Data, S3Listen: f.S3Listen, SQSListen: f.SQSListen, NATSListen: f.NATSListen}, log)
	if err != nil {
		return hintAtPorts(err)
	}
	defer func() { err = errors.Join(err, servers.Close()) }()
	stack, err := devstack.Connect(servers.Addresses)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close()) }()
	if f.StackOnly {
		return serveStack(ctx, stack, os.Stdout)
	}
	sys, err := startSystem(ctx, stack, profiles, f.Listen, log)
	if err != nil {
		return hintAtPorts(err)
	}
	defer func() { err = errors.Join(err, sys.stop()) }()
	if f.Profiles == "" { // the samples know the built-in profiles
		if err := runSamples(ctx, sys.client(), samplesOf(profiles), os.Stdout); err != nil && (f.Once || ctx.Err() != nil) {
			return err
		}
	}
	if f.Once {
		return nil
	}
	sys.describe(os.Stdout, stack)
	<-sys.ended // by Ctrl-C, or because a part failed: stop tells which
	fmt.Println("stopping")
	return nil
}

// complete fills defaults and makes paths absolute: the servers change the working directory.
func (f *flags) complete() (err error) {
	for addr, def := range map[*string]string{
		&f.Listen: "127.0.0.1:8080", &f.S3Listen: "127.0.0.1:4566", &f.SQSListen: "127.0.0.1:4567", &f.NATSListen: "127.0.0.1:4222",
	} {
		switch {
		case *addr == "" && f.Once:
			*addr = "127.0.0.1:0"
		case *addr == "":
			*addr = def
		}
		if err := onLoopback(*addr); err != nil {
			return err
		}
	}
	if f.Once && (f.StackOnly || f.Profiles != "") {
		return errors.New("--once judges the built-in samples: it goes with neither --stack-only nor --profiles")
	}
	if f.Data != "" {
		if f.Data, err = filepath.Abs(f.Data); err == nil {
			err = os.MkdirAll(f.Data, 0o700)
		}
	}
	return err
}

// onLoopback refuses what strangers could reach: there is no authentication here.
func onLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listen on %q: want ip:port, such as 127.0.0.1:8080", addr)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("listen on %q: this serves without authentication, on loopback only; name 127.0.0.1", addr)
	}
	return nil
}

func (f flags) loadProfiles() (config.Config, error) {
	if f.Profiles != "" {
		return config.Load(f.Profiles)
	}
	return config.Parse("the built-in airlock.yaml", builtIn)
}

func hintAtPorts(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w\nIs another one running? --listen, --s3-listen, --sqs-listen and --nats-listen take other addresses, also with port 0", err)
	}
	return err
}
