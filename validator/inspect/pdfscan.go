package inspect

import "bytes"

// pdfMarks are what is looked for in the raw bytes.
var pdfMarks = [...][]byte{[]byte("obj"), []byte("endstream"), []byte("trailer"), []byte("%%EOF")}

// pdfEndMark is where endstream is among them.
const pdfEndMark = 1

// pdfScan is one way through the file.
type pdfScan struct {
	object func(at int64) error // called at each word obj, at its first byte
	judge  bool                 // trailers, ends and names, too
}

// scan goes through the file. Only the first and the last 64 KiB are looked at where the profile says
// header.
func (d *pdfFile) scan(s pdfScan) error {
	const overlap = 16 + pdfSpelled // longer than a mark and what stands around it
	buf := make([]byte, min(blockBytes, d.l.size))
	for off := int64(0); off < d.l.size; {
		b := buf[:min(int64(len(buf)), d.l.size-off)]
		if n, err := d.l.ReadAt(b, off); n < len(b) {
			return err
		}
		last := off+int64(len(b)) == d.l.size
		limit := len(b) - overlap
		if last {
			limit = len(b)
		}
		skip := 0
		if off > 0 {
			skip = 1 // a byte before, to look at
		}
		if err := d.scanBlock(s, b, off, skip, limit); err != nil {
			return err
		}
		if last {
			return nil
		}
		off += int64(limit) - 1
		if next := d.l.size - blockBytes; !d.l.full() && next > off {
			off = next
			d.names.skip(off)
			d.streamAt = off // it may be one
		}
	}
	return nil
}

// scanBlock finds the marks that begin in b[skip:limit], which lies at off, in their order.
func (d *pdfFile) scanBlock(s pdfScan, b []byte, off int64, skip, limit int) error {
	if s.judge {
		if err := d.names.within(b, off); err != nil {
			return err
		}
		if err := d.names.ahead(off + int64(limit)); err != nil {
			return err
		}
	}
	next := [len(pdfMarks)]int{}
	for m := range next {
		next[m] = limit
		if m == 0 || s.judge && m != pdfEndMark {
			next[m] = pdfNextMark(b, m, skip, limit)
		}
	}
	end := pdfStreamEnd{at: -1}
	for at := skip; ; {
		next[pdfEndMark] = limit
		if s.judge && d.streamAt >= 0 { // it matters in a stream only
			next[pdfEndMark] = end.next(b, int(max(int64(at), d.streamAt-off)), limit)
		}
		m := 0
		for i := range next {
			if next[i] < next[m] {
				m = i
			}
		}
		at = next[m]
		if s.judge && d.names.pending() {
			if err := d.pass(off + int64(at)); err != nil {
				return err
			}
		}
		if at == limit {
			return nil
		}
		if err := d.mark(s, m, b, at, off); err != nil {
			return err
		}
		if at += len(pdfMarks[m]); m == pdfEndMark {
			continue
		}
		next[m] = pdfNextMark(b, m, at, limit)
	}
}

// pdfNextMark is where the mark m comes next in b[from:limit]; limit for nowhere.
func pdfNextMark(b []byte, m, from, limit int) int {
	if from < limit {
		if j := bytes.Index(b[from:], pdfMarks[m]); j >= 0 {
			return min(from+j, limit)
		}
	}
	return limit
}

// pdfStreamEnd is the endstream that comes next behind from, in one block: each byte is searched once.
type pdfStreamEnd struct{ from, at int }

func (e *pdfStreamEnd) next(b []byte, from, limit int) int {
	switch {
	case from >= limit:
		return limit
	case e.at < from:
		e.at = pdfNextMark(b, pdfEndMark, from, limit)
		e.from = from
	case from < e.from: // an object in another, whose data begin sooner
		if i := bytes.Index(b[from:min(e.from+len(pdfMarks[pdfEndMark])-1, len(b))], pdfMarks[pdfEndMark]); i >= 0 {
			e.at = from + i
		}
		e.from = from
	}
	return min(e.at, limit)
}

// pass is called when the scan comes to off, before anything that begins there: names up to there are
// harmless in the data of a stream, as pages and pictures hold them. Nothing else may make them so later.
func (d *pdfFile) pass(off int64) error {
	if d.streamAt >= 0 && off > d.streamAt {
		d.names.pardon(d.streamAt, off)
	}
	return d.names.settle(off)
}

// mark judges the mark m at b[i]. A word obj begins an object where a number may end before it, and other
// letters obj end a stream, too: there, the look at names does not trust what stands around them.
func (d *pdfFile) mark(s pdfScan, m int, b []byte, i int, off int64) error {
	at := off + int64(i)
	behind := i + len(pdfMarks[m])
	isWord := behind == len(b) || pdfClass[b[behind]] != pdfRegular
	switch {
	case m == 0 && (i == 0 || isLetter(b[i-1])): // endobj
	case m == 0:
		d.leave(at)
		if isWord && pdfBeforeObj[b[i-1]] {
			return s.object(at)
		}
	case m == pdfEndMark:
		d.leave(at)
	case !s.judge:
	case m == 2 && isWord:
		return d.trailer(at + int64(len("trailer")))
	case m == 3:
		d.lastEnd = max(d.lastEnd, at+int64(len("%%EOF")))
		return d.behind(b[behind:])
	}
	return nil
}

// pdfBeforeObj are the bytes that the word obj may stand behind: blanks, and what numbers end with.
var pdfBeforeObj = func() (before [256]bool) {
	for b, class := range pdfClass {
		before[b] = class == pdfSpace || class == pdfOddSpace
	}
	for _, b := range "0123456789.-+" {
		before[b] = true
	}
	return before
}()

// leave ends the stream that the scan is in.
func (d *pdfFile) leave(at int64) {
	if at >= d.streamAt {
		d.streamAt = -1
	}
}
