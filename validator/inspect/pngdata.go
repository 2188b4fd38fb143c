package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// idats are the data of all IDAT chunks in a row; each is held against its checksum.
type idats struct {
	p    *png
	now  chunk
	left int64
	sum  hash.Hash32
	err  error
}

func (p *png) idats(first chunk) *idats {
	d := &idats{p: p, sum: crc32.NewIEEE()}
	d.begin(first)
	return d
}

func (d *idats) begin(c chunk) {
	d.now, d.left = c, c.size
	d.sum.Reset()
	_, _ = io.WriteString(d.sum, c.name)
}

func (d *idats) Read(b []byte) (int, error) {
	for d.left == 0 && d.err == nil {
		d.err = d.next()
	}
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.p.s.Read(b[:min(int64(len(b)), d.left)])
	_, _ = d.sum.Write(b[:n])
	d.left -= int64(n)
	if err != nil {
		d.err = eofIs(err)
	}
	return n, d.err
}

// next closes a chunk and opens the one behind it; io.EOF if that is no IDAT.
func (d *idats) next() error {
	if err := d.p.sum(d.now, d.sum.Sum32()); err != nil {
		return err
	}
	if b, err := d.p.l.upTo(d.p.s.off+4, 4); err != nil || string(b) != "IDAT" {
		if err == nil {
			err = io.EOF
		}
		return err
	}
	c, err := d.p.header()
	d.begin(c)
	return err
}

// inflateAtMost is how much of a picture is unpacked; of a larger one only the checksums are looked at.
const inflateAtMost = 256 << 20

// inflate unpacks the picture: it must be as long as the header says, and nothing else may lie in its
// chunks. zlib's own checksum is left alone, as libpng does.
func (p *png) inflate(first chunk) error {
	in := bufio.NewReaderSize(p.idats(first), 32<<10)
	if err := p.zlibHeader(in); err != nil {
		return err
	}
	expected := p.pictureBytes()
	unpack := flate.NewReader(in)
	n, err := io.CopyN(io.Discard, p.l.counted(unpack), min(bombAt(expected), inflateAtMost)+1)
	var corrupt flate.CorruptInputError
	switch {
	case err == nil && n <= inflateAtMost:
		return p.l.bombOf("picture", bombAt(expected))
	case err == nil:
	case errors.As(err, &corrupt), err == io.ErrUnexpectedEOF:
		return malformed(p.l, "its picture can't be unpacked")
	case err != io.EOF:
		return err
	case n < expected:
		return malformed(p.l, "its picture has %d bytes unpacked instead of %d", n, expected)
	default:
		return p.behindPicture(in)
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

func (p *png) zlibHeader(in *bufio.Reader) error {
	if p.apple {
		return nil
	}
	var h [2]byte
	if _, err := io.ReadFull(in, h[:]); err == io.EOF || err == io.ErrUnexpectedEOF {
		return malformed(p.l, "it has no picture")
	} else if err != nil {
		return err
	}
	if h[0]&0x0f != 8 || h[0]>>4 > 7 || binary.BigEndian.Uint16(h[:])%31 != 0 || h[1]&0x20 != 0 { // RFC 1950, 2.2
		return malformed(p.l, "its picture is not packed as PNG's are")
	}
	return nil
}

// behindPicture goes to the end of the last IDAT. Four bytes of checksum are due; a few writers pad.
func (p *png) behindPicture(in *bufio.Reader) error {
	sum := make([]byte, 4)
	if _, err := io.ReadFull(in, sum); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	rest := &zeros{}
	if _, err := io.Copy(rest, in); err != nil {
		return err
	}
	if rest.others > 64 {
		return malformed(p.l, "behind its picture, in the same chunks, are %d bytes that belong to nothing", rest.others)
	}
	return nil
}

// zeros counts what is not zero.
type zeros struct{ others int64 }

func (z *zeros) Write(b []byte) (int, error) {
	z.others += int64(len(b) - bytes.Count(b, []byte{0}))
	return len(b), nil
}
