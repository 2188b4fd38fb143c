package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"airlock"
)

// inspectODF looks at a document of LibreOffice and others (OpenDocument 1.3 part 2): a zip archive
// whose first entry is its type.
func inspectODF(l *look) error {
	z, err := openZip(l, true)
	defer z.close()
	if err != nil || z == nil {
		return err
	}
	kind, err := odfType(z)
	if err != nil {
		return err
	}
	if what := z.roots.another(true); what != "" {
		return l.objectTo(airlock.TypeMismatch, "it is %s as well", what)
	}
	if kind != l.mediaType {
		return l.objectTo(airlock.TypeMismatch, "it calls itself %.100q", kind)
	}
	return checkODF(z, kind)
}

// odfType is what the document calls itself: in the entry for it, else in its manifest (3.3; the entry
// may be left out).
func odfType(z *zipArchive) (string, error) {
	if i := slices.Index(z.names, "mimetype"); i >= 0 {
		name, body, err := z.local(i)
		if err != nil {
			return "", err
		}
		r, err := z.open(&z.entries[i], name, body)
		if err != nil {
			return "", err
		}
		b, err := io.ReadAll(io.LimitReader(r, 256))
		if err != nil {
			return "", err
		}
		return strings.TrimSpace(string(b)), nil
	}
	i := slices.Index(z.names, odfManifest)
	if i < 0 {
		return "", z.objectTo(airlock.TypeMismatch, "it does not say which kind of document it is")
	}
	kind := ""
	x := &xmlScan{in: z.xmlIn(), look: z.within(odfManifest), mayBe: oldDoctype, start: func(t xmlTag) error {
		if p, _ := t.attr("full-path"); p == "/" && len(kind) < mostPartName {
			kind, _ = t.attr("media-type")
		}
		return nil
	}}
	return kind, z.scanEntry(i, x)
}

const odfManifest = "META-INF/manifest.xml"

// oldDoctype tells the document types that OpenOffice.org wrote, and LibreOffice still does in front of
// lists of macros: each names a file, and declares nothing.
func oldDoctype(b []byte) bool {
	return bytes.Contains(b, []byte(`"-//OpenOffice.org//DTD `)) && !bytes.ContainsAny(b, "[%") && !bytes.Contains(b, []byte("://"))
}

// checkODF looks at a document's manifest and all of its parts; kind is what it calls itself, "" if nobody asked.
func checkODF(z *zipArchive, kind string) error {
	i := slices.Index(z.names, odfManifest)
	if i < 0 {
		return z.objectTo(airlock.Malformed, "it has no manifest")
	}
	d := &odf{zipArchive: z, kind: kind}
	x := &xmlScan{in: z.xmlIn(), look: z.within(odfManifest), mayBe: oldDoctype, start: d.manifest}
	if err := z.scanEntry(i, x); err != nil {
		return err
	}
	if slices.Contains(z.names, "encrypted-package") { // LibreOffice since 24.2 packs all into one
		if err := d.locked.put(z.look, "encrypted-package", struct{}{}, 0); err != nil {
			return err
		}
	}
	locked := len(d.locked.all) > 0
	if locked {
		if err := z.encrypted("the document is locked with a password"); err != nil {
			return err
		}
	}
	if !slices.Contains(z.names, "content.xml") && !locked {
		return z.objectTo(airlock.Malformed, "its content is missing")
	}
	for i, name := range z.names {
		err := d.checkPart(i, name)
		if z.depth > 0 { // as in others, see checkParts
			err = tolerant(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type odf struct {
	*zipArchive
	kind   string                  // as it calls itself
	entry  string                  // the manifest's entry that was read last
	locked table[string, struct{}] // the names of parts that are
}

// manifest reads an entry of the manifest. Programs take the type of the whole from there, too.
func (d *odf) manifest(t xmlTag) (err error) {
	switch string(t.local) {
	case "file-entry":
		whole := false
		t.values("full-path", func(name string) bool {
			d.entry, whole = strings.TrimSuffix(name, "/"), whole || name == "/"
			return len(name) < mostPartName
		})
		if len(d.entry) >= mostPartName {
			return d.objectTo(airlock.Malformed, "its manifest names a part by more than %d bytes", mostPartName)
		}
		t.values("media-type", func(kind string) bool {
			if whole && kind != "" && d.kind != "" && strings.TrimSpace(kind) != d.kind {
				err = d.objectTo(airlock.TypeMismatch, "it calls itself %.100q, and %.100q in its manifest", d.kind, kind)
			}
			return err == nil
		})
	case "encryption-data": // 4.4
		err = d.locked.put(d.look, d.entry, struct{}{}, len(d.entry))
	}
	return err
}

// checkPart looks at one part. What is locked can't be looked at.
func (d *odf) checkPart(i int, name string) error {
	e := &d.entries[i]
	_, body, err := d.local(i)
	if err != nil {
		return err
	}
	if err := d.checkODFName(e, name); err != nil {
		return err
	}
	if wanted := d.full() || e.unpacked < 1<<20 && path.Ext(name) == ".xml"; wanted && e.flags&zipEncrypted == 0 {
		r, err := d.open(e, name, body)
		if err != nil {
			return err
		}
		if !d.locked.has(name) {
			if err := d.checkContent(name, r); err != nil {
				return err
			}
		}
		if err := r.drain(); err != nil {
			return err
		}
	}
	return d.behind(i, body+e.packed)
}

// checkODFName objects to macros by where they lie: in Basic a folder for each library, next to the
// lists that every document has; in Scripts a folder for each language.
func (d *odf) checkODFName(e *zipEntry, name string) error {
	if e.kind == zipFolder || e.unpacked == 0 {
		return nil
	}
	lower := strings.ToLower(strings.ReplaceAll(name, "\\", "/"))
	base := path.Base(lower)
	switch {
	case strings.HasPrefix(lower, "basic/") && base != "script-lc.xml" && base != "script-lb.xml",
		strings.HasPrefix(lower, "scripts/") && base != "parcel-descriptor.xml":
		return d.active("%.80q is a macro", name)
	case runsInDocument(base):
		return d.active("%.80q is a program or a script", name)
	}
	return nil
}

func (d *odf) checkContent(name string, r *zipReader) error {
	in := bufio.NewReaderSize(r, 4096)
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	o := &ooxml{zipArchive: d.zipArchive}
	switch magic := magicType(head); {
	case name == "content.xml":
	case magic == "exe" && looksLikeEXE(head), magic == "elf":
		return d.active("%.80q is a program", name)
	case magic == "ole":
		return o.embedded(name, in, lookOLE)
	case magic == "zip":
		return o.embedded(name, in, lookPackage)
	case len(head) == 0 || path.Ext(name) != ".xml" && path.Ext(name) != ".rdf":
		return nil
	}
	x := &xmlScan{in: d.xmlIn(), look: d.within(name), mayBe: oldDoctype}
	if name == "content.xml" {
		x.root = "document-content" // OpenDocument 1.3 part 3, 3.1.3.2
	}
	x.start = func(t xmlTag) error { return x.checkODFTag(t) }
	return x.scan(in)
}

// checkODFTag looks for what runs, or is fetched and runs: macros bound to events, applets, programs
// behind a click, other programs' data (OpenDocument 1.3 part 3, 10.3.19, 10.4.7, 12.1, 14.6). Attributes
// are judged whatever their prefix stands for.
func (l *look) checkODFTag(t xmlTag) error {
	switch string(t.local) {
	case "applet":
		return l.active("it holds an applet")
	case "dde-source", "dde-connection-decl":
		return l.checkODFSource(t)
	case "script":
		scripts := ""
		t.values("language", func(language string) bool {
			if language != "" && !strings.HasPrefix(language, "ooo:") { // names libraries only
				scripts = language
			}
			return scripts == ""
		})
		if scripts != "" {
			return l.active("it holds a script, %.40q", scripts)
		}
	case "source-code", "library-linked", "module", "execute-macro":
		return l.active("it holds a macro")
	}
	var err error
	t.each(func(_, local, raw []byte) bool {
		err = l.checkODFAttr(t, string(local), raw)
		return err == nil
	})
	return err
}

// checkODFSource takes data of LibreOffice's own documents, which it opens for that.
func (l *look) checkODFSource(t xmlTag) error {
	asked, others := false, ""
	t.values("dde-application", func(service string) bool {
		if asked = true; !strings.EqualFold(service, "soffice") {
			others = service
		}
		return others == ""
	})
	if !asked || others != "" {
		return l.active("it asks the program %.40q (DDE)", others)
	}
	var err error
	t.values("dde-topic", func(topic string) bool {
		if isAddress(topic) {
			err = l.active("it opens %.80q (DDE)", topic)
		}
		return err == nil
	})
	return err
}

// isAddress tells what lies elsewhere from the names and paths of documents on a disk.
func isAddress(target string) bool {
	scheme, _ := cutScheme(target)
	return scheme != "" || remote(target)
}

// checkODFAttr judges an attribute. Macros and actions count on any element: LibreOffice asks no listener
// of events for its name.
func (l *look) checkODFAttr(t xmlTag, name string, raw []byte) error {
	switch name {
	case "href", "image-data":
		target := plainText(raw, mostValue)
		switch {
		case fetchedODF[string(t.local)] && remote(target), updatedODF[string(t.local)] && remote(target) && !onShare(target):
			return l.active("it fetches an object, a text or a table from %.80q", target)
		case !askedODF[string(t.local)] && onShare(target):
			return l.active("it fetches a picture or a film from the share %.80q", target)
		}
		return l.checkODFLink(target, t)
	case "macro-name":
		if len(raw) > 0 {
			return l.active("an event in it starts the macro %.80q", raw)
		}
	case "action":
		if strings.TrimSpace(plainText(raw, 64)) == "execute" {
			return l.active("a click in it starts a program")
		}
	case "xml-input": // of a table of LibreOffice that is read from there
		if target := plainText(raw, mostValue); remote(target) {
			return l.active("it fetches a table from %.80q", target)
		}
	case "src", "resource":
		return l.checkInstance(t, plainText(raw, longestBeside+1))
	case "formula", "expression", "condition":
		return l.checkODFFormula(raw)
	case "value":
		if rulesODF[string(t.local)] {
			return l.checkODFFormula(raw)
		}
	}
	return nil
}

// checkInstance judges where the data of a form lie (XForms 1.1, 3.3.2): they are fetched on load. Those of
// the package and of the document itself are honest.
func (l *look) checkInstance(t xmlTag, target string) error {
	if string(t.local) == "instance" && !isBeside(target) {
		return l.active("it fetches the data of a form from %.80q", target)
	}
	return nil
}

// rulesODF are elements whose value is a formula: rules by which LibreOffice colours cells (calcext). In
// others it is a number or a text.
var rulesODF = wordSet("condition formatting-entry data-bar-entry color-scale-entry")

// checkODFFormula looks at a formula, behind the name of its language. An apostrophe in square brackets
// opens the name of a sheet or a file; where the language is Excel's, it takes the next letter for one. Both
// are looked at.
func (l *look) checkODFFormula(raw []byte) error {
	raw = behindLanguage(raw)
	err := l.scanODFFormula(raw, false)
	if err == nil && bytes.IndexByte(raw, '[') >= 0 && bytes.ContainsAny(raw, "'&") {
		err = l.scanODFFormula(raw, true)
	}
	return err
}

// behindLanguage cuts off what names the language ("of:="), and nothing else that ends in "=".
func behindLanguage(raw []byte) []byte {
	i := bytes.IndexByte(raw, '=')
	if i < 0 || bytes.ContainsFunc(raw[:i], func(r rune) bool { return r != ':' && r != ' ' && notOfScheme(r) }) {
		return raw
	}
	return raw[i+1:]
}

func (l *look) scanODFFormula(raw []byte, columns bool) error {
	s := formulaScan{strings: true, libre: true, columns: columns}
	s.begin('=')
	what := ""
	eachText(raw, func(text string) bool {
		what = s.feed([]byte(text))
		return what == ""
	})
	if what == "" {
		what = s.end()
	}
	if what == "" {
		return nil
	}
	return l.active("a formula in it runs or fetches something: %.60q", what)
}

// fetchedODF are elements whose target is opened with the document, updatedODF those where that is asked
// first, or is done where links are brought up to date by themselves. Those of a company's share are honest,
// as in workbooks of Excel. Pictures of the web are honest.
var (
	fetchedODF = wordSet("object object-ole floating-frame section-source auto-reload")
	updatedODF = wordSet("table-source cell-range-source")
)

// askedODF are elements whose target somebody clicks on, or is asked about first: data, the template. It may
// be on a share; that of others, pictures, films and sounds, may not.
var askedODF = wordSet(`a area-rectangle area-circle area-polygon event-listener table-source cell-range-source template form
	connection-resource database source`)

func (l *look) checkODFLink(target string, t xmlTag) error {
	scheme, rest := cutScheme(target)
	switch {
	case dangerousScheme(scheme, rest):
		return l.active("a link leads to %.80q", target)
	case scheme != "" && isEvent(t) && runsInDocument(rest):
		return l.active("a click in it starts %.80q", target)
	}
	return nil
}

// isEvent tells an element that binds something to an event, whatever it is called.
func isEvent(t xmlTag) bool {
	_, named := t.attr("event-name")
	return named || string(t.local) == "event-listener"
}

func lastOf(p string) string {
	_, ext := cutExtension(strings.ToLower(p))
	return ext
}
