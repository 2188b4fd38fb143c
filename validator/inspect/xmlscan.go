package inspect

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"airlock"
)

// xmlScanner reads a document of XML 1.0 in pieces: it is strict, keeps only what it is asked for, and
// has bounds for all that it keeps. encoding/xml keeps each text whole, which may be as long as the
// file.
type xmlScanner struct {
	l       *look
	r       io.Reader
	buf     []byte
	pos     int
	readErr error
	utf8    bool // else bytes of another charset that has ASCII within
	later   bool // it is no XML 1.0: its readers take NEL for a blank
	chars   utf8Check
	off     int64 // where buf begins

	entities table[string, string] // those that the document type declares
	dtd      bool                  // an external one may declare more
	unknown  string                // the last entity that only it may declare
	text     func(piece []byte) error
	lost     func(entity string) error // an unknown entity stands in the text

	names   map[string]string // that were read before: 1,000 of 64 bytes
	scratch []byte
	held    bool // memory for values

	expanded int64 // bytes that entities became
}

const (
	xmlBuffer   = 32 << 10
	xmlName     = 1024     // the longest name
	xmlValue    = 64 << 10 // what is kept of an attribute's value: the rest is data
	xmlKept     = 1 << 20  // of all names and values of one element
	xmlCount    = 4096     // the most attributes of one element
	xmlExpanded = 16 << 20 // what entities may become
	xmlDepth    = 1000     // how deep elements nest; honest ones stay below 100
)

// xmlAttr is an attribute as it is written, with references resolved.
type xmlAttr struct {
	name, value string
	space       string // its namespace; "": none
	local       string // its name without a prefix
	unknown     string // an entity in its value that is not known
	cut         bool   // the value is longer
}

func (x *xmlScanner) bad(format string, a ...any) error {
	if x.readErr != nil && x.readErr != io.EOF {
		return x.readErr
	}
	return x.l.objectTo(airlock.Malformed, "it is no XML: "+format+" near byte %d", append(a, x.off+int64(x.pos))...)
}

// fill reads on; false at the end.
func (x *xmlScanner) fill() bool {
	if x.readErr != nil {
		return false
	}
	x.off += int64(len(x.buf))
	x.pos = 0
	for {
		n, err := x.r.Read(x.buf[:cap(x.buf)])
		x.buf = x.buf[:n]
		x.readErr = err
		if n > 0 {
			if serr := x.check(x.buf); serr != nil {
				x.readErr, x.buf = serr, x.buf[:0]
				return false
			}
			return true
		}
		if err != nil {
			return false
		}
	}
}

// check objects to bytes that no document may have (XML 1.0 2.2).
func (x *xmlScanner) check(b []byte) error {
	if err := x.l.step(); err != nil {
		return err
	}
	for i, c := range b {
		if c < 0x20 && c != '\n' && c != '\t' && c != '\r' {
			return x.l.objectTo(airlock.Malformed, "it is no XML: there is a control character (0x%02x) at byte %d", c, x.off+int64(i))
		}
	}
	if x.utf8 && !x.chars.valid(b) {
		return x.l.objectTo(airlock.Malformed, "it is no XML: it is said to be UTF-8, but is not, near byte %d", x.off)
	}
	return nil
}

func (x *xmlScanner) next() int {
	if x.pos == len(x.buf) && !x.fill() {
		return -1
	}
	x.pos++
	return int(x.buf[x.pos-1])
}

func (x *xmlScanner) peek() int {
	if x.pos == len(x.buf) && !x.fill() {
		return -1
	}
	return int(x.buf[x.pos])
}

func isXMLSpace(b int) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

func (x *xmlScanner) space() (any bool) {
	for isXMLSpace(x.peek()) {
		x.pos++
		any = true
	}
	return any
}

// isNameByte tells whether b may be in a name; what is not ASCII may (XML 1.0 2.3, nearly).
func isNameByte(b int) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == ':' || b == '-' || b == '.' || b >= 0x80
}

func (x *xmlScanner) name() (string, error) {
	name := x.scratch[:0]
	for isNameByte(x.peek()) {
		if len(name) == xmlName {
			return "", x.bad("a name is longer than %d bytes", xmlName)
		}
		name = append(name, byte(x.next()))
	}
	x.scratch = name
	if len(name) == 0 || name[0] == '-' || name[0] == '.' || name[0] >= '0' && name[0] <= '9' {
		return "", x.bad("a name is missing or begins wrongly")
	}
	if s, ok := x.names[string(name)]; ok {
		return s, nil
	}
	if x.utf8 && !isName(name) || !x.utf8 && x.later && bytes.IndexByte(name, 0x85) >= 0 {
		return "", x.bad("a name holds a character that no name has")
	}
	s := string(name)
	if len(x.names) < 1000 && len(s) < 64 {
		x.names[s] = s
	}
	return s, nil
}

// literal reads what must come next.
func (x *xmlScanner) literal(s string) error {
	for i := range len(s) {
		if x.next() != int(s[i]) {
			return x.bad("%q is missing", s)
		}
	}
	return nil
}

// until skips to behind end, which has two or three bytes, and keeps up to n bytes before it.
func (x *xmlScanner) until(end string, n int) (string, error) {
	var kept []byte
	var last [3]byte
	for read := 1; ; read++ {
		b := x.next()
		if b < 0 {
			return "", x.bad("%q is missing", end)
		}
		last[0], last[1], last[2] = last[1], last[2], byte(b)
		if read >= len(end) && string(last[3-len(end):]) == end {
			return string(kept[:min(len(kept), read-len(end))]), nil
		}
		if len(kept) < n {
			kept = append(kept, byte(b))
		}
	}
}

// characters reads text up to the next tag.
func (x *xmlScanner) characters() error {
	for {
		if x.pos == len(x.buf) && !x.fill() {
			if x.readErr != io.EOF {
				return x.readErr
			}
			return nil
		}
		rest := x.buf[x.pos:]
		n := bytes.IndexAny(rest, "<&")
		if n < 0 {
			n = len(rest)
		}
		if n > 0 {
			x.pos += n
			if err := x.text(rest[:n]); err != nil {
				return err
			}
			continue
		}
		if rest[0] == '<' {
			return nil
		}
		x.pos++
		x.unknown = ""
		s, err := x.reference()
		if err != nil {
			return err
		}
		if x.unknown != "" {
			if err := x.lost(x.unknown); err != nil {
				return err
			}
			continue
		}
		if err := x.text([]byte(s)); err != nil {
			return err
		}
	}
}

// cdata reads a section behind its "<![CDATA[".
func (x *xmlScanner) cdata() error {
	closing := 0 // brackets that were read last
	for {
		b := x.next()
		switch {
		case b < 0:
			return x.bad("the end of a CDATA section is missing")
		case b == ']':
			closing++
			continue
		case b == '>' && closing >= 2:
			return nil
		}
		if err := x.text([]byte("]]")[:min(closing, 2)]); err != nil {
			return err
		}
		closing = 0
		start := x.pos - 1
		for x.pos < len(x.buf) && x.buf[x.pos] != ']' {
			x.pos++
		}
		if err := x.text(x.buf[start:x.pos]); err != nil {
			return err
		}
	}
}

// reference resolves one behind its "&".
func (x *xmlScanner) reference() (string, error) {
	if x.peek() != '#' {
		name, err := x.name()
		if err != nil {
			return "", err
		}
		if x.next() != ';' {
			return "", x.bad("the end of &%.40s is missing", name)
		}
		return x.entity(name)
	}
	x.pos++
	var digits []byte
	for b := x.next(); b != ';'; b = x.next() {
		if b < 0 || len(digits) > 10 {
			return "", x.bad("a reference has no end")
		}
		digits = append(digits, byte(b))
	}
	r, ok := xmlCharacter(string(digits))
	if !ok {
		return "", x.bad("&#%.12s; is no character", digits)
	}
	return r, nil
}

// xmlCharacter is what stands for a reference by number, "#" and ";" left out (XML 1.0 [66], [2]).
func xmlCharacter(digits string) (string, bool) {
	base := 10
	if strings.HasPrefix(digits, "x") {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > 0x10ffff || n == 0 || n < 0x20 && n != '\t' && n != '\n' && n != '\r' {
		return "", false
	}
	return string(rune(n)), true
}

var xmlEntities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

func (x *xmlScanner) entity(name string) (string, error) {
	if s, ok := xmlEntities[name]; ok {
		return s, nil
	}
	if s, ok := x.entities.all[name]; ok {
		if x.expanded += int64(len(s)); x.expanded > xmlExpanded {
			return "", x.l.objectTo(airlock.Bomb, "its entities become more than %d MiB", xmlExpanded>>20)
		}
		return s, x.l.unpacked(int64(len(s)))
	}
	if x.dtd {
		x.unknown = name
		return "", nil
	}
	return "", x.bad("&%.40s; is not declared", name)
}
