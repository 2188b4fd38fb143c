package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
	defer func() { w.close() }()
	if err := w.inspects(ctx, w.validator.Log, nil); err != nil {
		return err
	}
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
	width, n, did := widthOf(s.out), 0, 0
	report = func(w validator.Swept) {
		if n++; n == 1 {
			fmt.Fprintf(s.out, "%-8s  %-36s  %s\n", "ACTION", "UPLOAD OR KEY", "WHY")
		}
		if w.Action != validator.SweepLeave {
			did++
		}
		name := w.Upload
		if name == "" {
			name = fmt.Sprintf("%q", w.Object.Key)
		}
		head := fmt.Sprintf("%-8s  %-36s  ", w.Action, name)
		if width > 0 && width-len(head) < leastText { // a long key; what it is about goes below
			fmt.Fprintln(s.out, strings.TrimSpace(head))
			head = strings.Repeat(" ", 10)
		}
		printBeside(s.out, width, head, w.Why)
	}
	return report, func() error {
		verb := "were done"
		if c.DryRun {
			verb = "would be done"
		}
		_, err := fmt.Fprintf(s.out, "%d found, %d %s, %d left alone\n", n, did, verb, n-did)
		return err
	}
}
