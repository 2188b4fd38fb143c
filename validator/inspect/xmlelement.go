package inspect

import (
	"strings"

	"airlock"
)

// xmlElement is a start tag as its rules see it. Declarations of namespaces are no attributes: they are
// resolved, and not among attrs.
type xmlElement struct {
	space, name string // name is without its prefix
	attrs       []xmlAttr
	unbound     string // a prefix that stands for nothing
	based       bool   // its addresses don't lead where they seem to (xml:base)
}

// attr is the value of the first attribute of that name, whatever its prefix. Where a name may stand in
// several namespaces and one of them is hostile, all are to be judged: see any.
func (e xmlElement) attr(name string) string {
	for i := range e.attrs {
		if e.attrs[i].local == name {
			return e.attrs[i].value
		}
	}
	return ""
}

// any tells whether one of the attributes of that name, whatever their prefixes, is so.
func (e xmlElement) any(name string, so func(value string) bool) bool {
	for i := range e.attrs {
		if e.attrs[i].local == name && so(e.attrs[i].value) {
			return true
		}
	}
	return false
}

// local is a name without its prefix.
func local(name string) string {
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	return name
}

const spaceXML = "http://www.w3.org/XML/1998/namespace"

// xmlPrefixes are the prefixes that stand for namespaces (Namespaces in XML 1.0): a stack of them, and for
// each prefix the place of the last.
type xmlPrefixes struct {
	stack []xmlBinding // up to 512 of 2 KiB
	last  map[string]int
}

type xmlBinding struct {
	prefix, space string
	hides         int // the place of the one that is hidden by it; -1: none
}

const (
	xmlBindings  = 512  // how many prefixes may stand for something at once
	xmlNamespace = 1024 // no namespace that matters is longer
)

func (n *xmlPrefixes) count() int { return len(n.stack) }

func (n *xmlPrefixes) bind(prefix, space string) bool {
	if len(n.stack) == xmlBindings {
		return false
	}
	if n.last == nil {
		n.last = map[string]int{}
	}
	hides, ok := n.last[prefix]
	if !ok {
		hides = -1
	}
	n.last[prefix] = len(n.stack)
	space = strings.TrimSpace(space) // as where the document type says that it is a token (XML 1.0 3.3.3)
	if len(space) > xmlNamespace {
		space = strings.Clone(space[:xmlNamespace])
	}
	n.stack = append(n.stack, xmlBinding{prefix, space, hides})
	return true
}

// unbind forgets all but the first count.
func (n *xmlPrefixes) unbind(count int) {
	for ; len(n.stack) > count; n.stack = n.stack[:len(n.stack)-1] {
		if b := n.stack[len(n.stack)-1]; b.hides < 0 {
			delete(n.last, b.prefix)
		} else {
			n.last[b.prefix] = b.hides
		}
	}
}

// space is the namespace that a prefix stands for.
func (n *xmlPrefixes) space(prefix string) (string, bool) {
	if prefix == "xml" { // whatever is declared
		return spaceXML, true
	}
	if i, ok := n.last[prefix]; ok {
		return n.stack[i].space, true
	}
	return "", prefix == ""
}

// declares is the prefix that an attribute of that name declares; the empty one is for names without.
func declares(name string) (prefix string, ok bool) {
	if !strings.HasPrefix(name, "xmlns") {
		return "", false
	}
	if name == "xmlns" {
		return "", true
	}
	prefix, ok = strings.CutPrefix(name, "xmlns:")
	return prefix, ok && prefix != ""
}

// element resolves the tag that was read last: what the document type adds to it, and its namespaces.
func (d *xmlDoc) element(name string) (xmlElement, error) {
	if err := d.addDefaults(name); err != nil {
		return xmlElement{}, err
	}
	rest := d.attrs[:0]
	for i := range d.attrs {
		a := &d.attrs[i]
		prefix, ok := declares(a.name)
		switch {
		case !ok && len(rest) == i: // it stays where it is
			rest = d.attrs[:i+1]
		case !ok:
			rest = append(rest, *a)
		case a.unknown != "":
			return xmlElement{}, d.l.active("a namespace is named by the entity %.40q, which is not known", a.unknown)
		case !d.prefixes.bind(prefix, a.value):
			return xmlElement{}, d.bad("more than %d namespaces are declared", xmlBindings)
		}
	}
	d.attrs = rest
	e := xmlElement{name: name, attrs: rest}
	prefix := ""
	if before, after, ok := strings.Cut(name, ":"); ok {
		prefix, e.name = before, after
	}
	ok := true
	if e.space, ok = d.prefixes.space(prefix); !ok {
		e.unbound = prefix
	}
	return d.attributeSpaces(e), nil
}

// attributeSpaces resolves the namespaces of an element's attributes: those without a prefix have none.
func (d *xmlDoc) attributeSpaces(e xmlElement) xmlElement {
	open := &d.open[len(d.open)-1]
	for i := range e.attrs {
		a := &e.attrs[i]
		at := strings.IndexByte(a.name, ':')
		if a.local = a.name[at+1:]; at < 0 {
			continue
		}
		var ok bool
		if a.space, ok = d.prefixes.space(a.name[:at]); !ok {
			e.unbound = a.name[:at]
		}
		if a.space == spaceXML && a.local == "base" && (a.unknown != "" || a.cut || !isBeside(a.value)) {
			open.based = true
		}
	}
	e.based = open.based
	return e
}

// addDefaults adds the attributes that the document type declares for elements of that name and that the
// tag has not, as readers do (XML 1.0 3.3.2).
func (d *xmlDoc) addDefaults(name string) error {
	if len(d.defaults.all) == 0 {
		return nil
	}
	written := len(d.attrs)
	for _, add := range d.defaults.all[name] {
		there := false
		for i := 0; i < written && !there; i++ {
			there = d.attrs[i].name == add.name
		}
		if there {
			continue
		}
		if d.expanded += int64(len(add.value)); d.expanded > xmlExpanded {
			return d.l.objectTo(airlock.Bomb, "its document type adds attributes of more than %d MiB", xmlExpanded>>20)
		}
		d.attrs = append(d.attrs, add)
	}
	return nil
}
