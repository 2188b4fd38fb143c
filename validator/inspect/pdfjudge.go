package inspect

import (
	"bytes"

	"airlock"
)

// pdfActive are names that stand for something that runs, wherever they are a key or a value: a
// script, a player of Flash, a document that opens another inside, a form that brings its own
// language (XFA), and what a 3D model runs when it is shown.
var pdfActive = map[string]string{
	"JavaScript": "a script", "JS": "a script", "RichMedia": "rich media", "RichMediaExecute": "rich media",
	"RichMediaContent": "rich media", "GoToE": "an action that opens an embedded file",
	"ImportData": "an action that imports data", "OnInstantiate": "a script of a 3D model",
	"Launch": "an action that starts a program", "XFA": "a form with scripts of its own",
}

// pdfPending is one of these names that may be harmless where it stands, which its value tells, and
// that all readers see the object as we do.
type pdfPending struct {
	at       int64
	name     string
	harmless bool
}

// pdfMostPending is how many of them one object has: the page of a text about scripts has none, since its
// texts are strings.
const pdfMostPending = 64

func (p *pdfParser) runs(name string) error {
	return p.l.active("it holds %s (%s)", pdfActive[name], name)
}

// judge looks at a string, or at a name that may be one of these, which lies in f.
func (p *pdfParser) judge(f *pdfFrame, t pdfToken) error {
	if t == pdfString {
		return p.judgeString(f)
	}
	if name := pdfSpells(p.value); name != "" && len(name) == len(p.value) {
		return p.judgeName(f, name)
	}
	switch { // PDFium takes a name for a string
	case f == nil:
		return p.d.bare(p)
	case !f.array && f.key == pdfBaseKey && mayLeadAsBase(p.value):
		return p.l.active("its links begin at what is no web site: %.80q", p.value)
	case !f.array && (f.key == pdfLinkKey || f.key == pdfBaseKey):
		return p.judgeLink()
	}
	return nil
}

// judgeLink looks at an address.
func (p *pdfParser) judgeLink() error {
	text := readPDFText(p.value)
	if what := text.leads(p.cut); what != "" {
		return p.l.active("a link leads to %s: %.80q", what, text.shown)
	}
	return nil
}

// judgeName objects to a name that stands for what runs. Harmless are: a key JS or a tree of scripts
// that holds none, a form's XFA that is null, and Launch, JS and XFA as values that mean something else.
func (p *pdfParser) judgeName(f *pdfFrame, name string) error {
	isKey := f != nil && !f.array && f.key == pdfNoKey
	harmless := false
	switch name {
	case "JS", "XFA":
		harmless = f != nil && !isKey
	case "Launch":
		harmless = f != nil && (f.array || f.key != pdfActionKey) && p.last != pdfActionKey
	}
	maybe := isKey && (name == "JS" || name == "XFA" || name == "JavaScript")
	if !harmless && !maybe || len(p.pending) == pdfMostPending {
		return p.runs(name)
	}
	p.pending = append(p.pending, pdfPending{p.from, name, harmless})
	if isKey {
		f.asked = len(p.pending) - 1
	}
	return nil
}

// settle objects to names that turned out not to be harmless.
func (p *pdfParser) settle() error {
	for _, n := range p.pending {
		if !n.harmless || !p.clean {
			return p.runs(n.name)
		}
		p.names.pardon(n.at, n.at+1)
	}
	return nil
}

// judgeValue looks at the value of a key that may be harmless. A number may be of a reference.
func (p *pdfParser) judgeValue(f *pdfFrame, t pdfToken) error {
	switch f.key {
	case pdfJSKey:
		if t == pdfString && len(p.value) > 0 {
			return p.runs("JS")
		}
		p.pending[f.asked].harmless = true
	case pdfJavaScriptKey, pdfXFAKey:
		if t == pdfWord && string(p.value) == "null" {
			p.pending[f.asked].harmless = true
		}
	}
	return nil
}

// judgeContainer does so where the value is f.
func (p *pdfParser) judgeContainer(into, f *pdfFrame, whole bool) error {
	if file := f.dict.file; file != nil && file.web {
		if f.of == pdfRefKey {
			return p.l.active("it takes a page from another computer: %.80q", file.shown)
		}
		if f.of == pdfFileKey {
			into.dict.takes(*file)
		}
	}
	switch into.key {
	case pdfJSKey:
		p.pending[into.asked].harmless = true
	case pdfJavaScriptKey, pdfXFAKey: // an empty tree, an empty array
		p.pending[into.asked].harmless = whole && !f.dict.filled && f.array == (into.key == pdfXFAKey)
	}
	return nil
}

// judgeReference does so where the value is object n. Fonts, states of a button and other resources are
// called as they like.
func (p *pdfParser) judgeReference(f *pdfFrame, key pdfKey, n int64) error {
	switch key {
	case pdfJSKey:
		p.pending[f.asked].harmless = (f.of == pdfResourceKey || f.of == pdfNKey) && !f.dict.names.has(pdfActionKey)
	case pdfJavaScriptKey:
		p.pending[f.asked].harmless = true
		return p.d.mustBeEmpty(n)
	}
	return nil
}

// pointsTo keeps that object n is a file or an address.
func (p *pdfParser) pointsTo(f *pdfFrame, key pdfKey, n int64) error {
	switch key {
	case pdfFileKey:
		if len(f.dict.refs) == 2*pdfFilters {
			return p.l.objectTo(airlock.Uninspectable, "it names a file in more than %d ways", len(f.dict.refs))
		}
		f.dict.refs = append(f.dict.refs, n)
	case pdfLinkKey:
		return p.d.points(n, pdfAsLink)
	case pdfBaseKey:
		return p.d.points(n, pdfAsLink|pdfAsBase)
	case pdfRefKey:
		return p.d.points(n, pdfAsData)
	case pdfActionKey:
		return p.d.points(n, pdfAsAction)
	case pdfMatrixKey:
		return p.d.points(n, pdfAsMatrix)
	}
	return nil
}

// judgeString looks at a string that is a file's name or an address, by the key that readers take it for
// or by the name right before it.
func (p *pdfParser) judgeString(f *pdfFrame) error {
	of := pdfNoKey
	if p.numbers == 0 {
		of = p.last
	}
	switch {
	case f == nil:
		return p.d.bare(p)
	case f.array && f.of == pdfMatrixKey: // pdf.js made programs of it (CVE-2024-4367)
		return p.l.active("the matrix of a font holds a string: %.80q", p.value)
	case f.array && len(p.stack) == 1 && p.numbers > 0:
		return p.d.candidate(p.d.objectAt, pdfText{shown: firstBytes(string(p.value), 20)}, pdfAsMatrix)
	}
	if of != pdfFileKey && of != pdfLinkKey && of != pdfActionKey && of != pdfBaseKey && !f.array {
		of = f.key
	}
	switch of {
	case pdfActionKey: // PDFium takes a string for a name
		if name := pdfSpells(p.value); name != "" && len(name) == len(p.value) {
			return p.runs(name)
		}
	case pdfFileKey:
		text := readPDFText(p.value)
		text.long = p.cut
		f.dict.takes(text)
	case pdfBaseKey:
		if !f.array && !isWebBase(p.value) {
			return p.l.active("its links begin at what is no web site: %.80q", p.value)
		}
		return p.judgeLink()
	case pdfLinkKey:
		return p.judgeLink()
	}
	return nil
}

// judgeDict objects to a dictionary that leads to another computer, or carries a program.
func (p *pdfParser) judgeDict(f *pdfFrame) error {
	d := &f.dict
	if d.file != nil {
		if err := p.judgeFile(f, d.file); err != nil {
			return err
		}
	}
	if (f.of == pdfResourceKey || f.of == pdfNKey) && d.keys.has(pdfJSKey) && d.names.has(pdfActionKey) { // whichever comes first
		return p.runs("JS")
	}
	if d.file != nil && d.file.web && len(p.stack) == 0 { // what a stream or Ref fetches by an object
		if err := p.d.candidate(p.d.objectAt, *d.file, pdfAsData); err != nil {
			return err
		}
	}
	if len(d.refs) == 0 {
		return nil
	}
	use := pdfAsFile
	if f.of == pdfRefKey {
		use |= pdfAsData
	}
	if d.names.has(pdfEFKey) {
		use |= pdfAsName
	}
	if err := p.d.wanted(d.refs); err != nil { // EF may be an object of its own
		return err
	}
	for _, n := range d.refs {
		if err := p.d.points(n, use); err != nil {
			return err
		}
	}
	return nil
}

// judgeFile does so for the names of files that it has.
func (p *pdfParser) judgeFile(f *pdfFrame, file *pdfText) error {
	if file.long {
		return p.l.objectTo(airlock.Uninspectable, "the name of a file has more than %d bytes", pdfValueBytes)
	}
	if what := file.leads(false); what != "" && !p.isNoTarget(f) {
		return p.l.active("it leads to %s: %.80q", what, file.shown)
	}
	if !f.dict.names.has(pdfEFKey) {
		return nil
	}
	if file.program != "" {
		return p.l.active("it holds a program: %.80q", file.shown)
	}
	if file.unseen != "" {
		p.d.nameless(*file)
	}
	return nil
}

// isNoTarget tells whether the file that f names is not fetched: an attachment, which is in the document,
// unless an action names it, or a large picture at the print shop's (OPI).
func (p *pdfParser) isNoTarget(f *pdfFrame) bool {
	switch d := &f.dict; {
	case d.names.has(pdfActionKey):
		return false
	case d.keys.has(pdfEFKey):
		if len(p.stack) == 0 {
			return p.d.candidate(p.d.objectAt, *d.file, pdfAsFile|pdfAsData) == nil
		}
		return f.of != pdfFileKey
	default:
		return d.kind == "OPI" || f.of == pdfOPIKey
	}
}

// opensAsScript is what a script or a page with one begins with, in UTF-16 too.
func opensAsScript(head []byte) string {
	if bytes.IndexByte(head, 0) >= 0 {
		head = bytes.TrimPrefix(bytes.TrimPrefix(head, []byte("\xff\xfe")), []byte("\xfe\xff"))
		head = bytes.ReplaceAll(head, []byte{0}, nil)
	}
	if script := beginsAsScript(head); script != "" {
		return script
	}
	if bytes.Contains(bytes.ToLower(head), []byte("<script")) {
		return "<script"
	}
	return ""
}
