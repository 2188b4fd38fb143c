package main

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
)

type setupCommand struct {
	natsFlags
	logFlags
	QuarantineBucket string        `required:"" placeholder:"BUCKET" help:"Bucket whose uploads these verdicts are about."`
	Retention        time.Duration `default:"504h" help:"How long verdicts are kept; longer than the DLQ keeps a message (21 days by default)."`
	Replicas         int           `default:"1" help:"Copies of the stream; 3 on a cluster."`
	StreamMaxBytes   int64         `default:"8589934592" help:"Most bytes of verdicts; when they are full nothing is lost, but the validator waits."`
	UploadsPerDay    int64         `default:"10000" help:"How many uploads to expect, for the estimate."`
}

// What one retained upload costs NATS (PROTOCOL section 2, measured): 250 MB of heap per million,
// and about 1.2 KB of disk for an event with its headers.
const (
	heapPerUpload = 250
	diskPerUpload = 1200
)

// Run makes or updates the stream and buckets; it may be run again.
func (c *setupCommand) Run(ctx context.Context, s streams) error {
	if c.Retention < time.Hour || c.Replicas < 1 || c.Replicas > 5 || c.StreamMaxBytes < 1<<20 {
		return fmt.Errorf("%w: --retention must be at least 1h, --replicas 1 to 5, --stream-max-bytes at least 1048576", errConfig)
	}
	nc, err := c.connect("setup", c.logger(s.err))
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	if err := events.Setup(ctx, js, events.SetupOptions{
		QuarantineBucket: c.QuarantineBucket, Retention: c.Retention, Replicas: c.Replicas, MaxBytes: c.StreamMaxBytes,
	}); err != nil {
		return err
	}
	uploads := int64(c.Retention.Hours()/24*float64(c.UploadsPerDay)) * int64(c.Replicas)
	fmt.Fprintf(s.out, "stream %s, buckets %s and %s: ready for %s\n", events.StreamName, events.GrantsBucket, events.StateBucket, c.QuarantineBucket)
	fmt.Fprintf(s.out, "verdicts are kept %s; at %d uploads a day that needs about %d MB of memory and %d MB of disk in all replicas together\n",
		c.Retention, c.UploadsPerDay, uploads*heapPerUpload>>20, uploads*diskPerUpload>>20)
	if need := uploads / int64(c.Replicas) * diskPerUpload; need > c.StreamMaxBytes {
		fmt.Fprintf(s.out, "warning: --stream-max-bytes is below the %d bytes that this needs\n", need)
	}
	return nil
}
