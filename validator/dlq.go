package validator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"airlock"
)

// DeadLetters explains what the queue gave up, and sends it back. Only List needs more than Queue.
//
// Its credentials need sqs:GetQueueAttributes on the queue; on its dead-letter queue sqs:GetQueueUrl,
// sqs:ReceiveMessage and sqs:ChangeMessageVisibility. Redrive needs there sqs:StartMessageMoveTask,
// sqs:ListMessageMoveTasks, sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes, and
// sqs:SendMessage on the queue.
type DeadLetters struct {
	Queue      *SQS // the one whose dead-letter queue it is
	Bucket     Bucket
	Ledger     Ledger
	Profiles   map[string]airlock.Profile
	Quarantine airlock.Zone
}

// DeadLetter is one upload that a message names, or a message that names none, and why it is not
// done.
type DeadLetter struct {
	Message  string    `json:"message_id"`
	SentAt   time.Time `json:"sent_at"` // to the queue, when it was new
	Receives int       `json:"receives"`
	Upload   string    `json:"upload,omitempty"` // profile/id
	Reason   Cause     `json:"reason"`
	Why      string    `json:"why"`  // for people
	Body     string    `json:"body"` // its beginning
}

// Cause is a stable word for why a message is not done.
type Cause string

// The causes. With Ready, Ended and Nothing a redrive helps.
const (
	NotANotice     Cause = "not_a_notification"
	NotOurs        Cause = "not_ours"        // another bucket, prefix or shape of key
	Nothing        Cause = "nothing_to_do"   // S3's test, or an event that is not looked at
	Ended          Cause = "has_verdict"     // harmless: it is acknowledged
	NoGrant        Cause = "no_grant"        // an object that nobody was promised
	ProfileDiffers Cause = "profile_differs" // an object where its grant does not want it
	ProfileUnknown Cause = "profile_unknown" // its profile is not configured here
	CleanTaken     Cause = "clean_key_taken" // by something that is not this upload
	Unreadable     Cause = "unreadable"      // S3 does not let us look
	Ready          Cause = "ready"           // nothing is wrong now
)

// bodyShown is how much of a message is told.
const bodyShown = 1 << 10

// glanceHide is how long messages stay hidden if they cannot be handed back.
const glanceHide = 30 * time.Second

// List calls each for what is in the dead-letter queue, at most limit messages, in no order. They
// are handed back before the first call, and none is changed. It ends with the first error of each,
// and with [events.ErrUnavailable] if NATS does not answer.
func (d DeadLetters) List(ctx context.Context, limit int, each func(DeadLetter) error) error {
	dlq, _, err := d.Queue.deadLetters(ctx)
	if err != nil {
		return err
	}
	messages, err := look(ctx, dlq, limit)
	if err != nil {
		return err
	}
	for _, m := range messages {
		found, err := d.explain(ctx, m)
		if err != nil {
			return err
		}
		for _, l := range found {
			if err := each(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// look receives messages until there are limit, no more come, or the same come again, and hands all
// of them back, whatever happens.
func look(ctx context.Context, dlq *SQS, limit int) (messages []Message, err error) {
	var held []Message
	defer func() {
		for batch := range slices.Chunk(held, batchSize) { // what this misses comes back after glanceHide
			_, _ = dlq.Hide(context.WithoutCancel(ctx), batch, 0)
		}
	}()
	seen := map[string]bool{}
	for len(messages) < limit {
		// Not cancelled by a stop: it ends within a second, and one that was given up may still take
		// what is handed back here.
		got, err := dlq.glance(context.WithoutCancel(ctx), limit-len(messages), glanceHide)
		held = append(held, got...)
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
		fresh := slices.DeleteFunc(slices.Clone(got), func(m Message) bool { return seen[m.ID] })
		for _, m := range fresh {
			seen[m.ID] = true
		}
		messages = append(messages, fresh...)
		if len(got) == 0 || len(fresh) < len(got) {
			break
		}
	}
	return messages, nil
}

// explain has a line for each upload that m names, or one for m.
func (d DeadLetters) explain(ctx context.Context, m Message) ([]DeadLetter, error) {
	line := DeadLetter{Message: m.ID, SentAt: m.SentAt.UTC(), Receives: m.Receives, Body: string(m.Body[:min(len(m.Body), bodyShown)])}
	n, err := parseNotice(m.Body, d.Quarantine)
	if err != nil {
		line.Reason, line.Why = NotANotice, err.Error()
		return []DeadLetter{line}, nil
	}
	var lines []DeadLetter
	for _, r := range n.ignored {
		line.Reason, line.Why = NotOurs, fmt.Sprintf("it is about another %s: %s; the validator would acknowledge it", r.reason, r.detail)
		if r.reason == "event" || r.reason == "test_event" {
			line.Reason, line.Why = Nothing, r.detail+"; the validator would acknowledge it"
		}
		lines = append(lines, line)
	}
	for _, u := range n.uploads {
		line.Upload = u.Profile + "/" + u.ID
		if line.Reason, line.Why, err = d.why(ctx, u); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// why looks at an upload as reconcile does, and does nothing. An error is NATS's.
func (d DeadLetters) why(ctx context.Context, u airlock.Upload) (Cause, string, error) {
	grant, granted, err := d.Ledger.Grant(ctx, u.ID)
	if err != nil {
		return "", "", err
	}
	verdict, ended, err := d.Ledger.Last(ctx, u.ID)
	if err != nil {
		return "", "", err
	}
	if ended {
		return Ended, fmt.Sprintf("it has its verdict, %s: harmless, a redrive acknowledges it", verdict.Result), nil
	}
	_, err = d.Bucket.Head(ctx, d.Quarantine.Object(u))
	gone := errors.Is(err, ErrGone)
	_, known := d.Profiles[u.Profile]
	switch {
	case err != nil && !gone:
		return Unreadable, fmt.Sprintf("S3 does not show the object: %v", err), nil
	case gone && (!granted || grant.Profile != u.Profile):
		return Nothing, "the object is gone and there is no grant: a redrive acknowledges it", nil
	case !granted:
		return NoGrant, "an object without a grant: find out who put it, then delete it, or bring the grant back (was NATS restored?)", nil
	case grant.Profile != u.Profile:
		return ProfileDiffers, fmt.Sprintf("its grant is for profile %s: find out who put it, then delete it", grant.Profile), nil
	case !known:
		return ProfileUnknown, fmt.Sprintf("profile %s is not configured here: add it to the file of profiles, then redrive", u.Profile), nil
	}
	return d.whyGranted(ctx, u, grant, gone)
}

func (d DeadLetters) whyGranted(ctx context.Context, u airlock.Upload, g airlock.Grant, gone bool) (Cause, string, error) {
	clean, err := d.Bucket.Head(ctx, g.Clean)
	switch {
	case errors.Is(err, ErrGone) && gone:
		return Ready, "nothing is wrong now: a redrive tells that the object is gone", nil
	case errors.Is(err, ErrGone):
		return Ready, "nothing is wrong now: redrive it", nil
	case err != nil:
		return Unreadable, fmt.Sprintf("S3 does not tell whether it was promoted: %v", err), nil
	}
	if _, err := factsOf(clean, u); err != nil {
		return CleanTaken, fmt.Sprintf("%s is taken by something else (%v): move that away, then redrive", g.Clean, err), nil
	}
	return Ready, "nothing is wrong now: it was promoted, a redrive tells so", nil
}
