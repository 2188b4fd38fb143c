package inspect

import (
	"bytes"
	"encoding/base64"
	"html"
	"slices"
	"strings"

	"airlock"
)

// flatOffice judges a document of an office that is one file of XML: a package of Word or PowerPoint in one
// piece (MS-DOCX and others, "Flat OPC"), Word's and Excel's formats of 2003, OpenDocument in one piece.
// Their programs open them by themselves, so what is refused in the packed ones is refused here.
type flatOffice struct {
	l     *look
	on    bool // the root is of one
	odf   bool
	watch *officeWatch
	depth int
	tag   []byte // of the element, written anew
	part  string // the part of a package that is open
	kind  string // its content type
	data  *flatData
	err   error // of an element's end, which can't tell
}

// flatWord are the namespaces of those of them that Word takes in as a part of a document.
var flatWord = []string{
	"http://schemas.microsoft.com/office/2006/xmlPackage", "http://schemas.microsoft.com/office/word/2003/wordml",
	"http://schemas.microsoft.com/office/word/2003/2/wordml",
}

// flatRoots are the namespaces of roots, by how they begin.
var flatRoots = append([]string{
	"urn:schemas-microsoft-com:office:spreadsheet", "urn:schemas-microsoft-com:office:word", "urn:schemas-microsoft-com:office:excel",
	"http://schemas.openxmlformats.org/wordprocessingml/", "http://schemas.openxmlformats.org/spreadsheetml/",
	"http://schemas.openxmlformats.org/presentationml/", "http://purl.oclc.org/ooxml/",
}, flatWord...)

// maybeFlat tells whether a part that begins so may be a document that Word takes in: its first tag says so, or
// does not end here.
func maybeFlat(head []byte) bool {
	head = bytes.ReplaceAll(head, []byte{0}, nil)
	for {
		i := bytes.IndexByte(head, '<')
		if i < 0 || i+1 == len(head) {
			return len(head) > 0
		}
		head = head[i:]
		end := ">"
		if bytes.HasPrefix(head, []byte("<!--")) {
			end = "-->"
		}
		j := bytes.Index(head, []byte(end))
		if j < 0 {
			return true
		}
		if head[1] != '!' && head[1] != '?' {
			tag := unescapeXML(head[:j])
			return slices.ContainsFunc(flatWord, func(space string) bool { return strings.Contains(tag, space) })
		}
		head = head[j:]
	}
}

// odfSpace is what a namespace of OpenDocument is of ("script"), "" if it is none. LibreOffice takes those of
// any committee of OASIS for OpenDocument's.
func odfSpace(uri string) string {
	rest, ok := strings.CutPrefix(uri, "urn:oasis:names:tc:")
	_, rest, named := strings.Cut(rest, ":xmlns:")
	if !ok || !named {
		return ""
	}
	of, _, _ := strings.Cut(rest, ":")
	return of
}

// start looks at an element.
func (f *flatOffice) start(e xmlElement) error {
	if f.depth++; f.depth == 1 {
		for _, root := range flatRoots {
			f.on = f.on || strings.HasPrefix(e.space, root)
		}
		f.odf = odfSpace(e.space) != ""
		f.on = f.on || f.odf
		f.watch = newOfficeWatch(f.l)
	}
	if !f.on {
		return nil
	}
	if f.err != nil {
		return f.err
	}
	t, err := f.tagOf(e)
	if err == nil && f.odf {
		err = f.l.checkODFTag(t)
	} else if err == nil {
		err = f.element(e, t)
	}
	if err != nil {
		return err
	}
	if e.name == "binaryData" || e.name == "binData" || e.name == "binary-data" {
		name, _ := t.attr("name")
		f.data = &flatData{l: f.l, name: name, part: f.part, kind: f.kind, depth: f.depth}
	}
	if e.space == spaceExcel2003 && rules2003[e.name] {
		t.local = []byte("formula")
	}
	if f.watch.passes(t.local) {
		return nil
	}
	return f.watch.start(t)
}

// tagOf writes an element's attributes anew, as they stand in a tag.
func (f *flatOffice) tagOf(e xmlElement) (xmlTag, error) {
	f.tag = f.tag[:0]
	for _, a := range e.attrs {
		if name := local(a.name); a.cut && (flatJudged[name] || name == "value" && rulesODF[e.name]) {
			return xmlTag{}, f.l.objectTo(airlock.Uninspectable, "the attribute %.40q is longer than %d bytes", a.name, xmlValue)
		} else if a.cut { // a drawing, or a picture
			continue
		}
		f.tag = append(append(append(append(append(f.tag, ' '), a.name...), `="`...), html.EscapeString(a.value)...), '"')
	}
	name := []byte(e.name)
	return xmlTag{name: name, local: name, attrs: f.tag, known: spaceCalled(e.space)}, nil
}

// flatJudged are attributes that are judged by their values.
var flatJudged = wordSet("Type Target TargetMode contentType name instr fldCharType Formula RefersTo HRef dest href val link xslt language macro-name action formula expression condition dde-application dde-topic ddeService src resource xml-input althref image-data")

const spaceExcel2003 = "urn:schemas-microsoft-com:office:excel"

// rules2003 are elements of Excel 2003 whose text is a formula: of rules by which it colours cells, of checks
// of what is put in, of tables that are pivoted.
var rules2003 = wordSet("Value Value1 Value2 Min Max Formula")

// flatTargets are elements of Word 2003 that name what is opened with the document, and the attributes that
// do.
var flatTargets = map[string]string{
	"attachedTemplate": "val", "subDoc": "link", "sourceFileName": "val", "saveThroughXslt": "xslt", "OLEObject": "href",
}

// element looks at an element of Word, Excel or a package.
func (f *flatOffice) element(e xmlElement, t xmlTag) error {
	switch e.name {
	case "part":
		return f.opensPart(t)
	case "Relationship":
		return f.l.checkRelationship(t, false)
	case "ocx", "scriptAnchor":
		return f.l.active("it holds a control or a script (<%.40s>)", e.name)
	case "DDE", "Dde", "ddeLink", "DdeLink":
		return f.l.active("it starts another program (DDE)")
	}
	var err error
	if attr := flatTargets[e.name]; attr != "" {
		t.values(attr, func(target string) bool {
			if remote(target) {
				err = f.l.active("it fetches a template, a part or an object from %.80q", target)
			}
			return err == nil
		})
	}
	t.each(func(_, name, raw []byte) bool {
		switch string(name) {
		case "ocxPresent":
			if strings.EqualFold(plainText(raw, 16), "yes") {
				err = f.l.active("it holds an ActiveX control")
			}
		case "Formula", "RefersTo":
			err = f.watch.wholeFormula(raw)
		case "HRef", "dest", "href":
			if target := plainText(raw, mostValue); dangerousScheme(cutScheme(target)) {
				err = f.l.active("a link leads to %.80q", target)
			}
		}
		return err == nil
	})
	return err
}

// opensPart looks at what a part of a package is called, and says that it is.
func (f *flatOffice) opensPart(t xmlTag) (err error) {
	f.part, f.kind = "", ""
	t.values("contentType", func(kind string) bool {
		f.kind += strings.ToLower(kind) + "\n"
		return len(f.kind) < mostPartName
	})
	t.values("name", func(name string) bool {
		f.part = partName(name)
		if isActiveType(f.kind) || activeName(f.part) {
			err = f.l.active("%.80q is a macro or a control", name)
		} else if runsInDocument(f.part) {
			err = f.l.active("%.80q is a program or a script", name)
		}
		return err == nil
	})
	return err
}

func (f *flatOffice) text(piece []byte) error {
	switch {
	case !f.on:
		return nil
	case f.err != nil:
		return f.err
	case f.data != nil:
		return f.data.feed(piece)
	case f.watch.in != elsewhere:
		return f.watch.text([]byte(html.EscapeString(string(piece))))
	}
	return nil
}

// end follows the end of an element.
func (f *flatOffice) end() {
	if f.on && f.err == nil {
		if f.data != nil && f.data.depth == f.depth {
			f.err = f.data.done()
			f.data = nil
		}
		if err := f.watch.end(nil); f.err == nil {
			f.err = err
		}
	}
	f.depth--
}

// done tells what the last element's end brought.
func (f *flatOffice) done() error {
	if !f.on || f.err != nil {
		return f.err
	}
	return f.watch.done()
}

// flatData is a part, a picture or an object that is written in base64.
type flatData struct {
	l                *look
	name, part, kind string
	depth            int
	quad             []byte // less than four characters
	all              []byte // what it is, as far as it is looked at: held
	left             bool   // it is not
}

// mostFlatData is how much of one is looked into. Pictures are not.
const mostFlatData = 12 << 20

func (d *flatData) feed(piece []byte) error {
	if d.left {
		return nil
	}
	for _, c := range piece {
		if c > ' ' && c != '=' {
			d.quad = append(d.quad, c)
		}
		if len(d.quad) < 4096 {
			continue
		}
		if err := d.decode(); err != nil || d.left {
			return err
		}
	}
	return d.l.step()
}

func (d *flatData) decode() error {
	n := len(d.quad) / 4 * 4
	if need := len(d.all) + n; need > cap(d.all) {
		grown := max(2*need, 8192)
		if need > mostFlatData {
			return d.l.objectTo(airlock.Uninspectable, "%.80q is larger than the %d MiB that are looked into", d.part+d.name, mostFlatData>>20)
		}
		if err := d.l.hold(int64(grown)); err != nil {
			return err
		}
		d.l.release(int64(cap(d.all)))
		d.all = append(make([]byte, 0, grown), d.all...)
	}
	out, _ := base64.RawStdEncoding.AppendDecode(d.all, d.quad[:n])
	d.all = out
	d.quad = d.quad[:copy(d.quad, d.quad[n:])]
	if !d.ofInterest() {
		d.leave()
		d.left = true
	}
	return nil
}

func (d *flatData) leave() {
	d.l.release(int64(cap(d.all)))
	d.all = nil
}

// ofInterest tells what is looked into from pictures, sounds and fonts.
func (d *flatData) ofInterest() bool {
	switch magicType(d.all[:min(len(d.all), 512)]) {
	case "ole", "zip", "exe", "elf":
		return true
	}
	return beginsRTF(d.all) || beginsXML(d.all[:min(len(d.all), 512)]) || bytes.HasPrefix(d.all, []byte("ActiveMime")) || d.isPage()
}

func (d *flatData) isPage() bool {
	return isPageByExtension(d.part) || strings.Contains(d.kind, "html") || strings.Contains(d.kind, "rfc822")
}

// done looks into what was decoded.
func (d *flatData) done() error {
	if d.left {
		return nil
	}
	d.quad = append(d.quad, "AAA"[:(4-len(d.quad)%4)%4]...)
	if err := d.decode(); err != nil || d.left {
		return err
	}
	defer d.leave()
	what := strings.TrimSpace(d.part + " " + d.name)
	p := d.l.within(what)
	p.at, p.size, p.depth = bytes.NewReader(d.all), int64(len(d.all)), d.l.depth+1
	switch magic := magicType(d.all[:min(len(d.all), 512)]); {
	case magic == "exe" && looksLikeEXE(d.all), magic == "elf":
		return d.l.active("%.80q is a program", what)
	case bytes.HasPrefix(d.all, []byte("ActiveMime")):
		return d.l.active("it is a document with macros")
	case magic == "ole":
		return tolerant(p.apart(lookOLE))
	case magic == "zip":
		return tolerant(p.apart(lookPackage))
	case beginsRTF(d.all):
		return d.l.checkRTF(what, p.reader(0))
	case d.isPage():
		return d.l.checkChunk(what, p.reader(0))
	}
	return d.xml(p)
}

// xml looks at a part of XML, and at relationships.
func (d *flatData) xml(p *look) error {
	x := &xmlScan{look: p, empty: true}
	if strings.HasSuffix(d.part, ".rels") {
		x.start = func(t xmlTag) error { return x.checkRelationship(t, false) }
		return x.scan(p.reader(0))
	}
	if err := tolerant(p.apart(lookFlat)); err != nil {
		return err
	}
	err := x.scanTexts(p.reader(0))
	if o := finding(err); o != nil && (o.Reason == airlock.Malformed || o.Reason == airlock.Uninspectable) {
		return x.step()
	}
	return err
}

// lookFlat looks at a part that may be such a document by itself: Word takes them in, too. What is none is not
// looked at further.
func lookFlat(l *look) error {
	r := &flatPart{flat: flatOffice{l: l}}
	d, err := newXMLDoc(l, r)
	if err == nil {
		err = d.read()
	}
	if err == nil {
		err = r.flat.done()
	}
	if !r.flat.on {
		return l.step()
	}
	return err
}

// flatPart are the rules of a part of a document that may be a flat one.
type flatPart struct{ flat flatOffice }

func (r *flatPart) start(d *xmlDoc, e xmlElement) error {
	if len(d.open) == 1 && (strings.Contains(e.space, "openxmlformats.org/") || strings.Contains(e.space, "/ooxml/")) { // of a packed one
		return r.flat.l.objectTo(airlock.TypeMismatch, "it is a part of a document")
	}
	if err := r.flat.start(e); err != nil {
		return err
	}
	switch {
	case !r.flat.on:
		return r.flat.l.objectTo(airlock.TypeMismatch, "it is no document of an office")
	case r.flat.l.depth > deepestDocument:
		return r.flat.l.objectTo(airlock.Bomb, "it is a document in %d others", r.flat.l.depth)
	}
	return nil
}

func (r *flatPart) text(_ *xmlDoc, piece []byte) error { return r.flat.text(piece) }

func (r *flatPart) end(*xmlDoc) error {
	r.flat.end()
	return nil
}

func (r *flatPart) doctype(*xmlDoc, xmlDoctype) error               { return nil }
func (r *flatPart) instruction(*xmlDoc, string, string, bool) error { return nil }
func (r *flatPart) unknown(*xmlDoc, string) error                   { return nil }
