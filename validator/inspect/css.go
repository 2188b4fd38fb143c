package inspect

import (
	"bytes"
	"slices"
	"strings"
)

// styles watches a style sheet that comes in pieces for what it would run or fetch. It reads as
// browsers do: comments are nothing, escapes are what they stand for (CSS Syntax 4.3.7); spaces and
// quotes are left out.
type styles struct {
	l *look

	state   int
	escaped uint32
	digits  int
	seen    []byte // the last of what was read
	address bool   // seen ends in an address
	found   string
}

const (
	cssText = iota
	cssSlash
	cssComment
	cssStar
	cssEscape
	cssHex
)

// cssSeen is how much is kept, and cssAddress how much of an address is.
const (
	cssSeen    = 512
	cssAddress = 40
)

// feed takes a piece.
func (s *styles) feed(b []byte) error {
	for _, c := range b {
		s.byte(c)
	}
	return s.objection()
}

// end is behind the last piece.
func (s *styles) end() error {
	if s.address {
		s.judgeAddress()
	}
	s.state, s.seen, s.address = cssText, s.seen[:0], false
	return s.objection()
}

func (s *styles) objection() error {
	if s.found == "" {
		return nil
	}
	what := s.found
	s.found = ""
	return s.l.active("its styles run or fetch something: %.40q", what)
}

func (s *styles) byte(c byte) {
	switch s.state {
	case cssSlash:
		if s.state = cssText; c == '*' {
			s.state = cssComment
			return
		}
		s.emit('/')
	case cssComment, cssStar:
		switch {
		case c == '*':
			s.state = cssStar
		case c == '/' && s.state == cssStar:
			s.state = cssText
		default:
			s.state = cssComment
		}
		return
	case cssEscape:
		if d := hexDigit(int(c)); d >= 0 {
			s.state, s.escaped, s.digits = cssHex, uint32(d), 1
			return
		}
		s.state = cssText
		s.emit(c)
		return
	case cssHex:
		if d := hexDigit(int(c)); d >= 0 && s.digits < 6 {
			s.escaped, s.digits = s.escaped<<4|uint32(d), s.digits+1
			return
		}
		s.state = cssText
		s.emit(byte(min(s.escaped, 0xff)))
		if c <= ' ' {
			return
		}
	}
	switch {
	case c == '/' && !s.address:
		s.state = cssSlash
	case c == '\\':
		s.state = cssEscape
	default:
		s.emit(c)
	}
}

var cssRuns = []string{"@import", "expression(", "-moz-binding", "javascript:", "vbscript:"}

// emit takes a byte as it is meant.
func (s *styles) emit(c byte) {
	if c <= ' ' || c == '"' || c == '\'' {
		return
	}
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	if len(s.seen) >= cssSeen {
		s.seen = append(s.seen[:0], s.seen[cssSeen-64:]...)
	}
	s.seen = append(s.seen, c)
	if s.address {
		if at := bytes.LastIndexByte(s.seen, '('); c == ')' || len(s.seen)-at > cssAddress {
			s.judgeAddress()
		}
		return
	}
	switch c {
	case '(', 't', 'g', ':':
	default:
		return
	}
	for _, runs := range cssRuns {
		if bytes.HasSuffix(s.seen, []byte(runs)) {
			s.found = runs
		}
	}
	if before, ok := bytes.CutSuffix(s.seen, []byte("behavior:")); ok && !bytes.HasSuffix(before, []byte("-")) {
		s.found = "behavior:"
	}
	if bytes.HasSuffix(s.seen, []byte("url(")) || bytes.HasSuffix(s.seen, []byte("image-set(")) || bytes.HasSuffix(s.seen, []byte("src(")) {
		s.address = true
	}
}

// cssData are what an address may hold itself.
var cssData = []string{"data:font", "data:application/font", "data:application/x-font", "data:application/vnd.ms-font", "data:application/octet-stream",
	"data:;base64", "data:image/png", "data:image/jp", "data:image/gif", "data:image/webp", "data:image/avif", "data:image/bmp"}

// judgeAddress judges the address that seen ends in.
func (s *styles) judgeAddress() {
	s.address = false
	at := bytes.LastIndexByte(s.seen, '(')
	address := string(s.seen[at+1:])
	switch {
	case bytes.Contains(s.seen[max(0, at-32):at], []byte("@namespace")):
	case slices.ContainsFunc(cssData, func(d string) bool { return strings.HasPrefix(address, d) }):
	case strings.HasPrefix(address, "//"), strings.Contains(address, ":") && !strings.HasPrefix(address, "#"):
		s.found = "url(" + address
	}
}
