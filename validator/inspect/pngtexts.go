package inspect

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/flate"

	"airlock"
)

const (
	textBytes    = 64 << 10 // what is looked at of a text
	textUnpacked = 16 << 20 // libpng takes no ancillary chunk that unpacks to more than 8 MB
)

// ancillary looks at what a PNG may leave out. Its checksum may be wrong: readers only warn.
func (p *png) ancillary(c chunk) error {
	if c.size > 0 {
		b, err := p.l.upTo(c.off, int(min(c.size, textBytes)))
		if err != nil {
			return err
		}
		if err := p.inside(c, b); err != nil {
			return err
		}
	}
	return p.s.skip(c.size + 4)
}

func (p *png) inside(c chunk, b []byte) error {
	name := "the chunk " + c.name
	switch c.name {
	case "tEXt":
		return p.l.words(name, b)
	case "zTXt", "iCCP": // a profile is numbers, but names stand in it
		return p.packed(name, c, b, 2)
	case "iTXt": // keyword, packed?, method, language, translated keyword, text (11.3.3.4)
		word, rest, ok := bytes.Cut(b, []byte{0})
		if !ok || len(rest) < 2 || rest[0] == 0 {
			if string(word) == "XML:com.adobe.xmp" {
				return p.l.metadata(b)
			}
			return p.l.words(name, b)
		}
		if _, rest, ok = bytes.Cut(rest[2:], []byte{0}); ok {
			if _, rest, ok = bytes.Cut(rest, []byte{0}); ok {
				return p.unpack(name, c.off+int64(len(b)-len(rest)), c.off+c.size)
			}
		}
		return nil
	case "eXIf":
		return p.l.fields(name, b)
	}
	return p.l.part(name, b)
}

// packed looks into a chunk of a name, a zero, a method and deflated data.
func (p *png) packed(name string, c chunk, b []byte, behind int) error {
	i := bytes.IndexByte(b[:min(len(b), textKeyword)], 0)
	if i < 0 || i+behind > len(b) {
		return nil
	}
	if err := p.l.words(name, b[:i]); err != nil {
		return err
	}
	return p.unpack(name, c.off+int64(i+behind), c.off+c.size)
}

// What a PNG's packed texts may come to: as many as libpng keeps (PNG_USER_CHUNK_CACHE_MAX), and so many
// bytes of them, packed or looked at.
const (
	mostTexts   = 1000
	textsInAll  = 64 << 20
	textsLooked = 16 << 20
	readTexts   = 4 << 10
	textKeyword = 80 // bytes of a keyword and its end (11.3.3.2)
)

// texts is what the packed texts of a picture share, since there may be many: what unpacks them is made
// once.
type texts struct {
	seen        int
	out, looked int64
	in          *bufio.Reader
	inflater    io.ReadCloser
	head        []byte
}

func (t *texts) open(r io.Reader) (io.Reader, error) {
	if t.in == nil {
		t.in, t.head = bufio.NewReaderSize(r, readTexts), make([]byte, textBytes)
		t.inflater = flate.NewReader(t.in)
		return t.inflater, nil
	}
	t.in.Reset(r)
	return t.inflater, t.inflater.(flate.Resetter).Reset(t.in, nil)
}

// unpack looks into deflated text. One that can't be unpacked is no objection: readers leave it out.
func (p *png) unpack(name string, from, to int64) error {
	if to-from < 2 {
		return nil
	}
	t := &p.texts
	if t.seen++; t.seen > mostTexts {
		return p.l.objectTo(airlock.Uninspectable, "it has more than %d packed texts", mostTexts)
	}
	in, err := t.open(io.NewSectionReader(p.l, from+2, to-from-2))
	if err != nil {
		return err
	}
	out := io.LimitReader(p.l.counted(in), textUnpacked+1)
	n, err := io.ReadFull(out, t.head)
	all := int64(n)
	if err == nil {
		m, err := io.Copy(io.Discard, out)
		if all += m; err == nil && all > textUnpacked {
			return p.l.bombOf(name, textUnpacked)
		}
	}
	if p.l.trouble != nil || p.l.stopped != nil {
		return err
	}
	if t.out += all; t.out > textsInAll {
		return p.l.bombOf("packed text", textsInAll)
	}
	if t.looked += int64(n); t.looked > textsLooked {
		return p.l.objectTo(airlock.Uninspectable, "its packed texts are longer than %d bytes together", textsLooked)
	}
	return p.l.fields(name, t.head[:n])
}

// inflated unpacks what zlib packed between from and to, up to 16 MiB.
func (l *look) inflated(name string, from, to int64) (*look, error) {
	if to-from < 2 {
		return nil, malformed(l, "%s is empty", name)
	}
	in := flate.NewReader(bufio.NewReader(io.NewSectionReader(l, from+2, to-from-2)))
	p, err := l.piece(name, io.LimitReader(l.counted(in), textUnpacked+1))
	if err != nil && l.trouble == nil && l.stopped == nil {
		return nil, l.objectTo(airlock.Uninspectable, "%s can't be unpacked", name)
	}
	if err == nil && p.size > textUnpacked {
		return nil, l.bombOf(name, textUnpacked)
	}
	return p, err
}
