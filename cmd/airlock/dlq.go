package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"airlock/internal/awsconf"
	"airlock/validator"
)

// dlqCommand is about what the queue gave up.
type dlqCommand struct {
	List    dlqListCommand    `cmd:"" help:"Say of each message in the dead-letter queue why it is there. Nothing is changed."`
	Redrive dlqRedriveCommand `cmd:"" help:"Send the messages of the dead-letter queue back to be looked at again."`
}

// queueFlag names the queue, whose redrive policy names the dead-letter queue.
type queueFlag struct {
	QueueURL string `required:"" name:"queue-url" placeholder:"URL" help:"SQS queue that S3 notifies; its redrive policy says where the dead-letter queue is."`
}

// check finds an AIRLOCK_QUEUE_URL that is set to nothing.
func (f queueFlag) check() error {
	if f.QueueURL == "" {
		return fmt.Errorf("%w: --queue-url says which queue's dead letters to look at", errUsage)
	}
	return nil
}

type dlqListCommand struct {
	workFlags
	queueFlag
	Limit int  `default:"100" help:"How many messages to look at, at most 1000."`
	JSON  bool `name:"json" help:"One JSON object for each line, with the beginning of the message."`
}

// Run prints a line for each upload that a message names.
func (c *dlqListCommand) Run(ctx context.Context, s streams) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return fmt.Errorf("%w: --limit must be 1 to 1000", errUsage)
	}
	if err := c.check(); err != nil {
		return err
	}
	w, err := c.wire(ctx, "dlq", 4, s.err)
	if err != nil {
		return err
	}
	defer w.close()
	d := validator.DeadLetters{
		Queue: validator.NewSQS(w.aws, c.QueueURL), Bucket: w.s3, Ledger: w.store,
		Profiles: w.validator.Profiles, Quarantine: w.validator.Quarantine,
	}
	return c.print(ctx, s, d)
}

func (c *dlqListCommand) print(ctx context.Context, s streams, d validator.DeadLetters) error {
	width, now := widthOf(s.out), time.Now()
	seen := map[string]bool{}
	err := d.List(ctx, c.Limit, func(l validator.DeadLetter) error {
		if c.JSON {
			return printJSON(s.out, l)
		}
		if len(seen) == 0 {
			fmt.Fprintln(s.out, letterHead)
		}
		seen[l.Message] = true
		printLetter(s.out, width, now, l)
		return nil
	})
	if err == nil && len(seen) == 0 && !c.JSON {
		fmt.Fprintln(s.out, "the dead-letter queue is empty")
	}
	if len(seen) == c.Limit {
		fmt.Fprintf(s.err, "airlock: these are %d messages; --limit asks for more\n", c.Limit)
	}
	return err
}

const letterHead = " AGE  RECEIVES  UPLOAD  WHY"

// printLetter puts the reason beside the upload where a person's terminal has room, else below it.
func printLetter(w io.Writer, width int, now time.Time, l validator.DeadLetter) {
	head := fmt.Sprintf("%4s  %8d  ", age(now.Sub(l.SentAt)), l.Receives)
	upload := l.Upload
	if upload == "" {
		upload = "-"
	}
	if room := width - len(head); width > 0 && len(upload) > room { // the id is what a person needs
		upload = "..." + upload[max(0, len(upload)-room+3):]
	}
	beside := head + upload + "  "
	if width == 0 || len(beside)+len(l.Why) <= width || l.Upload == "" {
		printBeside(w, width, beside, l.Why)
		return
	}
	fmt.Fprintln(w, head+upload)
	printBeside(w, width, strings.Repeat(" ", len(head)), l.Why)
}

// age is a duration in its largest unit: 12s, 59m, 23h, 14d.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

type dlqRedriveCommand struct {
	queueFlag
	MaxPerSecond int  `placeholder:"N" help:"How many messages a second, at most 500; default as fast as it goes."`
	NoWait       bool `help:"Return when the move has begun."`
	OneByOne     bool `help:"Carry the messages, instead of having SQS move them; for those too that were put into the dead-letter queue by hand. All go to the queue of --queue-url."`
}

// Run prints how many messages went back.
func (c *dlqRedriveCommand) Run(ctx context.Context, s streams) error {
	if c.MaxPerSecond < 0 || c.MaxPerSecond > 500 || c.NoWait && c.OneByOne {
		return fmt.Errorf("%w: --max-per-second must be 1 to 500; --no-wait and --one-by-one exclude one another", errUsage)
	}
	if err := c.check(); err != nil {
		return err
	}
	awsCfg, err := awsconf.Load(ctx, 4)
	if err != nil {
		return fmt.Errorf("%w: %w", errConfig, err)
	}
	d := validator.DeadLetters{Queue: validator.NewSQS(awsCfg, c.QueueURL)}
	moved, err := d.Redrive(ctx, validator.Redrive{
		PerSecond: c.MaxPerSecond, NoWait: c.NoWait, OneByOne: c.OneByOne,
		Progress: func(moved, of int) {
			fmt.Fprintf(s.err, "%d%s moved\n", moved, ofAbout(moved, of))
		},
	})
	switch {
	case errors.Is(err, validator.ErrStopped):
		return fmt.Errorf("%d messages went back: %w; airlock dlq list tells what is left; what was put there by hand goes with --one-by-one", moved, err)
	case err != nil:
		return err
	case c.NoWait:
		fmt.Fprintln(s.out, "the move has begun")
	case moved == 0:
		fmt.Fprintln(s.out, "nothing to redrive")
	default:
		fmt.Fprintf(s.out, "%d messages went back to the queue\n", moved)
	}
	return nil
}

func ofAbout(moved, of int) string {
	if of < moved {
		return ""
	}
	return fmt.Sprintf(" of about %d", of)
}
