package inspect

import (
	"bytes"
	"regexp"
	"strings"
)

// xmlDoctype is a document type declaration.
type xmlDoctype struct {
	name, public, system string
	entities             bool   // it declares some, that are plain texts
	other                string // what else it declares
}

// documentType reads one behind "<!DOCTYPE".
func (d *xmlDoc) documentType() (t xmlDoctype, err error) {
	d.space()
	if t.name, err = d.name(); err != nil {
		return t, err
	}
	d.space()
	if d.peek() == 'P' || d.peek() == 'S' {
		kind, err := d.name()
		if err != nil {
			return t, err
		}
		d.space()
		if kind == "PUBLIC" {
			if t.public, _, err = d.plain(); err != nil {
				return t, err
			}
			d.space()
		}
		if q := d.peek(); q == '"' || q == '\'' {
			if t.system, _, err = d.plain(); err != nil {
				return t, err
			}
		}
		if t.public == "" && t.system == "" {
			t.system = "?"
		}
		d.space()
	}
	if d.peek() == '[' {
		d.pos++
		if err := d.subset(&t); err != nil {
			return t, err
		}
		d.space()
	}
	if d.next() != '>' {
		return t, d.bad("the document type has no end")
	}
	return t, nil
}

// plain reads a value in quotes in which nothing is resolved.
func (d *xmlDoc) plain() (string, bool, error) {
	quote := d.next()
	if quote != '"' && quote != '\'' {
		return "", false, d.bad("a value is not in quotes")
	}
	var kept []byte
	for b := d.next(); b != quote; b = d.next() {
		if b < 0 || len(kept) == xmlEntity {
			return "", false, d.bad("a value of the document type is too long")
		}
		kept = append(kept, byte(b))
	}
	return string(kept), bytes.ContainsAny(kept, "&%<"), nil
}

const (
	xmlEntity = 4096 // the longest text of an entity
	xmlMany   = 1000 // entities
)

// subset reads the declarations within a document type. Those of entities that are plain texts are
// taken, and that of the prefix xlink; the first other thing is what the rules are told.
func (d *xmlDoc) subset(t *xmlDoctype) error {
	d.entities = map[string]string{}
	for {
		d.space()
		switch d.next() {
		case ']':
			return nil
		case '%':
			if _, err := d.until(";", 0); err != nil { // it was declared, or is nothing
				return err
			}
		case '<':
			if d.peek() == '?' {
				if _, err := d.until("?>", 0); err != nil {
					return err
				}
				continue
			}
			if err := d.declares(t); err != nil {
				return err
			}
			continue
		default:
			return d.bad("the document type is broken")
		}
	}
}

func (d *xmlDoc) declares(t *xmlDoctype) error {
	if err := d.literal("!"); err != nil {
		return err
	}
	if d.peek() == '-' {
		if err := d.literal("--"); err != nil {
			return err
		}
		_, err := d.until("-->", 0)
		return err
	}
	kind, err := d.name()
	if err != nil {
		return err
	}
	d.space()
	switch kind {
	case "ENTITY":
		return d.entityDeclaration(t)
	case "ATTLIST":
		return d.attlist(t)
	case "ELEMENT", "NOTATION":
	default:
		t.other = kind
	}
	return d.skipDeclaration()
}

func (d *xmlDoc) entityDeclaration(t *xmlDoctype) error {
	if d.peek() == '%' {
		return d.parameterEntity(t)
	}
	name, err := d.name()
	if err != nil {
		return err
	}
	d.space()
	if q := d.peek(); q != '"' && q != '\'' {
		t.other = "an entity from elsewhere"
		return d.skipDeclaration()
	}
	value, nested, err := d.plain()
	if err != nil {
		return err
	}
	if nested || len(d.entities) == xmlMany {
		t.other = "an entity that is more than plain text"
	}
	if err := d.l.hold(int64(len(name) + len(value) + 64)); err != nil {
		return err
	}
	if _, ok := d.entities[name]; !ok && len(d.entities) < xmlMany {
		d.entities[name] = value
	}
	t.entities = true
	d.space()
	if d.next() != '>' {
		return d.bad("an entity's declaration has no end")
	}
	return nil
}

// parameterEntity takes one that puts in what lies where everybody's does: the names of characters.
func (d *xmlDoc) parameterEntity(t *xmlDoctype) error {
	s, err := d.until(">", 1024)
	if err != nil {
		return err
	}
	f := strings.FieldsFunc(s, func(r rune) bool { return r == '"' || r == '\'' })
	if len(f) > 0 && isKnownType(xmlDoctype{system: strings.TrimSpace(f[len(f)-1])}) && strings.Contains(f[0], "PUBLIC") {
		d.dtd = true
		return nil
	}
	t.other = "an entity of its own declarations"
	return nil
}

// declaresMore are attributes that a document type may add to elements to make them run: handlers,
// and the namespaces that browsers know, by default.
var declaresMore = regexp.MustCompile(`(?i)\son[a-z]+\s|\s([a-z]+:)?href\s|1999/xhtml|2000/svg|XSL/Transform|Math/MathML|[&%]`)

// xmlDeclaration is the longest declaration of attributes.
const xmlDeclaration = 16 << 10

// attlist takes what only checks; the prefix xlink is bound so by old tools.
func (d *xmlDoc) attlist(t *xmlDoctype) error {
	s, err := d.until(">", xmlDeclaration)
	if err != nil {
		return err
	}
	f := strings.Fields(s)
	switch {
	case len(f) == 5 && strings.HasPrefix(f[1], "xmlns:") && f[2] == "CDATA" && f[3] == "#FIXED" && len(d.bound) < xmlBindings:
		d.bound = append(d.bound, xmlBound{strings.TrimPrefix(f[1], "xmlns:"), strings.Trim(f[4], `"'`)})
	case len(s) == xmlDeclaration, declaresMore.MatchString(" " + s + " "):
		t.other = "attributes"
	}
	return nil
}

// skipDeclaration skips the rest of one that will be refused.
func (d *xmlDoc) skipDeclaration() error {
	_, err := d.until(">", 0)
	return err
}
