package inspect

import (
	"bytes"
	"io"
	"testing"
	"time"

	"airlock"
	"airlock/validator/inspect/corpus"
)

// metered counts what is asked of a store.
type metered struct {
	io.ReaderAt
	requests, bytes int64
}

func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	m.requests++
	n, err := m.ReaderAt.ReadAt(p, off)
	m.bytes += int64(n)
	return n, err
}

// within looks at data as mediaType and holds what that cost against the bounds of one judging: what was
// asked of the store, the memory kept, the processor. It is what guards each family, by corpus, by fuzzing
// and by files made to cost the most.
func within(t *testing.T, i *Inspector, p airlock.Profile, mediaType, name string, data []byte) error {
	t.Helper()
	fam, ok := familyOf(mediaType)
	if !ok {
		t.Fatalf("nothing looks at %s", mediaType)
	}
	size := int64(len(data))
	store := &metered{ReaderAt: bytes.NewReader(data)}
	u := Upload{Profile: p, Type: mediaType, Name: name, Size: size, Bytes: store}
	w := newWork(t.Context(), i, u)
	defer w.end()
	began := processTime()
	err := fam.look(w.whole(u)) // not safely: a panic is what is looked for
	// What the collector, other tests and the last step take is the kernel's slack, not the file's.
	if used, may := processTime()-began, timeFor(size)*3/2+time.Second; used > may {
		t.Errorf("%s: %s of a processor, more than %s", name, used, may)
	}
	if store.requests > mayAsk(size) || store.bytes > mayFetch(size) {
		t.Errorf("%s: %d requests for %d bytes, more than %d for %d", name, store.requests, store.bytes, mayAsk(size), mayFetch(size))
	}
	if w.most > memoryOfOne && w.stopped == nil {
		t.Errorf("%s: kept %d bytes, more than %d", name, w.most, memoryOfOne)
	}
	if w.stopped != nil {
		return w.stopped
	}
	return err
}

// No file of the corpus costs more than it may.
func TestNoFileCostsMoreThanItMay(t *testing.T) {
	inspector := New()
	for _, c := range corpus.All() {
		data := c.Make()
		for _, depth := range []string{"full", "header"} {
			p := c.Profile()
			p.Inspect = depth
			_ = within(t, inspector, p, c.Type, c.Name, data)
		}
	}
}

// An inspector that asks for everything again and again is stopped by what it asks for, and one that never
// steps by what it used.
func TestWhoAsksForTooMuchIsStopped(t *testing.T) {
	data := make([]byte, 16*blockBytes)
	store := &metered{ReaderAt: bytes.NewReader(data)}
	_, f, err := as(t, data, store, func(l *look) error {
		for at := int64(0); ; at = (at + 5*blockBytes) % l.size {
			if _, err := l.bytes(at, 1); err != nil {
				return nil // a parser that swallows it
			}
		}
	})
	if err != nil || f == nil || f.Reason != airlock.Uninspectable {
		t.Errorf("%+v, %v", f, err)
	}
	if store.requests != mayAsk(int64(len(data))) {
		t.Errorf("%d requests, not %d", store.requests, mayAsk(int64(len(data))))
	}
}

func TestALongStepIsCountedWhole(t *testing.T) {
	p := airlock.Profile{Name: "p", Types: []string{"image/png"}, MaxBytes: 1 << 30}.WithDefaults()
	w := newWork(t.Context(), New(), Upload{Profile: p, Type: "image/png", Size: 1, Bytes: bytes.NewReader(make([]byte, 1))})
	defer w.end()
	began := processTime()
	for sum := 0; processTime()-began < 50*time.Millisecond; sum++ { // of a processor
	}
	if err := w.step(); err != nil || w.used < 40*time.Millisecond {
		t.Errorf("%s of 50 ms, %v", w.used, err)
	}
	before := w.used
	time.Sleep(50 * time.Millisecond) // not of one
	if err := w.step(); err != nil || w.used-before > 40*time.Millisecond {
		t.Errorf("%s for 50 ms of sleep, %v", w.used-before, err)
	}
	if w.used = w.mayUse + 1; w.step() == nil || w.stopped == nil {
		t.Error("it goes on beyond its time")
	}
}

func TestWhatALookKeepsIsGivenBackWhenItEnds(t *testing.T) {
	_, _, _ = as(t, nil, nil, func(l *look) error {
		keep := func(l *look) error {
			var names list[string]
			var targets table[string, string]
			for range 1000 {
				if err := names.add(l, "a name", 6); err != nil {
					return err
				}
			}
			return targets.put(l, "a", "b", 2)
		}
		if err := l.scoped(func() error { return keep(l) }); err != nil || l.held != 0 || l.most < 1000*(16+6) {
			t.Errorf("%d bytes are held, %d at most, %v", l.held, l.most, err)
		}
		p, err := l.piece("a piece", bytes.NewReader(make([]byte, 100)))
		if err != nil {
			t.Fatal(err)
		}
		if err := keep(p); err != nil || p.held < 100 {
			t.Errorf("%d, %v", p.held, err)
		}
		if p.done(); l.held != 0 {
			t.Errorf("%d bytes are held", l.held)
		}
		var all list[[1 << 20]byte]
		for n := 0; ; n++ {
			if err := all.add(l, [1 << 20]byte{}, 0); err != nil {
				break
			} else if n > memoryOfOne>>20 {
				t.Fatal("it keeps more than it may")
			}
		}
		if cap(all.all)<<20 > memoryOfOne/2 {
			t.Errorf("%d MiB were taken before they were held", cap(all.all))
		}
		return nil
	})
}

func TestATableIsHeldBeforeItIsTaken(t *testing.T) {
	_, _, _ = as(t, nil, nil, func(l *look) error {
		var all table[int, [1 << 20]byte]
		n := 0
		for ; all.put(l, n, [1 << 20]byte{}, 0) == nil; n++ {
			if n > memoryOfOne>>20 {
				t.Fatal("it keeps more than it may")
			}
		}
		if all.has(n) || n == 0 {
			t.Errorf("%d entries, and one that is not held", n)
		}
		return nil
	})
}

// Blocks are so small that their number is what stops; larger ones would be stopped by their bytes.
func TestWhoFetchesTooMuchIsStopped(t *testing.T) {
	data := make([]byte, blockBytes)
	store := &metered{ReaderAt: bytes.NewReader(data)}
	_, f, err := as(t, data, store, func(l *look) error {
		l.cache.read = l.cache.mayFetch
		_, _ = l.bytes(0, 1)
		return nil
	})
	if err != nil || f == nil || f.Reason != airlock.Uninspectable || store.requests != 0 {
		t.Errorf("%+v, %v, %d requests", f, err, store.requests)
	}
}
