package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"airlock"
)

// The content types of the main parts of what is declared (ECMA-376 part 1, 11.3.10, 12.3.23,
// 13.3.6). Those with macros, templates and slide shows have others.
var ooxmlMains = map[string]string{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}

// ooxmlRoots are what those parts' roots are called.
var ooxmlRoots = map[string]string{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "workbook",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "presentation",
}

// inspectOffice looks at a document of Word, Excel or PowerPoint since 2007 (ECMA-376): a zip archive
// whose parts have content types and relationships.
func inspectOffice(l *look) error {
	head, err := l.upTo(0, 8)
	if err != nil {
		return err
	}
	if magicType(head) == "ole" {
		return sealedOffice(l)
	}
	z, err := openZip(l, true)
	defer z.close()
	if err != nil || z == nil {
		return err
	}
	o, err := openPackage(z)
	if err != nil {
		return err
	}
	if what := z.roots.another(false); what != "" {
		return l.objectTo(airlock.TypeMismatch, "it is %s as well", what)
	}
	if err := o.checkMain(ooxmlMains[l.mediaType]); err != nil {
		return err
	}
	return o.checkParts()
}

// another says what else the archive is, so that other programs would read it otherwise.
func (r zipRoots) another(odf bool) string {
	switch {
	case r.manifest, r.android:
		return "a program"
	case odf && r.contentTypes, !odf && r.mimetype:
		return "a document of another program"
	}
	return ""
}

// sealedOffice looks at an old compound file in the place of a new document: with a password, that is
// what Office writes (MS-OFFCRYPTO 2.3.1).
func sealedOffice(l *look) error {
	c, err := openOLE(l)
	if err != nil {
		return err
	}
	if c.find("EncryptedPackage") != nil {
		return l.encrypted("the document is locked with a password")
	}
	return l.objectTo(airlock.TypeMismatch, "it is a document of the old binary kind")
}

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
		if o.parts.has(part) && z.entries[i].kind != zipFolder {
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

// partName is how parts are compared: without regard to case (ECMA-376 part 2, 6.2.2.3), nor to how a
// letter is written in an address.
func partName(name string) string {
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, "\\", "/"), "/"))
}

// apart gives back what is kept while it looks.
func (l *look) apart(look func(*look) error) error {
	was := l.held
	defer func() { l.held = was }()
	return look(l)
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

// scanEntry reads entry i as XML.
func (z *zipArchive) scanEntry(i int, x *xmlScan) error {
	name, body, err := z.local(i)
	if err != nil {
		return err
	}
	if z.entries[i].flags&zipEncrypted != 0 {
		return nil
	}
	r, err := z.open(&z.entries[i], name, body)
	if err != nil {
		return err
	}
	if err := x.scan(r); err != nil {
		return err
	}
	return r.drain()
}

// checkMain finds the document's main part by its relationship and holds its content type against
// what was declared.
func (o *ooxml) checkMain(want string) error {
	i, ok := o.parts.all["_rels/.rels"]
	if !ok {
		return o.objectTo(airlock.Malformed, "it does not say which part is the document")
	}
	var mains []string // two at most
	x := &xmlScan{in: o.xmlIn(), look: o.within("_rels/.rels"), spaces: true}
	x.start = func(t xmlTag) error {
		target, err := x.mainTarget(t)
		if err == nil && target != "" && !slices.Contains(mains, target) && len(mains) < 2 {
			mains = append(mains, target)
		}
		return err
	}
	if err := o.scanEntry(i, x); err != nil {
		return err
	}
	if len(mains) != 1 {
		return o.objectTo(airlock.Malformed, "it does not name one part as the document")
	}
	if !o.parts.has(mains[0]) {
		return o.objectTo(airlock.Malformed, "the part that is to be the document, %.80q, is missing", mains[0])
	}
	o.main = mains[0]
	kind := o.typeOf(o.main)
	switch {
	case o.entries[o.parts.all[o.main]].unpacked == 0:
		return o.objectTo(airlock.Malformed, "the part that is to be the document, %.80q, is empty", o.main)
	case o.foreign || strings.Contains(kind, "macroenabled"):
		return o.active("it is a document with macros")
	case kind == want:
		return nil
	}
	return o.objectTo(airlock.TypeMismatch, "its main part is a %.100q", kind)
}

// mainTarget is the part that a relationship calls the document; "" if it is of another kind.
func (x *xmlScan) mainTarget(t xmlTag) (string, error) {
	own := t.space() == spaceRels || bytes.IndexByte(t.name, ':') < 0 && t.space() == spaceNone
	kind, _ := t.own("Type")
	if !own || string(t.local) != "Relationship" || relationship(kind) != "officedocument" { // transitional and strict
		return "", nil
	}
	target, _ := t.own("Target")
	if len(target) >= mostPartName {
		return "", x.objectTo(airlock.Malformed, "it names the document by more than %d bytes", mostPartName)
	}
	return partName(path.Clean("/" + strings.ReplaceAll(strings.TrimSpace(target), "\\", "/"))), nil
}

// activeTypes are in the content types of parts that run: macros, macro sheets, ActiveX controls
// (MS-OFFMACRO2 2.2, MS-OI29500).
var activeTypes = []string{"vbaproject", "vbadata", "activex", "macrosheet", "macroenabled", "excel.addin"}

// activeNames are what parts that run are called when nothing else says so.
func activeName(part string) bool {
	base := path.Base(part)
	return strings.HasPrefix(base, "vbaproject") || base == "vbadata.xml" || strings.Contains(part, "/activex/") || strings.Contains(part, "/macrosheets/")
}

// runsByName are extensions of files that no part of an honest document has.
var runsByName = wordSet("exe dll scr com pif bat cmd vbs vbe js jse wsf wsh hta cpl msi ps1 lnk jar sh app class swf chm sct reg php phtml phar jsp jspx asp aspx cgi")

// pageParts are extensions of what a browser or Word would run, if it lay alone.
var pageParts = wordSet("html htm xht xhtml mht mhtml hta rtf svg")

// checkParts reads every part; where only headers are wanted, those that say how parts belong together.
func (o *ooxml) checkParts() error {
	for i, name := range o.names {
		if err := o.checkPart(i, partName(name)); err != nil {
			return err
		}
	}
	return nil
}

func (o *ooxml) checkPart(i int, part string) error {
	e := &o.entries[i]
	name, body, err := o.local(i)
	if err != nil {
		return err
	}
	kind := o.typeOf(part)
	if e.unpacked > 0 && (o.activeType(part, kind) || activeName(part)) {
		if err := o.active("%.80q is a macro or a control", name); err != nil {
			return err
		}
	}
	if _, ext := cutExtension(path.Base(part)); runsByName[ext] && e.kind != zipFolder {
		if err := o.active("%.80q is a program or a script", name); err != nil {
			return err
		}
	}
	wanted := o.full() || strings.HasSuffix(part, ".rels") || strings.Contains(part, "embeddings/") || strings.HasSuffix(kind, "+xml") && e.unpacked < 1<<20
	if wanted && e.flags&zipEncrypted == 0 {
		r, err := o.open(e, name, body)
		if err != nil {
			return err
		}
		if err := o.checkContent(part, kind, r); err != nil {
			return err
		}
		if err := r.drain(); err != nil {
			return err
		}
	}
	return o.behind(i, body+e.packed)
}

// activeType tells whether a content type stands for something that runs. A default for "bin" is
// honest where such parts are printer settings.
func (o *ooxml) activeType(part, kind string) bool {
	if !o.overrides.has(part) && strings.HasSuffix(part, ".bin") {
		return false // by what it begins with
	}
	return isActiveType(kind)
}

func isActiveType(kind string) bool {
	return slices.ContainsFunc(activeTypes, func(a string) bool { return strings.Contains(kind, a) })
}

// checkContent reads a part as what it is: by what it begins with, then by its type, then by its name.
func (o *ooxml) checkContent(part, kind string, r *zipReader) error {
	in := bufio.NewReaderSize(r, 4096)
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	main := part == o.main || isMainType(kind)
	switch magic := magicType(head); {
	case magic == "exe" && looksLikeProgram(head), magic == "elf":
		return o.active("%.80q is a program", part)
	case magic == "ole":
		return o.embedded(part, in, lookOLE)
	case magic == "zip":
		return o.embedded(part, in, lookPackage)
	case len(head) == 0, bytes.HasPrefix(head, []byte(appleDouble)):
		return nil
	case strings.HasSuffix(part, ".rels"), strings.Contains(kind, "package.relationships"):
		return o.checkRels(part, in)
	case beginsRTF(head):
		return o.checkRTF(part, in)
	case !main && (pageParts[lastOf(part)] || strings.Contains(kind, "html") || strings.Contains(kind, "rfc822") || strings.Contains(kind, "rtf")):
		return o.checkPage(part, head, in)
	case !main && (strings.HasSuffix(part, ".vml") || strings.Contains(kind, "vmldrawing")):
		return o.tolerantScan(part, in) // Excel writes tags into it that are not closed
	case strings.HasSuffix(kind, "+xml"), strings.HasSuffix(kind, "/xml"), strings.HasSuffix(part, ".xml"):
		return o.scanPart(part, in)
	case beginsXML(head):
		return o.tolerantScan(part, in)
	}
	return nil
}

// isMainType tells the types of Office's own texts, which are read as such whatever the part is called.
func isMainType(kind string) bool {
	return strings.HasSuffix(kind, "+xml") && (strings.Contains(kind, "openxmlformats") || strings.Contains(kind, "vnd.ms-"))
}

func beginsXML(head []byte) bool {
	head = bytes.TrimLeft(bytes.ReplaceAll(head, []byte{0}, nil), "\xef\xbb\xbf\xff\xfe \t\r\n")
	return len(head) > 1 && head[0] == '<'
}

// tolerantScan looks at XML whose soundness is nobody's matter.
func (o *ooxml) tolerantScan(part string, r io.Reader) error {
	x := &xmlScan{in: o.xmlIn(), look: o.within(part), empty: true}
	err := x.scanTexts(r)
	if f := finding(err); f != nil && (f.Reason == airlock.Malformed || f.Reason == airlock.Uninspectable) {
		return x.step() // what stopped the whole is not passed
	}
	return err
}

// checkPage looks at a page both as what Word takes in, and as a text of Word's own.
func (o *ooxml) checkPage(part string, head []byte, in *bufio.Reader) error {
	if !beginsXML(head) {
		return o.checkChunk(part, in)
	}
	search := newWordSearch(o.look, part)
	if err := o.tolerantScan(part, io.TeeReader(in, search)); err != nil {
		return err
	}
	_, err := io.Copy(search, in)
	return err
}

// appleDouble is what a Mac that packs a document again puts beside each part: no XML, whatever it is
// called (RFC 1740, appendix B).
const appleDouble = "\x00\x05\x16\x07"

// looksLikeProgram tells a program of DOS or Windows from what happens to begin with MZ.
func looksLikeProgram(head []byte) bool {
	return len(head) >= 64 && (bytes.Contains(head, []byte("PE\x00\x00")) || bytes.Contains(head, []byte("DOS mode")) || bytes.Count(head[:64], []byte{0}) >= 16)
}

const deepestDocument = 3

// embedded looks into a document or an object that lies in a part.
func (o *ooxml) embedded(part string, r io.Reader, inspect func(*look) error) error {
	if o.depth >= deepestDocument {
		return o.objectTo(airlock.Bomb, "%.80q is a document in %d others", part, o.depth+1)
	}
	p, err := o.piece(part, r)
	if err != nil {
		return err
	}
	defer p.done()
	p.depth = o.depth + 1
	return tolerant(p.apart(inspect))
}

// tolerant lets pass that something inside is not sound: Office does not open it either.
func tolerant(err error) error {
	switch o := finding(err); {
	case o == nil, o.Reason == airlock.Malformed, o.Reason == airlock.TrailingData, o.Reason == airlock.TypeMismatch:
		return nil
	}
	return err
}

// lookPackage looks at a document inside a document: whatever its type, it must hold nothing that runs.
func lookPackage(p *look) error {
	z, err := openZip(p, true)
	defer z.close()
	if err != nil || z == nil {
		return err
	}
	if i := slices.Index(z.names, "META-INF/manifest.xml"); i >= 0 && !z.roots.contentTypes {
		return checkODF(z, "")
	}
	inner, err := openPackage(z)
	if err != nil {
		return err
	}
	macros := inner.foreign
	for kind := range maps.Values(inner.overrides.all) {
		macros = macros || strings.Contains(kind, "macroenabled")
	}
	if macros {
		if err := p.active("it is a document with macros"); err != nil {
			return err
		}
	}
	return inner.checkParts()
}
