// Package sqsfront speaks the AWS JSON 1.0 protocol of Amazon SQS over NATS JetStream, for development and tests. Unmodified
// SDK clients run against it.
//
// Promised: a message whose SendMessage was answered is stored; it is handed out until it is deleted, expires or goes to the
// dead-letter queue; receive counts, visibility and receipt handles outlive a restart of this front and of NATS. Like SQS it
// delivers at least once and in no promised order.
//
// Not promised: signatures are not checked (an access key can be). FIFO queues, delays and tags answer UnsupportedOperation or
// InvalidAction. SQS's limits in time (12 hours in flight, 60 s between purges, 60 s before a deleted name is free again) are
// not enforced. Policies, encryption settings and message groups are stored and returned, without effect; attributes that are
// JSON come back as the same JSON in other words. StartMessageMoveTask answers when the messages have moved, which until then
// depends on its client to stay; what was moved is known until the front ends.
//
// Needed: a JetStream account that may manage streams named SQS-*. A queue is a work-queue stream with one durable consumer:
//
//	queue                     stream SQS-<name>, subject sqs.<name>, attributes in its metadata
//	visibility timeout        AckWait
//	receipt handle            the delivery's ack subject
//	DeleteMessage             +ACK as a request
//	ChangeMessageVisibility   -NAK with delay as a request
//	ApproximateReceiveCount   NumDelivered
//	redrive                   when a receive meets a message that was received too often
package sqsfront

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
)

// maxRequest bounds a request's body: ten messages of 1 MiB in all may grow sixfold when JSON escapes them.
const maxRequest = 8 << 20

// Config says where a Front keeps its queues. Only JS is required.
type Config struct {
	// JS keeps the queues. Its connection should reconnect for ever, else the front ends with the first restart of NATS.
	JS jetstream.JetStream

	Region  string // in ARNs; default us-east-1
	Account string // in ARNs and queue URLs; default 000000000000

	// Storage of new queues; the zero value is the file, and only that survives a restart of NATS.
	Storage jetstream.StorageType

	// AccessKeys, if any, are the key ids a request may carry; another one is answered with 403 InvalidClientTokenId.
	AccessKeys []string

	// Fault, if set, may break requests. It is called with the operation's name ("DeleteMessage") before it is done, and with
	// "DeleteMessage.answer" after it is done and before it is answered: an error there is a lost answer, so the messages of
	// a ReceiveMessage stay in flight. The client sees a 500, which SDKs retry. It must be safe for concurrent use.
	Fault func(op string) error

	Log *slog.Logger // for what a client isn't told; default discards
}

// Front is an http.Handler that answers as SQS does. It is safe for concurrent use and starts no goroutine that outlives a call.
// Several fronts may share the queues of one JetStream; the number of messages in flight that each reports is then a guess.
type Front struct {
	cfg Config
	ops map[string]operation

	admin sync.Mutex // held while queues are created, changed or deleted

	mu     sync.RWMutex
	queues map[string]*queue
}

// operation does one call. The host is the one the client used, for queue URLs.
type operation func(ctx context.Context, host string, body []byte) (any, error)

// New returns a front over cfg.JS. Queues that are already there are found when they are first asked for.
func New(cfg Config) *Front {
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.Account == "" {
		cfg.Account = "000000000000"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	f := &Front{cfg: cfg, queues: map[string]*queue{}}
	f.ops = map[string]operation{
		"CreateQueue":                  decoded(f.createQueue),
		"GetQueueUrl":                  decoded(f.getQueueURL),
		"ListQueues":                   decoded(f.listQueues),
		"GetQueueAttributes":           decoded(f.getQueueAttributes),
		"SetQueueAttributes":           decoded(f.setQueueAttributes),
		"ListDeadLetterSourceQueues":   decoded(f.listSources),
		"StartMessageMoveTask":         decoded(f.startMove),
		"ListMessageMoveTasks":         decoded(f.listMoves),
		"CancelMessageMoveTask":        decoded(f.cancelMove),
		"PurgeQueue":                   decoded(f.purgeQueue),
		"DeleteQueue":                  decoded(f.deleteQueue),
		"SendMessage":                  decoded(f.sendMessage),
		"SendMessageBatch":             decoded(f.sendMessageBatch),
		"ReceiveMessage":               decoded(f.receiveMessage),
		"DeleteMessage":                decoded(f.deleteMessage),
		"DeleteMessageBatch":           decoded(f.deleteMessageBatch),
		"ChangeMessageVisibility":      decoded(f.changeVisibility),
		"ChangeMessageVisibilityBatch": decoded(f.changeVisibilityBatch),
	}
	return f
}

// decoded turns a function of a typed request into an operation.
func decoded[In any](do func(ctx context.Context, host string, in In) (any, error)) operation {
	return func(ctx context.Context, host string, body []byte) (any, error) {
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, failure("SerializationException", "The request's body is not the JSON of this operation: %v", err)
		}
		return do(ctx, host, in)
	}
}

// ServeHTTP answers one call of the JSON protocol. A ReceiveMessage whose client is gone before the answer is written gives
// its messages back, so that they are visible at once, received once more.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	name, answer, err := f.call(w, r)
	lost, _ := answer.(interface{ giveBack() })
	if err == nil {
		if err = r.Context().Err(); err == nil {
			err = writeJSON(w, http.StatusOK, answer)
			if err == nil {
				return
			}
		}
		if lost != nil {
			lost.giveBack()
		}
	}
	f.writeError(w, r, name, err)
}

// call finds the operation that the request names and does it.
func (f *Front) call(w http.ResponseWriter, r *http.Request) (string, any, error) {
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	do := f.ops[name]
	if !ok || do == nil {
		return name, nil, failure("InvalidAction", "The action %q is not one that this front knows (it speaks only AWS JSON 1.0).", name)
	}
	if err := f.checkKey(r.Header.Get("Authorization")); err != nil {
		return name, nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return name, nil, failure("RequestEntityTooLarge", "Reading the request's body: %v", err)
	}
	if err := f.fault(name); err != nil {
		return name, nil, err
	}
	answer, err := do(r.Context(), r.Host, body)
	if err != nil {
		return name, nil, err
	}
	return name, answer, f.fault(name + ".answer")
}

func (f *Front) fault(op string) error {
	if f.cfg.Fault == nil {
		return nil
	}
	return f.cfg.Fault(op)
}

// checkKey looks only at the access key id; the signature is not checked.
func (f *Front) checkKey(authorization string) error {
	if len(f.cfg.AccessKeys) == 0 {
		return nil
	}
	_, rest, ok := strings.Cut(authorization, "Credential=")
	if !ok {
		return failure("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	key, _, _ := strings.Cut(rest, "/")
	if !slices.Contains(f.cfg.AccessKeys, key) {
		return failure("InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	return nil
}

// writeJSON writes with a length and flushes, so that a dead connection shows here.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}
