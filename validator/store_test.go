package validator

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"sync"
	"testing"

	"airlock"
	"airlock/infra/devstack"
)

// What the validator makes up for where a store, or the way of uploading, promises less.

// swapper is the real store with a client who overwrites what was looked at, and has made both
// files so that they have one MD5: the copy's condition holds all the same.
type swapper struct {
	Bucket
	overwrite func() (etag string)
	once      sync.Once
}

func (s *swapper) Copy(ctx context.Context, c CopySpec) (Head, error) {
	s.once.Do(func() { c.ETag = s.overwrite() })
	return s.Bucket.Copy(ctx, c)
}

func TestWhatWasOverwrittenBetweenLookAndCopyIsFoundInTheCopy(t *testing.T) {
	for name, c := range map[string]struct {
		method airlock.Method
		store  Capabilities
	}{
		"a form may be posted twice":       {airlock.MethodPost, ourStore},
		"multipart may be completed twice": {airlock.MethodMultipart, ourStore},
		"a store that takes a PUT twice":   {airlock.MethodPut, Capabilities{CopySource: true, CopyDestination: ourStore.CopyDestination}},
	} {
		t.Run(name, func(t *testing.T) {
			r := fresh(t)
			r.notify(t, "")
			data := pngOf("looked at, and as long as the page that it is swapped for ..")
			s := r.upload(t, "cat.png", data)
			r.endNow(t, s.ID, func(g *airlock.Grant) { g.Method = c.method })
			u := airlock.Upload{Profile: "image", ID: s.ID}
			v := r.validator().withDefaults()
			v.Bucket = &swapper{Bucket: r.bucket, overwrite: func() string {
				_, etag := r.place(t, string(devstack.Quarantine.Object(u).Key), append(page, make([]byte, len(data)-len(page))...))
				return etag
			}}
			if out, err := v.reconciler(c.store).look(t.Context(), u, fromQueue); out != done || err != nil {
				t.Fatalf("%v, %v", out, err)
			}
			if got := r.verdict(t, s.ID); got.Result != airlock.Rejected || got.Reason != airlock.Mutated {
				t.Errorf("%s %s: %s", got.Result, got.Reason, got.Detail)
			}
			if left := append(r.list(t, devstack.CleanBucket), r.list(t, devstack.QuarantineBucket)...); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestWhereCopiesOverwriteEachAttemptHasAKeyOfItsOwn(t *testing.T) {
	r := fresh(t)
	r.notify(t, "")
	v := r.validator().withDefaults()
	recon := v.reconciler(Capabilities{CopySource: true, PutOnce: true})
	s := r.upload(t, "cat.png", pngOf("own key"))
	u := airlock.Upload{Profile: "image", ID: s.ID}
	g, _, err := r.store.Grant(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	var racing sync.WaitGroup
	for range 8 {
		racing.Go(func() {
			if out, err := recon.look(t.Context(), u, fromQueue); err != nil {
				t.Errorf("%v, %v", out, err)
			}
		})
	}
	racing.Wait()
	got := r.verdict(t, s.ID)
	if got.Result != airlock.Accepted || path.Dir(string(got.Clean.Key)) != string(g.Clean.Key) || !attemptName.MatchString(path.Base(string(got.Clean.Key))) {
		t.Fatalf("%s at %v", got.Result, got.Clean)
	}
	h, err := r.bucket.Head(t.Context(), airlock.Object{Bucket: got.Clean.Bucket, Key: got.Clean.Key})
	if err != nil || h.ETag != got.Clean.ETag {
		t.Errorf("%+v, %v", h, err)
	}
	if n := r.eventsOf(t)[s.ID]; n != 1 {
		t.Errorf("%d events", n)
	}

	// A copy that came too late goes with the next notice, though the grant has gone.
	late := airlock.Object{Bucket: got.Clean.Bucket, Key: g.Clean.Key + "/" + airlock.Key(fmt.Sprintf("%016x-%08x", 1, 2))}
	from, etag := r.place(t, "quarantine/test/late", pngOf("late"))
	if _, err := r.bucket.Copy(t.Context(), CopySpec{From: from, ETag: etag, To: late, Size: 1, ContentType: "image/png", Disposition: "inline"}); err != nil {
		t.Fatal(err)
	}
	if out, err := recon.look(t.Context(), u, fromQueue); out != done || err != nil {
		t.Errorf("%v, %v", out, err)
	}
	if left := r.list(t, devstack.CleanBucket); len(left) != 1 || left[0] != string(got.Clean.Key) {
		t.Errorf("clean holds %v", left)
	}
}

// overwriter is the real store with a client who puts again between look and copy.
type overwriter struct {
	Bucket
	first func()
}

func (o *overwriter) Copy(ctx context.Context, c CopySpec) (Head, error) {
	if first := o.first; first != nil {
		o.first = nil
		first()
	}
	return o.Bucket.Copy(ctx, c)
}

func TestInAVersionedQuarantineTheVersionThatWasJudgedIsPromotedAndAllGo(t *testing.T) {
	r := fresh(t)
	s := r.sign(t, "cat.png", pngOf("version"))
	u := airlock.Upload{Profile: "image", ID: s.ID}
	zone := airlock.Zone{Bucket: r.versioned(t), Prefix: "quarantine/"}
	for _, body := range [][]byte{[]byte("an older one"), pngOf("version")} {
		r.putVersion(t, zone.Object(u), body)
	}
	v := r.validator().withDefaults()
	root := NewS3(r.S3Config(devstack.Root, 8), true)
	v.Quarantine, v.Bucket = zone, &overwriter{Bucket: root, first: func() { r.putVersion(t, zone.Object(u), page) }}
	if out, err := v.reconciler(ourStore).look(t.Context(), u, fromQueue); out != done || err != nil {
		t.Fatalf("%v, %v", out, err)
	}
	got := r.verdict(t, s.ID)
	if got.Result != airlock.Accepted {
		t.Fatalf("%s %s", got.Result, got.Reason)
	}
	_, data, err := r.bucket.Read(t.Context(), airlock.Object{Bucket: got.Clean.Bucket, Key: got.Clean.Key}, 1000)
	if err != nil || string(data) != string(pngOf("version")) {
		t.Errorf("%q, %v", data, err)
	}
	if left := r.versions(t, zone.Bucket); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	r.putVersion(t, zone.Object(u), page) // a replay, which a lifecycle rule hides
	r.mark(t, zone.Object(u))
	if _, err := root.Head(t.Context(), zone.Object(u)); !errors.Is(err, ErrHidden) {
		t.Errorf("%v", err)
	}
	if out, err := v.reconciler(ourStore).look(t.Context(), u, fromQueue); out != done || err != nil {
		t.Fatalf("%v, %v", out, err)
	}
	if left := r.versions(t, zone.Bucket); len(left) > 0 {
		t.Errorf("left after the replay: %v", left)
	}
}

// A form's checksum is in its policy, which not every store looks at: the copy's own tells.
func TestAFormsChecksumIsHeldAgainstTheCopy(t *testing.T) {
	data := pngOf("a form with a checksum")
	sum := sha256.Sum256(data)
	for want, declared := range map[airlock.Reason][]byte{"": sum[:], airlock.ChecksumMismatch: make([]byte, sha256.Size)} {
		r := fresh(t)
		r.notify(t, "")
		s := r.upload(t, "cat.png", data)
		r.endNow(t, s.ID, func(g *airlock.Grant) {
			g.Method, g.ChecksumSHA256 = airlock.MethodPost, base64.StdEncoding.EncodeToString(declared)
		})
		v := r.validator().withDefaults()
		if out, err := v.reconciler(ourStore).look(t.Context(), airlock.Upload{Profile: "image", ID: s.ID}, fromQueue); out != done || err != nil {
			t.Fatalf("%v, %v", out, err)
		}
		got := r.verdict(t, s.ID)
		if got.Reason != want || got.ChecksumSHA256 != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Errorf("%s %s with %s: %s", got.Result, got.Reason, got.ChecksumSHA256, got.Detail)
		}
		if left := r.list(t, devstack.CleanBucket); len(left) > 0 != (want == "") {
			t.Errorf("%q: %v in the clean zone", want, left)
		}
	}
}
