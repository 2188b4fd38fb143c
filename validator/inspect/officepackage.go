package inspect

import (
	"bytes"
	"path"
	"strings"

	"airlock"
)

// ooxml is such a document.
type ooxml struct {
	*zipArchive
	parts     table[string, int]    // by name, see partName
	main      string                // the part that is the document
	defaults  table[string, string] // content types by extension
	overrides table[string, string] // content types by the part's name
	foreign   bool                  // a tag of another namespace names a type that runs
}

const typesPart = "[content_types].xml"

// What is kept of a document's names is at most so long.
const (
	mostPartName    = 4096
	mostContentType = 255 // RFC 6838, 4.2, has 127 for each half
)

func openPackage(z *zipArchive) (*ooxml, error) {
	o := &ooxml{zipArchive: z}
	for i, name := range z.names {
		part := partName(name)
		if o.parts.has(part) && isRead(part) {
			return nil, z.objectTo(airlock.UnsafeArchive, "two of its parts are called %.80q: programs would not agree on which is meant", part)
		}
		if err := o.parts.put(z.look, part, i, len(part)); err != nil {
			return nil, err
		}
	}
	i, ok := o.parts.all[typesPart]
	if !ok {
		return nil, z.objectTo(airlock.TypeMismatch, "it has no list of content types, as each document of Office does")
	}
	x := &xmlScan{in: z.xmlIn(), look: z.within("[Content_Types].xml"), spaces: true, start: o.contentType}
	return o, z.scanEntry(i, x)
}

// isRead tells parts that are found by their names: of two pictures it does not matter which is taken.
func isRead(part string) bool {
	ext := lastOf(part)
	return ext == "xml" || ext == "rels" || ext == "bin"
}

// partName is how parts are compared: without regard to case (ECMA-376 part 2, 6.2.2.3), nor to how a
// letter is written in an address.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(unescapeAddress(name), "\\", "/"), "/"))
}

// apart gives back what is kept while it looks.
func (l *look) apart(look func(*look) error) error {
	return l.scoped(func() error { return look(l) })
}

// within is l, for what is found in a part of it.
func (l *look) within(part string) *look {
	p := *l
	p.inside = strings.TrimSpace(l.inside + " " + quoted(part))
	return &p
}

// contentType takes a type that a tag gives to a part or an extension. What decides that a part is honest
// is of the list's own namespace, and its attributes have no prefix; one that runs counts in any spelling.
func (o *ooxml) contentType(t xmlTag) error {
	name := string(t.local)
	if name != "Default" && name != "Override" {
		return nil
	}
	own := t.space() == spaceTypes || bytes.IndexByte(t.name, ':') < 0 && t.space() == spaceNone
	kinds := ""
	t.values("ContentType", func(kind string) bool {
		if kind = strings.ToLower(strings.TrimSpace(kind)); kinds != "" {
			kind = kinds + "\n" + kind
		}
		kinds = kind
		return len(kinds) <= mostPartName
	})
	if !own {
		o.foreign = o.foreign || isActiveType(kinds)
		return nil
	}
	if len(kinds) > mostContentType {
		return o.objectTo(airlock.Malformed, "a content type in it is longer than %d bytes", mostContentType)
	}
	of, attr := &o.overrides, "PartName"
	if name == "Default" {
		of, attr = &o.defaults, "Extension"
	}
	var err error
	t.values(attr, func(part string) bool {
		if len(part) >= mostPartName {
			err = o.objectTo(airlock.Malformed, "its list of content types names a part by more than %d bytes", mostPartName)
		} else if part = partName(part); attr == "Extension" {
			err = o.addType(of, strings.Trim(part, ". "), kinds)
		} else {
			err = o.addType(of, part, kinds)
		}
		return err == nil
	})
	return err
}

// addType adds a part's type; where it has several, each is judged.
func (o *ooxml) addType(of *table[string, string], part, kinds string) error {
	if was, ok := of.all[part]; ok && was != kinds {
		if kinds = was + "\n" + kinds; len(kinds) > mostPartName {
			return o.objectTo(airlock.Malformed, "a part of it has too many types, %.80q", part)
		}
	}
	return of.put(o.look, part, kinds, len(part)+len(kinds))
}

// typeOf is a part's type, in lower case; one a line, where it has several.
func (o *ooxml) typeOf(part string) string {
	if kind, ok := o.overrides.all[part]; ok {
		return kind
	}
	_, ext := cutExtension(path.Base(part))
	return o.defaults.all[ext]
}
