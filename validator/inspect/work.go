package inspect

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"airlock"
)

// The bounds of one inspection, and of all of a process (SECURITY VAL-5). They are the kernel's: no
// inspector can leave them by what it forgets, but that of memory by keeping without a list or a table.
const (
	memoryOfOne = 32 << 20 // bytes that one inspection may hold beyond its cache
	heavyAtOnce = 4        // inspections may hold so much: who needs more than a little waits
	longest     = 10 * time.Second
	perSecond   = 32 << 20 // and a second more for each so many bytes of the upload, which an honest archive takes
)

// mayAsk is how many blocks of the store the inspection of an upload of size bytes may ask for: each is a
// request where it does not follow the one before. Honest files need two passes at most; see
// docs/inspection.md.
func mayAsk(size int64) int64 { return 64 + 4*(size/blockBytes) }

// mayFetch is how many bytes that may be. It leaves room for blocks that become larger.
func mayFetch(size int64) int64 { return 64<<20 + 4*size }

// timeFor is how long a processor may be used for it.
func timeFor(size int64) time.Duration { return longest + time.Duration(size/perSecond)*time.Second }

// work is one inspection: its bounds, and what was seen. It holds a context because io.ReaderAt takes
// none.
type work struct {
	ctx     context.Context
	shared  *Inspector
	profile airlock.Profile
	limits  airlock.Limits // with defaults
	content airlock.Content
	cache   cache

	name     string        // of the upload, for its extension
	mayUse   time.Duration // of a processor
	used     time.Duration
	clock    clock
	began    time.Time
	sliced   time.Time      // when it got a processor; zero: it needs no permission yet
	held     int64          // bytes of memory that it holds of its own
	most     int64          // that it held at once
	admitted bool           // it has its share of memoryOfAll
	spools   map[File]int64 // what lies in files, and how many bytes
	fetching bool
	progress *Progress // never nil

	trouble error // the first error of reading: it outlives what a parser makes of it
	stopped error // the first bound that was hit
}

func newWork(ctx context.Context, i *Inspector, u Upload) *work {
	w := &work{
		ctx: ctx, shared: i, profile: u.Profile, limits: withDefaults(u.Profile.Limits), name: u.Name,
		mayUse: timeFor(u.Size), began: time.Now(), spools: map[File]int64{}, progress: u.Progress,
	}
	if w.progress == nil {
		w.progress = &Progress{}
	}
	w.clock.shared = i.clock
	w.clock.restart(w.began)
	w.cache = cache{from: u.Bytes, size: u.Size, mayAsk: mayAsk(u.Size), mayFetch: mayFetch(u.Size)}
	return w
}

func (w *work) whole(u Upload) *look { return &look{work: w, at: w, size: u.Size, mediaType: u.Type} }

// end gives back all that w has.
func (w *work) end() {
	w.leave()
	w.cache.free()
	if w.admitted {
		w.shared.memory.Release(memoryOfOne)
	}
	for f := range w.spools {
		f.Close()
	}
}

// ReadAt reads the upload through its cache. Waiting for the store is not counted.
func (w *work) ReadAt(p []byte, off int64) (n int, err error) {
	if err := w.step(); err != nil {
		return 0, err
	}
	n, err = w.cache.readAt(p, off, func(fetch func() error) error {
		if w.cache.asked == w.cache.mayAsk || w.cache.read >= w.cache.mayFetch {
			return w.stop(object(airlock.Uninspectable, "it takes more than %d reads of it to look at", w.cache.mayAsk))
		}
		w.leave()
		w.fetching = true
		err := w.waits(fetch)
		w.fetching = false
		return err
	})
	if err != nil && !errors.Is(err, io.EOF) && w.trouble == nil && w.stopped == nil {
		w.trouble = err
	}
	return n, err
}

// hash reads all of an upload of size bytes, once more than its inspector may.
func (w *work) hash(size int64) (string, error) {
	w.cache.mayAsk += size/blockBytes + 1
	w.cache.mayFetch += size
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{io.NewSectionReader(w, 0, size)}, make([]byte, blockBytes)); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// step counts the time that was used and stops what takes too long. Whoever loops without reading
// calls it at least once a millisecond; it costs about 50 ns.
func (w *work) step() error {
	if w.trouble != nil {
		return w.trouble
	}
	if w.stopped != nil {
		return w.stopped
	}
	w.progress.steps.Add(1)
	now := time.Now()
	w.used += w.clock.used(now)
	switch {
	case w.used > w.mayUse:
		return w.stop(object(airlock.Uninspectable, "it takes longer than %s to look at", w.mayUse))
	case w.used < lightly:
		return nil
	case w.sliced.IsZero() || now.Sub(w.sliced) > slice:
		w.leave()
		err := w.waits(func() error { return w.shared.pace.enter(w.ctx, w.began, w.used) })
		if err != nil {
			w.trouble = err
			return err
		}
		w.sliced = time.Now()
	}
	return nil
}

// waits calls wait, whose time is not counted.
func (w *work) waits(wait func() error) error {
	w.progress.waiting.Store(true)
	err := wait()
	w.progress.waiting.Store(false)
	w.progress.steps.Add(1)
	w.clock.restart(time.Now())
	return err
}

// leave lets others have the processor.
func (w *work) leave() {
	if !w.sliced.IsZero() {
		w.shared.pace.leave()
		w.sliced = time.Time{}
	}
}

// stop ends the inspection with an objection that no parser can swallow.
func (w *work) stop(err error) error {
	if w.stopped == nil {
		w.stopped = err
	}
	return w.stopped
}

// lightMemory is what an inspection may hold without asking.
const lightMemory = 256 << 10

// hold asks for n more bytes of memory, before they are used. It waits where others hold too much.
func (w *work) hold(n int64) error {
	w.held += n
	w.most = max(w.most, w.held)
	switch {
	case w.held > memoryOfOne:
		return w.stop(object(airlock.Uninspectable, "it takes more than %d MiB of memory to look at", memoryOfOne>>20))
	case w.held <= lightMemory:
		return nil
	}
	return w.admit()
}

// admit waits until few enough others hold much memory, or files.
func (w *work) admit() error {
	if w.admitted {
		return nil
	}
	w.leave()
	if err := w.waits(func() error { return w.shared.memory.Acquire(w.ctx, memoryOfOne) }); err != nil {
		w.trouble = err
		return err
	}
	w.admitted = true
	return nil
}

// release gives back n bytes that were held.
func (w *work) release(n int64) { w.held -= n }

// scoped gives back all that look kept: it looks at a piece of the content by itself.
func (w *work) scoped(look func() error) error {
	before := w.held
	err := look()
	w.held = before
	return err
}

// unpacked counts n bytes that came out of something packed.
func (w *work) unpacked(n int64) error {
	w.content.UnpackedBytes += n
	if w.content.UnpackedBytes > w.limits.MaxUnpackedBytes {
		return w.stop(object(airlock.Bomb, "it unpacks to more than %d bytes", w.limits.MaxUnpackedBytes))
	}
	return w.step()
}
