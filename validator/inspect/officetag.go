package inspect

import (
	"bytes"
	"html"
)

// xmlTag is a start tag.
type xmlTag struct {
	local []byte // its name without a prefix
	attrs []byte
}

func localName(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// attr is the value of the attribute with this local name, its references replaced.
func (t xmlTag) attr(local string) (value string, ok bool) {
	t.each(func(name, v []byte) bool {
		if string(name) == local {
			value, ok = unescapeXML(v), true
		}
		return !ok
	})
	return value, ok
}

// each calls f for each attribute, with its local name and its raw value, until f says false.
func (t xmlTag) each(f func(local, raw []byte) bool) {
	b := t.attrs
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
		if n < 0 {
			return
		}
		if !f(localName(name), b[1:1+n]) {
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
