package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go"

	"airlock"
	"airlock/config"
	"airlock/doctor"
	"airlock/internal/awsconf"
	"airlock/signer"
	"airlock/surroundings"
)

type doctorCommand struct {
	configFlag
	optionalZoneFlags
	natsFlags
	logFlags
	QueueURL         string        `name:"queue-url" placeholder:"URL" help:"SQS queue that S3 notifies."`
	PublicS3Endpoint string        `name:"public-s3-endpoint" env:"AIRLOCK_PUBLIC_S3_ENDPOINT" placeholder:"URL" help:"The store's address as clients see it; default AWS's own or AWS_ENDPOINT_URL."`
	Origin           string        `placeholder:"URL" help:"Origin whose browsers upload; default the first that CORS allows."`
	MinVisibility    time.Duration `default:"30s" help:"The least visibility timeout of the queue that is not refused."`
	Endpoint         string        `placeholder:"URL" help:"A running signer: then a small file is uploaded for real. Subscribers get its event, the clean zone its object."`
	Token            string        `help:"Credential for the signer; better in the environment as AIRLOCK_TOKEN."`
	Profile          string        `help:"Profile of that upload; default the first that takes a text or a picture."`
	Skip             []string      `placeholder:"CHECK" help:"Checks to leave out, such as cors where no browser uploads."`
	Probe            bool          `help:"Instead, find out what the store can really do, in a bucket and a queue that are made for it and removed; print which promises hold on it. Needs no other flags."`
	ProbeBucket      string        `placeholder:"BUCKET" help:"With --probe: use this bucket, below airlock-probe/, and make none; CORS and notifications are not tried then."`
	JSON             bool          `name:"json" help:"One JSON object for each check."`
}

// Run prints a line for each check. What is wrong makes it exit with 78.
func (c *doctorCommand) Run(ctx context.Context, s streams) error {
	awsCfg, err := awsconf.Load(ctx, 16)
	if err != nil {
		return fmt.Errorf("%w: %w", errConfig, err)
	}
	if c.Probe {
		return c.probe(ctx, s, awsCfg)
	}
	if c.QuarantineBucket == "" || c.CleanBucket == "" || c.QueueURL == "" {
		return fmt.Errorf("%w: --quarantine-bucket, --clean-bucket and --queue-url say where to look", errUsage)
	}
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	quarantine, clean, err := zoneFlags(c.optionalZoneFlags).prefixes()
	if err != nil {
		return err
	}
	d := doctor.Doctor{
		Need: surroundings.Need{
			Places:        surroundings.Places{Quarantine: quarantine, Clean: clean, QueueURL: c.QueueURL},
			MinVisibility: c.MinVisibility, AWS: s3.NewFromConfig(awsCfg).Options().BaseEndpoint == nil,
		},
		S3: awsCfg, SQS: awsCfg, PathStyle: c.PathStyle, PublicEndpoint: c.PublicS3Endpoint, Origin: c.Origin,
		Connect: func() (*nats.Conn, error) { return c.connect("doctor", c.logger(s.err)) },
	}
	for _, p := range cfg.Profiles {
		d.LongestExpiry = max(d.LongestExpiry, p.Expires)
		d.Multipart = d.Multipart || slices.Contains(p.Methods, airlock.MethodMultipart)
	}
	if c.Endpoint != "" {
		d.Signer = &signer.Client{Endpoint: c.Endpoint, Token: c.Token}
		if d.Profile, err = c.profile(cfg.Profiles); err != nil {
			return err
		}
	}
	return c.examine(ctx, s, d)
}

// profile is the one that was named, or the first by name that doctor has a sample for.
func (c *doctorCommand) profile(all map[string]airlock.Profile) (airlock.Profile, error) {
	if p, ok := all[c.Profile]; ok {
		return p, nil
	}
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	if c.Profile != "" {
		return airlock.Profile{}, fmt.Errorf("%w: there is no profile %q in %s; there are %s", errConfig, c.Profile, c.Config, strings.Join(names, ", "))
	}
	for _, name := range names {
		if doctor.Sampled(all[name]) {
			return all[name], nil
		}
	}
	return all[names[0]], nil
}

func (c *doctorCommand) examine(ctx context.Context, s streams, d doctor.Doctor) error {
	var wrong []string
	width := widthOf(s.out)
	unused := slices.Clone(c.Skip)
	d.Run(ctx, func(f surroundings.Finding) {
		if ctx.Err() != nil { // it fails because we stop
			return
		}
		if slices.Contains(c.Skip, f.Check) {
			unused = slices.DeleteFunc(unused, func(name string) bool { return name == f.Check })
			f.State, f.Fix = surroundings.Skip, ""
		}
		if f.State == surroundings.Fail {
			wrong = append(wrong, f.Check)
		}
		if c.JSON {
			_ = printJSON(s.out, f)
			return
		}
		printFinding(s.out, width, f)
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(unused) > 0 {
		fmt.Fprintln(s.err, "airlock: --skip names what was not checked:", strings.Join(unused, ", "))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%w: these checks failed: %s", errConfig, strings.Join(wrong, ", "))
	}
	return nil
}

// printFinding is a line for people, and one more where something is to be done.
func printFinding(w io.Writer, width int, f surroundings.Finding) {
	state := string(f.State)
	if f.State == surroundings.Fail {
		state = "FAIL"
	}
	printBeside(w, width, fmt.Sprintf("%-4s  %-17s  ", state, f.Check), cmp.Or(f.Detail, "-"))
	if f.Fix != "" {
		printBeside(w, width, fmt.Sprintf("%25sfix: ", ""), f.Fix)
	}
}
