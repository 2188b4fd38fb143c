package inspect

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"airlock"
)

// xmlDoc reads a whole document, and asks its rules about each part.
type xmlDoc struct {
	*xmlScanner
	rules xmlRules

	open     []xmlOpen // up to 1,000
	prefixes xmlPrefixes
	attrs    []xmlAttr                // of the tag that was read last
	defaults table[string, []xmlAttr] // what the document type adds to elements
	root     bool                     // was seen
	typed    bool                     // a document type was
}

// xmlRules say what a document may hold. An element's rules see its attributes; text is that directly
// within the open elements, and unknown an entity in it that only an external document type may declare.
type xmlRules interface {
	doctype(d *xmlDoc, t xmlDoctype) error
	instruction(d *xmlDoc, target, data string, whole bool) error // whole: it is no longer than data
	start(d *xmlDoc, e xmlElement) error
	text(d *xmlDoc, piece []byte) error
	unknown(d *xmlDoc, entity string) error
	end(d *xmlDoc) error
}

type xmlOpen struct {
	name  string
	bound int  // how many prefixes were bound outside
	based bool // addresses within lead elsewhere (xml:base)
}

// declaration is the whole of an XML declaration (XML 1.0 [23]): readers that are told an encoding by
// what only looks like one would read another document.
var declaration = regexp.MustCompile(`^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.([0-9]+)"|'1\.([0-9]+)')` +
	`(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([A-Za-z][A-Za-z0-9._:-]*)"|'([A-Za-z][A-Za-z0-9._:-]*)'))?` +
	`(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>`)

// asciiWithin are charsets whose bytes below 0x40 are ASCII wherever they stand, so that a tag is a
// tag; some are seen in files that are UTF-8 in truth, as "utf-16" is in what .NET writes. Of the code
// pages of IBM and Windows many are EBCDIC, where "<" is no 0x3c: only those that are not are listed.
var asciiWithin = regexp.MustCompile(`(?i)^(us-ascii|ascii|ansi[-_a-z0-9.]*|iso[-_]?8859[-_]?\d+(:\d+)?|latin\d|` +
	`(windows|win|cp|ibm|x-cp)-?0*(437|7(20|37|75)|8(08|50|52|5[5-8]|6[0-6]|69|72|74)|9(22|32|36|4[239]|50)|1046|1124|1129|1133|125\d|1361|1383|` +
	`10000|10007|20127|20866|21866|2859\d|2860[1-6]|51932|54936|65001)|koi8-?[ru]|` +
	`gb2312|gbk|gb18030|big5(-hkscs)?|shift[-_]?jis|sjis|x-sjis|ms932|euc-?(jp|kr|tw|cn)|ks_c_5601-1987|macintosh|(x-)?mac-?[a-z]*|tis-620|viscii|utf-?16|ucs-2|unicode)$`)

// xmlHead is the longest XML declaration.
const xmlHead = 1024

func newXMLDoc(l *look, rules xmlRules) (*xmlDoc, error) {
	d := &xmlDoc{rules: rules}
	d.xmlScanner = &xmlScanner{l: l, buf: make([]byte, 0, xmlBuffer), utf8: true, names: map[string]string{}}
	d.xmlScanner.text = d.characterData
	d.lost = func(entity string) error { return d.rules.unknown(d, entity) }
	r, of, err := l.text()
	if err != nil {
		return nil, err
	}
	if of == "" {
		mark, err := l.upTo(0, 2)
		if err != nil {
			return nil, err
		}
		switch string(mark) {
		case "<\x00":
			r, of = l.decoded(r, "UTF-16LE"), "UTF-16LE"
		case "\x00<":
			r, of = l.decoded(r, "UTF-16BE"), "UTF-16BE"
		}
	}
	head := make([]byte, xmlHead)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	d.r = io.MultiReader(bytes.NewReader(head[:n]), r)
	return d, d.encoding(head[:n], of)
}

// encoding reads the XML declaration that head may begin with.
func (d *xmlDoc) encoding(head []byte, of charset) error {
	if !bytes.HasPrefix(head, []byte("<?xml")) || len(head) < 6 || !isXMLSpace(int(head[5])) {
		return nil
	}
	m := declaration.FindSubmatch(head)
	if m == nil {
		return d.bad("its declaration is broken")
	}
	d.later = string(m[1])+string(m[2]) != "0"
	set := string(m[3]) + string(m[4])
	switch {
	case set == "", strings.EqualFold(set, "utf-8"), strings.EqualFold(set, "utf8"), strings.HasPrefix(string(of), "UTF-16"), strings.HasPrefix(string(of), "UTF-32"):
	case !asciiWithin.MatchString(set):
		return d.l.objectTo(airlock.Uninspectable, "its encoding %.40q is not known", set)
	default:
		d.utf8 = of == "UTF-8"
	}
	return nil
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

// xmlInstruction is how much of an instruction its rules see; longer ones are those of no style sheet.
const xmlInstruction = 1024

func (d *xmlDoc) processing() error {
	target, err := d.name()
	if err != nil {
		return err
	}
	data, err := d.until("?>", xmlInstruction+1)
	if err != nil {
		return err
	}
	if strings.EqualFold(target, "xml") {
		return d.bad("an XML declaration stands behind the beginning")
	}
	return d.rules.instruction(d, target, strings.TrimSpace(data), len(data) <= xmlInstruction)
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
	return d.close()
}

func (d *xmlDoc) close() error {
	err := d.rules.end(d)
	last := len(d.open) - 1
	d.prefixes.unbind(d.open[last].bound)
	d.open = d.open[:last]
	return err
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
	based := len(d.open) > 0 && d.open[len(d.open)-1].based
	d.open = append(d.open, xmlOpen{name, d.prefixes.count(), based})
	e, err := d.element(name)
	if err != nil {
		return err
	}
	if err := d.rules.start(d, e); err != nil {
		return err
	}
	if closed {
		return d.close()
	}
	return nil
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
