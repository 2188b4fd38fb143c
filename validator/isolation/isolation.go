// Package isolation inspects uploads in processes of their own, so that a file can end only its own
// inspection. The kernel of inspection ([airlock/validator/inspect]) bounds what an inspector asks for; this
// bounds what it does without asking: one that loops, allocates without end or crashes takes its process
// with it, and nothing else.
//
// All uploads are inspected in one child, the common room. Where that ends, or one in it no longer moves,
// those that may have done it are inspected again one at a time, in a child of their own, the cell; all
// others go on in a new common room. Only what happens in the cell can be a verdict (PROTOCOL 18), and only
// if it was a limit that this upload alone passed, or if it ended two cells in the same way.
//
// A child is the same binary, started by /proc/self/exe, so that one that was replaced does not matter. It
// reads the upload from its parent over pipes. It has no environment, no network and no files but a
// nameless one for what is unpacked, where the kernel lets it give those up (seccomp(2)), and it ends when
// its parent does. On systems other than Linux there are no children: inspection is in the process.
package isolation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"airlock"
	"airlock/validator/inspect"
)

// Settings are what [Start] needs. The zero value is usable.
type Settings struct {
	Log *slog.Logger // nil: none

	// Ended hears of each child that ended while it inspected, and how; nil: nobody does. It must not
	// block.
	Ended func(room, how string)
}

// ErrUnavailable tells that no child could be started or kept alive, for no fault of the upload. Nothing
// was decided: try again later.
var ErrUnavailable = errors.New("inspection is not available")

// Inspector inspects in children. Make one with [Start], end it with Close. It is safe for use by many
// goroutines.
type Inspector struct {
	settings Settings
	limits   Limits
	inside   *inspect.Inspector // where there are no children; else nil

	places chan struct{} // in the common room
	common *room
	cell   *room
	alone  turns // who has one uses the cell

	mu        sync.Mutex
	mistrust  map[string]time.Time // until when a type goes straight to the cell
	deaths    int                  // of children that nobody ended
	closing   chan struct{}
	closeOnce sync.Once
}

// How long a type of which one was convicted goes straight to the cell: the next is likely to be of the
// same maker.
const mistrusted = time.Minute

// Start checks that the limits of this process and its children fit what its cgroup may use, starts the
// common room and waits until it is ready. A stop is by Close.
func Start(ctx context.Context, s Settings) (*Inspector, error) {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Ended == nil {
		s.Ended = func(string, string) {}
	}
	if !possible {
		return &Inspector{inside: inspect.New()}, nil
	}
	limits, err := FitLimits()
	if err != nil {
		return nil, err
	}
	i := &Inspector{
		settings: s, limits: limits, places: make(chan struct{}, together),
		mistrust: map[string]time.Time{}, closing: make(chan struct{}),
	}
	i.common = newRoom(roomSettings{name: commonRoom, memory: limits.Common, heavy: limits.Heavy}, i.childEnded)
	i.cell = newRoom(roomSettings{name: cellRoom, memory: limits.Cell, heavy: 1}, i.childEnded)
	c, err := i.common.child(ctx)
	if err != nil {
		i.Close()
		return nil, fmt.Errorf("start a process to inspect in: %w", err)
	}
	s.Log.Info("inspection has a process of its own", "confined", c.confined, "memory", limits.Common, "heavy_at_once", limits.Heavy)
	return i, nil
}

// together is how many uploads are in the common room at once: each has a cache and some buffers there.
const together = 96

// Close ends all children and waits for them. Inspections under way return an error.
func (i *Inspector) Close() {
	if i.inside != nil {
		return
	}
	i.closeOnce.Do(func() { close(i.closing) })
	i.common.close()
	i.cell.close()
}

// Limits are what this process and its children may use; zero where there are no children.
func (i *Inspector) Limits() Limits { return i.limits }

// Inspect is [inspect.Inspector.Inspect] in a child. An error is trouble of reading, ctx's, or
// [ErrUnavailable]: nothing was decided by it.
func (i *Inspector) Inspect(ctx context.Context, u inspect.Upload) (inspect.Report, error) {
	if i.inside != nil {
		return i.inside.Inspect(ctx, u)
	}
	for range commonTries {
		if i.mistrusted(u.Type) {
			break
		}
		r, e, err := i.inCommon(ctx, u)
		if err != nil || e.how == answered {
			return r, err
		}
		if e.suspect {
			break
		}
	}
	return i.inCell(ctx, u)
}

// commonTries is how often an upload is inspected again in the common room that others ended.
const commonTries = 3

func (i *Inspector) inCommon(ctx context.Context, u inspect.Upload) (inspect.Report, end, error) {
	select {
	case i.places <- struct{}{}:
		defer func() { <-i.places }()
	case <-ctx.Done():
		return inspect.Report{}, end{}, context.Cause(ctx)
	}
	c, err := i.started(ctx, i.common)
	if err != nil {
		return inspect.Report{}, end{}, err
	}
	return c.inspect(ctx, u)
}

// started is a living child of r. One that can't be started is tried again for a while: the system may be
// short of processes or memory for a moment.
func (i *Inspector) started(ctx context.Context, r *room) (*child, error) {
	for try := 0; ; try++ {
		c, err := r.child(ctx)
		switch {
		case err == nil:
			return c, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case try == startTries-1:
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		i.settings.Log.Warn("a process to inspect in can't be started", "room", r.name, "error", err)
		select {
		case <-time.After(100 * time.Millisecond << try):
		case <-i.closing:
			return nil, ErrUnavailable
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

const startTries = 5

// inCell inspects u alone. What becomes of its ends is decided by verdictOf. Uploads of a type of which
// one was convicted come last: most who are suspected have only been there, and are soon done.
func (i *Inspector) inCell(ctx context.Context, u inspect.Upload) (inspect.Report, error) {
	if err := i.ownTurn(ctx, u); err != nil {
		return inspect.Report{}, err
	}
	defer i.alone.give()
	var ends []end
	for {
		before := i.othersEnded()
		c, err := i.started(ctx, i.cell)
		if err != nil {
			return inspect.Report{}, err
		}
		r, e, err := c.inspect(ctx, u)
		if err != nil || e.how == answered {
			c.retire()
			return r, err
		}
		e.besides = i.othersEnded() - before - e.own()
		if i.isClosing() {
			return inspect.Report{}, ErrUnavailable
		}
		ends = append(ends, e)
		decided := verdictOf(ends)
		if decided == convicted && e.how == died && !i.sound(ctx) {
			decided = undecided
		}
		switch decided {
		case convicted:
			i.mistrusts(u.Type)
			i.settings.Log.Error("an inspector could not be stopped but by ending its process: this is a fault of airlock",
				"type", u.Type, "size", u.Size, "how", e.how, "detail", e.detail, "said", e.said)
			return inspect.Report{Checks: []string{"isolation"}, Finding: &airlock.Finding{Reason: airlock.Uninspectable, Detail: e.words()}, Read: e.read}, nil
		case undecided:
			return inspect.Report{}, fmt.Errorf("%w: the process that inspected it ended %d times (%s, %s)", ErrUnavailable, len(ends), e.how, e.detail)
		}
	}
}

// ownTurn waits until the cell is u's.
func (i *Inspector) ownTurn(ctx context.Context, u inspect.Upload) error {
	if u.Aside != nil {
		back, err := u.Aside()
		if err != nil {
			return err
		}
		defer back()
	}
	return i.alone.take(ctx, func() bool { return i.mistrusted(u.Type) })
}

// sound tells whether a new cell can inspect what harms nobody: where even that ends it, it is not the
// upload's doing that others did.
func (i *Inspector) sound(ctx context.Context) bool {
	c, err := i.started(ctx, i.cell)
	if err != nil {
		return false
	}
	const text = "nothing but text\n"
	p := airlock.Profile{Name: "isolation", Types: []string{"text/plain"}, MaxBytes: 1 << 10}.WithDefaults()
	r, e, err := c.inspect(ctx, inspect.Upload{Profile: p, Type: "text/plain", Name: "a.txt", Size: int64(len(text)), Bytes: strings.NewReader(text)})
	return err == nil && e.how == answered && r.Finding == nil
}

func (i *Inspector) mistrusted(mediaType string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return time.Now().Before(i.mistrust[mediaType])
}

func (i *Inspector) mistrusts(mediaType string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mistrust[mediaType] = time.Now().Add(mistrusted)
}

// childEnded hears of the end of each child.
func (i *Inspector) childEnded(room string, e end) {
	if e.how == stopped {
		return
	}
	i.mu.Lock()
	i.deaths += e.own()
	i.mu.Unlock()
	i.settings.Ended(room, string(e.how))
	i.settings.Log.Warn("a process that inspects ended", "room", room, "how", e.how, "detail", e.detail, "said", e.said)
}

// othersEnded counts children that ended by themselves or were ended from outside.
func (i *Inspector) othersEnded() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.deaths
}

func (i *Inspector) isClosing() bool {
	select {
	case <-i.closing:
		return true
	default:
		return false
	}
}
