// Command stackd is the child that package devstack starts: a dev stack as its one argument says, which
// is a devstack.Config as JSON. When all of it answers it prints one line, "ready" and its addresses as
// JSON. It ends in good order on SIGTERM, and when its standard input ends: then its parent has.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"airlock/infra/child"
	"airlock/infra/devstack"
	"airlock/infra/devstack/server"
)

// patience bounds an end in good order, for which a dead parent cannot.
const patience = 30 * time.Second

func main() {
	signal.Ignore(syscall.SIGPIPE) // whoever reads the log may be dead; there is still something to remove
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	orphaned := child.Orphaned()
	go func() { // as long as the process
		<-orphaned
		stop()
	}()
	context.AfterFunc(ctx, func() {
		time.Sleep(patience)
		os.Exit(3)
	})
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stackd:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("this is the child of airlock/infra/devstack; people want go run ./infra/dev --stack-only")
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(args[0])))
	dec.DisallowUnknownFields()
	var cfg devstack.Config
	if err := dec.Decode(&cfg); err != nil {
		return fmt.Errorf("the configuration is not of this version: %w", err)
	}
	s, err := server.Start(ctx, cfg, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	text, err := json.Marshal(s.Addresses)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	fmt.Println("ready", string(text))
	<-ctx.Done()
	return s.Close()
}
