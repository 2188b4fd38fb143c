package inspect

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"strings"

	"airlock"
)

// inspectTar walks through a tar archive (POSIX 1003.1 pax, "ustar Interchange Format"; GNU tar
// manual, "Basic Tar Format"). It reads the headers itself and not by archive/tar, because it must
// see what other tools would make of them: they differ in which name and which size they believe.
func inspectTar(l *look) error {
	from := l.reader(0)
	return (&tarWalk{l: l, in: bufio.NewReaderSize(from, 4096), from: from}).walk()
}

// tarWalk is the way through one archive.
type tarWalk struct {
	l     *look
	in    *bufio.Reader
	from  *io.SectionReader // nil: in is what something unpacks, which counts it,
	past  *past             // and this remembers the last of it
	buf   [tarBlock]byte
	ahead []byte   // of an extended header
	first bool     // the first header was read
	next  tarAhead // what was said of the next entry
	links *links   // where the profile takes them
}

func (t *tarWalk) walk() error {
	if t.l.limits.Links == "allow" {
		t.links = newLinks(t.l)
	}
	for t.next = aheadOfNothing(); ; {
		if err := t.l.step(); err != nil {
			return err
		}
		n, err := io.ReadFull(t.in, t.buf[:])
		switch {
		case (err == io.EOF || err == io.ErrUnexpectedEOF && isZero(t.buf[:n])) && !t.next.begun():
			return t.judge() // without the two blocks of zeros: some tools forget them
		case err != nil:
			return noEOF(err)
		}
		if isZero(t.buf[:]) {
			return t.end()
		}
		h, err := parseTarHeader(t.buf[:])
		if err != nil {
			return t.l.objectTo(airlock.Malformed, "after %d entries: %s", t.l.content.Entries, err)
		}
		if !t.first {
			if err := t.polyglot(); err != nil {
				return err
			}
		}
		t.first = true
		if err := t.header(h); err != nil {
			return err
		}
	}
}

// judge looks at the links when all are known.
func (t *tarWalk) judge() error {
	if t.links == nil {
		return nil
	}
	return t.links.judge()
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// polyglot objects to a first header that others would open as something else: a tar begins with a
// name, which may be anything.
func (t *tarWalk) polyglot() error {
	b := t.buf[:]
	_, behind, _ := bytes.Cut(b[:100], []byte{0})
	switch {
	case holdsMarkup(b) != "":
		return t.l.objectTo(airlock.TypeMismatch, "its first header holds %q", holdsMarkup(b))
	case bytes.Contains(b, []byte("%PDF-")):
		return t.l.objectTo(airlock.TypeMismatch, "it begins as a PDF")
	case bytes.HasPrefix(b, []byte("MZ")) && !isZero(behind):
		return t.l.objectTo(airlock.TypeMismatch, "it begins as a program")
	}
	return nil
}

// header takes in one header and what belongs to it.
func (t *tarWalk) header(h tarHeader) error {
	switch h.kind {
	case 'x', 'X', 'g', 'L', 'K':
		return t.extended(h)
	}
	err := t.entry(h)
	t.next = aheadOfNothing()
	return err
}

// entry looks at one entry and its data.
func (t *tarWalk) entry(h tarHeader) error {
	l := t.l
	if l.content.Entries++; l.content.Entries > l.limits.MaxEntries {
		return l.objectTo(airlock.Bomb, "it has more than %d entries", l.limits.MaxEntries)
	}
	name := h.name
	if n := len(t.next.names); n > 0 {
		name = t.next.names[n-1]
	}
	if t.next.sparse != "" {
		name = t.next.sparse
	}
	if err := t.namesAgree(h, name); err != nil {
		return err
	}
	switch h.kind {
	case '3', '4', '6':
		return l.objectTo(airlock.UnsafeArchive, "%.80q is a device or a pipe", name)
	case '1', '2':
		if err := t.link(h, name); err != nil {
			return err
		}
	}
	size, err := t.size(h, name)
	if err != nil {
		return err
	}
	return t.data(h, name, size)
}

// namesAgree judges all names that tools would give an entry: each believes another.
func (t *tarWalk) namesAgree(h tarHeader, name string) error {
	if h.kind == 'V' { // the archive's own label, which is no path; yet Python makes a file of it
		why := unseen(name)
		if goesUp(name) {
			why = "leads out of the archive"
		}
		if why != "" {
			return t.l.objectTo(airlock.UnsafeArchive, "the label %.80q %s", name, why)
		}
		return nil
	}
	names := append([]string{name, h.name, h.short}, t.next.names...)
	for i, n := range names {
		if i > 0 && n == name {
			continue
		}
		why := ""
		if n != "" {
			why = safeName(n)
		}
		if why == "" && h.kind != '5' {
			why = lyingName(n)
		}
		if why != "" {
			return t.l.objectTo(airlock.UnsafeArchive, "the name %.80q %s", n, why)
		}
	}
	if name == "" {
		return t.l.objectTo(airlock.UnsafeArchive, "an entry has no name")
	}
	for _, n := range t.next.names {
		if first := t.next.names[0]; strings.TrimRight(n, "/") != strings.TrimRight(first, "/") {
			return t.l.objectTo(airlock.UnsafeArchive, "one entry is called %.80q and %.80q", first, n)
		}
	}
	return t.linkedNames(append(names[:2:2], t.next.names...))
}

// linkedNames tells the links of an entry's names, where the profile takes links.
func (t *tarWalk) linkedNames(names []string) error {
	if t.links == nil {
		return nil
	}
	for i, n := range names { // those without the prefix are of tools that know no links
		if n != "" && (i == 0 || n != names[0]) {
			if err := t.links.entry(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// goesUp tells whether a part of a path is the parent.
func goesUp(name string) bool {
	for part := range strings.FieldsFuncSeq(name, isSeparator) {
		if part == ".." {
			return true
		}
	}
	return false
}

// size is how many bytes of data an entry has. The holes of a sparse file are counted as what it
// unpacks to.
func (t *tarWalk) size(h tarHeader, name string) (int64, error) {
	size := h.size
	if n := t.next.size; n >= 0 && n != size {
		// Only what does not fit into the header's 11 octal digits is honestly said elsewhere; tools
		// that don't read it would take data for headers.
		if n < 1<<33 {
			return 0, t.l.objectTo(airlock.Malformed, "%.80q is said to have %d and %d bytes", name, size, n)
		}
		size = n
	}
	logical := max(h.logical, t.next.logical)
	if logical > size {
		if err := t.l.unpacked(min(logical-size, math.MaxInt64/4)); err != nil {
			return 0, err
		}
	}
	return size, nil
}

// data reads an entry's data, or leaps over them where only headers are looked at.
func (t *tarWalk) data(h tarHeader, name string, size int64) error {
	bare := strings.IndexByte("125V", h.kind) >= 0 || (h.kind == 0 || h.kind == '0') && strings.HasSuffix(name, "/")
	if bare && size > 0 { // some would read data here, others the next header
		return t.l.objectTo(airlock.Malformed, "the folder or link %.80q is said to have %d bytes", name, size)
	}
	for more := h.extended; more; { // the rest of an old GNU sparse map
		if _, err := io.ReadFull(t.in, t.buf[:]); err != nil {
			return noEOF(err)
		}
		more = t.buf[504] != 0
	}
	if !t.l.full() && t.from != nil {
		if err := t.l.unpacked(min(size, math.MaxInt64/4)); err != nil {
			return err
		}
		return t.leap(size)
	}
	all := &exactly{t.in, size}
	var in io.Reader = all
	if t.from != nil {
		in = t.l.counted(all)
	}
	if t.next.mapped {
		if err := skipSparseMap(in); err != nil {
			return t.l.objectTo(airlock.Malformed, "the map of the sparse file %.80q is broken", name)
		}
	}
	if err := t.l.memberOrShortcut(name, in); err != nil {
		return err
	}
	return t.padding(size)
}

// exactly is the next n bytes of r, and an error where there are fewer.
type exactly struct {
	r io.Reader
	n int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.n)])
	if e.n -= int64(n); e.n > 0 {
		err = noEOF(err)
	} else if err == io.EOF {
		err = nil
	}
	return n, err
}

// padding reads what fills the last block. At the end of the archive it may be missing.
func (t *tarWalk) padding(size int64) error {
	_, err := t.in.Discard(int(-size & (tarBlock - 1)))
	if err == io.EOF {
		return nil
	}
	return err
}

// leap goes over the data of an entry without reading them.
func (t *tarWalk) leap(size int64) error {
	if size > t.l.size {
		return io.ErrUnexpectedEOF
	}
	n := size + -size&(tarBlock-1)
	if n <= int64(t.in.Buffered()) {
		_, err := t.in.Discard(int(n))
		return err
	}
	n -= int64(t.in.Buffered())
	at, err := t.from.Seek(n, io.SeekCurrent)
	if err != nil {
		return err
	}
	if at-(-size&(tarBlock-1)) > t.l.size {
		return io.ErrUnexpectedEOF
	}
	t.in.Reset(t.from)
	return nil
}

// end looks at what is behind the archive's end: zeros up to the tape's record, or a tail.
func (t *tarWalk) end() error {
	if err := t.judge(); err != nil {
		return err
	}
	if t.next.begun() {
		return t.l.objectTo(airlock.Malformed, "the last header belongs to no entry")
	}
	if more, err := t.zeros(); !more || err != nil {
		return err
	}
	off, err := t.at()
	if err != nil {
		return err
	}
	rest, err := io.ReadAll(io.LimitReader(t.in, tarRecord))
	if err != nil {
		return err
	}
	if ok, err := t.leftover(rest); ok || err != nil {
		return err
	}
	if isTarHeader(rest) {
		return t.l.objectTo(airlock.TrailingData, "after its end comes another tar archive, which most tools don't show")
	}
	if t.from != nil {
		return t.l.tail(off)
	}
	p, err := t.l.piece("the end of the tar archive", io.MultiReader(bytes.NewReader(rest), t.in))
	if err != nil {
		return err
	}
	defer p.done()
	p.mediaType = "application/x-tar"
	return p.tail(0)
}

// at is where in the archive the next byte is read; 0 where that can't be known.
func (t *tarWalk) at() (int64, error) {
	if t.from == nil {
		return 0, nil
	}
	read, err := t.from.Seek(0, io.SeekCurrent)
	return read - int64(t.in.Buffered()), err
}

// mostZeros is how far zeros are read where only headers are looked at: the largest usual record of
// a tape is 1 MiB.
const mostZeros = 1 << 20

// zeros reads up to what is none and tells whether there is any.
func (t *tarWalk) zeros() (more bool, err error) {
	for n := 0; t.l.full() || n < mostZeros; n++ {
		b, err := t.in.ReadByte()
		switch {
		case err == io.EOF:
			return false, nil
		case err != nil:
			return false, err
		case b != 0:
			return true, t.in.UnreadByte()
		}
	}
	return false, nil
}
