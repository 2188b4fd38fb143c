package sqsfront_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"airlock/infra/localstack"
	"airlock/internal/pace"
)

func TestAMessageIsHiddenForTheVisibilityTimeoutAndThenReceivedAgain(t *testing.T) {
	d := newDesk(t, briefQueue())
	d.send("a")
	since := time.Now()
	first := d.one()
	d.none()
	d.holds("0", "1")
	second := d.one()
	if took := time.Since(since); took < briefly(0.9) || took > briefly(1)+pace.Scaled(1500*time.Millisecond) {
		t.Errorf("visible again after %v, want %d s", took, brief())
	}
	if count(first) != "1" || count(second) != "2" {
		t.Errorf("receive counts %s, %s", count(first), count(second))
	}
	if *first.MessageId != *second.MessageId {
		t.Error("the message id changed")
	}
}

func TestAHeartbeatKeepsAMessageHiddenUnderTheSameHandle(t *testing.T) {
	d := newDesk(t, briefQueue())
	d.send("a")
	m := d.one()
	for range 6 {
		time.Sleep(briefly(0.5))
		d.hide(m, brief())
		d.none()
	}
	d.hide(m, 2*brief()) // longer than the queue's own
	time.Sleep(briefly(1.5))
	d.none()
	if again := d.one(); count(again) != "2" {
		t.Errorf("received %s times after two receives and seven heartbeats", count(again))
	}
}

func TestAMessageCanBeDeletedAfterHeartbeats(t *testing.T) {
	d := newDesk(t, briefQueue())
	d.send("a")
	m := d.one()
	d.hide(m, brief())
	d.hide(m, 2*brief())
	d.delete(m)
	d.holds("0", "0")
	if got := d.receive(1, 3*int(brief())); len(got) != 0 {
		t.Error("a deleted message came back")
	}
}

func TestVisibilityZeroShowsAMessageAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	d.send("a")
	for want := 1; want <= 4; want++ {
		m := d.one()
		if count(m) != strconv.Itoa(want) {
			t.Errorf("receive count %s, want %d", count(m), want)
		}
		d.hide(m, 0)
		d.holds("1", "0")
	}
}

func TestAReceiveMayBringItsOwnVisibility(t *testing.T) {
	d := newDesk(t, nil)
	d.send("a")
	in := &sqs.ReceiveMessageInput{QueueUrl: &d.url, VisibilityTimeout: brief()}
	if out, err := d.c.ReceiveMessage(t.Context(), in); err != nil || len(out.Messages) != 1 {
		t.Fatal(out, err)
	}
	d.none()
	if m := d.one(); count(m) != "2" {
		t.Errorf("receive count %s", count(m))
	}
	d.none() // the queue's own timeout holds again
}

func TestAMessageReceivedTooOftenGoesToTheDeadLetterQueue(t *testing.T) {
	dead := newDesk(t, nil)
	d := deskAt(t, dead.c, map[string]string{
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"2"}`, dead.attributes("QueueArn")["QueueArn"]),
	})
	body := "poison ☠"
	d.send(body)
	id := ""
	for range 2 {
		m := d.one()
		id = *m.MessageId
		d.hide(m, 0)
	}
	d.none()
	got := dead.one()
	if *got.Body != body || *got.MessageId != id || count(got) != "3" {
		t.Errorf("dead letter %q (%s) received %s times, want %q (%s) received 3 times", *got.Body, *got.MessageId, count(got), body, id)
	}
	d.holds("0", "0")
	dead.holds("0", "1")
	if source := got.Attributes["DeadLetterQueueSourceArn"]; source != d.attributes("QueueArn")["QueueArn"] {
		t.Errorf("DeadLetterQueueSourceArn %q", source)
	}
}

func TestALongPollEndsWhenAMessageComes(t *testing.T) {
	d := newDesk(t, nil)
	go func() {
		time.Sleep(500 * time.Millisecond)
		d.c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: aws.String("a")})
	}()
	start := time.Now()
	if got := d.receive(10, 20); len(got) != 1 {
		t.Fatalf("received %d messages", len(got))
	}
	if took := time.Since(start); took < 400*time.Millisecond || took > pace.Scaled(3*time.Second) {
		t.Errorf("long poll took %v, the message came after 500 ms", took)
	}
}

func TestAnEmptyLongPollLastsAsLongAsItWaits(t *testing.T) {
	d := newDesk(t, map[string]string{"ReceiveMessageWaitTimeSeconds": "1"})
	for _, wait := range []int32{0, 2} { // 0 is left out by the SDK: the queue's own
		want := time.Duration(max(wait, 1)) * time.Second
		start := time.Now()
		out, err := d.c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &d.url, WaitTimeSeconds: wait})
		if took := time.Since(start); err != nil || len(out.Messages) != 0 || took < want-50*time.Millisecond || took > want+pace.Scaled(time.Second) {
			t.Errorf("waited %v for %v: %v", took, want, err)
		}
	}
}

func TestBatchesSendReceiveChangeAndDelete(t *testing.T) {
	d := newDesk(t, nil)
	in := &sqs.SendMessageBatchInput{QueueUrl: &d.url}
	for i := range 10 {
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint("e", i)), MessageBody: aws.String(fmt.Sprint(i))})
	}
	if out, err := d.c.SendMessageBatch(t.Context(), in); err != nil || len(out.Successful) != 10 {
		t.Fatal(out, err)
	}
	got := map[string]types.Message{}
	for i := 0; len(got) < 10 && i < 20; i++ {
		for _, m := range d.receive(10, 1) {
			got[*m.Body] = m
		}
	}
	bodies := slices.Sorted(maps.Keys(got))
	if diff := cmp.Diff(strings.Split("0123456789", ""), bodies); diff != "" {
		t.Fatal("bodies (-sent +received)", diff)
	}
	change := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &d.url}
	remove := &sqs.DeleteMessageBatchInput{QueueUrl: &d.url}
	for i, b := range bodies {
		h := got[b].ReceiptHandle
		if i < 5 {
			change.Entries = append(change.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: &b, ReceiptHandle: h, VisibilityTimeout: 0})
		} else {
			remove.Entries = append(remove.Entries, types.DeleteMessageBatchRequestEntry{Id: &b, ReceiptHandle: h})
		}
	}
	if out, err := d.c.ChangeMessageVisibilityBatch(t.Context(), change); err != nil || len(out.Successful) != 5 {
		t.Fatal(out, err)
	}
	if out, err := d.c.DeleteMessageBatch(t.Context(), remove); err != nil || len(out.Successful) != 5 {
		t.Fatal(out, err)
	}
	d.holds("5", "0")
}

func TestOneBadEntryFailsAloneInItsBatch(t *testing.T) {
	d := newDesk(t, nil)
	sent, err := d.c.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &d.url, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("good"), MessageBody: aws.String("a")},
		{Id: aws.String("bad"), MessageBody: aws.String("\x01")},
	}})
	ourFault := !localstack.Differs(t, "a batch entry's failure is never the sender's fault; AWS says whose it is")
	if err != nil || len(sent.Successful) != 1 || len(sent.Failed) != 1 || *sent.Failed[0].Id != "bad" || sent.Failed[0].SenderFault != ourFault {
		t.Fatalf("send: %+v, %v", sent, err)
	}
	m := d.one()
	out, err := d.c.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &d.url, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("good"), ReceiptHandle: m.ReceiptHandle},
		{Id: aws.String("bad"), ReceiptHandle: aws.String("no handle")},
	}})
	if err != nil || len(out.Successful) != 1 || len(out.Failed) != 1 {
		t.Fatalf("delete: %+v, %v", out, err)
	}
	if f := out.Failed[0]; *f.Id != "bad" || *f.Code != "ReceiptHandleIsInvalid" || f.SenderFault != ourFault {
		t.Errorf("failed: %+v", f)
	}
	d.holds("0", "0")
}

func TestAPurgeEmptiesAQueueWithWhatIsInFlight(t *testing.T) {
	d := newDesk(t, briefQueue())
	d.send("a", "b", "c")
	d.one()
	if _, err := d.c.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &d.url}); err != nil {
		t.Fatal(err)
	}
	d.holds("0", "0")
	if got := d.receive(10, 2*int(brief())); len(got) != 0 {
		t.Errorf("%d messages outlived the purge", len(got))
	}
	d.send("d")
	if m := d.one(); *m.Body != "d" {
		t.Errorf("received %q", *m.Body)
	}
}

func TestAReceiveOutsideItsRangesIsRefused(t *testing.T) {
	d := newDesk(t, nil)
	receive := func(in sqs.ReceiveMessageInput) error {
		in.QueueUrl = &d.url
		_, err := d.c.ReceiveMessage(t.Context(), &in)
		return err
	}
	wantCode(t, receive(sqs.ReceiveMessageInput{WaitTimeSeconds: 21}), "InvalidParameterValue")
	wantCode(t, receive(sqs.ReceiveMessageInput{MaxNumberOfMessages: 11}), "InvalidParameterValue")
	err := receive(sqs.ReceiveMessageInput{VisibilityTimeout: 43201})
	if localstack.Differs(t, "receives with any visibility timeout; AWS answers InvalidParameterValue to more than 12 hours") {
		if err != nil {
			t.Error(err)
		}
		return
	}
	wantCode(t, err, "InvalidParameterValue")
}

func TestQueuesAreFoundByNameUntilTheyAreDeleted(t *testing.T) {
	d := newDesk(t, nil)
	for _, bad := range []string{"a b", "x.fifo", strings.Repeat("x", 81)} {
		_, err := d.c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &bad})
		wantCode(t, err, "InvalidParameterValue")
	}
	name := d.name()
	got, err := d.c.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil || *got.QueueUrl != d.url {
		t.Fatal(got, err)
	}
	for prefix, want := range map[string]int{name: 1, name + "x": 0} {
		out, err := d.c.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: &prefix})
		if err != nil || len(out.QueueUrls) != want {
			t.Errorf("ListQueues %s: %v, %v", prefix, out, err)
		}
	}
	if _, err := d.c.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &d.url}); err != nil {
		t.Fatal(err)
	}
	_, err = d.c.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	wantError[*types.QueueDoesNotExist](t, err)
}

func TestListingsArePaged(t *testing.T) {
	d := newDesk(t, nil)
	want := map[string]bool{}
	for i := range 5 {
		name := fmt.Sprint(d.name(), "-", i)
		out, err := d.c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		defer d.c.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: out.QueueUrl})
		want[*out.QueueUrl] = true
	}
	pages := sqs.NewListQueuesPaginator(d.c, &sqs.ListQueuesInput{QueueNamePrefix: aws.String(d.name() + "-"), MaxResults: aws.Int32(2)})
	for n := 0; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(t.Context())
		if err != nil || len(out.QueueUrls) > 2 {
			t.Fatal(out, err)
		}
		for _, url := range out.QueueUrls {
			if !want[url] {
				t.Error("not expected or repeated:", url)
			}
			delete(want, url)
		}
	}
	if len(want) > 0 {
		t.Error("not listed:", want)
	}
}

func TestErrorsHaveTheSDKsTypes(t *testing.T) {
	d := newDesk(t, nil)
	c, ctx, lost := d.c, t.Context(), aws.String(d.url+"-lost")
	_, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: lost, MessageBody: aws.String("a")})
	wantError[*types.QueueDoesNotExist](t, err)
	_, err = c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: lost})
	wantError[*types.QueueDoesNotExist](t, err)
	_, err = c.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &d.url, ReceiptHandle: aws.String("no handle")})
	wantError[*types.ReceiptHandleIsInvalid](t, err)
	_, err = c.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &d.url, ReceiptHandle: aws.String("no handle")})
	wantError[*types.ReceiptHandleIsInvalid](t, err)
	_, err = c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: aws.String("a\x01")})
	wantError[*types.InvalidMessageContents](t, err)
	_, err = c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &d.url, AttributeNames: []types.QueueAttributeName{"Colour"}})
	wantError[*types.InvalidAttributeName](t, err)

	_, err = c.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &d.url, Entries: []types.DeleteMessageBatchRequestEntry{}})
	wantError[*types.EmptyBatchRequest](t, err)
	entries := slices.Repeat([]types.DeleteMessageBatchRequestEntry{{Id: aws.String("same"), ReceiptHandle: aws.String("x")}}, 11)
	_, err = c.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &d.url, Entries: entries[:2]})
	wantError[*types.BatchEntryIdsNotDistinct](t, err)
	for i := range entries {
		entries[i].Id = aws.String(fmt.Sprint("e", i))
	}
	_, err = c.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &d.url, Entries: entries})
	wantError[*types.TooManyEntriesInBatchRequest](t, err)
	entries[0].Id = aws.String("not an id")
	_, err = c.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &d.url, Entries: entries[:1]})
	wantError[*types.InvalidBatchEntryId](t, err)
}

// wantError checks the type of an SDK error.
func wantError[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Errorf("error %v, want a %T", err, want)
	}
}

// wantCode checks the code that a generic SDK error shows.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code {
		t.Errorf("error %v, want code %s", err, code)
	}
}
