package inspect

import (
	"bytes"
	"testing"

	"airlock/validator/inspect/corpus"
)

// BenchmarkLarge is one large file of each costly family: how many of its bytes a second.
func BenchmarkLarge(b *testing.B) {
	inspector := New()
	seen := map[string]bool{}
	for _, u := range crowd(b) {
		if seen[u.Type] {
			continue
		}
		seen[u.Type] = true
		b.Run(short(u.Type), func(b *testing.B) {
			b.SetBytes(u.Size)
			b.ReportAllocs()
			for b.Loop() {
				if r, err := inspector.Inspect(b.Context(), u); err != nil || r.Finding != nil {
					b.Fatal(r.Finding, err)
				}
			}
		})
	}
}

// BenchmarkInspect is each honest case, which are small: what it costs to begin.
func BenchmarkInspect(b *testing.B) {
	inspector := New()
	for _, c := range corpus.All() {
		if c.Want != "" {
			continue
		}
		data := c.Make()
		u := Upload{Profile: c.Profile(), Type: c.Type, Name: c.Name, Size: int64(len(data)), Bytes: bytes.NewReader(data)}
		b.Run(c.Name, func(b *testing.B) {
			b.SetBytes(u.Size)
			b.ReportAllocs()
			for b.Loop() {
				if r, err := inspector.Inspect(b.Context(), u); err != nil || r.Finding != nil {
					b.Fatal(r.Finding, err)
				}
			}
		})
	}
}
