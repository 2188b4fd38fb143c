package inspect

import (
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zlib"

	"airlock"
)

// checkWord looks at the stream of a document of Word (MS-DOC 2.5.2).
func (c *oleFile) checkWord(p *look) (done bool, err error) {
	fib, err := p.bytes(0, 32)
	if err != nil {
		return false, err
	}
	le := binary.LittleEndian
	switch le.Uint16(fib) {
	case 0xa5ec, 0xa5dc, 0xa697, 0xa698, 0xa699: // Word 97, Word 6, Word 6 of East Asia
	default:
		return false, c.objectTo(airlock.Malformed, "the document does not begin as one of Word")
	}
	if le.Uint16(fib[10:])&0x0100 != 0 {
		return true, c.encrypted("the document is locked with a password")
	}
	if !c.full() {
		return false, nil
	}
	return false, c.searchFields(p)
}

// searchFields looks at the codes of fields (MS-DOC 2.8.25), in characters of one byte or of two.
func (c *oleFile) searchFields(p *look) error {
	at, free, err := p.at.(*oleStream).ordered()
	defer free()
	if err != nil {
		return err
	}
	w := fieldWatch{look: c.look}
	narrow, even, odd := oleFields{w: w, half: -1}, oleFields{w: w, half: -1}, oleFields{w: w, half: -1}
	buf := make([]byte, 32<<10)
	r := io.NewSectionReader(at, 0, p.size)
	for first := 1; ; first = 0 {
		if err := c.step(); err != nil {
			return err
		}
		n, err := io.ReadFull(r, buf)
		if ferr := narrow.narrow(buf[:n]); ferr != nil {
			return ferr
		}
		if ferr := even.wide(buf[:n]); ferr != nil {
			return ferr
		}
		if ferr := odd.wide(buf[min(first, n):n]); ferr != nil {
			return ferr
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF { // the last sector may be cut short
			break
		}
		if err != nil {
			return err
		}
	}
	for _, s := range []*oleFields{&narrow, &even, &odd} {
		if err := s.done(); err != nil {
			return err
		}
	}
	return nil
}

// Records of PowerPoint (MS-PPT 2.13.24).
const (
	pptVBAInfo     = 0x0400
	pptControl     = 0x0fee
	pptInteractive = 0x0ff3
	pptObject      = 0x1011
	pptLink        = 0x0fd7
	pptText        = 0x0fba
)

// checkPowerPoint looks at a presentation: who edited it last says whether it is encrypted (MS-PPT
// 2.3.2), then its records.
func (c *oleFile) checkPowerPoint(p *look) (done bool, err error) {
	if e := c.find("Current User"); e != nil {
		user, err := c.open(e)
		if err != nil {
			return false, err
		}
		head, err := user.upTo(0, 20)
		if err != nil {
			return false, err
		}
		if len(head) >= 16 && binary.LittleEndian.Uint32(head[12:]) == 0xf3d1c4df {
			return true, c.encrypted("the presentation is locked with a password")
		}
	}
	if c.find("EncryptedSummary") != nil {
		return true, c.encrypted("the presentation is locked with a password")
	}
	if !c.full() {
		return false, nil
	}
	return false, c.walkPowerPoint(p)
}

// walkPowerPoint walks the records as they lie: a container's are behind its header.
func (c *oleFile) walkPowerPoint(stream *look) error {
	r, free, err := stream.at.(*oleStream).ordered()
	defer free()
	if err != nil {
		return err
	}
	in := *stream
	in.at = r
	p := &in
	films, link := int64(0), int64(0) // the ends of what names a film, and of the newest link
	for at := int64(0); at+8 <= p.size; {
		var head [8]byte
		if n, err := p.ReadAt(head[:], at); n < len(head) {
			return orEOF(err)
		}
		le := binary.LittleEndian
		version, kind, size := le.Uint16(head[:]), le.Uint16(head[2:]), int64(le.Uint32(head[4:]))
		at += 8
		if size > p.size-at {
			return nil // what follows the last record is no record
		}
		if pptFilms[kind] {
			films = max(films, at+size)
		}
		err := c.checkPPT(p, version, kind, at, size)
		if err == nil && kind == pptText && at < films {
			err = c.checkFilm(p, at, size)
		}
		if err != nil {
			return err
		}
		if kind == pptLink {
			link = at + size
		} else if kind == pptText && at < link {
			if err := c.checkLinkText(p, at, size); err != nil {
				return err
			}
		}
		if version&0xf != 0xf {
			at += size
		}
	}
	return nil
}

func (c *oleFile) checkPPT(p *look, version, kind uint16, at, size int64) error {
	if kind == pptControl != (version&0xf == 0xf) { // it alone is a container
		return nil
	}
	switch kind {
	case pptVBAInfo: // 2.4.11: fHasMacros
		if b, err := p.upTo(at, 12); err != nil || len(b) == 12 && binary.LittleEndian.Uint32(b[4:]) != 0 {
			if err != nil {
				return err
			}
			return c.active("it holds macros")
		}
	case pptControl: // 2.10.10
		return c.active("it holds an ActiveX control")
	case pptInteractive: // 2.8.2: the action
		if b, err := p.upTo(at, 16); err != nil || len(b) == 16 && b[8] == 2 {
			if err != nil {
				return err
			}
			return c.active("a click in it starts a program")
		}
	case artOptions, artOptionsSecond, artOptionsThird:
		if n := int(version >> 4); size >= 6*int64(n) {
			return c.checkOptions(p, at, size, n)
		}
	case pptObject:
		return c.checkObject(p, version>>4, at, size)
	}
	return nil
}

// checkLinkText judges a text of a link (2.10.16): what it shows, where it leads, and the place there.
func (c *oleFile) checkLinkText(p *look, at, size int64) error {
	b, err := p.upTo(at, int(min(size, mostLink)))
	if err != nil {
		return err
	}
	return c.linkTo(wideChars(b, len(b)))
}

// checkObject looks into an object (2.10.34): a compound file, plain or packed by zlib.
func (c *oleFile) checkObject(p *look, instance uint16, at, size int64) error {
	if p.depth >= deepestDocument {
		return c.objectTo(airlock.Bomb, "it is a document in %d others", p.depth)
	}
	if instance == 0 {
		inner := *p
		inner.at, inner.size, inner.depth = io.NewSectionReader(p, at, size), size, p.depth+1
		return tolerant(inner.apart(lookOLE))
	}
	if size < 6 {
		return nil
	}
	z, err := zlib.NewReader(io.NewSectionReader(p, at+4, size-4))
	if err != nil {
		return nil // nobody opens it either
	}
	inner, err := p.piece("an object", c.counted(z))
	if err != nil {
		return tolerant(err)
	}
	defer inner.done()
	inner.depth = p.depth + 1
	return tolerant(inner.apart(lookOLE))
}
