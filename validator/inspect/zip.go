package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"airlock"
)

// inspectZip looks at a zip archive (PKWARE's APPNOTE 6.3.10): its directory, its layout and, unless
// only headers are wanted, every byte of every entry.
func inspectZip(l *look) error {
	z, err := openZip(l, false)
	defer z.close()
	if err != nil || z == nil {
		return err
	}
	if what := z.roots.what(); what != "" && l.depth == 0 {
		return l.objectTo(airlock.TypeMismatch, "it is %s, not a plain archive", what)
	}
	if err := z.checkMimetype(); err != nil {
		return err
	}
	if err := z.checkLinks(); err != nil {
		return err
	}
	if !l.full() {
		return z.sample()
	}
	for i := range z.entries {
		if err := z.readEntry(i); err != nil {
			return err
		}
	}
	return nil
}

// checkMimetype objects to an archive whose first entry says that it is a document (OpenDocument 1.3
// part 2, 3.3; EPUB 3.3, 4.2.6.2).
func (z *zipArchive) checkMimetype() error {
	if !z.roots.mimetype || z.depth > 0 {
		return nil
	}
	name, body, err := z.local(0)
	if err != nil || name != "mimetype" || z.entries[0].method != 0 {
		return err
	}
	head, err := z.upTo(body, int(min(z.entries[0].packed, 64)))
	if err == nil && strings.HasPrefix(string(head), "application/") {
		return z.objectTo(airlock.TypeMismatch, "it is %.60q, not a plain archive", head)
	}
	return err
}

// readEntry reads all of an entry, and looks into it.
func (z *zipArchive) readEntry(i int) error {
	e := &z.entries[i]
	name, body, err := z.local(i)
	if err != nil {
		return err
	}
	if e.flags&zipEncrypted == 0 {
		r, err := z.open(e, name, body)
		if err != nil {
			return err
		}
		if err := z.memberOrShortcut(name, r); err != nil {
			return err
		}
		if err := r.drain(); err != nil {
			return err
		}
	}
	return z.behind(i, body+e.packed)
}

// local reads the header in front of an entry, holds it against the directory and says where the
// entry's bytes begin.
func (z *zipArchive) local(i int) (name string, body int64, err error) {
	e := &z.entries[i]
	var head [30]byte
	if n, err := z.ReadAt(head[:], e.off); n < len(head) {
		return "", 0, orEOF(err)
	}
	le := binary.LittleEndian
	n, x := int(le.Uint16(head[26:])), int(le.Uint16(head[28:]))
	if string(head[:4]) != "PK\x03\x04" {
		return "", 0, z.objectTo(airlock.Malformed, "the directory names an entry where there is none, at byte %d", e.off)
	}
	b, err := z.scratch(n + x)
	if err != nil {
		return "", 0, err
	}
	if n, err := z.ReadAt(b, e.off+30); n < len(b) {
		return "", 0, orEOF(err)
	}
	if z.hashOf(b[:n]) != e.hash {
		return "", 0, z.objectTo(airlock.UnsafeArchive, "an entry calls itself %.80q, but the directory calls it otherwise", b[:n])
	}
	if err := z.checkLocal(e, head[:], b[:n], b[n:]); err != nil {
		return "", 0, err
	}
	return string(b[:n]), e.off + 30 + int64(n+x), nil
}

// checkLocal holds a local header's fields against the directory's. Sizes that a data descriptor
// brings may be left out in front (APPNOTE 4.4.4 bit 3).
func (z *zipArchive) checkLocal(e *zipEntry, head, name, extra []byte) error {
	le := binary.LittleEndian
	local := zipEntry{
		flags: le.Uint16(head[6:]), method: le.Uint16(head[8:]), crc: le.Uint32(head[14:]),
		packed: int64(le.Uint32(head[18:])), unpacked: int64(le.Uint32(head[22:])),
	}
	mode, err := z.extras(&local, name, extra, 0)
	if err != nil {
		return err
	}
	if mode&modeKind == modeLink && e.kind != zipLink {
		return z.objectTo(airlock.UnsafeArchive, "%.80q is a link by its own header, but not by the directory", name)
	}
	if e.flags&zipEncrypted != 0 && z.limits.Encrypted == "allow" {
		return nil // masked where the directory is encrypted
	}
	streamed := local.flags&zipDescriptor != 0
	same := func(a, b int64) bool { return a == b || streamed && (a == 0 || a == 0xffffffff) }
	switch {
	case (local.flags^e.flags)&zipEncrypted != 0:
		return z.objectTo(airlock.UnsafeArchive, "%.80q is encrypted by its header or by the directory, not by both", name)
	case local.method != e.method && e.unpacked > 0:
		return z.objectTo(airlock.UnsafeArchive, "%.80q is packed by another method than the directory says", name)
	case !same(local.packed, e.packed) || !same(local.unpacked, e.unpacked):
		return z.objectTo(airlock.UnsafeArchive, "%.80q has another size than the directory says", name)
	case !same(int64(local.crc), int64(e.crc)):
		return z.objectTo(airlock.UnsafeArchive, "%.80q has another checksum than the directory says", name)
	}
	return nil
}

// behind looks at what lies between the end of an entry and the next one, or the directory: nothing,
// a data descriptor (APPNOTE 4.3.9, with or without its signature, whatever the flags say), zeros.
func (z *zipArchive) behind(i int, at int64) error {
	next := z.next(i)
	switch {
	case at == next:
		return nil
	case at > next:
		return z.objectTo(airlock.Bomb, "its entries overlap: one piece of it is unpacked more than once")
	case next-at > 24+zipMostPadding:
		return z.objectTo(airlock.UnsafeArchive, "there are %d bytes between its entries that belong to none", next-at)
	}
	b, err := z.scratch(int(next - at))
	if err != nil {
		return err
	}
	if n, err := z.ReadAt(b, at); n < len(b) {
		return orEOF(err)
	}
	rest := b[descriptor(b, &z.entries[i]):]
	switch {
	case len(bytes.Trim(rest, "\x00")) == 0:
		return nil
	case bytes.Contains(rest, []byte("PK\x03\x04")):
		return z.objectTo(airlock.UnsafeArchive, "between its entries there is one that the directory does not name")
	}
	return z.objectTo(airlock.UnsafeArchive, "there are %d bytes between its entries that belong to none", len(rest))
}

// descriptor is how long the data descriptor is that b begins with; 0 if there is none that is e's.
func descriptor(b []byte, e *zipEntry) int {
	le := binary.LittleEndian
	n := 0
	if bytes.HasPrefix(b, []byte("PK\x07\x08")) {
		n, b = 4, b[4:]
	}
	encrypted := e.flags&zipEncrypted != 0
	if len(b) < 12 || le.Uint32(b) != e.crc && !encrypted {
		return 0
	}
	if len(b) >= 20 && le.Uint64(b[4:]) == uint64(e.packed) && le.Uint64(b[12:]) == uint64(e.unpacked) {
		return n + 20
	}
	if le.Uint32(b[4:]) == uint32(e.packed) && le.Uint32(b[8:]) == uint32(e.unpacked) {
		return n + 12
	}
	return 0
}

func orEOF(err error) error {
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// open reads what an entry unpacks to, counts it, and holds it against its length and checksum.
func (z *zipArchive) open(e *zipEntry, name string, body int64) (*zipReader, error) {
	if z.packed == nil {
		z.packed = bufio.NewReaderSize(nil, 8<<10)
	}
	packed := z.packed
	packed.Reset(io.NewSectionReader(z.look, body, e.packed))
	r := &zipReader{z: z, e: e, name: name, packed: packed}
	switch e.method {
	case 0:
		r.from = packed
	case 8:
		if z.inflater == nil {
			z.inflater = flate.NewReader(packed)
		} else if err := z.inflater.(flate.Resetter).Reset(packed, nil); err != nil {
			return nil, err
		}
		r.from = z.inflater
	case 12:
		if !z.bzip2 {
			z.bzip2 = true
			if err := z.hold(bzip2Memory); err != nil {
				return nil, err
			}
		}
		r.from = unbzip2(packed, e.unpacked)
	case 93:
		if err := z.openZstd(packed); err != nil {
			return nil, err
		}
		r.from = z.zstd
	default:
		return nil, z.objectTo(airlock.Uninspectable, "%.80q is packed by a method that can't be unpacked here (%d)", name, e.method)
	}
	r.from = z.counted(r.from)
	return r, nil
}

// openZstd makes the one decoder of an archive: it runs no goroutine, and has at most 8 MiB of window
// (RFC 8878 3.1.1.1.2: what decoders should take at least).
func (z *zipArchive) openZstd(r io.Reader) (err error) {
	if z.zstd != nil {
		return z.zstd.Reset(r)
	}
	if err := z.hold(12 << 20); err != nil {
		return err
	}
	z.zstd, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
	return err
}

// xmlIn is a buffer for the XML of one entry at a time.
func (z *zipArchive) xmlIn() *bufio.Reader {
	if z.xml == nil {
		z.xml = bufio.NewReaderSize(nil, xmlBuffer)
	}
	return z.xml
}

// zipReader is an entry on its way out.
type zipReader struct {
	z      *zipArchive
	e      *zipEntry
	name   string
	packed *bufio.Reader
	from   io.Reader
	crc    uint32
	n      int64
	err    error
}

func (r *zipReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.from.Read(p)
	r.n += int64(n)
	r.crc = crc32.Update(r.crc, crc32.IEEETable, p[:n])
	switch {
	case r.n > r.e.unpacked:
		err = r.z.objectTo(airlock.Bomb, "%.80q unpacks to more than the %d bytes that the directory says", r.name, r.e.unpacked)
	case err == io.EOF:
		err = r.atEnd()
	case err != nil:
		err = r.broken(err)
	}
	r.err = err
	return n, err
}

func (r *zipReader) broken(err error) error {
	if finding(err).Reason != airlock.Malformed || r.z.trouble != nil {
		return err
	}
	return r.z.objectTo(airlock.Malformed, "%.80q is broken: %.100s", r.name, err)
}

func (r *zipReader) atEnd() error {
	switch _, err := r.packed.Peek(1); {
	case r.n != r.e.unpacked:
		return r.z.objectTo(airlock.Malformed, "%.80q unpacks to %d bytes, the directory says %d", r.name, r.n, r.e.unpacked)
	case r.crc != r.e.crc:
		return r.z.objectTo(airlock.Malformed, "%.80q is broken: its checksum is wrong", r.name)
	case err == nil:
		return r.z.objectTo(airlock.Malformed, "%.80q has bytes behind its end", r.name)
	case err != io.EOF:
		return err
	}
	return io.EOF
}

// drain reads what is left.
func (r *zipReader) drain() error {
	_, err := io.Copy(io.Discard, r)
	return err
}
