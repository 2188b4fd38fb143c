package inspect

import (
	"bufio"
	"errors"
	"io"
)

var errPDFData = errors.New("its data are broken")

// pdfHex is ASCIIHexDecode.
type pdfHex struct{ r *bufio.Reader }

func (h *pdfHex) Read(p []byte) (n int, err error) {
	for n < len(p) {
		high, err := h.digit()
		if err != nil {
			return n, err
		}
		low, err := h.digit()
		p[n] = byte(high<<4 | max(0, low))
		n++
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (h *pdfHex) digit() (int, error) {
	for {
		b, err := h.r.ReadByte()
		if err != nil {
			return 0, err
		}
		if d := hexDigit(int(b)); d >= 0 {
			return d, nil
		}
		if b == '>' {
			return 0, io.EOF
		}
	}
}

// pdf85 is ASCII85Decode.
type pdf85 struct {
	r    *bufio.Reader
	out  []byte
	four [4]byte
	end  error
}

func (a *pdf85) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(a.out) == 0 {
			if a.end != nil {
				return n, a.end
			}
			a.group()
			continue
		}
		m := copy(p[n:], a.out)
		a.out = a.out[m:]
		n += m
	}
	return n, nil
}

// finish reads what stands behind "~": ">", or nothing.
func (a *pdf85) finish() {
	a.end = io.EOF
	for {
		switch b, err := a.r.ReadByte(); {
		case err != nil || b == '>':
			return
		case pdfClass[b] != pdfSpace:
			a.end = errPDFData
			return
		}
	}
}

// group unpacks five digits into four bytes; the last group may be shorter.
func (a *pdf85) group() {
	var v uint32
	digits := 0
	for digits < 5 && a.end == nil {
		b, err := a.r.ReadByte()
		switch {
		case err != nil:
			a.end = err
		case b == '~':
			a.finish()
		case b == 'z' && digits == 0:
			a.four = [4]byte{}
			a.out = a.four[:]
			return
		case b >= '!' && b <= 'u':
			v = v*85 + uint32(b-'!')
			digits++
		case pdfClass[b] == pdfSpace:
		default:
			a.end = errPDFData
		}
	}
	if digits < 2 {
		return
	}
	for i := digits; i < 5; i++ {
		v = v*85 + 84
	}
	a.four = [4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
	a.out = a.four[:digits-1]
}

// pdfRuns is RunLengthDecode.
type pdfRuns struct {
	r      *bufio.Reader
	left   int
	repeat bool
	b      byte
}

func (u *pdfRuns) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if u.left == 0 {
			if err := u.run(); err != nil {
				return n, err
			}
		}
		if !u.repeat {
			if u.b, err = u.r.ReadByte(); err != nil {
				return n, err
			}
		}
		p[n] = u.b
		n++
		u.left--
	}
	return n, nil
}

func (u *pdfRuns) run() error {
	length, err := u.r.ReadByte()
	switch {
	case err != nil:
		return err
	case length == 128:
		return io.EOF
	case length < 128:
		u.left, u.repeat = int(length)+1, false
		return nil
	}
	u.left, u.repeat = 257-int(length), true
	u.b, err = u.r.ReadByte()
	return err
}

// pdfLZW is LZWDecode: codes of 9 to 12 bits, the highest first. With early, codes grow one sooner
// than in GIF (ISO 32000-1 7.4.4.2).
type pdfLZW struct {
	r       *bufio.Reader
	early   int
	bits    uint32
	have    uint
	width   uint
	next    int // the code that is made next
	last    int // -1: none
	prefix  [4096]uint16
	suffix  [4096]byte
	length  [4096]uint16
	out     []byte
	scratch [4097]byte
	end     error
}

func newPDFLZW(r *bufio.Reader, early bool) *pdfLZW {
	z := &pdfLZW{r: r, width: 9, next: 258, last: -1}
	if early {
		z.early = 1
	}
	for i := range 256 {
		z.suffix[i], z.length[i] = byte(i), 1
	}
	return z
}

func (z *pdfLZW) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(z.out) == 0 {
			if z.end != nil {
				return n, z.end
			}
			z.code()
			continue
		}
		m := copy(p[n:], z.out)
		z.out = z.out[m:]
		n += m
	}
	return n, nil
}

func (z *pdfLZW) code() {
	for z.have < z.width {
		b, err := z.r.ReadByte()
		if err != nil {
			z.end = err
			return
		}
		z.bits = z.bits<<8 | uint32(b)
		z.have += 8
	}
	z.have -= z.width
	c := int(z.bits >> z.have & (1<<z.width - 1))
	switch {
	case c == 256:
		z.width, z.next, z.last = 9, 258, -1
		return
	case c == 257:
		z.end = io.EOF
		return
	case c > z.next, c == z.next && z.last < 0, c >= 4096:
		z.end = errPDFData
		return
	}
	z.emit(c)
	if n := z.next + z.early; n >= 1<<z.width && z.width < 12 {
		z.width++
	}
	z.last = c
}

// emit puts out what c stands for, and makes the next code.
func (z *pdfLZW) emit(c int) {
	from := c
	if c == z.next {
		from = z.last
	}
	n := int(z.length[from])
	for i, at := n-1, from; i >= 0; i-- {
		z.scratch[i] = z.suffix[at]
		at = int(z.prefix[at])
	}
	if z.last >= 0 && z.next < 4096 {
		z.prefix[z.next], z.suffix[z.next], z.length[z.next] = uint16(z.last), z.scratch[0], z.length[z.last]+1
		z.next++
	}
	if c != from {
		z.scratch[n] = z.scratch[0]
		n++
	}
	z.out = z.scratch[:n]
}

// pdfPredictor undoes PNG's filters, or TIFF's predictor of 8 bits.
type pdfPredictor struct {
	r          io.Reader
	png        bool
	step       int
	row, above []byte
	left       int // bytes of row that were not handed out
	kind       [1]byte
	end        error
}

func (f *pdfPredictor) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if f.left == 0 {
			if f.end != nil {
				return n, f.end
			}
			f.line()
			continue
		}
		m := copy(p[n:], f.row[len(f.row)-f.left:])
		f.left -= m
		n += m
	}
	return n, nil
}

func (f *pdfPredictor) line() {
	f.row, f.above = f.above, f.row
	if f.png {
		if _, f.end = io.ReadFull(f.r, f.kind[:]); f.end != nil {
			return
		}
	}
	n, err := io.ReadFull(f.r, f.row)
	f.end = err
	clear(f.row[n:])
	if n == 0 {
		return
	}
	kind := f.kind[0]
	if !f.png {
		kind = 1
	}
	f.undo(kind)
	f.left = len(f.row)
}

func (f *pdfPredictor) undo(kind byte) {
	for i := range f.row {
		var a, c byte
		if i >= f.step {
			a, c = f.row[i-f.step], f.above[i-f.step]
		}
		b := f.above[i]
		switch kind {
		case 1:
			f.row[i] += a
		case 2:
			f.row[i] += b
		case 3:
			f.row[i] += byte((int(a) + int(b)) / 2)
		case 4:
			f.row[i] += paeth(a, b, c)
		}
	}
}

// paeth is PNG's predictor (RFC 2083 6.6).
func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
