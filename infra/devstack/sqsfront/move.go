package sqsfront

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
)

// maxMoves is how many move tasks of a queue SQS lists at most.
const maxMoves = 10

// maxMoveRate is the highest MaxNumberOfMessagesPerSecond.
const maxMoveRate = 500

// moveTask is one StartMessageMoveTask, as ListMessageMoveTasks shows it.
type moveTask struct {
	TaskHandle                        string `json:",omitempty"` // only while it is running
	Status                            string
	SourceArn                         string
	DestinationArn                    string `json:",omitempty"`
	MaxNumberOfMessagesPerSecond      int    `json:",omitempty"`
	ApproximateNumberOfMessagesMoved  int
	ApproximateNumberOfMessagesToMove int
	FailureReason                     string `json:",omitempty"`
	StartedTimestamp                  int64  // ms

	handle string
	cancel context.CancelFunc
}

// moveLog has the newest tasks that moved messages out of a queue, the newest first.
type moveLog struct {
	mu    sync.Mutex
	tasks []*moveTask
}

// begin adds a task, unless another one is running.
func (l *moveLog) begin(t *moveTask) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tasks) > 0 && l.tasks[0].Status == "RUNNING" {
		return failure("InvalidParameterValue", "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
	}
	l.tasks = slices.Insert(l.tasks, 0, t)
	l.tasks = l.tasks[:min(len(l.tasks), maxMoves)]
	return nil
}

// update changes a task that others may be reading.
func (l *moveLog) update(t *moveTask, change func(*moveTask)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(t)
}

func (l *moveLog) newest(n int) []moveTask {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := []moveTask{}
	for _, t := range l.tasks[:min(n, len(l.tasks))] {
		out = append(out, *t)
	}
	return out
}

// stop ends a running task and returns how many messages it has moved.
func (l *moveLog) stop(handle string) (moved int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.tasks {
		if t.handle == handle && t.Status == "RUNNING" {
			t.cancel()
			return t.ApproximateNumberOfMessagesMoved, nil
		}
	}
	return 0, failure("ResourceNotFoundException", "Only active tasks can be cancelled.")
}

type startMoveRequest struct {
	SourceArn, DestinationArn    string
	MaxNumberOfMessagesPerSecond *int
}

type moveHandle struct{ TaskHandle string }

// startMove moves a dead-letter queue's messages back to where they came from, or to the destination. It is done when it
// answers: so no goroutine outlives the call, and a test need not wait.
func (f *Front) startMove(ctx context.Context, _ string, in startMoveRequest) (any, error) {
	q, err := f.atARN(ctx, "SourceArn", in.SourceArn)
	if err != nil {
		return nil, err
	}
	if sources, err := f.sources(ctx, in.SourceArn); err != nil {
		return nil, err
	} else if len(sources) == 0 {
		return nil, failure("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
	}
	if in.DestinationArn == in.SourceArn {
		return nil, failure("InvalidParameterValue", "The source and the destination must be different queues.")
	} else if in.DestinationArn != "" {
		if _, err := f.atARN(ctx, "DestinationArn", in.DestinationArn); err != nil {
			return nil, err
		}
	}
	rate, err := within("MaxNumberOfMessagesPerSecond", in.MaxNumberOfMessagesPerSecond, 1, maxMoveRate, 0, "Must be between %d and %d, if provided.")
	if err != nil {
		return nil, err
	}
	held, err := f.attributes(ctx, q)
	if err != nil {
		return nil, err
	}
	toMove, _ := strconv.Atoi(held["ApproximateNumberOfMessages"]) // written by Itoa
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	handle := taskHandle(in.SourceArn)
	t := &moveTask{
		TaskHandle: handle, handle: handle, cancel: cancel, Status: "RUNNING", StartedTimestamp: time.Now().UnixMilli(),
		SourceArn: in.SourceArn, DestinationArn: in.DestinationArn, MaxNumberOfMessagesPerSecond: rate,
		ApproximateNumberOfMessagesToMove: toMove,
	}
	if err := q.moves.begin(t); err != nil {
		return nil, err
	}
	err = f.moveAll(ctx, q, t)
	q.moves.update(t, func(t *moveTask) { t.end(err, ctx.Err() != nil) })
	return moveHandle{handle}, nil
}

// end notes how a task ended.
func (t *moveTask) end(err error, cancelled bool) {
	t.TaskHandle = ""
	e := (*apiError)(nil)
	switch {
	case cancelled:
		t.Status = "CANCELLED"
	case err == nil:
		t.Status = "COMPLETED"
	case errors.As(err, &e):
		t.Status, t.FailureReason = "FAILED", queryCode(e.code)
	default:
		t.Status, t.FailureReason = "FAILED", "InternalFailure"
	}
}

// moveAll moves what is visible, one after the other, until there is no more.
func (f *Front) moveAll(ctx context.Context, q *queue, t *moveTask) error {
	for {
		got, err := f.take(ctx, q, 1, 0)
		if err != nil || len(got) == 0 {
			return err
		}
		if err := f.moveBack(ctx, q, got[0], t.DestinationArn); err != nil {
			q.giveBack(got)
			return err
		}
		q.moves.update(t, func(t *moveTask) { t.ApproximateNumberOfMessagesMoved++ })
		if rate := t.MaxNumberOfMessagesPerSecond; rate > 0 {
			select {
			case <-time.After(time.Second / time.Duration(rate)):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
}

// moveBack sends a dead letter's content as a new message: with another id and time, never received
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html).
func (f *Front) moveBack(ctx context.Context, q *queue, d delivery, destination string) error {
	destination = cmp.Or(destination, d.header.Get(sourceHeader))
	if destination == "" {
		return failure("CouldNotDetermineMessageSource", "The message was sent to the dead-letter queue itself.")
	}
	name, _ := f.nameInARN(destination)
	to, err := f.queue(ctx, name)
	if err != nil {
		return err
	}
	return f.move(ctx, q, d, to, map[string]string{idHeader: uuid.NewString()})
}

type listMovesRequest struct {
	SourceArn  string
	MaxResults *int
}

func (f *Front) listMoves(ctx context.Context, _ string, in listMovesRequest) (any, error) {
	q, err := f.atARN(ctx, "SourceArn", in.SourceArn)
	if err != nil {
		return nil, err
	}
	n, err := within("MaxResults", in.MaxResults, 1, maxMoves, 1, "Must be between %d and %d, if provided.")
	if err != nil {
		return nil, err
	}
	return struct{ Results []moveTask }{q.moves.newest(n)}, nil
}

func (f *Front) cancelMove(ctx context.Context, _ string, in moveHandle) (any, error) {
	q, err := f.atARN(ctx, "SourceArn", sourceOf(in.TaskHandle))
	if e := (*apiError)(nil); errors.As(err, &e) && e.code == "InvalidParameterValue" {
		return nil, failure("InvalidParameterValue", "Value for parameter TaskHandle is invalid.")
	} else if err != nil {
		return nil, err
	}
	moved, err := q.moves.stop(in.TaskHandle)
	if err != nil {
		return nil, err
	}
	return struct{ ApproximateNumberOfMessagesMoved int }{moved}, nil
}

// taskHandle makes a handle that looks like SQS's.
func taskHandle(source string) string {
	return base64.StdEncoding.EncodeToString([]byte(marshal(map[string]string{"taskId": uuid.NewString(), "sourceArn": source})))
}

// sourceOf is the ARN in a task handle, "" if it is none.
func sourceOf(handle string) string {
	var in struct {
		Source string `json:"sourceArn"`
	}
	raw, err := base64.StdEncoding.DecodeString(handle)
	if err != nil || json.Unmarshal(raw, &in) != nil {
		return ""
	}
	return in.Source
}

// atARN finds the queue of an ARN in a request.
func (f *Front) atARN(ctx context.Context, parameter, arn string) (*queue, error) {
	if strings.Count(arn, ":") < 5 || !strings.HasPrefix(arn, "arn:") {
		return nil, failure("InvalidParameterValue", "You must use this format to specify the %s: arn:<partition>:<service>:<region>:<account-id>:<resource-id>", parameter)
	}
	name, _ := f.nameInARN(arn)
	q, err := f.queue(ctx, name)
	if errors.Is(err, ErrNoQueue) {
		err = failure("ResourceNotFoundException", "The resource that you specified for the %s parameter doesn't exist.", parameter)
	}
	return q, err
}

// sources are the queues whose dead-letter queue has this ARN.
func (f *Front) sources(ctx context.Context, arn string) ([]string, error) {
	var names []string
	streams := f.cfg.JS.ListStreams(ctx, jetstream.WithStreamListSubject(subject(">")))
	for info := range streams.Info() {
		var p redrivePolicy
		name, ok := strings.CutPrefix(info.Config.Name, streamName(""))
		policy := info.Config.Metadata[metadataPrefix+"RedrivePolicy"]
		if ok && policy != "" && json.Unmarshal([]byte(policy), &p) == nil && p.Target == arn {
			names = append(names, name)
		}
	}
	if err := streams.Err(); err != nil {
		return nil, fmt.Errorf("list the sources of %s: %w", arn, err)
	}
	slices.Sort(names)
	return names, nil
}

// listSources isn't paged: MaxResults and NextToken are ignored.
func (f *Front) listSources(ctx context.Context, host string, in queueRequest) (any, error) {
	q, err := f.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	names, err := f.sources(ctx, f.arn(q.name))
	if err != nil {
		return nil, err
	}
	urls := []string{}
	for _, name := range names {
		urls = append(urls, f.queueURL(host, name))
	}
	return map[string][]string{"queueUrls": urls}, nil
}
