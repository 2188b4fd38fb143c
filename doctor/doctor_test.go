package doctor_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"airlock"
	"airlock/doctor"
	"airlock/events"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/infra/localstack"
	"airlock/surroundings"
)

var stack *devstack.Stack

func TestMain(m *testing.M) {
	os.Exit(stacktest.Main(m, devstack.Config{}, func(s *devstack.Stack) error { stack = s; return nil }))
}

// ward is what a test may break: what doctor is told, and the real things.
type ward struct {
	doctor.Doctor
	s3  *s3.Client
	sqs *sqs.Client
	js  jetstream.JetStream
}

// healthy sets everything up anew, whatever the test before has broken.
func healthy(t *testing.T) *ward {
	t.Helper()
	w := &ward{s3: s3.NewFromConfig(stack.S3Config(devstack.Root, 4), func(o *s3.Options) { o.UsePathStyle = true }), sqs: sqs.NewFromConfig(stack.SQSConfig(devstack.Root, 4))}
	places := surroundings.Places{Quarantine: devstack.Quarantine, Clean: devstack.Clean, QueueURL: stack.QueueURL}
	if _, err := surroundings.Make(t.Context(), w.s3, w.sqs, places, "airlock-uploads"); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.js, err = jetstream.New(stack.NATS); err != nil {
		t.Fatal(err)
	}
	_ = w.js.DeleteStream(t.Context(), events.StreamName)
	if err := events.Setup(t.Context(), w.js, events.SetupOptions{QuarantineBucket: devstack.QuarantineBucket, MaxBytes: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	w.Doctor = doctor.Doctor{
		Need: surroundings.Need{Places: places, LongestExpiry: time.Hour},
		S3:   stack.S3Config(devstack.Root, 4), SQS: stack.SQSConfig(devstack.Root, 4), PathStyle: true, PublicEndpoint: stack.S3Endpoint,
		Connect: func() (*nats.Conn, error) { return events.Connect(events.ConnectOptions{URL: stack.NATSURL}) },
	}
	return w
}

func (w *ward) examine(t *testing.T) map[string]surroundings.Finding {
	t.Helper()
	got := map[string]surroundings.Finding{}
	w.Run(t.Context(), func(f surroundings.Finding) {
		if _, twice := got[f.Check]; twice {
			t.Errorf("%s was reported twice", f.Check)
		}
		got[f.Check] = f
	})
	return got
}

func TestHealthySurroundingsAreAllGreen(t *testing.T) {
	operating, errOperating := os.ReadFile("../docs/operating.md")
	got := healthy(t).examine(t)
	for _, f := range got {
		if f.State != surroundings.OK && f.State != surroundings.Skip || f.Fix != "" {
			t.Errorf("%+v", f)
		}
	}
	skipped := map[string]bool{"round-trip": true, "bucket-policy": stacktest.Elsewhere(), "ownership": !stacktest.Elsewhere()}
	for _, check := range []string{
		"zones", "clock", "quarantine-bucket", "clean-bucket", "public-access", "ownership", "versioning", "lifecycle", "cors", "notification", "bucket-policy",
		"queue", "visibility", "redrive", "dlq", "queue-policy", "backlog", "public-endpoint", "preflight", "conditions", "nats", "stream", "grants", "quota", "state", "round-trip",
	} {
		if f := got[check]; f.State != surroundings.OK && !skipped[check] {
			t.Errorf("%s: %+v", check, f)
		}
		delete(got, check)
		if errOperating != nil || !strings.Contains(string(operating), "`"+check+"`") {
			t.Errorf("docs/operating.md does not say what %s wants; %v", check, errOperating)
		}
	}
	if len(got) > 0 {
		t.Errorf("also reported: %v", slices.Collect(maps.Keys(got)))
	}
}

// One thing is broken at a time: its own line says so, with the fix, and no other fails.
func TestEachBreakageHasItsOwnLineWithTheFix(t *testing.T) {
	q := aws.String(devstack.QuarantineBucket)
	for _, c := range []struct {
		name, check string
		state       surroundings.State
		says, fix   string
		wreck       func(t *testing.T, w *ward) error
	}{
		{"no CORS", "cors", surroundings.Fail, "lets browsers PUT", "Content-Type, If-None-Match", func(t *testing.T, w *ward) error {
			_, err := w.s3.DeleteBucketCors(t.Context(), &s3.DeleteBucketCorsInput{Bucket: q})
			return err
		}},
		{"a CORS header is missing", "cors", surroundings.Fail, "not send If-None-Match", "If-None-Match", func(t *testing.T, w *ward) error {
			return w.cors(t, s3types.CORSRule{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"PUT"}, AllowedHeaders: []string{"content-type", "x-amz-*"}})
		}},
		{"ETag is not exposed", "cors", surroundings.Warn, "ETag", "expose ETag", func(t *testing.T, w *ward) error {
			return w.cors(t, s3types.CORSRule{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"PUT"}, AllowedHeaders: []string{"*"}})
		}},
		{"another origin", "preflight", surroundings.Fail, "https://elsewhere.example", "--origin", func(t *testing.T, w *ward) error {
			w.Origin = "https://elsewhere.example"
			return w.cors(t, s3types.CORSRule{AllowedOrigins: []string{"https://app.example"}, AllowedMethods: []string{"PUT"}, AllowedHeaders: []string{"*"}, ExposeHeaders: []string{"ETag"}})
		}},
		{"no notification", "notification", surroundings.Fail, "notifies no queue", "s3:ObjectCreated:*", func(t *testing.T, w *ward) error { return w.notify(t, nil) }},
		{"a notification of another prefix", "notification", surroundings.Fail, `prefix "uploads/"`, "prefix quarantine/", func(t *testing.T, w *ward) error {
			return w.notify(t, func(c *s3types.QueueConfiguration) { c.Filter.Key.FilterRules[0].Value = aws.String("uploads/") })
		}},
		{"a notification of PUT alone", "notification", surroundings.Fail, "every way to create", "s3:ObjectCreated:*", func(t *testing.T, w *ward) error {
			return w.notify(t, func(c *s3types.QueueConfiguration) { c.Events = []s3types.Event{"s3:ObjectCreated:Put"} })
		}},
		{"a notification to another queue", "notification", surroundings.Fail, "not the queue of --queue-url", "airlock-uploads ", func(t *testing.T, w *ward) error {
			return w.notify(t, func(c *s3types.QueueConfiguration) { c.QueueArn = aws.String(*c.QueueArn + "-dlq") })
		}},
		{"no lifecycle", "lifecycle", surroundings.Warn, "never expires", "15 days", func(t *testing.T, w *ward) error {
			_, err := w.s3.DeleteBucketLifecycle(t.Context(), &s3.DeleteBucketLifecycleInput{Bucket: q})
			return err
		}},
		{"a lifecycle shorter than the DLQ", "lifecycle", surroundings.Fail, "after 7 days", "15 days", func(t *testing.T, w *ward) error {
			_, err := w.s3.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{Bucket: q, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
				Rules: []s3types.LifecycleRule{{ID: aws.String("x"), Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(7)}}},
			}})
			return err
		}},
		{"public access", "public-access", surroundings.Warn, "does not block", "all four", func(t *testing.T, w *ward) error {
			_, err := w.s3.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: aws.String(devstack.CleanBucket)})
			return err
		}},
		{"a missing bucket", "clean-bucket", surroundings.Fail, "no-such-bucket does not exist", "airlock setup --aws", func(_ *testing.T, w *ward) error {
			w.Clean.Bucket = "no-such-bucket"
			return nil
		}},
		{"no redrive", "redrive", surroundings.Fail, "no redrive policy", "maxReceiveCount 10", func(t *testing.T, w *ward) error { return w.queue(t, "RedrivePolicy", "") }},
		{"few receives", "redrive", surroundings.Warn, "after 2 receives", "maxReceiveCount 10", func(t *testing.T, w *ward) error {
			return w.queue(t, "RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:airlock-uploads-dlq","maxReceiveCount":2}`)
		}},
		{"a visibility timeout of 5 s", "visibility", surroundings.Fail, "5s", "VisibilityTimeout to 60", func(t *testing.T, w *ward) error { return w.queue(t, "VisibilityTimeout", "5") }},
		{"a queue that keeps as long as the DLQ", "dlq", surroundings.Warn, "14 d", "1209600", func(t *testing.T, w *ward) error { return w.queue(t, "MessageRetentionPeriod", "1209600") }},
		{"a queue that keeps longer than the DLQ", "dlq", surroundings.Fail, "would be gone", "1209600", func(t *testing.T, w *ward) error {
			_, err := w.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &stack.DLQURL, Attributes: map[string]string{"MessageRetentionPeriod": "86400"}})
			return err
		}},
		{"a queue that S3 may not send to", "queue-policy", surroundings.Fail, "may not send", "aws:SourceArn", func(t *testing.T, w *ward) error { return w.queue(t, "Policy", "") }},
		{"a queue that any bucket may send to", "queue-policy", surroundings.Warn, "any bucket", "aws:SourceArn", func(t *testing.T, w *ward) error {
			return w.queue(t, "Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"SQS:*","Resource":"*"}}`)
		}},
		{"poison in the DLQ", "backlog", surroundings.Warn, "about 1 message", "airlock dlq list", func(t *testing.T, w *ward) error {
			t.Cleanup(func() { _, _ = w.sqs.PurgeQueue(context.Background(), &sqs.PurgeQueueInput{QueueUrl: &stack.DLQURL}) })
			_, err := w.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &stack.DLQURL, MessageBody: aws.String("poison")})
			return err
		}},
		{"another queue", "queue", surroundings.Fail, "nothing does not exist", "--queue-url", func(_ *testing.T, w *ward) error {
			w.QueueURL = strings.Replace(w.QueueURL, "airlock-uploads", "nothing", 1)
			return nil
		}},
		{"the clean prefix inside quarantine", "zones", surroundings.Fail, "lie in one another", "two buckets", func(_ *testing.T, w *ward) error {
			w.Clean = airlock.Zone{Bucket: devstack.QuarantineBucket, Prefix: "quarantine/clean/"}
			return nil
		}},
		{"a stream that discards old verdicts", "stream", surroundings.Fail, "would forget verdicts", "set discard to new", func(t *testing.T, w *ward) error {
			return w.stream(t, func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld })
		}},
		{"a stream of another bucket", "stream", surroundings.Fail, "another quarantine bucket", "use the NATS account", func(t *testing.T, w *ward) error {
			return w.stream(t, func(c *jetstream.StreamConfig) {
				c.Metadata = map[string]string{"airlock.quarantine-bucket": "another"}
			})
		}},
		{"a retention below the DLQ's", "stream", surroundings.Fail, "a second time", "--retention", func(t *testing.T, w *ward) error {
			return w.stream(t, func(c *jetstream.StreamConfig) { c.MaxAge = 7 * 24 * time.Hour })
		}},
		{"grants that are forgotten before an upload in parts must end", "grants", surroundings.Fail, "kept 3 d, and an upload in parts may be open for 7 d", "--retention", func(t *testing.T, w *ward) error {
			w.Multipart = true
			return w.streamNamed(t, "KV_"+events.GrantsBucket, func(c *jetstream.StreamConfig) { c.MaxAge = 3 * 24 * time.Hour })
		}},
		{"no stream", "stream", surroundings.Fail, "there is no stream AIRLOCK", "airlock setup", func(t *testing.T, w *ward) error { return w.js.DeleteStream(t.Context(), events.StreamName) }},
		{"no NATS", "nats", surroundings.Fail, "connect to NATS", "--nats-url", func(_ *testing.T, w *ward) error {
			w.Connect = func() (*nats.Conn, error) {
				return events.Connect(events.ConnectOptions{URL: "nats://127.0.0.1:1"})
			}
			return nil
		}},
		{"a clock that is behind", "clock", surroundings.Fail, "differ by", "NTP", func(_ *testing.T, w *ward) error {
			w.Now = func() time.Time { return time.Now().Add(-2 * time.Minute) }
			return nil
		}},
		{"a clock that is ahead", "clock", surroundings.Fail, "differ by", "NTP", func(_ *testing.T, w *ward) error {
			w.Now = func() time.Time { return time.Now().Add(2 * time.Minute) }
			return nil
		}},
		{"an unreachable public endpoint", "public-endpoint", surroundings.Fail, "http://127.0.0.1:1 cannot be reached", "--public-s3-endpoint", func(_ *testing.T, w *ward) error {
			w.PublicEndpoint = "http://127.0.0.1:1"
			return nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := healthy(t)
			if err := c.wreck(t, w); err != nil {
				t.Fatal(err)
			}
			got := w.examine(t)
			if f := got[c.check]; f.State != c.state || !strings.Contains(f.Detail, c.says) || !strings.Contains(f.Fix, c.fix) {
				t.Errorf("%+v", f)
			}
			for _, f := range got {
				if f.Check != c.check && (f.State == surroundings.Fail || f.State == surroundings.Warn) {
					t.Errorf("also: %+v", f)
				}
			}
		})
	}
}

func (w *ward) cors(t *testing.T, rule s3types.CORSRule) error {
	_, err := w.s3.PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: &w.Quarantine.Bucket, CORSConfiguration: &s3types.CORSConfiguration{CORSRules: []s3types.CORSRule{rule}}})
	return err
}

// notify changes the notification; nil removes it.
func (w *ward) notify(t *testing.T, change func(*s3types.QueueConfiguration)) error {
	c := &s3types.NotificationConfiguration{}
	if change != nil {
		got, err := w.s3.GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: &w.Quarantine.Bucket})
		if err != nil {
			return err
		}
		change(&got.QueueConfigurations[0])
		c.QueueConfigurations = got.QueueConfigurations
	}
	_, err := w.s3.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: &w.Quarantine.Bucket, NotificationConfiguration: c, SkipDestinationValidation: aws.Bool(true),
	})
	return err
}

func (w *ward) queue(t *testing.T, name, value string) error {
	_, err := w.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &w.QueueURL, Attributes: map[string]string{name: value}})
	return err
}

func (w *ward) stream(t *testing.T, change func(*jetstream.StreamConfig)) error {
	return w.streamNamed(t, events.StreamName, change)
}

func (w *ward) streamNamed(t *testing.T, name string, change func(*jetstream.StreamConfig)) error {
	st, err := w.js.Stream(t.Context(), name)
	if err != nil {
		return err
	}
	c := st.CachedInfo().Config
	change(&c)
	_, err = w.js.UpdateStream(t.Context(), c)
	return err
}

// What the credentials of the validator may not see is said, and is no failure.
func TestWithFewRightsDoctorSaysWhatItMayNotSee(t *testing.T) {
	if localstack.Differs(t, "no bucket policy is enforced, so that everybody may see everything; AWS asks the policy") {
		t.Skip("few rights cannot be tried here")
	}
	w := healthy(t)
	w.S3, w.SQS = stack.S3Config(devstack.Validator, 4), stack.SQSConfig(devstack.Validator, 4)
	for _, f := range w.examine(t) {
		if f.State == surroundings.Fail {
			t.Errorf("%+v", f)
		}
		if f.Check == "cors" && (f.State != surroundings.Skip || !strings.Contains(f.Detail, "may not look")) {
			t.Errorf("%+v", f)
		}
	}
}

func TestAStoreThatChecksNoSignatureIsFound(t *testing.T) {
	w := healthy(t)
	var mu sync.Mutex
	var stored []string
	w.PublicEndpoint = careless(t, func(path string) { mu.Lock(); defer mu.Unlock(); stored = append(stored, path) })
	f := w.examine(t)["public-endpoint"]
	if f.State != surroundings.Fail || !strings.Contains(f.Detail, "anybody may store anything") || len(stored) != 1 {
		t.Errorf("%+v, %v", f, stored)
	}
	if strings.Contains(fmt.Sprint(f), "X-Amz") {
		t.Error("a presigned URL was printed")
	}
}

// careless answers 200 to everything, as an emulator does that checks nothing.
func careless(t *testing.T, put func(path string)) (endpoint string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			put(r.URL.Path)
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	t.Cleanup(s.Close)
	return s.URL
}
