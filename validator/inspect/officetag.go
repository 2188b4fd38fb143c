package inspect

import (
	"bytes"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// xmlTag is a start tag. A declaration of a namespace is no attribute of it (Namespaces in XML 1.0, 3).
type xmlTag struct {
	name  []byte // as it is written
	local []byte // without its prefix
	attrs []byte
	in    *xmlScan    // nil: the namespace is known
	known officeSpace // if so
}

func localName(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// space is the namespace that the element is of; its scan must follow them.
func (t xmlTag) space() officeSpace {
	if t.in == nil {
		return t.known
	}
	prefix, _, ok := bytes.Cut(t.name, []byte(":"))
	if !ok {
		prefix = nil
	}
	return t.in.spaceOf(prefix)
}

// mostValue is what is looked at of a value, blanks at its beginning aside: names, targets and codes are
// shorter, or hostile by what they begin with.
const mostValue = 4096

// attr is the value of the first attribute with this local name, up to mostValue bytes of it.
func (t xmlTag) attr(local string) (value string, ok bool) {
	t.values(local, func(v string) bool {
		value, ok = v, true
		return false
	})
	return value, ok
}

// own is the value of the attribute of this name, without a prefix: it decides what is honest.
func (t xmlTag) own(name string) (value string, ok bool) {
	t.each(func(prefix, local, raw []byte) bool {
		if len(prefix) == 0 && string(local) == name {
			value, ok = plainText(raw, mostValue), true
		}
		return !ok
	})
	return value, ok
}

// values calls f for the value of each attribute with this local name, whatever its prefix: who looks for
// what is hostile judges each. It goes on until f says false.
func (t xmlTag) values(local string, f func(v string) bool) {
	t.each(func(_, name, raw []byte) bool {
		return string(name) != local || f(plainText(raw, mostValue))
	})
}

// each calls f for each attribute, with its prefix, its local name and its raw value, until f says false.
func (t xmlTag) each(f func(prefix, local, raw []byte) bool) {
	eachAttr(t.attrs, func(name, raw []byte) bool {
		if isDeclaration(name) {
			return true
		}
		i := bytes.IndexByte(name, ':')
		return f(name[:max(0, i)], name[i+1:], raw)
	})
}

func isDeclaration(name []byte) bool {
	return bytes.HasPrefix(name, []byte("xmlns")) && (len(name) == 5 || name[5] == ':')
}

// eachAttr calls f for each attribute and declaration.
func eachAttr(b []byte, f func(name, raw []byte) bool) {
	for {
		i := bytes.IndexByte(b, '=')
		if i < 0 {
			return
		}
		name := bytes.Trim(b[:i], " \t\r\n")
		b = bytes.TrimLeft(b[i+1:], " \t\r\n")
		if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
			return
		}
		n := bytes.IndexByte(b[1:], b[0])
		if n < 0 || !f(name, b[1:1+n]) {
			return
		}
		b = b[n+2:]
	}
}

func unescapeXML(raw []byte) string {
	if bytes.IndexByte(raw, '&') < 0 {
		return string(raw)
	}
	return html.UnescapeString(string(raw))
}

// plainText is raw with its references replaced, without the blanks at its beginning, and about n bytes of it
// at most: blanks hide nothing behind them, however many there are.
func plainText(raw []byte, n int) string {
	if bytes.IndexByte(raw, '&') < 0 {
		raw = bytes.TrimLeftFunc(raw, unicode.IsSpace)
		return string(raw[:min(len(raw), n)])
	}
	var kept []byte
	eachText(raw, func(text string) bool {
		if len(kept) == 0 {
			text = strings.TrimLeftFunc(text, unicode.IsSpace)
		}
		kept = append(kept, text...)
		return len(kept) < n
	})
	return string(kept)
}

// eachText calls f for raw in pieces of about 4 KiB, with their references replaced.
func eachText(raw []byte, f func(text string) bool) {
	for len(raw) > 0 {
		n := min(len(raw), 4096)
		if n < len(raw) {
			n -= len(openReference(raw[:n]))
			for n > 0 && !utf8.RuneStart(raw[n]) {
				n--
			}
		}
		if n == 0 { // a reference that is longer, by zeros
			if n = bytes.IndexByte(raw, ';') + 1; n == 0 {
				n = len(raw)
			}
		}
		if !f(unescapeXML(raw[:n])) {
			return
		}
		raw = raw[n:]
	}
}

// openReference is the reference that is not closed at the end of b.
func openReference(b []byte) []byte {
	if i := bytes.LastIndexByte(b, '&'); i >= 0 && bytes.IndexByte(b[i:], ';') < 0 {
		return b[i:]
	}
	return nil
}
