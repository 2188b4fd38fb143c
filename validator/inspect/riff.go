package inspect

import (
	"encoding/binary"
	"slices"

	"airlock"
)

// inspectWAV goes through the chunks of a WAV (Microsoft, "Multimedia Programming Interface and Data
// Specifications 1.0"; RF64 and BW64: EBU Tech 3306, ITU-R BS.2088). The sound itself is not read.
func inspectWAV(l *look) error {
	b, err := l.bytes(0, 12)
	if err != nil || !slices.Contains([]string{"RIFF", "RF64", "BW64"}, string(b[:4])) || string(b[8:]) != "WAVE" {
		return malformed(l, "it does not begin as a WAV")
	}
	w := &wav{l: l, large: string(b[:4]) != "RIFF", end: 8 + int64(binary.LittleEndian.Uint32(b[4:]))}
	if unsaid(w.end-8) || w.large {
		w.end = l.size
	}
	end, err := w.chunks()
	if err != nil {
		return err
	}
	if !w.format || !w.data {
		return malformed(l, "it has no sound, or does not say of which form")
	}
	if err := l.ends(end); err != nil {
		return err
	}
	return l.small()
}

type wav struct {
	l      *look
	large  bool
	end    int64 // as its header says
	long   int64 // of the data, as ds64 says
	format bool
	data   bool
}

// unsaid tells whether a size is what programs write that don't know it yet, as they write to a pipe.
func unsaid(size int64) bool { return size == 0 || size >= 0x7fff0000 }

// chunks goes through all chunks and returns where they end. A few writers leave out the byte that
// pads an odd one.
func (w *wav) chunks() (int64, error) {
	off := int64(12)
	for n := 0; off+8 <= w.l.size; n++ {
		if n > 10_000 {
			return 0, w.l.objectTo(airlock.Uninspectable, "it has more than 10000 chunks")
		}
		c, ok, err := w.header(off)
		if err != nil {
			return 0, err
		}
		behind := w.data && off >= w.end && !slices.Contains(wavChunks, c.name) // nothing that one finds in a WAV
		switch {
		case w.data && !ok, behind:
			return off, nil
		case !ok:
			return 0, malformed(w.l, "at %d there is no chunk, but something else", off)
		case c.off+c.size > w.l.size:
			return 0, malformed(w.l, "its chunk %q is longer than the file: it is cut off", c.name)
		}
		if err := w.chunk(c); err != nil {
			return 0, err
		}
		if off = c.off + c.size; c.size&1 == 1 && !w.unpadded(off) {
			off++
		}
	}
	return min(off, w.l.size), nil
}

// wavChunks are those that writers put behind the sound without counting them.
var wavChunks = []string{"LIST", "id3 ", "ID3 ", "bext", "cue ", "smpl", "fact", "JUNK", "junk", "PAD ", "_PMX", "iXML", "axml", "chna", "inst", "acid", "afsp", "DISP", "plst", "note", "labl", "umid", "levl", "LGWV", "PEAK", "cart", "ResU", "SAUR", "FLLR", "Fake", "minf", "elm1", "regn", "strc", "AFAn", "wavl", "dbmd"}

// header reads a chunk's header and what size it is in truth.
func (w *wav) header(off int64) (c chunk, ok bool, err error) {
	b, err := w.l.bytes(off, 8)
	if err != nil {
		return c, false, err
	}
	c = chunk{name: string(b[:4]), size: int64(binary.LittleEndian.Uint32(b[4:])), off: off + 8}
	for _, x := range b[:4] {
		if x < 0x20 || x > 0x7e {
			return c, false, nil
		}
	}
	if c.name == "data" {
		switch rest := w.l.size - c.off; {
		case w.large && c.size == 0xffffffff && w.long > 0 && w.long <= rest:
			c.size = w.long
		case unsaid(c.size) && c.size != rest && (c.size > rest || w.end == w.l.size):
			c.size = rest
		}
	}
	return c, true, nil
}

func (w *wav) unpadded(off int64) bool {
	b, err := w.l.upTo(off, 4)
	return err == nil && slices.Contains(wavChunks, string(b))
}

func (w *wav) chunk(c chunk) error {
	switch c.name {
	case "fmt ":
		return w.fmt(c)
	case "ds64":
		b, err := w.l.upTo(c.off, 16)
		if err == nil && len(b) == 16 {
			w.long = int64(binary.LittleEndian.Uint64(b[8:]) & (1<<62 - 1))
		}
		return err
	case "data":
		if !w.format {
			return malformed(w.l, "its sound comes before the form of it")
		}
		if w.data {
			return malformed(w.l, "it has two sounds")
		}
		w.data = true
	}
	if c.size == 0 {
		return nil
	}
	if c.name != "data" {
		return w.l.named("the chunk "+c.name, c.off, c.off+c.size)
	}
	return w.l.edges("the chunk "+c.name, c.off, c.off+c.size)
}

func (w *wav) fmt(c chunk) error {
	if w.format || c.size < 14 || c.size > 4096 {
		return malformed(w.l, "the form of its sound has %d bytes, or is said twice", c.size)
	}
	b, err := w.l.bytes(c.off, 14)
	if err != nil {
		return err
	}
	channels, rate := binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:])
	if channels == 0 || channels > 1024 || rate == 0 {
		return malformed(w.l, "its sound has %d channels, %d times a second", channels, rate)
	}
	w.format = true
	return nil
}
