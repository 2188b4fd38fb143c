package child_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"airlock/infra/child"
)

// role is what this test binary is when it is started again: a parent, or that one's child.
const role = "AIRLOCK_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "parent":
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), role+"=child")
		cmd.ExtraFiles = []*os.File{os.NewFile(3, "the test's pipe")}
		if _, err := child.Start(cmd, func(string) {}, func(error) {}); err != nil {
			panic(err)
		}
		select {}
	case "child":
		_, _ = os.NewFile(3, "the test's pipe").WriteString("the child lives\n")
		<-child.Orphaned()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestAChildEndsWhenItsParentIsKilled(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), role+"=parent")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	said := make([]byte, len("the child lives\n"))
	if _, err := io.ReadFull(r, said); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	_ = r.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := r.Read(said); !errors.Is(err, io.EOF) {
		t.Errorf("the child holds on: %v", err)
	}
}

// sh starts a script as a child; ready is closed at its first line.
func sh(t *testing.T, script string) (p *child.Process, ready chan struct{}) {
	t.Helper()
	ready = make(chan struct{})
	p, err := child.Start(exec.Command("sh", "-c", script), func(string) { close(ready) }, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p, ready
}

func TestAChildThatIsNotReadySaysWhy(t *testing.T) {
	p, ready := sh(t, "echo the reason >&2; exit 7")
	if err := p.Within(ready, time.Minute); !errors.Is(err, child.ErrEnded) || !strings.Contains(err.Error(), "the reason") || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("one that ended: %v", err)
	}
	p, ready = sh(t, "echo the reason >&2; read never")
	for p.Log() == "" {
		time.Sleep(time.Millisecond)
	}
	if err := p.Within(ready, time.Millisecond); err == nil || !strings.Contains(err.Error(), "not ready: not within 1ms") || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("one that hangs: %v", err)
	}
	if err := p.Err(); !child.BySignal(err) {
		t.Errorf("it was not killed: %v", err)
	}
}

func TestAChildStopsBySIGTERM(t *testing.T) {
	p, ready := sh(t, `trap "exit 0" TERM; echo ready; while :; do read -r never; done`)
	if err := p.Within(ready, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil || p.Err() != nil {
		t.Errorf("%v, %v", err, p.Err())
	}
}

func TestOfALongLogTheEndIsKept(t *testing.T) {
	p, _ := sh(t, "i=0; while [ $i -lt 6000 ]; do i=$((i+1)); echo line $i >&2; done")
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	if log := []byte(p.Log()); len(log) < 16<<10 || len(log) > 32<<10 || !bytes.HasSuffix(log, []byte("line 5999\nline 6000\n")) {
		t.Errorf("%d bytes, ending with %q", len(log), log[max(0, len(log)-40):])
	}
}
