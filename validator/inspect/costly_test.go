package inspect

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"airlock/validator/inspect/corpus"
)

// mostHeap is what an inspection may really take, which is more than what it is seen to keep: its cache,
// buffers, what its libraries need, and the pieces of the heap that are not used.
const mostHeap = memoryOfOne + 12<<20

// What is made to cost the most costs no more than it may, and takes no more of the heap: what is kept
// without being held shows here. Each family has such files.
func TestTheCostliestFilesCostWhatTheyMay(t *testing.T) {
	if raced {
		t.Skip("the race detector costs ten times as much, and they are looked at by one goroutine: run without -race")
	}
	guarded := map[string]bool{}
	defer debug.SetGCPercent(debug.SetGCPercent(15)) // so that what is live is known all the time
	for _, c := range corpus.Costly() {
		if f, ok := familyOf(c.Type); ok {
			guarded[f.name] = true
		}
		data := c.Make()
		p := c.Profile()
		inspector := New()
		runtime.GC()
		before := live()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = within(t, inspector, p, c.Type, c.Name, data)
		}()
		peak := before
		for inspecting := true; inspecting; {
			select {
			case <-done:
				inspecting = false
			case <-time.After(time.Millisecond):
			}
			peak = max(peak, live())
		}
		if peak-before > mostHeap {
			t.Errorf("%s: %d MiB of the heap, more than %d", c.Name, (peak-before)>>20, mostHeap>>20)
		}
	}
	for _, f := range families() {
		if !guarded[f.name] {
			t.Errorf("no file of corpus.Costly is of the family %s", f.name)
		}
	}
}

// live is what the collector found alive when it looked last.
func live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
