package sqsfront

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Headers of a stored message.
const (
	idHeader         = "Sqs-Message-Id"
	attributesHeader = "Sqs-Message-Attributes" // JSON
	groupHeader      = "Sqs-Message-Group-Id"
	sentHeader       = "Sqs-Sent"       // ms; in a dead-letter queue
	sourceHeader     = "Sqs-Source-Arn" // in a dead-letter queue
	receivedHeader   = "Sqs-Received"   // how often elsewhere; in a dead-letter queue
)

// maxBatchBytes is SQS's bound for all messages of one call.
const maxBatchBytes = 1 << 20

// headerRoom is what NATS's max_payload must leave beside a message's body and attributes.
const headerRoom = 1024

// attribute is a message attribute. Just one of the values is set.
type attribute struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

// outgoing is a message to be sent, and one entry of a batch.
type outgoing struct {
	Id                      string
	MessageBody             string
	MessageAttributes       map[string]attribute
	MessageSystemAttributes map[string]attribute
	DelaySeconds            int
	MessageGroupId          string
	MessageDeduplicationId  string
}

type sendAnswer struct {
	Id                     string `json:",omitempty"`
	MessageId              string
	MD5OfMessageBody       string
	MD5OfMessageAttributes string `json:",omitempty"`
}

// Send stores a message in the queue with this ARN, as SendMessage does, and returns when JetStream has stored it.
// It is for the S3 side: an error means that the message may or may not be there; ErrNoQueue that there is no such queue.
func (f *Front) Send(ctx context.Context, queueARN string, body string) error {
	name, ok := f.nameInARN(queueARN)
	if !ok {
		return fmt.Errorf("send to %s: %w", queueARN, ErrNoQueue)
	}
	q, err := f.queue(ctx, name)
	if err == nil {
		_, err = f.store(ctx, q, outgoing{MessageBody: body})
	}
	if err != nil {
		return fmt.Errorf("send to %s: %w", queueARN, err)
	}
	return nil
}

type sendRequest struct {
	QueueUrl string
	outgoing
}

func (f *Front) sendMessage(ctx context.Context, _ string, in sendRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return f.store(ctx, q, in.outgoing)
}

type sendBatchRequest struct {
	QueueUrl string
	Entries  []outgoing
}

func (f *Front) sendMessageBatch(ctx context.Context, _ string, in sendBatchRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	size := 0
	for _, m := range in.Entries {
		size += m.size()
	}
	if size > maxBatchBytes {
		return nil, failure("BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchBytes, size)
	}
	return batch(f.cfg.Log, in.Entries, func(m outgoing) string { return m.Id }, func(m outgoing) (any, error) {
		return f.store(ctx, q, m)
	})
}

// store checks a message and publishes it.
func (f *Front) store(ctx context.Context, q *queue, out outgoing) (any, error) {
	if err := out.check(min(q.set.Load().maxSize, int(q.nc.MaxPayload())-headerRoom)); err != nil {
		return nil, err
	}
	id := uuid.NewString()
	m := nats.NewMsg(subject(q.name))
	m.Data = []byte(out.MessageBody)
	m.Header.Set(idHeader, id)
	if len(out.MessageAttributes) > 0 {
		m.Header.Set(attributesHeader, marshal(out.MessageAttributes))
	}
	if out.MessageGroupId != "" {
		m.Header.Set(groupHeader, out.MessageGroupId)
	}
	if _, err := f.cfg.JS.PublishMsg(ctx, m, jetstream.WithExpectStream(streamName(q.name))); err != nil {
		return nil, f.gone(ctx, q, fmt.Errorf("store in %s: %w", q.name, err))
	}
	return sendAnswer{
		Id:                     out.Id,
		MessageId:              id,
		MD5OfMessageBody:       md5Hex(m.Data),
		MD5OfMessageAttributes: md5OfAttributes(out.MessageAttributes),
	}, nil
}

func (m outgoing) size() int {
	n := len(m.MessageBody)
	for name, a := range m.MessageAttributes {
		n += len(name) + len(a.DataType) + len(a.value())
	}
	return n
}

func (m outgoing) check(maxSize int) error {
	switch {
	case m.DelaySeconds != 0:
		return failure("UnsupportedOperation", "Delays are not supported here: DelaySeconds must be 0.")
	case m.MessageDeduplicationId != "":
		return badValue("MessageDeduplicationId", m.MessageDeduplicationId, "The request includes a parameter that is not valid for this queue type.")
	case !validGroup(m.MessageGroupId):
		return badValue("MessageGroupId", m.MessageGroupId, "Can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	case len(m.MessageSystemAttributes) > 0:
		return failure("UnsupportedOperation", "Message system attributes can't be sent here.")
	case m.MessageBody == "":
		return failure("MissingParameter", "The request must contain the parameter MessageBody.")
	case m.size() > maxSize:
		return failure("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", maxSize)
	case len(m.MessageAttributes) > 10:
		return failure("InvalidParameterValue", "Number of message attributes [%d] exceeds the allowed maximum [10].", len(m.MessageAttributes))
	case !utf8.ValidString(m.MessageBody), strings.ContainsFunc(m.MessageBody, forbidden):
		return failure("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
	}
	for name, a := range m.MessageAttributes {
		kind, _, _ := strings.Cut(a.DataType, ".")
		known := kind == "String" || kind == "Number" || kind == "Binary"
		if !validAttributeName(name) || !known || len(a.value()) == 0 || (kind == "Binary") != (a.StringValue == nil) {
			return failure("InvalidParameterValue", "The message attribute '%s' has no valid name, no valid type or no value of its type.", name)
		}
	}
	return nil
}

// validGroup: in a queue that isn't FIFO a group means nothing here. It is kept, and given to the receiver.
func validGroup(id string) bool {
	return len(id) <= 128 && !strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' })
}

// validAttributeName is the rule of
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#message-attribute-components
func validAttributeName(name string) bool {
	lower := strings.ToLower(name)
	odd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.'
	}
	return name != "" && len(name) <= 256 && !strings.ContainsFunc(lower, odd) && !strings.Contains(name, "..") && name[0] != '.' && name[len(name)-1] != '.' &&
		!strings.HasPrefix(lower, "aws.") && !strings.HasPrefix(lower, "amazon.")
}

func forbidden(c rune) bool {
	return c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0xFFFE || c == 0xFFFF
}

func (a attribute) value() []byte {
	if a.StringValue != nil {
		return []byte(*a.StringValue)
	}
	return a.BinaryValue
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// md5OfAttributes is as in
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation;
// empty if there are none.
func md5OfAttributes(attrs map[string]attribute) string {
	if len(attrs) == 0 {
		return ""
	}
	var b []byte
	part := func(s []byte) {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		a := attrs[name]
		part([]byte(name))
		part([]byte(a.DataType))
		kind := byte(2)
		if a.StringValue != nil {
			kind = 1
		}
		b = append(b, kind)
		part(a.value())
	}
	return md5Hex(b)
}
