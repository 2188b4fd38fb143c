// Command ci runs what a change must pass: the steps in .ci/steps, a file each. People and CI start it
// by `bash .ci/run`.
//
//	.ci/run                 all steps but those long ones that are known to be green here
//	.ci/run format test     these steps, whatever is known
//	.ci/run --plan          only says which steps would run, and why
//	CI_FULL=1 .ci/run       everything in full, whatever it takes
//
// A long step is skipped only where it was green before, on this machine, with the same inputs: see
// [decide]. What was green is noted below the user's cache directory, in airlock/ci.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type commands struct {
	Run   runCommand   `cmd:"" default:"withargs" help:"Run the steps (the default)."`
	Timed timedCommand `cmd:"" passthrough:"" help:"For steps: run this go test, and note how long its tests take."`
}

// full tells that everything was asked for.
func full() bool { v := os.Getenv("CI_FULL"); return v != "" && v != "0" }

func main() {
	var c commands
	k := kong.Parse(&c, kong.Name("ci"), kong.Description("What a change must pass."), kong.Exit(exit))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends at once
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(); err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "ci:", err)
		}
		if errors.Is(err, errUsage) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

var (
	errSaid  = errors.New("failed")      // it has been told already
	errUsage = errors.New("wrong usage") // exit 2
)

// exit maps kong's code for wrong usage to the one that airlock uses.
func exit(code int) {
	if code == 80 {
		code = 2
	}
	os.Exit(code)
}

type runCommand struct {
	Plan  bool     `help:"Only say which steps would run, and why."`
	List  bool     `help:"Only list the steps, as a JSON array of their names."`
	Keep  bool     `name:"keep-going" short:"k" help:"Go on after a step that failed; the end is a failure all the same."`
	Steps []string `arg:"" optional:"" help:"Run only these, whatever is known of them."`
}

// Run is the command.
func (c *runCommand) Run(ctx context.Context) error {
	steps, err := readSteps(".ci/steps")
	if err != nil {
		return err
	}
	if c.List {
		var names []string
		for _, s := range steps {
			names = append(names, s.name)
		}
		return json.NewEncoder(os.Stdout).Encode(names)
	}
	if len(c.Steps) > 0 {
		if steps, err = pick(steps, c.Steps); err != nil {
			return err
		}
	}
	known, err := openRecords()
	if err != nil {
		return err
	}
	head, err := output(ctx, "git", "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	f := facts{head: head, full: full(), named: len(c.Steps) > 0, last: known.last}
	for _, s := range steps {
		hash, err := inputs(ctx, s)
		if err != nil {
			return fmt.Errorf("step %s: its inputs: %w", s.name, err)
		}
		green, seen := known.green(s.name, hash)
		f.inputs = append(f.inputs, input{hash, green, seen})
	}
	plan := decide(steps, f)
	if c.Plan {
		for _, p := range plan {
			fmt.Printf("%-14s %-5s %s\n", p.name, p.how, p.why)
		}
		return nil
	}
	return (&runner{head: head, known: known, keep: c.Keep}).run(ctx, plan)
}
