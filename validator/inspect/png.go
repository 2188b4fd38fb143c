package inspect

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"airlock"
)

// png is what is known of a PNG while its chunks go by (PNG, third edition, W3C 2025).
type png struct {
	l       *look
	s       *stream
	apple   bool // has a CgBI chunk: the picture is deflated without zlib's header
	colour  byte
	depth   byte
	laced   bool
	width   int64
	height  int64
	palette bool
	data    bool // IDAT began
	closed  bool // and ended
	anim    bool
	number  uint32 // next of fcTL and fdAT
	shown   animation
	texts   texts
	head    [8]byte
}

// chunk is a chunk's header, and where it lies.
type chunk struct {
	name string
	size int64
	off  int64 // of its data
}

func inspectPNG(l *look) error {
	p := &png{l: l, s: l.stream(8)}
	if head, err := l.bytes(0, 8); err != nil || string(head) != "\x89PNG\r\n\x1a\n" {
		return malformed(l, "it does not begin as a PNG")
	}
	for first := true; ; {
		c, err := p.header()
		if err != nil {
			return err
		}
		if c.name == "CgBI" && first { // Xcode's PNGs for iOS have it before IHDR
			p.apple = true
		} else if first != (c.name == "IHDR") {
			return malformed(l, "its header chunk IHDR is not the first one, but %q is", c.name)
		} else {
			first = false
		}
		if err := p.chunk(c); err != nil {
			return err
		}
		if err := p.s.runs(); err != nil {
			return err
		}
		if c.name == "IEND" {
			return p.s.ends()
		}
	}
}

func (p *png) header() (c chunk, err error) {
	b := p.head[:8]
	_, err = io.ReadFull(p.s, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return c, malformed(p.l, "it ends without its last chunk, IEND")
	} else if err != nil {
		return c, err
	}
	c = chunk{name: string(b[4:]), size: int64(binary.BigEndian.Uint32(b)), off: p.s.off}
	for _, x := range b[4:] {
		if (x < 'A' || x > 'Z') && (x < 'a' || x > 'z') {
			return c, malformed(p.l, "%q is no name of a chunk", c.name)
		}
	}
	if c.size > p.l.size-p.s.off-4 {
		return c, malformed(p.l, "its chunk %s is longer than the file", c.name)
	}
	return c, nil
}

// chunk looks at one chunk and goes behind it.
func (p *png) chunk(c chunk) error {
	if p.data && c.name != "IDAT" {
		p.closed = true
	}
	switch c.name {
	case "IHDR":
		return p.ihdr(c)
	case "PLTE":
		return p.plte(c)
	case "IDAT":
		return p.idat(c)
	case "IEND":
		if c.size != 0 || !p.data {
			return malformed(p.l, "it ends without a picture, or its IEND holds data")
		}
		return p.checked(c)
	case "CgBI":
		return p.checked(c)
	case "acTL", "fcTL", "fdAT":
		return p.animation(c)
	}
	if c.name[0]&0x20 == 0 {
		return malformed(p.l, "its chunk %s is not known, but said to be needed", c.name)
	}
	return p.ancillary(c)
}

// checked goes through a chunk's data and holds it against its CRC.
func (p *png) checked(c chunk) error {
	if !p.s.whole && c.size > 1<<10 {
		return p.s.skip(c.size + 4)
	}
	sum := crc32.NewIEEE()
	_, _ = io.WriteString(sum, c.name)
	if n, err := io.CopyN(sum, p.s, c.size); n < c.size {
		return eofIs(err)
	}
	return p.sum(c, sum.Sum32())
}

func (p *png) sum(c chunk, sum uint32) error {
	b := p.head[:4]
	if _, err := io.ReadFull(p.s, b); err != nil {
		return eofIs(err)
	}
	if binary.BigEndian.Uint32(b) != sum {
		return malformed(p.l, "the checksum of its chunk %s is wrong", c.name)
	}
	return nil
}

// eofIs makes the end of a file where there must be more an error that says so.
func eofIs(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (p *png) ihdr(c chunk) error {
	if c.size != 13 {
		return malformed(p.l, "its header IHDR has %d bytes instead of 13", c.size)
	}
	b, err := p.l.bytes(c.off, 13)
	if err != nil {
		return err
	}
	p.width, p.height = int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	p.depth, p.colour, p.laced = b[8], b[9], b[12] == 1
	// Table 11.1: the depths that each colour type may have, as bits.
	depths := map[byte]int{0: 1 | 2 | 4 | 8 | 16, 2: 8 | 16, 3: 1 | 2 | 4 | 8, 4: 8 | 16, 6: 8 | 16}[p.colour]
	if p.depth == 0 || p.depth&(p.depth-1) != 0 || int(p.depth)&depths == 0 || b[10] != 0 || b[11] != 0 || b[12] > 1 {
		return malformed(p.l, "its header has colour type %d, depth %d, compression %d, filter %d, interlace %d, which don't go together", b[9], b[8], b[10], b[11], b[12])
	}
	if err := p.l.picture(p.width, p.height); err != nil {
		return err
	}
	return p.checked(c)
}

func (p *png) plte(c chunk) error {
	switch {
	case c.size == 0 || c.size%3 != 0 || c.size > 768:
		return malformed(p.l, "its palette has %d bytes", c.size)
	case p.palette || p.data || p.colour == 0 || p.colour == 4:
		return malformed(p.l, "its palette stands where none may be")
	}
	p.palette = true
	b, err := p.l.bytes(c.off, int(c.size))
	if err != nil {
		return err
	}
	if err := p.l.words("the palette", b); err != nil {
		return err
	}
	return p.checked(c)
}

// animation looks at the chunks of APNG (PNG third edition, 11.3.6).
func (p *png) animation(c chunk) error {
	least := map[string]int{"acTL": 8, "fcTL": 26, "fdAT": 4}[c.name]
	b, err := p.l.upTo(c.off, least)
	if err != nil {
		return err
	}
	if c.size < int64(least) || c.name != "fdAT" && c.size != int64(least) {
		return malformed(p.l, "its chunk %s has %d bytes", c.name, c.size)
	}
	if c.name == "acTL" {
		p.anim = true
		if n := int64(binary.BigEndian.Uint32(b)); n == 0 {
			return malformed(p.l, "it is said to have no frame")
		} else if err := p.l.frames(n); err != nil {
			return err
		}
		return p.checked(c)
	}
	if !p.anim { // a reader that sees no acTL in time takes none of them for an animation
		return p.checked(c)
	}
	if n := binary.BigEndian.Uint32(b); n != p.number {
		return malformed(p.l, "its frames are out of order: %d instead of %d", n, p.number)
	}
	p.number++
	if c.name == "fcTL" {
		if err := p.frame(b); err != nil {
			return err
		}
	}
	return p.checked(c)
}

func (p *png) frame(b []byte) error {
	u := func(i int) int64 { return int64(binary.BigEndian.Uint32(b[i:])) }
	w, h, x, y := u(4), u(8), u(12), u(16)
	if w == 0 || h == 0 || x+w > p.width || y+h > p.height {
		return malformed(p.l, "a frame of %d x %d at %d, %d is not within the picture", w, h, x, y)
	}
	return p.shown.frame(p.l, w, h)
}

// rowBytes is how many bytes the picture of w x h pixels unpacks to, filters included.
func (p *png) rowBytes(w, h int64) int64 {
	channels := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[p.colour]
	if w == 0 || h == 0 {
		return 0
	}
	return ((w*channels*int64(p.depth)+7)/8 + 1) * h
}

// pictureBytes is rowBytes of the whole, by the seven passes of Adam7 if it is interlaced (clause 8).
func (p *png) pictureBytes() (n int64) {
	if !p.laced {
		return p.rowBytes(p.width, p.height)
	}
	for _, pass := range [][4]int64{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		n += p.rowBytes((p.width-pass[0]+pass[2]-1)/pass[2], (p.height-pass[1]+pass[3]-1)/pass[3])
	}
	return n
}

func (p *png) idat(c chunk) error {
	switch {
	case p.closed:
		return malformed(p.l, "its picture is in chunks that don't follow each other")
	case p.colour == 3 && !p.palette:
		return malformed(p.l, "it has no palette, which its colours need")
	}
	p.data = true
	if !p.l.full() {
		return p.checked(c)
	}
	if err := p.inflate(c); err != nil {
		return err
	}
	if p.l.content.Frames == 0 {
		p.l.content.Frames = 1
	}
	return nil
}

// spareBytes is what a picture may unpack to beyond the bytes of its pixels. libpng drops what is too
// much, and old writers add a row.
const spareBytes = 1 << 20

func bombAt(expected int64) int64 { return expected + max(expected/8, spareBytes) }

func (l *look) bombOf(what string, n int64) error {
	return l.objectTo(airlock.Bomb, "its %s unpacks to more than %d bytes", what, n)
}
