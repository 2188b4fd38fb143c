package inspect

import (
	"bytes"
	"io"
)

// stream goes through a piece from front to back. What is read of it is also searched for what a
// server or a browser would run: pictures are told to run by a server that was misled about their
// name, and then each byte counts, not only those of a comment.
type stream struct {
	l     *look
	off   int64  // of buf[at]
	buf   []byte // what was read and not gone through
	at    int
	done  int    // up to where buf was searched
	last  []byte // the end of what was searched before
	whole bool   // read what is skipped
	found string // the first that runs
}

const streamBytes = 32 << 10

func (l *look) stream(off int64) *stream { return &stream{l: l, off: off, whole: l.full()} }

// fill makes at least one byte available, or returns io.EOF.
func (s *stream) fill() error {
	if s.at < len(s.buf) {
		return nil
	}
	s.search()
	n := int(min(streamBytes, s.l.size-s.off))
	if n <= 0 {
		return io.EOF
	}
	if cap(s.buf) < n {
		s.buf = make([]byte, n)
	}
	s.buf, s.at, s.done = s.buf[:n], 0, 0
	if m, err := s.l.ReadAt(s.buf, s.off); m < n {
		s.buf = nil
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	return nil
}

// search looks at what was gone through since it looked last, and at what began before.
func (s *stream) search() {
	part := s.buf[s.done:s.at]
	s.done = s.at
	if s.found != "" || len(part) == 0 {
		return
	}
	s.last = append(s.last, part[:min(len(part), longestMark)]...)
	if s.found = runsAnywhere(s.last); s.found == "" {
		s.found = runsAnywhere(part)
	}
	if len(part) >= longestMark {
		s.last = append(s.last[:0], part[len(part)-longestMark:]...)
	} else if more := len(s.last) - longestMark; more > 0 {
		s.last = append(s.last[:0], s.last[more:]...)
	}
}

// ReadByte is io.ByteReader.
func (s *stream) ReadByte() (byte, error) {
	if s.at >= len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	b := s.buf[s.at]
	s.at++
	s.off++
	return b, nil
}

// Read is io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if err := s.fill(); err != nil {
		return 0, err
	}
	n := copy(p, s.buf[s.at:])
	s.take(n)
	return n, nil
}

func (s *stream) take(n int) {
	s.at += n
	s.off += int64(n)
}

// next reads exactly n bytes into memory of their own; n is a number of the inspector or was held.
func (s *stream) next(n int) ([]byte, error) {
	if int64(n) > s.l.size-s.off {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	_, err := io.ReadFull(s, b)
	return b, err
}

// skip goes n bytes on, reading them only where all is to be looked at.
func (s *stream) skip(n int64) error {
	if n < 0 || n > s.l.size-s.off {
		return io.ErrUnexpectedEOF
	}
	for n > 0 {
		if s.at >= len(s.buf) {
			if !s.whole {
				s.search()
				s.off += n
				s.last = s.last[:0]
				return nil
			}
			if err := s.fill(); err != nil {
				return err
			}
		}
		m := min(n, int64(len(s.buf)-s.at))
		s.take(int(m))
		n -= m
	}
	return nil
}

// upToMark goes on until the next byte is b, and tells whether there is one.
func (s *stream) upToMark(b byte) (bool, error) {
	for {
		if err := s.fill(); err == io.EOF {
			return false, nil
		} else if err != nil {
			return false, err
		}
		if i := bytes.IndexByte(s.buf[s.at:], b); i >= 0 {
			s.take(i)
			return true, nil
		}
		s.take(len(s.buf) - s.at)
	}
}

// runs objects to what was found on the way.
func (s *stream) runs() error {
	s.search()
	if s.found == "" {
		return nil
	}
	return s.l.active("the %s holds %q, which a server or a browser would run", short(s.l.mediaType), s.found)
}
