//go:build linux

package isolation

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"airlock/internal/pace"
	"airlock/validator/inspect"
)

// What a broken world does to children: no upload gets a verdict by it.

// pid is that of a room's child; 0 if it has none.
func pid(r *room) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil || !r.now.alive() {
		return 0
	}
	return r.now.cmd.Process.Pid
}

// slowly brings the bytes after a while, so that others can happen meanwhile.
type slowly struct {
	io.ReaderAt
	by time.Duration
}

func (s slowly) ReadAt(p []byte, off int64) (int, error) {
	time.Sleep(s.by)
	return s.ReaderAt.ReadAt(p, off)
}

func slow(by time.Duration) inspect.Upload {
	u := large()
	u.Bytes = slowly{u.Bytes, by}
	return u
}

// inspectMany inspects n honest uploads at once while disturb disturbs them. It counts those that were
// accepted; any other answer than an error of mayBe is a fault.
func inspectMany(t *testing.T, i *Inspector, n int, mayBe error, disturb func(done <-chan struct{})) (accepted int64) {
	t.Helper()
	var all sync.WaitGroup
	var ok atomic.Int64
	for range n {
		all.Go(func() {
			r, err := i.Inspect(t.Context(), slow(time.Millisecond))
			switch {
			case err != nil && (mayBe == nil || !errors.Is(err, mayBe)):
				t.Errorf("%v", err)
			case err == nil && r.Finding != nil:
				t.Errorf("an honest upload is rejected: %+v", r.Finding)
			case err == nil:
				ok.Add(1)
			}
		})
	}
	done, disturbed := make(chan struct{}), make(chan struct{})
	go func() { disturb(done); close(disturbed) }()
	all.Wait()
	close(done)
	<-disturbed
	return ok.Load()
}

func TestChildrenThatAreKilledFromOutsideAreNoVerdict(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGSTOP} {
		i := begin(t)
		accepted := inspectMany(t, i, 40, ErrUnavailable, func(done <-chan struct{}) {
			for range 5 {
				select {
				case <-done:
					return
				case <-time.After(20 * time.Millisecond):
				}
				for _, r := range []*room{i.common, i.cell} {
					if p := pid(r); p != 0 {
						_ = syscall.Kill(p, signal)
						if signal == syscall.SIGSTOP { // and on it goes
							time.Sleep(20 * time.Millisecond)
							_ = syscall.Kill(p, syscall.SIGCONT)
						}
					}
				}
			}
		})
		t.Logf("%s: %d of 40 accepted, the others are held", signal, accepted)
		if accepted < 20 {
			t.Errorf("%s: %d of 40 were accepted", signal, accepted)
		}
	}
}

func TestAStopUnderLoadIsNoVerdict(t *testing.T) {
	i := begin(t)
	inspectMany(t, i, 40, ErrUnavailable, func(<-chan struct{}) {
		time.Sleep(10 * time.Millisecond)
		i.Close()
	})
}

func TestAChildThatCannotBeStartedIsNoVerdict(t *testing.T) {
	i := begin(t)
	right := self
	defer func() { self = right }()
	self = filepath.Join(t.TempDir(), "missing")
	p := pid(i.common)
	if err := syscall.Kill(p, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	pace.Eventually(t, 10*time.Second, "the child ends", func() bool { return pid(i.common) == 0 })
	if r, err := i.Inspect(t.Context(), large()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%+v, %v", r, err)
	}
	self = right
	if r, err := i.Inspect(t.Context(), large()); err != nil || r.Finding != nil {
		t.Errorf("when it can be started again: %+v, %v", r, err)
	}
}

// Go ends a process that gets no thread (EAGAIN, TasksMax): that is the system's doing.
func TestACrashForWantOfThreadsIsFromOutside(t *testing.T) {
	for _, said := range []string{
		"runtime: failed to create new OS thread (have 5 already; errno=11)", "runtime/cgo: pthread_create failed: Resource temporarily unavailable",
	} {
		if !shortOfThreads(said) {
			t.Errorf("%q", said)
		}
	}
	if shortOfThreads("fatal error: stack overflow") {
		t.Error("a fault of an inspector is taken for the system's")
	}
}

// Who is ended by an operator, by a stop of the service or for want of memory did not crash.
func TestAnEndBySignalIsFromOutside(t *testing.T) {
	for how, want := range map[string]how{
		"kill -KILL $$": killed, "kill -TERM $$": killed, "kill -SEGV $$": died, "kill -ABRT $$": died, "exit 2": died, "exit 0": died,
	} {
		c := &child{stderr: &lastWords{}}
		if got := c.endOf(exec.Command("sh", "-c", how).Run()); got.how != want {
			t.Errorf("%s: %s", how, got.how)
		}
	}
}

const replacedVariable = "AIRLOCK_TEST_REPLACED"

// A binary that is replaced while it runs goes on inspecting by itself.
func TestABinaryThatWasReplacedGoesOn(t *testing.T) {
	if os.Getenv(replacedVariable) != "" {
		i := begin(t)
		if err := os.WriteFile(os.Args[0]+".new", []byte("#!/bin/false\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(os.Args[0]+".new", os.Args[0]); err != nil {
			t.Fatal(err)
		}
		_ = syscall.Kill(pid(i.common), syscall.SIGKILL)
		if r, err := i.Inspect(t.Context(), large()); err != nil || r.Finding != nil {
			t.Errorf("%+v, %v", r, err)
		}
		return
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copied")
	if err := os.WriteFile(copied, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), copied, "-test.run=^TestABinaryThatWasReplacedGoesOn$", "-test.count=1")
	cmd.Env = append(os.Environ(), replacedVariable+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A child has nothing that a file could do harm with: no environment, no file but its own, no network.
func TestAChildHasNothing(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	i := begin(t)
	proc := "/proc/" + strconv.Itoa(pid(i.common))
	environ, err := os.ReadFile(filepath.Join(proc, "environ"))
	if err != nil {
		t.Fatal(err)
	}
	if want := roomVariable + "=" + commonRoom; string(environ[:min(len(environ), len(want))]) != want {
		t.Errorf("its environment is %q", environ)
	}
	for _, secret := range []string{"AWS", "PATH"} {
		if bytes.Contains(environ, []byte(secret)) {
			t.Errorf("its environment is %q", environ)
		}
	}
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		t.Fatal(err)
	}
	if filtered := bytes.Contains(status, []byte("Seccomp:\t2\n")); filtered != strings.Contains(i.common.now.confined, "system calls") || !filtered && !strings.Contains(i.common.now.confined, "no filter") {
		t.Errorf("it says that it is confined by %s, and that is %v", i.common.now.confined, filtered)
	}
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range open {
		to, err := os.Readlink(filepath.Join(proc, "fd", f.Name()))
		if err != nil {
			continue
		}
		if kind := to[:min(len(to), 5)]; to != os.DevNull && kind != "pipe:" && kind != "anon_" && !strings.Contains(to, "airlock-inspect-") && !strings.Contains(to, "cgroup") {
			t.Errorf("it has %s open", to)
		}
	}
}

// The children end when their parent does, however it ends.
func TestChildrenEndWithTheirParent(t *testing.T) {
	if os.Getenv(replacedVariable) == "parent" {
		i := begin(t)
		_, _ = os.Stdout.WriteString("pid " + strconv.Itoa(pid(i.common)) + "\n")
		time.Sleep(time.Minute)
		return
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), own, "-test.run=^TestChildrenEndWithTheirParent$", "-test.count=1")
	cmd.Env = append(os.Environ(), replacedVariable+"=parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var text []byte
	for buf := make([]byte, 256); !bytes.Contains(text, []byte("\n")); {
		n, err := out.Read(buf)
		if text = append(text, buf[:n]...); err != nil {
			t.Fatalf("%v after %q", err, text)
		}
	}
	child, err := strconv.Atoi(string(text[4 : len(text)-1]))
	if err != nil {
		t.Fatalf("%q", text)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	pace.Eventually(t, 10*time.Second, "the child ends", func() bool {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(child) + "/stat")
		return err != nil || bytes.Contains(b, []byte(") Z "))
	})
}
