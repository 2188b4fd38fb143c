package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"airlock"
	"airlock/validator"
)

type sweepCommand struct {
	workFlags
	DryRun   bool          `help:"Only say what would be done."`
	SweepAge time.Duration `default:"10m" help:"What is younger is left to the queue."`
	JSON     bool          `help:"One JSON object a line."`
}

// sweptLine is what --json prints, a line each.
type sweptLine struct {
	Zone   string                `json:"zone"`
	Upload string                `json:"upload,omitempty"`
	Bucket string                `json:"bucket,omitempty"`
	Key    airlock.Key           `json:"key,omitempty"`
	Action validator.SweepAction `json:"action"`
	Why    string                `json:"why"`
}

// Run makes one pass, beside validators and other sweeps.
func (c *sweepCommand) Run(ctx context.Context, s streams) (err error) {
	if c.SweepAge <= 0 {
		return fmt.Errorf("%w: --sweep-age must be above 0: a worker may be at what is new", errUsage)
	}
	w, err := c.wire(ctx, "sweep", 16, s.err)
	if err != nil {
		return err
	}
	defer w.close()
	w.validator.SweepAge = c.SweepAge
	report, finish := c.printer(s)
	defer closing(&err, finish)
	return w.validator.Sweep(ctx, c.DryRun, report)
}

// printer prints a line for each thing found and, for people, what they come to.
func (c *sweepCommand) printer(s streams) (report func(validator.Swept), finish func() error) {
	var failed error
	if c.JSON {
		enc := json.NewEncoder(s.out)
		return func(w validator.Swept) {
			failed = errors.Join(failed, enc.Encode(sweptLine{w.Zone, w.Upload, w.Object.Bucket, w.Object.Key, w.Action, w.Why}))
		}, func() error { return failed }
	}
	out := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	n, did := 0, 0
	report = func(w validator.Swept) {
		if n++; n == 1 {
			fmt.Fprintln(out, "ACTION\tUPLOAD OR KEY\tWHY")
		}
		if w.Action != validator.SweepLeave {
			did++
		}
		name := w.Upload
		if name == "" {
			name = fmt.Sprintf("%q", w.Object.Key)
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", w.Action, name, w.Why)
	}
	return report, func() error {
		if err := out.Flush(); err != nil {
			return err
		}
		verb := "were done"
		if c.DryRun {
			verb = "would be done"
		}
		_, err := fmt.Fprintf(s.out, "%d found, %d %s, %d left alone\n", n, did, verb, n-did)
		return err
	}
}
