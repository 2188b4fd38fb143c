package inspect

import (
	"sync/atomic"
	"time"
)

// clock tells how long an inspection used a processor since it was asked last. Up to a millisecond that
// is what went by. Of more it believes only as much as the whole process used, so that a machine that was
// suspended, or that gave its processors to others, costs no upload its verdict: yet a step of an
// inspector that takes a minute counts a minute.
type clock struct {
	shared  *processClock
	at      time.Time     // when it was asked last
	process time.Duration // what the process had used when that was looked up last
	counted time.Duration // since then
}

// processClock is what the process used, as far as it must be known: to ask the system takes as long as
// looking at a small picture.
type processClock struct{ last atomic.Pointer[sample] }

type sample struct {
	at   time.Time
	used time.Duration
}

// about is at most a millisecond old.
func (p *processClock) about(now time.Time) time.Duration {
	if s := p.last.Load(); s != nil && now.Sub(s.at) < trusted && now.Sub(s.at) >= 0 {
		return s.used
	}
	return p.exactly(now)
}

func (p *processClock) exactly(now time.Time) time.Duration {
	used := processTime()
	p.last.Store(&sample{now, used})
	return used
}

// trusted is the longest step that is believed without asking what the process used.
const trusted = time.Millisecond

// used is the time since it was asked last, or begun again.
func (c *clock) used(now time.Time) time.Duration {
	passed := max(0, now.Sub(c.at))
	c.at = now
	if passed > trusted {
		process := c.shared.exactly(now)
		passed = min(passed, max(0, process-c.process-c.counted))
		c.process, c.counted = process, 0
		return passed
	}
	c.counted += passed
	return passed
}

// restart leaves out what went by until now: the inspection waited.
func (c *clock) restart(now time.Time) {
	c.at, c.process, c.counted = now, c.shared.about(now), 0
}
