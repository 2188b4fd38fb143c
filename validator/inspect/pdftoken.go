package inspect

import (
	"bytes"
	"io"
)

// pdfCursor reads a PDF byte by byte from anywhere, through a small buffer.
type pdfCursor struct {
	at   io.ReaderAt
	size int64
	base int64 // where buf begins
	buf  []byte
	pos  int
	err  error // but io.EOF

	value  []byte // of the last token: a name decoded, a string's beginning decoded
	cut    bool   // the string is longer than value
	closed bool   // it is one in brackets, and ends
	number int64
	from   int64 // where the last token begins
	odd    bool  // a blank was there that is none to some readers

	names *pdfNames // told how far is read, and which strings and comments there are; nil: nobody is
}

const (
	pdfCursorBytes = 16 << 10
	pdfValueBytes  = 4096 // of a name or a string that are kept: no file name is longer
)

func newPDFCursor(at io.ReaderAt, size int64) *pdfCursor {
	return &pdfCursor{at: at, size: size, buf: make([]byte, 0, pdfCursorBytes), value: make([]byte, 0, pdfValueBytes)}
}

// seek goes to off, which costs nothing within the buffer.
func (c *pdfCursor) seek(off int64) {
	if d := off - c.base; d >= 0 && d <= int64(len(c.buf)) {
		c.pos = int(d)
		return
	}
	c.base, c.buf, c.pos = off, c.buf[:0], 0
}

func (c *pdfCursor) tell() int64 { return c.base + int64(c.pos) }

// fill reads on; false at the end.
func (c *pdfCursor) fill() bool {
	c.base += int64(len(c.buf))
	c.pos = 0
	n := min(pdfCursorBytes, max(0, c.size-c.base))
	c.buf = c.buf[:n]
	if n == 0 || c.err != nil {
		c.buf = c.buf[:0]
		return false
	}
	if m, err := c.at.ReadAt(c.buf, c.base); m < len(c.buf) {
		if err != io.EOF {
			c.err = err
		}
		c.buf = c.buf[:m]
	}
	if c.names != nil && c.err == nil {
		c.err = c.names.ahead(c.base + int64(len(c.buf)))
	}
	return len(c.buf) > 0 && c.err == nil
}

// next is the next byte; -1 at the end.
func (c *pdfCursor) next() int {
	if c.pos == len(c.buf) && !c.fill() {
		return -1
	}
	b := c.buf[c.pos]
	c.pos++
	return int(b)
}

func (c *pdfCursor) peek() int {
	if c.pos == len(c.buf) && !c.fill() {
		return -1
	}
	return int(c.buf[c.pos])
}

// What bytes are in a PDF (ISO 32000-1 7.2.2).
const (
	pdfRegular = iota
	pdfSpace
	pdfOddSpace
	pdfDelimiter
)

// pdfClass takes 0x80 and 0xFF as blanks, as PDFium does. To others they are regular: then what stands
// here as two tokens is one that means nothing, so that more is seen this way, never less.
var pdfClass = func() (class [256]byte) {
	for _, b := range "\x00\t\n\f\r " {
		class[b] = pdfSpace
	}
	class[0x80], class[0xff] = pdfOddSpace, pdfOddSpace
	for _, b := range "()<>[]{}/%" {
		class[b] = pdfDelimiter
	}
	return class
}()

// pdfToken is a kind of token.
type pdfToken int

const (
	pdfEnd pdfToken = iota
	pdfName
	pdfString
	pdfNumber
	pdfWord // obj, R, stream, true, ...
	pdfOpenDict
	pdfCloseDict
	pdfOpenArray
	pdfCloseArray
)

// token reads one. Of numbers that are no integers only the kind is kept.
func (c *pdfCursor) token() pdfToken {
	c.skipSpace()
	c.from, c.cut, c.closed = c.tell(), false, false
	if c.pos == len(c.buf) { // skipSpace stops there at the end only
		return pdfEnd
	}
	b := c.buf[c.pos]
	c.pos++
	switch b {
	case '/':
		c.name()
		return pdfName
	case '(':
		c.literal()
		return pdfString
	case '<':
		if c.peek() == '<' {
			c.pos++
			return pdfOpenDict
		}
		c.hex()
		return pdfString
	case '>':
		if c.peek() == '>' {
			c.pos++
			return pdfCloseDict
		}
		return c.token1('>')
	case '[':
		return pdfOpenArray
	case ']':
		return pdfCloseArray
	case ')', '{', '}': // functions, which have braces, are in streams
		return c.token1(b)
	default:
		return c.word(b)
	}
}

// token1 is a delimiter that stands alone: a fault, which viewers skip.
func (c *pdfCursor) token1(b byte) pdfToken {
	c.value = append(c.value[:0], b)
	return pdfWord
}

func (c *pdfCursor) skipSpace() {
	pos := c.pos
	for pos < len(c.buf) && pdfClass[c.buf[pos]] == pdfSpace {
		pos++
	}
	c.pos = pos
	if pos < len(c.buf) && c.buf[pos] != '%' && pdfClass[c.buf[pos]] != pdfOddSpace { // as nearly always
		return
	}
	for c.pos < len(c.buf) || c.fill() {
		switch b := c.buf[c.pos]; {
		case pdfClass[b] == pdfSpace:
			c.pos++
		case pdfClass[b] == pdfOddSpace:
			c.odd = true
			c.pos++
		case b == '%':
			from := c.tell()
			for b := c.next(); b >= 0 && b != '\n' && b != '\r'; b = c.next() {
			}
			c.names.pardon(from, c.tell())
		default:
			return
		}
	}
}

// run keeps the bytes that come next, as far as goesOn says.
func (c *pdfCursor) run(goesOn *[256]bool) {
	for c.pos < len(c.buf) || c.fill() {
		rest := c.buf[c.pos:]
		for n, b := range rest {
			if !goesOn[b] {
				c.keepAll(rest[:n])
				c.pos += n
				return
			}
		}
		c.keepAll(rest)
		c.pos = len(c.buf)
	}
}

// What goes on with a word, and with a name up to its next escape.
var pdfInWord, pdfInName = func() (word, name [256]bool) {
	for b := range word {
		word[b] = pdfClass[b] == pdfRegular
		name[b] = word[b] && b != '#'
	}
	return word, name
}()

// keep adds b to the value while there is room.
func (c *pdfCursor) keep(b byte) {
	if len(c.value) < pdfValueBytes {
		c.value = append(c.value, b)
		return
	}
	c.cut = true
}

// keepAll is keep for all of b.
func (c *pdfCursor) keepAll(b []byte) {
	if room := pdfValueBytes - len(c.value); len(b) > room {
		b, c.cut = b[:room], true
	}
	c.value = append(c.value, b...)
}

// name reads one behind its slash: "#" and two digits are a byte (ISO 32000-1 7.3.5). A zero ends it,
// which PDFium takes for the end of a string.
func (c *pdfCursor) name() {
	c.value = c.value[:0]
	escaped := false
	for c.run(&pdfInName); c.peek() == '#'; c.run(&pdfInName) {
		c.pos++
		escaped = true
		high := hexDigit(c.peek())
		if high < 0 {
			c.keep('#')
			continue
		}
		first := c.next()
		if low := hexDigit(c.peek()); low >= 0 {
			c.pos++
			c.keep(byte(high<<4 | low))
			continue
		}
		c.keep('#')
		c.keep(byte(first))
	}
	if escaped {
		if i := bytes.IndexByte(c.value, 0); i >= 0 {
			c.value = c.value[:i]
		}
	}
}

func hexDigit(b int) int {
	switch {
	case b >= '0' && b <= '9':
		return b - '0'
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10
	}
	return -1
}

// literal reads a string behind its bracket: brackets nest, a backslash escapes (ISO 32000-1
// 7.3.4.2).
func (c *pdfCursor) literal() {
	c.value = c.value[:0]
	for depth := 1; ; {
		b := c.next()
		switch b {
		case -1:
			return
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				c.closed = true
				return
			}
		case '\\':
			b = c.escape()
			if b < 0 {
				continue
			}
		}
		c.keep(byte(b))
	}
}

// escape is the byte that an escape stands for; -1 for none.
func (c *pdfCursor) escape() int {
	b := c.next()
	switch b {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case '\r':
		if c.peek() == '\n' {
			c.pos++
		}
		return -1
	case '\n':
		return -1
	}
	if b < '0' || b > '7' {
		return b
	}
	v := b - '0'
	for range 2 {
		if d := c.peek(); d >= '0' && d <= '7' {
			c.pos++
			v = v<<3 | (d - '0')
		}
	}
	return v & 0xff
}

// hex reads a string of digits behind its bracket.
func (c *pdfCursor) hex() {
	c.value = c.value[:0]
	high := -1
	for b := c.next(); b >= 0 && b != '>'; b = c.next() {
		d := hexDigit(b)
		switch {
		case d < 0:
		case high < 0:
			high = d
		default:
			c.keep(byte(high<<4 | d))
			high = -1
		}
	}
	if high >= 0 { // a zero is left out (ISO 32000-1 7.3.4.3)
		c.keep(byte(high << 4))
	}
}

// word reads a number or a keyword that begins with b. A number ends where no number can go on, as in
// "0R": to some readers these are two words, to others one that means nothing.
func (c *pdfCursor) word(b byte) pdfToken {
	c.value = append(c.value[:0], b)
	if !pdfNumeric(b) {
		c.run(&pdfInWord)
		return pdfWord
	}
	if c.digits(b) {
		return pdfNumber
	}
	for more := true; more && (c.pos < len(c.buf) || c.fill()); {
		rest, n := c.buf[c.pos:], 0
		for n < len(rest) && pdfNumeric(rest[n]) {
			n++
		}
		c.keepAll(rest[:n])
		c.pos += n
		if n < len(rest) {
			c.odd = c.odd || pdfClass[rest[n]] == pdfRegular
			more = false
		}
	}
	digits := bytes.TrimPrefix(c.value, []byte("+"))
	c.number = -1
	if len(digits) == 0 || len(digits) > 18 {
		return pdfWord
	}
	n := int64(0)
	for _, d := range digits {
		if d < '0' || d > '9' {
			return pdfNumber
		}
		n = n*10 + int64(d-'0')
	}
	c.number = n
	return pdfNumber
}

// digits is word for what nearly all numbers are: some digits that end in the buffer.
func (c *pdfCursor) digits(b byte) bool {
	rest, n, i := c.buf[c.pos:], int64(b)-'0', 0
	for i < len(rest) && i < 17 && rest[i] >= '0' && rest[i] <= '9' {
		n = n*10 + int64(rest[i]-'0')
		i++
	}
	if b < '0' || b > '9' || i == len(rest) || pdfNumeric(rest[i]) {
		return false
	}
	c.keepAll(rest[:i])
	c.pos += i
	c.odd = c.odd || pdfClass[rest[i]] == pdfRegular
	c.number = n
	return true
}

// pdfNumeric tells what numbers are made of.
func pdfNumeric(b byte) bool { return b >= '0' && b <= '9' || b == '.' || b == '-' || b == '+' }
