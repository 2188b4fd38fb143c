package inspect

import (
	"strings"
)

// What browsers do for the elements that they know, wherever these stand: in a drawing, or in a document
// that is neither a page nor a drawing.

// The namespaces that browsers and readers do something for.
const (
	spaceSVG    = "http://www.w3.org/2000/svg"
	spaceXHTML  = "http://www.w3.org/1999/xhtml"
	spaceMathML = "http://www.w3.org/1998/Math/MathML"
	spaceHTML4  = "http://www.w3.org/TR/REC-html40" // Internet Explorer's, and that of sheets of 2003
	spaceXSL    = "http://www.w3.org/1999/XSL/Transform"
	spaceOldXSL = "http://www.w3.org/TR/WD-xsl"
	spaceXI     = "http://www.w3.org/2001/XInclude"
	spaceXI2003 = "http://www.w3.org/2003/XInclude"
	spaceXI1999 = "http://www.w3.org/1999/XML/xinclude"
	spaceEvents = "http://www.w3.org/2001/xml-events"
	spaceXBL    = "http://www.mozilla.org/xbl"
	spaceXBL2   = "http://www.w3.org/ns/xbl"
	spaceXUL    = "http://www.mozilla.org/keymaster/gatekeeper/there.is.only.xul"
)

// isBrowsers tells the namespaces whose elements browsers show.
func isBrowsers(space string) bool {
	return space == spaceSVG || space == spaceXHTML || space == spaceMathML || space == spaceHTML4
}

// runningSpaces are those whose elements and attributes run or put in something.
var runningSpaces = map[string]bool{spaceXSL: true, spaceOldXSL: true, spaceXI: true, spaceXI2003: true, spaceXI1999: true,
	spaceEvents: true, spaceXBL: true, spaceXBL2: true, spaceXUL: true}

// loadingAttributes are those of XHTML and MathML that load something, send something, or say what runs.
var loadingAttributes = wordSet(`src srcset srcdoc background action formaction data poster ping manifest codebase classid code archive
	longdesc lowsrc dynsrc profile usemap icon imagesrcset http-equiv attributionsrc altimg`)

// addressAttributes are those that no document type may add to elements, whatever they are.
var addressAttributes = wordSet("href src style base action formaction srcdoc http-equiv attributename")

// isHandler tells whether an attribute's name is that of an event's handler.
func isHandler(name string) bool {
	if len(name) < 5 || name[0]|0x20 != 'o' || name[1]|0x20 != 'n' {
		return false
	}
	for i := range len(name) {
		if c := name[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// hides tells whether the end of a value, which was not kept, may be an address: its beginning is blank.
func (a *xmlAttr) hides() bool {
	return a.cut && len(cleanAddress(a.value, longestScheme)) < longestScheme
}

// changes is the attribute that an element changes while it is shown (SMIL), "" if it is no animation.
// One that leads somewhere, or runs, must not change.
func changes(l *look, e xmlElement) (name string, err error) {
	for i := range e.attrs {
		a := &e.attrs[i]
		if a.local != "attributeName" || !isBrowsers(e.space) {
			continue
		}
		name = cleanAddress(a.value, 64)
		name = name[strings.LastIndexByte(name, ':')+1:]
		if addressChanges[name] || loadingAttributes[name] || isHandler(name) {
			return "", l.active("it changes an address or a handler while it is shown (%.40q)", strings.TrimSpace(a.value))
		}
	}
	return name, nil
}

var addressChanges = wordSet("href base style xmlns attributename")
