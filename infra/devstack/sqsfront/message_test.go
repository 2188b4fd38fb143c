package sqsfront_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

func TestAMessageGoesThroughUnchanged(t *testing.T) {
	d := newDesk(t, nil)
	body := "{\"key\": \"größe <&> \\u0000 \u2028\"}\n\t🙂"
	want := map[string]types.MessageAttributeValue{
		"text":   {DataType: aws.String("String"), StringValue: aws.String("a\r\nb")},
		"number": {DataType: aws.String("Number.int"), StringValue: aws.String("7")},
		"bytes":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
	}
	sent, err := d.c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: &body, MessageAttributes: want})
	if err != nil {
		t.Fatal(err)
	}
	got := d.one()
	if *got.Body != body || *got.MessageId != *sent.MessageId || *got.MD5OfBody != *sent.MD5OfMessageBody {
		t.Errorf("received %q (%s), sent %q (%s)", *got.Body, *got.MessageId, body, *sent.MessageId)
	}
	if diff := cmp.Diff(want, got.MessageAttributes, cmp.AllowUnexported(types.MessageAttributeValue{}),
		cmp.FilterPath(func(p cmp.Path) bool { return strings.Contains(p.Last().String(), "noSmithy") }, cmp.Ignore())); diff != "" {
		t.Error("message attributes (-sent +received)", diff)
	}
	if aws.ToString(got.MD5OfMessageAttributes) != aws.ToString(sent.MD5OfMessageAttributes) || got.MD5OfMessageAttributes == nil {
		t.Error("MD5OfMessageAttributes differ")
	}
	ms, err := strconv.ParseInt(got.Attributes["SentTimestamp"], 10, 64)
	if age := time.Since(time.UnixMilli(ms)); err != nil || age < -time.Second || age > time.Minute {
		t.Errorf("SentTimestamp %q", got.Attributes["SentTimestamp"])
	}
	if got.Attributes["ApproximateFirstReceiveTimestamp"] == "" || count(got) != "1" {
		t.Errorf("system attributes %v", got.Attributes)
	}
	d.delete(got)
	d.delete(got) // is no error
	d.holds("0", "0")
}

func TestAMessageMayBeAsLargeAsItsQueueAllows(t *testing.T) {
	d := newDesk(t, nil)
	huge := strings.Repeat("x", 1<<20+1)
	_, err := d.c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: &huge})
	wantCode(t, err, "InvalidParameterValue")
	large := huge[:1<<20-2000] // NATS needs some room beside it
	d.send(large)
	if m := d.one(); *m.Body != large {
		t.Errorf("%d bytes came back as %d", len(large), len(*m.Body))
	}
	if err := d.set(map[string]string{"MaximumMessageSize": "1024"}); err != nil {
		t.Fatal(err)
	}
	_, err = d.c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: aws.String(huge[:1025])})
	wantCode(t, err, "InvalidParameterValue")
	d.send(huge[:1024])
}

func TestAMessageGroupIsKeptAndADeduplicationIdRefused(t *testing.T) {
	d := newDesk(t, nil)
	in := &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: aws.String("a"), MessageGroupId: aws.String("tenant-1")}
	if _, err := d.c.SendMessage(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if m := d.one(); m.Attributes["MessageGroupId"] != "tenant-1" {
		t.Errorf("attributes %v", m.Attributes)
	}
	in.MessageDeduplicationId = aws.String("once")
	_, err := d.c.SendMessage(t.Context(), in)
	wantCode(t, err, "InvalidParameterValue")
}

func TestMessageAttributesNeedANameATypeAndAValue(t *testing.T) {
	d := newDesk(t, nil)
	text := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("x")}
	for _, attrs := range []map[string]types.MessageAttributeValue{
		{"AWS.x": text}, {"amazon.x": text}, {"a b": text}, {".a": text}, {"a.": text},
		{"a": {DataType: aws.String("Strange"), StringValue: aws.String("x")}},
		{"a": {DataType: aws.String("String"), StringValue: aws.String("")}},
	} {
		_, err := d.c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &d.url, MessageBody: aws.String("a"), MessageAttributes: attrs})
		wantCode(t, err, "InvalidParameterValue")
	}
}
