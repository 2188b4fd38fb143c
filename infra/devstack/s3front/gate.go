package s3front

import (
	"io"

	"github.com/versity/versitygw/s3api/middlewares"
)

// A gate is passed by a body's reader when the body ends: so the backend, which reads a body to
// its end and then puts the object in place, holds the lock for the second part only.
type gate struct {
	lock   func() (unlock func())
	unlock func()
}

func (g *gate) enter() {
	if g.unlock == nil {
		g.unlock = g.lock()
	}
}

func (g *gate) leave() {
	if g.unlock != nil {
		g.unlock()
	}
}

// before returns body with the gate at its end. It keeps the checksum that came in a trailer.
func (g *gate) before(body io.Reader) io.Reader {
	r := gated{body, g}
	if sum, ok := body.(middlewares.ChecksumReader); ok {
		return gatedSum{r, sum}
	}
	return r
}

type gated struct {
	body io.Reader
	gate *gate
}

func (r gated) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if err == io.EOF {
		r.gate.enter()
	}
	return n, err
}

type gatedSum struct {
	gated
	sum middlewares.ChecksumReader
}

func (r gatedSum) Algorithm() string { return r.sum.Algorithm() }
func (r gatedSum) Checksum() string  { return r.sum.Checksum() }
