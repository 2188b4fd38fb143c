package sqsfront

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// askTimeout bounds the wait for the answer to an acknowledgement. JetStream leaves out the answer only for a delivery that
// its consumer has lost the memory of.
const askTimeout = 2 * time.Second

// maxVisibility is SQS's longest visibility timeout.
const maxVisibility = 43200

// handle is what a receipt handle says: one delivery of one message.
type handle struct {
	subject string // where to acknowledge it
	seq     uint64 // of the message in its stream
	count   uint64 // of its deliveries, this one included
	stored  time.Time
}

// receipt writes a handle for clients. The queue's id in it keeps a handle from reaching a message of a queue that was deleted
// and made again, where sequences begin anew.
func (q *queue) receipt(h handle) string {
	return base64.StdEncoding.EncodeToString([]byte(q.id + " " + h.subject))
}

// parseReceipt reads a receipt of this queue.
func (q *queue) parseReceipt(receipt string) (handle, error) {
	invalid := failure("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
	raw, err := base64.StdEncoding.DecodeString(receipt)
	if err != nil {
		return handle{}, invalid
	}
	id, subject, _ := strings.Cut(string(raw), " ")
	h, stream, err := parseAckSubject(subject)
	if err != nil || id != q.id || stream != streamName(q.name) {
		return handle{}, invalid
	}
	return h, nil
}

// parseAckSubject reads $JS.ACK.<stream>.<consumer>.<count>.<seq>.<consumer seq>.<ns>.<pending>, or the same with a domain and
// an account's hash after ACK and perhaps a token at the end (NATS ADR-15).
func parseAckSubject(subject string) (h handle, stream string, err error) {
	t := strings.Split(subject, ".")
	if len(t) >= 11 {
		t = append(t[:2:2], t[4:]...)
	}
	if len(t) < 9 || t[0] != "$JS" || t[1] != "ACK" || t[3] != durable || strings.ContainsAny(subject, " \t\r\n*>") {
		return handle{}, "", fmt.Errorf("read ack subject %q: not one", subject)
	}
	count, err1 := strconv.ParseUint(t[4], 10, 64)
	seq, err2 := strconv.ParseUint(t[5], 10, 64)
	ns, err3 := strconv.ParseInt(t[7], 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return handle{}, "", fmt.Errorf("read ack subject %q: %w", subject, err)
	}
	return handle{subject: subject, seq: seq, count: count, stored: time.Unix(0, ns)}, t[2], nil
}

// ask sends an acknowledgement and waits until JetStream has done it.
func (q *queue) ask(ctx context.Context, h handle, body string) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := q.nc.RequestWithContext(ctx, h.subject, []byte(body))
	return err
}

// remove deletes a message. Any handle will do, however old, and it may be deleted already, as in standard queues.
// A consumer that was killed before it wrote its state doesn't answer for what it no longer knows; then the message is taken
// from the stream.
func (f *Front) remove(ctx context.Context, q *queue, h handle) error {
	err := q.ask(ctx, h, "+ACK")
	if err != nil && ctx.Err() == nil {
		if _, missing := q.stream.GetMsg(ctx, h.seq); errors.Is(missing, jetstream.ErrMsgNotFound) {
			err = nil
		} else if missing == nil {
			err = q.stream.DeleteMsg(ctx, h.seq)
		}
	}
	if err != nil {
		return fmt.Errorf("delete from %s: %w", q.name, f.gone(ctx, q, err))
	}
	q.flight.drop(h.seq)
	return nil
}

// hide makes a message visible d from now, 0 for at once.
//
// A NAK with a delay is just right for this (measured with nats-server 2.15.2): JetStream keeps the message pending under the
// same delivery and only moves the end of its wait, so the old ack subject goes on working for +ACK and for any number of
// further NAKs, each counted from its own moment, shorter or longer than AckWait. The delivery count doesn't grow. A message
// whose wait is over but which nobody has fetched is hidden again. The moved end is on disk to the second, after a restart too.
// +WPI would only do for the queue's own timeout. A NAK without delay queues the message for redelivery at once.
func (q *queue) hide(ctx context.Context, h handle, d time.Duration) error {
	body := "-NAK"
	if d > 0 {
		body = fmt.Sprintf(`-NAK {"delay": %d}`, d.Nanoseconds())
	}
	return q.ask(ctx, h, body)
}

// hideFor is for a handle from a client. Unlike a delete it needs a message that is in flight under just this handle:
// once somebody else has received it, hiding or showing it would be interference. What SQS answers then isn't documented.
func (f *Front) hideFor(ctx context.Context, q *queue, receipt string, seconds int) error {
	h, err := q.parseReceipt(receipt)
	if err != nil {
		return err
	}
	if seconds < 0 || seconds > maxVisibility {
		return badValue("VisibilityTimeout", seconds, fmt.Sprintf("Must be between 0 and %d, if provided.", maxVisibility))
	}
	unavailable := badValue("ReceiptHandle", receipt, "Message does not exist or is not available for visibility timeout change.")
	was := q.flight.standing(h, time.Now())
	switch was {
	case landed:
		return failure("MessageNotInflight", "The specified message isn't in flight.")
	case passed:
		return unavailable
	case strange:
		if _, err := q.stream.GetMsg(ctx, h.seq); errors.Is(err, jetstream.ErrMsgNotFound) {
			return unavailable
		}
	}
	d := time.Duration(seconds) * time.Second
	if err := q.hide(ctx, h, d); err != nil {
		return fmt.Errorf("change visibility in %s: %w", q.name, f.gone(ctx, q, err))
	}
	q.flight.extend(h.seq, h.count, time.Now().Add(d), was)
	return nil
}

type deleteRequest struct{ QueueUrl, ReceiptHandle string }

func (f *Front) deleteMessage(ctx context.Context, _ string, in deleteRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	h, err := q.parseReceipt(in.ReceiptHandle)
	if err != nil {
		return nil, err
	}
	return nothing{}, f.remove(ctx, q, h)
}

type deleteEntry struct{ Id, ReceiptHandle string }

type deleteBatchRequest struct {
	QueueUrl string
	Entries  []deleteEntry
}

func (f *Front) deleteMessageBatch(ctx context.Context, _ string, in deleteBatchRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return batch(f.cfg.Log, in.Entries, func(e deleteEntry) string { return e.Id }, func(e deleteEntry) (any, error) {
		h, err := q.parseReceipt(e.ReceiptHandle)
		if err == nil {
			err = f.remove(ctx, q, h)
		}
		return batchDone{e.Id}, err
	})
}

type changeRequest struct {
	QueueUrl, ReceiptHandle string
	VisibilityTimeout       *int
}

func (f *Front) changeVisibility(ctx context.Context, _ string, in changeRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if in.VisibilityTimeout == nil {
		return nil, failure("MissingParameter", "The request must contain the parameter VisibilityTimeout.")
	}
	return nothing{}, f.hideFor(ctx, q, in.ReceiptHandle, *in.VisibilityTimeout)
}

type changeEntry struct {
	Id, ReceiptHandle string
	VisibilityTimeout int
}

type changeBatchRequest struct {
	QueueUrl string
	Entries  []changeEntry
}

func (f *Front) changeVisibilityBatch(ctx context.Context, _ string, in changeBatchRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return batch(f.cfg.Log, in.Entries, func(e changeEntry) string { return e.Id }, func(e changeEntry) (any, error) {
		return batchDone{e.Id}, f.hideFor(ctx, q, e.ReceiptHandle, e.VisibilityTimeout)
	})
}
