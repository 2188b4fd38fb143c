package inspect

import "encoding/binary"

// xlsLinkText reads the text of a link, which a record begins and others go on with (MS-XLS 2.4.58, 2.5.294).
type xlsLinkText struct {
	open  bool
	plain bool // of Excel 5 and before: bytes, without anything in front of them
	begun bool // its flags were read
	wide  bool // its characters have two bytes
	left  int  // characters that were not read
	skip  int  // bytes that stand in front of them
	cut   bool // not all of it is kept
	chars []uint16
}

// mostLinkText is more than a path has: 255 characters (2.4.271).
const mostLinkText = 4096

func (t *xlsLinkText) begin(n int, plain bool, b []byte, more bool) {
	*t = xlsLinkText{open: true, plain: plain, begun: plain, left: n, chars: t.chars[:0]}
	t.read(b, more)
}

// goOn reads on in the next record: in front of characters it says again whether they are wide.
func (t *xlsLinkText) goOn(b []byte, more bool) {
	if t.begun && !t.plain && t.skip == 0 && t.left > 0 && len(b) > 0 {
		t.wide, b = b[0]&1 != 0, b[1:]
	}
	t.read(b, more)
}

func (t *xlsLinkText) read(b []byte, more bool) {
	if !t.begun && len(b) > 0 {
		flags := b[0]
		t.begun, t.wide, b = true, flags&1 != 0, b[1:]
		if flags&0x08 != 0 { // fRichSt: the number of its runs
			t.skip += 2
		}
		if flags&0x04 != 0 { // fExtSt: the size of how it is spoken
			t.skip += 4
		}
	}
	n := min(t.skip, len(b))
	t.skip, b = t.skip-n, b[n:]
	size := 1
	if t.wide {
		size = 2
	}
	for ; t.left > 0 && len(b) >= size; t.left, b = t.left-1, b[size:] {
		if len(t.chars) == mostLinkText {
			t.cut = true
			return
		}
		c := uint16(b[0])
		if t.wide {
			c = binary.LittleEndian.Uint16(b)
		}
		t.chars = append(t.chars, c)
	}
	t.cut = t.cut || more && t.left > 0
}
