package corpus

import (
	"strings"

	"airlock"
)

const xmlType = "application/xml"

func xmlCases() []Case {
	cases := append(moreHonestXML(), xmlTricks()...)
	add := func(name string, want airlock.Reason, s string) {
		cases = append(cases, Case{Name: "xml-" + name + ".xml", Type: xmlType, Want: want, Make: literally(s)})
	}
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	add("of-an-order", "", head+`<order id="1"><item n="2">pen &amp; paper &#8364;</item></order>`+"\n")
	add("without-declaration", "", `<order><item/></order>`)
	add("with-a-comment-first", "", "<!-- a licence, -- and more -->\n<project><name>x</name></project>")
	add("that-begins-with-an-element-of-html", "", `<table><row>1</row></table>`)
	add("with-mark", "", "\xef\xbb\xbf"+head+"<a/>")
	add("in-utf16", "", string(inUTF16(`<?xml version="1.0" encoding="utf-16"?><a>ü€𝄞</a>`)))
	add("that-says-utf16-and-is-not", "", `<?xml version="1.0" encoding="utf-16"?><a>text</a>`)
	add("in-windows-1252", "", `<?xml version="1.0" encoding="Windows-1252"?><a>Gr`+"\xfc\xdf\x80"+`e</a>`)
	add("in-shift-jis", "", `<?xml version="1.0" encoding="Shift_JIS"?><a>`+"\x83\x5c\x83\x7c"+`</a>`)
	add("of-a-property-list", "", head+`<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"><plist version="1.0"><dict/></plist>`)
	add("of-docbook", "", head+`<!DOCTYPE article PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "http://www.oasis-open.org/docbook/xml/4.5/docbookx.dtd"><article><para>a&mdash;b</para></article>`)
	add("with-a-document-type-beside", "", head+`<!DOCTYPE log4j:configuration SYSTEM "log4j.dtd"><log4j:configuration xmlns:log4j="http://jakarta.apache.org/log4j/"/>`)
	add("with-a-bare-document-type", "", head+`<!DOCTYPE note><note/>`)
	add("with-elements-declared", "", head+`<!DOCTYPE note [<!ELEMENT note (#PCDATA)><!ATTLIST note day CDATA #REQUIRED>]><note day="1">x</note>`)
	add("of-a-feed-with-html", "", head+`<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://example.com/"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x <a href="https://example.com/">y</a><img src="https://example.com/a.png"/></p></div></content></feed>`)
	add("of-a-feed-with-escaped-html", "", head+`<rss version="2.0"><channel><description><![CDATA[<script>alert(1)</script> ]] ]]></description><item>&lt;script&gt;</item></channel></rss>`)
	add("of-rss-with-colours", "", head+`<?xml-stylesheet href="/styles/rss.css" type="text/css" media="screen"?><rss version="2.0"/>`)
	add("of-a-route", "", head+`<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><wpt lat="1" lon="2"/></gpx>`)
	add("of-office-with-its-instruction", "", head+`<?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>`)
	add("with-scripts-of-languages", "", head+`<languages><script code="Latn">Latin</script><on on="1"/></languages>`)
	add("with-a-prefix-that-stands-for-nothing", "", head+`<a:b>x</a:b>`)
	add("with-an-included-chapter", "", head+`<book xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="chapter1.xml"/></book>`)
	add("with-a-drawing-inside", "", head+`<report><svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg></report>`)

	link := func(attributes string) string {
		return head + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"><url><loc>https://example.com/</loc><xhtml:link ` + attributes + `/></url></urlset>`
	}
	add("of-a-site-in-languages", "", link(`rel="alternate" hreflang="de" href="https://example.com/de/"`))
	add("of-a-project-of-qgis", "", `<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version="3.34.1"><title>x</title></qgis>`)
	add("of-a-site-with-styles", airlock.ActiveContent, link(`rel="alternate StyleSheet" href="https://example.com/a.css"`))
	add("of-a-site-that-loads-ahead", airlock.ActiveContent, link(`rel="preload" as="image" href="https://example.com/a.png"`))
	add("of-a-site-with-a-link-of-no-kind", airlock.ActiveContent, link(`href="https://example.com/"`))
	add("of-a-site-with-two-kinds-of-link", airlock.ActiveContent, link(`x:rel="alternate" xmlns:x="urn:x" rel="icon" href="https://example.com/a.ico"`))

	add("with-an-entity-of-the-servers-files", airlock.ActiveContent, head+`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>`)
	add("with-laughs", airlock.ActiveContent, head+`<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>`)
	add("with-entities", airlock.ActiveContent, head+`<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`)
	add("with-parameter-entities", airlock.ActiveContent, head+`<!DOCTYPE a [<!ENTITY % p SYSTEM "http://192.0.2.1/x.dtd"> %p;]><a/>`)
	add("with-a-document-type-elsewhere", airlock.ActiveContent, head+`<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><a/>`)
	add("with-a-public-type-elsewhere", airlock.ActiveContent, head+`<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://192.0.2.1/PropertyList-1.0.dtd"><plist/>`)
	add("with-a-document-type-of-the-server", airlock.ActiveContent, head+`<!DOCTYPE a SYSTEM "/etc/a.dtd"><a/>`)
	add("with-script-added-by-its-type", airlock.ActiveContent, head+`<!DOCTYPE a [<!ATTLIST a xmlns CDATA "http://www.w3.org/1999/xhtml">]><a><script>1</script></a>`)
	add("in-utf16-with-entities", airlock.ActiveContent, string(inUTF16(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>`)))
	add("with-a-style-sheet-that-runs", airlock.ActiveContent, head+`<?xml-stylesheet type="text/xsl" href="https://example.com/a.xsl"?><a/>`)
	add("with-a-style-sheet-of-two-types", airlock.ActiveContent, head+`<?xml-stylesheet alternate="no" type="text/xsl" title="type='text/css'" href="a"?><a/>`)
	add("with-php", airlock.ActiveContent, head+`<a><?php echo 1; ?></a>`)
	add("that-is-a-style-sheet", airlock.ActiveContent, head+`<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>`)
	add("with-xhtml-script", airlock.ActiveContent, head+`<a><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script></a>`)
	add("with-an-xhtml-handler", airlock.ActiveContent, head+`<a><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/></a>`)
	add("with-an-xhtml-link-that-runs", airlock.ActiveContent, head+`<a><a xmlns="http://www.w3.org/1999/xhtml" href="java&#10;script:1"/></a>`)
	add("with-svg-script", airlock.ActiveContent, head+`<a><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg></a>`)
	add("with-an-included-file-of-the-server", airlock.ActiveContent, head+`<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/hostname" parse="text"/></a>`)
	add("with-an-included-file-above", airlock.ActiveContent, head+`<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="../../a" parse="text"/></a>`)
	add("of-word-with-macros", airlock.ActiveContent, head+`<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" w:macrosPresent="yes"/>`)
	add("of-a-script-component", airlock.ActiveContent, head+`<package><component><script language="JScript">1</script></component></package>`)

	add("that-is-a-drawing", airlock.TypeMismatch, head+`<svg xmlns="http://www.w3.org/2000/svg"/>`)
	add("that-is-a-page", airlock.TypeMismatch, head+`<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>`)
	add("that-is-a-page-by-a-prefix", airlock.TypeMismatch, head+`<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:script>1</h:script></h:html>`)
	add("whose-document-type-is-html", airlock.TypeMismatch, `<?xml version="1.0"?><!-- `+strings.Repeat("x", 1100)+`--><!DOCTYPE html><a/>`)
	add("that-is-json", airlock.TypeMismatch, `{"a":1}`)
	add("cut", airlock.Malformed, head+`<a><b>text`)
	add("with-two-roots", airlock.Malformed, head+`<a/><b/>`)
	add("with-noise-behind-its-end", airlock.Malformed, head+`<a/>MZ`)
	add("with-an-end-that-fits-nothing", airlock.Malformed, head+`<a></b>`)
	add("that-is-no-utf8", airlock.Malformed, head+"<a>\xff</a>")
	add("with-a-zero", airlock.Malformed, head+"<a>"+strings.Repeat(" ", 5000)+"\x00</a>")
	add("with-a-second-declaration", airlock.Malformed, head+`<a/><?xml version="1.0"?>`)
	add("with-html-entities", airlock.Malformed, head+`<a>&nbsp;</a>`)
	add("with-a-reference-to-no-character", airlock.Malformed, head+`<a>&#0;</a>`)
	add("of-text-only", airlock.Malformed, "just text")
	add("in-ebcdic", airlock.Uninspectable, `<?xml version="1.0" encoding="IBM037"?><a/>`)
	add("in-an-unknown-charset", airlock.Uninspectable, `<?xml version="1.0" encoding="hz-gb-2312"?><a/>`)
	add("nested-too-deep", airlock.Bomb, strings.Repeat("<a>", 1001)+strings.Repeat("</a>", 1001))
	return append(cases, Case{Name: "xml-as-text-xml.xml", Type: "text/xml", Make: literally(head + "<a/>")},
		Case{Name: "xml-by-its-head-only.xml", Type: xmlType, Make: literally(head + "<a>" + strings.Repeat("<b>text</b>", 30000) + "</a>"),
			Change: func(p *airlock.Profile) { p.Inspect = "header" }})
}
