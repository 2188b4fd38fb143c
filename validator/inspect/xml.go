package inspect

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"airlock"
)

// The namespaces that browsers and readers do something for.
const (
	spaceSVG    = "http://www.w3.org/2000/svg"
	spaceXHTML  = "http://www.w3.org/1999/xhtml"
	spaceMathML = "http://www.w3.org/1998/Math/MathML"
	spaceXSL    = "http://www.w3.org/1999/XSL/Transform"
	spaceXI     = "http://www.w3.org/2001/XInclude"
	spaceEvents = "http://www.w3.org/2001/xml-events"
	spaceXBL    = "http://www.mozilla.org/xbl"
	spaceXUL    = "http://www.mozilla.org/keymaster/gatekeeper/there.is.only.xul"
)

// inspectXML reads a document whole: well-formed, nothing that a reader would fetch or put in because
// of its document type, nothing that a browser would run. Pieces of XHTML and SVG are honest, feeds and
// reports hold them; their scripts are not.
func inspectXML(l *look) error {
	r := &plainXML{l: l, flat: flatOffice{l: l}}
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
	l    *look
	flat flatOffice
}

// knownTypes are where document types lie that are no secret: those of property lists, of books, of
// invoices. A reader that fetches one fetches it from its maker.
var knownTypes = strings.Fields(`www.apple.com apple.com www.w3.org www.oasis-open.org docbook.org www.docbook.org
	java.sun.com xmlns.jcp.org xmlns.oracle.com dtd.nlm.nih.gov jats.nlm.nih.gov www.ncbi.nlm.nih.gov eutils.ncbi.nlm.nih.gov
	hibernate.org www.hibernate.org hibernate.sourceforge.net mybatis.org www.mybatis.org ibatis.apache.org struts.apache.org
	jakarta.apache.org tiles.apache.org logging.apache.org checkstyle.org www.checkstyle.org www.puppycrawl.com checkstyle.sourceforge.net
	www.springframework.org www.eclipse.org eclipse.dev www.jetty.org jetty.org jetty.mortbay.org www.musicxml.org www.freedesktop.org www.gnome.org glade.gnome.org
	www.netbeans.org xml.cxml.org my.netscape.com www.rssboard.org testng.org pmd.sourceforge.net cobertura.sourceforge.net
	dublincore.org p.moreover.com docbook.sourceforge.net www.loc.gov lcweb2.loc.gov www.tei-c.org www.ibiblio.org fedoraproject.org www.kde.org schemas.android.com
	purl.org www.openarchives.org ant.apache.org forrest.apache.org maven.apache.org db.apache.org xml.apache.org unicode.org www.unicode.org`)

// A document type is fine: one without declarations of its own, that lies nowhere or where everybody's lies.
func (r *plainXML) doctype(_ *xmlDoc, t xmlDoctype) error {
	switch {
	case strings.EqualFold(t.name, "html"):
		return r.l.objectTo(airlock.TypeMismatch, "it is a page: its document type is html")
	case t.other != "":
		return r.l.active("its document type declares %s", t.other)
	case t.entities:
		return r.l.active("its document type declares entities")
	case t.system == "" || isKnownType(t):
		return nil
	}
	return r.l.active("its document type lies at %.80q", t.system)
}

func isKnownType(t xmlDoctype) bool {
	u, err := url.Parse(t.system)
	if err != nil {
		return false
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return slices.Contains(knownTypes, strings.ToLower(u.Host)) && u.RawQuery == "" && u.User == nil
	}
	// Beside the file, where nobody's is.
	return u.Scheme == "" && u.Host == "" && strings.HasSuffix(t.system, ".dtd") && !strings.HasPrefix(t.system, "/") && !strings.Contains(t.system, `\`)
}

// styleOnly are instructions that name a style sheet of CSS, which colours.
var styleOnly = regexp.MustCompile(`^([a-z]+\s*=\s*("[^"<&]*"|'[^'<&]*')\s*)*type\s*=\s*["']text/css["']\s*([a-z]+\s*=\s*("[^"<&]*"|'[^'<&]*')\s*)*$`)

// An instruction that names a style sheet makes browsers run it (XSLT); the others are notes of
// programs to themselves.
func (r *plainXML) instruction(_ *xmlDoc, target, data string) error {
	switch strings.ToLower(target) {
	case "xml-stylesheet":
		if styleOnly.MatchString(data) && !strings.Contains(strings.ToLower(data), "script:") && !strings.Contains(strings.ToLower(data), "data:") {
			return nil
		}
		fallthrough
	case "php", "import":
		return r.l.active("it holds an instruction that runs something: %.40q", target+" "+data)
	}
	return nil
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
	switch e.space {
	case spaceXHTML, spaceSVG, spaceMathML:
		return r.browser(e)
	case spaceXSL, "http://www.w3.org/TR/WD-xsl":
		return r.l.active("it holds a style sheet that runs (XSLT)")
	case spaceEvents, spaceXBL, spaceXUL:
		return r.l.active("it holds an element <%.40s> that runs something", e.name)
	case spaceXI:
		if to := e.attr("href"); e.name == "include" && (strings.ContainsAny(to, `:\`) || strings.HasPrefix(to, "/") || strings.Contains(to, "..")) {
			return r.l.active("it puts in what lies elsewhere: %.80q", to)
		}
	}
	return r.office(e)
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

// runningElements are those of XHTML and SVG that run or load something.
var runningElements = strings.Fields("script iframe frame frameset object embed applet base meta link handler listener foreignobject portal")

// browser judges an element that browsers know.
func (r *plainXML) browser(e xmlElement) error {
	if slices.Contains(runningElements, strings.ToLower(e.name)) {
		return r.l.active("it holds an element <%.40s> that a browser runs", e.name)
	}
	for _, a := range e.attrs {
		if name := local(a.name); isHandler(name) || runsAsAddress(a.value) {
			return r.l.active("it holds an attribute that a browser runs: %.60q", a.name+"="+a.value)
		}
	}
	return nil
}

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

var scriptLanguages = strings.Fields("jscript javascript vbscript jscript.encode vbscript.encode perlscript")

// office judges what makes a document of an office, or of a script host, run when it is opened.
func (r *plainXML) office(e xmlElement) error {
	switch {
	case e.name == "script" && slices.Contains(scriptLanguages, strings.ToLower(e.attr("language"))):
		return r.l.active("it holds a script of a script host")
	case strings.EqualFold(e.attr("macrosPresent"), "yes"),
		e.name == "binData" && strings.EqualFold(e.attr("name"), "editdata.mso"),
		e.name == "part" && strings.HasSuffix(strings.ToLower(e.attr("name")), "vbaproject.bin"):
		return r.l.active("it is a document with macros")
	case e.space == "urn:oasis:names:tc:opendocument:xmlns:script:1.0" && (e.name == "event-listener" || e.name == "module"):
		return r.l.active("it is a document with macros")
	}
	return nil
}

func (r *plainXML) text(_ *xmlDoc, piece []byte) error { return r.flat.text(piece) }
func (r *plainXML) end(*xmlDoc)                        { r.flat.end() }
