package inspect

import (
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"

	"airlock"
)

func FuzzGzip(f *testing.F) { fuzz(f, "application/gzip") }

// inspected judges data by p, and tells how many bytes were read of it.
func inspected(t *testing.T, mediaType string, data []byte, change func(*airlock.Profile)) (Report, int64) {
	t.Helper()
	p := airlock.Profile{Name: "p", Types: []string{mediaType}, MaxBytes: 1 << 30}.WithDefaults()
	if change != nil {
		change(&p)
	}
	from := &read{ReaderAt: bytes.NewReader(data)}
	r, err := New().Inspect(t.Context(), Upload{Profile: p, Type: mediaType, Size: int64(len(data)), Bytes: from})
	if err != nil {
		t.Fatal(err)
	}
	return r, from.n
}

type read struct {
	io.ReaderAt
	n int64
}

func (r *read) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(p, off)
	r.n += int64(n)
	return n, err
}

func TestAGzipTellsWhatItUnpacksTo(t *testing.T) {
	var b bytes.Buffer
	for range 3 {
		w := gzip.NewWriter(&b)
		if _, err := w.Write(bytes.Repeat([]byte("line\n"), 1000)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b.WriteString("note")
	r, _ := inspected(t, "application/gzip", b.Bytes(), nil)
	if r.Finding != nil || r.Content.UnpackedBytes != 15_000 || r.Content.TrailingBytes != 4 {
		t.Errorf("%+v, %+v", r.Content, r.Finding)
	}
}

func TestHeaderDepthReadsLittleOfAGzip(t *testing.T) {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.NoCompression)
	if _, err := w.Write(make([]byte, 8<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, n := inspected(t, "application/gzip", b.Bytes(), func(p *airlock.Profile) { p.Inspect = "header" })
	if r.Finding != nil || n > blockBytes {
		t.Errorf("%d bytes read, %+v", n, r.Finding)
	}
}
