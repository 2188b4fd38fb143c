package inspect

import (
	"bytes"
	"testing"

	"airlock/validator/inspect/corpus"
)

// BenchmarkInspect is each honest case: bytes a second, and allocations.
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
