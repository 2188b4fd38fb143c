package isolation

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How a child looks after itself. The parent looks too, from outside and less often.
const (
	looksAtMemory = 5 * time.Millisecond
	looksAtMoves  = 100 * time.Millisecond
	// How long a processor is used for an inspection that asks for nothing until it is suspected, and until it
	// is convicted, alone. Inspectors say that they go on at least once a millisecond, but a block of bzip2
	// takes a tenth of a second, and there are slow machines.
	suspectAfter = time.Second
	convictAfter = 2 * time.Second
)

// Most uploads need some 100 KB, for a moment: with Go's defaults the collector would run for every thirtieth.
// Where one needs more, garbage is not left to double it.
const (
	lazyGC     = 400
	eagerGC    = 40
	muchMemory = 32 << 20
)

// still is how long an inspection has stood still.
type still struct {
	steps uint64
	since time.Time
	used  time.Duration // by the process, then
}

// look tells the parent, who then ends this process, that an inspection does not move or that all take too
// much memory. In the second case it stops here and now, before the system has none left.
func (w *inside) look(memory int64) {
	moves, eager := time.Now(), false
	debug.SetGCPercent(lazyGC)
	for range time.Tick(looksAtMemory) {
		if w.idle() {
			continue
		}
		now := inUse()
		if e := now > muchMemory; e != eager {
			if eager = e; eager {
				debug.SetGCPercent(eagerGC)
			} else {
				debug.SetGCPercent(lazyGC)
			}
		}
		if memory > 0 && now > memory {
			running := w.running()
			_ = w.to.send(tellMemory, 0, func(b []byte) []byte { return appendNumbers(b, running) })
			stopHere()
		}
		if time.Since(moves) < looksAtMoves {
			continue
		}
		moves = time.Now()
		_ = w.to.send(tellWorking, 0, nil)
		if stuck := w.stuck(moves, processTime()); len(stuck) > 0 {
			_ = w.to.send(tellStuck, 0, func(b []byte) []byte { return appendNumbers(b, stuck) })
		}
	}
}

func (w *inside) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.jobs) == 0
}

// running are those that don't wait for anything.
func (w *inside) running() (ids []uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, j := range w.jobs {
		if !j.progress.Waiting() {
			ids = append(ids, id)
		}
	}
	return ids
}

// stuck are those that have stood still for long, while the process used a processor for as long: it was
// not the machine that stood still.
func (w *inside) stuck(now time.Time, used time.Duration) (ids []uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, j := range w.jobs {
		if steps := j.progress.Steps(); steps != j.still.steps || j.still.since.IsZero() || j.progress.Waiting() {
			j.still = still{steps, now, used}
		} else if now.Sub(j.still.since) > w.patience && used-j.still.used > w.patience {
			ids = append(ids, id)
		}
	}
	return ids
}

// inUse is how many bytes Go has of the system.
func inUse() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64())
}
