package validator

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"airlock"
	"airlock/events"
	"airlock/infra/devstack"
	"airlock/internal/pace"
	"airlock/validator/inspect"
)

func TestAnHonestUploadIsPromotedWithAllHeadersMadeNew(t *testing.T) {
	r := fresh(t)
	data := pngOf("honest")
	s := r.sign(t, "cat.png", data)
	if code := r.put(t, s, data, "Cache-Control", "public, max-age=31536000", "Content-Encoding", "gzip",
		"Content-Disposition", `inline; filename="evil.html"`, "Content-Language", "xx", "Expires", "Thu, 01 Jan 2099 00:00:00 GMT"); code != http.StatusOK {
		t.Fatalf("PUT: %d", code)
	}
	r.run(t, r.validator())
	v := r.verdict(t, s.ID)
	r.idle(t)
	if v.Result != airlock.Accepted || v.Clean == nil || v.Size != int64(len(data)) || v.DetectedType != "image/png" || v.Owner != "tester" || v.Filename != "cat.png" {
		t.Fatalf("verdict %+v", v)
	}
	o, err := r.root.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &v.Clean.Bucket, Key: aws.String(string(v.Clean.Key))})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{
		"Content-Type": aws.ToString(o.ContentType), "Content-Disposition": aws.ToString(o.ContentDisposition), "Cache-Control": aws.ToString(o.CacheControl),
		"Content-Encoding": aws.ToString(o.ContentEncoding), "Content-Language": aws.ToString(o.ContentLanguage), "Expires": aws.ToString(o.ExpiresString),
		"ETag": unquote(o.ETag),
	}
	want := map[string]string{
		"Content-Type": "image/png", "Content-Disposition": "inline", "Cache-Control": "private, max-age=60",
		"Content-Encoding": "", "Content-Language": "", "Expires": "", "ETag": v.Clean.ETag,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if aws.ToInt64(o.ContentLength) != v.Size || o.Metadata[metaUpload] != s.ID || o.Metadata[metaSourceETag] != v.ETag {
		t.Errorf("length %d, metadata %v", aws.ToInt64(o.ContentLength), o.Metadata)
	}
	if _, found, _ := r.store.Grant(t.Context(), s.ID); found {
		t.Error("the grant is still there")
	}
}

func TestALieIsRejectedAndLeavesNothing(t *testing.T) {
	r := fresh(t)
	r.run(t, r.validator())
	s := r.upload(t, "page.png", page)
	v := r.verdict(t, s.ID)
	r.idle(t)
	if v.Result != airlock.Rejected || v.Reason != airlock.TypeMismatch || v.DetectedType != "text/html" || v.Clean != nil {
		t.Errorf("verdict %+v", v)
	}
	if c := r.list(t, devstack.CleanBucket); len(c) > 0 {
		t.Errorf("clean holds %v", c)
	}
}

func TestAPutAfterTheVerdictVanishesWithoutASecondEvent(t *testing.T) {
	r := fresh(t)
	r.run(t, r.validator())
	data := pngOf("first")
	s := r.upload(t, "cat.png", data)
	first := r.verdict(t, s.ID)
	r.idle(t)
	evil := pngOf("FIRST")
	if code := r.put(t, s, evil); code != http.StatusOK {
		t.Fatalf("the replay: %d", code)
	}
	r.idle(t)
	if n := r.eventsOf(t)[s.ID]; n != 1 {
		t.Errorf("%d events", n)
	}
	o, err := r.bucket.Head(t.Context(), airlock.Object{Bucket: first.Clean.Bucket, Key: first.Clean.Key})
	if err != nil || o.ETag != first.Clean.ETag {
		t.Errorf("the clean object changed: %v, %v", o, err)
	}
}

func TestASecondPutBeforeTheVerdictIs412(t *testing.T) {
	r := fresh(t)
	data := pngOf("once")
	s := r.upload(t, "cat.png", data)
	if code := r.put(t, s, data); code != http.StatusPreconditionFailed {
		t.Errorf("the second PUT: %d, want 412", code)
	}
}

func TestAnObjectWithoutAGrantIsLeftAloneAndEndsInTheDLQ(t *testing.T) {
	r := fresh(t)
	data := pngOf("no grant")
	s := r.upload(t, "cat.png", data)
	if err := r.store.PurgeGrant(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	stop := r.run(t, r.validator())
	pace.Eventually(t, 30*time.Second, "a message in the DLQ", func() bool { return r.waiting(t, r.DLQURL) == 1 })
	stop()
	if q := r.list(t, devstack.QuarantineBucket); !slices.Equal(q, []string{"quarantine/image/" + s.ID}) {
		t.Errorf("quarantine holds %v", q)
	}
	if n := r.eventsOf(t)[s.ID]; n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestAKeyOfAnotherProfileThanTheGrantsCountsAsNoGrant(t *testing.T) {
	r := fresh(t)
	data := pngOf("moved")
	s := r.sign(t, "cat.png", data)
	key := "quarantine/text/" + s.ID
	if _, err := r.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(devstack.QuarantineBucket), Key: &key}); err != nil {
		t.Fatal(err)
	}
	r.run(t, r.validator())
	pace.Eventually(t, 30*time.Second, "a message in the DLQ", func() bool { return r.waiting(t, r.DLQURL) == 1 })
	if n := r.eventsOf(t)[s.ID]; n != 0 {
		t.Errorf("%d events", n)
	}
	if _, found, _ := r.store.Grant(t.Context(), s.ID); !found {
		t.Error("the true upload's grant is gone")
	}
}

func TestWithoutNotificationsTheHintBringsEveryVerdict(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	r.run(t, r.validator())
	for i := range 20 {
		data := pngOf(fmt.Sprint("hinted ", i))
		if i%4 == 3 {
			data = append(slices.Clone(page), byte(i))
		}
		s := r.sign(t, "cat.png", data)
		for range i % 3 { // hints that come too early harm nothing
			if err := r.store.Hint(s.ID); err != nil {
				t.Fatal(err)
			}
		}
		if code := r.put(t, s, data); code != http.StatusOK {
			t.Fatalf("PUT: %d", code)
		}
		if err := r.store.Hint(s.ID); err != nil {
			t.Fatal(err)
		}
		if v := r.verdict(t, s.ID); (v.Result == airlock.Accepted) != (i%4 != 3) {
			t.Errorf("upload %d: %s %s", i, v.Result, v.Reason)
		}
	}
	r.idle(t)
}

func TestAHintForNothingEndsNothing(t *testing.T) {
	r := fresh(t)
	recon := r.validator().withDefaults().reconciler(ourStore)
	s := r.sign(t, "cat.png", pngOf("never put"))
	u := airlock.Upload{Profile: "image", ID: s.ID}
	if out, err := recon.look(t.Context(), u, fromHint); out != done || err != nil {
		t.Errorf("the hint: %v, %v", out, err)
	}
	if _, found, _ := r.store.Last(t.Context(), s.ID); found {
		t.Error("the hint ended an upload whose object has not come yet")
	}
	if out, err := recon.look(t.Context(), u, fromQueue); out != done || err != nil {
		t.Errorf("the notice: %v, %v", out, err)
	}
	if v := r.verdict(t, s.ID); v.Result != airlock.Expired || v.Reason != airlock.ObjectGone || v.Size != 0 {
		t.Errorf("verdict %+v", v)
	}
}

// Each state that a dead worker can leave behind is taken up where it was left.
func TestAnotherWorkerTakesUpWhatADeadOneLeft(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	recon := r.validator().withDefaults().reconciler(ourStore)
	// died returns the attempt of a worker that read and judged, and then did step.
	died := func(t *testing.T, data []byte, step func(a *attempt, f airlock.Facts)) airlock.Upload {
		s := r.upload(t, "cat.png", data)
		u := airlock.Upload{Profile: "image", ID: s.ID}
		g, _, err := r.store.Grant(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		a := &attempt{reconciler: recon, upload: u, from: fromQueue, grant: g, granted: true, clean: g.Clean, profile: testProfiles["image"], log: recon.log}
		head, first, err := r.bucket.Read(t.Context(), a.object(), inspect.Window)
		if err != nil {
			t.Fatal(err)
		}
		f := airlock.Facts{Size: head.Size, ETag: head.ETag, LastModified: head.LastModified}
		f.DetectedType, f.MagicType = inspect.Sniff(first)
		step(a, f)
		return u
	}
	copied := func(t *testing.T, a *attempt, f airlock.Facts) *events.Clean {
		to := a.destination(f.ETag)
		h, err := r.bucket.Copy(t.Context(), CopySpec{From: a.object(), ETag: f.ETag, To: to, Size: f.Size,
			ContentType: "image/png", Disposition: "inline", Metadata: a.cleanMetadata(f)})
		if err != nil {
			t.Fatal(err)
		}
		return &events.Clean{Bucket: to.Bucket, Key: to.Key, ETag: h.ETag}
	}
	recorded := func(t *testing.T, a *attempt, f airlock.Facts, v airlock.Verdict, clean *events.Clean) {
		event := a.verdict(v, f)
		event.Clean = clean
		if err := r.store.Record(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		data []byte
		step func(t *testing.T, a *attempt, f airlock.Facts)
		want airlock.Result
	}{
		"before anything": {pngOf("a"), func(*testing.T, *attempt, airlock.Facts) {}, airlock.Accepted},
		"after the copy":  {pngOf("b"), func(t *testing.T, a *attempt, f airlock.Facts) { copied(t, a, f) }, airlock.Accepted},
		"after the copy, and the object left quarantine": {pngOf("c"), func(t *testing.T, a *attempt, f airlock.Facts) {
			copied(t, a, f)
			if err := r.bucket.Delete(t.Context(), a.object(), ""); err != nil {
				t.Fatal(err)
			}
		}, airlock.Accepted},
		"after a copy of other bytes that were judged good": {pngOf("d"), func(t *testing.T, a *attempt, f airlock.Facts) {
			copied(t, a, f)
			if err := r.bucket.Delete(t.Context(), a.object(), ""); err != nil {
				t.Fatal(err)
			}
			if _, err := r.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(devstack.QuarantineBucket), Key: aws.String(string(a.object().Key)), Body: nil}); err != nil {
				t.Fatal(err)
			}
		}, airlock.Rejected}, // what lies there now is empty, so it is judged so, and the copy goes with it
		"after the event of an accepted one": {pngOf("e"), func(t *testing.T, a *attempt, f airlock.Facts) {
			recorded(t, a, f, airlock.Verdict{Result: airlock.Accepted}, copied(t, a, f))
		}, airlock.Accepted},
		"after the event of a rejected one that another policy had copied": {pngOf("f"), func(t *testing.T, a *attempt, f airlock.Facts) {
			copied(t, a, f)
			recorded(t, a, f, airlock.Verdict{Result: airlock.Rejected, Reason: airlock.Malformed}, nil)
		}, airlock.Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			u := died(t, c.data, func(a *attempt, f airlock.Facts) { c.step(t, a, f) })
			for range 2 { // and once more, as a duplicate notice
				if out, err := recon.look(t.Context(), u, fromQueue); out != done || err != nil {
					t.Fatalf("%v, %v", out, err)
				}
			}
			v := r.verdict(t, u.ID)
			if v.Result != c.want {
				t.Errorf("%s %s (%s), want %s", v.Result, v.Reason, v.Detail, c.want)
			}
			if n := r.eventsOf(t)[u.ID]; n != 1 {
				t.Errorf("%d events", n)
			}
			if _, err := r.bucket.Head(t.Context(), devstack.Quarantine.Object(u)); !errors.Is(err, ErrGone) {
				t.Errorf("quarantine: %v", err)
			}
			r.holdsOnly(t, u.ID, v)
		})
	}
}

func TestPoisonEndsInTheDLQAndHoldsNobodyUp(t *testing.T) {
	r := fresh(t)
	for _, body := range []string{"hello", `{"Records":[{"eventVersion":"3.0"}]}`, `{"Service":"Amazon S3","Event":"s3:TestEvent"}`} {
		if _, err := r.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &r.QueueURL, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
	r.run(t, r.validator())
	s := r.upload(t, "cat.png", pngOf("between"))
	if v := r.verdict(t, s.ID); v.Result != airlock.Accepted {
		t.Errorf("%s", v.Result)
	}
	pace.Eventually(t, 30*time.Second, "two messages in the DLQ", func() bool { return r.waiting(t, r.DLQURL) == 2 && r.waiting(t, r.QueueURL) == 0 })
}

func TestAnUploadOfAProfileThatIsNotConfiguredIsHandedBack(t *testing.T) {
	r := fresh(t)
	v := r.validator()
	v.Profiles = map[string]airlock.Profile{"text": testProfiles["text"]}
	recon := v.withDefaults().reconciler(ourStore)
	s := r.upload(t, "cat.png", pngOf("x"))
	if out, err := recon.look(t.Context(), airlock.Upload{Profile: "image", ID: s.ID}, fromQueue); out != handBack || err != nil {
		t.Errorf("%v, %v", out, err)
	}
	if n := r.eventsOf(t)[s.ID]; n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestOnceDrainsTheQueueAndEnds(t *testing.T) {
	r := fresh(t)
	var ids []string
	for i := range 25 {
		ids = append(ids, r.upload(t, "cat.png", pngOf(fmt.Sprint(i))).ID)
	}
	v := r.validator()
	v.Once = true
	ctx, cancel := pace.Context(t.Context(), 30*time.Second)
	defer cancel()
	if err := v.Run(ctx); err != nil || ctx.Err() != nil {
		t.Fatalf("%v, %v", err, ctx.Err())
	}
	for _, id := range ids {
		if _, found, err := r.store.Last(t.Context(), id); !found || err != nil {
			t.Errorf("%s has no verdict: %v", id, err)
		}
	}
	r.idle(t)
}
