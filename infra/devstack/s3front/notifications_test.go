package s3front_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// inbox takes the notifications of our front, by queue. Each test has a queue of its own.
var inbox inboxes

type inboxes struct {
	mu      sync.Mutex
	bodies  map[string][][]byte
	refused map[string]error
}

func (in *inboxes) take(_ context.Context, queue string, body []byte) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := in.refused[queue]; err != nil {
		return err
	}
	if in.bodies == nil {
		in.bodies = make(map[string][][]byte)
	}
	in.bodies[queue] = append(in.bodies[queue], body)
	return nil
}

// refuse makes every notification to a queue fail, until err is nil.
func (in *inboxes) refuse(queue string, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.refused == nil {
		in.refused = make(map[string]error)
	}
	in.refused[queue] = err
}

// A notice is a notification as AWS documents it, read strictly.
type notice struct {
	EventVersion, EventSource, AWSRegion, EventTime, EventName string

	UserIdentity      struct{ PrincipalID string }
	RequestParameters struct{ SourceIPAddress string }
	ResponseElements  map[string]string
	S3                struct {
		S3SchemaVersion, ConfigurationID string
		Bucket                           struct {
			Name, ARN     string
			OwnerIdentity struct{ PrincipalID string }
		}
		Object struct {
			Key, ETag, VersionID, Sequencer string
			Size                            *int64
		}
	}
}

// notices returns the records that came to a queue, without test events.
func (in *inboxes) notices(t *testing.T, queue string) []notice {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	var all []notice
	for _, body := range in.bodies[queue] {
		var m struct {
			Records []notice
			Event   string
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if m.Event != "s3:TestEvent" {
			all = append(all, m.Records...)
		}
	}
	return all
}

func queueOf(t *testing.T) string {
	return "arn:aws:sqs:us-east-1:000000000000:" + strings.ReplaceAll(t.Name(), "/", "-")
}

// watch has a bucket's events sent to the test's queue.
func watch(t *testing.T, bucket, prefix, suffix string, events ...types.Event) (queue string) {
	t.Helper()
	ours(t, "it hands its notifications to the test")
	queue = queueOf(t)
	if err := configure(t, bucket, types.QueueConfiguration{
		Id: aws.String("rule"), QueueArn: &queue, Events: events,
		Filter: &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{
			{Name: types.FilterRuleNamePrefix, Value: &prefix}, {Name: types.FilterRuleNameSuffix, Value: &suffix},
		}}},
	}); err != nil {
		t.Fatal(err)
	}
	return queue
}

func configure(t *testing.T, bucket string, queues ...types.QueueConfiguration) error {
	_, err := store.client.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: &bucket, NotificationConfiguration: &types.NotificationConfiguration{QueueConfigurations: queues},
	})
	return err
}

func TestANotificationHasTheFormatOfAWS(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	etag := put(t, b, "a/k", "hello")
	all := inbox.notices(t, queue)
	if len(all) != 1 {
		t.Fatalf("%d notices, want 1", len(all))
	}
	n := all[0]
	at, err := time.Parse("2006-01-02T15:04:05.000Z", n.EventTime)
	if err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("eventTime %q: %v", n.EventTime, err)
	}
	for _, f := range []struct{ name, got, want string }{
		{"eventVersion", n.EventVersion, "2.1"},
		{"eventSource", n.EventSource, "aws:s3"},
		{"awsRegion", n.AWSRegion, "us-east-1"},
		{"eventName", n.EventName, "ObjectCreated:Put"},
		{"principalId", n.UserIdentity.PrincipalID, "AWS:root"},
		{"sourceIPAddress", n.RequestParameters.SourceIPAddress, "127.0.0.1"},
		{"s3SchemaVersion", n.S3.S3SchemaVersion, "1.0"},
		{"configurationId", n.S3.ConfigurationID, "rule"},
		{"bucket name", n.S3.Bucket.Name, b},
		{"bucket arn", n.S3.Bucket.ARN, "arn:aws:s3:::" + b},
		{"owner", n.S3.Bucket.OwnerIdentity.PrincipalID, "root"},
		{"key", n.S3.Object.Key, "a/k"},
		{"eTag", n.S3.Object.ETag, strings.Trim(etag, `"`)},
		{"versionId", n.S3.Object.VersionID, ""},
	} {
		if f.got != f.want {
			t.Errorf("%s %q, want %q", f.name, f.got, f.want)
		}
	}
	if n.S3.Object.Size == nil || *n.S3.Object.Size != 5 {
		t.Errorf("size %v, want 5", n.S3.Object.Size)
	}
	if !regexp.MustCompile(`^[0-9A-F]{18}$`).MatchString(n.S3.Object.Sequencer) {
		t.Errorf("sequencer %q", n.S3.Object.Sequencer)
	}
	if n.ResponseElements["x-amz-request-id"] == "" || n.ResponseElements["x-amz-id-2"] == "" {
		t.Errorf("responseElements %v", n.ResponseElements)
	}
}

func TestNotificationsEncodeKeysAsForms(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	for key, want := range map[string]string{
		"plain/a-b_c.d":    "plain/a-b_c.d",
		"with space/x":     "with+space/x",
		"plus+and%percent": "plus%2Band%25percent",
		"ünï/日本":           "%C3%BCn%C3%AF/%E6%97%A5%E6%9C%AC",
		"amp&=?#;":         "amp%26%3D%3F%23%3B",
	} {
		put(t, b, key, "x")
		all := inbox.notices(t, queue)
		got := all[len(all)-1].S3.Object.Key
		if got != want {
			t.Errorf("%q announced as %q, want %q", key, got, want)
		}
		if back, err := url.QueryUnescape(got); err != nil || back != key {
			t.Errorf("%q decodes to %q, %v", got, back, err)
		}
	}
}

func TestNotificationsAreFilteredByPrefixSuffixAndEvent(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "in/", ".png", "s3:ObjectCreated:Put")
	for _, key := range []string{"in/a.png", "in/a.jpg", "out/a.png", "in/b.png"} {
		put(t, b, key, "x")
	}
	if _, err := store.client.CopyObject(t.Context(), copyIn(b, "in/a.png", "in/c.png")); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range inbox.notices(t, queue) {
		got = append(got, n.S3.Object.Key)
	}
	if want := []string{"in/a.png", "in/b.png"}; !slices.Equal(got, want) {
		t.Errorf("announced %q, want %q", got, want)
	}
}

func TestEachWayToCreateAnObjectHasItsEventName(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*", "s3:ObjectRemoved:*")
	put(t, b, "put", "12345")
	postForm(t, formOf(t, root, b, "post"), "1234567").want(t, 204)
	if _, err := store.client.CopyObject(t.Context(), copyIn(b, "put", "copy")); err != nil {
		t.Fatal(err)
	}
	putParts(t, b, "multi", "123")
	if _, err := store.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b, Key: aws.String("put")}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range inbox.notices(t, queue) {
		size := int64(-1)
		if n.S3.Object.Size != nil {
			size = *n.S3.Object.Size
		}
		got = append(got, fmt.Sprintf("%s %s %d", n.EventName, n.S3.Object.Key, size))
	}
	want := []string{
		"ObjectCreated:Put put 5", "ObjectCreated:Post post 7", "ObjectCreated:Copy copy 5",
		"ObjectCreated:CompleteMultipartUpload multi 3", "ObjectRemoved:Delete put -1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("announced\n%q, want\n%q", got, want)
	}
}

func TestAVersionedObjectIsAnnouncedWithItsVersion(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*", "s3:ObjectRemoved:*")
	if _, err := store.client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &b, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	one, err := store.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b, Key: aws.String("k"), Body: strings.NewReader("1")})
	if err != nil {
		t.Fatal(err)
	}
	put(t, b, "k", "2")
	in := copyIn(b, "k", "old")
	*in.CopySource += "?versionId=" + *one.VersionId
	if _, err := store.client.CopyObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if got := content(t, b, "old"); got != "1" {
		t.Errorf("the copy of version 1 holds %q", got)
	}
	if _, err := store.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b, Key: aws.String("k")}); err != nil {
		t.Fatal(err)
	}
	all := inbox.notices(t, queue)
	if len(all) != 4 || all[0].S3.Object.VersionID != *one.VersionId || all[1].S3.Object.VersionID == *one.VersionId || all[2].S3.Object.VersionID == "" {
		t.Errorf("notices %+v", all)
	}
	if last := all[len(all)-1]; last.EventName != "ObjectRemoved:DeleteMarkerCreated" {
		t.Errorf("last event %s", last.EventName)
	}
}

func TestSequencersOfAKeyGrowAsItsWritesLand(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	race(40, func(i int) error { return putIf(t, b, "k", fmt.Sprint(i), nil, nil) })
	all := inbox.notices(t, queue)
	last := slices.MaxFunc(all, func(x, y notice) int { return strings.Compare(x.S3.Object.Sequencer, y.S3.Object.Sequencer) })
	head, err := store.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b, Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Trim(*head.ETag, `"`); got != last.S3.Object.ETag {
		t.Errorf("the object's etag is %s, that of the highest sequencer %s", got, last.S3.Object.ETag)
	}
}

func TestTwoHundredConcurrentPutsAreEachAnnouncedOnce(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	race(200, func(i int) error { return putIf(t, b, fmt.Sprintf("in/%d/key-%d", i%7, i), fmt.Sprint(i), nil, nil) })
	seen := make(map[string]int)
	for _, n := range inbox.notices(t, queue) {
		seen[n.S3.Object.Key]++
	}
	for i := range 200 {
		if key := fmt.Sprintf("in/%d/key-%d", i%7, i); seen[key] != 1 {
			t.Errorf("%s announced %d times", key, seen[key])
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d keys announced, want 200", len(seen))
	}
}

func TestAPutWhoseNotificationFailsIsNotAcknowledged(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	inbox.refuse(queue, errors.New("the queue is down"))
	defer inbox.refuse(queue, nil)
	wantStatus(t, putIf(t, b, "k", "x", nil, nil), 503)
	_, err := store.client.CopyObject(t.Context(), copyIn(b, "k", "copy"))
	wantStatus(t, err, 503)
	inbox.refuse(queue, nil)
	wantStatus(t, putIf(t, b, "k", "x", nil, nil), 200)
	if got := len(inbox.notices(t, queue)); got != 1 {
		t.Errorf("%d notices, want 1", got)
	}
}

func TestNotificationsCanBeLostAndDoubledWhileTheFrontRuns(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	defer store.gateway.SetNotify(inbox.take)
	store.gateway.SetNotify(nil)
	put(t, b, "lost", "x")
	store.gateway.SetNotify(func(ctx context.Context, queue string, body []byte) error {
		return errors.Join(inbox.take(ctx, queue, body), inbox.take(ctx, queue, body))
	})
	put(t, b, "doubled", "x")
	all := inbox.notices(t, queue)
	if len(all) != 2 || all[0].S3.Object.Key != "doubled" || all[1].S3.Object.Key != "doubled" {
		t.Errorf("notices %+v", all)
	}
}

func TestAConfiguredQueueGetsATestEvent(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	inbox.mu.Lock()
	defer inbox.mu.Unlock()
	if len(inbox.bodies[queue]) != 1 {
		t.Fatalf("%d messages, want 1", len(inbox.bodies[queue]))
	}
	var got map[string]string
	if err := json.Unmarshal(inbox.bodies[queue][0], &got); err != nil {
		t.Fatal(err)
	}
	if got["Service"] != "Amazon S3" || got["Event"] != "s3:TestEvent" || got["Bucket"] != b ||
		got["Time"] == "" || got["RequestId"] == "" || got["HostId"] == "" || len(got) != 6 {
		t.Errorf("test event %v", got)
	}
}

func TestANotificationConfigurationIsReadBackAndRemoved(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "in/", "", "s3:ObjectCreated:*")
	get := func() []types.QueueConfiguration {
		out, err := store.client.GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: &b})
		if err != nil {
			t.Fatal(err)
		}
		return out.QueueConfigurations
	}
	got := get()
	if len(got) != 1 || *got[0].QueueArn != queue || *got[0].Id != "rule" || got[0].Events[0] != "s3:ObjectCreated:*" ||
		*got[0].Filter.Key.FilterRules[0].Value != "in/" {
		t.Errorf("read back %+v", got)
	}
	if err := configure(t, b); err != nil {
		t.Fatal(err)
	}
	if got := get(); len(got) != 0 {
		t.Errorf("after removal %+v", got)
	}
	put(t, b, "in/x", "x")
	if n := len(inbox.notices(t, queue)); n != 0 {
		t.Errorf("%d notices after removal", n)
	}
}

func TestAFaultyNotificationConfigurationIsRefused(t *testing.T) {
	ours(t, "AWS wants a real queue first")
	b := newBucket(t)
	queue := queueOf(t)
	created := []types.Event{"s3:ObjectCreated:*"}
	for name, qs := range map[string][]types.QueueConfiguration{
		"not an ARN":    {{QueueArn: aws.String("queue"), Events: created}},
		"unknown event": {{QueueArn: &queue, Events: []types.Event{"s3:Nothing:*"}}},
		"overlap":       {{QueueArn: &queue, Events: created}, {QueueArn: &queue, Events: []types.Event{"s3:ObjectCreated:Put"}}},
	} {
		err := configure(t, b, qs...)
		if status(err) != 400 || code(err) != "InvalidArgument" {
			t.Errorf("%s: %v", name, err)
		}
	}
	inbox.refuse(queue, &net.OpError{Op: "dial", Err: errors.New("refused")})
	defer inbox.refuse(queue, nil)
	wantStatus(t, configure(t, b, types.QueueConfiguration{QueueArn: &queue, Events: created}), 400)
}
