package inspect

import (
	"runtime"
	"slices"
	"testing"

	"airlock"
	"airlock/validator/inspect/corpus"
)

// fuzz inspects whatever it is given as each of the types: no panic, and no bound is left (see within).
// Its seeds are the corpus.
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
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := within(t, inspector, p, mediaType, "fuzz", data)
	runtime.ReadMemStats(&after)
	if after.HeapInuse > before.HeapInuse+256<<20 {
		t.Fatalf("%s grew the heap by %d MiB: %v", mediaType, (after.HeapInuse-before.HeapInuse)>>20, err)
	}
}
