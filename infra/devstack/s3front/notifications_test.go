package s3front_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"airlock/infra/localstack"
)

// watch has a bucket's events sent to the test's queue.
func watch(t *testing.T, bucket, prefix, suffix string, events ...types.Event) (queue string) {
	t.Helper()
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
	all := notices(t, queue, 1)
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
		{"awsRegion", n.AWSRegion, store.region},
		{"eventName", n.EventName, "ObjectCreated:Put"},
		{"s3SchemaVersion", n.S3.S3SchemaVersion, "1.0"},
		{"configurationId", n.S3.ConfigurationID, "rule"},
		{"bucket name", n.S3.Bucket.Name, b},
		{"bucket arn", n.S3.Bucket.ARN, "arn:aws:s3:::" + b},
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
	if store.gateway != nil && (n.UserIdentity.PrincipalID != "AWS:root" || n.S3.Bucket.OwnerIdentity.PrincipalID != "root") {
		t.Errorf("by %q, the owner is %q; root did it and owns all", n.UserIdentity.PrincipalID, n.S3.Bucket.OwnerIdentity.PrincipalID)
	}
	if n.UserIdentity.PrincipalID == "" || n.S3.Bucket.OwnerIdentity.PrincipalID == "" || net.ParseIP(n.RequestParameters.SourceIPAddress) == nil {
		t.Errorf("by %q from %q", n.UserIdentity.PrincipalID, n.RequestParameters.SourceIPAddress)
	}
	if !regexp.MustCompile(`^[0-9A-F]{16,}$`).MatchString(n.S3.Object.Sequencer) {
		t.Errorf("sequencer %q", n.S3.Object.Sequencer)
	}
	if n.ResponseElements["x-amz-request-id"] == "" || n.ResponseElements["x-amz-id-2"] == "" {
		t.Errorf("responseElements %v", n.ResponseElements)
	}
}

func TestNotificationsEncodeKeysAsForms(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	space := "+"
	if localstack.Differs(t, "a space in a key is %20 in an event; AWS writes +") {
		space = "%20"
	}
	n := 0
	for key, want := range map[string]string{
		"plain/a-b_c.d":    "plain/a-b_c.d",
		"with space/x":     "with" + space + "space/x",
		"plus+and%percent": "plus%2Band%25percent",
		"ünï/日本":           "%C3%BCn%C3%AF/%E6%97%A5%E6%9C%AC",
		"amp&=?#;":         "amp%26%3D%3F%23%3B",
	} {
		put(t, b, key, "x")
		n++
		all := notices(t, queue, n)
		if len(all) != n {
			t.Fatalf("%d notices, want %d", len(all), n)
		}
		got := all[n-1].S3.Object.Key
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
	for _, n := range notices(t, queue, 2) {
		got = append(got, n.S3.Object.Key)
	}
	anyOrder(got)
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
	for _, n := range notices(t, queue, 5) {
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
	anyOrder(got)
	anyOrder(want)
	if !slices.Equal(got, want) {
		t.Errorf("announced\n%q, want\n%q", got, want)
	}
}

// anyOrder sorts what another store than ours may announce in any order.
func anyOrder(announced []string) {
	if store.gateway == nil {
		slices.Sort(announced)
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
	var versions []string
	for _, content := range []string{"1", "2"} {
		out, err := store.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b, Key: aws.String("k"), Body: strings.NewReader(content)})
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, *out.VersionId)
	}
	in := copyIn(b, "k", "old")
	*in.CopySource += "?versionId=" + versions[0]
	copied, err := store.client.CopyObject(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, b, "old"); got != "1" {
		t.Errorf("the copy of version 1 holds %q", got)
	}
	marker, err := store.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b, Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range notices(t, queue, 4) {
		got = append(got, n.EventName+" "+n.S3.Object.Key+" "+n.S3.Object.VersionID)
	}
	want := []string{
		"ObjectCreated:Put k " + versions[0], "ObjectCreated:Put k " + versions[1], "ObjectCreated:Copy old " + *copied.VersionId,
		"ObjectRemoved:DeleteMarkerCreated k " + *marker.VersionId,
	}
	anyOrder(got)
	anyOrder(want)
	if !slices.Equal(got, want) {
		t.Errorf("announced\n%q, want\n%q", got, want)
	}
}

func TestSequencersOfAKeyGrowAsItsWritesLand(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	race(40, func(i int) error { return putIf(t, b, "k", fmt.Sprint(i), nil, nil) })
	all := notices(t, queue, 40)
	if localstack.Differs(t, "the sequencer of all events is one constant; AWS's grow with each key's writes") {
		if n := len(slices.CompactFunc(all, func(x, y notice) bool { return x.S3.Object.Sequencer == y.S3.Object.Sequencer })); n != 1 {
			t.Errorf("%d sequencers", n)
		}
		return
	}
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
	for _, n := range notices(t, queue, 200) {
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
	ours(t, "other stores notify later")
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	inbox.refuse(queue, errors.New("the queue is down"))
	defer inbox.refuse(queue, nil)
	wantStatus(t, putIf(t, b, "k", "x", nil, nil), 503)
	_, err := store.client.CopyObject(t.Context(), copyIn(b, "k", "copy"))
	wantStatus(t, err, 503)
	inbox.refuse(queue, nil)
	wantStatus(t, putIf(t, b, "k", "x", nil, nil), 200)
	if got := len(notices(t, queue, 1)); got != 1 {
		t.Errorf("%d notices, want 1", got)
	}
}

func TestNotificationsCanBeLostAndDoubledWhileTheFrontRuns(t *testing.T) {
	ours(t, "it is told so")
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	defer store.gateway.SetNotify(inbox.take)
	store.gateway.SetNotify(nil)
	put(t, b, "lost", "x")
	store.gateway.SetNotify(func(ctx context.Context, queue string, body []byte) error {
		return errors.Join(inbox.take(ctx, queue, body), inbox.take(ctx, queue, body))
	})
	put(t, b, "doubled", "x")
	all := notices(t, queue, 2)
	if len(all) != 2 || all[0].S3.Object.Key != "doubled" || all[1].S3.Object.Key != "doubled" {
		t.Errorf("notices %+v", all)
	}
}

func TestAConfiguredQueueGetsATestEvent(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "", "", "s3:ObjectCreated:*")
	all := testEvents(t, queue)
	if len(all) != 1 {
		t.Fatalf("%d test events, want 1", len(all))
	}
	got := all[0]
	if got["Service"] != "Amazon S3" || got["Event"] != "s3:TestEvent" || got["Bucket"] != b ||
		got["Time"] == "" || got["RequestId"] == "" || got["HostId"] == "" || len(got) != 6 {
		t.Errorf("test event %v", got)
	}
}

func TestANotificationConfigurationIsReadBackAndRemoved(t *testing.T) {
	b := newBucket(t)
	queue := watch(t, b, "in/", "", "s3:ObjectCreated:*", "s3:LifecycleExpiration:Delete")
	get := func() []types.QueueConfiguration {
		out, err := store.client.GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: &b})
		if err != nil {
			t.Fatal(err)
		}
		return out.QueueConfigurations
	}
	got := get()
	if len(got) != 1 || *got[0].QueueArn != queue || *got[0].Id != "rule" ||
		!slices.Equal(got[0].Events, []types.Event{"s3:ObjectCreated:*", "s3:LifecycleExpiration:Delete"}) || *got[0].Filter.Key.FilterRules[0].Value != "in/" {
		t.Errorf("read back %+v", got)
	}
	if err := configure(t, b); err != nil {
		t.Fatal(err)
	}
	if got := get(); len(got) != 0 {
		t.Errorf("after removal %+v", got)
	}
	put(t, b, "in/x", "x")
	if n := len(notices(t, queue, 0)); n != 0 {
		t.Errorf("%d notices after removal", n)
	}
}

func TestAFaultyNotificationConfigurationIsRefused(t *testing.T) {
	b := newBucket(t)
	queue := queueOf(t)
	created := []types.Event{"s3:ObjectCreated:*"}
	for _, tc := range []struct {
		name, localStack string
		queues           []types.QueueConfiguration
	}{
		{"not an ARN", "", []types.QueueConfiguration{{QueueArn: aws.String("queue"), Events: created}}},
		{"unknown event", "takes events that don't exist; AWS answers 400 InvalidArgument",
			[]types.QueueConfiguration{{QueueArn: &queue, Events: []types.Event{"s3:Nothing:*"}}}},
		{"overlap", "takes rules that overlap; AWS answers 400 InvalidArgument",
			[]types.QueueConfiguration{{QueueArn: &queue, Events: created}, {QueueArn: &queue, Events: []types.Event{"s3:ObjectCreated:Put"}}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := configure(t, b, tc.queues...)
			if tc.localStack != "" && localstack.Differs(t, tc.localStack) {
				wantStatus(t, err, 200)
				return
			}
			wantCode(t, err, 400, "InvalidArgument")
		})
	}
	ours(t, "its queue can be made to fail")
	inbox.refuse(queue, &net.OpError{Op: "dial", Err: errors.New("refused")})
	defer inbox.refuse(queue, nil)
	wantStatus(t, configure(t, b, types.QueueConfiguration{QueueArn: &queue, Events: created}), 400)
}
