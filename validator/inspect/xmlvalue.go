package inspect

import (
	"strings"

	"airlock"
)

// attributes reads those of a tag; closed tells of an end by "/>".
func (x *xmlScanner) attributes(attrs []xmlAttr) (_ []xmlAttr, closed bool, err error) {
	kept := 0
	for {
		space := x.space()
		switch b := x.peek(); {
		case b == '>':
			x.pos++
			return attrs, false, repeated(x, attrs)
		case b == '/':
			x.pos++
			if x.next() != '>' {
				return nil, false, x.bad("a tag has no end")
			}
			return attrs, true, repeated(x, attrs)
		case !space:
			return nil, false, x.bad("a tag has no end")
		case len(attrs) == xmlCount:
			return nil, false, x.bad("an element has more than %d attributes", xmlCount)
		}
		a, err := x.attribute(xmlKept - kept)
		if err != nil {
			return nil, false, err
		}
		if kept += len(a.name) + len(a.value); kept > xmlValue && !x.held {
			x.held = true
			if err := x.l.hold(2 * xmlKept); err != nil {
				return nil, false, err
			}
		}
		attrs = append(attrs, a)
	}
}

// attribute reads one, and keeps up to left bytes of it. One whose beginning can't be kept is no honest
// drawing's: nothing may hide behind others.
func (x *xmlScanner) attribute(left int) (a xmlAttr, err error) {
	if a.name, err = x.name(); err != nil {
		return a, err
	}
	x.space()
	if x.next() != '=' {
		return a, x.bad("the attribute %.40q has no value", a.name)
	}
	x.space()
	x.unknown = ""
	keep := max(0, min(xmlValue, left-len(a.name)))
	if a.value, a.cut, err = x.quoted(keep); err != nil {
		return a, err
	}
	a.unknown = x.unknown
	if a.cut && keep < xmlValue || len(a.name) > left {
		return a, x.l.objectTo(airlock.Uninspectable, "the attributes of an element are longer than %d bytes", xmlKept)
	}
	return a, nil
}

// repeated objects to an attribute that stands twice: readers differ in which they take.
func repeated(x *xmlScanner, attrs []xmlAttr) error {
	if len(attrs) < 16 {
		for i, a := range attrs {
			for _, b := range attrs[:i] {
				if a.name == b.name {
					return x.bad("the attribute %.40q stands twice", a.name)
				}
			}
		}
		return nil
	}
	seen := make(map[string]bool, len(attrs))
	for _, a := range attrs {
		if seen[a.name] {
			return x.bad("the attribute %.40q stands twice", a.name)
		}
		seen[a.name] = true
	}
	return nil
}

// quoted reads a value in quotes and keeps up to n bytes of it. As in what readers hand on, the ends of
// lines and tabs that stand in it are blanks; those that are referred to by number are not (XML 1.0 3.3.3).
func (x *xmlScanner) quoted(n int) (value string, cut bool, err error) {
	quote := x.next()
	if quote != '"' && quote != '\'' {
		return "", false, x.bad("a value is not in quotes")
	}
	var kept []byte
	for {
		if x.pos == len(x.buf) && !x.fill() {
			return "", false, x.bad("a value has no end")
		}
		part := x.valuePart(byte(quote))
		take := part[:max(0, min(len(part), n-len(kept)))]
		cut = cut || len(take) < len(part)
		if x.pos == len(x.buf) {
			kept = append(kept, take...)
			continue
		}
		x.pos++
		switch b := x.buf[x.pos-1]; {
		case b == byte(quote) && len(kept) == 0:
			return string(take), cut, nil
		case b == byte(quote):
			return string(append(kept, take...)), cut, nil
		case b == '<':
			return "", false, x.bad("there is a tag in a value")
		}
		kept = append(kept, take...)
		s, err := x.referenceInValue()
		if err != nil {
			return "", false, err
		}
		if len(kept)+len(s) <= n {
			kept = append(kept, s...)
		} else {
			cut = true
		}
	}
}

// valuePart is what is in the buffer of a value, up to its end, a reference or what must not be there.
func (x *xmlScanner) valuePart(quote byte) []byte {
	rest, i, blanks := x.buf[x.pos:], 0, false
	for i < len(rest) && rest[i] != quote && rest[i] != '<' && rest[i] != '&' {
		blanks = blanks || rest[i] < ' '
		i++
	}
	x.pos += i
	if blanks {
		return blanked(rest[:i])
	}
	return rest[:i]
}

// referenceInValue resolves one behind its "&": the text of an entity has blanks for ends of lines.
func (x *xmlScanner) referenceInValue() (string, error) {
	named := x.peek() != '#'
	s, err := x.reference()
	if err != nil || !named || !strings.ContainsAny(s, "\t\n\r") {
		return s, err
	}
	return string(blanked([]byte(s))), nil
}

// blanked makes blanks of the ends of lines and tabs in b.
func blanked(b []byte) []byte {
	for i, c := range b {
		if c < ' ' {
			b[i] = ' '
		}
	}
	return b
}
