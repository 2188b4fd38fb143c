package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"
)

// unavailable is the exit code (EX_UNAVAILABLE) of a step that this machine cannot do.
const unavailable = 69

// runner runs a plan, and notes what was green.
type runner struct {
	head  string
	known records
	began time.Time
	rows  []row
	notes string // the file to which steps write their tests' times
}

// row is how a step went.
type row struct {
	planned
	seconds, processor time.Duration
	result             string
}

// stopPatience is how long a step has after Ctrl-C to end what it started.
const stopPatience = 20 * time.Second

// run runs the plan, up to the first step that fails, and prints what came of it.
func (r *runner) run(ctx context.Context, plan []planned) error {
	work, err := os.MkdirTemp("", "airlock-ci-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	r.began, r.notes = time.Now(), filepath.Join(work, "tests")
	for _, p := range plan {
		if err = r.step(ctx, p); err != nil {
			break
		}
	}
	fmt.Println()
	r.table()
	if slowest, serr := slowestTests(r.notes, 5); serr != nil {
		err = errors.Join(err, serr)
	} else {
		fmt.Print("\n", slowest)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "\n%v\n", err)
		return errSaid
	}
	fmt.Printf("\nall passed (%.0fs)\n", time.Since(r.began).Seconds())
	return nil
}

// step runs one step, if it is to be run.
func (r *runner) step(ctx context.Context, p planned) error {
	if p.how == skipped {
		r.rows = append(r.rows, row{planned: p, result: "-"})
		return nil
	}
	fmt.Printf("\n== %s (%.0fs) %s\n", p.name, time.Since(r.began).Seconds(), p.why)
	args := []string{p.file}
	if p.how == inPart {
		args = append(args, "part")
	}
	began := time.Now()
	cmd := exec.CommandContext(ctx, "bash", args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd.Env = append(os.Environ(), "CI="+self, "CI_TESTS="+r.notes, fmt.Sprintf("CI_DICE=%d", dice(r.head)))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that all that it started can be told to end
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = stopPatience
	err = cmd.Run()
	w := row{planned: p, seconds: time.Since(began), result: "ok"}
	if cmd.ProcessState != nil {
		w.processor = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	switch {
	case ctx.Err() != nil:
		w.result, err = "stopped", errors.New("stopped by a signal")
	case err != nil && cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == unavailable:
		w.result, err = "not possible here, for the reason above", nil
	case err != nil:
		w.result, err = "FAILED", fmt.Errorf("step %s failed (%w); run it alone by: bash .ci/run %s", p.name, err, p.name)
	case p.how == whole && p.hash != "":
		err = r.known.note(p.name, p.hash, record{Commit: r.head, At: time.Now().UTC()})
	}
	r.rows = append(r.rows, w)
	return err
}

// table prints each step's seconds, processor seconds, and why it was run or not.
func (r *runner) table() {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "STEP\tSECONDS\tCPU\tRESULT\tRUN\tWHY")
	var all, processor time.Duration
	for _, w := range r.rows {
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%s\t%s\t%s\n", w.name, w.seconds.Seconds(), w.processor.Seconds(), w.result, w.how, w.why)
		all, processor = all+w.seconds, processor+w.processor
	}
	fmt.Fprintf(t, "all\t%.1f\t%.1f\n", all.Seconds(), processor.Seconds())
	_ = t.Flush()
}
