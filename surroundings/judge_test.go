package surroundings

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"airlock"
)

// What only AWS itself shows. The rest is tested where it is real, by package doctor.

var onAWS = Need{
	Places: Places{
		Quarantine: airlock.Zone{Bucket: "in", Prefix: "quarantine/"}, Clean: airlock.Zone{Bucket: "out", Prefix: "clean/"},
		QueueURL: "https://sqs.eu-west-1.amazonaws.com/1/uploads",
	},
	LongestExpiry: time.Hour, AWS: true,
}

const denies = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},
	{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:PutObject","Resource":"*","Condition":{"Null":{"s3:if-none-match":true}}},
	{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NumericGreaterThan":{"S3:SignatureAge":3600000}}}]}`

// sound is an AWS as Terraform makes it.
func sound(t *testing.T) Settings {
	t.Helper()
	arn := "arn:aws:sqs:eu-west-1:1:uploads"
	b := Bucket{
		Public: Answer[s3types.PublicAccessBlockConfiguration]{Value: &s3types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		}},
		Ownership: Answer[s3types.ObjectOwnership]{Value: new(s3types.ObjectOwnershipBucketOwnerEnforced)},
	}
	s := Settings{Quarantine: b, Clean: b, DLQ: Queue{ARN: arn + "-dlq", Retention: dlqRetention, RedriveAllow: redriveAllowPolicy(arn)}}
	s.Queue = Queue{ARN: arn, Visibility: time.Minute, Retention: queueRetention, MaxReceives: 10, DLQ: arn + "-dlq", Policy: policyOf(t, sendPolicy(arn, "in"))}
	s.Quarantine.Policy = policyOf(t, denies)
	rules := lifecycle(onAWS.Places, "in")
	s.Quarantine.Lifecycle.Value = &rules
	s.Quarantine.CORS.Value = &[]s3types.CORSRule{{AllowedOrigins: []string{"https://app.example"}, AllowedMethods: []string{"PUT"}, AllowedHeaders: []string{"*"}, ExposeHeaders: exposed}}
	s.Quarantine.Notification.Value = &[]s3types.QueueConfiguration{{
		QueueArn: &arn, Events: []s3types.Event{"s3:ObjectCreated:*", "s3:LifecycleExpiration:Delete"},
		Filter: &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{{Name: "Prefix", Value: aws.String("quarantine/")}}}},
	}}
	return s
}

func policyOf(t *testing.T, text string) Answer[policy] {
	t.Helper()
	p, err := parsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return Answer[policy]{Value: p}
}

func TestASoundAWSIsAllGreen(t *testing.T) {
	for _, f := range Judge(onAWS, sound(t)) {
		if f.State != OK {
			t.Errorf("%+v", f)
		}
	}
}

// Where the queue is notified by way of others, no setting tells whether that works.
func TestANotificationByWayOfOthersIsSkipped(t *testing.T) {
	s := sound(t)
	s.Quarantine.Notification.Value, s.Quarantine.Forwarder = nil, "EventBridge"
	for _, f := range Judge(onAWS, s) {
		if f.Check == "notification" && (f.State != Skip || !strings.Contains(f.Detail, "EventBridge") || !strings.Contains(f.Detail, "round trip")) {
			t.Errorf("%+v", f)
		}
	}
}

func TestWhatAWSShowsIsJudged(t *testing.T) {
	for name, c := range map[string]struct {
		change func(n *Need, s *Settings)
		want   string // check and state
		says   string
	}{
		"no bucket policy":                {func(_ *Need, s *Settings) { s.Quarantine.Policy.Value = nil }, "bucket-policy warn", "no bucket policy"},
		"a policy without the conditions": {func(_ *Need, s *Settings) { s.Quarantine.Policy.Value = &policy{} }, "bucket-policy warn", "TLS: false"},
		"signatures denied before they expire": {func(_ *Need, s *Settings) {
			s.Quarantine.Policy = policyOf(t, strings.Replace(denies, "3600000", `"300000"`, 1))
		}, "bucket-policy fail", "older than 5m0s"},
		"ACLs count": {func(_ *Need, s *Settings) { s.Clean.Ownership.Value = nil }, "ownership warn", "out lets ACLs count"},
		"versioned quarantine": {func(_ *Need, s *Settings) {
			s.Quarantine.Versioning.Value = new(s3types.BucketVersioningStatusEnabled)
			(*s.Quarantine.Notification.Value)[0].Events[1] = "s3:LifecycleExpiration:*"
		}, "versioning warn", "needs s3:ListBucketVersions and s3:DeleteObjectVersion"},
		"quarantine that was versioned": {func(_ *Need, s *Settings) {
			s.Quarantine.Versioning.Value = new(s3types.BucketVersioningStatusSuspended)
			rules := append(*s.Quarantine.Lifecycle.Value, s3types.LifecycleRule{Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")},
				NoncurrentVersionExpiration: &s3types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(1)}})
			s.Quarantine.Lifecycle.Value = &rules
		}, "notification warn", "lifecycle rule"},
		"a FIFO queue": {func(_ *Need, s *Settings) {
			s.Queue.ARN += ".fifo"
			(*s.Quarantine.Notification.Value)[0].QueueArn = &s.Queue.ARN
		}, "queue fail", "FIFO"},
		"a queue behind a wall":          {func(_ *Need, s *Settings) { s.Queue.Err = errNotAllowed }, "queue fail", "may not look"},
		"a bucket behind a wall":         {func(_ *Need, s *Settings) { s.Clean.Err = errNotAllowed }, "clean-bucket fail", "may not look"},
		"a bucket that does not answer":  {func(_ *Need, s *Settings) { s.Quarantine.Err = errors.New("no such host") }, "quarantine-bucket fail", "no such host"},
		"a DLQ that is gone":             {func(_ *Need, s *Settings) { s.DLQ = Queue{Err: errGone} }, "dlq fail", "does not exist"},
		"a DLQ for other queues":         {func(_ *Need, s *Settings) { s.DLQ.RedriveAllow = redriveAllowPolicy("arn:aws:sqs:eu-west-1:1:other") }, "dlq fail", "leaves out"},
		"S3 may send for another bucket": {func(_ *Need, s *Settings) { s.Queue.Policy = policyOf(t, sendPolicy(s.Queue.ARN, "another")) }, "queue-policy fail", "may not send for in"},
		"a lifecycle rule for small objects": {func(_ *Need, s *Settings) {
			(*s.Quarantine.Lifecycle.Value)[1].Filter = &s3types.LifecycleRuleFilter{ObjectSizeLessThan: aws.Int64(1)}
		}, "lifecycle warn", "never expires"},
		"incomplete uploads stay": {func(_ *Need, s *Settings) {
			s.Quarantine.Lifecycle.Value = new((*s.Quarantine.Lifecycle.Value)[1:])
		}, "lifecycle warn", "never completed"},
		"no word of what the lifecycle removes": {func(_ *Need, s *Settings) {
			(*s.Quarantine.Notification.Value)[0].Events = []s3types.Event{"s3:ObjectCreated:*"}
		}, "notification warn", "lifecycle rule"},
		"the clean zone in the notification of one bucket": {func(n *Need, s *Settings) {
			n.Clean = airlock.Zone{Bucket: "in", Prefix: "clean/"}
			(*s.Quarantine.Notification.Value)[0].Filter = nil
		}, "notification fail", "takes in the clean zone"},
		"a notification of PUT alone, though EventBridge is notified too": {func(_ *Need, s *Settings) {
			s.Quarantine.Forwarder = "EventBridge"
			(*s.Quarantine.Notification.Value)[0].Events = []s3types.Event{"s3:ObjectCreated:Put"}
		}, "notification fail", "every way to create"},
		"a notification with a suffix": {func(_ *Need, s *Settings) {
			f := &(*s.Quarantine.Notification.Value)[0].Filter.Key.FilterRules
			*f = append(*f, s3types.FilterRule{Name: "suffix", Value: aws.String(".png")})
		}, "notification fail", `suffix ".png"`},
	} {
		n, s := onAWS, sound(t)
		c.change(&n, &s)
		var got []string
		for _, f := range Judge(n, s) {
			if f.State == OK {
				continue
			}
			got = append(got, f.Check+" "+string(f.State))
			if !strings.Contains(f.Detail, c.says) || f.Fix == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if fmt.Sprint(got) != "["+c.want+"]" {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}
