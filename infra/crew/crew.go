// Package crew runs the processes of a trial as children of this one: validators, which can be killed
// at a certain step, and a NATS server. A child is this very binary, started again: call [Main] first
// of all in main or TestMain.
//
// A child ends when its parent does, however that ends.
package crew

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// environment is where a child finds what it is.
const environment = "AIRLOCK_CREW"

// role is what a child does; one of them is given.
type role struct {
	Validator *Validator
	NATS      *natsRole
	Stack     *stackRole
}

// Main returns at once in a process that was started by a person. In a child it does the child's work
// and ends the process.
func Main() {
	text, ok := os.LookupEnv(environment)
	if !ok {
		return
	}
	go func() { // the parent holds the other end
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	var r role
	err := json.Unmarshal([]byte(text), &r)
	switch {
	case err != nil:
	case r.Validator != nil:
		err = r.Validator.run()
	case r.NATS != nil:
		err = r.NATS.run()
	case r.Stack != nil:
		err = r.Stack.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// process is a child that runs. Its standard output is for this package; what it logs is kept.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	log   *tail
	done  chan struct{} // closed when it has ended and all its lines were read
	err   error         // how it ended; read it after done
}

// spawn starts a child and gives each line that it prints to say, one after another.
func spawn(r role, say func(line string), ended func(err error)) (*process, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("start a child: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start a child: %w", err)
	}
	p := &process{cmd: exec.Command(self), log: &tail{}, done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), environment+"="+string(text), "GORACE=atexit_sleep_ms=0")
	p.cmd.Stderr = p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the parent, who ends its children in good order
	in, ierr := p.cmd.StdinPipe()
	out, oerr := p.cmd.StdoutPipe()
	if err := errors.Join(ierr, oerr); err != nil {
		return nil, fmt.Errorf("start a child: %w", err)
	}
	p.stdin = in
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a child: %w", err)
	}
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			say(lines.Text())
		}
		p.err = p.cmd.Wait()
		ended(p.err)
	}()
	return p, nil
}

// Pid is its process id.
func (p *process) Pid() int { return p.cmd.Process.Pid }

// Signal sends a signal; none to a process that has ended.
func (p *process) Signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// Kill ends it by SIGKILL and waits.
func (p *process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Done is closed when it has ended.
func (p *process) Done() <-chan struct{} { return p.done }

// Stop sends SIGTERM and waits for the end, at most as long as ctx; then it kills. nil is exit 0.
func (p *process) Stop(ctx context.Context) error {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("stop: killed, since it did not end: %w", context.Cause(ctx))
	}
}

// Log is the end of what it logged.
func (p *process) Log() string { return p.log.String() }

// bySignal tells a death by a signal from an end.
func bySignal(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}

// tail keeps the end of what is written.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// tailSize is enough for the last few requests' trouble.
const tailSize = 16 << 10

// Write keeps what fits.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - 2*tailSize; over > 0 {
		t.buf = append([]byte(nil), t.buf[len(t.buf)-tailSize:]...)
	}
	return len(b), nil
}

// String is what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

// within waits for a child's word that it is ready.
func (p *process) within(ready <-chan struct{}, d time.Duration) error {
	select {
	case <-ready:
		return nil
	case <-p.done:
		return fmt.Errorf("a child ended as it began: %w\n%s", errors.Join(p.err, errEnded), p.Log())
	case <-time.After(d):
		p.Kill()
		return fmt.Errorf("a child was not ready within %s\n%s", d, p.Log())
	}
}

var errEnded = errors.New("ended")
