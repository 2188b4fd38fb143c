package inspect

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"airlock"
)

// as runs look on data by an own profile; it stands for any inspector.
func as(t *testing.T, data []byte, from io.ReaderAt, look func(*look) error) (airlock.Content, *airlock.Finding, error) {
	t.Helper()
	p := airlock.Profile{Name: "p", Types: []string{"image/png"}, MaxBytes: 1 << 30}.WithDefaults()
	if from == nil {
		from = bytes.NewReader(data)
	}
	u := Upload{Profile: p, Type: "image/png", Size: int64(len(data)), Bytes: from}
	w := newWork(t.Context(), New(), u)
	defer w.end()
	err := w.safely(func() error { return look(w.whole(u)) })
	if w.trouble != nil {
		return w.content, nil, w.trouble
	}
	if w.stopped != nil {
		err = w.stopped
	}
	return w.content, finding(err), nil
}

func TestAPanicIsTheFilesVerdict(t *testing.T) {
	_, f, err := as(t, nil, nil, func(*look) error { panic("hostile") })
	if err != nil || f == nil || f.Reason != airlock.Uninspectable {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestAPanicOfWhoBringsTheBytesIsNot(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it became a verdict")
		}
	}()
	_, _, _ = as(t, make([]byte, 10), panicking{}, func(l *look) error {
		_, err := l.bytes(0, 1)
		return err
	})
}

type panicking struct{}

func (panicking) ReadAt([]byte, int64) (int, error) { panic("not the content's doing") }

type broken struct{ err error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

func TestTroubleOfReadingIsNoFinding(t *testing.T) {
	away := errors.New("503")
	_, f, err := as(t, make([]byte, 10), broken{away}, func(l *look) error {
		_, _ = l.bytes(0, 1) // a parser that swallows it
		return object(airlock.Malformed, "what it made of it")
	})
	if !errors.Is(err, away) || f != nil {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestAnObjectShorterThanItSaysIsTrouble(t *testing.T) {
	_, f, err := as(t, make([]byte, 10), bytes.NewReader(make([]byte, 5)), func(l *look) error {
		_, err := l.bytes(0, 10)
		return err
	})
	if err == nil || f != nil {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestWhatUnpacksToTooMuchIsABomb(t *testing.T) {
	c, f, err := as(t, nil, nil, func(l *look) error {
		_, _ = io.Copy(io.Discard, l.counted(endless{}))
		return nil // a parser that swallows it
	})
	if err != nil || f == nil || f.Reason != airlock.Bomb || c.UnpackedBytes > 2<<30+1<<20 {
		t.Errorf("%+v, %+v, %v", c, f, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestThePaceLetsNobodyWaitForEver(t *testing.T) {
	p := newPace()
	p.free = 1
	began := time.Now()
	if err := p.enter(t.Context(), began, 0); err != nil {
		t.Fatal(err)
	}
	order := make(chan string, 4)
	for i, w := range []struct {
		name  string
		after time.Duration
		used  time.Duration
	}{
		{"long", 0, 3 * time.Second},
		{"short, just come", 2 * time.Second, 20 * time.Millisecond},
		{"shorter, just come", 2 * time.Second, 10 * time.Millisecond},
		{"short, come when the long one had waited long", 30 * time.Second, 20 * time.Millisecond},
	} {
		go func() {
			if p.enter(t.Context(), began.Add(w.after), w.used) == nil {
				order <- w.name
				p.leave()
			}
		}()
		for waiting := 0; waiting <= i; {
			p.mu.Lock()
			waiting = len(p.waiting)
			p.mu.Unlock()
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.enter(gone, began, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that has gone waits: %v", err)
	}
	p.leave()
	for _, want := range []string{"shorter, just come", "short, just come", "long", "short, come when the long one had waited long"} {
		if got := <-order; got != want {
			t.Errorf("%s had its turn before %s", got, want)
		}
	}
	for waiting := true; waiting; { // for the last to leave
		p.mu.Lock()
		waiting = p.free != 1 || len(p.waiting) > 0
		p.mu.Unlock()
	}
}

// What is packed in archives and too large for memory is looked at all the same, and leaves nothing.
func TestALargeArchiveInsideIsUnpackedToAFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	noise := make([]byte, 3*inMemory)
	_, _ = rand.NewChaCha8([32]byte{5}).Read(noise)
	inner := archived(t, map[string][]byte{"a.bin": noise, "b.txt": []byte("b")})
	hostile := bytes.Replace(bytes.Clone(inner), []byte("b.txt"), []byte("../b."), 2)
	for name, c := range map[string]struct {
		inner []byte
		want  airlock.Reason
	}{"honest": {inner, ""}, "hostile": {hostile, airlock.UnsafeArchive}} {
		r, _ := judged(t, "application/zip", "a.zip", archived(t, map[string][]byte{"inner.zip": c.inner}), nil)
		if r.Finding != nil && r.Finding.Reason != c.want || r.Finding == nil && c.want != "" {
			t.Errorf("%s: %+v", name, r.Finding)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	t.Setenv("TMPDIR", filepath.Join(dir, "missing"))
	if TemporaryFiles() == nil {
		t.Error("files can be made where there is no folder")
	}
	outer := archived(t, map[string][]byte{"inner.zip": inner})
	p := airlock.Profile{Name: "p", Types: []string{"application/zip"}, MaxBytes: 1 << 30}.WithDefaults()
	if _, err := New().Inspect(t.Context(), Upload{Profile: p, Type: "application/zip", Size: int64(len(outer)), Bytes: bytes.NewReader(outer)}); err == nil {
		t.Error("a disk that fails is a verdict")
	}
}
