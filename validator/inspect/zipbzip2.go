package inspect

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
)

// bzip2Memory is what unpacking bzip2 takes: four bytes for each of a block's 900,000 at most.
const bzip2Memory = 4 << 20

// unbzip2 unpacks bzip2, whose reader makes room for blocks as large as each stream says, which is 3.6 MB
// for one that unpacks to a byte. As the size is known, streams are told to need no more room than that.
func unbzip2(in *bufio.Reader, unpacked int64) io.Reader {
	// Four equal bytes take five where a block is packed first.
	level := min(9, 1+unpacked*5/4/100_000)
	return bzip2.NewReader(&bzip2Levels{in: in, level: '0' + byte(level), most: 16 + unpacked>>10})
}

// bzip2Levels reads bzip2 and sets each stream's level down to level.
type bzip2Levels struct {
	in    *bufio.Reader
	level byte
	most  int64 // streams
	digit int   // in so many bytes the level comes
}

var errBzip2Streams = errors.New("it has more streams than bytes to fill them")

// A stream begins with its level and, unless it is empty, its first block: both by six bytes that are given.
var bzip2Begins = [][]byte{[]byte("\x31\x41\x59\x26\x53\x59"), []byte("\x17\x72\x45\x38\x50\x90")}

func (b *bzip2Levels) ReadByte() (byte, error) {
	c, err := b.in.ReadByte()
	if err != nil {
		return c, err
	}
	if b.digit > 0 {
		if b.digit--; b.digit == 0 && c > b.level {
			c = b.level
		}
		return c, nil
	}
	if c != 'B' {
		return c, nil
	}
	next, _ := b.in.Peek(9)
	if len(next) < 9 || next[0] != 'Z' || next[1] != 'h' || next[2] < '1' || next[2] > '9' {
		return c, nil
	}
	if bytes.Equal(next[3:], bzip2Begins[0]) || bytes.Equal(next[3:], bzip2Begins[1]) {
		b.digit = 3
		if b.most--; b.most < 0 {
			return 0, errBzip2Streams
		}
	}
	return c, nil
}

// Read is there for the interface; who unpacks reads byte by byte.
func (b *bzip2Levels) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := b.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}
