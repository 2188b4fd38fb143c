package inspect

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"airlock"
)

// xmlDoc reads a whole document, and asks its rules about each part.
type xmlDoc struct {
	*xmlScanner
	rules xmlRules

	open  []xmlOpen
	bound []xmlBound
	attrs []xmlAttr
	root  bool // was seen
	typed bool // a document type was
}

// xmlRules say what a document may hold. An element's rules see its attributes; text is that directly
// within the open elements.
type xmlRules interface {
	doctype(d *xmlDoc, t xmlDoctype) error
	instruction(d *xmlDoc, target, data string) error
	start(d *xmlDoc, e xmlElement) error
	text(d *xmlDoc, piece []byte) error
	end(d *xmlDoc)
}

type xmlOpen struct {
	name  string
	bound int // how many prefixes were bound outside
}

type xmlBound struct{ prefix, space string }

type xmlElement struct {
	space, name string // name is without its prefix
	attrs       []xmlAttr
	unbound     string // a prefix that stands for nothing
}

// attr is the value of the attribute of that name, whatever its prefix.
func (e xmlElement) attr(name string) string {
	for _, a := range e.attrs {
		if local(a.name) == name {
			return a.value
		}
	}
	return ""
}

// local is a name without its prefix.
func local(name string) string {
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	return name
}

// declared is the encoding that an XML declaration names.
var declared = regexp.MustCompile(`^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._:-]*)["']`)

// asciiWithin are charsets whose bytes below 0x40 are ASCII wherever they stand, so that a tag is a
// tag; some are seen in files that are UTF-8 in truth, as "utf-16" is in what .NET writes.
var asciiWithin = regexp.MustCompile(`(?i)^(us-ascii|ascii|ansi.*|iso[-_]?8859[-_]?\d+(:\d+)?|latin\d|windows-?\d+|win-?\d+|cp-?\d+|ibm-?\d+|koi8-?[ru]|gb2312|gbk|gb18030|big5(-hkscs)?|shift[-_]?jis|sjis|x-sjis|ms932|euc-?(jp|kr|tw|cn)|ks_c_5601-1987|macintosh|(x-)?mac-?[a-z]*|tis-620|viscii|utf-?16|ucs-2|unicode)$`)

// ebcdic are code pages of EBCDIC, where "<" is no 0x3c.
var ebcdic = regexp.MustCompile(`(?i)^(cp|ibm)-?0*(37|273|277|278|280|284|285|290|297|420|424|500|838|87[015]|880|905|918|102[56]|1047|114\d)$`)

func newXMLDoc(l *look, rules xmlRules) (*xmlDoc, error) {
	d := &xmlDoc{rules: rules}
	d.xmlScanner = &xmlScanner{l: l, buf: make([]byte, 0, xmlBuffer), utf8: true, names: map[string]string{}}
	d.xmlScanner.text = func(piece []byte) error { return d.characterData(piece) }
	r, of, err := l.text()
	if err != nil {
		return nil, err
	}
	head, err := l.upTo(0, 512)
	if err != nil {
		return nil, err
	}
	switch {
	case of == "" && bytes.HasPrefix(head, []byte("<\x00")):
		r = l.decoded(r, "UTF-16LE")
	case of == "" && bytes.HasPrefix(head, []byte("\x00<")):
		r = l.decoded(r, "UTF-16BE")
	case of == "":
		if m := declared.FindSubmatch(head); m != nil && !strings.EqualFold(string(m[1]), "utf-8") && !strings.EqualFold(string(m[1]), "utf8") {
			if !asciiWithin.Match(m[1]) || ebcdic.Match(m[1]) {
				return nil, l.objectTo(airlock.Uninspectable, "its encoding %.40q is not known", m[1])
			}
			d.utf8 = false
		}
	}
	d.r = r
	return d, nil
}

// read reads the document.
func (d *xmlDoc) read() error {
	d.fill()
	if bytes.HasPrefix(d.buf[d.pos:], []byte("<?xml")) && len(d.buf) > d.pos+5 && isXMLSpace(int(d.buf[d.pos+5])) {
		d.pos += 5
		if _, err := d.until("?>", 0); err != nil {
			return err
		}
	}
	for {
		if err := d.characters(); err != nil {
			return err
		}
		if d.peek() < 0 {
			break
		}
		d.pos++ // "<"
		if err := d.tag(); err != nil {
			return err
		}
		if !d.l.full() && d.off > blockBytes {
			return nil
		}
	}
	switch {
	case len(d.open) > 0:
		return d.bad("the end of <%.40s> is missing", d.open[len(d.open)-1].name)
	case !d.root:
		return d.bad("there is no element")
	case !d.chars.done():
		return d.bad("it ends within a character")
	}
	return nil
}

// tag reads what follows a "<".
func (d *xmlDoc) tag() error {
	switch d.peek() {
	case '?':
		d.pos++
		return d.processing()
	case '!':
		d.pos++
		return d.declaration()
	case '/':
		d.pos++
		return d.endTag()
	}
	return d.startTag()
}

func (d *xmlDoc) processing() error {
	target, err := d.name()
	if err != nil {
		return err
	}
	data, err := d.until("?>", 1024)
	if err != nil {
		return err
	}
	if strings.EqualFold(target, "xml") {
		return d.bad("an XML declaration stands behind the beginning")
	}
	return d.rules.instruction(d, target, strings.TrimSpace(data))
}

func (d *xmlDoc) declaration() error {
	switch d.peek() {
	case '-':
		if err := d.literal("--"); err != nil {
			return err
		}
		_, err := d.until("-->", 0)
		return err
	case '[':
		if err := d.literal("[CDATA["); err != nil {
			return err
		}
		if len(d.open) == 0 {
			return d.bad("there is text outside of all elements")
		}
		return d.cdata()
	}
	kind, err := d.name()
	switch {
	case err != nil:
		return err
	case kind == "DOCTYPE":
	case strings.EqualFold(kind, "DOCTYPE"):
		return d.l.objectTo(airlock.TypeMismatch, "it is a page: its document type is written as HTML's")
	default:
		return d.bad("there is an unknown declaration")
	}
	if d.root || d.typed {
		return d.bad("a document type stands behind the beginning")
	}
	d.typed = true
	t, err := d.documentType()
	if err != nil {
		return err
	}
	d.dtd = d.dtd || t.system != "" || t.public != "" || t.other != ""
	return d.rules.doctype(d, t)
}

func (d *xmlDoc) endTag() error {
	name, err := d.name()
	if err != nil {
		return err
	}
	d.space()
	if d.next() != '>' {
		return d.bad("a tag has no end")
	}
	if len(d.open) == 0 || d.open[len(d.open)-1].name != name {
		return d.bad("</%.40s> ends what was not begun", name)
	}
	d.close()
	return nil
}

func (d *xmlDoc) close() {
	d.rules.end(d)
	last := len(d.open) - 1
	d.bound = d.bound[:d.open[last].bound]
	d.open = d.open[:last]
}

func (d *xmlDoc) startTag() error {
	name, err := d.name()
	if err != nil {
		return err
	}
	if len(d.open) == 0 && d.root {
		return d.bad("there is a second element <%.40s> behind the end of the first", name)
	}
	if len(d.open) == xmlDepth {
		return d.l.objectTo(airlock.Bomb, "its elements are nested deeper than %d", xmlDepth)
	}
	var closed bool
	if d.attrs, closed, err = d.attributes(d.attrs[:0]); err != nil {
		return err
	}
	d.root = true
	d.open = append(d.open, xmlOpen{name, len(d.bound)})
	e, err := d.element(name)
	if err != nil {
		return err
	}
	if err := d.rules.start(d, e); err != nil {
		return err
	}
	if closed {
		d.close()
	}
	return nil
}

// xmlBindings is how many prefixes may stand for something at once.
const xmlBindings = 512

// element resolves the namespaces of the tag that was read last (Namespaces in XML 1.0).
func (d *xmlDoc) element(name string) (xmlElement, error) {
	for _, a := range d.attrs {
		if prefix, ok := strings.CutPrefix(a.name, "xmlns"); ok && (prefix == "" || prefix[0] == ':') {
			if len(d.bound) == xmlBindings {
				return xmlElement{}, d.bad("more than %d namespaces are declared", xmlBindings)
			}
			d.bound = append(d.bound, xmlBound{strings.TrimPrefix(prefix, ":"), a.value[:min(len(a.value), 1024)]})
		}
	}
	e := xmlElement{name: local(name), attrs: d.attrs}
	prefix := ""
	if before, _, ok := strings.Cut(name, ":"); ok {
		prefix = before
	}
	space, ok := d.namespace(prefix)
	e.space = space
	if !ok {
		e.unbound = prefix
	}
	for _, a := range d.attrs {
		if i := strings.IndexByte(a.name, ':'); i >= 0 && !strings.HasPrefix(a.name, "xmlns:") {
			if _, ok := d.namespace(a.name[:i]); !ok {
				e.unbound = a.name[:i]
			}
		}
	}
	return e, nil
}

// namespace is the namespace that a prefix stands for.
func (d *xmlDoc) namespace(prefix string) (string, bool) {
	for _, b := range slices.Backward(d.bound) {
		if b.prefix == prefix {
			return b.space, true
		}
	}
	return "", prefix == "" || prefix == "xml"
}

func (d *xmlDoc) characterData(piece []byte) error {
	if len(d.open) == 0 {
		if len(bytes.TrimLeft(piece, " \t\r\n")) > 0 {
			return d.bad("there is text outside of all elements")
		}
		return nil
	}
	return d.rules.text(d, piece)
}
