package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"io"

	"github.com/klauspost/compress/zstd"

	"airlock"
)

// zipArchive is a zip archive as its directory tells it. It is read by hand, because archive/zip
// allocates by what the file claims and looks at no local header before an entry is opened. What is
// kept of an entry is about 80 bytes, so that the largest archives fit into an inspection's memory.
type zipArchive struct {
	*look
	start, end int64 // of the directory
	count      uint64
	count16    bool  // count is modulo 65536
	before     int64 // bytes that were held when it was opened
	kept       list[zipEntry]
	entries    []zipEntry // kept, in order of their offset
	keptNames  list[string]
	names      []string // as entries, if they are kept
	seed       maphash.Seed
	seen       table[uint64, struct{}]
	total      int64 // unpacked, as claimed
	roots      zipRoots
	buf        []byte
	packed     *bufio.Reader // of the entry that is open: one at a time
	xml        *bufio.Reader // of the document that is read
	inflater   io.ReadCloser
	zstd       *zstd.Decoder
	bzip2      bool                     // something was packed by it
	links      *links                   // where the profile takes them
	second     string                   // the name in Unicode that the last extra fields hold
	linkNames  table[uint64, [2]string] // of links: the directory's and its second, by the hash of the first
}

// zipEntry is what the directory says of an entry.
type zipEntry struct {
	off, packed, unpacked int64
	hash                  uint64 // of its name, see zipArchive.hashOf
	crc                   uint32
	flags, method         uint16
	nameLen               uint16
	kind                  zipKind
}

type zipKind uint8

const (
	zipFile zipKind = iota
	zipFolder
	zipLink
)

// What APPNOTE 4.4.4 calls these bits.
const (
	zipEncrypted  = 1 << 0
	zipDescriptor = 1 << 3
	zipStrong     = 1 << 6
	zipMasked     = 1 << 13
)

const (
	zipEndSize = 22 // APPNOTE 4.3.16
)

// openZip finds the directory of l, walks it and holds it against the layout of the file. A nil
// archive without an error is one whose directory is encrypted, and the profile takes that.
func openZip(l *look, keepNames bool) (*zipArchive, error) {
	z := &zipArchive{look: l, seed: maphash.MakeSeed(), before: l.held}
	if l.limits.Links == "allow" {
		z.links = newLinks(l)
	}
	if err := z.findEnd(); err != nil {
		return nil, err
	}
	if z.count > uint64(l.limits.MaxEntries) {
		return nil, l.objectTo(airlock.Bomb, "it says that it holds %d entries, more than the %d that are taken", z.count, l.limits.MaxEntries)
	}
	if z.start < z.end {
		sign, err := l.bytes(z.start, 4)
		if err != nil {
			return nil, err
		}
		if string(sign) == "PK\x06\x08" { // APPNOTE 4.3.11: in front of an encrypted directory
			return nil, l.encrypted("the archive's directory is encrypted")
		}
	}
	if err := z.walk(keepNames); err != nil {
		return nil, err
	}
	return z, z.layout()
}

// close gives back what z and who reads it hold.
func (z *zipArchive) close() {
	if z == nil {
		return
	}
	if z.zstd != nil {
		z.zstd.Close()
	}
	z.held = z.before
}

// findEnd finds the end of central directory record. The last one is taken, as nearly all readers do;
// what makes others take another is refused.
func (z *zipArchive) findEnd() error {
	from := max(0, z.size-tailWindow)
	b, err := z.upTo(from, tailWindow)
	if err != nil {
		return err
	}
	i := bytes.LastIndex(b[:max(0, len(b)-zipEndSize+4)], []byte("PK\x05\x06"))
	if i < 0 {
		return z.objectTo(airlock.Malformed, "the archive has no directory at its end")
	}
	end, comment := b[i:i+zipEndSize], b[i+zipEndSize:]
	n := int(binary.LittleEndian.Uint16(end[20:]))
	if n > len(comment) {
		return z.objectTo(airlock.Malformed, "the archive's comment is cut short")
	}
	comment, behind := comment[:n], comment[n:]
	if rest := bytes.Trim(behind, " \t\r\n\x00"); len(rest) > 0 {
		return z.objectTo(airlock.TrailingData, "%d bytes follow the end of the archive", len(behind))
	}
	if bytes.Contains(comment, []byte("PK\x03\x04")) || bytes.Contains(comment, []byte("PK\x01\x02")) {
		return z.objectTo(airlock.UnsafeArchive, "the archive's comment holds another archive")
	}
	if what := holdsMarkup(comment); what != "" || bytes.Contains(comment, []byte("%PDF-")) || bytes.Contains(comment, []byte("%%EOF")) {
		return z.objectTo(airlock.UnsafeArchive, "the archive's comment holds a page or a document")
	}
	for at := i; at > 0; {
		if at = bytes.LastIndex(b[:at], []byte("PK\x05\x06")); at >= 0 && at+zipEndSize+int(binary.LittleEndian.Uint16(b[at+20:])) == len(b) {
			return z.objectTo(airlock.UnsafeArchive, "the archive has two ends: programs would not agree on what is in it")
		}
	}
	return z.readEnd(from+int64(i), end)
}

func (z *zipArchive) readEnd(at int64, end []byte) error {
	le := binary.LittleEndian
	disk, diskOfDirectory := le.Uint16(end[4:]), le.Uint16(end[6:])
	here, count := le.Uint16(end[8:]), le.Uint16(end[10:])
	size, start := int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	z.count, z.count16, z.end = uint64(count), true, at
	if at >= 20 {
		locator, err := z.bytes(at-20, 20)
		if err != nil {
			return err
		}
		if string(locator[:4]) == "PK\x06\x07" {
			return z.readEnd64(at-20, locator, end)
		}
	}
	switch {
	case disk != 0 || diskOfDirectory != 0 || here != count:
		return z.objectTo(airlock.Malformed, "it is a part of an archive, not a whole one")
	case start+size != at:
		return z.objectTo(airlock.Malformed, "the archive's directory is not where the archive says")
	}
	z.start = start
	return nil
}

// readEnd64 reads the record for large archives (APPNOTE 4.3.14). Where the old record holds numbers
// of its own, they must be the same.
func (z *zipArchive) readEnd64(at int64, locator, end []byte) error {
	le := binary.LittleEndian
	off := int64(le.Uint64(locator[8:]))
	b, err := z.bytes(off, 56)
	if err != nil || string(b[:4]) != "PK\x06\x06" || int64(le.Uint64(b[4:])) != at-off-12 {
		if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		return z.objectTo(airlock.Malformed, "the archive's directory is not where the archive says")
	}
	z.count, z.count16 = le.Uint64(b[32:]), false
	size, start := le.Uint64(b[40:]), le.Uint64(b[48:])
	for _, v := range []struct{ old, max, now uint64 }{
		{uint64(le.Uint16(end[8:])), 0xffff, le.Uint64(b[24:])},
		{uint64(le.Uint16(end[10:])), 0xffff, z.count},
		{uint64(le.Uint32(end[12:])), 0xffffffff, size},
		{uint64(le.Uint32(end[16:])), 0xffffffff, start},
	} {
		if v.old != v.max && v.old != v.now {
			return z.objectTo(airlock.UnsafeArchive, "the archive has two ends: programs would not agree on what is in it")
		}
	}
	switch {
	case le.Uint32(b[16:]) != 0 || le.Uint32(b[20:]) != 0 || le.Uint32(locator[4:]) != 0 || le.Uint64(b[24:]) != z.count:
		return z.objectTo(airlock.Malformed, "it is a part of an archive, not a whole one")
	case start > uint64(off) || size != uint64(off)-start:
		return z.objectTo(airlock.Malformed, "the archive's directory is not where the archive says")
	}
	z.start, z.end = int64(start), off
	return nil
}

// walk reads the directory, once and in a stream.
func (z *zipArchive) walk(keepNames bool) error {
	in := bufio.NewReaderSize(io.NewSectionReader(z.look, z.start, z.end-z.start), int(min(z.end-z.start, 32<<10)))
	var head [46]byte
	for walked := uint64(0); ; walked++ {
		if err := z.step(); err != nil {
			return err
		}
		sign, err := in.Peek(4)
		switch {
		case err == io.EOF && len(sign) == 0, err == nil && string(sign) == "PK\x05\x05": // APPNOTE 4.3.13: a signature of the directory
			if walked != z.count && (!z.count16 || walked&0xffff != z.count) { // macOS counts modulo 65536
				return z.objectTo(airlock.Malformed, "the archive says that it holds %d entries, but its directory has %d", z.count, walked)
			}
			if err == nil {
				return z.signature(in)
			}
			return nil
		case err != nil || string(sign) != "PK\x01\x02":
			if err != nil && err != io.EOF {
				return err
			}
			return z.objectTo(airlock.Malformed, "the archive's directory is broken at entry %d", walked+1)
		}
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return err
		}
		le := binary.LittleEndian
		n, x, c := int(le.Uint16(head[28:])), int(le.Uint16(head[30:])), int(le.Uint16(head[32:]))
		b, err := z.scratch(n + x)
		if err != nil {
			return err
		}
		if _, err := io.ReadFull(in, b); err != nil {
			return err
		}
		if _, err := in.Discard(c); err != nil {
			return err
		}
		if err := z.add(head[:], b[:n], b[n:], keepNames); err != nil {
			return err
		}
	}
}

// signature checks that a signature of the directory is all that follows it.
func (z *zipArchive) signature(in *bufio.Reader) error {
	b, err := in.Peek(6)
	if err != nil {
		return err
	}
	if _, err := in.Discard(6 + int(binary.LittleEndian.Uint16(b[4:]))); err != nil {
		return err
	}
	if _, err := in.Peek(1); err != io.EOF {
		return z.objectTo(airlock.Malformed, "something follows the signature of the archive's directory")
	}
	return nil
}

// scratch is n bytes that are good until the next call; n is at most 128 KiB.
func (z *zipArchive) scratch(n int) ([]byte, error) {
	if n > cap(z.buf) {
		grown := max(n, 1024)
		if err := z.hold(int64(grown - cap(z.buf))); err != nil {
			return nil, err
		}
		z.buf = make([]byte, grown)
	}
	return z.buf[:n], nil
}

// add takes an entry of the directory, and refuses what no honest one says.
func (z *zipArchive) add(head, name, extra []byte, keepName bool) error {
	le := binary.LittleEndian
	e := zipEntry{
		flags: le.Uint16(head[8:]), method: le.Uint16(head[10:]), crc: le.Uint32(head[16:]),
		packed: int64(le.Uint32(head[20:])), unpacked: int64(le.Uint32(head[24:])), off: int64(le.Uint32(head[42:])),
		nameLen: uint16(len(name)),
	}
	z.content.Entries++
	if z.content.Entries > z.limits.MaxEntries {
		return z.objectTo(airlock.Bomb, "it holds more than the %d entries that are taken", z.limits.MaxEntries)
	}
	mode := le.Uint32(head[38:]) >> 16
	if unix := head[5] == 3 || head[5] == 19 || head[38+1]&0x80 != 0; !unix { // 7-Zip on Windows says so by a bit of its own
		mode &= modeKind
		if mode != modeLink { // which extract-zip and others of Node make, whatever the system
			mode = 0
		}
	}
	more, err := z.extras(&e, name, extra, mode)
	if err != nil {
		return err
	}
	if err := z.checkName(name); err != nil {
		return err
	}
	if err := z.checkMode(&e, name, more); err != nil {
		return err
	}
	if err := z.checkClaims(&e, name); err != nil {
		return err
	}
	return z.admit(e, name, keepName)
}

// admit keeps an entry that was judged.
func (z *zipArchive) admit(e zipEntry, name []byte, keepName bool) error {
	e.hash = z.hashOf(name)
	if z.seen.has(e.hash) && e.kind != zipFolder {
		return z.objectTo(airlock.UnsafeArchive, "two of its entries are called %.80q: programs would not agree on which is meant", name)
	}
	if err := z.seen.put(z.look, e.hash, struct{}{}, 0); err != nil {
		return err
	}
	if err := z.kept.add(z.look, e, 0); err != nil {
		return err
	}
	z.entries = z.kept.all
	z.roots.see(name)
	if err := z.linkedName(&e, name); err != nil {
		return err
	}
	if keepName {
		if err := z.keptNames.add(z.look, string(name), len(name)); err != nil {
			return err
		}
		z.names = z.keptNames.all
	}
	return nil
}

// checkClaims holds what is claimed of an entry against what can be, and the sum against the bound,
// before anything is unpacked.
func (z *zipArchive) checkClaims(e *zipEntry, name []byte) error {
	if e.flags&(zipEncrypted|zipStrong|zipMasked) != 0 || e.method == 99 {
		if err := z.encrypted("%.80q is encrypted", name); err != nil {
			return err
		}
		e.flags |= zipEncrypted
	}
	if e.packed < 0 || e.unpacked < 0 || e.off < 0 || e.off > z.start || e.packed > z.start-e.off {
		return z.objectTo(airlock.Malformed, "%.80q lies outside of the archive", name)
	}
	z.total += min(e.unpacked, 1<<62-z.total)
	switch {
	case z.total+z.content.UnpackedBytes > z.limits.MaxUnpackedBytes:
		return z.objectTo(airlock.Bomb, "it says that it unpacks to %d bytes or more, above the %d that are taken", z.total, z.limits.MaxUnpackedBytes)
	case e.flags&zipEncrypted != 0:
		return nil
	case e.kind == zipFolder && e.unpacked > 0:
		return z.objectTo(airlock.Malformed, "%.80q is a folder that holds bytes of its own", name)
	case e.method == 0 && e.packed != e.unpacked:
		return z.objectTo(airlock.Malformed, "%.80q is stored, yet has two sizes", name)
	case e.method == 8 && e.unpacked/1032 > e.packed: // deflate's best is 258 bytes out of two bits
		return z.objectTo(airlock.Bomb, "%.80q says that %d bytes unpack to %d", name, e.packed, e.unpacked)
	case e.unpacked > 10<<20 && e.unpacked/1000 > e.packed:
		return z.objectTo(airlock.Bomb, "%.80q unpacks to more than a thousand times its %d bytes", name, e.packed)
	case e.method > 20 && (e.method < 93 || e.method > 98): // APPNOTE 4.4.5
		return z.objectTo(airlock.Malformed, "%.80q is packed by no known method (%d)", name, e.method)
	}
	return nil
}
