package inspect

import (
	"slices"

	"airlock"
)

// packedObjects judges an unpacked object stream whose table of n objects ends at first; -1: it has none.
func (d *pdfFile) packedObjects(piece *look, first, n int64) error {
	p := newPDFParser(d, newPDFCursor(piece, piece.size))
	names := newPDFNames(d.l, piece, piece.size)
	p.names = names
	known := len(d.suspects.all)
	d.packedNumber = -1
	d.starts.all = d.starts.all[:0]
	for p.skipSpace(); p.peek() >= 0; p.skipSpace() {
		if err := d.starts.add(d.l, p.tell(), 0); err != nil {
			return err
		}
		if err := d.packedObject(p); err != nil {
			return err
		}
		if err := names.settle(p.tell()); err != nil {
			return err
		}
	}
	if p.err != nil {
		return p.err
	}
	if err := names.settle(piece.size); err != nil {
		return err
	}
	p.names = nil
	if first < 0 {
		return nil
	}
	return d.packedOffsets(p, newPDFCursor(piece, piece.size), pdfTable{first, n, known, len(d.suspects.all)})
}

// packedObject judges the value where p is.
func (d *pdfFile) packedObject(p *pdfParser) error {
	d.objectAt = -1 - p.tell() // whose number the table tells
	_, err := p.object(true)
	return err
}

// pdfTable is that of an object stream: numbers of objects, and where they lie behind first.
type pdfTable struct {
	first, n   int64
	known, end int // the suspects of this stream
}

// packedOffsets reads the values that the table points to and that begin nowhere else.
func (d *pdfFile) packedOffsets(p *pdfParser, c *pdfCursor, t pdfTable) error {
	seen := int64(0)
	for i := int64(0); ; i++ {
		if err := d.l.step(); err != nil {
			return err
		}
		number, offset, ok := c.pair(t.first)
		switch {
		case c.err != nil:
			return c.err
		case !ok && c.from < t.first && (i < t.n || t.n < 0): // readers differ in what a word there is
			return d.l.objectTo(airlock.Uninspectable, "it has objects in a stream whose table holds more than numbers")
		case !ok:
			return nil
		case offset < 0 || offset > p.size-t.first:
			continue
		}
		p.seek(t.first + offset)
		p.skipSpace()
		at := p.tell()
		if _, known := slices.BinarySearch(d.starts.all, at); !known && p.peek() >= 0 {
			d.packedNumber = number
			if err := d.packedObject(p); err != nil {
				return err
			}
			if seen += p.tell() - at; seen > 2*p.size+1<<20 {
				return d.l.objectTo(airlock.Uninspectable, "its objects lie in one another")
			}
		}
		numbered(d.suspects.all[t.known:t.end], -1-at, number)
	}
}

// pair reads two numbers that begin before end.
func (c *pdfCursor) pair(end int64) (number, offset int64, ok bool) {
	c.skipSpace()
	if c.from = c.tell(); c.from >= end || c.token() != pdfNumber {
		return 0, 0, false
	}
	number = c.number
	c.skipSpace()
	if c.from = c.tell(); c.from >= end || c.token() != pdfNumber {
		return 0, 0, false
	}
	return number, c.number, true
}
