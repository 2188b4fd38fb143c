package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"airlock"
	"airlock/events"
)

type eventsCommand struct {
	natsFlags
	logFlags
	Since    time.Duration    `placeholder:"1h" help:"Also what was decided so long ago; default only what comes."`
	NoFollow bool             `help:"End after the last verdict that is there now; for --since."`
	Durable  string           `placeholder:"NAME" help:"Go on where this name stopped, and acknowledge; else leave no trace."`
	JSON     bool             `name:"json" help:"One CloudEvent's data per line."`
	Profile  string           `help:"Only this profile."`
	Type     []airlock.Result `help:"Only accepted, rejected or expired; may be repeated."`
}

// Run prints until ctx ends.
func (c *eventsCommand) Run(ctx context.Context, s streams) error {
	for _, t := range c.Type {
		if t != airlock.Accepted && t != airlock.Rejected && t != airlock.Expired {
			return fmt.Errorf("%w: --type %s is not one of accepted, rejected, expired", errConfig, t)
		}
	}
	if c.Profile != "" && !airlock.ProfileName(c.Profile) {
		return fmt.Errorf("%w: --profile %q is no profile name", errConfig, c.Profile)
	}
	log := c.logger(s.err)
	nc, err := c.connect("events", log)
	if err != nil {
		return err
	}
	defer nc.Close()
	o := events.Options{Durable: c.Durable, Profile: c.Profile, Types: c.Type, Log: log, UntilNow: c.NoFollow}
	if c.Durable != "" {
		err = events.Subscribe(ctx, nc, o, func(_ context.Context, v events.Verdict) error { return c.print(s.out, v) })
	} else {
		var since time.Time
		if c.Since > 0 {
			since = time.Now().Add(-c.Since)
		}
		err = events.Tail(ctx, nc, o, since, func(v events.Verdict) error { return c.print(s.out, v) })
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *eventsCommand) print(out io.Writer, v events.Verdict) error {
	if c.JSON {
		return printJSON(out, v)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%-8s\t%s\t%-18s\t%10d\t%q\t%s\n", v.DecidedAt.Local().Format("2006-01-02 15:04:05.000"),
		v.Result, v.UploadID, v.Reason, v.Size, v.Filename, v.Profile)
	return w.Flush()
}
