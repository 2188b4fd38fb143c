package validator

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"

	"airlock"
	"airlock/events"
	"airlock/infra/dev/samples"
	"airlock/infra/devstack"
	"airlock/infra/devstack/stacktest"
	"airlock/internal/pace"
	"airlock/signer"
	"airlock/signer/presign"
)

// rig is the real thing around a validator under test: S3, SQS, NATS and a signer. There is one
// for all tests of this package.
type rig struct {
	*devstack.Stack
	store  *events.Store
	signer *signer.Signer
	bucket *S3
	queue  *SQS
	root   *s3.Client
	sqs    *sqs.Client
}

var theRig *rig

// visibility is as short as SQS's whole seconds and this machine allow: a heartbeat each third of it must
// come in time.
var visibility = max(2*time.Second, min(pace.Scaled(time.Second).Round(time.Second), 10*time.Second))

func TestMain(m *testing.M) {
	os.Exit(stacktest.Main(m, devstack.Config{Visibility: visibility, MaxReceives: 2}, buildRig))
}

func buildRig(stack *devstack.Stack) error {
	ctx := context.Background()
	store, err := events.Open(ctx, stack.NATS, devstack.QuarantineBucket)
	if err != nil {
		return err
	}
	theRig = &rig{
		Stack: stack, store: store, bucket: NewS3(stack.S3Config(devstack.Validator, 16), true), queue: NewSQS(stack.SQSConfig(devstack.Validator, 16), stack.QueueURL),
		root: s3.NewFromConfig(stack.S3Config(devstack.Root, 16), func(o *s3.Options) { o.UsePathStyle = true }), sqs: sqs.NewFromConfig(stack.SQSConfig(devstack.Root, 4)),
		signer: &signer.Signer{
			Profiles: testProfiles, Quarantine: devstack.Quarantine, Clean: devstack.Clean, Grants: store, TokenKey: signer.NewTokenKey(),
			Presign: &presign.S3{Config: stack.S3Config(devstack.Signer, 16), Endpoint: stack.S3Endpoint, PathStyle: true},
		},
	}
	ourStore, err = theRig.bucket.Probe(ctx, devstack.Clean)
	return err
}

// ourStore is what the S3 of these tests can.
var ourStore Capabilities

var testProfiles = map[string]airlock.Profile{
	"image": airlock.Profile{Name: "image", Types: []string{"image/png", "image/jpeg"}, MaxBytes: 1 << 20,
		Serve: airlock.Serve{Disposition: "inline", CacheControl: "private, max-age=60"}}.WithDefaults(),
	"text": airlock.Profile{Name: "text", Types: []string{"text/plain"}, MaxBytes: 1 << 20}.WithDefaults(),
}

// fresh gives a test the rig with nothing left over from others.
func fresh(t *testing.T) *rig {
	t.Helper()
	r := theRig
	r.notify(t, r.QueueURL)
	for _, url := range []string{r.QueueURL, r.DLQURL} {
		if _, err := r.sqs.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &url}); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []string{devstack.QuarantineBucket, devstack.CleanBucket} {
		for _, key := range r.list(t, b) {
			if _, err := r.root.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b, Key: &key}); err != nil {
				t.Fatal(err)
			}
		}
		for u, err := range r.bucket.Uploads(t.Context(), airlock.Zone{Bucket: b}) {
			if err == nil {
				err = r.bucket.Abort(t.Context(), u)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return r
}

// notify makes the quarantine bucket notify this queue of what is put; "" is none at all.
func (r *rig) notify(t *testing.T, queueURL string) {
	t.Helper()
	c := &s3types.NotificationConfiguration{}
	if queueURL != "" {
		name := queueURL[strings.LastIndexByte(queueURL, '/')+1:]
		c.QueueConfigurations = []s3types.QueueConfiguration{{
			QueueArn: aws.String("arn:aws:sqs:us-east-1:000000000000:" + name), Events: []s3types.Event{"s3:ObjectCreated:*", "s3:LifecycleExpiration:Delete"},
			Filter: &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{{Name: "prefix", Value: aws.String(devstack.Quarantine.Prefix)}}}},
		}}
	}
	if _, err := r.root.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(devstack.QuarantineBucket), NotificationConfiguration: c, SkipDestinationValidation: aws.Bool(true),
	}); err != nil {
		t.Fatal(err)
	}
}

// repeat brings each notification to the queue several times.
func (r *rig) repeat(t *testing.T, times int) (notified *atomic.Int64) {
	t.Helper()
	return r.relay(t, func(body string) []string { return slices.Repeat([]string{body}, times) })
}

// relay brings to the queue what change makes of each notification: S3 notifies another queue, from
// where they are sent on until the test ends. The count is of those that S3 sent.
func (r *rig) relay(t *testing.T, change func(body string) []string) (notified *atomic.Int64) {
	t.Helper()
	side, err := r.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("airlock-side-" + uuid.NewString()[:8])})
	if err != nil {
		t.Fatal(err)
	}
	r.notify(t, *side.QueueUrl)
	ctx, stop := context.WithCancel(context.Background())
	var relaying sync.WaitGroup
	t.Cleanup(func() {
		stop()
		relaying.Wait()
		_, _ = r.sqs.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: side.QueueUrl})
	})
	notified = &atomic.Int64{}
	relaying.Go(func() {
		from := NewSQS(r.SQSConfig(devstack.Root, 4), *side.QueueUrl)
		for ctx.Err() == nil {
			messages, _ := from.Receive(ctx, 10, time.Second)
			whole := context.WithoutCancel(ctx) // what was received is sent on, though the test ends
			for _, m := range messages {
				for _, body := range change(string(m.Body)) {
					if _, err := r.sqs.SendMessage(whole, &sqs.SendMessageInput{QueueUrl: &r.QueueURL, MessageBody: &body}); err != nil {
						t.Errorf("relay a notification: %v", err)
					}
				}
				notified.Add(1)
			}
			_, _ = from.Delete(whole, messages)
		}
	})
	return notified
}

func (r *rig) list(t *testing.T, bucket string) (keys []string) {
	t.Helper()
	pages := s3.NewListObjectsV2Paginator(r.root, &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
	}
	return keys
}

// pngOf is what both sniffers call a PNG, made unlike any other by its tail.
func pngOf(tag string) []byte { return samples.TaggedPNG(tag, 0) }

var page = []byte("<!doctype html><html><body><script>1</script></body></html>")

var testCaller = signer.Caller{Owner: "tester", Profiles: []string{"*"}}

func testRequest(name string, data []byte) signer.Request {
	return signer.Request{Profile: "image", Filename: name, ContentType: "image/png", Size: int64(len(data)), Metadata: map[string]string{"a": "1"}}
}

func (r *rig) sign(t *testing.T, name string, data []byte) signer.Signed {
	t.Helper()
	s, err := r.signer.Sign(t.Context(), testCaller, testRequest(name, data))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// put uploads as signed, with headers added that the signature does not bind.
func (r *rig) put(t *testing.T, s signer.Signed, data []byte, extra ...string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range s.Headers {
		req.Header.Set(k, v)
	}
	for i := 0; i < len(extra); i += 2 {
		req.Header.Set(extra[i], extra[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// upload signs and puts; it fails the test if S3 does not take it.
func (r *rig) upload(t *testing.T, name string, data []byte) signer.Signed {
	t.Helper()
	s := r.sign(t, name, data)
	if code := r.put(t, s, data); code != http.StatusOK {
		t.Fatalf("PUT: %d", code)
	}
	return s
}

func (r *rig) validator() Validator {
	return Validator{
		Bucket: r.bucket, Queue: r.queue, Ledger: r.store, Hints: r.store.Hints, Profiles: testProfiles,
		Quarantine: devstack.Quarantine, Clean: devstack.Clean, PollWait: time.Second, MinVisibility: time.Second, Version: "test",
	}
}

// run works until the returned stop, which waits for the end.
func (r *rig) run(t *testing.T, v Validator) (stop func()) {
	t.Helper()
	v.Health = &Health{}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := v.Run(ctx); err != nil {
			t.Errorf("the validator ended: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	pace.Eventually(t, 30*time.Second, "a validator that takes messages", func() bool { return v.Health.Ready() == nil })
	return stop
}

// verdict waits for the verdict on an upload.
func (r *rig) verdict(t *testing.T, id string) events.Verdict {
	t.Helper()
	var v events.Verdict
	pace.Eventually(t, 30*time.Second, "a verdict on "+id, func() bool {
		var found bool
		var err error
		if v, found, err = r.store.Last(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		return found
	})
	return v
}

// eventsOf counts the events of each upload id since the beginning.
func (r *rig) eventsOf(t *testing.T) map[string]int {
	t.Helper()
	n := map[string]int{}
	if err := events.Tail(t.Context(), r.NATS, events.Options{UntilNow: true}, time.Unix(1, 0), func(v events.Verdict) error {
		n[v.UploadID]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// waiting counts the messages of a queue, visible and not.
func (r *rig) waiting(t *testing.T, url string) int {
	t.Helper()
	out, err := r.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	visible, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	hidden, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	return visible + hidden
}

func (r *rig) idle(t *testing.T) {
	t.Helper()
	// Quarantine first: a notification may come after the PUT was answered.
	pace.Eventually(t, 30*time.Second, "an empty quarantine", func() bool { return len(r.list(t, devstack.QuarantineBucket)) == 0 })
	pace.Eventually(t, 30*time.Second, "an empty queue", func() bool { return r.waiting(t, r.QueueURL) == 0 })
}

// destination is where an attempt at g would copy what has this etag.
func (r *rig) destination(g airlock.Grant, etag string) airlock.Object {
	return (&attempt{reconciler: r.validator().reconciler(ourStore), clean: g.Clean}).destination(etag)
}

// holdsOnly expects of this upload in the clean zone what the verdict says, and nothing else.
func (r *rig) holdsOnly(t *testing.T, id string, v events.Verdict) {
	t.Helper()
	var want, got []string
	if v.Result == airlock.Accepted {
		want = append(want, v.Clean.ETag)
	}
	for _, key := range r.list(t, devstack.CleanBucket) {
		if strings.Contains(key, id) {
			h, err := r.bucket.Head(t.Context(), airlock.Object{Bucket: devstack.CleanBucket, Key: airlock.Key(key)})
			if err != nil {
				t.Error(err)
			}
			got = append(got, h.ETag)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("clean holds %v of %s, want %v", got, id, want)
	}
}
