package inspect

import (
	"encoding/binary"
	"io"
)

// webp is what is known of a WebP while its chunks go by (RFC 9649).
type webp struct {
	l        *look
	s        *stream
	end      int64 // of the RIFF
	extended bool
	animated bool
	width    int64
	height   int64
	pictures int64
	shown    animation
	head     [8]byte // of a chunk
}

func inspectWebP(l *look) error {
	b, err := l.bytes(0, 12)
	if err != nil || string(b[:4]) != "RIFF" || string(b[8:]) != "WEBP" {
		return malformed(l, "it does not begin as a WebP")
	}
	w := &webp{l: l, s: l.stream(12)}
	if w.end = 8 + int64(binary.LittleEndian.Uint32(b[4:])); w.end > l.size+1 {
		return malformed(l, "it is cut off: %d of %d bytes are there", l.size, w.end)
	}
	w.end = min(w.end, l.size)
	if err := w.chunks(w.end, w.chunk); err != nil {
		return err
	}
	if w.pictures == 0 {
		return malformed(l, "it has no picture")
	}
	if err := w.s.skip(w.end - w.s.off); err != nil {
		return err
	}
	if err := w.s.runs(); err != nil {
		return err
	}
	return w.s.ends()
}

// chunks goes through the chunks up to end. An odd one is padded, but for some writers at the end.
func (w *webp) chunks(end int64, visit func(chunk) error) error {
	for w.s.off+8 <= end {
		b := w.head[:]
		if _, err := io.ReadFull(w.s, b); err != nil {
			return eofIs(err)
		}
		c := chunk{name: string(b[:4]), size: int64(binary.LittleEndian.Uint32(b[4:])), off: w.s.off}
		if c.size > end-c.off {
			return malformed(w.l, "its chunk %q is longer than what it is in", c.name)
		}
		if err := visit(c); err != nil {
			return err
		}
		if err := w.s.skip(min(end, c.off+c.size+c.size&1) - w.s.off); err != nil {
			return err
		}
		if err := w.s.runs(); err != nil {
			return err
		}
	}
	return nil
}

func (w *webp) chunk(c chunk) error {
	switch c.name {
	case "VP8X":
		return w.canvas(c)
	case "VP8 ", "VP8L":
		if w.animated || w.pictures > 0 {
			return malformed(w.l, "it has more pictures than it says")
		}
		w.pictures = 1
		return w.still(c, w.width, w.height)
	case "ANMF":
		return w.frame(c)
	case "EXIF":
		b, err := w.l.upTo(c.off, int(min(c.size, textBytes)))
		if err != nil {
			return err
		}
		return w.l.fields("the Exif data", b)
	case "ANIM", "ALPH":
		return nil
	case "XMP ":
		b, err := w.l.upTo(c.off, int(min(c.size, textBytes)))
		if err != nil {
			return err
		}
		return w.l.metadata(b)
	}
	return w.l.window("the chunk "+c.name, c.off, c.size)
}

func u24(b []byte) int64 { return int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16 }

// canvas is the header of the extended format (RFC 9649, 2.7).
func (w *webp) canvas(c chunk) error {
	b, err := w.l.upTo(c.off, 10)
	if err != nil {
		return err
	}
	if c.size < 10 || w.extended || w.pictures > 0 {
		return malformed(w.l, "its header is too short or stands where none may be")
	}
	w.extended, w.animated = true, b[0]&2 != 0
	w.width, w.height = u24(b[4:])+1, u24(b[7:])+1
	return w.l.picture(w.width, w.height)
}

// still looks at the header of a picture, which must be of the given size if that is known.
func (w *webp) still(c chunk, width, height int64) error {
	b, err := w.l.upTo(c.off, int(min(c.size, 10)))
	if err != nil {
		return err
	}
	var wide, high int64
	if c.name == "VP8L" { // RFC 9649, 3.4
		if len(b) < 5 || b[0] != 0x2f || b[4]>>5 != 0 {
			return malformed(w.l, "its picture does not begin as a lossless one")
		}
		bits := int64(binary.LittleEndian.Uint32(b[1:]))
		wide, high = bits&0x3fff+1, bits>>14&0x3fff+1
	} else { // RFC 6386, 9.1
		if len(b) < 10 || b[0]&1 != 0 || string(b[3:6]) != "\x9d\x01\x2a" {
			return malformed(w.l, "its picture does not begin as one")
		}
		if first := u24(b) >> 5; first > c.size-10 {
			return malformed(w.l, "a part of its picture is longer than the whole")
		}
		wide, high = int64(binary.LittleEndian.Uint16(b[6:])&0x3fff), int64(binary.LittleEndian.Uint16(b[8:])&0x3fff)
	}
	if width > 0 && (wide != width || high != height) {
		return malformed(w.l, "its picture is %d x %d, but its header says %d x %d", wide, high, width, height)
	}
	return w.l.picture(wide, high)
}

// frame is one picture of an animation (RFC 9649, 2.7.1.1).
func (w *webp) frame(c chunk) error {
	if !w.animated || c.size < 16 {
		return malformed(w.l, "a frame stands where none may be, or is too short")
	}
	b, err := w.s.next(16)
	if err == io.EOF || err != nil {
		return eofIs(err)
	}
	x, y, width, height := 2*u24(b), 2*u24(b[3:]), u24(b[6:])+1, u24(b[9:])+1
	if x+width > w.width || y+height > w.height {
		return malformed(w.l, "a frame of %d x %d at %d, %d is not within the picture", width, height, x, y)
	}
	w.pictures++
	if err := w.shown.frame(w.l, width, height); err != nil {
		return err
	}
	found := false
	err = w.chunks(c.off+c.size, func(in chunk) error {
		if in.name != "VP8 " && in.name != "VP8L" || found {
			return nil
		}
		found = true
		return w.still(in, width, height)
	})
	if err == nil && !found {
		return malformed(w.l, "a frame has no picture")
	}
	return err
}
