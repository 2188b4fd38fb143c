package validator

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"airlock"
	"airlock/infra/dev/samples"
	"airlock/infra/devstack"
)

// Inspection reads on after the first look: what happens to the object and its store meanwhile.

// opener does something at each request for more of an object.
type opener struct {
	Bucket
	opens int
	each  func(n int) error
}

func (o *opener) Open(ctx context.Context, obj airlock.Object, pin Pin, off, n int64) (io.ReadCloser, error) {
	if o.opens++; o.each != nil {
		if err := o.each(o.opens); err != nil {
			return nil, err
		}
	}
	return o.Bucket.Open(ctx, obj, pin, off, n)
}

// uploaded is a large honest picture that nobody was notified of, and who looks at it.
func uploaded(t *testing.T, r *rig, data []byte, each func(n int) error) (airlock.Upload, *opener, *reconciler) {
	t.Helper()
	r.notify(t, "")
	s := r.upload(t, "cat.png", data)
	o := &opener{Bucket: r.bucket, each: each}
	v := r.validator().withDefaults()
	v.Bucket = o
	return airlock.Upload{Profile: "image", ID: s.ID}, o, v.reconciler(ourStore)
}

func TestAStoreThatFailsUnderInspectionIsNoVerdict(t *testing.T) {
	r := fresh(t)
	away := true
	u, o, recon := uploaded(t, r, samples.LargePNG(300_000), func(int) error {
		if away {
			return errStore
		}
		return nil
	})
	if out, err := recon.look(t.Context(), u, fromQueue); out != handBack || err == nil {
		t.Fatalf("%v, %v", out, err)
	}
	if _, found, err := r.store.Last(t.Context(), u.ID); found || err != nil {
		t.Fatalf("a verdict by a store that is away, %v", err)
	}
	if o.opens != readTries {
		t.Errorf("%d tries", o.opens)
	}
	away = false
	if out, err := recon.look(t.Context(), u, fromQueue); out != done || err != nil {
		t.Fatalf("%v, %v", out, err)
	}
	if got := r.verdict(t, u.ID); got.Result != airlock.Accepted || got.Inspection.Requests < 2 || got.Inspection.BytesRead < got.Size {
		t.Errorf("%s %s after %d bytes in %d requests", got.Result, got.Reason, got.Inspection.BytesRead, got.Inspection.Requests)
	}
}

func TestWhatChangesUnderInspectionIsLookedAtAgain(t *testing.T) {
	r := fresh(t)
	data := samples.LargePNG(300_000)
	key := ""
	u, _, recon := uploaded(t, r, data, func(n int) error {
		if n == 1 {
			r.place(t, key, append(bytes.Clone(page), strings.Repeat(" ", len(data)-len(page))...))
		}
		return nil
	})
	key = string(devstack.Quarantine.Object(u).Key)
	if out, err := recon.look(t.Context(), u, fromQueue); out != done || err != nil {
		t.Fatalf("%v, %v", out, err)
	}
	if got := r.verdict(t, u.ID); got.Reason != airlock.TypeMismatch {
		t.Errorf("%s %s: %s", got.Result, got.Reason, got.Detail)
	}
}

// The content decides, not only its beginning.
func TestABrokenEndIsFound(t *testing.T) {
	r := fresh(t)
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   airlock.Reason
	}{
		"cut off":              {func(b []byte) []byte { return b[:200_000] }, airlock.Malformed},
		"a bit that is wrong":  {func(b []byte) []byte { b[50] ^= 1; return b }, airlock.Malformed},
		"an archive behind it": {func(b []byte) []byte { return append(b, samples.Zip()...) }, airlock.TrailingData},
		"a page behind it":     {func(b []byte) []byte { return append(b, page...) }, airlock.TrailingData},
	} {
		u, _, recon := uploaded(t, r, c.change(samples.LargePNG(300_000)), nil)
		if out, err := recon.look(t.Context(), u, fromQueue); out != done || err != nil {
			t.Fatalf("%s: %v, %v", name, out, err)
		}
		if got := r.verdict(t, u.ID); got.Reason != c.want {
			t.Errorf("%s: %s %s: %s", name, got.Result, got.Reason, got.Detail)
		}
	}
}
