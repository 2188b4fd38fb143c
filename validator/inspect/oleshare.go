package inspect

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
)

// Pictures, films and objects of old documents that lie on a share of another computer.

// oleDrawings are streams that hold shapes of Word and Excel; those of PowerPoint are met by walkPowerPoint.
var oleDrawings = wordSet("worddocument 0table 1table data workbook book")

// Records of drawings (MS-ODRAW 2.2.9, 2.2.10, 2.2.11): properties of shapes, of which there are three kinds.
const (
	artOptions       = 0xf00b
	artOptionsSecond = 0xf121
	artOptionsThird  = 0xf122
)

// checkDrawings looks for the properties of shapes in a stream, wherever they stand. What a record of Excel
// goes on with in another is not put together.
func (c *oleFile) checkDrawings(e *oleEntry) error {
	p, err := c.open(e)
	if err != nil {
		return tolerant(err)
	}
	at, free, err := p.at.(*oleStream).ordered()
	defer free()
	if err != nil {
		return err
	}
	buf := make([]byte, 32<<10)
	for off := int64(0); off < p.size; off += int64(len(buf)) - 8 {
		if err := c.step(); err != nil {
			return err
		}
		n, err := io.ReadFull(io.NewSectionReader(at, off, p.size-off), buf)
		if serr := c.searchOptions(at, off, buf[:n]); serr != nil {
			return serr
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF { // the last sector may be cut short
			return nil
		}
		if err != nil {
			return tolerant(err)
		}
	}
	return nil
}

// searchOptions looks at the properties that begin in b, which lies at off.
func (c *oleFile) searchOptions(at io.ReaderAt, off int64, b []byte) error {
	le := binary.LittleEndian
	for _, kind := range []uint16{artOptions, artOptionsSecond, artOptionsThird} {
		pattern := le.AppendUint16(nil, kind)
		for i := 2; i+6 <= len(b); i += 2 {
			j := bytes.Index(b[i:], pattern)
			if i += j; j < 0 || i+6 > len(b) {
				break
			}
			n, size := le.Uint16(b[i-2:])>>4, int64(le.Uint32(b[i+2:]))
			if b[i-2]&0xf != 3 || n == 0 || size < 6*int64(n) {
				continue
			}
			if err := c.checkOptions(at, off+int64(i)+6, size, int(n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkOptions looks at n properties of a shape (MS-ODRAW 2.3.1): their numbers and values, then what is longer.
func (c *oleFile) checkOptions(at io.ReaderAt, off, size int64, n int) error {
	if err := c.step(); err != nil {
		return err
	}
	fixed := make([]byte, 6*n)
	if got, err := at.ReadAt(fixed, off); got < len(fixed) {
		return tolerant(orEOF(err))
	}
	le := binary.LittleEndian
	linked := false
	for p := fixed; len(p) > 0; p = p[6:] {
		linked = linked || pictureFlags[le.Uint16(p)&0x3fff] && le.Uint32(p[2:])&blipLinked != 0
	}
	if !linked {
		return nil
	}
	at, end := io.NewSectionReader(at, off+int64(len(fixed)), size-int64(len(fixed))), int64(0)
	for p := fixed; len(p) > 0; p = p[6:] {
		id := le.Uint16(p)
		if id&0x8000 == 0 {
			continue
		}
		begin, size := end, int64(le.Uint32(p[2:]))
		if end += size; !pictureNames[id&0x3fff] {
			continue
		}
		long := make([]byte, min(size, 2*mostValue))
		got, err := at.ReadAt(long, begin)
		if err != nil && err != io.EOF {
			return tolerant(err)
		}
		if name := textOfWide(long[:got]); onShare(name) {
			return c.active("a shape in it fetches a picture from the share %.80q", name)
		}
	}
	return nil
}

// Properties that name a picture, one to print, one that fills and a line's, and the flags of each.
var (
	pictureNames = map[uint16]bool{0x105: true, 0x108: true, 0x187: true, 0x1c7: true}
	pictureFlags = map[uint16]bool{0x106: true, 0x109: true, 0x188: true, 0x1c8: true}
)

// textOfWide is a text of characters of two bytes, up to its end or a zero.
func textOfWide(b []byte) string {
	chars := make([]uint16, 0, len(b)/2)
	for ; len(b) > 1 && (b[0] != 0 || b[1] != 0) && len(chars) < mostValue; b = b[2:] {
		chars = append(chars, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(chars))
}

// pptFilms are containers that name a film or a sound by its file (MS-PPT 2.10.5 and following).
var pptFilms = map[uint16]bool{0x1005: true, 0x1006: true, 0x1007: true, 0x100d: true, 0x1010: true}

// checkFilm looks at the name of a film or a sound.
func (c *oleFile) checkFilm(p *look, at, size int64) error {
	b, err := p.upTo(at, int(min(size, 2*mostValue)))
	if err != nil {
		return err
	}
	if name := textOfWide(b); onShare(name) {
		return c.active("it plays a film or a sound from the share %.80q", name)
	}
	return nil
}
