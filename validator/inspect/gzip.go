package inspect

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"

	"airlock"
)

// inspectGzip inflates all of a gzip file (RFC 1952), which proves its checksums, and looks into what
// comes out: a tar is one archive with its gzip, any other is an archive inside of one.
func inspectGzip(l *look) error {
	m := newMembers(l)
	if err := m.next(); err != nil {
		return err
	}
	last := &past{r: l.counted(m)}
	body := bufio.NewReaderSize(last, 16<<10)
	head, err := body.Peek(tarBlock)
	if err != nil && err != io.EOF {
		return err
	}
	isTar := isTarHeader(head)
	if l.inside == "" && !isTar && !isZero(head) && namedAsTar(l.name) {
		return object(airlock.TypeMismatch, "by its name it is a packed tar archive, but it holds none")
	}
	if !l.full() {
		return nil
	}
	if isTar {
		err = (&tarWalk{l: l, in: body, past: last}).walk()
	} else {
		err = l.memberOrShortcut(m.name, body)
	}
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil { // what a tar has behind its end
		return err
	}
	return l.tail(m.end)
}

func namedAsTar(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar.gz")
}

// members is what the members of a gzip file hold, one after the other: pigz, bgzip and cat make
// many, which are one file (RFC 1952 section 2.2).
type members struct {
	l    *look
	from *io.SectionReader
	in   *bufio.Reader
	z    *gzip.Reader
	name string // of the file, as the first member has it
	out  int64  // bytes that came out
	end  int64  // where the last member ended and something else begins
	done bool
}

func newMembers(l *look) *members {
	from := l.reader(0)
	return &members{l: l, from: from, in: bufio.NewReaderSize(from, 16<<10)}
}

// next reads the header of the member that begins here.
func (m *members) next() (err error) {
	if err := m.l.step(); err != nil {
		return err
	}
	if m.z == nil {
		m.z, err = gzip.NewReader(m.in)
	} else {
		err = m.z.Reset(m.in)
	}
	switch err {
	case nil:
	case io.EOF:
		return io.ErrUnexpectedEOF
	case gzip.ErrHeader:
		return m.l.objectTo(airlock.Malformed, "the gzip header is broken")
	default:
		return err
	}
	m.z.Multistream(false)
	return m.header(m.z.Header)
}

// header looks at what a member's header says besides. Nobody needs it to unpack, so what an
// archiver would open can hide there.
func (m *members) header(h gzip.Header) error {
	name := latin1(h.Name)
	if m.name == "" {
		m.name = name
	}
	why := ""
	if name != "" {
		why = safeName(name)
	}
	if why == "" {
		why = lyingName(name)
	}
	if why != "" {
		return m.l.objectTo(airlock.UnsafeArchive, "the file name %.80q %s", name, why)
	}
	for _, b := range [][]byte{h.Extra, []byte(latin1(h.Comment))} {
		if bytes.Contains(b, []byte("PK\x05\x06")) {
			return m.l.objectTo(airlock.TypeMismatch, "its header holds a zip archive")
		}
		if what := holdsMarkup(b); what != "" {
			return m.l.objectTo(airlock.TypeMismatch, "its header holds %q", what)
		}
	}
	return nil
}

// latin1 takes back what the reader made of a text's bytes: it believes RFC 1952, but on today's
// systems they are UTF-8.
func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

func (m *members) Read(p []byte) (int, error) {
	for !m.done {
		n, err := m.z.Read(p)
		switch m.out += int64(n); {
		case err == io.EOF:
			err = m.after()
		case err == gzip.ErrChecksum:
			err = m.l.objectTo(airlock.Malformed, "the checksum or the length of what it unpacks to is wrong")
		case err == nil && m.out > fromRatio && m.out/mostRatio > m.l.size:
			err = m.l.stop(m.l.objectTo(airlock.Bomb, "its %d bytes unpack to more than %d times as many", m.l.size, mostRatio))
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// fromRatio and mostRatio are when unpacking to much more than what is packed is an attack. Deflate
// makes at most 1 byte of 1,032 (zlib, "Maximum compression factor"); small honest files come near.
const (
	fromRatio = 10 << 20
	mostRatio = 500
)

// after looks at what comes after a member: another one, nothing, the zeros of a tape, or anything,
// which gzip(1) ignores.
func (m *members) after() error {
	if head, _ := m.in.Peek(3); bytes.Equal(head, []byte("\x1f\x8b\x08")) {
		return m.next()
	}
	for m.done = true; ; {
		switch b, err := m.in.ReadByte(); {
		case err == io.EOF:
			m.end = m.l.size
			return nil
		case err != nil:
			return err
		case b != 0:
			read, err := m.from.Seek(0, io.SeekCurrent)
			m.end = read - int64(m.in.Buffered()) - 1
			return err
		}
	}
}
