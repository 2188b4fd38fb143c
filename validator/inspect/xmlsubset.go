package inspect

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	xmlMany     = 1000 // the most entities that are declared
	xmlDefaults = 16   // the most attributes that are added to an element
)

// subset reads the declarations within a document type (XML 1.0 [28b]). Those of entities that are plain
// texts are taken, and those of attributes that do no harm; the last other thing is what the rules are told.
func (d *xmlDoc) subset(t *xmlDoctype) error {
	var put []string // parameter entities that may be put in: up to 16
	for {
		d.space()
		switch d.next() {
		case ']':
			return nil
		case '%':
			name, err := d.name()
			if err != nil {
				return err
			}
			if d.next() != ';' {
				return d.bad("the end of %%%.40s is missing", name)
			}
			if !slices.Contains(put, name) {
				t.other = "more that lies elsewhere"
			}
			d.dtd = true
		case '<':
			if d.peek() == '?' {
				d.pos++
				if err := d.processing(); err != nil { // browsers take it for one of the document's
					return err
				}
				continue
			}
			name, err := d.declares(t)
			if err != nil {
				return err
			}
			if name != "" && len(put) < 16 {
				put = append(put, name)
			}
		default:
			return d.bad("the document type is broken")
		}
	}
}

// declares reads one declaration behind its "<". It names the parameter entity that may be put in.
func (d *xmlDoc) declares(t *xmlDoctype) (put string, err error) {
	if err := d.literal("!"); err != nil {
		return "", err
	}
	if d.peek() == '-' {
		if err := d.literal("--"); err != nil {
			return "", err
		}
		_, err := d.until("-->", 0)
		return "", err
	}
	kind, err := d.name()
	if err != nil {
		return "", err
	}
	if !d.space() {
		return "", d.bad("a declaration of the document type is broken")
	}
	switch kind {
	case "ENTITY":
		put, err = d.entityDeclaration(t)
	case "ATTLIST":
		err = d.attlist(t)
	case "ELEMENT":
		err = d.elementDeclaration()
	case "NOTATION": // names a program, which nobody starts
		if _, err = d.name(); err == nil && !d.space() {
			err = d.bad("a declaration of the document type is broken")
		}
		if err == nil {
			_, _, err = d.externalID(true)
		}
	default:
		err = d.bad("the document type declares something unknown, %.40q", kind)
	}
	if err != nil {
		return "", err
	}
	d.space()
	if d.next() != '>' {
		return "", d.bad("a declaration of the document type has no end")
	}
	return put, nil
}

// elementDeclaration skips what an element may hold: names, brackets and signs (XML 1.0 [45]).
func (d *xmlDoc) elementDeclaration() error {
	for {
		b := d.peek()
		if !isNameByte(b) && !isXMLSpace(b) && (b < 0 || strings.IndexByte("()|,?*+#", byte(b)) < 0) {
			return nil
		}
		d.pos++
	}
}

// entityDeclaration reads one behind its "<!ENTITY" (XML 1.0 [70]).
func (d *xmlDoc) entityDeclaration(t *xmlDoctype) (put string, err error) {
	parameter := d.peek() == '%'
	if parameter {
		d.pos++
		if !d.space() {
			return "", d.bad("an entity's declaration is broken")
		}
	}
	name, err := d.name()
	if err != nil {
		return "", err
	}
	if !d.space() {
		return "", d.bad("an entity's declaration is broken")
	}
	if q := d.peek(); q == '"' || q == '\'' {
		value, err := d.plain()
		switch {
		case err != nil:
			return "", err
		case parameter:
			t.other = "an entity of its own declarations"
			return "", nil
		}
		return "", d.entityValue(t, name, value)
	}
	public, system, err := d.externalID(false)
	if err != nil {
		return "", err
	}
	if parameter && isCharacterEntities(public, system) {
		return name, nil
	}
	t.other = "an entity from elsewhere"
	if d.space() && d.peek() == 'N' { // of a program, [76]
		if err := d.literal("NDATA"); err != nil {
			return "", err
		}
		d.space()
		_, err = d.name()
	}
	return "", err
}

// entityValue takes an entity that is a plain text once its characters are resolved (XML 1.0 4.4.5): the
// first declaration counts.
func (d *xmlDoc) entityValue(t *xmlDoctype, name, value string) error {
	if _, ok := xmlEntities[name]; ok { // declared for old readers, and known to all
		return nil
	}
	text, plain := entityText(value)
	t.entities = t.entities || !isOneSign(text)
	if !plain || len(d.entities.all) == xmlMany {
		t.other = "an entity that is more than plain text"
		return nil
	}
	if d.entities.has(name) {
		return nil
	}
	return d.entities.put(d.l, name, text, len(name)+len(text))
}

// isOneSign tells an entity that is the name of a sign, as of a blank that breaks no line: of up to eight
// characters, since some are put together, and none is ASCII, of which addresses and markup are made.
func isOneSign(text string) bool {
	return text != "" && utf8.RuneCountInString(text) <= 8 && !strings.ContainsFunc(text, func(r rune) bool { return r < utf8.RuneSelf })
}

// entityText resolves the characters that an entity's value refers to by number. It is no plain text
// where it holds, or becomes, what is markup or refers to others.
func entityText(value string) (text string, plain bool) {
	if strings.ContainsAny(value, "%<") {
		return "", false
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(value, "&")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		number, after, ended := strings.Cut(rest, ";")
		digits, numeric := strings.CutPrefix(number, "#")
		r, ok := xmlCharacter(digits)
		if !ended || !numeric || !ok || r == "<" || r == "&" {
			return "", false
		}
		b.WriteString(r)
		value = after
	}
}
