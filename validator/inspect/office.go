package inspect

import (
	"bytes"
	"io"
	"maps"
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

// checkParts reads every part; where only headers are wanted, no large ones but documents. In a document within
// another, a part that is broken hides none behind it: programs open many such.
func (o *ooxml) checkParts() error {
	for i, name := range o.names {
		err := o.checkPart(i, partName(name))
		if o.depth > 0 {
			err = tolerant(err)
		}
		if err != nil {
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
	if runsInDocument(part) && e.kind != zipFolder {
		if err := o.active("%.80q is a program or a script", name); err != nil {
			return err
		}
	}
	wanted := o.full() || strings.HasSuffix(part, ".rels") || mayBeDocument(part, kind) || e.unpacked < 1<<20 && !mediaParts[lastOf(part)]
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

// mediaParts are extensions of pictures, sounds, films and fonts.
var mediaParts = wordSet(`png jpg jpeg jfif gif bmp tif tiff emf wmf emz wmz svg ico wdp hdp webp heic mp3 mp4 m4a m4v mov avi wmv wav mid
	odttf fntdata ttf otf glb`)

// mayBeDocument tells parts that may be a document by themselves: objects, and what Word takes in (altChunk).
func mayBeDocument(part, kind string) bool {
	return strings.Contains(part, "embeddings/") || chunkParts[lastOf(part)] || !strings.HasSuffix(kind, "+xml") &&
		(strings.Contains(kind, "document") || strings.Contains(kind, "ms-word") || strings.Contains(kind, "msword"))
}

// chunkParts are extensions of what Word takes in.
var chunkParts = wordSet("docx docm dotx dotm doc dot rtf odt mht mhtml htm html")

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
	for _, kinds := range []map[string]string{inner.overrides.all, inner.defaults.all} {
		for kind := range maps.Values(kinds) {
			macros = macros || strings.Contains(kind, "macroenabled")
		}
	}
	if macros {
		if err := p.active("it is a document with macros"); err != nil {
			return err
		}
	}
	return inner.checkParts()
}
