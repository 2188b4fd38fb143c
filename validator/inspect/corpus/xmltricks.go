package corpus

import (
	"strings"

	"airlock"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// xmlTricks are documents that readers see more in than stands there at first sight.
func xmlTricks() []Case {
	cases := []Case{}
	add := func(name, s string) {
		cases = append(cases, hostileFile("xml-"+name+".xml", xmlType, airlock.ActiveContent, literally(s)))
	}
	for name, doctype := range sortedByName(xmlTypeTricks) {
		add(name, `<!DOCTYPE a `+doctype+`><a><x:script>1</x:script><b/></a>`)
	}
	for name, inside := range sortedByName(xmlIslandTricks) {
		add(name, `<a xmlns:h="http://www.w3.org/1999/xhtml" xmlns:s="http://www.w3.org/2000/svg">`+inside+`</a>`)
	}
	for name, include := range sortedByName(xmlIncludeTricks) {
		add(name, `<a xmlns:xi="http://www.w3.org/2001/XInclude">`+include+`</a>`)
	}
	for name, style := range sortedByName(map[string]string{
		"with-a-style-sheet-elsewhere":             `type="text/css" href="https://example.com/a.css"`,
		"with-a-style-sheet-elsewhere-by-slashes":  `type="text/css" href="/\192.0.2.1/a.css"`,
		"with-a-style-sheet-of-two-kinds":          `type="text/xsl" href="a.xsl" type="text/css"`,
		"with-a-style-sheet-of-its-own":            `type="text/xsl" href="#a"`,
		"with-a-style-sheet-in-data":               `type="text/css" href="&#100;ata:text/css,x"`,
		"with-a-style-sheet-behind-many-blanks":    `type="text/css" href="a.css"` + strings.Repeat(" ", 1100) + `type="text/xsl"`,
		"with-a-style-sheet-of-no-kind":            `href="a.xsl"`,
		"with-a-style-sheet-that-hides-its-target": `type="text/css" href=" java&#9;script:1"`,
	}) {
		add(name, xmlHead+`<?xml-stylesheet `+style+`?><a/>`)
	}
	for name, href := range sortedByName(map[string]string{
		"elsewhere": "https://example.com/a.xsn", "of-a-share": `\\192.0.2.1\a.xsn`, "by-references": "&#104;ttps://example.com/a.xsn", "of-the-disk": "file:///C:/a.xsn",
	}) {
		add("with-a-form-"+name, xmlHead+`<?mso-infoPathSolution PIVersion="1.0.0.0" href="`+href+`"?><?mso-application progid="InfoPath.Document"?><a/>`)
	}
	add("of-visio-with-macros", `<VisioDocument xmlns="http://schemas.microsoft.com/visio/2003/core"><VBProjectData>0M8R4KGxGuE=</VBProjectData></VisioDocument>`)
	add("with-an-address-by-an-entity-of-xhtml", `<!DOCTYPE a PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><a xmlns:h="http://www.w3.org/1999/xhtml"><h:a href="javascript&colon;1">x</h:a></a>`)
	add("with-styles-by-an-entity-of-xhtml", `<!DOCTYPE a PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><a><style xmlns="http://www.w3.org/1999/xhtml">&commat;import "a.css";</style></a>`)
	add("with-a-namespace-by-an-entity-of-xhtml", `<!DOCTYPE a PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><a><x:script xmlns:x="http&colon;//www.w3.org/1999/xhtml">1</x:script></a>`)
	add("with-a-script-of-a-host-beside-another-language", `<a xmlns:z="urn:z"><script z:language="none" language="JScript">1</script></a>`)
	add("with-a-style-sheet-as-attribute", `<a xmlns:t="http://www.w3.org/1999/XSL/Transform" t:version="1.0"/>`)
	add("with-an-instruction-in-its-document-type", `<!DOCTYPE a [<?xml-stylesheet type="text/xsl" href="a.xsl"?>]><a/>`)
	return append(cases, hostileFile("xml-with-a-public-type-without-place.xml", xmlType, airlock.Malformed, literally(`<!DOCTYPE a PUBLIC "-//X//Y"><a/>`)),
		hostileFile("xml-with-a-type-without-a-blank.xml", xmlType, airlock.Malformed, literally(`<!DOCTYPE a SYSTEM"http://www.w3.org/x.dtd"><a/>`)),
		hostileFile("xml-with-a-public-type-without-a-blank.xml", xmlType, airlock.Malformed, literally(`<!DOCTYPE a PUBLIC "x""http://www.w3.org/x.dtd"><a/>`)),
		hostileFile("xml-with-a-public-type-of-other-signs.xml", xmlType, airlock.Malformed, literally(`<!DOCTYPE a PUBLIC "x{" "http://www.w3.org/x.dtd"><a/>`)),
		hostileFile("xml-with-a-blank-of-xml-1.1-in-a-name.xml", xmlType, airlock.Malformed, literally(`<?xml version="1.1"?><a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include`+"\u2028"+` href="file:///a"/></a>`)),
		hostileFile("xml-with-a-blank-of-xml-1.1-in-latin-1.xml", xmlType, airlock.Malformed, literally(`<?xml version="1.1" encoding="iso-8859-1"?><a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include`+"\x85"+` href="file:///a"/></a>`)),
		hostileFile("xml-in-ebcdic-of-japan.xml", xmlType, airlock.Uninspectable, literally(`<?xml version="1.0" encoding="cp930"?><a/>`)),
		hostileFile("xml-in-utf7-by-its-number.xml", xmlType, airlock.Uninspectable, literally(`<?xml version="1.0" encoding="cp65000"?><a/>`)),
		hostileFile("xml-in-ebcdic-with-a-mark.xml", xmlType, airlock.Uninspectable, literally("\xef\xbb\xbf"+`<?xml version="1.0" encoding="cp037"?><a/>`)))
}

var xmlTypeTricks = map[string]string{
	"with-a-document-type-by-a-name-of-purl":      `SYSTEM "http://purl.org/a/x.dtd"`,
	"with-a-document-type-in-a-public-archive":    `SYSTEM "http://www.ibiblio.org/pub/a/x.dtd"`,
	"with-a-document-type-at-an-old-host":         `SYSTEM "http://my.netscape.com/a/x.dtd"`,
	"with-a-document-type-of-a-class-path":        `SYSTEM "classpath://a/x.dtd"`,
	"with-a-document-type-above-hibernate":        `SYSTEM "classpath://org/hibernate/../x.dtd"`,
	"with-an-entity-of-a-sign-and-of-text":        `[<!ENTITY nbsp "&#160;"><!ENTITY x "abc">]`,
	"with-an-entity-of-a-colon":                   `[<!ENTITY c "&#58;">]`,
	"with-an-entity-of-many-signs":                `[<!ENTITY x "&#160;&#160;&#160;&#160;&#160;&#160;&#160;&#160;&#160;">]`,
	"with-a-namespace-by-its-document-type":       `[<!ATTLIST x:script xmlns:x CDATA #FIXED "http://www.w3.org/1999/xhtml"><!ATTLIST b xmlns:x CDATA #FIXED "urn:h">]`,
	"with-a-namespace-by-its-type-in-one-list":    `[<!ATTLIST a k NMTOKEN #IMPLIED xmlns:x CDATA "http://www.w3.org/2000/svg">]`,
	"with-a-namespace-by-a-reference":             `[<!ATTLIST a xmlns:x CDATA "http://www.w3.org/1999/&#120;html">]`,
	"with-a-drawing-by-its-document-type":         `[<!ATTLIST b xmlns CDATA #FIXED "http://www.w3.org/2000/svg">]`,
	"with-a-sign-of-xlink-that-runs":              `[<!ATTLIST b xlink:show CDATA "javascript:1">]`,
	"with-a-base-by-its-document-type":            `[<!ATTLIST a xml:base CDATA "file:///etc/">]`,
	"with-an-address-by-its-document-type":        `[<!ATTLIST b href CDATA "javascript:1">]`,
	"with-a-handler-by-its-document-type":         `[<!ATTLIST b onclick CDATA #FIXED "1">]`,
	"with-a-handler-behind-a-bracket":             `[<!ATTLIST b c CDATA ">" onload CDATA '1'>]`,
	"with-characters-of-anybody":                  `[<!ENTITY % x PUBLIC "-//W3C//ENTITIES" "http://www.w3.org/x.ent">%x;]`,
	"with-characters-from-elsewhere":              `[<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1 for XHTML//EN" "http://www.w3.org.example/TR/xhtml1/DTD/xhtml-lat1.ent">%HTMLlat1;]`,
	"with-characters-of-the-server":               `[<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1 for XHTML//EN" "file:///etc/xhtml-lat1.ent">%HTMLlat1;]`,
	"with-characters-in-other-quotes":             `[<!ENTITY % x PUBLIC '-//W3C//ENTITIES Latin 1 for XHTML//EN' 'file:///etc/passwd" "http://www.w3.org/TR/xhtml1/DTD/xhtml-lat1.ent'>%x;]`,
	"with-declarations-of-its-own":                `[<!ENTITY % x "<!ENTITY y SYSTEM 'file:///etc/passwd'>">%x;]`,
	"with-declarations-called-public":             `[<!ENTITY % PUBLIC SYSTEM "file:///etc/passwd">%PUBLIC;]`,
	"with-an-entity-called-public":                `[<!ENTITY PUBLIC SYSTEM "http://www.w3.org/x.dtd">]`,
	"with-an-entity-of-a-program":                 `[<!NOTATION n PUBLIC "x"><!ENTITY y SYSTEM "y.gif" NDATA n>]`,
	"with-an-entity-that-is-markup":               `[<!ENTITY y "&#60;b/&#62;">]`,
	"with-a-document-type-of-a-user":              `SYSTEM "http://www.w3.org:80@192.0.2.1/x.dtd"`,
	"with-a-document-type-at-a-port":              `SYSTEM "http://www.w3.org:8080/x.dtd"`,
	"with-a-document-type-of-a-query":             `PUBLIC "x" "http://www.w3.org/x.dtd?a"`,
	"with-a-document-type-above-its-host":         `PUBLIC "x" "http://www.w3.org/../../x.dtd"`,
	"with-a-document-type-above":                  `SYSTEM "../../x.dtd"`,
	"with-a-document-type-above-by-percents":      `SYSTEM "%2e%2e/x.dtd"`,
	"with-a-document-type-elsewhere-by-slashes":   `SYSTEM "//192.0.2.1/x.dtd"`,
	"with-a-document-type-elsewhere-by-backslash": `SYSTEM "\\192.0.2.1\x.dtd"`,
	"with-a-document-type-by-another-scheme":      `PUBLIC "-//W3C//DTD SVG 1.1//EN" "jar:http://www.w3.org/x.jar!/x.dtd"`,
	"with-a-document-type-beside-that-is-none":    `SYSTEM "passwd"`,
	"with-a-host-that-begins-so":                  `SYSTEM "http://www.w3.org.example/x.dtd"`,
}

var xmlIslandTricks = map[string]string{
	"with-a-part-of-a-drawing-elsewhere":         `<h:rect style="fill:url(http://192.0.2.1/a#b)"/>`,
	"with-a-part-of-a-drawing-at-a-long-address": `<h:rect style="fill:url(http://192.0.2.1/` + strings.Repeat("a", 600) + `#b)"/>`,
	"with-a-link-to-a-share-by-backslashes":      `<h:a href=" \&#92;192.0.2.1\s">x</h:a>`,
	"with-a-link-to-a-share-by-one-of-each":      `<h:a href="/\192.0.2.1\s">x</h:a>`,
	"with-a-picture-of-a-share":                  `<h:img src="\/192.0.2.1\s\a.png"/>`,
	"with-a-picture-of-a-share-in-a-set":         `<h:img srcset="a.png 1x, \\192.0.2.1\s\a.png 2x"/>`,
	"with-a-style-of-a-share":                    `<h:p style="background:url('\\\\192.0.2.1/s/a.png')">x</h:p>`,
	"with-a-handler-of-a-blank-and-more":         `<h:p onclick=" x">x</h:p>`,
	"with-a-form-in-a-piece-of-xhtml":            `<h:form action="https://example.com/"><h:input/></h:form>`,
	"with-a-button-in-a-piece-of-xhtml":          `<h:button formaction="https://example.com/">x</h:button>`,
	"with-a-refresh-in-a-piece-of-xhtml":         `<h:meta http-equiv="refresh" content="0;url=https://example.com/"/>`,
	"with-a-page-in-a-piece-of-xhtml":            `<h:div srcdoc="x"/>`,
	"with-a-link-of-a-drawing-that-runs":         `<s:a xmlns:l="http://www.w3.org/1999/xlink" l:href="` + strings.Repeat(" ", 300) + `javascript:1"/>`,
	"with-a-second-link-that-runs":               `<s:a xmlns:l="http://www.w3.org/1999/xlink" href="#a" l:href="vbscript:1"/>`,
	"with-an-animated-link-of-a-drawing":         `<s:svg><s:a><s:animate attributeName="href" values="#;javascript:1"/></s:a></s:svg>`,
	"with-a-picture-elsewhere-in-a-drawing":      `<s:svg><s:image href="https://example.com/a.png"/></s:svg>`,
	"with-a-filter-elsewhere-in-a-drawing":       `<s:svg><s:rect filter="url(https://example.com/a.svg#f)"/></s:svg>`,
	"with-styles-elsewhere-in-a-drawing":         `<s:svg><s:style>rect{mask-image:url(//192.0.2.1/a)}</s:style></s:svg>`,
	"with-a-picture-of-mathml":                   `<m:mglyph xmlns:m="http://www.w3.org/1998/Math/MathML" src="https://example.com/a.png"/>`,
	"with-a-use-of-data-in-a-drawing":            `<s:svg><s:use href="data:image/svg+xml,x#x"/></s:svg>`,
	"with-a-link-to-a-file":                      `<h:a href="file:///etc/hostname">x</h:a>`,
	"with-a-link-to-data":                        `<h:a href="data:text/plain,x">x</h:a>`,
	"with-styles-of-xhtml-that-import":           `<h:style>@\69mport "//192.0.2.1/a.css";</h:style>`,
	"with-styles-of-xhtml-that-never-end":        `<h:style>a{-moz-binding:url(//192.0.2.1/a</h:style>`,
	"with-a-style-of-xhtml-that-runs":            `<h:p style="width:expression(alert(1))">x</h:p>`,
	"with-a-style-of-xhtml-that-is-an-address":   `<h:p style="background:url('java\73 cript:1')">x</h:p>`,
	"with-a-script-of-html-4":                    `<html:script xmlns:html="http://www.w3.org/TR/REC-html40">1</html:script>`,
	"with-a-prefix-like-a-declaration":           `<xmlnsh:script xmlns:xmlnsh="http://www.w3.org/1999/xhtml">1</xmlnsh:script>`,
	"with-mathml-that-runs":                      `<m:math xmlns:m="http://www.w3.org/1998/Math/MathML" href="&#13;javascript:1"/>`,
}

var xmlIncludeTricks = map[string]string{
	"with-an-included-file-by-a-base":           `<b xml:base="file:///etc/"><xi:include href="passwd" parse="text"/></b>`,
	"with-an-included-folder-by-a-base":         `<b xml:base="file:///etc/"><xi:include parse="text"/></b>`,
	"with-an-included-file-by-its-own-base":     `<xi:include xml:base="https://example.com/" href="a.xml"/>`,
	"with-an-included-file-by-a-base-above":     `<b xml:base="../"><xi:include href="a.xml"/></b>`,
	"with-an-included-file-by-percents":         `<xi:include href="%2e%2e/%2e%2e/etc/passwd" parse="text"/>`,
	"with-an-included-file-by-backslashes":      `<xi:include href="..\a" parse="text"/>`,
	"with-an-included-file-elsewhere":           `<xi:include href="//192.0.2.1/a"/>`,
	"with-an-included-file-behind-blanks":       `<xi:include href="` + strings.Repeat(" ", 600) + `file:///etc/passwd"/>`,
	"with-an-included-file-in-the-old-way":      `<b xmlns:o="http://www.w3.org/2003/XInclude"><o:include href="file:///etc/passwd"/></b>`,
	"with-an-included-file-behind-a-fallback":   `<xi:include href="a.xml"><xi:fallback><xi:include href="/etc/passwd" parse="text"/></xi:fallback></xi:include>`,
	"with-an-included-file-named-like-a-prefix": `<b xmlns:href="a.xml"><xi:include href="file:///etc/passwd"/></b>`,
}

// moreHonestXML look like the tricks, and are none.
func moreHonestXML() []Case {
	cases := []Case{}
	add := func(name, s string) {
		cases = append(cases, honestFile("xml-"+name+".xml", xmlType, literally(s)))
	}
	add("of-colours-with-defaults", xmlHead+`<!DOCTYPE colormap [<!ELEMENT colormap (color)*><!ATTLIST colormap xmlns CDATA #FIXED ''><!ATTLIST color name CDATA "0" color CDATA "rgb(0,0,0)" compliance CDATA "SVG">]><colormap><color name="red"/></colormap>`)
	add("of-media-types", xmlHead+`<!DOCTYPE mime-info [<!ELEMENT mime-info (mime-type)+><!ATTLIST mime-info xmlns CDATA #FIXED "http://www.freedesktop.org/standards/shared-mime-info"><!ATTLIST mime-type type CDATA #REQUIRED kind (a|b) "a">]><mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info"><mime-type type="x/y"/></mime-info>`)
	add("of-rss-with-characters", `<!DOCTYPE rss [<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1 for XHTML//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml-lat1.ent"> %HTMLlat1; ]><rss version="0.91"><channel><title>caf&eacute;</title></channel></rss>`)
	add("of-rss-at-its-old-place", `<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"/>`)
	add("of-hibernate", `<!DOCTYPE hibernate-mapping PUBLIC "-//Hibernate/Hibernate Mapping DTD 3.0//EN" "classpath://org/hibernate/hibernate-mapping-3.0.dtd"><hibernate-mapping/>`)
	add("with-names-of-signs", `<!DOCTYPE book [<!ENTITY nbsp "&#160;"><!ENTITY copy "&#xA9;"><!ENTITY mdash "—">]><book>&copy;&nbsp;a&mdash;b</book>`)
	add("of-infopath", xmlHead+`<?mso-infoPathSolution solutionVersion="1.0.0.1" productVersion="15.0.0" PIVersion="1.0.0.0" href="manifest.xsf" name="urn:schemas-microsoft-com:office:infopath:a:-myXSD"?><?mso-application progid="InfoPath.Document"?><a/>`)
	add("with-a-handler-of-nothing", `<p xmlns="http://www.w3.org/1999/xhtml" onclick="">x</p>`)
	add("of-a-locale", xmlHead+`<!DOCTYPE ldml SYSTEM "../../common/dtd/ldml.dtd"><ldml/>`)
	add("of-a-servers-settings", xmlHead+`<!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "https://jetty.org/configure_10_0.dtd"><Configure id="Server"/>`)
	add("with-notations", `<!DOCTYPE a [<!NOTATION gif PUBLIC "image/gif"><!NOTATION png SYSTEM "viewer"><!ELEMENT a EMPTY><!ATTLIST a t NOTATION (gif|png) #IMPLIED u CDATA #REQUIRED>]><a u=">"/>`)
	add("with-entities-that-all-know", `<!DOCTYPE a [<!ENTITY lt "&#38;#60;"><!ENTITY amp "&#38;#38;"><!ENTITY quot '"'>]><a>&lt;&amp;</a>`)
	add("of-a-feed-with-a-base", `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.com/"><entry><content type="xhtml" xml:base="https://example.com/a/"><div xmlns="http://www.w3.org/1999/xhtml"><img src="a.png" style="border:0;background:url(https://example.com/b.png)"/><a href="../c" title="a:b">d</a></div></content></entry></feed>`)
	add("of-blogger-with-its-colours", `<?xml-stylesheet href="http://www.blogger.com/styles/atom.css" type="text/css"?><feed xmlns="http://www.w3.org/2005/Atom"/>`)
	add("with-colours-beside", `<?xml-stylesheet type='text/css' href='../styles/a.css'?><a/>`)
	add("with-an-included-part-of-itself", `<a xmlns:xi="http://www.w3.org/2001/XInclude"><b xml:id="b"/><xi:include xpointer="b"/><xi:include href="" xpointer="b"/></a>`)
	add("with-included-chapters-below", `<book xmlns:xi="http://www.w3.org/2001/XInclude" xml:base="book/"><xi:include href="parts/ch%20one.xml"><xi:fallback><p/></xi:fallback></xi:include><xi:include href="a.txt" parse="text"/></book>`)
	add("with-names-of-many-scripts", `<?xml version="1.1"?><заказ été="1"><項目 a·b="1"/></заказ>`)
	add("with-a-namespace-called-href", `<a xmlns:href="urn:x" xmlns:type="urn:y" href:b="1"><type:c/></a>`)
	add("of-a-sheet-with-html", `<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40"><Comment><html:B><html:Font html:Face="Tahoma" html:Size="8">x</html:Font></html:B></Comment></Workbook>`)
	add("with-a-picture-in-xhtml", `<a><img xmlns="http://www.w3.org/1999/xhtml" alt="x" src="data:image/png;base64,AAAA"/></a>`)
	add("with-styles-in-xhtml", `<a><style xmlns="http://www.w3.org/1999/xhtml">p{color:red;background:url(https://example.com/a.png)}</style></a>`)
	add("with-an-entity-of-books-in-an-attribute", `<!DOCTYPE book PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "http://www.oasis-open.org/docbook/xml/4.5/docbookx.dtd"><book label="a&mdash;b"/>`)
	return cases
}
