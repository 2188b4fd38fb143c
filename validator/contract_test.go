package validator

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"airlock"
	"airlock/events"
	"airlock/infra/devstack"
	"airlock/infra/localstack"
	"airlock/signer"
)

// The contract of Bucket and of Ledger, as reconcile and the sweeper depend on it. The real ones are
// held to it, and the world of the simulation: else that would prove nothing.

// calm is an actor in an empty world in which nothing goes wrong, and all time passes at once.
func calm(store Capabilities) *actor {
	return &actor{w: &world{
		rng: rand.New(rand.NewPCG(1, 1)), now: time.Now(), store: store, objects: map[airlock.Object][]stored{},
		grants: map[string]airlock.Grant{}, verdicts: map[string][]events.Verdict{}, order: map[string]int{},
	}, yield: func(string) bool { return true }}
}

func TestContractOfABucket(t *testing.T) {
	r := fresh(t)
	u := airlock.Upload{Profile: "image", ID: uuid.NewString()}
	t.Run("S3", func(t *testing.T) {
		root := NewS3(r.S3Config(devstack.Root, 4), true)
		holdBucket(t, root, devstack.Quarantine.Object(u), cleanAt(u.ID), func(data []byte) string {
			_, etag := r.place(t, string(devstack.Quarantine.Object(u).Key), data)
			return etag
		})
	})
	t.Run("the simulated one", func(t *testing.T) {
		a := calm(ourStore)
		q := simQuarantine.Object(u)
		a.w.verdicts[u.ID] = []events.Verdict{{}} // so that it may leave quarantine
		holdBucket(t, simBucket{a}, q, airlock.Object{Bucket: simClean.Bucket, Key: airlock.Key("clean/test/" + u.ID)}, func(data []byte) string {
			b := makeBody(string(data), string(data[:2]), true)
			b.data = data
			a.w.put(q, stored{body: b, etag: b.etag})
			return b.etag
		})
	})
}

// holdBucket takes an empty place in each zone, and put for what clients do.
func holdBucket(t *testing.T, b Bucket, q, c airlock.Object, put func(data []byte) (etag string)) {
	ctx := t.Context()
	want := func(what string, err, sentinel error) {
		t.Helper()
		if !errors.Is(err, sentinel) {
			t.Errorf("%s: %v, want %v", what, err, sentinel)
		}
	}
	zone := airlock.Zone{Bucket: c.Bucket, Prefix: string(c.Key)}
	listed := func() (found []Listed) {
		for l, err := range b.List(ctx, zone) {
			want("list", err, nil)
			found = append(found, l)
		}
		return found
	}
	spec := CopySpec{From: q, To: c, Size: 5, ContentType: "image/png", Disposition: "inline", Metadata: map[string]string{metaUpload: "x"}}

	_, _, err := b.Read(ctx, q, 10)
	want("read nothing", err, ErrGone)
	_, err = b.Head(ctx, q)
	want("head of nothing", err, ErrGone)
	spec.ETag = strings.Repeat("00", 16)
	_, err = b.Copy(ctx, spec)
	want("copy nothing", err, ErrGone)
	want("delete nothing", b.Delete(ctx, q, ""), nil)

	first := put([]byte("a1...."))
	h, data, err := b.Read(ctx, q, 2)
	if err != nil || h.ETag != first || h.Size != 6 || string(data) != "a1" || h.VersionID != "" || time.Since(h.LastModified) > time.Minute {
		t.Errorf("read: %+v, %q, %v", h, data, err)
	}
	_, err = b.Copy(ctx, spec)
	want("copy what has another etag", err, ErrChanged)
	if n := len(listed()); n != 0 {
		t.Errorf("%d objects after copies that were refused", n)
	}
	spec.ETag = first
	h, err = b.Copy(ctx, spec)
	want("copy", err, nil)
	if h.ETag != first {
		t.Errorf("copied: %+v", h)
	}
	if h, err = b.Head(ctx, c); err != nil || h.ETag != first || h.Size != 6 || h.Metadata[metaUpload] != "x" {
		t.Errorf("head of the copy: %+v, %v", h, err)
	}
	second := put([]byte("b2...."))
	if first == second {
		t.Fatal("two contents have one etag")
	}
	_, err = b.Copy(ctx, spec)
	want("copy what was overwritten", err, ErrChanged)
	spec.ETag = second
	if ourStore.CopyDestination {
		_, err = b.Copy(ctx, spec)
		want("copy over an object", err, ErrChanged)
	}
	if l := listed(); len(l) != 1 || l[0].Object != c || l[0].ETag != first || l[0].Size != 6 || time.Since(l[0].LastModified) > time.Minute {
		t.Errorf("listed: %+v", l)
	}
	if !localstack.Differs(t, "DeleteObject with If-Match is 501, so that Delete falls back to a plain one; AWS deletes or answers 412") {
		want("delete if unchanged", b.Delete(ctx, q, first), ErrChanged)
		want("delete if unchanged", b.Delete(ctx, q, second), nil)
	}
	want("delete", errors.Join(b.Delete(ctx, q, ""), b.Delete(ctx, c, "")), nil)
	_, err = b.Head(ctx, q)
	want("head of what was deleted", err, ErrGone)
	if now, err := b.Now(ctx, q.Bucket); err != nil || time.Since(now).Abs() > time.Minute {
		t.Errorf("the store's time: %s, %v", now, err)
	}
	for u, err := range b.Uploads(ctx, zone) {
		t.Errorf("an upload is open: %v, %v", u, err)
	}
	want("abort what is not there", b.Abort(ctx, OpenUpload{Object: c, ID: "none"}), nil)
}

func TestContractOfALedger(t *testing.T) {
	r := fresh(t)
	t.Run("JetStream", func(t *testing.T) { holdLedger(t, r.store) })
	t.Run("the simulated one", func(t *testing.T) {
		l := simLedger{calm(ourStore)}
		holdLedger(t, l)
	})
}

func holdLedger(t *testing.T, l interface {
	Ledger
	signer.Grants
}) {
	ctx := t.Context()
	g := airlock.Grant{ID: uuid.NewString(), Profile: "image", Size: 7}
	if _, found, err := l.Grant(ctx, g.ID); found || err != nil {
		t.Errorf("a grant that nobody gave: %t, %v", found, err)
	}
	if err := l.CreateGrant(ctx, g); err != nil {
		t.Fatal(err)
	}
	if err := l.CreateGrant(ctx, g); !errors.Is(err, events.ErrExists) {
		t.Errorf("the same grant again: %v", err)
	}
	if got, found, err := l.Grant(ctx, g.ID); !found || err != nil || got.Size != 7 {
		t.Errorf("the grant: %+v, %t, %v", got, found, err)
	}
	granted := func() bool {
		for got, err := range l.Grants(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			if got.ID == g.ID {
				return true
			}
		}
		return false
	}
	if !granted() {
		t.Error("the grant is not listed")
	}
	if _, found, err := l.Last(ctx, g.ID); found || err != nil {
		t.Errorf("a verdict before any: %t, %v", found, err)
	}
	v := events.Verdict{UploadID: g.ID, Profile: "image", Result: airlock.Rejected, Reason: airlock.Malformed, DecidedAt: time.Now()}
	if err := l.Record(ctx, v); err != nil {
		t.Fatal(err)
	}
	other := v
	other.Result, other.Reason, other.Profile = airlock.Expired, airlock.ObjectGone, "text"
	for _, again := range []events.Verdict{v, other} {
		if err := l.Record(ctx, again); !errors.Is(err, events.ErrUnsure) {
			t.Errorf("a second verdict: %v", err)
		}
	}
	if got, found, err := l.Last(ctx, g.ID); !found || err != nil || got.Reason != airlock.Malformed {
		t.Errorf("the verdict: %+v, %t, %v", got, found, err)
	}
	for range 2 { // no grant is no error
		if err := l.PurgeGrant(ctx, g.ID); err != nil {
			t.Error(err)
		}
	}
	if _, found, err := l.Grant(ctx, g.ID); found || err != nil || granted() {
		t.Errorf("the grant after it was purged: %t, %v", found, err)
	}
}
