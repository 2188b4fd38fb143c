// Package child runs a program as a child that ends when this process does, however that ends, by
// SIGKILL too. For that the child must have been written for it: this process holds the other end of
// the child's standard input, and the child ends itself when it is [Orphaned].
package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"airlock/internal/pace"
)

// Process is a child that runs. Its standard output is lines for its parent; of its standard error the
// end is kept.
type Process struct {
	cmd   *exec.Cmd
	stdin io.Closer // held open: its end is the child's
	log   *tail
	done  chan struct{} // closed when it has ended and all its lines were read
	err   error         // how it ended; read it after done
}

// ErrEnded tells that a child ended before it was ready.
var ErrEnded = errors.New("ended")

// Start starts cmd, whose standard streams must be unset. It gives each line that the child prints to
// say, one after another, and then how it ended to ended: nil is exit 0.
func Start(cmd *exec.Cmd, say func(line string), ended func(err error)) (*Process, error) {
	p := &Process{cmd: cmd, log: &tail{}, done: make(chan struct{})}
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
		_, _ = io.Copy(io.Discard, out) // what no scanner takes must not hold it up
		p.err = p.cmd.Wait()
		ended(p.err)
	}()
	return p, nil
}

// Within waits for the child's word that it is ready, for d as package pace has it. One that does not say
// it is killed.
func (p *Process) Within(ready <-chan struct{}, d time.Duration) error {
	ctx, cancel := pace.Context(context.Background(), d)
	defer cancel()
	select {
	case <-ready:
		return nil
	case <-p.done:
		return fmt.Errorf("a child ended as it began: %w\n%s", errors.Join(p.err, ErrEnded), p.Log())
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("a child was not ready: %w\n%s", context.Cause(ctx), p.Log())
	}
}

// Pid is its process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Signal sends a signal; none to a process that has ended.
func (p *Process) Signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// Kill ends it by SIGKILL and waits.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Done is closed when it has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how it ended; nil is exit 0. It waits for the end.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Stop sends SIGTERM and waits for the end, at most as long as ctx; then it kills. nil is exit 0.
func (p *Process) Stop(ctx context.Context) error {
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
func (p *Process) Log() string { return p.log.String() }

// BySignal tells a death by a signal from an end.
func BySignal(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}

// Orphaned is closed when the parent of this process has ended. Call it in the child, once.
func Orphaned() <-chan struct{} {
	gone := make(chan struct{})
	go func() { // as long as the process
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(gone)
	}()
	return gone
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
