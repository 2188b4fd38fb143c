package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	keep  bool   // go on after a step that failed
	work  string // a folder for as long as it runs
	began time.Time
	rows  []row // one for each of the plan
}

// row is how a step went.
type row struct {
	planned
	seconds, processor time.Duration
	result             string
}

// stopPatience is how long a step has after Ctrl-C to end what it started.
const stopPatience = 20 * time.Second

// run runs the plan, up to the first step that fails, or all of it, and prints what came of it. Beside a
// step that mostly waits the next ones run; what it says is told when it has ended.
func (r *runner) run(ctx context.Context, plan []planned) (err error) {
	if r.work, err = os.MkdirTemp("", "airlock-ci-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.work)
	r.began, r.rows = time.Now(), make([]row, len(plan))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var beside *background
	for i, p := range plan {
		r.rows[i] = row{planned: p, result: "-"}
		var now error
		switch {
		case p.how == skipped:
		case p.waits && beside == nil:
			beside, now = r.start(ctx, i)
		default:
			r.say(p, "")
			now = r.step(ctx, i, os.Stdout)
		}
		if now != nil && !r.keep {
			cancel()
		}
		if beside != nil && (ctx.Err() != nil || beside.ended()) {
			now, beside = errors.Join(now, beside.wait()), nil
		}
		if err = errors.Join(err, now); err != nil && !r.keep || ctx.Err() != nil {
			break
		}
	}
	if beside != nil {
		err = errors.Join(err, beside.wait())
	}
	fmt.Println()
	r.table()
	slowest, serr := slowestTests(r.tests(), 5)
	fmt.Print("\n", slowest)
	if err = errors.Join(err, serr); err != nil {
		fmt.Fprintf(os.Stderr, "\n%v\n", err)
		return errSaid
	}
	fmt.Printf("\nall passed (%.0fs)\n", time.Since(r.began).Seconds())
	return nil
}

// tests is the file to which steps write how long their tests took.
func (r *runner) tests() string { return filepath.Join(r.work, "tests") }

func (r *runner) say(p planned, more string) {
	fmt.Printf("\n== %s (%.0fs) %s%s\n", p.name, time.Since(r.began).Seconds(), p.why, more)
}

// background is a step that runs beside others.
type background struct {
	r    *runner
	step planned
	said *os.File
	done chan struct{}
	err  error // read it after done
}

// start starts the i-th step beside those that follow.
func (r *runner) start(ctx context.Context, i int) (*background, error) {
	said, err := os.Create(filepath.Join(r.work, "beside"))
	if err != nil {
		return nil, err
	}
	b := &background{r: r, step: r.rows[i].planned, said: said, done: make(chan struct{})}
	r.say(b.step, "; what follows runs beside it")
	go func() {
		defer close(b.done)
		b.err = r.step(ctx, i, said)
	}()
	return b, nil
}

func (b *background) ended() bool {
	select {
	case <-b.done:
		return true
	default:
		return false
	}
}

// wait waits for the end and tells what was said.
func (b *background) wait() error {
	<-b.done
	b.r.say(b.step, "; it ran beside others, and said")
	_, err := b.said.Seek(0, io.SeekStart)
	if err == nil {
		_, err = io.Copy(os.Stdout, b.said)
	}
	return errors.Join(b.err, err, b.said.Close())
}

// step runs the i-th step. It writes to out, and how it went into its row.
func (r *runner) step(ctx context.Context, i int, out *os.File) error {
	w := &r.rows[i]
	args := []string{w.file}
	if w.how == inPart {
		args = append(args, "part")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "bash", args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), "CI_PROGRAM="+self, "CI_TESTS="+r.tests(), fmt.Sprintf("CI_DICE=%d", dice(r.head)))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that all that it started can be told to end
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = stopPatience
	began := time.Now()
	err = cmd.Run()
	w.seconds, w.result = time.Since(began), "ok"
	if cmd.ProcessState != nil {
		w.processor = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	switch {
	case ctx.Err() != nil:
		w.result, err = "stopped", fmt.Errorf("step %s was stopped", w.name)
	case err != nil && cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == unavailable:
		w.result, err = "not possible here, for the reason above", nil
	case err != nil:
		w.result, err = "FAILED", fmt.Errorf("step %s failed (%w); run it alone by: bash .ci/run %s", w.name, err, w.name)
	case w.how == whole && w.hash != "":
		err = r.known.note(w.name, w.hash, record{Commit: r.head, At: time.Now().UTC()})
	}
	return err
}

// table prints each step's seconds, processor seconds, and why it was run or not.
func (r *runner) table() {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "STEP\tSECONDS\tCPU\tRESULT\tRUN\tWHY")
	var processor time.Duration
	for _, w := range r.rows {
		if w.name == "" {
			continue // it was not reached
		}
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%s\t%s\t%s\n", w.name, w.seconds.Seconds(), w.processor.Seconds(), w.result, w.how, w.why)
		processor += w.processor
	}
	fmt.Fprintf(t, "all, some side by side\t%.1f\t%.1f\n", time.Since(r.began).Seconds(), processor.Seconds())
	_ = t.Flush()
}
