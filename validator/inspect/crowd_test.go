package inspect

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"image"
	pngs "image/png"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"airlock"
	dev "airlock/infra/dev/samples"
	"airlock/validator/inspect/corpus"
)

// crowd are 64 uploads of the costliest kind that each family knows: large, and looked at to the end.
func crowd(tb testing.TB) []Upload {
	tb.Helper()
	words := prose(2 << 20)
	kinds := map[string][]byte{
		"application/gzip":  zipped(words, 6),
		"application/x-tar": append(tarOf("a.txt", words), make([]byte, 1024)...),
		"image/png":         noisyPNG(tb, 2000, 1500),
		"image/jpeg":        longJPEG(4 << 20),
		"application/json":  []byte("[" + strings.TrimSuffix(strings.Repeat(`{"a":[1,2,{"b":"c"}]},`, 1<<18), ",") + "]"),
		"application/xml":   []byte("<a>" + strings.Repeat("<b c='d'>e</b>", 1<<18) + "</a>"),
		"image/svg+xml":     []byte(`<svg xmlns="http://www.w3.org/2000/svg">` + strings.Repeat("<g><path d='M0 0'/></g>", 1<<18) + "</svg>"),
		"text/plain":        words,
		"text/csv":          []byte(strings.Repeat("1,2,\"three\",=A1+4\n", 1<<18)),
		"application/zip":   archived(tb, map[string][]byte{"a.txt": words, "b.txt": words, "c.txt": words, "d.txt": words}),
		wordType:            longDocument(tb, 1<<15),
		"application/pdf":   manyObjects(1 << 16),
	}
	var all []Upload
	for mediaType, data := range kinds {
		if _, ok := familyOf(mediaType); !ok {
			tb.Fatalf("nothing looks at %s", mediaType)
		}
		p := airlock.Profile{Name: "crowd", Types: []string{mediaType}, MaxBytes: 1 << 30}.WithDefaults()
		all = append(all, Upload{Profile: p, Type: mediaType, Size: int64(len(data)), Bytes: bytes.NewReader(data)})
	}
	slices.SortFunc(all, func(a, b Upload) int { return strings.Compare(a.Type, b.Type) })
	for n := 0; len(all) < 64; n++ {
		all = append(all, all[n])
	}
	return all
}

// inspectAll inspects all of them at once, so many times.
func inspectAll(ctx context.Context, i *Inspector, all []Upload, times int) (wait func()) {
	var group sync.WaitGroup
	for _, u := range all {
		group.Go(func() {
			for n := 0; n < times && ctx.Err() == nil; n++ {
				_, _ = i.Inspect(ctx, u)
			}
		})
	}
	return group.Wait
}

// All inspections of a process share one budget: 64 of the costliest at once need no more than a few.
func TestSixtyFourOfTheCostliestStayWithinTheBudget(t *testing.T) {
	all := crowd(t)
	inspector := New()
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	wait := inspectAll(t.Context(), inspector, all, 1)
	done := make(chan struct{})
	go func() {
		wait()
		close(done)
	}()
	peak := before.HeapAlloc
	for inspecting := true; inspecting; {
		runtime.GC() // what is garbage is not held
		runtime.ReadMemStats(&now)
		peak = max(peak, now.HeapAlloc)
		select {
		case <-done:
			inspecting = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	budget := uint64(heavyAtOnce*memoryOfOne + 64*blocks*blockBytes)
	t.Logf("%d MiB of %d", (peak-before.HeapAlloc)>>20, budget>>20)
	if peak-before.HeapAlloc > budget {
		t.Errorf("%d MiB of memory, more than the budget of %d", (peak-before.HeapAlloc)>>20, budget>>20)
	}
}

// BenchmarkPicture is an honest picture that is inspected alone, and beside 64 of the costliest.
func BenchmarkPicture(b *testing.B) {
	data := dev.LargePNG(50 << 10)
	p := airlock.Profile{Name: "image", Types: []string{"image/png"}, MaxBytes: 1 << 30}.WithDefaults()
	u := Upload{Profile: p, Type: "image/png", Size: int64(len(data)), Bytes: bytes.NewReader(data)}
	inspector := New()
	measure := func(b *testing.B) {
		var all []time.Duration
		for b.Loop() {
			began := time.Now()
			if r, err := inspector.Inspect(b.Context(), u); err != nil || r.Finding != nil {
				b.Fatal(r.Finding, err)
			}
			all = append(all, time.Since(began))
			time.Sleep(time.Millisecond) // they come one by one
		}
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), "us-p50")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "us-p99")
	}
	b.Run("alone", measure)
	b.Run("beside 64", func(b *testing.B) {
		ctx, cancel := context.WithCancel(b.Context())
		wait := inspectAll(ctx, inspector, crowd(b), math.MaxInt)
		defer wait()
		defer cancel()
		measure(b)
	})
}

// prose is n bytes that deflate packs to about a third.
func prose(n int) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 5000)
	for i := range words {
		word := make([]byte, 2+rnd.IntN(8))
		for j := range word {
			word[j] = byte('a' + rnd.IntN(26))
		}
		words[i] = string(word)
	}
	var b bytes.Buffer
	for b.Len() < n {
		fmt.Fprintf(&b, "%s ", words[rnd.IntN(len(words))])
	}
	return b.Bytes()[:n]
}

// zipped is data many times over in one gzip file.
func zipped(data []byte, times int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range times {
		if _, err := z.Write(data); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// tarOf is an archive of one file, without its end.
func tarOf(name string, data []byte) []byte {
	h := make([]byte, tarBlock)
	copy(h, name)
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x00%011o\x00        0", len(data), 0))
	copy(h[257:], "ustar\x0000")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return append(append(h, data...), make([]byte, -len(data)&(tarBlock-1))...)
}

// longJPEG is a picture with n bytes of one more scan, which is all stuffing.
func longJPEG(n int) []byte {
	b := dev.JPEG()
	return slices.Concat(b[:len(b)-2], bytes.Repeat([]byte{0xff, 0}, n/2), b[len(b)-2:])
}

// archived is a zip archive of these files.
func archived(tb testing.TB, files map[string][]byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(files[name])
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

const wordType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// longDocument is a plain document with so many paragraphs.
func longDocument(tb testing.TB, paragraphs int) []byte {
	tb.Helper()
	i := slices.IndexFunc(corpus.All(), func(c corpus.Case) bool { return c.Type == wordType && c.Want == "" })
	plain := corpus.All()[i].Make()
	z, err := zip.NewReader(bytes.NewReader(plain), int64(len(plain)))
	if err != nil {
		tb.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			tb.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			tb.Fatal(err)
		}
	}
	const main = "word/document.xml"
	files[main] = bytes.Replace(files[main], []byte("</w:body>"), []byte(strings.Repeat("<w:p><w:r><w:t>All work and no play</w:t></w:r></w:p>", paragraphs)+"</w:body>"), 1)
	return archived(tb, files)
}

// noisyPNG is a picture that deflate can't make small.
func noisyPNG(tb testing.TB, width, height int) []byte {
	tb.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	_, _ = rand.NewChaCha8([32]byte{3}).Read(picture.Pix)
	var b bytes.Buffer
	if err := (&pngs.Encoder{CompressionLevel: pngs.BestSpeed}).Encode(&b, picture); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// manyObjects is a PDF of n small objects.
func manyObjects(n int) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n")
	for i := range n {
		fmt.Fprintf(&b, "%d 0 obj\n<</A/B/C[1 2 3]/D(text)>>\nendobj\n", i+3)
	}
	b.WriteString("trailer\n<</Root 1 0 R/Size 3>>\nstartxref\n0\n%%EOF\n")
	return b.Bytes()
}
