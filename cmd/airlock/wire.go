package main

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"

	"airlock/config"
	"airlock/events"
	"airlock/internal/awsconf"
	"airlock/validator"
)

// workFlags are those of all commands that work on uploads by themselves.
type workFlags struct {
	configFlag
	zoneFlags
	natsFlags
	logFlags
}

// work is everything of a validator but the queue, connected.
type work struct {
	validator validator.Validator
	s3        *validator.S3
	store     *events.Store
	aws       aws.Config
	close     func()
}

// wire connects what the command name needs; close it. inFlight is how many requests may be under way
// at once.
func (f workFlags) wire(ctx context.Context, name string, inFlight int, stderr io.Writer) (w work, err error) {
	log := f.logger(stderr)
	quarantine, clean, err := f.zones()
	if err != nil {
		return w, err
	}
	file, err := config.Load(f.Config)
	if err != nil {
		return w, err
	}
	if w.aws, err = awsconf.Load(ctx, inFlight); err != nil {
		return w, fmt.Errorf("%w: %w", errConfig, err)
	}
	nc, store, err := f.open(ctx, name, f.QuarantineBucket, log)
	if err != nil {
		return w, err
	}
	w.s3, w.store, w.close = validator.NewS3(w.aws, f.PathStyle), store, nc.Close
	w.validator = validator.Validator{
		Bucket: w.s3, Ledger: store, Profiles: file.Profiles, Quarantine: quarantine, Clean: clean, Version: version(), Log: log,
	}
	return w, nil
}
