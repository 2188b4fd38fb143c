package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"airlock/infra/crew"
	"airlock/internal/pace"
)

// TestMain makes this test binary also the command soak and its children.
func TestMain(m *testing.M) {
	crew.Main()
	testscript.Main(m, map[string]func(){"soak": main})
}

// soak runs the command with a temporary directory of its own, which it must leave empty.
func soak(ctx context.Context, t *testing.T, args ...string) (output string, err error) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(ctx, "soak", args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = pace.Scaled(30 * time.Second)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it left %v behind", left)
	}
	return out.String(), err
}

func TestAShortSoakHoldsEveryInvariant(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some 10 s; run without -short")
	}
	out, err := soak(t.Context(), t, "--minutes", "0.1", "--uploads", "150", "--seed", "3")
	if err != nil || !strings.Contains(out, "250 uploads by") || strings.Count(out, " 0\n") < 9 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestCtrlCEndsASoakInGoodOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything; run without -short")
	}
	ctx, cancel := context.WithTimeout(t.Context(), pace.Scaled(4*time.Second))
	defer cancel()
	began := time.Now()
	out, err := soak(ctx, t, "--minutes", "5")
	if err == nil || time.Since(began) > pace.Scaled(20*time.Second) {
		t.Errorf("after Ctrl-C: %v after %s\n%s", err, time.Since(began), out)
	}
}

func TestWrongFlagsAreRefusedInWords(t *testing.T) {
	out, err := soak(t.Context(), t, "--faults", "0.9")
	if err == nil || !strings.Contains(out, "--faults in [0, 0.5]") {
		t.Errorf("%v\n%s", err, out)
	}
}
