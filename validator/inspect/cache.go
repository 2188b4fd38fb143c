package inspect

import (
	"io"
	"slices"
	"sync"
)

// blockBytes is what is fetched at once, and blocks how many are kept: parsers go back and forth a
// little, between a header and a directory.
const (
	blockBytes = 64 << 10
	blocks     = 4
)

// cache keeps the blocks of an upload that were read last.
type cache struct {
	from io.ReaderAt
	size int64
	kept []block // the one used last is last

	asked, read      int64 // blocks and bytes that were asked for
	mayAsk, mayFetch int64 // their bounds, which who fetches keeps
}

type block struct {
	off  int64
	data []byte
}

// readAt is io.ReaderAt, which calls fetching around each read of what it has not.
func (c *cache) readAt(p []byte, off int64, fetching func(fetch func() error) error) (n int, err error) {
	if off < 0 || off >= c.size {
		return 0, io.EOF
	}
	for n < len(p) && off+int64(n) < c.size {
		at := off + int64(n)
		b, err := c.block(at/blockBytes*blockBytes, fetching)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], b.data[at-b.off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (c *cache) block(off int64, fetching func(fetch func() error) error) (block, error) {
	if i := slices.IndexFunc(c.kept, func(b block) bool { return b.off == off }); i >= 0 {
		b := c.kept[i]
		c.kept = append(slices.Delete(c.kept, i, i+1), b)
		return b, nil
	}
	length := min(blockBytes, c.size-off)
	b := block{off: off}
	if len(c.kept) == blocks {
		b.data = c.kept[0].data
		c.kept = slices.Delete(c.kept, 0, 1)
	}
	if b.data == nil {
		b.data = freeBlocks.Get().(*[blockBytes]byte)[:]
	}
	b.data = b.data[:length]
	err := fetching(func() error {
		c.asked, c.read = c.asked+1, c.read+length
		n, err := c.from.ReadAt(b.data, off)
		if int64(n) == length {
			return nil
		}
		if err == nil || err == io.EOF { // the object has fewer bytes than its size says
			err = io.ErrNoProgress
		}
		return err
	})
	if err != nil {
		freeBlocks.Put((*[blockBytes]byte)(b.data[:blockBytes]))
		return block{}, err
	}
	c.kept = append(c.kept, b)
	return b, nil
}

// freeBlocks are used again, since each upload needs one.
var freeBlocks = sync.Pool{New: func() any { return new([blockBytes]byte) }}

// free gives back what is kept; nothing may be read after it.
func (c *cache) free() {
	for _, b := range c.kept {
		freeBlocks.Put((*[blockBytes]byte)(b.data[:blockBytes]))
	}
	c.kept = nil
}
