package inspect

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/gzip"

	"airlock"
)

func FuzzGzip(f *testing.F) { fuzz(f, "application/gzip") }

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
	r, _ := judged(t, "application/gzip", "", b.Bytes(), nil)
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
	r, n := judged(t, "application/gzip", "", b.Bytes(), func(p *airlock.Profile) { p.Inspect = "header" })
	if r.Finding != nil || n > blockBytes {
		t.Errorf("%d bytes read, %+v", n, r.Finding)
	}
}
