package corpus

import (
	"strings"
)

// shareTricks are pictures, films and objects that lie on another computer's share: it is told who opens the
// document, and a hash of the password. Those of the web and of a disk are honest.
func shareTricks(runs, fine addOffice) {
	for name, target := range map[string]string{
		"":                     `\\example.org\s\a.png`,
		"-by-slashes":          `//example.org/s/a.png`,
		"-by-both":             `\/example.org\s\a.png`,
		"-by-a-scheme":         `file://example.org/s/a.png`,
		"-by-four-slashes":     `file:////example.org/s/a.png`,
		"-by-five-slashes":     `file://///example.org/s/a.png`,
		"-by-a-path":           `file:///\\example.org\s\a.png`,
		"-by-backslashes-only": `file:\\example.org\s\a.png`,
		"-by-capitals":         ` FILE://example.org/s/a.png`,
		"-by-percents":         `%5c%5Cexample.org\s\a.png`,
		"-of-the-kernel":       `\\?\UNC\example.org\s\a.png`,
		"-by-smb":              `smb://example.org/s/a.png`,
		"-with-a-port":         `\\example.org@8080\s\a.png`,
	} {
		runs("picture-on-a-share"+name, docxType, parts{"word/_rels/document.xml.rels": rels("image", target+"!")})
		runs("picture-on-a-share"+name, odtType, body(odtType, `<draw:image xlink:href="`+target+`"/>`))
	}
	shareParts(runs, fine)
	shareODF(runs, fine)
	shareRTF(runs, fine)
	sharePages(runs, fine)
}

// sharePages are pages and mails that Word takes in.
func sharePages(runs, fine addOffice) {
	page := func(inner string) parts { return chunk("a.html", "text/html", "<html><body>"+inner+"</body></html>") }
	runs("page-with-a-picture-on-a-share", docxType, page(`<img src="`+onShare+`">`))
	runs("page-with-a-picture-on-a-share-without-quotes", docxType, page(`<img src = file://example.org/s/a.png>`))
	runs("page-with-a-picture-on-a-share-by-references", docxType, page(`<IMG SRC='&#92;&#x5c;example.org/a.png'>`))
	runs("page-with-a-background-on-a-share", docxType, page(`<table background="\/example.org/a.png"></table>`))
	runs("page-with-a-style-on-a-share", docxType, page(`<p style="background:url('file:///\\example.org/a.png')">x</p>`))
	runs("mail-with-a-picture-on-a-share", docxType, chunk("a.mht", "message/rfc822", "MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<img src=3D=22\\=\n\\example.org\\a.png=22>"))
	fine("page-with-pictures", docxType, page(`<img src="//example.org/a.png"><img src="file:///C:/a.png"><img src='a_files\b.png'><img src=cid:1><a href="\\server\share">x</a><p style="background:url(https://example.org/a?b=&quot;c)">x</p>`))
}

const onShare = `\\example.org\s\a.png`

func shareParts(runs, fine addOffice) {
	for _, kind := range []string{"image", "video", "audio", "http://schemas.microsoft.com/office/2007/relationships/media", "http://schemas.microsoft.com/office/2007/relationships/hdphoto", "font", "http://example.org/unknown"} {
		runs("slide-with-a-share-as-"+kind[strings.LastIndex(kind, "/")+1:], pptxType, parts{"ppt/slides/_rels/slide1.xml.rels": rels(kind, onShare+"!")})
	}
	runs("drawing-with-a-picture-on-a-share", xlsxType, parts{"xl/drawings/drawing1.xml": "<a/>", "xl/drawings/_rels/drawing1.xml.rels": rels("image", "file://example.org/s/a.png!")})
	runs("picture-on-a-share-that-says-it-is-inside", docxType, relTag(`Id="a" Type="`+relsOf+`image" Target="`+onShare+`"`))
	runs("picture-on-a-share-that-is-inside-and-not", docxType, relTag(`Id="a" xmlns:z="urn:z" z:TargetMode="Internal" Type="`+relsOf+`image" Target="//example.org/a.png" TargetMode="External"`))
	runs("picture-on-a-share-called-a-link-too", docxType, relTag(`Id="a" xmlns:z="urn:z" z:Type="`+relsOf+`hyperlink" Type="`+relsOf+`image" Target="`+onShare+`" TargetMode="External"`))
	vml := func(tag string) parts {
		return inText(`<w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><v:shape>` + tag + `</v:shape></w:pict></w:r>`)
	}
	runs("vml-with-a-picture-on-a-share", docxType, vml(`<v:imagedata src="`+onShare+`"/>`))
	runs("vml-with-the-source-of-a-picture-on-a-share", docxType, vml(`<v:imagedata o:href="file://example.org/s/a.png"/>`))
	runs("vml-filled-from-a-share", docxType, vml(`<v:fill type="frame" src="//example.org/s/a.png"/>`))
	runs("vml-stroked-from-a-share", docxType, vml(`<v:stroke src="`+onShare+`"/>`))
	runs("comment-filled-from-a-share", xlsxType, parts{"xl/drawings/vmlDrawing1.vml": `<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:fill src="` + onShare + `"><br></v:shape></xml>`})
	runs("picture-over-smb-by-a-field", docxType, inText(code(`INCLUDEPICTURE "smb://example.org/s/a.png" \d`)))

	for name, target := range map[string]string{"a-disk": `file:///C:\Users\a\b.png`, "a-drive": `C:\b.png`, "a-neighbour": `../media/b.png`, "the-web": `https://example.org//a//b.png`, "a-mac": `file:////Users/a/b.png`, "linux": `file:///home/a/b.png`, "a-server-of-its-own": `file://localhost/C:/b.png`} {
		fine("picture-of-"+name, docxType, parts{"word/_rels/document.xml.rels": rels("image", target+"!")})
	}
	fine("link-to-a-share", docxType, parts{"word/_rels/document.xml.rels": rels("hyperlink", `file:///\\server\share\a.pdf!`)})
	fine("letters-of-a-list-on-a-share", docxType, parts{"word/_rels/settings.xml.rels": rels("mailMergeSource", `file:///\\server\share\a.xlsx!`)})
	fine("workbook-that-is-missing-on-a-share", xlsxType, parts{"xl/externalLinks/_rels/externalLink1.xml.rels": rels("http://schemas.microsoft.com/office/2006/relationships/xlExternalLinkPath/xlPathMissing", `//server/share/a.xlsx!`)})
	fine("picture-whose-name-begins-with-two-slashes", pptxType, parts{"ppt/slides/_rels/slide1.xml.rels": rels("image", `//ppt/media/a.png`), "ppt/media/a.png": "\x89PNG"})
	fine("vml-with-a-title-on-a-share", docxType, vml(`<v:imagedata r:id="rId3" xmlns:r="urn:r" o:title="`+onShare+`"/><v:fill color2="#fff" src="https://example.org/a.png"/><o:lock/>`))
}

func shareODF(runs, fine addOffice) {
	for name, inner := range map[string]string{
		"area-filled":         `<draw:fill-image xlink:href="` + onShare + `"/>`,
		"background":          `<style:background-image xmlns:style="urn:s" xlink:href="file://example.org/s/a.png"/>`,
		"bullet":              `<text:list-level-style-image xlink:href="//example.org/s/a.png"/>`,
		"button":              `<form:button xmlns:form="urn:f" form:image-data="` + onShare + `"/>`,
		"film":                `<draw:plugin xlink:href="smb://example.org/s/a.mp4"/>`,
		"sound":               `<presentation:sound xmlns:presentation="urn:p" xlink:href="` + onShare + `"/>`,
		"sound-of-animations": `<anim:audio xmlns:anim="urn:a" xlink:href="` + onShare + `"/>`,
		"section":             `<text:section-source xlink:href="` + onShare + `"/>`,
		"object":              `<draw:object xlink:href="//example.org/s/a.ods"/>`,
		"symbol-of-a-chart":   `<chart:symbol-image xmlns:chart="urn:c" xlink:href="` + onShare + `"/>`,
	} {
		runs(name+"-from-a-share", odpType, body(odpType, inner))
	}
	runs("style-with-a-picture-on-a-share", odtType, parts{"styles.xml": strings.Replace(odfParts(odtType, "")["styles.xml"], "/>", ` xmlns:draw="urn:d" xmlns:xlink="http://www.w3.org/1999/xlink"><draw:fill-image xlink:href="`+onShare+`"/></office:document-styles>`, 1)})

	fine("link-to-a-share", odtType, body(odtType, `<text:a xlink:href="file://server/share/a.pdf">x</text:a><draw:a xlink:href="//server/a"><draw:image xlink:href="Pictures/1.png"/></draw:a>`))
	fine("sheet-of-a-share", odsType, body(odsType, `<table:table-source xmlns:table="urn:t" xlink:href="file://server/share/a.ods" table:table-name="A"/>`))
	fine("template-of-a-share", odtType, parts{"meta.xml": `<office:document-meta xmlns:office="o" xmlns:meta="m" xmlns:xlink="x"><office:meta><meta:template xlink:href="file://server/share/a.ott"/></office:meta></office:document-meta>`})
	fine("pictures-of-a-disk-and-of-the-web", odtType, body(odtType, `<draw:image xlink:href="file:///C:/a.png"/><draw:image xlink:href="../a.png"/><draw:image xlink:href="/home/a/b.png"/><draw:fill-image xlink:href="http://example.org/a.png"/>`))
}

func shareRTF(runs, fine addOffice) {
	property := func(name, value string) string { return `{\sp{\sn ` + name + `}{\sv ` + value + `}}` }
	named := property("pibName", `\\\\example.org\\s\\a.png`)
	shape := func(inner string) parts { return rtf(`{\shp{\*\shpinst\shpleft0` + inner + `}}`) }
	runs("rtf-with-a-shape-linked-to-a-share", docxType, shape(named+property("pibFlags", "10")))
	runs("rtf-with-a-shape-linked-to-a-share-the-other-way-round", docxType, shape(property("pibFlags", "14")+`{`+named+`}`))
	runs("rtf-with-a-fill-linked-to-a-share", docxType, shape(property("fillBlipName", `{\b file:}//example.org/\'61.png`)+property("fillBlipFlags", "8")))
	runs("rtf-with-a-picture-linked-to-a-share", docxType, rtf(`{\pict{\*\picprop`+named+property("pibFlags", "10")+`}\pngblip 89504e47}`))
	fine("rtf-with-a-picture-that-came-from-a-share", docxType, shape(named+property("pibFlags", "2")+property("wzDescription", `\\\\example.org\\s`)))
	fine("rtf-with-a-shape-linked-to-the-web", docxType, rtf(`{\shp{\*\shpinst`+named+`}}{\shp{\*\shpinst`+property("pibName", "https://example.org/a.png")+property("pibFlags", "10")+`}}`))
}
