package fault

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"

	"airlock"
	"airlock/infra/audit"
	"airlock/infra/crew"
	"airlock/infra/fault"
	"airlock/internal/pace"
	"airlock/signer"
)

// overwrite replaces an object in quarantine as a store without the PUT condition would let a client.
func (l *lane) overwrite(id string, s crew.Sample) {
	l.Helper()
	u := airlock.Upload{Profile: "image", ID: id}
	o := l.quarantine.Object(u)
	began := time.Now()
	_, err := l.s3root.PutObject(l.Context(), &s3.PutObjectInput{Bucket: &o.Bucket, Key: aws.String(string(o.Key)), Body: bytes.NewReader(s.Data)})
	l.must(err)
	l.auditor.Stored(audit.Stored{Upload: u, ETag: s.ETag(), Size: int64(len(s.Data)), Good: s.Good, Began: began})
}

// forgiving starts n validators that may hand back: two notices of one upload meet in this test.
func (l *lane) forgiving(n int, v crew.Validator) {
	l.Helper()
	for range n {
		l.startWith(v, crew.Options{Auditor: l.auditor, ForgiveReturns: true})
	}
}

// copyDelay is d on this machine, so that evil has the time for its deed, but less than a copy's time-out.
func copyDelay(d time.Duration) time.Duration { return min(pace.Scaled(d), 20*time.Second) }

// Cell "malicious timing": evil is put over what was judged good, between the read and the copy. The
// copy is pinned to what was judged; evil is judged as it is.
func TestFaultEvilPutBetweenReadAndCopyIsNotPromoted(t *testing.T) {
	l := enter(t, options{})
	l.forgiving(2, l.spec())
	l.s3.Set(fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.Delay, For: copyDelay(2 * time.Second)})
	uploads := scaled(50, 20)
	ids := make([]string, uploads)
	l.each(0, uploads, func(n int) {
		signed, err := l.client.Upload(t.Context(), crew.Good(fmt.Sprint(t.Name(), n), 200))
		if err != nil {
			t.Error(err)
		}
		ids[n] = signed.ID
	})
	pace.Eventually(l, patience, "copies under way", func() bool { return l.s3.Seen()["CopyObject"] >= uploads/2 })
	l.each(0, uploads, func(n int) { l.overwrite(ids[n], crew.Bad(fmt.Sprint(t.Name(), n), 200)) })
	l.s3.Set()
	l.quiet()
	rejected := 0
	for _, id := range ids {
		if v, _ := l.auditor.Verdict(id); v.Result == airlock.Rejected {
			rejected++
		}
	}
	if rejected == 0 {
		t.Error("evil came too late each time: nothing was tried")
	}
	l.finish()
}

// Cell "malicious timing": an MD5-colliding pair. The etag stays, the bytes are evil: here the file is
// changed below the store. Only a client that can overwrite can try it, and a PUT cannot.
func TestFaultAnMD5CollisionIsSeenAfterTheCopy(t *testing.T) {
	l := enter(t, options{})
	good := crew.Good("collides", 200)
	l.start(l.spec())
	l.s3.Set(fault.Rule{Ops: []string{"CopyObject"}, Kind: fault.Delay, For: copyDelay(time.Second)})
	copies := l.s3.Seen()["CopyObject"]
	u := airlock.Upload{Profile: "image", ID: uuid.NewString()}
	l.must(l.store.CreateGrant(t.Context(), airlock.Grant{
		ID: u.ID, Profile: u.Profile, Owner: "trial", Method: airlock.MethodPost, Filename: "cat.png", ContentType: "image/png", Size: int64(len(good.Data)),
		Clean: l.clean.Object(u), GrantedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour), Deadline: time.Now().Add(2 * time.Hour),
	}))
	l.overwrite(u.ID, good)
	pace.Eventually(l, patience, "the copy under way", func() bool { return l.s3.Seen()["CopyObject"] > copies })
	l.must(os.WriteFile(theWorld.File(l.quarantine.Object(u)), crew.Bad("collides", 200).Data, 0o600))
	pace.Eventually(l, patience, "a verdict", func() bool { _, ok := l.auditor.Verdict(u.ID); return ok })
	if v, _ := l.auditor.Verdict(u.ID); v.Result != airlock.Rejected || v.Reason != airlock.Mutated {
		t.Errorf("the evil twin is %s %s", v.Result, v.Reason)
	}
}

// Cell "malicious timing": PUT again by the same URL after promotion, 1,000 times. Each replay vanishes
// without an event and leaves the clean object as it is.
func TestFaultPutsAfterPromotionVanish(t *testing.T) {
	l := enter(t, options{})
	l.forgiving(2, l.spec())
	uploads, replays := scaled(100, 20), int64(scaled(1000, 100))
	var taken atomic.Int64
	ctx, cancel := pace.Context(t.Context(), patience)
	defer cancel()
	var attackers sync.WaitGroup
	for n := range uploads {
		s := crew.Good(fmt.Sprint(t.Name(), n), 200)
		signed, err := l.client.Upload(t.Context(), s)
		l.must(err)
		attackers.Go(func() { l.replay(ctx, signed, n, &taken, replays) })
	}
	attackers.Wait()
	if taken.Load() < replays {
		t.Errorf("S3 took only %d replays", taken.Load())
	}
	l.quiet()
	l.finish()
}

// replay puts evil by a used URL, before the verdict and after, until S3 has taken enough from all.
func (l *lane) replay(ctx context.Context, signed signer.Signed, n int, taken *atomic.Int64, enough int64) {
	for try := 0; taken.Load() < enough && ctx.Err() == nil; try++ {
		status, err := l.client.Put(ctx, signed, crew.Bad(fmt.Sprint(l.Name(), n, " ", try), 200))
		switch {
		case err != nil && ctx.Err() == nil:
			l.Error(err)
			return
		case status == http.StatusOK:
			taken.Add(1)
		case status != http.StatusPreconditionFailed && status != http.StatusConflict:
			l.Errorf("replay: status %d", status)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Cell "malicious timing": DELETE at every point (as by a lifecycle rule that is too short). The upload
// is accepted if it was copied before, else expired; once in either case.
func TestFaultAnObjectDeletedAtAnyPointStillEndsOnce(t *testing.T) {
	l := enter(t, options{})
	for i, point := range []string{"grant.after", "last.after", "read.after", "copy.before", "copy.after", "record.before", "record.after", "delete.before", "delete.after"} {
		v := l.spec()
		v.RemoveAt, v.Profile = point, "image"
		r := l.start(v)
		each := scaled(20, 4)
		l.each(i*each, (i+1)*each, func(n int) {
			s := crew.Mixed(t.Name(), n, 200)
			signed, err := l.client.Sign(t.Context(), s)
			if err != nil {
				t.Error(err)
				return
			}
			l.auditor.Removed(signed.ID)
			if status, err := l.client.Put(t.Context(), signed, s); err != nil || status != http.StatusOK {
				t.Errorf("put: %d, %v", status, err)
			}
		})
		l.quiet()
		l.must(r.Stop(t.Context()))
	}
	l.finish()
}

// Cell "malicious timing": two PUTs race by one URL.
func TestFaultTwoRacingPutsAreOneUpload(t *testing.T) {
	l := enter(t, options{})
	l.forgiving(2, l.spec())
	uploads := scaled(200, 50)
	signed := l.signAhead(uploads)
	l.each(0, uploads, func(n int) {
		var both sync.WaitGroup
		for _, s := range []crew.Sample{crew.Good(fmt.Sprint(t.Name(), n), 200), crew.Bad(fmt.Sprint(t.Name(), n), 200)} {
			both.Go(func() {
				if status, err := l.client.Put(t.Context(), signed[n], s); err != nil || status >= 500 {
					t.Errorf("put: %d, %v", status, err)
				}
			})
		}
		both.Wait()
	})
	l.quiet()
	l.finish()
}

// Cell "malicious timing": the validator's clock a day off either way. Here it is the store's that is,
// which is the same to a validator that has no other.
func TestFaultAClockThatIsADayOffChangesNoVerdict(t *testing.T) {
	l := enter(t, options{})
	l.startMany(2, l.spec())
	for i, off := range []time.Duration{24 * time.Hour, -24 * time.Hour} {
		l.s3.Set(fault.Rule{Ops: []string{"GetObject", "HeadObject"}, Kind: fault.SkewClock, For: off})
		uploads := scaled(50, 20)
		l.upload(i*uploads, (i+1)*uploads)
		l.quiet()
	}
	l.neverHandedBack()
	l.finish()
}
