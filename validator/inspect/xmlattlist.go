package inspect

import (
	"strings"
	"unsafe"
)

// wellKnown are the namespaces that document types bind for old readers: Graphviz and gnuplot the first,
// CorelDRAW the second, lists of media types that of freedesktop.org. Others may make elements run that
// look as if they were nobody's, or the reverse to a reader that leaves them out.
var wellKnown = wordSet(`xmlns:xlink=http://www.w3.org/1999/xlink xmlns:xodm=http://www.corel.com/coreldraw/odm/2003
	xmlns:xsi=http://www.w3.org/2001/XMLSchema-instance xmlns:xml=` + spaceXML + ` xmlns=` + spaceSVG + `
	xmlns=http://www.freedesktop.org/standards/shared-mime-info xmlns=http://docbook.org/ns/docbook`)

// harmlessDefaults are what the document types of drawings say of links and blanks.
var harmlessDefaults = wordSet("xlink:type xlink:show xlink:actuate xml:space xml:lang")

// attlist reads which attributes an element may have (XML 1.0 [52]). What only checks is taken. What adds
// attributes to elements is kept, so that the rules see them as readers do.
func (d *xmlDoc) attlist(t *xmlDoctype) error {
	element, err := d.name()
	if err != nil {
		return err
	}
	for {
		space := d.space()
		if d.peek() == '>' {
			return nil
		}
		if !space {
			return d.bad("a declaration of attributes is broken")
		}
		a := xmlAttr{}
		if a.name, err = d.name(); err != nil {
			return err
		}
		if !d.space() {
			return d.bad("a declaration of attributes is broken")
		}
		if err := d.attributeType(); err != nil {
			return err
		}
		adds, err := d.attributeDefault(&a)
		if err != nil {
			return err
		}
		if adds {
			if err := d.addsAttribute(t, element, a); err != nil {
				return err
			}
		}
	}
}

// attributeType skips a type, and the blank behind it (XML 1.0 [54]).
func (d *xmlDoc) attributeType() error {
	if d.peek() != '(' {
		kind, err := d.name()
		if err != nil {
			return err
		}
		if !d.space() {
			return d.bad("a declaration of attributes is broken")
		}
		if kind != "NOTATION" {
			return nil
		}
	}
	if err := d.literal("("); err != nil {
		return err
	}
	for b := d.next(); b != ')'; b = d.next() {
		if !isNameByte(b) && !isXMLSpace(b) && b != '|' {
			return d.bad("a declaration of attributes is broken")
		}
	}
	if !d.space() {
		return d.bad("a declaration of attributes is broken")
	}
	return nil
}

// attributeDefault reads the value that a is given where a tag says nothing (XML 1.0 [60]).
func (d *xmlDoc) attributeDefault(a *xmlAttr) (adds bool, err error) {
	if d.peek() == '#' {
		d.pos++
		kind, err := d.name()
		switch {
		case err != nil:
			return false, err
		case kind == "REQUIRED", kind == "IMPLIED":
			return false, nil
		case kind != "FIXED" || !d.space():
			return false, d.bad("a declaration of attributes is broken")
		}
	}
	d.unknown = ""
	a.value, a.cut, err = d.quoted(xmlLiteral)
	a.unknown = d.unknown
	return true, err
}

// addsAttribute judges an attribute that is added to elements, and keeps it.
func (d *xmlDoc) addsAttribute(t *xmlDoctype, element string, a xmlAttr) error {
	_, space := declares(a.name)
	switch {
	case a.cut, a.unknown != "", len(d.defaults.all[element]) == xmlDefaults:
		t.other = "attributes"
		return nil
	case a.name == "xmlns" && a.value == "": // the element would be in no namespace, or stays in one that is judged
		return nil
	case space:
		if !wellKnown[a.name+"="+a.value] {
			t.other = "a namespace of elements"
			return nil
		}
		t.drawing = t.drawing || a.value == spaceSVG
	case harmlessDefaults[a.name] && strings.IndexByte(a.value, ':') < 0:
		return nil
	case strings.IndexByte(a.name, ':') >= 0 || isHandler(a.name) || addressAttributes[strings.ToLower(a.name)] || runsAsAddress(a.value):
		t.other = "attributes that run or load something"
		return nil
	default:
		t.adds = true
	}
	return d.defaults.put(d.l, element, append(d.defaults.all[element], a), len(element)+len(a.name)+len(a.value)+2*int(unsafe.Sizeof(a)))
}
