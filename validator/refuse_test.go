package validator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"airlock"
	"airlock/internal/pace"
)

func TestSurroundingsThatWouldBreakTheProtocolAreRefused(t *testing.T) {
	r := fresh(t)
	for name, c := range map[string]struct {
		change func(*Validator)
		says   string
	}{
		"zones in one another":            {func(v *Validator) { v.Clean = airlock.Zone{Bucket: v.Quarantine.Bucket, Prefix: "quarantine/clean/"} }, "lie in one another"},
		"a short visibility":              {func(v *Validator) { v.MinVisibility = time.Minute }, fmt.Sprint("visibility timeout is ", visibility)},
		"a receive that a stop would cut": {func(v *Validator) { v.PollWait = 20 * time.Second }, "within the stop's grace"},
		"a careless store":                {func(v *Validator) { v.Bucket = careless{r.bucket} }, "ignores the source condition"},
		"verdicts that are forgotten":     {func(v *Validator) { v.Ledger = forgetful{r.store, 14 * 24 * time.Hour} }, "airlock setup with a longer --retention"},
	} {
		v := r.validator()
		c.change(&v)
		ctx, cancel := pace.Context(t.Context(), 10*time.Second)
		if err := v.Run(ctx); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
	t.Run("nowhere to unpack", func(t *testing.T) {
		t.Setenv("TMPDIR", "/nowhere")
		if err := r.validator().Run(t.Context()); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "set TMPDIR") {
			t.Error(err)
		}
	})
	v := r.validator()
	v.Clean.Bucket = "no-such-bucket"
	if err := v.Run(t.Context()); err == nil || errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "no-such-bucket") {
		t.Errorf("a missing bucket: %v", err)
	}
}

// careless is the real store as if it copied whatever is there.
type careless struct{ Bucket }

func (c careless) Probe(ctx context.Context, clean airlock.Zone) (Capabilities, error) {
	found, err := c.Bucket.Probe(ctx, clean)
	found.CopySource = false
	return found, err
}

// forgetful is the real ledger with another retention.
type forgetful struct {
	Ledger
	after time.Duration
}

func (f forgetful) Retention(context.Context) (time.Duration, error) { return f.after, nil }

// The real queues are configured wrongly, one attribute at a time.
func TestQueuesThatWouldLosePoisonAreRefused(t *testing.T) {
	r := fresh(t)
	for name, c := range map[string]struct{ url, attribute, value, says string }{
		"no redrive policy":            {r.QueueURL, "RedrivePolicy", "", "give it a dead-letter queue"},
		"a short visibility":           {r.QueueURL, "VisibilityTimeout", "0", "visibility timeout is 0s"},
		"a DLQ that forgets first":     {r.DLQURL, "MessageRetentionPeriod", "86400", "the dead-letter queue keeps messages 1 d, the queue 4 d"},
		"a queue that outlives":        {r.QueueURL, "MessageRetentionPeriod", "1209600", ""},
		"a DLQ shorter by a second":    {r.DLQURL, "MessageRetentionPeriod", "345599", "MessageRetentionPeriod to 1209600"},
		"a DLQ that keeps just enough": {r.DLQURL, "MessageRetentionPeriod", "345600", ""},
	} {
		r.alter(t, c.url, c.attribute, c.value, func() {
			_, err := r.validator().withDefaults().check(t.Context())
			if refused := errors.Is(err, ErrRefused); refused != (c.says != "") || refused && !strings.Contains(err.Error(), c.says) || !refused && err != nil {
				t.Errorf("%s: %v, want %q", name, err, c.says)
			}
		})
	}
	if _, err := r.validator().withDefaults().check(t.Context()); err != nil {
		t.Errorf("after all is as it was: %v", err)
	}
}

// alter sets one attribute of a queue while f runs.
func (r *rig) alter(t *testing.T, url, name, value string, f func()) {
	t.Helper()
	out, err := r.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	set := func(value string) {
		if _, err := r.sqs.SetQueueAttributes(context.WithoutCancel(t.Context()), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{name: value}}); err != nil {
			t.Fatal(err)
		}
	}
	defer set(out.Attributes[name])
	set(value)
	f()
}

// Which time is to be longer than which.
func TestTheTimesThatMustAgree(t *testing.T) {
	day := 24 * time.Hour
	good := QueueSettings{Visibility: time.Minute, Retention: 4 * day, MaxReceives: 10, DLQ: "x", DLQRetention: 14 * day}
	unknown := good
	unknown.DLQRetention = 0
	for name, c := range map[string]struct {
		s        QueueSettings
		verdicts time.Duration
		refused  bool
	}{
		"as INFRA has it":                            {good, 21 * day, false},
		"verdicts for ever":                          {good, 0, false},
		"verdicts as long as the DLQ":                {good, 14 * day, true},
		"verdicts a second longer":                   {good, 14*day + time.Second, false},
		"an unknown DLQ":                             {unknown, 21 * day, false},
		"an unknown DLQ, verdicts below the queue's": {unknown, 4 * day, true},
	} {
		if err := c.s.refuse(30*time.Second, c.verdicts); errors.Is(err, ErrRefused) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whose credentials may not look at the DLQ works all the same, and is told.
func TestADLQThatMayNotBeSeenIsAWarning(t *testing.T) {
	r := fresh(t)
	settings, err := r.queue.Settings(t.Context())
	if err != nil || settings.DLQRetention != 14*24*time.Hour {
		t.Fatalf("%+v, %v", settings, err)
	}
	var log bytes.Buffer
	v := r.validator()
	v.Log = slog.New(slog.NewTextHandler(&log, nil))
	v.Queue = blind{r.queue}
	if _, err := v.withDefaults().check(t.Context()); err != nil || !strings.Contains(log.String(), "grant sqs:GetQueueUrl") {
		t.Errorf("%v\n%s", err, log.String())
	}
	// What SQS says where it hides a queue.
	if d, err := r.queue.retention(t.Context(), "arn:aws:sqs:us-east-1:000000000000:no-such-queue"); d != 0 || err != nil {
		t.Errorf("%s, %v", d, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.queue.retention(gone, settings.DLQ); err == nil {
		t.Error("an outage counts as a DLQ that may not be seen")
	}
}

// blind is the real queue for credentials that may not look at its DLQ.
type blind struct{ Queue }

func (q blind) Settings(ctx context.Context) (QueueSettings, error) {
	s, err := q.Queue.Settings(ctx)
	s.DLQRetention = 0
	return s, err
}
