package corpus

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"unicode/utf16"

	"airlock"
)

const (
	svgType = "image/svg+xml"
	svgOpen = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="100" height="50">`
	svgRect = `<rect width="10" height="10" fill="#f00"/>`
	svgDTD  = `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">`
)

func literally(s string) func() []byte { return func() []byte { return []byte(s) } }

func svgWith(inside string) func() []byte { return literally(svgOpen + inside + "</svg>") }

// inUTF16 is s in UTF-16, little end first, with its mark.
func inUTF16(s string) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func smallPicture() string {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2)))
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

func svgCases() []Case {
	return slices.Concat(honestSVGs(), moreHonestSVGs(), activeSVGs(), svgTricks(), brokenSVGs(), svgBombs(), honestStyledSVGs())
}

func honestSVGs() []Case {
	cases := []Case{}
	add := func(name string, make func() []byte) {
		cases = append(cases, honestFile("svg-"+name+".svg", svgType, make))
	}
	add("of-a-rectangle", svgWith(svgRect))
	add("with-declaration-and-dtd", literally(`<?xml version="1.0" encoding="UTF-8" standalone="no"?>`+"\n"+svgDTD+"\n<!-- Generator: graphviz -->\n"+svgOpen+svgRect+"</svg>"))
	add("with-dtd-only", literally(svgDTD+svgOpen+svgRect+"</svg>"))
	add("with-a-comment-first", literally("<!-- drawn by hand -->"+svgOpen+svgRect+"</svg>"))
	add("with-mark-and-newlines", literally("\xef\xbb\xbf"+svgOpen+svgRect+"</svg>\n\n"))
	add("in-utf16", func() []byte {
		return inUTF16(`<?xml version="1.0" encoding="UTF-16"?>` + svgOpen + svgRect + "</svg>")
	})
	add("in-latin-1", literally(`<?xml version="1.0" encoding="iso-8859-1"?>`+svgOpen+"<title>Gr\xfc\xdfe</title></svg>"))
	add("with-a-prefix", literally(`<?xml version="1.0"?><svg:svg xmlns:svg="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><svg:rect width="1" height="1"/></svg:svg>`))
	add("of-illustrator", literally(`<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.0//EN" "http://www.w3.org/TR/2001/REC-SVG-20010904/DTD/svg10.dtd" [
	<!ENTITY ns_svg "http://www.w3.org/2000/svg">
	<!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/">
	<!ENTITY st0 "fill:#FFFFFF;stroke:#000000;">
]>
<svg xmlns="&ns_svg;" xmlns:i="&ns_ai;" i:viewOrigin="0 0"><metadata><?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><i:sfw/></metadata>
<switch><foreignObject requiredExtensions="&ns_ai;" x="0" y="0" width="1" height="1"><i:pgfRef href="#adobe"/></foreignObject><g i:extraneous="self"><path style="&st0;" d="M0,0L1,1"/></g></switch></svg>`))
	add("of-inkscape", literally(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" inkscape:version="1.2">
<sodipodi:namedview id="b" inkscape:zoom="1"/><metadata><rdf:RDF><x xmlns="http://creativecommons.org/ns#" rdf:about=""/></rdf:RDF></metadata><flowRoot><flowPara>text</flowPara></flowRoot></svg>`))
	add("of-graphviz-with-attlist", literally(`<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.0//EN" "http://www.w3.org/TR/2001/REC-SVG-20010904/DTD/svg10.dtd" [
 <!ATTLIST svg xmlns:xlink CDATA #FIXED "http://www.w3.org/1999/xlink">
]>`+svgOpen+`<a xlink:href="https://example.com/" xlink:title="node"><text>node</text></a></svg>`))
	add("of-a-diagram-with-html-labels", svgWith(`<switch><foreignObject width="9" height="9" requiredFeatures="http://www.w3.org/TR/SVG11/feature#Extensibility"><div xmlns="http://www.w3.org/1999/xhtml" style="display:flex"><b>label</b><br/></div></foreignObject><text>label</text></switch>`))
	add("with-links", svgWith(`<a href="https://example.com/"><text>x</text></a><a xlink:href="mailto:a@example.com"><text>y</text></a><a href="#top"/>`))
	add("with-a-picture-inside", svgWith(`<image width="2" height="2" xlink:href="`+smallPicture()+`"/>`))
	add("with-a-picture-beside", svgWith(`<image width="2" height="2" href="photo.png"/>`))
	add("with-styles", svgWith(`<defs><style type="text/css"><![CDATA[ .a{fill:url(#g);stroke:red} /* @import is only spoken of */ @font-face{src:url("data:font/woff2;base64,AAAA")} ]]></style></defs><path class="a" style="filter:url(#f);scroll-behavior:smooth" d="M0 0"/>`))
	add("with-patterns-for-all", svgWith(`<style>.a{fill:url(#p)} path{marker-mid:url(#m)}</style><defs><pattern id="p">`+strings.Repeat("<rect/>", 50)+`</pattern><marker id="m"><path d="M0 0L9 9"/></marker><clipPath id="c"><rect/></clipPath></defs>`+
		strings.Repeat(`<path class="a" clip-path="url(#c)" d="M0 0L1 1L2 2"/>`, 5000)))
	add("with-uses", svgWith(`<defs><symbol id="s"><path id="p" d="M0 0"/></symbol></defs><use href="#s"/><use xlink:href="#p" x="5"/>`))
	add("with-a-use-of-itself", svgWith(`<g id="a"><use href="#a"/></g>`))
	add("with-animation", svgWith(`<circle r="1"><animate attributeName="r" from="1" to="5" dur="1s"/><set attributeName="fill" to="red"/></circle>`))
	add("with-entities-of-characters", svgWith(`<text>&lt;script&gt; &#x3c;b&#62; &amp;</text>`))
	add("with-script-spoken-of", svgWith(`<title>How to add an onload= handler or javascript: to it</title><desc><![CDATA[<script>alert(1)</script>]]></desc>`))
	add("with-a-long-path", svgWith(`<path d="M0 0`+strings.Repeat(" L 10.25 20.5", 20000)+`"/>`))
	return cases
}

func activeSVGs() []Case {
	cases := []Case{}
	add := func(name, inside string) {
		cases = append(cases, hostileFile("svg-"+name+".svg", svgType, airlock.ActiveContent, svgWith(inside)))
	}
	whole := func(name, s string) {
		cases = append(cases, hostileFile("svg-"+name+".svg", svgType, airlock.ActiveContent, literally(s)))
	}
	add("with-script", `<script>alert(1)</script>`)
	add("with-script-elsewhere", `<script xlink:href="https://example.com/a.js"/>`)
	add("with-script-by-a-prefix", `<s:script xmlns:s="http://www.w3.org/2000/svg">1</s:script>`)
	add("with-script-of-another-namespace", `<script xmlns="urn:x">1</script>`)
	add("with-xhtml-script", `<h:script xmlns:h="http://www.w3.org/1999/xhtml">1</h:script>`)
	add("with-a-handler-inside", `<rect width="1" height="1" onclick="alert(1)"/>`)
	add("with-a-handler-in-capitals", `<rect OnClick="alert(1)"/>`)
	add("with-a-link-that-runs", `<a href="javascript:alert(1)"><text>x</text></a>`)
	add("with-a-link-that-runs-by-references", `<a xlink:href="&#106;ava&#x09;script&#58;alert(1)"><text>x</text></a>`)
	add("with-a-link-to-a-page-in-data", `<a href="data:text/html,x"><text>x</text></a>`)
	add("with-a-picture-elsewhere", `<image href="https://example.com/pixel.png"/>`)
	add("with-a-picture-elsewhere-without-scheme", `<image href="//example.com/pixel.png"/>`)
	add("with-a-file-of-the-server", `<image href="file:///etc/hostname"/>`)
	add("with-a-path-of-the-server", `<image href="/etc/hostname"/>`)
	add("with-a-svg-as-picture", `<image href="data:image/svg+xml;base64,AAAA"/>`)
	add("with-a-use-elsewhere", `<use href="https://example.com/a.svg#x"/>`)
	add("with-a-use-of-data", `<use href="data:image/svg+xml,x#x"/>`)
	add("with-a-filter-elsewhere", `<filter><feImage href="http://192.0.2.1/"/></filter>`)
	add("with-a-frame", `<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="https://example.com/"/></foreignObject>`)
	add("with-a-page-inside", `<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><p>x</p></body></foreignObject>`)
	add("with-a-form-inside", `<foreignObject><form xmlns="http://www.w3.org/1999/xhtml" action="https://example.com/"/></foreignObject>`)
	add("with-html-and-a-handler", `<foreignObject><div xmlns="http://www.w3.org/1999/xhtml" onmouseover="x"/></foreignObject>`)
	add("with-html-outside-of-foreignobject", `<div xmlns="http://www.w3.org/1999/xhtml">x</div>`)
	add("with-an-animated-address", `<a><animate attributeName="xlink:href" values="javascript:alert(1)"/></a>`)
	add("with-an-address-set-later", `<a><set attributeName="href" to="x"/></a>`)
	add("with-a-handler-set-later", `<set attributeName="onmouseover" to="alert(1)"/>`)
	add("with-imported-styles", `<style>@import "https://example.com/a.css";</style>`)
	add("with-imported-styles-by-escapes", `<style>@\69mport url(//example.com/a.css);</style>`)
	add("with-imported-styles-cut-by-a-comment", `<style>@im<!-- x -->port "a.css";</style>`)
	add("with-styles-that-fetch", `<style>.a{fill:url(https://example.com/a.svg#x)}</style>`)
	add("with-a-style-that-fetches", `<rect style="fill:u\72l('https://example.com/a#x')"/>`)
	add("with-a-fill-that-fetches", `<rect fill="url(https://example.com/a#x)"/>`)
	add("with-a-style-that-runs", `<rect style="width:expression(alert(1))"/>`)
	add("with-a-style-that-binds", `<style>*{-moz-bin/**/ding:url(x)}</style>`)
	add("with-addresses-that-lead-elsewhere", `<g xml:base="https://example.com/"><use href="#x"/></g>`)
	add("with-a-handler-element", `<handler type="application/ecmascript">1</handler>`)
	add("with-an-event-listener", `<listener xmlns="http://www.w3.org/2001/xml-events" event="load" handler="#a"/>`)
	add("with-an-element-of-html-by-name", `<object data="x"/>`)
	add("with-a-processing-instruction", `<?run x?>`)
	whole("with-a-handler-on-its-root", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
	whole("with-a-style-sheet-instruction", `<?xml version="1.0"?><?xml-stylesheet href="a.xsl" type="text/xsl"?>`+svgOpen+"</svg>")
	whole("with-an-entity-of-the-servers-files", `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>`+svgOpen+"<text>&x;</text></svg>")
	whole("with-entities-in-entities", `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>`+svgOpen+"<text>&b;</text></svg>")
	whole("with-parameter-entities", `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY % p SYSTEM "http://192.0.2.1/x"> %p;]>`+svgOpen+"</svg>")
	whole("with-a-handler-by-its-document-type", `<?xml version="1.0"?><!DOCTYPE svg [<!ATTLIST svg onload CDATA "alert(1)">]>`+svgOpen+"</svg>")
	whole("with-a-handler-in-utf16", string(inUTF16(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)))
	whole("with-a-document-type-elsewhere", `<?xml version="1.0"?><!DOCTYPE svg SYSTEM "http://192.0.2.1/a.dtd">`+svgOpen+"</svg>")
	whole("with-an-entity-that-is-an-address", `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY j "javascript:alert(1)">]>`+svgOpen+`<a href="&j;"/></svg>`)
	return cases
}

func brokenSVGs() []Case {
	cases := []Case{}
	add := func(name string, want airlock.Reason, s string) {
		cases = append(cases, hostileFile("svg-"+name+".svg", svgType, want, literally(s)))
	}
	add("without-namespace", airlock.TypeMismatch, `<svg onload="alert(1)"><rect/></svg>`)
	add("that-is-a-page", airlock.TypeMismatch, `<!doctype html><html><body><svg xmlns="http://www.w3.org/2000/svg"/></body></html>`)
	add("that-is-xhtml", airlock.TypeMismatch, `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><svg xmlns="http://www.w3.org/2000/svg"/></html>`)
	add("that-is-another-document", airlock.TypeMismatch, `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>svg</title></feed>`)
	add("whose-document-type-is-html", airlock.TypeMismatch, `<?xml version="1.0"?><!DOCTYPE math>`+svgOpen+`</svg>`)
	add("that-is-packed", airlock.TypeMismatch, "\x1f\x8b\x08\x00svgz")
	add("cut", airlock.Malformed, svgOpen+`<g><rect width="1"`)
	add("with-a-missing-end", airlock.Malformed, svgOpen+"<g></svg>")
	add("with-two-roots", airlock.Malformed, svgOpen+"</svg>"+svgOpen+"<script>1</script></svg>")
	add("with-text-behind-its-end", airlock.Malformed, svgOpen+"</svg> and more")
	add("with-an-attribute-twice", airlock.Malformed, svgOpen+`<a href="#a" href="javascript:x"/></svg>`)
	add("with-an-unknown-prefix", airlock.Malformed, svgOpen+`<x:y/></svg>`)
	add("with-an-attribute-without-quotes", airlock.Malformed, svgOpen+`<a href=javascript:x/></svg>`)
	add("with-an-undeclared-entity", airlock.Malformed, svgOpen+`<text>&xxe;</text></svg>`)
	add("with-bytes-that-are-no-utf8", airlock.Malformed, svgOpen+"<text>\xc0\xbcscript\xc0\xbe</text></svg>")
	add("with-zeros", airlock.Malformed, svgOpen+strings.Repeat(" ", 5000)+"</svg>\x00\x00")
	add("in-utf7", airlock.Uninspectable, `<?xml version="1.0" encoding="UTF-7"?>`+svgOpen+`+ADw-script+AD4-</svg>`)
	add("with-styles-too-long-to-look-at", airlock.Uninspectable, svgOpen+`<g style="`+strings.Repeat("fill:red;", 10000)+`"/></svg>`)
	add("nested-too-deep", airlock.Bomb, svgOpen+strings.Repeat("<g>", 1200)+strings.Repeat("</g>", 1200)+"</svg>")
	var laughs strings.Builder
	laughs.WriteString(`<g id="g0"><rect/><rect/></g>`)
	for i := range 12 {
		laughs.WriteString(fmt.Sprintf(`<g id="g%d">%s</g>`, i+1, strings.Repeat(fmt.Sprintf(`<use href="#g%d"/>`, i), 10)))
	}
	add("of-uses-of-uses", airlock.Bomb, svgOpen+laughs.String()+"</svg>")
	for name, uses := range map[string][2]string{
		"masks": {"mask", `mask="url(#g%d)"`}, "patterns": {"pattern", `fill="URL( '#g%d' ) red"`}, "clips": {"clipPath", `style="clip-path:u\72l(#g%d)"`}, "filters": {"pattern", `style="filter:url(&quot;#g%d&quot;)"`},
		"markers": {"marker", `d="M0 0L1 1L2 2L3 3L4 4L5 5L6 6L7 7" marker-mid="url(#g%d)"`}, "classes": {"pattern", `class="x C%d"`},
	} {
		var b strings.Builder
		for i := range 12 {
			fmt.Fprintf(&b, `<style>.a,g>.c%d{fill:red;stroke:url(#g%d)}</style><%s id="g%d">%s</%s>`, i, i, uses[0], i+1, strings.Repeat("<path "+fmt.Sprintf(uses[1], i)+"/>", 10), uses[0])
		}
		add("of-"+name+"-in-"+name, airlock.Bomb, svgOpen+"<defs>"+b.String()+`</defs><rect fill="url(#g12)" class="c12"/></svg>`)
	}
	return append(cases, Case{Name: "svg-with-script-that-the-profile-takes.svg", Type: svgType, Make: svgWith("<script>1</script>"),
		Change: func(p *airlock.Profile) { p.ActiveContent = "allow" }})
}
