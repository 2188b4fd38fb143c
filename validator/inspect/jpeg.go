package inspect

import (
	"bytes"
	"encoding/binary"
	"io"

	"airlock"
)

// jpeg is what is known of a JPEG while its segments go by (ITU-T T.81, annex B).
type jpeg struct {
	l      *look
	s      *stream
	frame  bool // SOF was seen
	parts  int  // components of it
	width  int64
	height int64
	scans  int
	fine   bool // a quantization table was seen
	exact  bool // lossless: it needs none
	coded  int64
	junk   int64 // bytes between segments that belong to none
	two    [2]byte
	buf    []byte // of a segment
}

// The most that a JPEG may have: an honest progressive one has about ten scans, each of which costs
// its reader a whole picture. Between segments libjpeg skips what it does not know.
const (
	mostScans = 500
	mostJunk  = 64 << 10
)

func inspectJPEG(l *look) error {
	j := &jpeg{l: l, s: l.stream(0)}
	if head, err := j.s.next(2); err != nil || string(head) != "\xff\xd8" {
		return malformed(l, "it does not begin as a JPEG")
	}
	for {
		m, err := j.marker()
		if err != nil {
			return err
		}
		if m == 0xd9 {
			break
		}
		if err := j.segment(m); err != nil {
			return err
		}
		if err := j.s.runs(); err != nil {
			return err
		}
		if m == 0xda && !l.full() {
			return j.lastBytes()
		}
	}
	switch {
	case !j.frame || j.coded == 0:
		return malformed(l, "it ends without a picture")
	case j.height == 0:
		return malformed(l, "it does not say how high its picture is")
	}
	if err := j.s.runs(); err != nil {
		return err
	}
	return j.s.ends()
}

// marker goes to the next marker and behind it. libjpeg skips what stands before one.
func (j *jpeg) marker() (byte, error) {
	for {
		from := j.s.off
		ok, err := j.s.upToMark(0xff)
		if err != nil {
			return 0, err
		}
		if j.junk += j.s.off - from; j.junk > mostJunk {
			return 0, malformed(j.l, "between its segments are more than %d bytes that belong to none", mostJunk)
		}
		m := byte(0xff)
		for ok && m == 0xff && err == nil {
			m, err = j.s.ReadByte()
		}
		if !ok || err == io.EOF {
			return 0, malformed(j.l, "it is cut off: its end is missing")
		}
		if err != nil || m != 0 {
			return m, err
		}
		j.junk += 2
	}
}

func (j *jpeg) segment(m byte) error {
	switch {
	case m == 0x01, m >= 0xd0 && m <= 0xd7: // TEM and stray restarts have no length
		return nil
	case m == 0xd8:
		return malformed(j.l, "a second picture begins inside of it")
	case m < 0xc0 || m >= 0xf0 && m <= 0xfd && m != 0xf7 && m != 0xf8 || m == 0xc8:
		return malformed(j.l, "it has a segment of kind %02X, which there is not", m)
	}
	b := j.two[:]
	if _, err := io.ReadFull(j.s, b); err != nil {
		return eofIs(err)
	}
	size, off := int64(binary.BigEndian.Uint16(b))-2, j.s.off
	if size < 0 || size > j.l.size-off {
		return malformed(j.l, "a segment of kind %02X is longer than the file", m)
	}
	if err := j.known(m, off, size); err != nil {
		return err
	}
	if err := j.s.skip(size); err != nil {
		return err
	}
	if m == 0xda && j.l.full() {
		return j.entropy()
	}
	return nil
}

// known looks at a segment's data, which is at off.
func (j *jpeg) known(m byte, off, size int64) error {
	b := reuse(&j.buf, int(size)) // under 64 KiB
	if n, err := j.l.ReadAt(b, off); n < len(b) {
		return orEOF(err)
	}
	switch {
	case m == 0xc4:
		return j.huffman(b)
	case m == 0xdb:
		return j.quantization(b)
	case m == 0xda:
		return j.scan(b)
	case m == 0xdc && len(b) >= 2: // DNL
		if j.height == 0 {
			j.height = int64(binary.BigEndian.Uint16(b))
			return j.l.picture(j.width, j.height)
		}
	case m >= 0xc0 && m <= 0xcf && m != 0xcc:
		return j.sof(m, b)
	case m == 0xfe:
		return j.l.words("the comment", b)
	case m >= 0xe0 && m <= 0xef:
		return j.app(m, b)
	}
	return nil
}

// sof is the frame header (B.2.2).
func (j *jpeg) sof(m byte, b []byte) error {
	if len(b) < 6 || len(b) != 6+3*int(b[5]) {
		return malformed(j.l, "the header of its picture has %d bytes", len(b))
	}
	if j.frame {
		return malformed(j.l, "it has the headers of two pictures")
	}
	precision, parts := b[0], int(b[5])
	j.exact = m&3 == 3
	if parts == 0 || parts > 4 || precision != 8 && precision != 12 && (!j.exact || precision < 2 || precision > 16) {
		return malformed(j.l, "its picture has %d colours of %d bits", parts, precision)
	}
	for i := 6; i < len(b); i += 3 {
		if h, v := b[i+1]>>4, b[i+1]&15; h == 0 || h > 4 || v == 0 || v > 4 || b[i+2] > 3 {
			return malformed(j.l, "a colour of its picture is sampled %d x %d", h, v)
		}
	}
	j.frame, j.parts = true, parts
	j.height, j.width = int64(binary.BigEndian.Uint16(b[1:])), int64(binary.BigEndian.Uint16(b[3:]))
	if j.height == 0 && j.width > 0 { // said behind the first scan, by DNL
		return nil
	}
	return j.l.picture(j.width, j.height)
}

// scan is the header of a scan (B.2.3).
func (j *jpeg) scan(b []byte) error {
	if len(b) < 1 || b[0] == 0 || b[0] > 4 || len(b) < 4+2*int(b[0]) {
		return malformed(j.l, "the header of a scan has %d bytes", len(b))
	}
	if !j.frame || int(b[0]) > j.parts {
		return malformed(j.l, "a scan stands where no picture has begun, or has more colours than it")
	}
	if !j.fine && !j.exact {
		return malformed(j.l, "a scan comes before the table that it needs")
	}
	if j.scans++; j.scans > mostScans {
		return j.l.objectTo(airlock.Bomb, "it has more than %d scans, each of which costs as much as a picture", mostScans)
	}
	return nil
}

// huffman holds tables against their own lengths (B.2.4.2).
func (j *jpeg) huffman(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 {
			return malformed(j.l, "a table of its codes is cut off")
		}
		n := 17
		for _, count := range b[1:17] {
			n += int(count)
		}
		if n > 17+256 || n > len(b) || b[0]&15 > 3 || b[0]>>4 > 1 {
			return malformed(j.l, "a table of its codes is damaged")
		}
		b = b[n:]
	}
	return nil
}

// quantization holds tables against their length (B.2.4.1).
func (j *jpeg) quantization(b []byte) error {
	for len(b) > 0 {
		n := 65
		if b[0]>>4 == 1 {
			n = 129
		}
		if b[0]>>4 > 1 || b[0]&15 > 3 || len(b) < n {
			return malformed(j.l, "a table of its fineness is damaged")
		}
		b = b[n:]
		j.fine = true
	}
	return nil
}

// app looks at what applications put in.
func (j *jpeg) app(m byte, b []byte) error {
	name := "a segment APP" + string("0123456789ABCDEF"[m&15])
	// "\xff\xd8\xff\xe0/*" opens a comment of JavaScript: no JFIF is as long as that says.
	if m == 0xe0 && len(b) == '/'<<8+'*'-2 {
		return j.l.active("its first segment is as long as the letters of a script's comment say")
	}
	if m == 0xe1 && bytes.HasPrefix(b, []byte("Exif\x00")) {
		return j.l.fields("the Exif data", b)
	}
	if m == 0xed { // IPTC captions
		return j.l.fields(name, b)
	}
	if err := j.l.part(name, b); err != nil || m != 0xe1 {
		return err
	}
	return j.l.metadata(b)
}

// entropy goes through coded data up to the next marker: there FF is followed by 0, by a restart, or
// by the fill byte FF (B.1.1.5).
func (j *jpeg) entropy() error {
	began := j.s.off
	for {
		ok, err := j.s.upToMark(0xff)
		if err != nil {
			return err
		}
		if !ok {
			return malformed(j.l, "it is cut off: its picture has no end")
		}
		at := j.s.off
		m := byte(0xff)
		for m == 0xff && err == nil {
			j.s.take(1)
			if err = j.s.fill(); err == nil {
				m = j.s.buf[j.s.at]
			}
		}
		if err == io.EOF {
			return malformed(j.l, "it is cut off: its picture has no end")
		} else if err != nil {
			return err
		}
		if m == 0 || m >= 0xd0 && m <= 0xd7 {
			continue
		}
		j.coded += at - began
		j.back(at)
		return nil
	}
}

// back has the marker whose first FF is at off read again.
func (j *jpeg) back(off int64) {
	n := int(j.s.off - off)
	if n <= j.s.at {
		j.s.at, j.s.off = j.s.at-n, off
		j.s.done = min(j.s.done, j.s.at)
		return
	}
	j.s.search()
	j.s.off, j.s.buf, j.s.at, j.s.done = off, j.s.buf[:0], 0, 0
}

// lastBytes stands for the way through the picture where only headers are looked at.
func (j *jpeg) lastBytes() error {
	from := max(j.s.off, j.l.size-tailWindow)
	b, err := j.l.upTo(from, tailWindow)
	if err != nil {
		return err
	}
	end := bytes.LastIndex(b, []byte("\xff\xd9"))
	if end < 0 && from == j.s.off {
		return malformed(j.l, "it is cut off: its end is missing")
	}
	if end >= 0 {
		return j.l.ends(from + int64(end) + 2)
	}
	return j.l.tail(from)
}
