package validator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"

	"airlock"
	"airlock/infra/devstack"
	"airlock/internal/pace"
	"airlock/signer"
)

func (r *rig) deadLetters() DeadLetters {
	return DeadLetters{Queue: r.queue, Bucket: r.bucket, Ledger: r.store, Profiles: testProfiles, Quarantine: devstack.Quarantine}
}

// bury puts messages into the dead-letter queue by hand.
func (r *rig) bury(t *testing.T, bodies ...string) {
	t.Helper()
	for _, b := range bodies {
		if _, err := r.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &r.DLQURL, MessageBody: &b}); err != nil {
			t.Fatal(err)
		}
	}
}

func notice1(u airlock.Upload) string {
	return records(record("ObjectCreated:Put", devstack.QuarantineBucket, string(devstack.Quarantine.Object(u).Key)))
}

// Each upload is brought into a state of its own, and then found in it.
func TestTheListTellsWhyEachMessageIsThere(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	in := func(profile string) airlock.Upload { return airlock.Upload{Profile: profile, ID: uuid.NewString()} }
	signed := func() (signer.Signed, airlock.Upload) {
		s := r.sign(t, "cat.png", pngOf("x"))
		return s, airlock.Upload{Profile: "image", ID: s.ID}
	}
	stray, lost := in("image"), in("image")
	r.place(t, string(devstack.Quarantine.Object(stray).Key), pngOf("x"))
	_, never := signed()
	s, good := signed()
	r.put(t, s, pngOf("x"))
	s, judged := signed()
	g, _, err := r.store.Grant(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.Record(t.Context(), (&attempt{grant: g}).verdict(airlock.Verdict{Result: airlock.Expired, Reason: airlock.Cancelled}, airlock.Facts{})); err != nil {
		t.Fatal(err)
	}
	_, taken := signed()
	g, _, _ = r.store.Grant(t.Context(), taken.ID)
	if _, err := r.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &g.Clean.Bucket, Key: new(string(g.Clean.Key)), Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	_, moved := signed()
	elsewhere := airlock.Upload{Profile: "text", ID: moved.ID}
	r.place(t, string(devstack.Quarantine.Object(elsewhere).Key), []byte("x"))
	s, unknown := signed()
	r.put(t, s, pngOf("x"))
	d := r.deadLetters()
	withoutImages := d
	withoutImages.Profiles = map[string]airlock.Profile{"text": testProfiles["text"]}

	for name, c := range map[string]struct {
		d     DeadLetters
		body  string
		cause Cause
		says  string
	}{
		"junk":                       {d, "hello", NotANotice, "not JSON"},
		"junk by SNS":                {d, bySNS("hello"), NotANotice, "inside an SNS envelope"},
		"another bucket":             {d, records(record("ObjectCreated:Put", "victim", "quarantine/image/"+anID)), NotOurs, "another bucket"},
		"another prefix":             {d, records(record("ObjectCreated:Put", devstack.QuarantineBucket, "clean/image/"+anID)), NotOurs, "another key"},
		"S3's test":                  {d, `{"Event":"s3:TestEvent"}`, Nothing, "acknowledge"},
		"an object without a grant":  {d, notice1(stray), NoGrant, "find out who put it"},
		"nothing and no grant":       {d, notice1(lost), Nothing, "the object is gone and there is no grant"},
		"a grant of another profile": {d, notice1(elsewhere), ProfileDiffers, "its grant is for profile image"},
		"a profile that is unknown":  {withoutImages, notice1(unknown), ProfileUnknown, "add it to the file of profiles"},
		"an upload that has ended":   {d, notice1(judged), Ended, "its verdict, expired"},
		"an object that is gone":     {d, notice1(never), Ready, "tells that the object is gone"},
		"a clean key that is taken":  {d, notice1(taken), CleanTaken, "is taken by something else"},
		"nothing wrong":              {d, notice1(good), Ready, "redrive it"},
	} {
		t.Run(name, func(t *testing.T) {
			r.bury(t, c.body)
			defer func() { _, _ = r.sqs.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &r.DLQURL}) }()
			var got []DeadLetter
			if err := c.d.List(t.Context(), 1, func(l DeadLetter) error { got = append(got, l); return nil }); err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].Reason != c.cause || !strings.Contains(got[0].Why, c.says) || !strings.HasPrefix(c.body, got[0].Body) || time.Since(got[0].SentAt) > time.Minute {
				t.Errorf("%+v; want %s, %q", got, c.cause, c.says)
			}
		})
	}
}

// The list looks and hands back: whoever comes next finds all of it, at once.
func TestTheListHandsBackAllThatItSaw(t *testing.T) {
	r := fresh(t)
	var bodies []string
	for i := range 25 {
		bodies = append(bodies, fmt.Sprint("junk ", i))
	}
	r.bury(t, bodies...)
	for limit, want := range map[int]int{1: 1, 7: 7, 25: 25, 100: 25} {
		seen := map[string]int{}
		if err := r.deadLetters().List(t.Context(), limit, func(l DeadLetter) error { seen[l.Body]++; return nil }); err != nil {
			t.Fatal(err)
		}
		if len(seen) != want || len(slices.Compact(slices.Sorted(maps.Values(seen)))) != 1 {
			t.Errorf("limit %d: %d messages, want %d: %v", limit, len(seen), want, seen)
		}
		r.allVisible(t, 25)
	}
	ctx, stop := context.WithCancel(t.Context())
	halt := errors.New("halt")
	if err := r.deadLetters().List(ctx, 100, func(DeadLetter) error { stop(); return halt }); !errors.Is(err, halt) {
		t.Error(err)
	}
	r.allVisible(t, 25)
	// Ctrl-C while messages are received: what has come is handed back.
	dlq, _, err := r.queue.deadLetters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop = context.WithTimeout(t.Context(), 500*time.Millisecond) // the receive that finds nothing more takes a second
	defer stop()
	if _, err := look(ctx, dlq, 100); err == nil {
		t.Error("a stop was not heard")
	}
	r.allVisible(t, 25)
}

func (r *rig) allVisible(t *testing.T, n int) {
	t.Helper()
	out, err := r.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &r.DLQURL, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil || out.Attributes["ApproximateNumberOfMessages"] != fmt.Sprint(n) || out.Attributes["ApproximateNumberOfMessagesNotVisible"] != "0" {
		t.Errorf("%v, %v; want %d, none hidden", out, err, n)
	}
}

func TestTheBodyOfALargeMessageIsCut(t *testing.T) {
	r := fresh(t)
	r.bury(t, strings.Repeat("x", 200<<10))
	if err := r.deadLetters().List(t.Context(), 1, func(l DeadLetter) error {
		if len(l.Body) != bodyShown || len(l.Why) > 200 {
			t.Errorf("%d bytes of body, %q", len(l.Body), l.Why)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// What was put into the dead-letter queue by hand has no source; and a store may not know how to
// move. Then each message is sent before it is deleted.
func TestMessagesAreCarriedWhereTheStoreCannotMoveThem(t *testing.T) {
	r := fresh(t)
	var bodies []string
	for i := range 23 {
		bodies = append(bodies, fmt.Sprint("junk ", i))
	}
	old := r.oldStore(t)
	for name, c := range map[string]struct {
		queue *SQS
		how   Redrive
	}{"asked to": {r.queue, Redrive{OneByOne: true}}, "an old store": {old, Redrive{PerSecond: 500}}} {
		t.Run(name, func(t *testing.T) {
			r.bury(t, bodies...)
			steps := 0
			c.how.Progress = func(int, int) { steps++ }
			moved, err := DeadLetters{Queue: c.queue}.Redrive(t.Context(), c.how)
			if err != nil || moved != len(bodies) || steps < 3 {
				t.Errorf("%d moved in %d steps, %v", moved, steps, err)
			}
			if n, left := r.waiting(t, r.QueueURL), r.waiting(t, r.DLQURL); n != len(bodies) || left != 0 {
				t.Errorf("%d in the queue and %d in the dead-letter queue", n, left)
			}
			if _, err := r.sqs.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &r.QueueURL}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A stop while messages are carried leaves each of them in one of the two queues.
func TestAStoppedRedriveLosesNothing(t *testing.T) {
	r := fresh(t)
	for i := range 30 {
		r.bury(t, fmt.Sprint("junk ", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	moved, err := r.deadLetters().Redrive(ctx, Redrive{OneByOne: true, PerSecond: 100, Progress: func(moved, _ int) {
		time.AfterFunc(45*time.Millisecond, stop) // amid the next ten
	}})
	if !errors.Is(err, ErrStopped) || moved < 10 || moved >= 30 {
		t.Errorf("%d moved, %v", moved, err)
	}
	if n, left := r.waiting(t, r.QueueURL), r.waiting(t, r.DLQURL); n != moved || left != 30-moved {
		t.Errorf("%d in the queue and %d in the dead-letter queue, %d moved", n, left, moved)
	}
	r.allVisible(t, 30-moved)
}

// oldStore is the stack's SQS as if it had no move of messages.
func (r *rig) oldStore(t *testing.T) *SQS {
	t.Helper()
	to, err := url.Parse(r.SQSEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to); p.Out.Host = p.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.Contains(q.Header.Get("X-Amz-Target"), "MessageMoveTask") {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"com.amazonaws.sqs#InvalidAction","message":"The action is not valid for this endpoint."}`))
			return
		}
		proxy.ServeHTTP(w, q)
	}))
	t.Cleanup(s.Close)
	cfg := r.SQSConfig(devstack.Validator, 4)
	cfg.BaseEndpoint = &s.URL
	return NewSQS(cfg, r.QueueURL)
}

func TestWithoutADeadLetterQueueThereIsNothingToList(t *testing.T) {
	r := fresh(t)
	if moved, err := r.deadLetters().Redrive(t.Context(), Redrive{}); moved != 0 || err != nil {
		t.Errorf("empty: %d, %v", moved, err)
	}
	r.alter(t, r.QueueURL, "RedrivePolicy", "", func() {
		_, redriven := r.deadLetters().Redrive(t.Context(), Redrive{})
		for _, err := range []error{redriven, r.deadLetters().List(t.Context(), 1, nil)} {
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "no redrive policy") {
				t.Error(err)
			}
		}
	})
}

// What came through the queue goes back to it by the store's own move. A message that was put there
// by hand ends the move, and the reason is told.
func TestTheStoreMovesWhatCameThroughTheQueue(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	for i := range 3 {
		body := fmt.Sprint("junk ", i)
		if _, err := r.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &r.QueueURL, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
	pace.Eventually(t, 30*time.Second, "messages in the DLQ", func() bool {
		m, err := r.queue.Receive(t.Context(), 10, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = r.queue.Hide(t.Context(), m, 0)
		return r.waiting(t, r.DLQURL) == 3
	})
	var steps []string
	moved, err := r.deadLetters().Redrive(t.Context(), Redrive{Progress: func(moved, of int) { steps = append(steps, fmt.Sprint(moved, " of ", of)) }})
	if err != nil || moved != 3 || r.waiting(t, r.QueueURL) != 3 || r.waiting(t, r.DLQURL) != 0 || len(steps) == 0 {
		t.Errorf("%d moved, %v, %v", moved, steps, err)
	}
}
