package inspect

import (
	"fmt"
	"io"

	"airlock"
)

// look is one view of one piece of content: the upload itself, or something packed inside.
type look struct {
	*work
	at        io.ReaderAt
	size      int64
	mediaType string // declared, or what a piece inside was found to be
	inside    string // "" for the upload; else what to call the piece in a detail, quoted
	depth     int    // how many archives it lies in

	heldBefore int64 // of memory, when the piece was begun
}

// ReadAt reads the piece.
func (l *look) ReadAt(p []byte, off int64) (int, error) {
	if l.at != io.ReaderAt(l.work) {
		if err := l.step(); err != nil {
			return 0, err
		}
	}
	return l.at.ReadAt(p, off)
}

// bytes reads exactly n bytes at off: fewer are io.ErrUnexpectedEOF. n is a number of the inspector,
// never of the file, or held by hold.
func (l *look) bytes(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || off > l.size || int64(n) > l.size-off {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	if m, err := l.ReadAt(b, off); m < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// upTo reads up to n bytes at off, fewer at the end.
func (l *look) upTo(off int64, n int) ([]byte, error) {
	return l.bytes(off, int(min(int64(n), max(0, l.size-off))))
}

// reader reads the piece from off to its end.
func (l *look) reader(off int64) *io.SectionReader { return io.NewSectionReader(l, off, l.size-off) }

// active objects to something that runs, unless the profile takes it.
func (l *look) active(format string, a ...any) error {
	l.content.Active = true
	if l.profile.ActiveContent == "allow" {
		return nil
	}
	return l.objectTo(airlock.ActiveContent, format, a...)
}

// encrypted objects to what can't be read, unless the profile takes it: then the inspector leaves it.
func (l *look) encrypted(format string, a ...any) error {
	l.content.Encrypted = true
	if l.limits.Encrypted == "allow" {
		return nil
	}
	return l.objectTo(airlock.Encrypted, format, a...)
}

// objectTo is object, and says inside of what.
func (l *look) objectTo(r airlock.Reason, format string, a ...any) error {
	if l.inside != "" {
		return object(r, "%s: %s", l.inside, fmt.Sprintf(format, a...))
	}
	return object(r, format, a...)
}

// full tells whether all of the content is to be looked at, not its header and directory only.
func (l *look) full() bool { return l.profile.Inspect != "header" }

// counted reads r, which unpacks something: each byte is counted against the bound.
func (l *look) counted(r io.Reader) io.Reader { return &counted{l.work, r} }

type counted struct {
	w *work
	r io.Reader
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if berr := c.w.unpacked(int64(n)); berr != nil {
		return n, berr
	}
	return n, err
}
