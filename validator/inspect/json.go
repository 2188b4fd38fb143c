package inspect

import (
	"bytes"
	"io"

	"airlock"
)

// inspectJSON reads all of a document by the grammar of RFC 8259, in pieces and without keeping
// any. JSON Lines are taken too, as databases and logs export them into files called .json: an object
// or an array on each line. UTF-16 with a mark is, since PowerShell writes it; NaN and comments are not.
func inspectJSON(l *look) error {
	r, _, err := l.text()
	if err != nil {
		return err
	}
	s := &jsonScanner{l: l}
	buf := make([]byte, 32<<10)
	for whole := true; ; whole = l.full() {
		n, err := r.Read(buf)
		if n > 0 {
			if serr := s.feed(buf[:n]); serr != nil {
				return serr
			}
		}
		switch {
		case err == io.EOF:
			return s.end()
		case err != nil:
			return err
		case !whole:
			return nil
		}
	}
}

// jsonDepth is how deep values may nest: deeper ones overflow the stack of parsers that recurse.
const jsonDepth = 1000

// jsonState is what may come next.
type jsonState int

const (
	jsonValue jsonState = iota
	jsonFirstItem
	jsonFirstKey
	jsonKey
	jsonColon
	jsonAfter // a value
	jsonString
	jsonEscape
	jsonHex
	jsonMinus
	jsonZero
	jsonDigits
	jsonPoint
	jsonFraction
	jsonE
	jsonSign
	jsonExponent
	jsonWord
)

// jsonScanner is a pushed parser: it is fed pieces and remembers only where it is.
type jsonScanner struct {
	l     *look
	state jsonState
	read  int64 // before the piece
	chars utf8Check

	open   [jsonDepth/64 + 1]uint64 // a bit for each open value: 1 is an object
	depth  int
	isKey  bool // the string is a key
	hex    int  // digits of \u that are missing
	word   string
	values int

	lines  bool // a line ended behind the last value
	broad  bool // a value has more than one line
	nested bool // the first value is an object or an array
}

func (s *jsonScanner) bad(at int, what string) error {
	return s.l.objectTo(airlock.Malformed, "it is no JSON: %s at byte %d", what, s.read+int64(at))
}

// jsonPlain are the bytes within a string that need no look.
var jsonPlain = func() (plain [256]bool) {
	for i := range plain {
		plain[i] = i >= 0x20 && i != '"' && i != '\\'
	}
	return plain
}()

func (s *jsonScanner) feed(b []byte) error {
	if !s.chars.valid(b) {
		return s.bad(0, "bytes that are not UTF-8, near the one")
	}
	for i := 0; i < len(b); i++ {
		if s.state == jsonString {
			for i < len(b) && jsonPlain[b[i]] {
				i++
			}
			if i == len(b) {
				break
			}
		}
		if what := s.byte(b[i]); what != "" {
			if what == jsonTooDeep {
				return s.l.objectTo(airlock.Bomb, "its values are nested deeper than %d", jsonDepth)
			}
			return s.bad(i, what)
		}
	}
	s.read += int64(len(b))
	return s.l.step()
}

const jsonTooDeep = "too deep"

// byte takes one; it says what is wrong with it.
func (s *jsonScanner) byte(c byte) string {
	switch s.state {
	case jsonString, jsonEscape, jsonHex:
		return s.inString(c)
	case jsonWord:
		if c != s.word[0] {
			return "an unknown word"
		}
		if s.word = s.word[1:]; s.word == "" {
			s.state = jsonAfter
		}
		return ""
	}
	if s.state >= jsonMinus {
		if done, what := s.inNumber(c); !done {
			return what
		}
	}
	if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
		if c == '\n' {
			return s.newline()
		}
		return ""
	}
	return s.structure(c)
}

// newline tells lines of values from values of lines.
func (s *jsonScanner) newline() string {
	if s.depth == 0 {
		s.lines = true
		return ""
	}
	s.broad = true
	if s.values > 0 {
		return "a value of more than one line behind another"
	}
	return ""
}

func (s *jsonScanner) inObject() bool { return s.open[s.depth/64]>>(s.depth%64)&1 == 1 }

func (s *jsonScanner) structure(c byte) string {
	switch s.state {
	case jsonValue:
		return s.value(c)
	case jsonFirstItem:
		if c == ']' {
			return s.close()
		}
		return s.value(c)
	case jsonFirstKey, jsonKey:
		if c == '"' {
			s.state, s.isKey = jsonString, true
			return ""
		}
		if c == '}' && s.state == jsonFirstKey {
			return s.close()
		}
		return "a key is missing"
	case jsonColon:
		if c != ':' {
			return "a colon is missing"
		}
		s.state = jsonValue
		return ""
	}
	return s.after(c)
}

// after is what comes behind a value.
func (s *jsonScanner) after(c byte) string {
	switch {
	case s.depth == 0:
		return s.another(c)
	case c == ',' && s.inObject():
		s.state = jsonKey
	case c == ',':
		s.state = jsonValue
	case c == '}' && s.inObject(), c == ']' && !s.inObject():
		return s.close()
	default:
		return "a comma or an end is missing"
	}
	return ""
}

// another begins the next of several values: of JSON Lines, or something behind the end.
func (s *jsonScanner) another(c byte) string {
	if !s.lines || s.broad || !s.nested || c != '{' && c != '[' {
		return "something behind the end of the value"
	}
	s.values++
	s.lines = false
	return s.value(c)
}

func (s *jsonScanner) value(c byte) string {
	switch {
	case c == '{':
		return s.push(1, jsonFirstKey)
	case c == '[':
		return s.push(0, jsonFirstItem)
	case c == '"':
		s.state, s.isKey = jsonString, false
	case c == '-':
		s.state = jsonMinus
	case c == '0':
		s.state = jsonZero
	case c >= '1' && c <= '9':
		s.state = jsonDigits
	case c == 't':
		s.state, s.word = jsonWord, "rue"
	case c == 'f':
		s.state, s.word = jsonWord, "alse"
	case c == 'n':
		s.state, s.word = jsonWord, "ull"
	default:
		return "a value is missing"
	}
	return ""
}

func (s *jsonScanner) push(bit uint64, state jsonState) string {
	if s.depth == 0 {
		s.nested, s.lines = true, false
	}
	if s.depth++; s.depth > jsonDepth {
		return jsonTooDeep
	}
	s.open[s.depth/64] = s.open[s.depth/64]&^(1<<(s.depth%64)) | bit<<(s.depth%64)
	s.state = state
	return ""
}

func (s *jsonScanner) close() string {
	s.depth--
	s.state = jsonAfter
	return ""
}

func (s *jsonScanner) inString(c byte) string {
	switch s.state {
	case jsonHex:
		if hexDigit(int(c)) < 0 {
			return "a broken escape"
		}
		if s.hex--; s.hex == 0 {
			s.state = jsonString
		}
	case jsonEscape:
		s.state = jsonString
		switch {
		case c == 'u':
			s.state, s.hex = jsonHex, 4
		case bytes.IndexByte([]byte(`"\/bfnrt`), c) < 0:
			return "an unknown escape"
		}
	default:
		switch {
		case c == '\\':
			s.state = jsonEscape
		case c != '"':
			return "a control character in a string"
		case s.isKey:
			s.state = jsonColon
		default:
			s.state = jsonAfter
		}
	}
	return ""
}

// inNumber takes a byte of a number; done says that the number ended before it.
func (s *jsonScanner) inNumber(c byte) (done bool, what string) {
	digit := c >= '0' && c <= '9'
	switch {
	case digit && s.state == jsonMinus:
		s.state = jsonDigits
		if c == '0' {
			s.state = jsonZero
		}
	case digit && (s.state == jsonPoint || s.state == jsonFraction):
		s.state = jsonFraction
	case digit && (s.state == jsonE || s.state == jsonSign || s.state == jsonExponent):
		s.state = jsonExponent
	case digit && s.state == jsonDigits:
	case c == '.' && (s.state == jsonZero || s.state == jsonDigits):
		s.state = jsonPoint
	case (c == 'e' || c == 'E') && (s.state == jsonZero || s.state == jsonDigits || s.state == jsonFraction):
		s.state = jsonE
	case (c == '+' || c == '-') && s.state == jsonE:
		s.state = jsonSign
	case !digit && (s.state == jsonZero || s.state == jsonDigits || s.state == jsonFraction || s.state == jsonExponent):
		s.state = jsonAfter
		return true, ""
	default:
		return false, "a broken number"
	}
	return false, ""
}

// end is at the end of the file.
func (s *jsonScanner) end() error {
	if s.state >= jsonMinus && s.state != jsonWord {
		if done, what := s.inNumber(' '); !done {
			return s.bad(0, what)
		}
	}
	if s.depth > 0 || s.state != jsonAfter || !s.chars.done() {
		return s.l.objectTo(airlock.Malformed, "it is no JSON: it ends within a value")
	}
	return nil
}
