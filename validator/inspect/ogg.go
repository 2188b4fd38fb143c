package inspect

import (
	"bytes"
	"encoding/binary"
	"io"

	"airlock"
)

// ogg is what is known of an Ogg while its pages go by (RFC 3533).
type ogg struct {
	l       *look
	s       *stream
	streams map[uint32]bool // that began and did not end: mostStreams at most
	sound   bool
	video   bool
	began   bool // the pages of a beginning are over
	pages   int
	junk    int64
	head    [27 + 255]byte // of a page
	body    []byte
}

// oggCodecs are what the first packet of a stream begins with (RFC 5334; Xiph's specifications).
var oggCodecs = []struct {
	begins string
	kind   byte // a sound, v film, - something beside them
}{
	{"\x01vorbis", 'a'}, {"OpusHead", 'a'}, {"\x7fFLAC", 'a'}, {"fLaC", 'a'}, {"Speex   ", 'a'}, {"PCM     ", 'a'}, {"CELT    ", 'a'},
	{"\x80theora", 'v'}, {"BBCD\x00", 'v'}, {"OVP80", 'v'}, {"\x80daala", 'v'}, {"\x01video\x00", 'v'}, {"\x01audio\x00", 'a'}, {"\x01text\x00", '-'},
	{"fishead\x00", '-'}, {"fisbone\x00", '-'}, {"CMML\x00", '-'}, {"\x80kate\x00", '-'}, {"\x8bJNG", 'v'}, {"\x8aMNG", 'v'}, {"YUV4MPEG", 'v'}, {"index\x00", '-'},
}

const (
	mostStreams = 64
	fewPages    = 32 // what is looked at where headers are enough
)

func inspectOgg(l *look) error {
	o := &ogg{l: l, s: l.stream(0), streams: map[uint32]bool{}}
	for o.s.off < l.size {
		if !l.full() && o.pages >= fewPages {
			break
		}
		end := o.s.off
		ok, err := o.sync()
		if err != nil {
			return err
		}
		if !ok {
			return o.over(end)
		}
		if err := o.page(); err != nil {
			return err
		}
	}
	return o.over(l.size)
}

// over is the end of the pages.
func (o *ogg) over(end int64) error {
	switch {
	case !o.sound && !o.video:
		return malformed(o.l, "it has neither sound nor a film")
	case o.pages < 2:
		return malformed(o.l, "it has headers, but no sound")
	case o.l.mediaType == "audio/ogg" && o.video:
		return o.l.objectTo(airlock.TypeMismatch, "it is declared as sound, but holds a film")
	}
	return o.l.ends(end)
}

// sync goes to the next page. Readers skip what lies between; where no page follows, the end is there.
func (o *ogg) sync() (bool, error) {
	b, err := o.l.upTo(o.s.off, 4)
	if err != nil {
		return false, err
	}
	if string(b) == "OggS" {
		return true, nil
	}
	if o.pages == 0 {
		return false, malformed(o.l, "it does not begin as an Ogg")
	}
	next := -1
	for _, far := range []int{512, mostJunk} { // what lies between is mostly short
		if b, err = o.l.upTo(o.s.off, far); err != nil {
			return false, err
		}
		if next = bytes.Index(b, []byte("OggS\x00")); next >= 0 {
			break
		}
	}
	if next < 0 {
		return false, nil
	}
	if o.junk += int64(next); o.junk > mostJunk {
		return false, malformed(o.l, "between its pages are more than %d bytes that belong to none", mostJunk)
	}
	if err := o.l.part("what lies between pages", b[:next]); err != nil {
		return false, err
	}
	return true, o.s.skip(int64(next))
}

// page goes through one page and holds it against its checksum.
func (o *ogg) page() error {
	h := o.head[:27]
	if _, err := io.ReadFull(o.s, h); err != nil {
		return eofIs(err)
	}
	sizes := o.head[27 : 27+int(h[26])]
	if _, err := io.ReadFull(o.s, sizes); err != nil {
		return eofIs(err)
	}
	if h[4] != 0 || h[5]&^7 != 0 {
		return malformed(o.l, "a page has version %d and kind %d", h[4], h[5])
	}
	length := 0
	for _, n := range sizes {
		length += int(n)
	}
	body := reuse(&o.body, length) // under 64 KiB
	if _, err := io.ReadFull(o.s, body); err != nil {
		return malformed(o.l, "it is cut off within a page")
	}
	if o.pages++; o.pages%64 == 0 {
		if err := o.l.step(); err != nil {
			return err
		}
	}
	want := binary.LittleEndian.Uint32(h[22:])
	copy(h[22:26], "\x00\x00\x00\x00")
	if oggSum(oggSum(oggSum(0, h), sizes), body) != want {
		return malformed(o.l, "the checksum of a page is wrong")
	}
	return o.packet(h, body)
}

// packet follows the streams: each begins by a page that says so, with its codec.
func (o *ogg) packet(h, body []byte) error {
	serial, first := binary.LittleEndian.Uint32(h[14:]), h[5]&2 != 0
	if !first {
		o.began = true
		if !o.streams[serial] {
			return malformed(o.l, "a page belongs to a stream that did not begin")
		}
		if o.pages < fewPages {
			if err := o.l.fields("its data about itself", body); err != nil {
				return err
			}
			return o.l.part("its data about itself", body)
		}
		return nil
	}
	if o.began { // another file follows in the chain; the streams of the one before are over, even if they don't say so
		o.began = false
		clear(o.streams)
	}
	if o.streams[serial] = true; len(o.streams) > mostStreams {
		return o.l.objectTo(airlock.Uninspectable, "it has more than %d streams", mostStreams)
	}
	for _, c := range oggCodecs {
		if bytes.HasPrefix(body, []byte(c.begins)) {
			o.sound, o.video = o.sound || c.kind == 'a', o.video || c.kind == 'v'
			if c.begins == "\x80theora" {
				return o.theora(body)
			}
			return nil
		}
	}
	return o.l.objectTo(airlock.Uninspectable, "a stream begins as %.10q, which is no known codec", body[:min(len(body), 10)])
}

// theora says its size in its first packet (Theora specification, 6.2).
func (o *ogg) theora(b []byte) error {
	if len(b) < 20 {
		return io.ErrUnexpectedEOF
	}
	return o.l.picture(u24be(b[14:]), u24be(b[17:]))
}

func u24be(b []byte) int64 { return int64(b[0])<<16 | int64(b[1])<<8 | int64(b[2]) }

// oggTable is for Ogg's CRC: 0x04c11db7, highest bit first, eight bytes at a time.
var oggTable = func() (t [8][256]uint32) {
	for i := range t[0] {
		r := uint32(i) << 24
		for range 8 {
			r = r<<1 ^ r>>31*0x04c11db7
		}
		t[0][i] = r
	}
	for k := 1; k < 8; k++ {
		for i := range t[k] {
			t[k][i] = t[k-1][i]<<8 ^ t[0][t[k-1][i]>>24]
		}
	}
	return t
}()

func oggSum(sum uint32, b []byte) uint32 {
	for len(b) >= 8 {
		sum ^= binary.BigEndian.Uint32(b)
		sum = oggTable[7][sum>>24] ^ oggTable[6][sum>>16&0xff] ^ oggTable[5][sum>>8&0xff] ^ oggTable[4][sum&0xff] ^
			oggTable[3][b[4]] ^ oggTable[2][b[5]] ^ oggTable[1][b[6]] ^ oggTable[0][b[7]]
		b = b[8:]
	}
	for _, c := range b {
		sum = sum<<8 ^ oggTable[0][byte(sum>>24)^c]
	}
	return sum
}
