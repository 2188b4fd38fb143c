package devstack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"airlock/infra/child"
	"airlock/internal/pace"
)

const (
	// startTime bounds how long a child may take to be ready, as package pace has it.
	startTime = 30 * time.Second
	// stopTime bounds how long it may take to end in good order, likewise: its gateway gives requests 10 s.
	stopTime = 30 * time.Second
)

// Start starts a child with servers, buckets with policies and CORS, queue, DLQ with redrive,
// notification on the prefix, and the NATS stream. It returns when all of it answers; ctx bounds only
// that. A directory that was used before is taken up again.
func Start(ctx context.Context, cfg Config) (s *Stack, err error) {
	s = &Stack{cfg: cfg}
	defer func() {
		if err != nil {
			err = fmt.Errorf("start the dev stack: %w", errors.Join(err, s.Close()))
			s = nil
		}
	}()
	if s.program, err = findProgram(ctx); err != nil {
		return s, err
	}
	if cfg.Dir == "" { // made here, since a child that is killed cannot remove it
		if s.cfg.Dir, err = os.MkdirTemp("", "airlock-dev-"); err != nil {
			return s, err
		}
		s.cfg.Temporary = true
	}
	if s.Addresses, err = s.run(ctx); err != nil {
		return s, err
	}
	return s, s.connect()
}

// run starts the child and waits until it is ready.
func (s *Stack) run(ctx context.Context) (a Addresses, err error) {
	text, err := json.Marshal(s.cfg)
	if err != nil {
		return a, err
	}
	ready := make(chan struct{})
	s.mu.Lock() // how it ended is not told before it is known who
	s.asked = false
	p, err := child.Start(exec.Command(s.program, string(text)), func(line string) {
		if text, ok := strings.CutPrefix(line, "ready "); ok && json.Unmarshal([]byte(text), &a) == nil {
			close(ready)
		}
	}, func(err error) { s.ended(ready, err) })
	s.process = p
	s.mu.Unlock()
	if err != nil {
		return a, err
	}
	stop := context.AfterFunc(ctx, s.Kill)
	err = p.Within(ready, startTime)
	if !stop() {
		err = errors.Join(context.Cause(ctx), err)
	}
	if err != nil {
		s.Kill() // if it was too late
	}
	return a, err
}

// ended tells at once of a death that nobody asked for: whatever fails from now on fails for that.
func (s *Stack) ended(ready <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-ready:
		if !s.asked {
			fmt.Fprintf(os.Stderr, "the dev stack ended unasked: %v\n%s", errors.Join(err, child.ErrEnded), s.process.Log())
		}
	default: // the start tells it
	}
}

// ask notes that the child is to end, and tells whether it has ended and whether that was asked before.
func (s *Stack) ask() (ended, asked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.process.Done():
		ended = true
	default:
	}
	asked, s.asked = s.asked, true
	return ended, asked
}

// Kill ends the child by SIGKILL and waits. Its data stays, for [Stack.Restart].
func (s *Stack) Kill() {
	s.ask()
	s.process.Kill()
}

// Restart starts the child again after [Stack.Kill], on its ports and its data. What a client has
// changed of what [Start] sets up is set up again.
func (s *Stack) Restart(ctx context.Context) error {
	s.cfg.S3Listen = strings.TrimPrefix(s.S3Endpoint, "http://")
	s.cfg.SQSListen = strings.TrimPrefix(s.SQSEndpoint, "http://")
	s.cfg.NATSListen = strings.TrimPrefix(s.NATSURL, "nats://")
	if _, err := s.run(ctx); err != nil {
		return fmt.Errorf("start the dev stack again: %w", err)
	}
	if s.NATS == nil {
		return nil
	}
	if err := s.NATS.ForceReconnect(); err != nil { // it need not wait for its next try
		return fmt.Errorf("start the dev stack again: %w", err)
	}
	waiting, stop := pace.Context(ctx, startTime)
	defer stop()
	for ; !s.NATS.IsConnected(); time.Sleep(5 * time.Millisecond) {
		if waiting.Err() != nil {
			return fmt.Errorf("start the dev stack again: its NATS connection is not back: %w", errors.Join(context.Cause(waiting), s.NATS.LastError()))
		}
	}
	return nil
}

// Close closes the clients, ends the child in good order and waits for it. An end that nobody had
// asked for is an error.
func (s *Stack) Close() error {
	s.disconnect()
	var err error
	if s.process != nil {
		err = s.stop()
	}
	if s.cfg.Temporary {
		err = errors.Join(err, os.RemoveAll(s.cfg.Dir)) // a child that was killed has left it
	}
	return err
}

func (s *Stack) stop() error {
	switch ended, asked := s.ask(); {
	case ended && asked:
		return nil
	case ended:
		return fmt.Errorf("the dev stack ended unasked: %w", errors.Join(s.process.Err(), child.ErrEnded))
	}
	ctx, cancel := pace.Context(context.Background(), stopTime)
	defer cancel()
	if err := s.process.Stop(ctx); err != nil {
		return fmt.Errorf("stop the dev stack: %w\n%s", err, s.process.Log())
	}
	return nil
}
