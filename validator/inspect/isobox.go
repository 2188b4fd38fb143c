package inspect

import (
	"encoding/binary"
	"io"
	"slices"

	"airlock"
)

// box is one box of an ISO base media file (ISO/IEC 14496-12, 4.2), which QuickTime calls an atom.
type box struct {
	kind string
	off  int64 // of its header
	body int64 // behind its header
	end  int64
}

func (b box) size() int64 { return b.end - b.body }

// mostBoxes bounds all boxes of a file: an hour of fragments of a second has 4,000 at the top.
const mostBoxes = 200_000

// boxes counts what it goes through, over all levels.
type boxes struct {
	l    *look
	seen int
}

// at reads the header of the box at off, which must end by end. A box of size 0 goes up to end.
func (x *boxes) at(off, end int64) (b box, err error) {
	if err := x.l.step(); err != nil {
		return b, err
	}
	if x.seen++; x.seen > mostBoxes {
		return b, x.l.objectTo(airlock.Uninspectable, "it has more than %d boxes", mostBoxes)
	}
	if end-off < 8 {
		return b, errNoBox
	}
	h, err := x.l.upTo(off, int(min(16, end-off)))
	if err != nil {
		return b, err
	}
	b = box{kind: string(h[4:8]), off: off, body: off + 8}
	for _, c := range h[4:8] {
		if c < 0x20 || c > 0x7e && c != 0xa9 { // QuickTime's own begin with the copyright sign
			return b, errNoBox
		}
	}
	size := int64(binary.BigEndian.Uint32(h))
	switch {
	case size == 0:
		size = end - off
	case size == 1 && len(h) == 16:
		size, b.body = int64(binary.BigEndian.Uint64(h[8:])), off+16
	}
	if size < b.body-off {
		return b, errNoBox
	}
	b.end = off + size
	if size > end-off {
		return b, errCutBox
	}
	return b, nil
}

type boxError string

func (e boxError) Error() string { return string(e) }

const (
	errNoBox  = boxError("what should be a box is none")
	errCutBox = boxError("a box is longer than what it is in")
)

// each visits the boxes from off up to end. A rest that is too short for one, or zero, is left alone,
// as QuickTime ends its lists by a zero.
func (x *boxes) each(off, end int64, visit func(box) error) error {
	for end-off >= 8 {
		b, err := x.at(off, end)
		if err == errNoBox && x.blank(off, end) {
			return nil
		}
		if err != nil {
			return x.broken(b, err)
		}
		if err := visit(b); err != nil {
			return err
		}
		off = b.end
	}
	return nil
}

// blank tells whether nothing but zeros is at off, as far as a box's header would be.
func (x *boxes) blank(off, end int64) bool {
	h, err := x.l.upTo(off, int(min(8, end-off)))
	return err == nil && !slices.ContainsFunc(h, func(c byte) bool { return c != 0 })
}

func (x *boxes) broken(b box, err error) error {
	switch err {
	case errCutBox:
		return malformed(x.l, "its box %.10q is longer than what it is in, or the file is cut off", b.kind)
	case errNoBox:
		return malformed(x.l, "at %d there is no box, but something else", b.off)
	}
	return err
}

// brands are what a file's ftyp box says that it can be read as, the main one first.
func (l *look) brands() (brands []string, end int64, err error) {
	x := &boxes{l: l}
	b, err := x.at(0, l.size)
	if err != nil {
		return nil, 0, x.broken(b, err)
	}
	if b.kind != "ftyp" || b.size() < 8 || b.size() > 4<<10 {
		return nil, 0, malformed(l, "its first box %q with %d bytes does not say what it is", b.kind, b.size())
	}
	p, err := l.bytes(b.body, int(b.size()))
	if err != nil {
		return nil, 0, err
	}
	brands = []string{string(p[:4])}
	for p = p[8:]; len(p) >= 4; p = p[4:] {
		brands = append(brands, string(p[:4]))
	}
	return brands, b.end, nil
}

func hasAny(have []string, want ...string) bool {
	return slices.ContainsFunc(have, func(h string) bool { return slices.Contains(want, h) })
}

// fullBox reads the version and flags of a full box and up to n bytes behind them.
func (l *look) fullBox(b box, n int) (version byte, flags uint32, body []byte, err error) {
	p, err := l.upTo(b.body, int(min(int64(n)+4, b.size())))
	if err != nil {
		return 0, 0, nil, err
	}
	if len(p) < 4 {
		return 0, 0, nil, malformed(l, "its box %.10q is too short", b.kind)
	}
	return p[0], binary.BigEndian.Uint32(p) & 0xffffff, p[4:], nil
}

// numbers are read one after the other; it stops at the first that is not there.
type numbers struct {
	b   []byte
	err error
}

func (n *numbers) take(size int) (v uint64) {
	if n.err != nil || size > len(n.b) {
		n.err = io.ErrUnexpectedEOF
		return 0
	}
	for _, c := range n.b[:size] {
		v = v<<8 | uint64(c)
	}
	n.b = n.b[size:]
	return v
}
