package inspect

import (
	"regexp"
	"strings"

	"airlock"
)

// inspectXML reads a document whole: well-formed, nothing that a reader would fetch or put in because
// of its document type, nothing that a browser would run. Pieces of XHTML and SVG are honest, feeds and
// reports hold them; their scripts are not.
func inspectXML(l *look) error {
	r := &plainXML{l: l, css: styles{l: l}, own: styles{l: l}, flat: flatOffice{l: l}}
	d, err := newXMLDoc(l, r)
	if err != nil {
		return err
	}
	if err := d.read(); err != nil {
		return err
	}
	return r.flat.done()
}

type plainXML struct {
	l     *look
	css   styles // of style elements
	own   styles // of attributes
	style int    // how deep the open style element lies; 0: none is
	flat  flatOffice
}

// A document type is fine: one that declares nothing but what elements and attributes there are, and that
// lies nowhere or where everybody's lies.
func (r *plainXML) doctype(_ *xmlDoc, t xmlDoctype) error {
	switch {
	case strings.EqualFold(t.name, "html"):
		return r.l.objectTo(airlock.TypeMismatch, "it is a page: its document type is html")
	case t.other != "":
		return r.l.active("its document type declares %s", t.other)
	case t.entities:
		return r.l.active("its document type declares entities")
	case t.drawing:
		return r.l.active("its document type makes drawings of elements")
	case !t.external || isKnownType(t.system):
		return nil
	}
	return r.l.active("its document type lies at %.80q", t.system)
}

// An instruction that names a style sheet makes browsers run it (XSLT) or fetch it; the others are notes
// of programs to themselves.
func (r *plainXML) instruction(_ *xmlDoc, target, data string, whole bool) error {
	switch strings.ToLower(target) {
	case "mso-infopathsolution":
		if whole && isFormBeside(data) {
			return nil
		}
		return r.l.active("it is a form that lies elsewhere: %.80q", data)
	case "xml-stylesheet":
		if whole && onlyColours(data) {
			return nil
		}
		fallthrough
	case "php", "import":
		return r.l.active("it holds an instruction that runs something: %.40q", target+" "+data)
	}
	return nil
}

// stylePart is a part of an instruction that names a style sheet.
var stylePart = regexp.MustCompile(`^([a-z]+)[ \t\r\n]*=[ \t\r\n]*("[^"<&]*"|'[^'<&]*')([ \t\r\n]+|$)`)

// formPart is a part of an instruction that names a form of InfoPath.
var formPart = regexp.MustCompile(`^([A-Za-z:]+)[ \t\r\n]*=[ \t\r\n]*("[^"<&]*"|'[^'<&]*')([ \t\r\n]+|$)`)

// isFormBeside tells whether InfoPath looks for the form of a document beside it, where it says so, or by
// its name among those that are installed. From elsewhere it fetches the form, which may hold scripts.
func isFormBeside(data string) bool {
	for data = strings.TrimSpace(data); data != ""; {
		m := formPart.FindStringSubmatch(data)
		if m == nil || strings.EqualFold(m[1], "href") && !isBeside(m[2][1:len(m[2])-1]) {
			return false
		}
		data = data[len(m[0]):]
	}
	return true
}

// publicStyles are style sheets of feeds at their makers.
var publicStyles = wordSet("http://www.blogger.com/styles/atom.css https://www.blogger.com/styles/atom.css")

// onlyColours tells whether an instruction names a style sheet of CSS at the document's own server. Each
// part stands once: readers differ in which of two they take.
func onlyColours(data string) bool {
	parts := map[string]string{}
	for data != "" {
		m := stylePart.FindStringSubmatch(data)
		if m == nil {
			return false
		}
		if _, twice := parts[m[1]]; twice {
			return false
		}
		parts[m[1]] = m[2][1 : len(m[2])-1]
		data = data[len(m[0]):]
	}
	to := cleanAddress(parts["href"], xmlInstruction)
	return strings.EqualFold(strings.TrimSpace(parts["type"]), "text/css") &&
		(publicStyles[to] || schemeOf(to) == "" && !strings.HasPrefix(to, "//"))
}

func (r *plainXML) start(d *xmlDoc, e xmlElement) error {
	if err := r.flat.start(e); err != nil {
		return err
	}
	if len(d.open) == 1 {
		if err := r.root(e); err != nil {
			return err
		}
	}
	for i := range e.attrs {
		if space := e.attrs[i].space; space == spaceXSL || space == spaceOldXSL {
			return r.l.active("it holds a style sheet that runs (XSLT)")
		}
	}
	switch e.space {
	case spaceXHTML, spaceSVG, spaceMathML, spaceHTML4:
		return r.browser(d, e)
	case spaceXSL, spaceOldXSL:
		return r.l.active("it holds a style sheet that runs (XSLT)")
	case spaceEvents, spaceXBL, spaceXBL2, spaceXUL:
		return r.l.active("it holds an element <%.40s> that runs something", e.name)
	case spaceXI, spaceXI2003, spaceXI1999:
		return r.include(e)
	}
	return r.office(e)
}

// include judges what XInclude puts in: only what lies beside the document, and no base makes another
// place of that. Without an address it is a part of the document itself, or what the base is (Java).
func (r *plainXML) include(e xmlElement) error {
	if e.based {
		return r.l.active("it puts in what lies where its base (xml:base) says")
	}
	for _, a := range e.attrs {
		if a.local != "href" || a.value == "" && a.unknown == "" {
			continue
		}
		if a.unknown != "" || a.cut || !isBeside(a.value) {
			return r.l.active("it puts in what lies elsewhere: %.80q", a.value)
		}
	}
	return nil
}

// root judges the first element.
func (r *plainXML) root(e xmlElement) error {
	switch {
	case e.space == spaceXHTML && e.name == "html":
		return r.l.objectTo(airlock.TypeMismatch, "it is a page (XHTML)")
	case e.space == spaceSVG && e.name == "svg":
		return r.l.objectTo(airlock.TypeMismatch, "it is a drawing (SVG)")
	case e.space == "" && (e.name == "scriptlet" || e.name == "job" && e.attr("id") != "" && e.attr("prompt") != "" || e.name == "component" && e.attr("id") != "" && e.unbound != ""):
		return r.l.active("it is a script (<%.40s>)", e.name)
	}
	return nil
}

var scriptLanguages = wordSet("jscript javascript vbscript jscript.encode vbscript.encode perlscript")

// office judges what makes a document of an office, or of a script host, run when it is opened.
func (r *plainXML) office(e xmlElement) error {
	equal := func(to string) func(string) bool { return func(v string) bool { return strings.EqualFold(v, to) } }
	switch {
	case e.name == "script" && e.any("language", func(v string) bool { return scriptLanguages[strings.ToLower(strings.TrimSpace(v))] }):
		return r.l.active("it holds a script of a script host")
	case e.any("macrosPresent", equal("yes")),
		e.name == "VBProjectData", // Visio
		e.name == "binData" && e.any("name", equal("editdata.mso")),
		e.name == "part" && e.any("name", func(v string) bool { return strings.HasSuffix(strings.ToLower(v), "vbaproject.bin") }):
		return r.l.active("it is a document with macros")
	case odfSpace(e.space) == "script" && (e.name == "event-listener" || e.name == "module"):
		return r.l.active("it is a document with macros")
	}
	return nil
}

func (r *plainXML) text(_ *xmlDoc, piece []byte) error {
	if r.style == 0 {
		return r.flat.text(piece)
	}
	return r.css.feed(piece)
}

// unknown takes an entity where it can only be text: those of books stand for characters.
func (r *plainXML) unknown(_ *xmlDoc, entity string) error {
	if r.style == 0 {
		return nil
	}
	return r.l.active("its styles hold the entity %.40q, which is not known", entity)
}

func (r *plainXML) end(d *xmlDoc) error {
	r.flat.end()
	if r.style != len(d.open) {
		return nil
	}
	r.style = 0
	return r.css.end()
}
