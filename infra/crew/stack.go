package crew

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"airlock/infra/child"
	"airlock/infra/devstack"
)

// Stack is a dev stack as a child, for trials in which S3 and SQS are killed too.
type Stack struct {
	*child.Process
	Places
	role stackRole
}

// Places are what clients of a stack need.
type Places struct{ S3Endpoint, SQSEndpoint string }

type stackRole struct{ Dir, S3, SQS, NATS string }

// StartStack runs a stack that keeps its data in dir, which must exist.
func StartStack(dir string) (*Stack, error) {
	s := &Stack{role: stackRole{Dir: dir}}
	for _, addr := range []*string{&s.role.S3, &s.role.SQS, &s.role.NATS} {
		var err error
		if *addr, err = freePort(); err != nil {
			return nil, err
		}
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	return s, nil
}

// Start starts it again, after a kill, on the same ports and data.
func (s *Stack) Start() error {
	ready := make(chan struct{})
	p, err := spawn(role{Stack: &s.role}, func(line string) {
		if text, ok := strings.CutPrefix(line, "ready "); ok && json.Unmarshal([]byte(text), &s.Places) == nil {
			close(ready)
		}
	}, func(error) {})
	if err != nil {
		return err
	}
	s.Process = p
	return p.Within(ready, startTime)
}

// run is the child: a stack until SIGTERM.
func (r stackRole) run() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := devstack.Start(ctx, devstack.Config{Dir: r.Dir, S3Listen: r.S3, SQSListen: r.SQS, NATSListen: r.NATS})
	if err != nil {
		return err
	}
	text, err := json.Marshal(Places{S3Endpoint: s.S3Endpoint, SQSEndpoint: s.SQSEndpoint})
	if err != nil {
		return err
	}
	fmt.Println("ready", string(text))
	<-ctx.Done()
	return s.Close()
}
