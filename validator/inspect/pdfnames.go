package inspect

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"sort"
)

// pdfNames is a second look besides the parser, which knows nothing of objects: each name that would
// run, wherever it stands in the bytes, is objected to, unless the parser came to exactly that place and
// found it harmless: in a string, a comment or the data of a stream, or as a name that does nothing
// there. So what the parser misses is still found, as long as it is spelled as a name.
type pdfNames struct {
	l    *look
	at   io.ReaderAt
	size int64
	upTo int64 // where the look is
	hits list[pdfHit]
	next int // the first hit that is not settled
	buf  []byte
}

// pdfHit is one such name, in eight bytes since a file may hold millions: where its slash is, which name it
// is, and in the lowest bit whether it is harmless.
type pdfHit int64

const pdfHitBits = 8 // for the name and the last bit; what is left says where in a file of up to 32 PiB

// pdfActiveNames are the keys of pdfActive, by their numbers in hits.
var pdfActiveNames = slices.Sorted(maps.Keys(pdfActive))

func newPDFHit(at int64, name string) pdfHit {
	i, _ := slices.BinarySearch(pdfActiveNames, name)
	return pdfHit(at<<pdfHitBits | int64(i)<<1)
}

func (h pdfHit) at() int64      { return int64(h >> pdfHitBits) }
func (h pdfHit) name() string   { return pdfActiveNames[h&(1<<pdfHitBits-1)>>1] }
func (h pdfHit) harmless() bool { return h&1 != 0 }

func newPDFNames(l *look, at io.ReaderAt, size int64) *pdfNames {
	return &pdfNames{l: l, at: at, size: size}
}

// pdfSpelled is longer than any of the names, each letter in three bytes, and the byte behind.
const pdfSpelled = 64

// pdfNamesBlock is what is looked at at once.
const pdfNamesBlock = 16 << 10

// ahead looks on, at least up to off.
func (n *pdfNames) ahead(off int64) error {
	off = min(off, n.size)
	for n.upTo < off {
		want := min(pdfNamesBlock+pdfSpelled, n.size-n.upTo)
		if int64(cap(n.buf)) < want {
			n.buf = make([]byte, want)
		}
		b := n.buf[:want]
		if m, err := n.at.ReadAt(b, n.upTo); m < len(b) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		limit := len(b)
		if n.upTo+want < n.size {
			limit -= pdfSpelled
		}
		if err := n.block(b, limit); err != nil {
			return err
		}
		n.upTo += int64(limit)
	}
	return nil
}

// within looks at b, which lies at off and is at hand, as ahead would: at least up to pdfSpelled before
// its end.
func (n *pdfNames) within(b []byte, off int64) error {
	limit := int64(len(b))
	if off+limit < n.size {
		limit -= pdfSpelled
	}
	skip := n.upTo - off
	if skip < 0 || skip >= limit {
		return nil
	}
	err := n.block(b[skip:], int(limit-skip))
	n.upTo = off + limit
	return err
}

// skip leaves out what lies before off.
func (n *pdfNames) skip(off int64) {
	n.pardon(0, off)
	n.upTo = max(n.upTo, off)
}

// block finds the names that begin in b[:limit].
func (n *pdfNames) block(b []byte, limit int) error {
	for i := 0; ; i++ {
		j := bytes.IndexByte(b[i:limit], '/')
		if j < 0 {
			return nil
		}
		i += j
		if i+1 == len(b) || !pdfBegins[b[i+1]] {
			continue
		}
		if name := pdfSpells(b[i+1:]); name != "" {
			if n.next == len(n.hits.all) {
				n.hits.all, n.next = n.hits.all[:0], 0
			}
			if err := n.hits.add(n.l, newPDFHit(n.upTo+int64(i), name), 0); err != nil {
				return err
			}
		}
	}
}

// pdfBegins are the bytes that one of the names may begin with.
var pdfBegins = func() (begins [256]bool) {
	for name := range pdfActive {
		begins[name[0]] = true
	}
	begins['#'] = true
	return begins
}()

// pdfSpells is which of the names b, behind a slash, begins with; "" for none.
func pdfSpells(b []byte) string {
	var name [20]byte // longer than any
	n := 0
	for i := 0; i < len(b) && pdfClass[b[i]] == pdfRegular; i++ {
		c := b[i]
		if c == '#' && i+2 < len(b) && hexDigit(int(b[i+1])) >= 0 && hexDigit(int(b[i+2])) >= 0 {
			c = byte(hexDigit(int(b[i+1]))<<4 | hexDigit(int(b[i+2])))
			i += 2
		}
		if c == 0 {
			break
		}
		if n == len(name) {
			return ""
		}
		name[n] = c
		n++
	}
	if _, ok := pdfActive[string(name[:n])]; ok {
		return string(name[:n])
	}
	return ""
}

// pardon makes what was found in [from, to) harmless. The parser names the rule.
func (n *pdfNames) pardon(from, to int64) {
	if n == nil || n.next == len(n.hits.all) {
		return
	}
	hits := n.hits.all[n.next:]
	for i := sort.Search(len(hits), func(i int) bool { return hits[i].at() >= from }); i < len(hits) && hits[i].at() < to; i++ {
		hits[i] |= 1
	}
}

// pending tells whether there is anything to settle.
func (n *pdfNames) pending() bool { return n.next < len(n.hits.all) }

// settle objects to what was found before off and is not harmless: nothing that begins behind can make
// it so.
func (n *pdfNames) settle(off int64) error {
	for ; n.next < len(n.hits.all) && n.hits.all[n.next].at() < off; n.next++ {
		h := n.hits.all[n.next]
		if h.harmless() {
			continue
		}
		comment, err := n.inComment(h.at())
		if err != nil {
			return err
		}
		if !comment {
			return n.l.active("it holds %s (%s)", pdfActive[h.name()], h.name())
		}
	}
	return nil
}

// pdfLine is how long a comment between objects may be.
const pdfLine = 256

// inComment tells whether at stands in a line that is a comment from its beginning, and in which no
// object begins.
func (n *pdfNames) inComment(at int64) (bool, error) {
	from := max(0, at-pdfLine)
	b := make([]byte, at-from)
	if m, err := n.at.ReadAt(b, from); m < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return false, err
	}
	i := bytes.LastIndexAny(b, "\r\n")
	return i >= 0 && i+1 < len(b) && b[i+1] == '%' && !bytes.Contains(b[i:], []byte("obj")), nil
}
