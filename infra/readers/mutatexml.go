package readers

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

const (
	xmlBefore    = `<[A-Za-z/?!]`              // between two pieces of markup
	xmlWithin    = `<[A-Za-z][\w:.-]*()[\s/>]` // behind an element's name
	xmlAddress   = `="((?:java|http|//|data:|file:|ms-|url)[^"<]*)"`
	xmlValue     = `(?s)[\w:.-]+=(?:"([^"<]*)"|'x')`      // an attribute's value
	xmlAttribute = `(?s)\s([\w:.-]+=(?:"[^"]*"|'[^']*'))` // one
)

var (
	// xmlHostile run, fetch or read, each where a reader looks for it.
	xmlHostile = []string{
		`<script>window.x=1</script>`, `<script xmlns="http://www.w3.org/1999/xhtml">window.x=1</script>`, `<script xmlns="http://www.w3.org/2000/svg" href="data:,window.x=1"/>`,
		`<s:script xmlns:s="http://www.w3.org/2000/svg">window.x=1</s:script>`, `<image href="http://192.0.2.1/a.png"/>`, `<image xlink:href="//192.0.2.1/a.png"/>`, `<image xmlns:xmlnsx="http://www.w3.org/1999/xlink" xmlnsx:href="//192.0.2.1/a.png"/>`,
		`<x:script>window.x=1</x:script>`, `<x:include href="file:///etc/hostname" parse="text"/>`, `<x:meta http-equiv="refresh" content="0;url=//192.0.2.1/"/>`, `<x:a href="javascript:window.x=1">x</x:a>`, `<x:svg onload="window.x=1"/>`,
		`<a href="javascript:window.x=1"><text y="9">x</text></a>`, `<a xlink:href="javascript:window.x=1"><text y="9">x</text></a>`,
		`<h:a xmlns:h="http://www.w3.org/1999/xhtml" href="javascript:window.x=1">x</h:a>`, `<style>@import url(//192.0.2.1/a.css);</style>`, `<rect style="fill:url(http://192.0.2.1/a#b)"/>`,
		`<rect fill="url(http://192.0.2.1/a#b)" width="9" height="9"/>`, `<rect onclick="window.x=1"/>`, `<g onload="window.x=1"/>`, `<set attributeName="onload" to="window.x=1"/>`,
		`<a><set attributeName="href" to="javascript:window.x=1"/><text y="9">x</text></a>`, `<use href="http://192.0.2.1/a#b"/>`, `<feImage href="http://192.0.2.1/a"/>`,
		`<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>`, `<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="http://192.0.2.1/x"/>`,
		`<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="//192.0.2.1/"/></foreignObject>`, `<meta xmlns="http://www.w3.org/1999/xhtml" http-equiv="refresh" content="0;url=//192.0.2.1/"/>`,
		`<img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="window.x=1"/>`, `<link xmlns="http://www.w3.org/1999/xhtml" rel="stylesheet" href="//192.0.2.1/a"/>`,
		`<?xml-stylesheet href="//192.0.2.1/a.css"?>`, `<?xml-stylesheet type="text/xsl" href="#a"?>`, `<maction xmlns="http://www.w3.org/1998/Math/MathML" href="javascript:window.x=1">x</maction>`,
	}
	xmlSubset = []string{
		`<!ENTITY x SYSTEM "file:///etc/hostname">`, `<!ENTITY % p SYSTEM "http://192.0.2.1/p">%p;`, `<!ENTITY x "javascript:window.x=1">`, `<!ENTITY colon ":">`, `<!ENTITY % p "<!ENTITY x 'y'>">%p;`,
		`<!ATTLIST x:script xmlns:x CDATA #FIXED "http://www.w3.org/1999/xhtml">`, `<!ATTLIST svg onload CDATA "window.x=1">`, `<!ATTLIST a href CDATA "javascript:window.x=1">`,
		`<!ATTLIST svg xmlns:xlink CDATA #FIXED "http://www.w3.org/1999/xlink">`, `<!ATTLIST a xmlns CDATA "http://www.w3.org/1999/xhtml">`, `<!ATTLIST script xmlns CDATA #FIXED "http://www.w3.org/2000/svg">`,
		`<!ATTLIST x:include xmlns:x CDATA #FIXED "http://www.w3.org/2001/XInclude">`, `<!NOTATION n SYSTEM "http://192.0.2.1/n">`, `<!ELEMENT a ANY>`,
	}
	xmlType  = regexp.MustCompile(`(?s)<!DOCTYPE[^>\[]*(\[[^\]]*\])?\s*>`)
	xmlDecl  = regexp.MustCompile(`^(?:\xef\xbb\xbf)?<\?xml[^>]*\?>`)
	xmlFirst = regexp.MustCompile(`<([A-Za-z_][\w:.-]*)`)
)

var xmlWays = []way{
	anywhere(xmlBefore, xmlHostile...), anywhere(xmlBefore, xmlHostile...), anywhere(xmlBefore, xmlHostile...),
	anywhere(xmlBefore, "<!-- -->", "<!-->-->", "<?x y?>", "<![CDATA[>]]>", "\x0c", "\u00a0", "\ufeff", "&#0;", "&#x41;", "\x00", "\x80", "&nbsp;", "]]>", "\u2028"),
	anywhere(xmlWithin, ` xmlns:xmlnsx="http://www.w3.org/1999/xlink" xmlnsx:href="//192.0.2.1/a"`, ` xml:base="http://192.0.2.1/"`, ` xml:base="file:///etc/"`, ` xmlns="http://www.w3.org/1999/xhtml"`,
		` xmlns="http://www.w3.org/2000/svg"`, ` xmlns=""`, ` onload="window.x=1"`, ` ONLOAD="window.x=1"`, ` x:onload="window.x=1" xmlns:x="http://www.w3.org/2000/svg"`, ` onclick="window.x=1"`,
		` href="javascript:window.x=1"`, ` style="background:url(//192.0.2.1/a)"`, ` style="fill:url(//192.0.2.1/a#b)"`, ` xlink:href="//192.0.2.1/a"`, ` src="//192.0.2.1/a"`, ` xml:space="preserve"`,
		` mask="url(//192.0.2.1/a#b)"`, ` cursor="url(//192.0.2.1/a),auto"`, ` begin="click"`, ` attributeName="href"`),
	replacing(`[ "]`, func(r *rand.Rand, s string) string {
		return s + pick(r, []string{"\t", "\n", "\r", "\u0085", "\u2028", "\u00a0", "\x0c", "&#9;", "&#xa0;", "&#x1;", "&#10;", "\u200b", strings.Repeat(" ", 300), strings.Repeat(" ", 5000)})
	}),
	replacing(xmlValue, reference), replacing(xmlValue, reference), replacing(xmlValue, reference),
	replacing(xmlValue, func(r *rand.Rand, s string) string {
		return pick(r, []string{"javascript:window.x=1", "JAVASCRIPT:window.x=1", "java&#10;script:window.x=1", "&#1;javascript:window.x=1", "javascript&colon;window.x=1", "//192.0.2.1/a", `\\192.0.2.1\a`,
			`/\192.0.2.1/a`, "http:192.0.2.1/a", "data:image/svg+xml,<svg/>", "file:///etc/hostname", "vbscript:1", "url(//192.0.2.1/a)", "../a", "&x;", "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"})
	}),
	replacing(xmlAddress, respelled), replacing(xmlAddress, respelled), replacing(xmlAddress, respelled),
	attlisted, attlisted, attlisted, attlisted, typed,
	renamed, renamed, moved, moved, declared, declared, declared, charset, charset,
	replacing(`</?([A-Za-z][\w.-]*)`, func(r *rand.Rand, s string) string {
		return pick(r, []string{strings.ToUpper(s), "svg:" + s, "x:" + s, "a", "script", "style", "image", "use", s})
	}),
	replacing(`\s([\w.-]+:)?[\w.-]+=`, func(r *rand.Rand, _ string) string {
		return pick(r, []string{" href=", " xlink:href=", " x:href=", " xmlns:x=", " xmlns=", " onload=", " style=", " src=", " xml:base=", " xml:href="})
	}),
	doubled(xmlAttribute), cut, spliced, spliced,
	replacing(`>([^<>]+)<`, func(r *rand.Rand, s string) string {
		return pick(r, []string{"<![CDATA[" + s + "]]>", "<!---->" + s, "&#60;" + s, each(r, s, 2, func(c rune) string { return fmt.Sprintf("&#x%x;", c) })})
	}),
}

// reference spells some characters of a value in another way that is the same.
func reference(r *rand.Rand, s string) string {
	format := pick(r, []string{"&#%d;", "&#x%x;", "&#x%X;", "&#000%d;", "&#x00000%x;"})
	return each(r, s, 1+r.IntN(5), func(c rune) string {
		if c == ':' && r.IntN(3) == 0 {
			return "&colon;"
		}
		return fmt.Sprintf(format, c)
	})
}

// respelled writes an address in another way that leads to the same place, or might.
func respelled(r *rand.Rand, s string) string {
	scheme, rest, _ := strings.Cut(s, ":")
	switch r.IntN(8) {
	case 0, 1, 2:
		return strings.Repeat(pick(r, []string{" ", "&#32;", "&#9;", "&#1;", "\n", "\u00a0", "&#x2003;"}), pick(r, []int{1, 100, 300, 600, 5000})) + s
	case 3:
		return each(r, scheme, 2, func(c rune) string { return pick(r, []string{"&#9;", "&#10;", "\n", "&#xad;", "&Tab;"}) + string(c) }) + ":" + rest
	case 4:
		return strings.ToUpper(scheme) + ":" + rest
	case 5:
		return scheme + pick(r, []string{"&colon;", "&#58;", "&#x3a;", "\uff1a", ": ", ":&#10;"}) + rest
	case 6:
		return strings.ReplaceAll(s, "/", pick(r, []string{`\`, "&sol;", "&#47;", "&bsol;", "/&#9;"}))
	default:
		return reference(r, s)
	}
}

// attlisted takes an element's or an attribute's namespace from the document type, where another
// declaration may gainsay it.
func attlisted(r *rand.Rand, data, _ []byte) []byte {
	spaces := []string{"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/2001/XInclude", "http://www.w3.org/1999/XSL/Transform"}
	from, to, ok := somewhere(r, data, regexp.MustCompile(`<([a-z][\w:]*)`))
	if !ok {
		return data
	}
	name := string(data[from:to])
	_, local, found := strings.Cut(name, ":")
	if !found {
		local = name
	}
	one := fmt.Sprintf(`<!ATTLIST x:%s xmlns:x CDATA #FIXED "%s">`, local, pick(r, spaces))
	if r.IntN(4) == 0 {
		one = fmt.Sprintf(`<!ATTLIST %s xmlns:x CDATA #FIXED "%s">`, name, pick(r, spaces))
		data = regexp.MustCompile(`\s(?:xlink:)?href=`).ReplaceAll(data, []byte(" x:href="))
	} else {
		data = regexp.MustCompile(`(</?)`+regexp.QuoteMeta(name)+`([\s/>])`).ReplaceAll(data, []byte("${1}x:"+local+"$2"))
	}
	return subset(data, one+pick(r, []string{"", `<!ATTLIST b xmlns:x CDATA #FIXED "urn:h">`, `<!ATTLIST b xmlns:x CDATA "urn:h">`}))
}

// typed gives a document a type that everybody knows: some readers know its entities by heart.
func typed(r *rand.Rand, data, _ []byte) []byte {
	name := "svg"
	if m := xmlFirst.FindSubmatch(data); m != nil {
		name = string(m[1])
	}
	at := 0
	if m := xmlDecl.FindIndex(data); m != nil {
		at = m[1]
	}
	return put(xmlType.ReplaceAll(data, nil), min(at, len(data)), 0, "<!DOCTYPE "+name+" PUBLIC "+pick(r, []string{
		`"-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"`, `"-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd"`,
		`"-//W3C//DTD MathML 2.0//EN" "http://www.w3.org/Math/DTD/mathml2/mathml2.dtd"`, `"-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"`,
		`"-//W3C//ENTITIES" "http://www.w3.org@192.0.2.1/x.ent"`, `"-//Apple//DTD PLIST 1.0//EN" "http://192.0.2.1/PropertyList-1.0.dtd"`,
	})+">")
}

// renamed gives a prefix another name, or makes a namespace without one have one.
func renamed(r *rand.Rand, data, _ []byte) []byte {
	to := pick(r, []string{"p", "xmlnsx", "x", "XML", "xlinkx", "_", "é"})
	if r.IntN(2) == 0 {
		return bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("xlink:"), []byte(to+":")), []byte("xmlns:xlink="), []byte("xmlns:"+to+"="))
	}
	data = regexp.MustCompile(`(</?)([a-z])`).ReplaceAll(data, []byte("${1}"+to+":$2"))
	return bytes.ReplaceAll(data, []byte("xmlns="), []byte("xmlns:"+to+"="))
}

// moved makes an attribute's value an entity, or the attribute a default of the document type.
func moved(r *rand.Rand, data, _ []byte) []byte {
	from, to, ok := somewhere(r, data, regexp.MustCompile(xmlAttribute))
	if !ok {
		return data
	}
	name, value, _ := strings.Cut(string(data[from:to]), "=")
	if r.IntN(2) == 0 {
		return subset(put(data, from, to-from, name+`="&moved;"`), "<!ENTITY moved "+value+">")
	}
	element := "svg"
	if all := xmlFirst.FindAllSubmatch(data[:from], -1); len(all) > 0 {
		element = string(all[len(all)-1][1])
	}
	return subset(put(data, from, to-from, ""), fmt.Sprintf("<!ATTLIST %s %s CDATA %s%s>", element, name, pick(r, []string{"", "#FIXED "}), value))
}

func declared(r *rand.Rand, data, _ []byte) []byte { return subset(data, pick(r, xmlSubset)) }

// subset adds a declaration to a document type, which it makes if there is none.
func subset(data []byte, declaration string) []byte {
	if m := xmlType.FindSubmatchIndex(data); m != nil {
		if m[2] >= 0 {
			return put(data, m[3]-1, 0, declaration)
		}
		return put(data, m[1]-1, 0, " ["+declaration+"]")
	}
	at := 0
	if m := xmlDecl.FindIndex(data); m != nil {
		at = m[1]
	}
	name := "svg"
	if m := xmlFirst.FindSubmatch(data); m != nil {
		name = string(m[1])
	}
	return put(data, at, 0, "<!DOCTYPE "+name+" ["+declaration+"]>")
}

// charset says or has another encoding.
func charset(r *rand.Rand, data, _ []byte) []byte {
	bare := string(bytes.TrimPrefix(xmlDecl.ReplaceAll(data, nil), []byte("\xef\xbb\xbf")))
	switch r.IntN(7) {
	case 0:
		return []byte("\xff\xfe" + wide(bare, true))
	case 1:
		return []byte("\xfe\xff" + wide(bare, false))
	case 2:
		return []byte(wide(bare, true))
	case 3:
		return []byte("\xff\xfe" + wide(`<?xml version="1.0" encoding="UTF-16"?>`+bare, true))
	case 4:
		return []byte("\xef\xbb\xbf" + bare)
	default:
		return []byte(fmt.Sprintf(`<?xml version="1.0" encoding="%s"?>`, pick(r, []string{"UTF-16", "ISO-8859-1", "UTF-7", "windows-1252", "us-ascii", "utf-8", "Shift_JIS", "ISO-2022-JP", "GB18030", "x-user-defined"})) + bare)
	}
}

// spliced puts another document's root into this one.
func spliced(r *rand.Rand, data, other []byte) []byte {
	from, _, ok := somewhere(r, data, regexp.MustCompile(xmlBefore))
	if !ok || bytes.HasPrefix(other, []byte("\xff\xfe")) {
		return data
	}
	return put(data, from, 0, string(xmlType.ReplaceAll(xmlDecl.ReplaceAll(other, nil), nil)))
}
