package validator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"airlock/validator/inspect"
)

// ErrRefused tells that the surroundings are configured so that the protocol would not hold. The
// message says what to change.
var ErrRefused = errors.New("refused")

// NeedsFiles refuses surroundings in which no temporary file can be made ([ErrRefused]).
func NeedsFiles() error {
	if err := inspect.TemporaryFiles(); err != nil {
		return fmt.Errorf("%w: archives inside of others are unpacked to temporary files: %w; mount something writable at /tmp, or set TMPDIR", ErrRefused, err)
	}
	return nil
}

// check asks the surroundings what they are before the first message is taken.
func (v Validator) check(ctx context.Context) (QueueSettings, error) {
	if v.PollWait >= v.StopGrace {
		return QueueSettings{}, fmt.Errorf("%w: a receive may wait %s, which is not within the stop's grace of %s: one that is cut hides its messages", ErrRefused, v.PollWait, v.StopGrace)
	}
	if err := NeedsFiles(); err != nil {
		return QueueSettings{}, err
	}
	if err := v.checkZones(ctx); err != nil {
		return QueueSettings{}, err
	}
	s, err := v.Queue.Settings(ctx)
	if err != nil {
		return s, err
	}
	verdicts, err := v.Ledger.Retention(ctx)
	if err != nil {
		return s, err
	}
	if err := s.refuse(v.MinVisibility, verdicts); err != nil {
		return s, err
	}
	if s.DLQRetention == 0 {
		v.Log.Warn("how long the dead-letter queue keeps messages is not known; it must be longer than the queue does, and shorter than verdicts are kept; grant sqs:GetQueueUrl and sqs:GetQueueAttributes on it",
			"dlq", s.DLQ, "queue_keeps", s.Retention, "verdicts_kept", verdicts)
	}
	return s, nil
}

// refuse compares times; verdicts is how long those are kept, 0 for ever.
func (s QueueSettings) refuse(minVisibility, verdicts time.Duration) error {
	switch {
	case s.MaxReceives == 0:
		return fmt.Errorf("%w: the queue has no redrive policy: poison would come back for ever; give it a dead-letter queue with maxReceiveCount 10", ErrRefused)
	case s.Visibility < minVisibility:
		return fmt.Errorf("%w: the queue's visibility timeout is %s, which is below %s; set it to 60 s", ErrRefused, s.Visibility, minVisibility)
	case s.DLQRetention > 0 && s.DLQRetention < s.Retention:
		return fmt.Errorf("%w: the dead-letter queue keeps messages %s, the queue %s: a message keeps its first time stamp, so it would be gone before anybody looks; set the dead-letter queue's MessageRetentionPeriod to 1209600 (14 days)",
			ErrRefused, days(s.DLQRetention), days(s.Retention))
	case verdicts > 0 && verdicts <= max(s.DLQRetention, s.Retention):
		return fmt.Errorf("%w: verdicts are kept %s, messages up to %s: what is redriven from the dead-letter queue would be judged a second time; run airlock setup with a longer --retention (21 days by default)",
			ErrRefused, days(verdicts), days(max(s.DLQRetention, s.Retention)))
	}
	return nil
}

func days(d time.Duration) string { return fmt.Sprintf("%.3g d", d.Hours()/24) }

func (v Validator) checkZones(ctx context.Context) error {
	buckets := []string{v.Quarantine.Bucket}
	for _, clean := range v.cleanZones() {
		if v.Quarantine.Overlaps(clean) {
			return fmt.Errorf("%w: the clean zone %s/%s and the quarantine zone %s/%s lie in one another: promoted objects would be judged again, for ever; use two buckets or disjoint prefixes",
				ErrRefused, clean.Bucket, clean.Prefix, v.Quarantine.Bucket, v.Quarantine.Prefix)
		}
		buckets = append(buckets, clean.Bucket)
	}
	for _, bucket := range buckets {
		if err := v.Bucket.Ping(ctx, bucket); err != nil {
			return fmt.Errorf("%w; does it exist, and may these credentials list it?", err)
		}
	}
	return nil
}

// probe finds out what the stores of all clean zones can, by the least of them.
func (v Validator) probe(ctx context.Context) (Capabilities, error) {
	c := Capabilities{CopySource: true, CopyDestination: true, ConditionalDelete: true, PutOnce: true}
	for _, zone := range v.cleanZones() {
		found, err := v.Bucket.Probe(ctx, zone)
		if err != nil {
			return c, err
		}
		c.CopySource = c.CopySource && found.CopySource
		c.CopyDestination = c.CopyDestination && found.CopyDestination
		c.ConditionalDelete = c.ConditionalDelete && found.ConditionalDelete
		c.PutOnce = c.PutOnce && found.PutOnce
	}
	v.Metrics.has("copy_source_condition", c.CopySource)
	v.Metrics.has("copy_destination_condition", c.CopyDestination)
	v.Metrics.has("conditional_delete", c.ConditionalDelete)
	v.Metrics.has("put_once", c.PutOnce)
	if !c.CopySource {
		return c, fmt.Errorf("%w: the store ignores the source condition on CopyObject (x-amz-copy-source-if-match): what was judged could not be pinned; use a store that honours it", ErrRefused)
	}
	if !c.CopyDestination || !c.PutOnce {
		v.Log.Warn("the store ignores a condition; it is made up for", "copy_destination", c.CopyDestination, "put_once", c.PutOnce,
			"by", "etags in clean keys, and a second look after each copy")
	}
	return c, nil
}
