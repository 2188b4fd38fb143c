package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go/jetstream"

	"airlock/events"
	"airlock/internal/awsconf"
	"airlock/surroundings"
)

type setupCommand struct {
	natsFlags
	logFlags
	optionalZoneFlags
	AWS            bool          `name:"aws" help:"Also make buckets, CORS, queue, DLQ and notification, on a development endpoint (AWS_ENDPOINT_URL). On AWS itself use Terraform."`
	Queue          string        `default:"airlock-uploads" help:"With --aws: name of the queue; its DLQ is called <name>-dlq."`
	Retention      time.Duration `default:"504h" help:"How long verdicts are kept; longer than the DLQ keeps a message (21 days by default)."`
	Replicas       int           `default:"1" help:"Copies of the stream; 3 on a cluster."`
	StreamMaxBytes int64         `default:"8589934592" help:"Most bytes of verdicts; when they are full nothing is lost, but the validator waits."`
	UploadsPerDay  int64         `default:"10000" help:"How many uploads to expect, for the estimate."`
}

// What one retained upload costs NATS: 250 MB of memory per million, and 1.5 KB of disk for an event
// with its headers (measured: docs/scale.md).
const (
	heapPerUpload = 250
	diskPerUpload = 1500
)

// Run makes or updates the stream and KV buckets, and what --aws asks for; it may be run again.
func (c *setupCommand) Run(ctx context.Context, s streams) error {
	if c.QuarantineBucket == "" || c.AWS && c.CleanBucket == "" {
		return fmt.Errorf("%w: --quarantine-bucket says whose verdicts the stream is to hold; --aws needs --clean-bucket too", errUsage)
	}
	if c.Retention < time.Hour || c.Replicas < 1 || c.Replicas > 5 || c.StreamMaxBytes < 1<<20 {
		return fmt.Errorf("%w: --retention must be at least 1h, --replicas 1 to 5, --stream-max-bytes at least 1048576", errConfig)
	}
	if c.AWS {
		if err := c.makeAWS(ctx, s); err != nil {
			return err
		}
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
	fmt.Fprintf(s.out, "stream %s, buckets %s, %s and %s: ready for %s\n", events.StreamName, events.GrantsBucket, events.QuotaBucket, events.StateBucket, c.QuarantineBucket)
	fmt.Fprintf(s.out, "verdicts are kept %s; at %d uploads a day that needs about %d MB of memory and %d MB of disk in all replicas together\n",
		c.Retention, c.UploadsPerDay, uploads*heapPerUpload>>20, uploads*diskPerUpload>>20)
	if need := uploads / int64(c.Replicas) * diskPerUpload; need > c.StreamMaxBytes {
		fmt.Fprintf(s.out, "warning: --stream-max-bytes is below the %d bytes that this needs\n", need)
	}
	return nil
}

// makeAWS makes buckets and queue where it can harm nobody.
func (c *setupCommand) makeAWS(ctx context.Context, s streams) error {
	quarantine, clean, err := zoneFlags(c.optionalZoneFlags).zones()
	if err != nil {
		return err
	}
	cfg, err := awsconf.Load(ctx, 4)
	if err != nil {
		return fmt.Errorf("%w: %w", errConfig, err)
	}
	s3c, sqsc := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = c.PathStyle }), sqs.NewFromConfig(cfg)
	for _, endpoint := range []*string{s3c.Options().BaseEndpoint, sqsc.Options().BaseEndpoint} {
		if endpoint == nil || strings.Contains(*endpoint, ".amazonaws.com") {
			return fmt.Errorf("%w: --aws is for a development endpoint: set AWS_ENDPOINT_URL; on AWS itself roles and policies are needed too, which Terraform makes (infra/terraform)", errConfig)
		}
	}
	url, err := surroundings.Make(ctx, s3c, sqsc, surroundings.Places{Quarantine: quarantine, Clean: clean}, c.Queue)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "buckets %s and %s, queue %s with its DLQ, notification and CORS: ready\n", quarantine.Bucket, clean.Bucket, c.Queue)
	fmt.Fprintf(s.out, "export AIRLOCK_QUEUE_URL=%s\n", url)
	return nil
}
