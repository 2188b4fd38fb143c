package sqsfront_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"airlock/infra/localstack"
)

func TestCreatingAQueueAgainNeedsTheSameAttributes(t *testing.T) {
	d := newDesk(t, map[string]string{"VisibilityTimeout": "7"})
	for _, attrs := range []map[string]string{nil, {"VisibilityTimeout": "7"}} {
		out, err := d.c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(d.name()), Attributes: attrs})
		if err != nil || *out.QueueUrl != d.url {
			t.Error(attrs, out, err)
		}
	}
	_, err := d.c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(d.name()), Attributes: map[string]string{"VisibilityTimeout": "8"}})
	wantError[*types.QueueNameExists](t, err)
}

func TestAQueueWithoutAttributesHasTheDefaults(t *testing.T) {
	d := newDesk(t, nil)
	got := d.attributes("All")
	for _, name := range []string{"CreatedTimestamp", "LastModifiedTimestamp"} {
		if got[name] == "" {
			t.Error("no", name)
		}
		delete(got, name)
	}
	arn := got["QueueArn"]
	if !strings.HasPrefix(arn, "arn:aws:sqs:") || !strings.HasSuffix(arn, ":"+d.name()) {
		t.Errorf("QueueArn %q", arn)
	}
	want := map[string]string{
		"QueueArn": arn, "VisibilityTimeout": "30", "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0",
		"DelaySeconds": "0", "MaximumMessageSize": "1048576", "SqsManagedSseEnabled": "true",
		"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0", "ApproximateNumberOfMessagesDelayed": "0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("attributes (-want +got)", diff)
	}
}

// These are the attributes of airlock's queues, written as its setup for LocalStack writes them.
func TestAttributesAreKeptAsTheyWereSet(t *testing.T) {
	dead := newDesk(t, nil)
	d := deskAt(t, dead.c, nil)
	arn, target := d.attributes("QueueArn")["QueueArn"], dead.attributes("QueueArn")["QueueArn"]
	policy := `{"Version": "2012-10-17", "Statement": [{"Sid": "AirlockNotifications", "Effect": "Allow",
  "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "` + arn + `",
  "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::b"}, "StringEquals": {"aws:SourceAccount": "000000000000"}}}]}`
	keeps(t, d, map[string]string{
		"VisibilityTimeout": "60", "ReceiveMessageWaitTimeSeconds": "20", "MessageRetentionPeriod": "345600", "Policy": policy,
		"RedrivePolicy": `{"deadLetterTargetArn": "` + target + `", "maxReceiveCount": 10}`,
	})
	keeps(t, dead, map[string]string{
		"MessageRetentionPeriod": "1209600", "RedriveAllowPolicy": `{"redrivePermission": "byQueue", "sourceQueueArns": ["` + arn + `"]}`,
	})
	if got := d.attributes("QueueArn", "VisibilityTimeout", "RedriveAllowPolicy", "FifoQueue"); len(got) != 2 || got["QueueArn"] != arn {
		t.Errorf("asked for two attributes that are set and two that aren't, got %v", got)
	}
	if err := d.set(map[string]string{"Policy": "", "RedrivePolicy": ""}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Policy", "RedrivePolicy"} {
		if value, ok := d.attributes("All")[name]; ok {
			t.Errorf("%s can't be taken away: %q", name, value)
		}
	}
}

// keeps sets attributes and reads them back. JSON must be the same JSON: nobody promises its spaces.
func keeps(t *testing.T, d desk, want map[string]string) {
	t.Helper()
	if err := d.set(want); err != nil {
		t.Fatal(err)
	}
	got := d.attributes("All")
	for name, value := range want {
		var have, need any
		if json.Unmarshal([]byte(got[name]), &have) != nil || json.Unmarshal([]byte(value), &need) != nil || !cmp.Equal(have, need) {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

func TestANewVisibilityTimeoutHoldsForTheNextReceive(t *testing.T) {
	d := newDesk(t, nil)
	if err := d.set(briefQueue()); err != nil {
		t.Fatal(err)
	}
	d.send("a")
	d.one()
	d.none()
	if m := d.one(); count(m) != "2" {
		t.Errorf("receive count %s", count(m))
	}
}

func TestAttributesOutsideTheirRangeAreRefused(t *testing.T) {
	d := newDesk(t, nil)
	arn := d.attributes("QueueArn")["QueueArn"]
	for name, values := range map[string][]string{
		"VisibilityTimeout":             {"43201", "-1", "soon"},
		"MessageRetentionPeriod":        {"59", "1209601"},
		"ReceiveMessageWaitTimeSeconds": {"21"},
		"MaximumMessageSize":            {"1023", "1048577"},
		"SqsManagedSseEnabled":          {"perhaps"},
		"Policy":                        {"no JSON"},
		"RedriveAllowPolicy":            {"no JSON", `{"redrivePermission":"maybe"}`, `{"redrivePermission":"byQueue"}`},
		"RedrivePolicy":                 {`{"deadLetterTargetArn":"` + arn + `-lost","maxReceiveCount":3}`},
	} {
		for _, value := range values {
			q := deskAt(t, d.c, nil)
			before := q.attributes("All")[name]
			err := q.set(map[string]string{name: value})
			if localstack.Differs(t, "takes attributes of any value; AWS refuses those outside their range and dead-letter queues that don't exist") {
				before = value
			} else if err == nil {
				t.Errorf("accepted %s %q", name, value)
			}
			if after := q.attributes("All")[name]; after != before {
				t.Errorf("%s %q left %q, want %q", name, value, after, before)
			}
		}
	}
}

func TestARedrivePolicyNeedsATargetAndACount(t *testing.T) {
	d := newDesk(t, nil)
	arn := d.attributes("QueueArn")["QueueArn"]
	for _, policy := range []string{
		`{}`, `{"deadLetterTargetArn":"` + arn + `"}`, `{"maxReceiveCount":3}`,
		`{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":0}`, `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":1001}`,
	} {
		wantCode(t, d.set(map[string]string{"RedrivePolicy": policy}), "InvalidParameterValue")
	}
}

func TestAttributesThatNobodyCanSetAreUnknown(t *testing.T) {
	d := newDesk(t, nil)
	for _, name := range []string{"Colour", "QueueArn", "ApproximateNumberOfMessages", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope"} {
		wantError[*types.InvalidAttributeName](t, d.set(map[string]string{name: "true"}))
	}
}

func TestARedrivePolicyNeedsTheTargetsLeave(t *testing.T) {
	dead := newDesk(t, map[string]string{"RedriveAllowPolicy": `{"redrivePermission":"denyAll"}`})
	d := deskAt(t, dead.c, nil)
	policy := map[string]string{"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":3}`, dead.attributes("QueueArn")["QueueArn"])}
	err := d.set(policy)
	if localstack.Differs(t, "does not ask a dead-letter queue's RedriveAllowPolicy; AWS answers InvalidParameterValue") {
		if err != nil {
			t.Error(err)
		}
		return
	}
	wantCode(t, err, "InvalidParameterValue")
	allow := fmt.Sprintf(`{"redrivePermission":"byQueue","sourceQueueArns":[%q]}`, d.attributes("QueueArn")["QueueArn"])
	if err := dead.set(map[string]string{"RedriveAllowPolicy": allow}); err != nil {
		t.Fatal(err)
	}
	if err := d.set(policy); err != nil {
		t.Error(err)
	}
	if err := d.set(map[string]string{"RedrivePolicy": ""}); err != nil || d.attributes("All")["RedrivePolicy"] != "" {
		t.Error("a policy can't be taken away:", err)
	}
}
