package inspect

// styles reads a style sheet that comes in pieces, as browsers do (CSS Syntax 4): comments are nothing,
// escapes are what they stand for, and what stands in a string is no style. What its tokens would run or
// fetch is judged by cssjudge.go.
type styles struct {
	l      *look
	remote bool // it may fetch pictures from anywhere, as pages in feeds do

	state   cssState
	back    cssState // where an escape returns to
	quote   byte
	escaped uint32
	digits  int
	token   []byte // of a name or an address that is read: lower case, and up to cssToken bytes
	kind    byte   // '@' or '#' stands before the name, or 0
	cr      bool   // the last byte was CR
	slashed bool   // one of the two bytes that an address begins with is a backslash
	opening int    // how much of "<!" was read last, which "--" makes a token of
	raw     []byte // of an address: as it is written, up to cssToken bytes
	glue    []byte // names that only comments part from what is read, up to cssGlue bytes
	cssJudge
}

type cssState int

const (
	cssText      cssState = iota
	cssSlash              // behind "/"
	cssComment            // within one
	cssStar               // within one, behind "*"
	cssName               // within a name
	cssString             // within a string
	cssURL                // within an address without quotes
	cssURLBegins          // behind "url("
	cssEscape             // behind "\"
	cssHex                // within a number that stands for a character
)

// cssToken is how much of a name or an address is kept. Blanks of an address don't count.
const cssToken = 512

// cssGlue is more than the longest name needs that old readers read through comments (exp/**/ression).
const cssGlue = 32

// feed takes a piece.
func (s *styles) feed(b []byte) error {
	for _, c := range b {
		if lower := cssNames[c]; lower != 0 && s.state == cssName && s.opening == 0 && s.kind != '#' { // as byte does, but faster
			if s.cr = false; len(s.token) < cssToken {
				s.token = append(s.token, lower)
			}
			continue
		}
		s.byte(c)
	}
	return s.objection()
}

// end is behind the last piece: what is open ends there (CSS Syntax 4.3).
func (s *styles) end() error {
	switch s.state {
	case cssEscape, cssHex:
		s.unescape()
	}
	switch s.state {
	case cssName:
		s.named(0)
	case cssString, cssURL, cssURLBegins:
		s.address(s.state == cssString)
	}
	err := s.objection()
	*s = styles{l: s.l, remote: s.remote, token: s.token[:0], raw: s.raw[:0], glue: s.glue[:0], cssJudge: cssJudge{uses: s.uses, sheet: s.sheet}}
	return err
}

func (s *styles) objection() error {
	if s.found == "" {
		return nil
	}
	what := s.found
	s.found = ""
	return s.l.active("its styles run or fetch something: %.40q", what)
}

// byte takes the next one; all ends of lines are the same (3.3).
func (s *styles) byte(c byte) {
	second := c == '\n' && s.cr
	s.cr = c == '\r'
	switch {
	case second:
	case c == '\r', c == '\f':
		s.take('\n')
	default:
		s.take(c)
	}
}

func (s *styles) take(c byte) {
	switch s.state {
	case cssText:
		s.text(c)
	case cssSlash:
		if s.state = cssText; c == '*' {
			s.state = cssComment
			return
		}
		s.glue = s.glue[:0]
		s.delimiter('/')
		s.text(c)
	case cssComment, cssStar:
		switch {
		case c == '*':
			s.state = cssStar
		case c == '/' && s.state == cssStar:
			s.state = cssText
		default:
			s.state = cssComment
		}
	case cssName:
		s.name(c)
	case cssString:
		s.inString(c)
	case cssURL, cssURLBegins:
		s.inURL(c)
	case cssEscape, cssHex:
		s.escape(c)
	}
}

// cssNames are the bytes that names are made of, as they are compared; 0: it is none. Numbers are taken for
// names: neither is a function's.
var cssNames = func() (as [256]byte) {
	for i := range as {
		switch c := byte(i); {
		case c >= 'A' && c <= 'Z':
			as[i] = c | 0x20
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c >= 0x80:
			as[i] = c
		}
	}
	return as
}()

func isCSSName(c byte) bool { return cssNames[c] != 0 }

func (s *styles) text(c byte) {
	kind := s.kind
	s.kind = 0
	switch {
	case c == '/':
		s.state = cssSlash
	case c == '"' || c == '\'':
		s.state, s.quote, s.token = cssString, c, s.token[:0]
	case c == '\\':
		s.state, s.back, s.kind, s.token = cssEscape, cssName, kind, s.token[:0]
	case isCSSName(c):
		s.state, s.kind, s.token = cssName, kind, s.token[:0]
		s.name(c)
	default:
		if c == '@' || c == '#' {
			s.kind = c
		}
		s.glue = s.glue[:0]
		s.delimiter(c)
	}
	if s.state != cssName {
		s.opening = openingMark(s.opening, c)
	}
}

// openingMark counts how much of "<!" was read.
func openingMark(was int, c byte) int {
	switch {
	case c == '<':
		return 1
	case c == '!' && was == 1:
		return 2
	}
	return 0
}

func (s *styles) name(c byte) {
	switch {
	case isCSSName(c):
		s.keep(c)
		if s.opening == 2 && string(s.token) == "--" { // "<!--" is a token of its own, which does nothing
			s.state, s.opening = cssText, 0
		}
	case c == '\\':
		s.state, s.back = cssEscape, cssName
	default:
		s.state, s.opening = cssText, 0
		s.named(c)
		if c != '/' {
			s.glue = s.glue[:0]
		} else if len(s.glue)+len(s.token) <= cssGlue {
			s.glue = append(s.glue, s.token...)
		}
		if s.state == cssText && c != '(' {
			s.text(c)
		}
	}
}

// keep adds a byte to the token: as names are compared, or as an address is read.
func (s *styles) keep(c byte) {
	written := c
	if len(s.token) == 0 {
		s.raw = s.raw[:0]
	}
	if s.state != cssName {
		if len(s.token) < 2 && c > ' ' {
			s.slashed = c == '\\' || s.slashed && len(s.token) == 1
		}
		c = cleanByte(c)
	} else if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	if c != 0 && len(s.token) < cssToken {
		s.token = append(s.token, c)
		s.raw = append(s.raw, written)
	}
}

func (s *styles) inString(c byte) {
	switch c {
	case s.quote, '\n': // a string ends at its line's end, too (4.3.5)
		s.state = cssText
		s.address(true)
	case '\\':
		s.state, s.back = cssEscape, cssString
	default:
		s.keep(c)
	}
}

// inURL reads an address without quotes (4.3.6).
func (s *styles) inURL(c byte) {
	switch {
	case s.state == cssURLBegins && (c == '"' || c == '\''):
		s.opens("url")
		s.state, s.quote = cssString, c
	case s.state == cssURLBegins && (c == ' ' || c == '\t' || c == '\n'):
	case c == ')':
		s.state = cssText
		s.address(false)
	case c == '\\':
		s.state, s.back = cssEscape, cssURL
	default:
		s.state = cssURL
		s.keep(c)
	}
}

// escape reads what follows a backslash (4.3.7).
func (s *styles) escape(c byte) {
	d := hexDigit(int(c))
	switch {
	case s.state == cssHex && d >= 0 && s.digits < 6:
		s.escaped, s.digits = s.escaped<<4|uint32(d), s.digits+1
	case s.state == cssHex:
		if s.unescape(); c != ' ' && c != '\t' && c != '\n' {
			s.take(c)
		}
	case d >= 0:
		s.state, s.escaped, s.digits = cssHex, uint32(d), 1
	case c == '\n' && s.back == cssName: // it escapes nothing, and the name ends before it
		s.state = cssText
		if len(s.token) > 0 {
			s.named('\\')
		}
		s.kind = 0
		s.delimiter('\\')
	case c == '\n': // joins two lines of a string
		s.state = s.back
	default:
		s.state = s.back
		s.keep(c)
	}
}

// unescape ends an escape. Characters beyond ASCII are all the same here.
func (s *styles) unescape() {
	was := s.state
	s.state = s.back
	if was == cssHex {
		s.keep(byte(min(s.escaped, 0xff)))
	}
}
