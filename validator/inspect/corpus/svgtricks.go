package corpus

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"airlock"
)

// svgTricks are drawings that readers see more in than stands there at first sight: other names of the
// same thing, split words, blanks, references, and what a document type adds.
func svgTricks() []Case {
	cases := []Case{}
	add := func(name, inside string) {
		cases = append(cases, hostileFile("svg-"+name+".svg", svgType, airlock.ActiveContent, svgWith(inside)))
	}
	for name, inside := range sortedByName(svgNamesTricks) {
		add(name, inside)
	}
	for name, inside := range sortedByName(svgAddressTricks) {
		add(name, inside)
	}
	for name, inside := range sortedByName(svgStyleTricks) {
		add(name, inside)
	}
	return append(append(cases, svgTypeTricks()...), svgLikeTricks()...)
}

// sortedByName goes through what stands under names, in their order.
func sortedByName(of map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, name := range slices.Sorted(maps.Keys(of)) {
			if !yield(name, of[name]) {
				return
			}
		}
	}
}

var svgNamesTricks = map[string]string{
	"with-a-picture-elsewhere-by-a-prefix-like-xmlns": `<image xmlns:xmlnsx="http://www.w3.org/1999/xlink" xmlnsx:href="http://192.0.2.1/"/>`,
	"with-a-harmless-address-before-the-other":        `<image href="a.png" xlink:href="https://example.com/"/>`,
	"with-a-harmless-address-behind-the-other":        `<image xlink:href="https://example.com/" href="a.png"/>`,
	"with-an-address-of-any-namespace":                `<a xmlns:e="urn:x" e:href="#a" xlink:href="javascript:1"/>`,
	"with-a-namespace-called-href":                    `<image xmlns:href="a.png" href="https://example.com/"/>`,
	"with-a-script-by-a-prefix-that-changes":          `<g xmlns:x="urn:x"><g xmlns:x="http://www.w3.org/2000/svg"><x:script>1</x:script></g></g>`,
	"with-a-script-by-a-prefix-that-came-back":        `<g xmlns:x="http://www.w3.org/2000/svg"><g xmlns:x="urn:x"/><x:script>1</x:script></g>`,
	"with-a-namespace-among-blanks":                   `<x:script xmlns:x=" http://www.w3.org/2000/svg ">1</x:script>`,
	"with-a-listener-as-attribute":                    `<g xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="click" ev:handler="#a"/>`,
	"with-a-style-sheet-as-attribute":                 `<g xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xsl:version="1.0"/>`,
	"with-a-base-by-another-element":                  `<x:y xmlns:x="urn:x" xml:base="https://example.com/"><image href="a.png"/></x:y>`,
	"with-a-base-of-a-mask":                           `<x:y xmlns:x="urn:x" xml:base="https://example.com/"><rect mask="url(a.svg#m)"/></x:y>`,
	"with-a-base-of-a-link":                           `<g xml:base="javascript:alert(1)//"><a href="#x"><text>x</text></a></g>`,
	"with-mathml-that-runs":                           `<foreignObject><math xmlns="http://www.w3.org/1998/Math/MathML"><mtext href=" javascript:1">x</mtext></math></foreignObject>`,
	"with-mathml-that-runs-by-xlink":                  `<foreignObject><math xmlns="http://www.w3.org/1998/Math/MathML" xlink:href="data:text/html,1"/></foreignObject>`,
	"with-mathml-outside-of-foreignobject":            `<math xmlns="http://www.w3.org/1998/Math/MathML"/>`,
	"with-a-script-of-mathml":                         `<foreignObject><math xmlns="http://www.w3.org/1998/Math/MathML"><script>1</script></math></foreignObject>`,
	"with-a-picture-of-mathml":                        `<foreignObject><math xmlns="http://www.w3.org/1998/Math/MathML"><mglyph src="https://example.com/a"/></math></foreignObject>`,
	"with-a-page-that-sends-itself":                   `<foreignObject><h:meta xmlns:h="http://www.w3.org/1999/xhtml" http-equiv="refresh" content="0;url=https://example.com/"/></foreignObject>`,
	"with-a-button":                                   `<foreignObject><button xmlns="http://www.w3.org/1999/xhtml" formaction="javascript:1">x</button></foreignObject>`,
	"with-a-button-as-a-label":                        `<foreignObject><label xmlns="http://www.w3.org/1999/xhtml" formaction="https://example.com/">x</label></foreignObject>`,
	"with-a-link-that-tells-others":                   `<foreignObject><a xmlns="http://www.w3.org/1999/xhtml" href="https://example.com/" ping="https://example.org/">x</a></foreignObject>`,
	"with-a-background-elsewhere":                     `<foreignObject><table xmlns="http://www.w3.org/1999/xhtml" background="https://example.com/a.png"/></foreignObject>`,
	"with-a-base-of-a-page":                           `<foreignObject><base xmlns="http://www.w3.org/1999/xhtml" href="https://example.com/"/></foreignObject>`,
	"with-a-handler-set-in-capitals":                  `<a><set attributeName=" xlink:HREF " to="#"/></a>`,
	"with-an-address-animated-by-another-prefix":      `<a xmlns:l="http://www.w3.org/1999/xlink"><animate attributeName="l:href" values="#;javascript:1"/></a>`,
	"with-an-address-animated-by-a-reference":         `<a><animate attributeName="&#104;ref" from="javascript:1"/></a>`,
	"with-a-base-set-later":                           `<set attributeName="xml:base" to="https://example.com/"/>`,
}

var svgAddressTricks = map[string]string{
	"with-a-link-to-a-share-by-backslashes":       `<a href="\\192.0.2.1\s\a.exe"/>`,
	"with-a-link-to-a-share-by-one-of-each":       `<a xlink:href="&#9;/\192.0.2.1/s"/>`,
	"with-a-label-whose-picture-is-a-drawing":     `<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="data:image/svg+xml,x"/></foreignObject>`,
	"with-a-label-whose-picture-is-elsewhere":     `<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="https://example.com/a.png"/></foreignObject>`,
	"with-a-label-whose-pictures-are-many":        `<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="data:image/png;base64,AA" srcset="https://example.com/a.png 2x"/></foreignObject>`,
	"with-a-label-whose-picture-runs":             `<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="data:image/png;base64,AA" onerror="x"/></foreignObject>`,
	"with-a-link-to-an-office-command":            `<a href="vnd.libreoffice.command:x"/>`,
	"with-a-link-that-runs-behind-300-blanks":     `<a href="` + strings.Repeat(" ", 300) + `javascript:1"/>`,
	"with-a-link-that-runs-behind-600-lines":      `<a xlink:href="` + strings.Repeat("&#10;", 600) + `javascript:1"/>`,
	"with-a-link-cut-by-600-tabs":                 `<a href="java` + strings.Repeat("&#9;", 600) + `script:1"/>`,
	"with-a-link-to-a-file":                       `<a href="file:///etc/hostname"/>`,
	"with-a-link-to-a-program-of-windows":         `<a href="ms-msdt:/id"/>`,
	"with-a-link-to-a-search":                     `<a href="Search-MS:query=x&amp;crumb=location:\\192.0.2.1\a"/>`,
	"with-a-link-to-data-of-xml":                  `<a href=" data:application/rss+xml,x"/>`,
	"with-a-picture-elsewhere-by-backslashes":     `<image href="\\192.0.2.1\a.png"/>`,
	"with-a-picture-elsewhere-by-both-slashes":    `<image href="/\192.0.2.1/a.png"/>`,
	"with-a-picture-elsewhere-cut-by-a-tab":       `<image href="/&#9;/192.0.2.1/a.png"/>`,
	"with-a-picture-that-is-a-command":            `<image href="|touch a"/>`,
	"with-a-picture-that-is-a-list":               `<image href="@/etc/hostname"/>`,
	"with-a-picture-that-is-words-of-a-converter": `<image href="a.png&quot; image over 0,0 0,0 &quot;b"/>`,
	"with-a-picture-above":                        `<image href="a/../../b.png"/>`,
	"with-a-picture-above-by-percents":            `<image href="%2e%2E/b.png"/>`,
	"with-a-picture-above-by-percents-twice":      `<image href="a/%252e%252e/%252e%252e/b.png"/>`,
	"with-a-picture-above-by-backslashes":         `<image href="..\..\b.png"/>`,
	"with-a-picture-of-a-drawing-behind-blanks":   `<image href="` + strings.Repeat(" ", 600) + `data:image/svg+xml,x"/>`,
	"with-a-use-elsewhere-behind-blanks":          `<use href="` + strings.Repeat(" ", 600) + `data:image/svg+xml,x#x"/>`,
	"with-a-use-of-a-drawing-beside":              `<use href="other.svg#a"/>`,
	"with-an-entity-of-characters-in-an-address":  `<a href="java&#x73;cript&#58;1"/>`,
}

var svgStyleTricks = map[string]string{
	"with-styles-that-fetch-by-backslashes":          `<style>rect{mask-image:url("\\\\192.0.2.1/a")}</style>`,
	"with-styles-behind-a-comment-in-a-string":       `<style>a{content:"/*"} @import "a.css"; b{content:"*/"}</style>`,
	"with-styles-behind-a-string-that-ends":          "<style>a{content:'x\n;} b{fill:url(https://example.com/a)} c{content:'y'}</style>",
	"with-styles-behind-an-escaped-end":              "<style>a{content:'x\\\r\n';fill:url(https://example.com/a)}</style>",
	"with-styles-in-a-value-of-many-lines":           "<g style=\"content:'\n';fill:url(//192.0.2.1/a);x:''\"/>",
	"with-styles-behind-an-escape-of-nothing":        "<style>a{fill:x\\\nurl(//192.0.2.1/a)}</style>",
	"with-styles-behind-a-sign-of-nothing":           "<style>a{fill:#\\\nurl(//192.0.2.1/a)}</style>",
	"with-styles-by-a-set-of-pictures":               `<style>a{background:image-set("a.png" 1x, "//192.0.2.1/a" 2x)}</style>`,
	"with-styles-by-a-set-behind-a-comment":          `<style>a{background:image-set(/**/"//192.0.2.1/a" 1x)}</style>`,
	"with-styles-by-a-set-behind-a-gradient":         `<style>a{background:-webkit-image-set(linear-gradient(red,blue) 1x,"https://example.com/a" 2x)}</style>`,
	"with-styles-by-a-set-of-a-variable":             `<style>a{--x:"https://example.com/a";background:image-set(var(--x) 1x)}</style>`,
	"with-styles-by-src":                             `<style>@font-face{font-family:x;src:src("https://example.com/a")}</style>`,
	"with-styles-that-never-end":                     `<style>a{fill:url(//192.0.2.1/a</style>`,
	"with-styles-that-never-end-in-a-string":         `<style>@import url("//192.0.2.1/a</style>`,
	"with-styles-behind-an-old-comment":              `<style>&lt;!--@import "a.css";--></style>`,
	"with-styles-by-entities-and-cdata":              `<style>&#64;im<![CDATA[po]]><!-- -->rt "a.css";</style>`,
	"with-styles-split-by-an-element":                `<style>@imp<desc>x</desc>ort "a.css";</style>`,
	"with-styles-by-an-escape-in-the-middle":         `<style>@imp\6frt "x"</style>`,
	"with-styles-that-name-an-address-in-capitals":   `<style>a{fill:URL( HTTPS://example.com/a )}</style>`,
	"with-styles-of-a-path-of-the-server":            `<style>a{fill:url(/etc/hostname)}</style>`,
	"with-styles-of-a-path-above":                    `<rect fill="url('../../a.svg#x')"/>`,
	"with-a-style-that-runs-through-comments":        `<rect style="width:exp/* */ression(alert(1))"/>`,
	"with-a-mask-elsewhere":                          `<rect mask="url(&quot;//192.0.2.1/a#x&quot;)"/>`,
	"with-a-pointer-elsewhere":                       `<rect cursor="url(https://example.com/a.cur),auto"/>`,
	"with-a-fill-elsewhere-by-an-animation":          `<rect><animate attributeName="fill" values="red;url(https://example.com/a#x)"/></rect>`,
	"with-styles-of-a-page":                          `<foreignObject><div xmlns="http://www.w3.org/1999/xhtml" style="background:url(https://example.com/a)"/></foreignObject>`,
	"with-styles-of-mathml":                          `<foreignObject><math xmlns="http://www.w3.org/1998/Math/MathML" style="background:url(https://example.com/a)"/></foreignObject>`,
	"with-styles-whose-address-is-behind-600-blanks": `<style>a{fill:url(` + strings.Repeat(" ", 600) + `//192.0.2.1/a)}</style>`,
}

// svgTypeTricks are drawings whose document type makes more of them.
func svgTypeTricks() []Case {
	cases := []Case{}
	add := func(name, doctype, inside string) {
		cases = append(cases, hostileFile("svg-"+name+".svg", svgType, airlock.ActiveContent, literally(doctype+svgOpen+inside+"</svg>")))
	}
	const xhtml = `PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"`
	const both = `PUBLIC "-//W3C//DTD XHTML 1.1 plus MathML 2.0 plus SVG 1.1//EN" "http://www.w3.org/2002/04/xhtml-math-svg/xhtml-math-svg.dtd"`
	add("with-the-document-type-of-xhtml", `<!DOCTYPE svg `+xhtml+`>`, `<a href="javascript&colon;1"/>`)
	add("with-an-address-by-an-entity-of-xhtml", `<!DOCTYPE svg `+both+`>`, `<a href="javascript&colon;1"/>`)
	add("with-an-address-by-an-entity-of-svg", svgDTD, `<a href="java&Tab;script:1"/>`)
	add("with-styles-by-an-entity-of-xhtml", `<!DOCTYPE svg `+both+`>`, `<style>&commat;import "a.css";</style>`)
	add("with-a-namespace-by-an-entity-of-xhtml", `<!DOCTYPE svg `+both+`>`, `<x:script xmlns:x="http&colon;//www.w3.org/2000/svg">1</x:script>`)
	add("with-a-namespace-by-its-document-type", `<!DOCTYPE svg [<!ATTLIST x:meta xmlns:x CDATA #FIXED "http://www.w3.org/1999/xhtml"><!ATTLIST b xmlns:x CDATA #FIXED "urn:h">]>`, `<x:meta http-equiv="refresh" content="0;url=https://example.com/"/>`)
	add("with-a-namespace-by-a-type-of-many-attributes", `<!DOCTYPE svg [<!ATTLIST g id ID #IMPLIED kind (a|b) "a" xmlns:x CDATA 'http://www.w3.org/1999/xhtml'>]>`, `<g/>`)
	add("with-another-xlink-by-its-document-type", `<!DOCTYPE svg [<!ATTLIST svg xmlns:xlink CDATA #FIXED "http://www.w3.org/1999/xhtml">]>`, ``)
	add("with-a-picture-moved-by-its-document-type", `<!DOCTYPE svg [<!ATTLIST image xmlns CDATA #FIXED "http://www.w3.org/1999/xlink">]>`, `<image href="https://example.com/a.png"/>`)
	add("with-an-address-by-its-document-type", `<!DOCTYPE svg [<!ATTLIST a xlink:href CDATA "javascript:1">]>`, `<a/>`)
	add("with-a-type-that-hides-behind-a-bracket", `<!DOCTYPE svg [<!ATTLIST a t CDATA ">" onclick CDATA "1">]>`, `<a/>`)
	add("with-an-attribute-by-its-document-type", `<!DOCTYPE svg [<!ATTLIST a target CDATA "_top">]>`, `<a/>`)
	add("with-an-instruction-in-its-document-type", `<!DOCTYPE svg [<?xml-stylesheet href="a.xsl" type="text/xsl"?>]>`, ``)
	add("with-a-document-type-of-a-user-at-w3c", `<!DOCTYPE svg SYSTEM "http://www.w3.org@192.0.2.1/svg.dtd">`, ``)
	add("with-a-document-type-above", `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "../svg11.dtd">`, ``)
	add("with-an-entity-that-becomes-markup", `<!DOCTYPE svg [<!ENTITY x "&#60;script>1&#60;/script>">]>`, `&x;`)
	add("with-an-entity-that-becomes-another", `<!DOCTYPE svg [<!ENTITY x "&#38;#106;avascript:1">]>`, `<a href="&x;"/>`)
	add("with-an-entity-that-is-a-colon", `<!DOCTYPE svg [<!ENTITY c "&#58;">]>`, `<a href="javascript&c;1"/>`)
	add("with-an-entity-of-a-program", `<!DOCTYPE svg [<!NOTATION n SYSTEM "a"><!ENTITY x SYSTEM "a.bin" NDATA n>]>`, ``)
	return cases
}

// svgLikeTricks are refused for another reason.
func svgLikeTricks() []Case {
	cases := []Case{}
	add := func(name string, want airlock.Reason, s string) {
		cases = append(cases, hostileFile("svg-"+name+".svg", svgType, want, literally(s)))
	}
	add("with-a-link-behind-100000-blanks", airlock.Uninspectable, svgOpen+`<a href="`+strings.Repeat(" ", 100_000)+`javascript:1"/></svg>`)
	add("with-a-fill-behind-100000-blanks", airlock.Uninspectable, svgOpen+`<rect fill="`+strings.Repeat(" ", 100_000)+`url(//192.0.2.1/a)"/></svg>`)
	add("with-an-address-behind-a-mebibyte-of-others", airlock.Uninspectable, svgOpen+"<a"+longAttributes(20, 60_000)+` href="javascript:1"/></svg>`)
	add("in-utf7-behind-600-blanks", airlock.Uninspectable, `<?xml version="1.0"`+strings.Repeat(" ", 600)+`encoding="UTF-7"?>`+svgOpen+`+ADw-script+AD4-</svg>`)
	add("in-utf7-with-a-mark", airlock.Uninspectable, "\xef\xbb\xbf"+`<?xml version="1.0" encoding="UTF-7"?>`+svgOpen+`</svg>`)
	add("with-two-encodings", airlock.Malformed, `<?xml version="1.0" encoding="utf-8" encoding="utf-7"?>`+svgOpen+`</svg>`)
	add("with-a-declaration-without-end", airlock.Malformed, `<?xml version="1.0"`+strings.Repeat(" ", 2000)+`encoding="utf-7"?>`+svgOpen+`</svg>`)
	add("with-a-blank-of-xml-1.1-in-a-name", airlock.Malformed, `<?xml version="1.1"?>`+svgOpen+"<g/><x:script\u0085 xmlns:x=\"http://www.w3.org/2000/svg\"/></svg>")
	add("with-a-reference-in-a-declaration", airlock.Malformed, `<!DOCTYPE svg [<!ATTLIST a %x;>]>`+svgOpen+`</svg>`)
	add("with-a-conditional-section", airlock.Malformed, `<!DOCTYPE svg [<![INCLUDE[<!ENTITY x "y">]]>]>`+svgOpen+`</svg>`)
	add("with-a-public-type-without-place", airlock.Malformed, `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN">`+svgOpen+`</svg>`)
	return cases
}

// longAttributes are n attributes of size bytes each.
func longAttributes(n, size int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a" + string(rune('a'+i)) + `="` + strings.Repeat("x", size) + `"`)
	}
	return b.String()
}

// moreHonestSVGs look like the tricks, and are none.
func moreHonestSVGs() []Case {
	cases := []Case{}
	add := func(name string, make func() []byte) {
		cases = append(cases, honestFile("svg-"+name+".svg", svgType, make))
	}
	const draw = `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"`
	add("of-coreldraw", literally(draw+` [
	<!ATTLIST svg xmlns:xodm CDATA #FIXED "http://www.corel.com/coreldraw/odm/2003">
]>`+svgOpen+`<metadata id="x"/></svg>`))
	add("of-gnuplot", literally(draw+` [ <!ATTLIST svg xmlns:xlink CDATA #FIXED 'http://www.w3.org/1999/xlink' xml:space (default|preserve) 'preserve'> ]>`+svgOpen+`<a xlink:href="#a"/></svg>`))
	add("with-xlink-by-its-type", literally(`<!DOCTYPE svg [<!ATTLIST svg xmlns:xlink CDATA #FIXED "http://www.w3.org/1999/xlink">]><svg xmlns="http://www.w3.org/2000/svg"><g id="a"/><use xlink:href="#a"/></svg>`))
	add("with-a-style-of-another-program", svgWith(`<metadata><style xmlns="urn:program"><name>@import is its name</name></style></metadata>`))
	add("with-its-namespace-by-its-type", literally(`<!DOCTYPE svg [<!ATTLIST svg xmlns CDATA #FIXED "http://www.w3.org/2000/svg"><!-- > --><!ELEMENT svg (g|rect)*>]>`+`<svg><rect/></svg>`))
	add("with-a-type-that-only-checks", literally(`<!DOCTYPE svg [<!ATTLIST rect kind (a|b) #IMPLIED id ID #REQUIRED>]>`+svgOpen+`<rect id="a" kind="b"/></svg>`))
	add("with-an-entity-by-number", literally(`<!DOCTYPE svg [<!ENTITY euro "&#8364;"><!ENTITY lt "&#38;#60;"><!ENTITY st "fill:#fff;">]>`+svgOpen+`<text style="&st;">&euro; &lt;</text></svg>`))
	add("with-an-entity-of-w3cs-in-a-text", literally(svgDTD+svgOpen+`<text>a&nbsp;b</text></svg>`))
	add("with-a-type-beside", literally(`<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.0//EN" "svg10.dtd">`+svgOpen+`</svg>`))
	add("with-a-prefix-called-href", literally(strings.Replace(svgOpen, "<svg ", `<svg xmlns:href="https://example.com/" `, 1)+svgRect+"</svg>"))
	add("of-plantuml", literally(`<?xml version="1.0" encoding="us-ascii" standalone="no"?>`+svgOpen+`<?plantuml 1.2024.6?><g/></svg>`))
	add("with-styles-of-many-kinds", svgWith(`<style>@charset "utf-8"; @namespace svg url(http://www.w3.org/2000/svg);
a::after{content:"http://example.com/ is only text; url(//x) too"} /* "@import 'x'" it's */ b{fill:url( "#g" )}
c{background:image-set("a.png" 1x, url(b.png) 2x type("image/png"))} #behavior:hover{x:1} d{mask:url(m.svg#a)}
e{content:"\22 \A"; width:calc(1px + (2px * 3))} @media (min-width:1px){f{fill:red}}</style><path style="fill:url(#a)" d="M0 0"/>`))
	add("with-styles-of-fonts", svgWith(`<style>@font-face{font-family:"x y";src:local("x"),url(data:application/font-woff;charset=utf-8;base64,`+strings.Repeat("A", 3000)+`) format("woff"),url(fonts/x.woff2)}</style>`))
	add("with-a-source-of-a-diagram", literally(strings.Replace(svgOpen, "<svg ", `<svg content="&lt;mxfile&gt;`+strings.Repeat("A", 80_000)+`" `, 1)+svgRect+"</svg>"))
	add("with-a-large-picture-inside", svgWith(`<image href="data:image/jpeg;base64,`+strings.Repeat("AAAA\n", 40_000)+`"/>`))
	add("with-a-picture-below", svgWith(`<image href="images/100%25%20of it...v1..2.png"/><image xlink:href="./b.jpg"/>`))
	add("with-links-of-many-kinds", svgWith(`<a href="tel:+1"/><a href="ftp://example.com/a"/><a href="../other.svg?a=b:c#d"/><a href="/top"/><a href="//example.com/"/><a href="C:\a.svg"/>`))
	add("with-a-handler-of-nothing", svgWith(`<rect onclick="" onload=" "/>`))
	add("with-a-picture-in-a-label", svgWith(`<foreignObject><div xmlns="http://www.w3.org/1999/xhtml"><p>a</p><img alt="a" src="data:image/png;base64,`+strings.Repeat("AAAA", 30_000)+`"/></div></foreignObject>`))
	add("with-a-morphing-path", svgWith(`<path d="M0 0"><animate attributeName="d" values="`+strings.Repeat("M0 0L1 1;", 10_000)+`"/></path>`))
	add("with-a-formula", svgWith(`<foreignObject width="9" height="9"><math xmlns="http://www.w3.org/1998/Math/MathML"><mi href="https://example.com/">x</mi></math></foreignObject>`))
	add("with-a-base-of-its-facts", svgWith(`<metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xml:base="https://example.com/"><r:Description r:about=""/></r:RDF></metadata>`))
	add("with-notes-of-other-programs", svgWith(`<g xmlns:i="urn:program" i:style="url(https://example.com/)" i:file="C:\a(b)\c.svg" i:only="1"><i:x href="https://example.com/"/></g>`))
	return cases
}
