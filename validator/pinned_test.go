package validator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"airlock"
	"airlock/validator/inspect"
)

// noise is n bytes, the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// openPinned reads the beginning of what lies at key, as the validator does, and pins it.
func (r *rig) openPinned(t *testing.T, key string, data []byte) *pinned {
	t.Helper()
	o, _ := r.place(t, key, data)
	h, head, err := r.bucket.Read(t.Context(), o, inspect.Window)
	if err != nil {
		t.Fatal(err)
	}
	p := &pinned{ctx: t.Context(), bucket: r.bucket, object: o, pin: Pin{h.ETag, h.VersionID}, size: h.Size, head: head, pause: sleep}
	t.Cleanup(p.close)
	return p
}

func TestAPinnedObjectIsReadAtRandom(t *testing.T) {
	r := fresh(t)
	data := noise(300_000)
	p := r.openPinned(t, "quarantine/test/random", data)
	pick := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		off, n := pick.IntN(len(data)), 1+pick.IntN(20_000)
		b := make([]byte, n)
		m, err := p.ReadAt(b, int64(off))
		if want := data[off:min(off+n, len(data))]; !bytes.Equal(b[:m], want) || (m < n) != errors.Is(err, io.EOF) {
			t.Fatalf("%d bytes at %d: %d, %v", n, off, m, err)
		}
	}
	if n, err := p.ReadAt(make([]byte, 1), int64(len(data))); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("behind the end: %d, %v", n, err)
	}
}

func TestWhatIsReadInARowIsOneStream(t *testing.T) {
	r := fresh(t)
	data := noise(20 << 20)
	p := r.openPinned(t, "quarantine/test/stream", data)
	got, err := io.ReadAll(io.NewSectionReader(p, 0, p.size))
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if p.requests > 10 { // each goes on longer than the one before
		t.Errorf("%d requests for what was read from the beginning to the end", p.requests)
	}
	if want := p.size - int64(len(p.head)); p.bytes != want {
		t.Errorf("%d bytes read, want %d", p.bytes, want)
	}
}

func TestASmallObjectIsReadOnce(t *testing.T) {
	r := fresh(t)
	data := pngOf("small")
	p := r.openPinned(t, "quarantine/test/small", data)
	if got, err := io.ReadAll(io.NewSectionReader(p, 0, p.size)); err != nil || !bytes.Equal(got, data) || p.requests != 0 {
		t.Errorf("%d bytes, %v, %d more requests", len(got), err, p.requests)
	}
}

func TestOtherBytesAtTheKeyAreNeverRead(t *testing.T) {
	r := fresh(t)
	for name, after := range map[string]int64{"at once": 0, "in the middle of a stream": 1 << 20} {
		p := r.openPinned(t, "quarantine/test/swapped", noise(30<<20))
		at := io.NewSectionReader(p, 0, p.size)
		if _, err := io.CopyN(io.Discard, at, after); err != nil {
			t.Fatal(err)
		}
		p.close() // as a connection that breaks
		r.place(t, "quarantine/test/swapped", bytes.Repeat([]byte("x"), 30<<20))
		if _, err := io.Copy(io.Discard, at); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := r.openPinned(t, "quarantine/test/gone", noise(1<<20))
	if err := r.bucket.Delete(t.Context(), p.object, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ReadAt(make([]byte, 10), 500_000); !errors.Is(err, ErrGone) {
		t.Errorf("deleted: %v", err)
	}
}

// breaking is a store whose bodies end after some bytes, each later than the one before.
type breaking struct {
	Bucket
	after int64
	opens int
}

func (b *breaking) Open(ctx context.Context, o airlock.Object, pin Pin, off, n int64) (io.ReadCloser, error) {
	body, err := b.Bucket.Open(ctx, o, pin, off, n)
	if b.opens++; err != nil || b.after < 0 {
		return nil, errors.Join(err, errStore)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(body, b.after), body}, nil
}

func TestABodyThatBreaksOffIsReadOnFromThere(t *testing.T) {
	r := fresh(t)
	data := noise(1 << 20)
	p := r.openPinned(t, "quarantine/test/breaks", data)
	p.bucket = &breaking{Bucket: r.bucket, after: 100_000}
	if got, err := io.ReadAll(io.NewSectionReader(p, 0, p.size)); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for name, after := range map[string]int64{"a store that refuses": -1, "bodies without a byte": 0} {
		broken := &breaking{Bucket: r.bucket, after: after}
		p := r.openPinned(t, "quarantine/test/broken", data)
		p.bucket = broken
		if _, err := p.ReadAt(make([]byte, 10), 500_000); err == nil || errors.Is(err, io.EOF) || isSentinel(err) || broken.opens != readTries {
			t.Errorf("%s: %v after %d tries", name, err, broken.opens)
		}
	}
}
