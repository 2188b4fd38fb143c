package corpus

import (
	"strings"

	"airlock"
)

// documentChunks are documents that Word takes into another (altChunk): each is what it is alone, whatever its part
// and its type are called.
func documentChunks() []Case {
	const macroMain = "application/vnd.ms-word.document.macroEnabled.main+xml"
	var cases []Case
	add := func(want airlock.Reason, name string, change parts) {
		cases = append(cases, officeCase(name, docxType, want, change), with(officeCase(name+"-header-only", docxType, want, change), headerOnly))
	}
	runs := func(name, part, kind, data string) { add(airlock.ActiveContent, name, chunk(part, kind, data)) }
	macros := string(docmOf())
	runs("chunk-with-macros", "a.docm", docxMain, macros)
	runs("chunk-with-macros-as-a-document", "a.docx", docxType, macros)
	runs("chunk-with-macros-as-a-text", "a.txt", "text/plain", macros)
	runs("chunk-with-macros-as-xml", "a.xml", "application/xml", macros)
	runs("chunk-with-macros-as-bytes", "a.dat", "application/octet-stream", macros)
	runs("chunk-with-macros-as-a-page", "a.html", "text/html", macros)
	runs("chunk-with-macros-without-a-type", "a.x", "", macros)
	runs("chunk-of-the-type-of-macros", "a.docx", docxType, string(docxOf(parts{"[Content_Types].xml": typesWith("word/document.xml", macroMain, "")})))
	runs("chunk-of-the-type-of-macros-by-default", "a.docx", docxType, string(docxOf(parts{"[Content_Types].xml": xmlV1 + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="` + macroMain + `"/></Types>`})))
	runs("chunk-with-macros-behind-a-broken-part", "a.docx", docxType, string(docxOf(parts{"customXml/item1.xml": "<a><b></a>", "word/vbaProject.bin": vbaBin()})))
	runs("chunk-with-dde-behind-a-broken-part", "a.docx", docxType, string(docxOf(parts{"customXml/item1.xml": "<a><b></a>", "word/document.xml": field("DDE cmd")})))
	runs("chunk-with-a-template", "a.docx", docxType, string(docxOf(relTag(`Id="a" Type="`+relsOf+`attachedTemplate" Target="https://example.org/a.dotm" TargetMode="External"`))))
	runs("chunk-in-a-chunk-with-macros", "a.docx", docxType, string(docxOf(chunk("b.docx", docxType, macros))))
	runs("chunk-with-macros-of-old", "a.doc", "application/msword", string(oleOf{streams: wordParts(macrosOfOld()...)}.make()))
	runs("chunk-of-opendocument-with-macros", "a.odt", odtType, string(pack(odfParts(odtType, ""), parts{"Basic/Standard/Module1.xml": `<script:module xmlns:script="x">Sub Main</script:module>`})))
	flat := flatPackage(flatPart("/word/vbaProject.bin", "application/vnd.ms-office.vbaProject", vbaBin()))
	runs("chunk-of-one-file-with-macros", "a.xml", "application/xml", flat)
	runs("chunk-of-one-file-with-macros-by-its-type", "a.xml", "application/xml", strings.Replace(flatPackage(), docxMain, macroMain, 1))
	runs("chunk-of-one-file-with-macros-as-a-text", "a.txt", "text/plain", flat)
	runs("chunk-of-one-file-with-a-template", "a.xml", "application/xml", flatPackage(flatPart("/word/_rels/settings.xml.rels", "application/vnd.openxmlformats-package.relationships+xml", rels("attachedTemplate", "https://example.org/a.dotm!")[len(xmlV1):])))
	runs("chunk-of-word-2003-with-a-template", "a.xml", "application/xml", flatWord(`<w:docPr><w:attachedTemplate w:val="http://example.org/a.dot"/></w:docPr>`))

	runs("chunk-of-one-file-in-one-file", "a.xml", "application/xml", flatPackage(flatPart("/word/a.xml", "application/xml", "\xef\xbb\xbf"+flat)))

	add("", "chunk-of-a-document", chunk("a.docx", docxType, string(docxOf(nil))))
	add("", "chunk-of-a-document-by-its-main-type", chunk("afchunk1.docx", docxMain, string(docxOf(nil))))
	add("", "chunk-of-a-document-with-a-picture", chunk("a.docx", docxType, string(docxOf(parts{"word/media/image1.png": "\x89PNG", "word/_rels/document.xml.rels": rels("image", "media/image1.png", "image", "https://example.org/a.png!")}))))
	add("", "chunk-of-a-document-with-a-broken-part", chunk("a.docx", docxType, string(docxOf(parts{"customXml/item1.xml": "<a><b></a>"}))))
	add("", "chunk-of-one-file", chunk("a.xml", "application/xml", flatPackage()))
	add("", "chunk-of-a-page-of-xml", chunk("a.xhtml", "application/xhtml+xml", `<html xmlns="http://www.w3.org/1999/xhtml"><body onload=""><p>vbaProject</p><img src="a.png"/></body></html>`))
	add("", "chunk-of-a-text", chunk("a.txt", "text/plain", "PK is no archive"))
	add("", "data-of-its-own-about-packages", parts{"customXml/item1.xml": `<x xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"><pkg:part pkg:name="/a"/></x>`})
	return cases
}

func macrosOfOld() []olePart { return macros("Macros/") }
