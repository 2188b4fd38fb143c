package validator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"airlock"
	"airlock/infra/devstack"
)

// sweep makes one pass that leaves nothing to the queue, and tells what it did by upload id.
func (r *rig) sweep(t *testing.T, dry bool) map[string]SweepAction {
	t.Helper()
	v := r.validator()
	v.SweepAge = -time.Minute // stores tell times in whole seconds, and some of them late
	did := map[string]SweepAction{}
	if err := v.Sweep(t.Context(), dry, func(s Swept) { did[s.Upload] = s.Action }); err != nil {
		t.Fatal(err)
	}
	return did
}

// endNow lets the deadline of an upload be over.
func (r *rig) endNow(t *testing.T, id string, change func(*airlock.Grant)) {
	t.Helper()
	g, found, err := r.store.Grant(t.Context(), id)
	if err != nil || !found {
		t.Fatalf("%t, %v", found, err)
	}
	g.Deadline = time.Now().Add(-time.Minute)
	change(&g)
	if err := errors.Join(r.store.PurgeGrant(t.Context(), id), r.store.CreateGrant(t.Context(), g)); err != nil {
		t.Fatal(err)
	}
}

func same(*airlock.Grant) {}

func TestASweepFindsWhatTheQueueForgot(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	forgotten, lie := r.upload(t, "cat.png", pngOf("forgotten")), r.upload(t, "page.png", page)
	waiting, never, cancelled := r.sign(t, "a.png", pngOf("a")), r.sign(t, "b.png", pngOf("b")), r.upload(t, "c.png", pngOf("c"))
	r.endNow(t, never.ID, same)
	r.endNow(t, cancelled.ID, func(g *airlock.Grant) { g.Cancelled = true })
	stranger := uuid.NewString()
	r.place(t, "quarantine/image/"+stranger, pngOf("stranger"))
	r.place(t, "quarantine/readme", []byte("not an upload"))

	want := map[string]SweepAction{forgotten.ID: SweepJudge, lie.ID: SweepJudge, never.ID: SweepExpire, cancelled.ID: SweepExpire, stranger: SweepLeave, "": SweepLeave}
	for _, dry := range []bool{true, false} {
		did := r.sweep(t, dry)
		for id, action := range want {
			if did[id] != action {
				t.Errorf("dry %t: %q of %s, want %q", dry, did[id], id, action)
			}
		}
		if _, seen := did[waiting.ID]; seen {
			t.Errorf("an upload that may still come was swept: %s", did[waiting.ID])
		}
		if _, ended, _ := r.store.Last(t.Context(), forgotten.ID); ended == dry {
			t.Errorf("dry %t, but ended %t", dry, ended)
		}
	}
	for id, reason := range map[string]airlock.Reason{forgotten.ID: "", lie.ID: airlock.TypeMismatch, never.ID: airlock.NeverUploaded, cancelled.ID: airlock.Cancelled} {
		if v := r.verdict(t, id); v.Reason != reason {
			t.Errorf("%s: %s %s, want %q", id, v.Result, v.Reason, reason)
		}
		if _, granted, _ := r.store.Grant(t.Context(), id); granted {
			t.Errorf("the grant of %s is still there", id)
		}
	}
	if left := r.list(t, devstack.QuarantineBucket); len(left) != 2 { // the stranger's and the text
		t.Errorf("quarantine holds %v", left)
	}
}

// A PUT that began in time and ended ten minutes after the URL's end, its notice lost, is judged.
func TestASlowHonestUploadIsJudgedAndNotExpired(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	begun := time.Now().Add(-20 * time.Minute)
	slow := *r.signer
	slow.Now = func() time.Time { return begun }
	caller, data := testCaller, pngOf("slow")
	s, err := slow.Sign(t.Context(), caller, testRequest("cat.png", data))
	if err != nil {
		t.Fatal(err)
	}
	r.endNow(t, s.ID, func(g *airlock.Grant) { // as the signer wrote it, with a URL that ended ten minutes ago
		g.ExpiresAt = time.Now().Add(-10 * time.Minute)
		g.Deadline = airlock.UploadDeadline(g.ExpiresAt, g.Size)
	})
	if did := r.sweep(t, false); did[s.ID] != "" {
		t.Fatalf("while it was under way: %s", did[s.ID])
	}
	r.place(t, "quarantine/image/"+s.ID, data) // S3 looked at the URL when the request began
	if did := r.sweep(t, false); did[s.ID] != SweepJudge {
		t.Errorf("%q", did[s.ID])
	}
	if v := r.verdict(t, s.ID); v.Result != airlock.Accepted {
		t.Errorf("%s %s", v.Result, v.Reason)
	}
}

func TestASweepAnnouncesAndTakesBackWhatDeadWorkersLeftInClean(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	promoted := func(name string) airlock.Upload {
		s := r.upload(t, name, pngOf(name))
		u := airlock.Upload{Profile: "image", ID: s.ID}
		dying := r.validator().withDefaults()
		dying.Ledger = &racedLedger{Ledger: r.store, first: func() { panic("dies before its event") }}
		func() {
			defer func() { _ = recover() }()
			_, _ = dying.reconciler(ourStore).look(t.Context(), u, fromQueue)
		}()
		if err := r.bucket.Delete(t.Context(), devstack.Quarantine.Object(u), ""); err != nil { // a lifecycle rule
			t.Fatal(err)
		}
		return u
	}
	silent, lost := promoted("silent.png"), promoted("lost.png")
	a := &attempt{reconciler: r.validator().withDefaults().reconciler(ourStore), upload: lost, profile: testProfiles["image"], started: time.Now()}
	a.grant, _, _ = r.store.Grant(t.Context(), lost.ID)
	if err := errors.Join(r.store.Record(t.Context(), a.verdict(reject(airlock.Malformed, "by another"), airlock.Facts{})), r.store.PurgeGrant(t.Context(), lost.ID)); err != nil {
		t.Fatal(err)
	}
	derived := airlock.Object{Bucket: devstack.CleanBucket, Key: airlock.Key("clean/image/" + silent.ID + ".thumb.png")}
	if _, err := r.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &derived.Bucket, Key: aws.String(string(derived.Key)), Body: bytes.NewReader([]byte("x"))}); err != nil {
		t.Fatal(err)
	}

	did := r.sweep(t, false)
	if did[silent.ID] != SweepAnnounce || did[lost.ID] != SweepDelete {
		t.Errorf("%v", did)
	}
	if v := r.verdict(t, silent.ID); v.Result != airlock.Accepted || !v.Republished {
		t.Errorf("%s %s, republished %t", v.Result, v.Reason, v.Republished)
	}
	did = r.sweep(t, false)
	if did[silent.ID] != "" {
		t.Errorf("what is announced was swept again: %s", did[silent.ID])
	}
	left := strings.Join(r.list(t, devstack.CleanBucket), " ")
	if strings.Count(left, silent.ID) != 2 || !strings.Contains(left, ".thumb.png") || strings.Contains(left, lost.ID) {
		t.Errorf("clean holds %s", left)
	}
}

// later is the real store at a later time.
type later struct {
	Bucket
	by time.Duration
}

func (l later) Now(ctx context.Context, bucket string) (time.Time, error) {
	now, err := l.Bucket.Now(ctx, bucket)
	return now.Add(l.by), err
}

// What a probe left that was killed goes; one that may be under way is not disturbed.
func TestASweepTakesWhatADeadProbeLeft(t *testing.T) {
	r := fresh(t)
	o := airlock.Object{Bucket: devstack.CleanBucket, Key: airlock.Key(devstack.Clean.Prefix + probePrefix + uuid.NewString() + "/from")}
	if _, err := r.bucket.put(t.Context(), o, "a", false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		by   time.Duration
		left int
	}{{probeAge - time.Minute, 1}, {probeAge + time.Minute, 0}} {
		v := r.validator()
		v.Bucket = later{r.bucket, c.by}
		if err := v.Sweep(t.Context(), false, func(Swept) {}); err != nil {
			t.Fatal(err)
		}
		if left := r.list(t, devstack.CleanBucket); len(left) != c.left {
			t.Errorf("after %s: %v", c.by, left)
		}
	}
}

func TestASweepAbortsCopiesThatNobodyCompletes(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	s := r.upload(t, "cat.png", pngOf("x"))
	g, _, err := r.store.Grant(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.root.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &g.Clean.Bucket, Key: aws.String(string(g.Clean.Key))}); err != nil {
		t.Fatal(err)
	}
	if did := r.sweep(t, false); did[s.ID] != SweepAbort { // it judges first
		t.Errorf("%v", did)
	}
	for u, err := range r.bucket.Uploads(t.Context(), devstack.Clean) {
		t.Errorf("still open: %v, %v", u, err)
	}
}

func TestWithoutNotificationsAndHintsTheSweeperBringsEveryVerdict(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	var ids []string
	for i := range 40 {
		ids = append(ids, r.upload(t, "cat.png", pngOf(fmt.Sprint("swept ", i))).ID)
	}
	for range 3 { // they take turns
		v := r.validator()
		v.Hints, v.SweepInterval, v.SweepAge = nil, time.Second, time.Second
		r.run(t, v)
	}
	for _, id := range ids {
		if v := r.verdict(t, id); v.Result != airlock.Accepted {
			t.Errorf("%s: %s", id, v.Result)
		}
	}
	r.idle(t)
	all := r.eventsOf(t)
	for _, id := range ids {
		if all[id] != 1 {
			t.Errorf("%s: %d events", id, all[id])
		}
	}
}

// Two sweepers and a queue at the same objects at the same time.
func TestSweepersAndWorkersDisturbNobody(t *testing.T) {
	r := fresh(t)
	var ids []string
	for i := range 60 {
		ids = append(ids, r.upload(t, "cat.png", pngOf(fmt.Sprint("both ", i))).ID)
	}
	enough := make(chan struct{}) // a sweep that is cut may leave what it was at, if only its probe's object
	var sweeps errgroup.Group
	for range 2 {
		sweeps.Go(func() error {
			v := r.validator()
			v.SweepAge = -time.Minute
			for {
				if err := v.Sweep(t.Context(), false, func(Swept) {}); err != nil {
					return err
				}
				select {
				case <-enough:
					return nil
				default:
				}
			}
		})
	}
	r.run(t, r.validator())
	for _, id := range ids {
		r.verdict(t, id)
	}
	r.idle(t)
	close(enough)
	if err := sweeps.Wait(); err != nil {
		t.Error(err)
	}
	all := r.eventsOf(t)
	for _, id := range ids {
		if all[id] != 1 {
			t.Errorf("%s: %d events", id, all[id])
		}
	}
	if n := len(r.list(t, devstack.CleanBucket)); n != len(ids) {
		t.Errorf("%d clean objects of %d uploads: %q", n, len(ids), r.list(t, devstack.CleanBucket))
	}
}
