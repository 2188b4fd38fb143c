package sqsfront_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"airlock/infra/localstack"
	"airlock/internal/pace"
)

// pair is a queue and its dead-letter queue.
type pair struct{ queue, dead desk }

// newPair's queue gives a message up that was received once.
func newPair(t *testing.T) pair {
	t.Helper()
	dead := newDesk(t, nil)
	return pair{dead: dead, queue: deskAt(t, dead.c, map[string]string{
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":1}`, dead.arn()),
	})}
}

func (d desk) arn() string {
	d.t.Helper()
	return d.attributes("QueueArn")["QueueArn"]
}

// bury sends messages and has them given up. It returns their ids.
func (p pair) bury(bodies ...string) (ids []string) {
	p.queue.t.Helper()
	p.queue.send(bodies...)
	for len(ids) < len(bodies) {
		m := p.queue.one()
		ids = append(ids, *m.MessageId)
		p.queue.hide(m, 0)
	}
	p.queue.none()
	p.dead.holds(fmt.Sprint(len(bodies)), "0")
	return ids
}

func (d desk) startMove(destination *string) error {
	_, err := d.c.StartMessageMoveTask(d.t.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(d.arn()), DestinationArn: destination})
	return err
}

// moved waits until the newest move from the queue is over.
func (d desk) moved() types.ListMessageMoveTasksResultEntry {
	d.t.Helper()
	var task types.ListMessageMoveTasksResultEntry
	pace.Eventually(d.t, 10*time.Second, "the move is over", func() bool {
		out, err := d.c.ListMessageMoveTasks(d.t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: aws.String(d.arn())})
		if err != nil || len(out.Results) != 1 {
			d.t.Fatal("ListMessageMoveTasks:", out, err)
		}
		task = out.Results[0]
		return *task.Status != "RUNNING"
	})
	return task
}

func TestDeadLettersMoveBackToWhereTheyCameFrom(t *testing.T) {
	p := newPair(t)
	other := deskAt(t, p.dead.c, map[string]string{"RedrivePolicy": p.queue.attributes("RedrivePolicy")["RedrivePolicy"]})
	ids := p.bury("a", "b", "c")
	other.send("d")
	other.hide(other.one(), 0)
	other.none()
	p.dead.holds("4", "0")

	before := time.Now().Add(-time.Minute).UnixMilli()
	if err := p.dead.startMove(nil); err != nil {
		t.Fatal(err)
	}
	task := p.dead.moved()
	if *task.Status != "COMPLETED" || task.ApproximateNumberOfMessagesMoved != 4 || aws.ToInt64(task.ApproximateNumberOfMessagesToMove) != 4 ||
		*task.SourceArn != p.dead.arn() || task.DestinationArn != nil || task.FailureReason != nil || task.TaskHandle != nil || task.StartedTimestamp < before {
		t.Errorf("task %+v", task)
	}
	p.dead.holds("0", "0")
	p.queue.holds("3", "0")
	if m := other.one(); *m.Body != "d" {
		t.Errorf("the other queue got %q", *m.Body)
	}
	p.checkMoved(t, ids, "a", "b", "c")
}

// checkMoved: AWS calls what was moved back new messages, with another id and never received.
func (p pair) checkMoved(t *testing.T, ids []string, bodies ...string) {
	t.Helper()
	var got []string
	var held []types.Message
	for range bodies {
		m := p.queue.one()
		held = append(held, m)
		got = append(got, *m.Body)
		isOld, times := slices.Contains(ids, *m.MessageId), count(m)
		if localstack.Differs(t, "a message that was moved back keeps its id and its receive count; AWS makes a new message of it") {
			if !isOld || times == "1" {
				t.Errorf("%s: its old id: %v, received %s times", *m.Body, isOld, times)
			}
		} else if isOld || times != "1" {
			t.Errorf("%s: its old id: %v, received %s times", *m.Body, isOld, times)
		}
	}
	for _, m := range held {
		p.queue.hide(m, 0)
	}
	p.queue.none() // they are given up again, after as many receives as before
	slices.Sort(got)
	if !slices.Equal(got, bodies) {
		t.Errorf("moved back %q, want %q", got, bodies)
	}
	p.dead.holds(fmt.Sprint(len(bodies)), "0")
}

func TestDeadLettersMoveToAnotherQueue(t *testing.T) {
	p := newPair(t)
	elsewhere := deskAt(t, p.dead.c, nil)
	attrs := map[string]types.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String("x")}}
	if _, err := p.queue.c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &p.dead.url, MessageBody: aws.String("sent to the DLQ itself"), MessageAttributes: attrs}); err != nil {
		t.Fatal(err)
	}
	arn := elsewhere.arn()
	if err := p.dead.startMove(&arn); err != nil {
		t.Fatal(err)
	}
	if task := p.dead.moved(); *task.Status != "COMPLETED" || aws.ToString(task.DestinationArn) != arn || task.ApproximateNumberOfMessagesMoved != 1 {
		t.Errorf("task %+v", task)
	}
	if m := elsewhere.one(); *m.Body != "sent to the DLQ itself" || aws.ToString(m.MessageAttributes["kind"].StringValue) != "x" {
		t.Errorf("moved %q with %v", *m.Body, m.MessageAttributes)
	}
	p.dead.holds("0", "0")
	p.queue.holds("0", "0")
}

func TestAMoveFailsAtAMessageThatCameFromNowhere(t *testing.T) {
	p := newPair(t)
	p.dead.send("sent to the DLQ itself")
	if err := p.dead.startMove(nil); err != nil {
		t.Fatal(err)
	}
	task := p.dead.moved()
	reason := "CouldNotDetermineMessageSource"
	if localstack.Differs(t, "gives the name of a Python exception as the reason; AWS gives CouldNotDetermineMessageSource") {
		reason = "AttributeError"
	}
	if *task.Status != "FAILED" || aws.ToString(task.FailureReason) != reason || task.ApproximateNumberOfMessagesMoved != 0 {
		t.Errorf("status %s, moved %d, reason %q", *task.Status, task.ApproximateNumberOfMessagesMoved, aws.ToString(task.FailureReason))
	}
	if m := p.dead.one(); *m.Body != "sent to the DLQ itself" {
		t.Errorf("the DLQ has %q", *m.Body)
	}
}

func TestOnlyADeadLetterQueuesMessagesCanBeMoved(t *testing.T) {
	p := newPair(t)
	c, lost := p.dead.c, aws.String(p.dead.arn()+"-lost")
	wantCode(t, p.queue.startMove(nil), "InvalidParameterValue")
	wantError[*types.ResourceNotFoundException](t, p.dead.startMove(lost))
	_, err := c.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: lost})
	wantError[*types.ResourceNotFoundException](t, err)
	_, err = c.ListMessageMoveTasks(t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: lost})
	wantError[*types.ResourceNotFoundException](t, err)
	_, err = c.ListMessageMoveTasks(t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: aws.String("no ARN")})
	wantCode(t, err, "InvalidParameterValue")
	_, err = c.CancelMessageMoveTask(t.Context(), &sqs.CancelMessageMoveTaskInput{TaskHandle: aws.String("no handle")})
	wantCode(t, err, "InvalidParameterValue")
	if out, err := c.ListMessageMoveTasks(t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: aws.String(p.dead.arn())}); err != nil || len(out.Results) != 0 {
		t.Errorf("tasks %v, %v", out, err)
	}
}

func TestAMoveCanBeCancelledWhileItRuns(t *testing.T) {
	p := newPair(t)
	var bodies []string // a second each, of which this machine takes fewer than these to cancel
	for i := range int(pace.Scaled(3 * time.Second).Seconds()) {
		bodies = append(bodies, fmt.Sprint(i))
	}
	p.bury(bodies...)
	started := make(chan error, 1)
	go func() {
		_, err := p.dead.c.StartMessageMoveTask(context.WithoutCancel(t.Context()), &sqs.StartMessageMoveTaskInput{
			SourceArn: aws.String(p.dead.arn()), MaxNumberOfMessagesPerSecond: aws.Int32(1),
		})
		started <- err
	}()
	var handle *string
	pace.Eventually(t, 5*time.Second, "a move that runs", func() bool {
		out, err := p.dead.c.ListMessageMoveTasks(t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: aws.String(p.dead.arn())})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Results) > 0 {
			handle = out.Results[0].TaskHandle
		}
		return handle != nil
	})
	wantCode(t, p.dead.startMove(nil), "InvalidParameterValue") // one at a time
	if _, err := p.dead.c.CancelMessageMoveTask(t.Context(), &sqs.CancelMessageMoveTaskInput{TaskHandle: handle}); err != nil {
		t.Fatal(err)
	}
	if err := <-started; err != nil {
		t.Error(err)
	}
	for task := p.dead.moved(); *task.Status != "CANCELLED"; task = p.dead.moved() {
		if *task.Status != "CANCELLING" {
			t.Fatalf("task %s", *task.Status)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if left := p.dead.attributes("All")["ApproximateNumberOfMessages"]; left == "0" {
		t.Error("all were moved")
	}
	_, err := p.dead.c.CancelMessageMoveTask(t.Context(), &sqs.CancelMessageMoveTaskInput{TaskHandle: handle})
	if localstack.Differs(t, "cancels tasks that are over; AWS cancels only those that run") {
		if err != nil {
			t.Error(err)
		}
		return
	}
	wantError[*types.ResourceNotFoundException](t, err)
}

func TestADeadLetterQueueListsItsSources(t *testing.T) {
	p := newPair(t)
	for d, want := range map[desk][]string{p.dead: {p.queue.url}, p.queue: nil} {
		out, err := d.c.ListDeadLetterSourceQueues(t.Context(), &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &d.url})
		if err != nil || !slices.Equal(out.QueueUrls, want) {
			t.Errorf("sources of %s: %v, %v", d.name(), out, err)
		}
	}
	lost := p.dead.url + "-lost"
	_, err := p.dead.c.ListDeadLetterSourceQueues(t.Context(), &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &lost})
	wantError[*types.QueueDoesNotExist](t, err)
}
