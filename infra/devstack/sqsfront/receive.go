package sqsfront

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

type receiveRequest struct {
	QueueUrl                    string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string // the old name of the next
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
}

type message struct {
	MessageId              string
	ReceiptHandle          string
	MD5OfBody              string
	Body                   string
	Attributes             map[string]string    `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
	MessageAttributes      map[string]attribute `json:",omitempty"`
}

// received is an answer that can be taken back while nobody has seen it.
type received struct {
	Messages []message `json:",omitempty"`

	q   *queue
	got []delivery
}

func (r *received) giveBack() { r.q.giveBack(r.got) }

func (f *Front) receiveMessage(ctx context.Context, _ string, in receiveRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	set := q.set.Load()
	limit, err := within("MaxNumberOfMessages", in.MaxNumberOfMessages, 1, 10, 1, "Must be between %d and %d, if provided.")
	if err != nil {
		return nil, err
	}
	wait, err := within("WaitTimeSeconds", in.WaitTimeSeconds, 0, 20, int(set.wait/time.Second), "Must be >= %d and <= %d, if provided.")
	if err != nil {
		return nil, err
	}
	hidden, err := within("VisibilityTimeout", in.VisibilityTimeout, 0, maxVisibility, int(set.visibility/time.Second), "Must be between %d and %d, if provided.")
	if err != nil {
		return nil, err
	}
	got, err := f.take(ctx, q, limit, time.Duration(wait)*time.Second)
	if err != nil {
		return nil, err
	}
	visibility := time.Duration(hidden) * time.Second
	if in.VisibilityTimeout != nil {
		if err := hideAll(ctx, q, got, visibility); err != nil {
			q.giveBack(got)
			return nil, fmt.Errorf("receive from %s: %w", q.name, err)
		}
	}
	out := &received{q: q, got: got}
	for _, d := range got {
		out.Messages = append(out.Messages, f.message(q, d, visibility, in))
	}
	return out, nil
}

// within is *value if that is in its range, or the default if there is none.
func within(name string, value *int, low, high, unset int, reason string) (int, error) {
	if value == nil {
		return unset, nil
	}
	if *value < low || *value > high {
		return 0, badValue(name, *value, fmt.Sprintf(reason, low, high))
	}
	return *value, nil
}

// hideAll gives messages another visibility timeout than their queue's, which they have already.
func hideAll(ctx context.Context, q *queue, got []delivery, d time.Duration) error {
	errs := make([]error, len(got))
	each(len(got), func(i int) { errs[i] = q.hide(ctx, got[i].handle, d) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// take gets up to limit messages: those that are there, or else the first to come within wait and what came with it. Messages
// that were received too often go to the dead-letter queue on the way.
func (f *Front) take(ctx context.Context, q *queue, limit int, wait time.Duration) (_ []delivery, err error) {
	end := time.Now().Add(wait)
	p, err := q.newPull()
	if err != nil {
		return nil, err
	}
	defer func() { p.stop(err != nil) }()
	for {
		if err = p.request(ctx, limit, 0); err != nil {
			break
		}
		if left := time.Until(end); len(p.got) == 0 && left > 0 {
			if err = p.request(ctx, 1, left); err == nil && len(p.got) > 0 && limit > 1 {
				err = p.request(ctx, limit-1, 0)
			}
			if err != nil {
				break
			}
		}
		n := len(p.got)
		p.got = f.redrive(ctx, q, p.got)
		if len(p.got) > 0 || n == 0 {
			return p.got, nil
		}
	}
	if ctx.Err() != nil {
		return nil, err
	}
	return nil, fmt.Errorf("receive from %s: %w", q.name, f.gone(ctx, q, err))
}

// redrive moves what was received too often to the dead-letter queue and returns the rest. It is done even if the receiver has
// gone. What can't be moved is delivered once more: better than losing it.
func (f *Front) redrive(ctx context.Context, q *queue, got []delivery) []delivery {
	policy := q.set.Load().redrive
	if policy == nil {
		return got
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	moved := make([]bool, len(got))
	each(len(got), func(i int) {
		if got[i].count <= uint64(policy.MaxReceives) {
			return
		}
		if err := f.bury(ctx, q, got[i], policy.Target); err != nil {
			f.cfg.Log.Warn("message not moved to its dead-letter queue", "queue", q.name, "target", policy.Target, "err", err)
			return
		}
		moved[i] = true
	})
	i := -1
	return slices.DeleteFunc(got, func(delivery) bool { i++; return moved[i] })
}

// bury moves a message to a dead-letter queue. There it is the same message still: its receives are counted on, without the
// one that found it to be received too often.
func (f *Front) bury(ctx context.Context, q *queue, d delivery, target string) error {
	name, _ := f.nameInARN(target)
	to, err := f.queue(ctx, name)
	if err != nil {
		return err
	}
	return f.move(ctx, q, d, to, map[string]string{
		idHeader:       d.header.Get(idHeader),
		sentHeader:     strconv.FormatInt(sentAt(d), 10),
		sourceHeader:   f.arn(q.name),
		receivedHeader: strconv.FormatUint(receivedBefore(d)+d.count-1, 10),
	})
}

// move stores a message in the other queue, then removes it here. If this front dies in between, the next receive moves it
// again and the target knows it by its Nats-Msg-Id. A removal that fails is no error: the same happens.
func (f *Front) move(ctx context.Context, q *queue, d delivery, to *queue, header map[string]string) error {
	m := nats.NewMsg(subject(to.name))
	m.Data = d.body
	for name, value := range header {
		m.Header.Set(name, value)
	}
	m.Header.Set(jetstream.MsgIDHeader, q.id+"-"+strconv.FormatUint(d.seq, 10))
	for _, name := range []string{attributesHeader, groupHeader} {
		if value := d.header.Get(name); value != "" {
			m.Header.Set(name, value)
		}
	}
	if _, err := f.cfg.JS.PublishMsg(ctx, m, jetstream.WithExpectStream(streamName(to.name))); err != nil {
		return f.gone(ctx, to, err)
	}
	if err := f.remove(ctx, q, d.handle); err != nil {
		f.cfg.Log.Warn("message moved to another queue, but still here", "queue", q.name, "to", to.name, "err", err)
	}
	return nil
}

// receivedBefore is how often a message was received before it came to this queue.
func receivedBefore(d delivery) uint64 {
	n, err := strconv.ParseUint(d.header.Get(receivedHeader), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// sentAt is when a message was sent, in ms: when it was stored, unless it was stored in another queue first.
func sentAt(d delivery) int64 {
	if ms, err := strconv.ParseInt(d.header.Get(sentHeader), 10, 64); err == nil {
		return ms
	}
	return d.stored.UnixMilli()
}

// message notes the delivery and writes it as the receiver asked for it.
func (f *Front) message(q *queue, d delivery, visibility time.Duration, in receiveRequest) message {
	first := q.flight.take(d, time.Now(), visibility)
	all := map[string]string{
		"SenderId":                         f.cfg.Account,
		"SentTimestamp":                    strconv.FormatInt(sentAt(d), 10),
		"ApproximateReceiveCount":          strconv.FormatUint(receivedBefore(d)+d.count, 10),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(first.UnixMilli(), 10),
	}
	if source := d.header.Get(sourceHeader); source != "" {
		all["DeadLetterQueueSourceArn"] = source
	}
	if group := d.header.Get(groupHeader); group != "" {
		all["MessageGroupId"] = group
	}
	names := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	if !slices.Contains(names, "All") {
		for name := range all {
			if !slices.Contains(names, name) {
				delete(all, name)
			}
		}
	}
	m := message{
		MessageId:     d.header.Get(idHeader),
		ReceiptHandle: q.receipt(d.handle),
		MD5OfBody:     md5Hex(d.body),
		Body:          string(d.body),
		Attributes:    all,
	}
	m.MessageAttributes = askedAttributes(d.header.Get(attributesHeader), in.MessageAttributeNames)
	m.MD5OfMessageAttributes = md5OfAttributes(m.MessageAttributes)
	return m
}

// askedAttributes picks those named: "All" or ".*" for all of them, "prefix.*" for some.
func askedAttributes(stored string, names []string) map[string]attribute {
	var all map[string]attribute
	if stored == "" || len(names) == 0 || json.Unmarshal([]byte(stored), &all) != nil {
		return nil
	}
	for name := range all {
		if !slices.ContainsFunc(names, func(asked string) bool {
			prefix, wild := strings.CutSuffix(asked, ".*")
			return asked == "All" || asked == name || wild && strings.HasPrefix(name, prefix)
		}) {
			delete(all, name)
		}
	}
	return all
}
