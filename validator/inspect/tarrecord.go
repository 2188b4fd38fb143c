package inspect

import (
	"bytes"
	"io"
)

// tarRecord is what tar writes at once: 20 blocks, unless it is told otherwise.
const tarRecord = 20 * tarBlock

// leftover tells whether rest, which is all that follows, is what the record before has at the same
// place: Ant and other old writers in Java end an archive with a buffer that they don't clear.
func (t *tarWalk) leftover(rest []byte) (bool, error) {
	n := int64(len(rest))
	if t.from == nil {
		return n < tarRecord && t.past.total%tarRecord == 0 && bytes.Equal(rest, t.past.before(len(rest))), nil
	}
	off, err := t.at()
	if err != nil || n == tarRecord || off != t.l.size || off%tarRecord != 0 || off < 2*tarRecord {
		return false, err
	}
	before, err := t.l.bytes(off-tarRecord-n, len(rest))
	return bytes.Equal(rest, before), err
}

// past remembers the last two records of what is read through it.
type past struct {
	r     io.Reader
	total int64
	last  []byte
}

func (p *past) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.total += int64(n)
	p.last = append(p.last, b[max(0, n-2*tarRecord):n]...)
	if more := len(p.last) - 2*tarRecord; more > 2*tarRecord {
		p.last = append(p.last[:0], p.last[more:]...)
	}
	return n, err
}

// before is what lies a record before the last n bytes; nil where nothing does.
func (p *past) before(n int) []byte {
	from := len(p.last) - tarRecord - n
	if from < 0 {
		return nil
	}
	return p.last[from : from+n]
}
