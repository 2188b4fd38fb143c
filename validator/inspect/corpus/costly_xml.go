package corpus

import (
	"bytes"
	"fmt"
	"strings"
)

const costlyBytes = 7 << 20 // each stays below 8 MiB

// repeatedParts is head, what part makes of 0, 1, 2 and so on, and tail.
func repeatedParts(head string, part func(b *bytes.Buffer, i int), tail string) func() []byte {
	return func() []byte {
		var b bytes.Buffer
		b.Grow(costlyBytes + 1<<20)
		b.WriteString(head)
		for i := 0; b.Len() < costlyBytes; i++ {
			part(&b, i)
		}
		b.WriteString(tail)
		return b.Bytes()
	}
}

func xmlCostly() []Case {
	return []Case{
		honestFile("svg-costly-parts-and-uses.svg", svgType, repeatedParts(svgOpen, func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, `<g id="%x"><use href="#%x"/><use href="#%x"/><use href="#%x"/></g>`, i, i*7&0x1ffff, i*11&0x1ffff, i*13&0x1ffff)
		}, "</svg>")),
		honestFile("svg-costly-styles.svg", svgType, repeatedParts(svgOpen+"<style>", func(b *bytes.Buffer, _ int) {
			b.WriteString(`a{fill:url(\23 \61);x:image-set("a\2e png" 1x)}/**/`)
		}, "</style></svg>")),
		honestFile("svg-costly-fills.svg", svgType, repeatedParts(svgOpen, func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, `<g fill="url(#%d)" class="a%d b%d"/>`, i, i, i)
		}, "</svg>")),
		honestFile("svg-costly-rules.svg", svgType, repeatedParts(svgOpen+"<style>", func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, ".%d,a%d{fill:url(#%d)}", i, i, i)
		}, "</style></svg>")),
		honestFile("svg-costly-entities.svg", svgType, costlyEntities),
		honestFile("xml-costly-added-attributes-kept.xml", xmlType, repeatedParts("<!DOCTYPE a [", func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, `<!ATTLIST e%x a CDATA ''>`, i)
		}, "]><a/>")),
		honestFile("xml-costly-added-attributes.xml", xmlType, costlyDefaults),
		honestFile("xml-costly-namespaces.xml", xmlType, costlyNamespaces),
		honestFile("xml-costly-long-names.xml", xmlType, costlyNames),
	}
}

// costlyEntities are all that are kept, and as many references as may be.
func costlyEntities() []byte {
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE svg [")
	text := strings.Repeat("x", 4000)
	for i := range 999 {
		fmt.Fprintf(&b, `<!ENTITY e%s%d "%s">`, strings.Repeat("n", 900), i, text)
	}
	b.WriteString(`<!ENTITY a "">]>` + svgOpen + "<text>" + strings.Repeat("&a;", 700_000) + "</text></svg>")
	return b.Bytes()
}

// costlyDefaults are attributes that are added to elements, which have many of their own.
func costlyDefaults() []byte {
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE r [<!ATTLIST a")
	for i := range 16 {
		fmt.Fprintf(&b, ` d%d CDATA ""`, i)
	}
	b.WriteString(">]><r>")
	var element bytes.Buffer
	element.WriteString("<a")
	for i := range 4080 {
		fmt.Fprintf(&element, ` e%x=""`, i)
	}
	element.WriteString("/>")
	for b.Len() < costlyBytes {
		b.Write(element.Bytes())
	}
	b.WriteString("</r>")
	return b.Bytes()
}

// costlyNamespaces are as many prefixes as may be, and attributes of each.
func costlyNamespaces() []byte {
	var b bytes.Buffer
	b.WriteString("<r")
	for i := range 512 {
		fmt.Fprintf(&b, ` xmlns:p%d="urn:%s"`, i, strings.Repeat("n", 1000))
	}
	b.WriteString(">")
	var element bytes.Buffer
	element.WriteString("<a")
	for i := range 4096 {
		fmt.Fprintf(&element, ` p%d:a%x=""`, i%512, i)
	}
	element.WriteString("/>")
	for b.Len() < costlyBytes {
		b.Write(element.Bytes())
	}
	b.WriteString("</r>")
	return b.Bytes()
}

// costlyNames are elements that lie in one another as deep as they may, with the longest names, and then
// one with as many attributes as are kept.
func costlyNames() []byte {
	var b bytes.Buffer
	long := strings.Repeat("n", 1016)
	for i := range 999 {
		fmt.Fprintf(&b, "<%s%d>", long, i)
	}
	b.WriteString("<a")
	for i := range 900 {
		fmt.Fprintf(&b, ` %s%d="x"`, long, i)
	}
	b.WriteString("/>" + strings.Repeat("<b c='d'>e</b>", 250_000))
	for i := 998; i >= 0; i-- {
		fmt.Fprintf(&b, "</%s%d>", long, i)
	}
	return b.Bytes()
}
