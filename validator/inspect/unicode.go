package inspect

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"airlock"
)

// charset is how text is coded, as far as its first bytes tell; "" is bytes that are ASCII or more.
type charset string

// byteOrders are the byte order byteOrders, the longer ones first.
var byteOrders = []struct {
	mark string
	of   charset
}{
	{"\xef\xbb\xbf", "UTF-8"}, {"\xff\xfe\x00\x00", "UTF-32LE"}, {"\x00\x00\xfe\xff", "UTF-32BE"},
	{"\xff\xfe", "UTF-16LE"}, {"\xfe\xff", "UTF-16BE"},
}

// text reads the piece as text: UTF-16 and UTF-32, which begin with a mark, become UTF-8; all else
// stays as it is, without its mark.
func (l *look) text() (io.Reader, charset, error) {
	head, err := l.upTo(0, 4)
	if err != nil {
		return nil, "", err
	}
	for _, m := range byteOrders {
		if bytes.HasPrefix(head, []byte(m.mark)) {
			return l.decoded(l.reader(int64(len(m.mark))), m.of), m.of, nil
		}
	}
	return l.reader(0), "", nil
}

func (l *look) decoded(r io.Reader, of charset) io.Reader {
	w := &wideText{l: l, r: r, of: of, in: make([]byte, 0, 8<<10)}
	switch of {
	case "UTF-16LE", "UTF-32LE":
		w.order = binary.LittleEndian
	case "UTF-16BE", "UTF-32BE":
		w.order = binary.BigEndian
	default:
		return r
	}
	w.unit = 2
	if of[4] == '3' {
		w.unit = 4
	}
	return w
}

// wideText makes UTF-8 of UTF-16 or UTF-32, and objects to what is neither.
type wideText struct {
	l     *look
	r     io.Reader
	of    charset
	order binary.ByteOrder
	unit  int
	in    []byte // not decoded yet
	out   []byte // not handed out yet
	outAt int
	end   error
}

func (w *wideText) Read(p []byte) (int, error) {
	for w.outAt == len(w.out) {
		if w.end != nil {
			return 0, w.end
		}
		w.more()
	}
	n := copy(p, w.out[w.outAt:])
	w.outAt += n
	return n, nil
}

func (w *wideText) more() {
	n, err := w.r.Read(w.in[len(w.in):cap(w.in)])
	w.in = w.in[:len(w.in)+n]
	w.out, w.outAt = w.out[:0], 0
	rest := w.in
	for len(rest) >= w.unit && w.end == nil {
		r, size := w.rune(rest, err != nil)
		if size == 0 {
			break
		}
		w.out = utf8.AppendRune(w.out, r)
		rest = rest[size:]
	}
	w.in = w.in[:copy(w.in, rest)]
	if w.end == nil && err != nil {
		w.end = err
		if err == io.EOF && len(w.in) > 0 {
			w.end = w.l.objectTo(airlock.Malformed, "it begins as %s and ends within a character", w.of)
		}
	}
}

// rune decodes one; size 0 is too few bytes.
func (w *wideText) rune(b []byte, last bool) (r rune, size int) {
	if w.unit == 4 {
		r = rune(w.order.Uint32(b))
		if !utf8.ValidRune(r) {
			w.end = w.l.objectTo(airlock.Malformed, "it begins as %s, but is not", w.of)
		}
		return r, 4
	}
	r = rune(w.order.Uint16(b))
	if !utf16.IsSurrogate(r) {
		return r, 2
	}
	if len(b) < 4 {
		if last {
			w.end = w.l.objectTo(airlock.Malformed, "it begins as %s and ends within a character", w.of)
		}
		return 0, 0
	}
	if r = utf16.DecodeRune(r, rune(w.order.Uint16(b[2:]))); r == utf8.RuneError {
		w.end = w.l.objectTo(airlock.Malformed, "it begins as %s, but half of a character is missing", w.of)
	}
	return r, 4
}

// utf8Check tells whether text that comes in pieces is UTF-8.
type utf8Check struct {
	cut [utf8.UTFMax]byte // of a character that a piece ended within
	n   int
}

// valid takes the next piece.
func (u *utf8Check) valid(b []byte) bool {
	for u.n > 0 && len(b) > 0 {
		u.cut[u.n] = b[0]
		u.n++
		b = b[1:]
		if utf8.FullRune(u.cut[:u.n]) {
			if r, size := utf8.DecodeRune(u.cut[:u.n]); r == utf8.RuneError && size <= 1 {
				return false
			}
			u.n = 0
		}
	}
	if len(b) == 0 {
		return true
	}
	end := len(b)
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				end = len(b) - i
			}
			break
		}
	}
	u.n = copy(u.cut[:], b[end:])
	return utf8.Valid(b[:end])
}

// done tells whether the last character was whole.
func (u *utf8Check) done() bool { return u.n == 0 }
