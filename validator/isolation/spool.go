package isolation

import (
	"errors"
	"io"
	"os"
	"slices"
	"sync"

	"airlock/validator/inspect"
)

// spool is the one file that a child has. What is unpacked is written to pieces of it, so that the child
// need not make files.
type spool struct {
	f    *os.File
	mu   sync.Mutex
	free []int64 // pieces that were used and are not
	end  int64   // in pieces
	used int
}

const spoolPiece = 1 << 20

func newSpool(f *os.File) *spool { return &spool{f: f} }

// file is an empty file.
func (s *spool) file() (inspect.File, error) { return &spooled{s: s}, nil }

func (s *spool) take() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used++
	if n := len(s.free); n > 0 {
		p := s.free[n-1]
		s.free = s.free[:n-1]
		return p
	}
	s.end++
	return s.end - 1
}

// give takes pieces back. When none is used the file is empty again.
func (s *spool) give(pieces []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, pieces...)
	if s.used -= len(pieces); s.used == 0 && s.end > 0 {
		s.free, s.end = nil, 0
		_ = s.f.Truncate(0)
	}
}

// spooled is a file of pieces of another.
type spooled struct {
	s      *spool
	pieces []int64
	size   int64
}

var errClosed = errors.New("the file is closed")

func (f *spooled) Write(b []byte) (n int, err error) {
	for n < len(b) {
		if f.size < 0 {
			return n, errClosed
		}
		within := f.size % spoolPiece
		if within == 0 {
			f.pieces = append(f.pieces, f.s.take())
		}
		part := b[n:min(len(b), n+int(spoolPiece-within))]
		m, err := f.s.f.WriteAt(part, f.pieces[len(f.pieces)-1]*spoolPiece+within)
		f.size += int64(m)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (f *spooled) ReadAt(b []byte, off int64) (n int, err error) {
	for n < len(b) {
		at := off + int64(n)
		if at < 0 || at >= f.size {
			return n, io.EOF
		}
		within := at % spoolPiece
		part := b[n:min(int64(len(b)), int64(n)+spoolPiece-within, int64(n)+f.size-at)]
		m, err := f.s.f.ReadAt(part, f.pieces[at/spoolPiece]*spoolPiece+within)
		n += m
		if m < len(part) {
			return n, err
		}
	}
	return n, nil
}

// Close frees it.
func (f *spooled) Close() error {
	if f.size < 0 {
		return errClosed
	}
	f.s.give(slices.Clone(f.pieces))
	f.pieces, f.size = nil, -1
	return nil
}
