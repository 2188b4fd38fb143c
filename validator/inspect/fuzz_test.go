package inspect

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"airlock"
	machine "airlock/internal/pace" // this package has a pace of its own
	"airlock/validator/inspect/corpus"
)

// fuzz inspects whatever it is given as each of the types: no panic, no more than 10 s of a processor,
// no more than 256 MiB. Its seeds are the corpus.
func fuzz(f *testing.F, types ...string) {
	for _, c := range corpus.All() {
		if !slices.Contains(types, c.Type) {
			continue
		}
		if data := c.Make(); len(data) < 64<<10 {
			f.Add(data)
		}
	}
	inspector := New()
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, mediaType := range types {
			for _, depth := range []string{"full", "header"} {
				fuzzOne(t, inspector, mediaType, depth, data)
			}
		}
	})
}

func fuzzOne(t *testing.T, inspector *Inspector, mediaType, depth string, data []byte) {
	p := airlock.Profile{Name: "fuzz", Types: []string{mediaType}, MaxBytes: 1 << 30, Inspect: depth}.WithDefaults()
	p.Limits.MaxUnpackedBytes = 64 << 20
	fam, ok := familyOf(mediaType)
	if !ok {
		t.Fatalf("nothing looks at %s", mediaType)
	}
	u := Upload{Profile: p, Type: mediaType, Size: int64(len(data)), Bytes: bytes.NewReader(data)}
	w := newWork(context.Background(), inspector, u)
	defer w.end()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	err := fam.look(w.whole(u)) // not safely: a panic is what is looked for
	runtime.ReadMemStats(&after)
	if used := time.Since(began); used > 10*time.Second && used > machine.Scaled(10*time.Second) { // measured only then
		t.Fatalf("%s took %s: %v", mediaType, used, err)
	}
	if after.HeapInuse > before.HeapInuse+256<<20 {
		t.Fatalf("%s grew the heap by %d MiB", mediaType, (after.HeapInuse-before.HeapInuse)>>20)
	}
}
