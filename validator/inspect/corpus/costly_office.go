package corpus

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// officeCostly are documents and tables that make their inspectors keep, fetch or compute the most.
func officeCostly() []Case {
	cost := func(name, mediaType string, make func() []byte) Case {
		return Case{Name: "costly-" + name, Type: mediaType, Make: make}
	}
	field := code("IF ", code("QUOTE 68 68 69"), ` = "a" "b"`) + `<mc:AlternateContent><mc:Choice>` + code("PAGE") + `</mc:Choice></mc:AlternateContent>`
	return []Case{
		cost("docx-of-long-names.docx", docxType, func() []byte {
			return docxOf(parts{"[Content_Types].xml": typesWith("word/document.xml", docxMain, numbered(4500, `<Override PartName="/%d-`+strings.Repeat("a", 3900)+`" ContentType="x"/>`))})
		}),
		cost("docx-of-fields.docx", docxType, func() []byte { return docxOf(inText(strings.Repeat(field, 20_000))) }),
		cost("docx-of-one-tag.docx", docxType, func() []byte {
			return docxOf(parts{"word/document.xml": strings.Replace(wordText(""), "<w:body>", "<w:body "+numbered(300_000, `a%d="&#32;" `)+">", 1)})
		}),
		cost("docx-of-rtf.docx", docxType, func() []byte {
			return docxOf(rtf(strings.Repeat(`{\field{\*\fldinst{\b `, 20) + strings.Repeat(`\'41\u66?{\*\x y}`, 500_000)))
		}),
		cost("docx-of-documents.docx", docxType, func() []byte {
			all := parts{}
			book := string(pack(xlsxParts, nil))
			for i := range 1500 {
				all[fmt.Sprintf("word/embeddings/%d.xlsx", i)] = book
			}
			return docxOf(all)
		}),
		cost("xlsx-of-formulas.xlsx", xlsxType, func() []byte {
			return pack(xlsxParts, formulaCell(strings.Repeat(`_xlfn.IMAGE("x",A(&amp;1|'b'c,`, 400_000)))
		}),
		cost("xlsx-of-one-formula-without-references.xlsx", xlsxType, func() []byte {
			return pack(xlsxParts, formulaCell("<![CDATA["+numbered(700_000, `"'%d"&`)+"]]>"))
		}),
		cost("odt-of-locked-parts.odt", odtType, func() []byte {
			manifest := odfParts(odtType, "")["META-INF/manifest.xml"]
			more := numbered(4500, `<manifest:file-entry manifest:full-path="%d`+strings.Repeat("a", 3900)+`"><manifest:encryption-data/></manifest:file-entry>`)
			return pack(odfParts(odtType, ""), parts{"META-INF/manifest.xml": strings.Replace(manifest, "</manifest:manifest>", more+"</manifest:manifest>", 1)})
		}),
		cost("ods-of-formulas.ods", odsType, func() []byte {
			return pack(odfParts(odsType, ""), body(odsType, strings.Repeat(`<table:table-cell table:formula="of:=DDE(&quot;soffice&quot;;&quot;a&quot;)+['b'#$c.A1]+DDE(&quot;soffice&quot;"/>`, 200_000)))
		}),
		cost("doc-of-entries.doc", docType, func() []byte {
			return oleOf{streams: append(wordParts(), storages(40_000)...)}.make()
		}),
		cost("doc-scattered.doc", docType, func() []byte {
			return oleOf{scattered: true, streams: []olePart{{path: "WordDocument", data: fib(0, strings.Repeat("\x13x", 3<<20))}}}.make()
		}),
		cost("doc-of-entries-of-one-chain.doc", docType, oneChain),
		cost("xls-of-links.xls", xlsType, func() []byte {
			var more []any
			for range 100_000 {
				more = append(more, recordBook, supBook("\x01Data\x03b.xls", true))
			}
			return oleOf{streams: []olePart{{path: "Workbook", data: workbook(0, bofSheet, more...)}}}.make()
		}),
		cost("csv-of-links.csv", "text/csv", literally("a,b\n="+strings.Repeat(`HYPERLINK("x",`, 500_000))),
		cost("csv-of-signs.csv", "text/csv", literally(strings.Repeat("\"=a|(\n-(|,\"", 700_000))),
		cost("xml-of-a-packed-object.xml", xmlType, func() []byte {
			return []byte(flatWord(`<w:docOleData><w:binData w:name="oledata.mso">` + inBase64(string(oleOf{streams: append(wordParts(), storages(30_000)...)}.make())) + `</w:binData></w:docOleData>`))
		}),
		cost("xml-of-fields.xml", xmlType, func() []byte { return []byte(flatWord(strings.Repeat(field, 6_000))) }),
	}
}

// numbered is a format with the numbers below n.
func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func storages(n int) []olePart {
	parts := make([]olePart, n)
	for i := range parts {
		parts[i] = olePart{path: fmt.Sprintf("%031d/", i)}
	}
	return parts
}

// oneChain is a document with many objects that share one chain of sectors, which lie far apart.
func oneChain() []byte {
	b := oleOf{scattered: true, streams: append(wordParts(olePart{path: "x/\x01Ole10Native", data: strings.Repeat("\x02\x00", 2<<20)}), storages(20_000)...)}.make()
	le := binary.LittleEndian
	name := wide("\x01Ole10Native")
	shared := strings.Index(string(b), name)
	for at := shared - shared%128; at+128 <= len(b); at += 128 {
		if b[at+66] == 1 && b[at+64] == 64 { // one of the storages
			copy(b[at:at+64], append([]byte(name), make([]byte, 64)...))
			le.PutUint16(b[at+64:], uint16(len(name)+2))
			b[at+66] = 2
			copy(b[at+116:at+128], b[shared+116:shared+128])
		}
	}
	return b
}
