package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"airlock/validator"
)

type validatorCommand struct {
	workFlags
	QueueURL       string        `required:"" name:"queue-url" placeholder:"URL" help:"SQS queue that S3 notifies."`
	InFlight       int           `default:"256" help:"Messages held at once at most; it begins with 64 and finds its own limit."`
	PollWait       time.Duration `default:"10s" help:"How long a receive waits, in whole seconds up to 15; a stop may take as long."`
	MinVisibility  time.Duration `default:"30s" help:"The least visibility timeout of the queue that is not refused."`
	SweepInterval  time.Duration `default:"5m" help:"How often one of all validators looks for what the queue forgot; 0: never."`
	SweepAge       time.Duration `default:"10m" help:"What is younger a sweep leaves to the queue."`
	CopyPartsAbove int64         `default:"5368709120" placeholder:"BYTES" help:"What is larger is copied in parts; 5 GiB is the most that S3 copies at once."`
	MetricsListen  string        `placeholder:"ADDR" help:"Address of /metrics, /livez and /readyz; none by default."`
	Once           bool          `help:"Drain the queue and exit."`
}

func (c *validatorCommand) check() error {
	if c.InFlight < 1 || c.InFlight > 512 || c.PollWait < 0 || c.PollWait > 15*time.Second || c.PollWait%time.Second != 0 {
		return fmt.Errorf("%w: --in-flight must be 1 to 512, --poll-wait whole seconds up to 15s", errConfig)
	}
	if c.SweepInterval < 0 || c.SweepInterval > 0 && c.SweepInterval < time.Second || c.SweepAge <= 0 {
		return fmt.Errorf("%w: --sweep-interval must be 0 or at least 1s, --sweep-age above 0", errConfig)
	}
	if c.CopyPartsAbove < 5<<20 || c.CopyPartsAbove > 5<<30 {
		return fmt.Errorf("%w: --copy-parts-above must be 5242880 to 5368709120: a part has 5 MiB at least, and S3 copies 5 GiB at once", errConfig)
	}
	return nil
}

// Run works until ctx ends.
func (c *validatorCommand) Run(ctx context.Context, s streams) error {
	if err := c.check(); err != nil {
		return err
	}
	w, err := c.wire(ctx, "validator", c.InFlight, s.err)
	if err != nil {
		return err
	}
	defer func() { w.close() }()
	reg, health := registry(), &validator.Health{}
	w.s3.SingleCopy = c.CopyPartsAbove
	metrics := validator.NewMetrics(reg)
	if err := w.inspects(ctx, w.validator.Log, metrics.InspectionEnded); err != nil {
		return err
	}
	v, log := w.validator, w.validator.Log
	v.Queue, v.Hints, v.Metrics, v.Health = validator.NewSQS(w.aws, c.QueueURL), w.store.Hints, metrics, health
	v.InFlight, v.PollWait, v.MinVisibility, v.Once = c.InFlight, max(c.PollWait, time.Second), c.MinVisibility, c.Once
	v.SweepInterval, v.SweepAge = c.SweepInterval, c.SweepAge
	group, ctx := errgroup.WithContext(ctx)
	if c.MetricsListen != "" {
		ready := func(ctx context.Context) error { return errors.Join(health.Ready(), w.store.Ping(ctx)) }
		ops, err := listen(ctx, c.MetricsListen, operations(reg, ready, log), log)
		if err != nil {
			return err
		}
		log.Info("metrics are served", "address", ops.addr())
		serving, stop := context.WithCancel(ctx)
		defer stop()
		group.Go(func() error { return ops.serve(serving) })
		group.Go(func() error { defer stop(); return v.Run(ctx) })
		return group.Wait()
	}
	return v.Run(ctx)
}
