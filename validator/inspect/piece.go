package inspect

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"airlock"
)

// What is unpacked to be read at random: up to inMemory bytes are kept in memory, more in a file. One
// inspection has onDisk bytes of files at most, and only those have any that hold a share of the memory.
const (
	inMemory = 1 << 20
	onDisk   = 512 << 20
)

// TemporaryFiles tells why no temporary file can be made, which inspection needs for what is packed
// inside of archives and documents; nil if it can.
func TemporaryFiles() error {
	f, err := nameless()
	if err != nil {
		return err
	}
	return f.Close()
}

// nameless is a file that goes when it is closed, or when the process ends.
func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "airlock-inspect-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// piece makes what r unpacks readable at random. r is bounded by who made it (counted). The piece has
// the depth of l; done frees it.
func (l *look) piece(name string, r io.Reader) (*look, error) {
	p := &look{work: l.work, depth: l.depth, inside: fmt.Sprintf("%.80q", name), heldBefore: l.held}
	if l.inside != "" {
		p.inside = l.inside + " " + p.inside
	}
	small, err := io.ReadAll(io.LimitReader(r, inMemory+1))
	if err != nil {
		return nil, err
	}
	if p.size = int64(len(small)); p.size <= inMemory {
		p.at = bytes.NewReader(small)
		return p, l.hold(p.size)
	}
	if err := l.admit(); err != nil {
		return nil, err
	}
	f, err := l.shared.files()
	if err != nil {
		l.trouble = err
		return nil, err
	}
	l.spools[f] = 0
	p.size, err = io.Copy(&spool{l.work, f}, io.MultiReader(bytes.NewReader(small), r))
	p.at = f
	return p, err
}

// spool is a file whose errors are trouble, not findings.
type spool struct {
	w *work
	f File
}

func (s *spool) Write(p []byte) (int, error) {
	s.w.spools[s.f] += int64(len(p))
	all := int64(0)
	for _, n := range s.w.spools {
		all += n
	}
	if all > onDisk {
		return 0, s.w.stop(object(airlock.Uninspectable, "archives of more than %d MiB inside of others are not looked into", onDisk>>20))
	}
	n, err := s.f.Write(p)
	if err != nil {
		s.w.trouble = err
	}
	return n, err
}

// done frees a piece, and what was kept while it was looked at.
func (l *look) done() {
	if f, ok := l.at.(File); ok {
		f.Close()
		delete(l.spools, f)
	}
	l.held = l.heldBefore
}
