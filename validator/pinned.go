package validator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"airlock"
)

// pinned reads an object whose beginning was read already, and nothing but those bytes: every further
// request names their etag. Who reads on from where the last read ended gets a stream, so that a large
// object is one request; who jumps gets what it asked for and no more.
type pinned struct {
	ctx    context.Context // io.ReaderAt takes none
	bucket Bucket
	object airlock.Object
	pin    Pin
	size   int64
	head   []byte // read before
	pause  func(ctx context.Context, d time.Duration) error

	next     int64 // where the last read ended
	ahead    int64 // how many bytes are asked for by who goes on from there
	stream   io.ReadCloser
	left     int64              // bytes that stream has yet to bring
	stop     context.CancelFunc // of stream
	bytes    int64              // read, beyond head
	requests int                // made, beyond the one for head
}

const (
	aheadGrows = 4                // times, with each request that goes on where the last one ended
	aheadMost  = 64 << 20         // bytes of one request
	stalled    = 10 * time.Second // without a byte
)

// ReadAt is io.ReaderAt, for one goroutine.
func (p *pinned) ReadAt(b []byte, off int64) (int, error) {
	if off >= p.size {
		return 0, io.EOF
	}
	eof := error(nil)
	if int64(len(b)) > p.size-off {
		b, eof = b[:p.size-off], io.EOF
	}
	n := 0
	if off < int64(len(p.head)) {
		n = copy(b, p.head[off:])
	}
	if n == len(b) {
		p.next = max(p.next, off+int64(n))
		return n, eof
	}
	if err := p.fill(b[n:], off+int64(n)); err != nil {
		return n, err
	}
	return len(b), eof
}

// fill reads all of b; a body that breaks off is asked for again from there.
func (p *pinned) fill(b []byte, off int64) error {
	if off != p.next {
		p.ahead = 0
		p.close()
	}
	for try, n := 0, 0; ; try++ {
		m, err := p.read(b[n:], off+int64(n))
		n += m
		p.bytes += int64(m)
		p.next = off + int64(n)
		switch {
		case n == len(b):
			return nil
		case err == nil: // the next request
			try = -1
			continue
		case m > 0:
			try = 0
		}
		p.close()
		if isSentinel(err) || p.ctx.Err() != nil || try == readTries-1 {
			return fmt.Errorf("read %s from %d on: %w", p.object, p.next, err)
		}
		if serr := p.pause(p.ctx, jitter(50*time.Millisecond<<try)); serr != nil {
			return serr
		}
	}
}

// read reads until b is full or the request's bytes end.
func (p *pinned) read(b []byte, off int64) (int, error) {
	if p.stream != nil && p.left == 0 {
		p.close()
	}
	if p.stream == nil {
		want := min(max(int64(len(b)), p.ahead), p.size-off)
		p.ahead = min(aheadGrows*want, aheadMost)
		ctx, cancel := context.WithCancel(p.ctx)
		p.requests++
		timer := time.AfterFunc(stalled, cancel)
		body, err := p.bucket.Open(ctx, p.object, p.pin, off, want)
		if !timer.Stop() && err == nil {
			body.Close()
			err = errStalled
		}
		if err != nil {
			cancel()
			return 0, err
		}
		p.stream, p.stop, p.left = body, cancel, want
	}
	b = b[:min(int64(len(b)), p.left)]
	timer := time.AfterFunc(stalled, p.stop)
	defer timer.Stop()
	n, err := io.ReadFull(p.stream, b)
	p.left -= int64(n)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // not the content's end: the body's
		err = errBrokeOff
	}
	return n, err
}

var (
	errStalled  = errors.New("the store stalls")
	errBrokeOff = errors.New("the body broke off")
)

// forget lets go of what a long wait need not hold; it is read again if it is asked for.
func (p *pinned) forget() {
	p.head = nil
	p.close()
}

func (p *pinned) close() {
	if p.stream != nil {
		p.stop()
		p.stream.Close()
		p.stream = nil
	}
}
