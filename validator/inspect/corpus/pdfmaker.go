package corpus

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"fmt"
	"strings"
)

const pdfType = "application/pdf"

// pdfMaker writes PDFs, each object in its place.
type pdfMaker struct {
	b       bytes.Buffer
	offsets []int  // of objects 1, 2, ...
	trailer string // what the trailer holds besides Size and Root
}

func newPDF() *pdfMaker {
	m := &pdfMaker{}
	m.b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return m
}

// object adds one and answers its number.
func (m *pdfMaker) object(body string) int {
	m.offsets = append(m.offsets, m.b.Len())
	fmt.Fprintf(&m.b, "%d 0 obj\n%s\nendobj\n", len(m.offsets), body)
	return len(m.offsets)
}

func (m *pdfMaker) stream(dict, data string) int {
	return m.object(pdfStream(dict, data))
}

func pdfStream(dict, data string) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// end writes the table and the trailer; object 1 is the catalog.
func (m *pdfMaker) end() []byte {
	at := m.b.Len()
	fmt.Fprintf(&m.b, "xref\n0 %d\n0000000000 65535 f \n", len(m.offsets)+1)
	for _, off := range m.offsets {
		fmt.Fprintf(&m.b, "%010d 00000 n \n", off)
	}
	fmt.Fprintf(&m.b, "trailer\n<</Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n", len(m.offsets)+1, m.trailer, at)
	return m.b.Bytes()
}

// onePage is a document of one page, with more in its catalog and more objects, which begin at 5.
func onePage(catalog string, more ...string) *pdfMaker {
	m := newPDF()
	m.object("<</Type /Catalog /Pages 2 0 R " + catalog + ">>")
	m.object("<</Type /Pages /Kids [3 0 R] /Count 1>>")
	m.object("<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources <</Font <</F1 <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>>")
	m.stream("", "BT /F1 24 Tf 72 720 Td (Hello) Tj ET")
	for _, o := range more {
		m.object(o)
	}
	return m
}

// onePDF makes a document of onePage.
func onePDF(catalog string, more ...string) func() []byte {
	return func() []byte { return onePage(catalog, more...).end() }
}

// packedPDF has its objects, from 5 on, in an object stream, and a cross-reference stream. pack
// makes of the objects a stream's dictionary and data.
func packedPDF(catalog string, pack func(objects string) (filter, data string), objects ...string) func() []byte {
	return func() []byte {
		m := onePage(catalog)
		table, body := "", ""
		for i, o := range objects {
			table += fmt.Sprintf("%d %d ", 6+i, len(body))
			body += o + "\n"
		}
		filter, data := pack(table + body)
		m.stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d %s", len(objects), len(table), filter), data)
		return xrefStream(m, len(objects))
	}
}

// xrefStream ends m by a cross-reference stream, where n objects lie in object 5.
func xrefStream(m *pdfMaker, n int) []byte {
	var rows bytes.Buffer
	row := func(kind byte, off, index int) {
		rows.Write([]byte{kind, byte(off >> 16), byte(off >> 8), byte(off), byte(index)})
	}
	row(0, 0, 255)
	for _, off := range m.offsets {
		row(1, off, 0)
	}
	for i := range n {
		row(2, 5, i)
	}
	at := m.b.Len()
	row(1, at, 0)
	size := rows.Len() / 5
	fmt.Fprintf(&m.b, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", size-1,
		pdfStream(fmt.Sprintf("/Type /XRef /Size %d /W [1 3 1] /Root 1 0 R %s /Filter /FlateDecode", size, m.trailer), zlibbed(rows.String())), at)
	return m.b.Bytes()
}

func zlibbed(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func flated(s string) (string, string) { return "/Filter /FlateDecode", zlibbed(s) }

func ascii85ed(s string) string {
	b := make([]byte, ascii85.MaxEncodedLen(len(s)))
	return string(b[:ascii85.Encode(b, []byte(s))]) + "~>"
}

// upPredicted packs s in rows of 8 with PNG's filter Up.
func upPredicted(s string) (string, string) {
	var rows []byte
	above := make([]byte, 8)
	for ; len(s) > 0; s = s[min(8, len(s)):] {
		row := make([]byte, 8)
		copy(row, s)
		rows = append(rows, 2)
		for i, b := range row {
			rows = append(rows, b-above[i])
		}
		above = row
	}
	return "/Filter [/FlateDecode] /DecodeParms [<</Predictor 12 /Columns 8>>]", zlibbed(string(rows))
}

// runs packs s by RunLengthDecode, without any runs.
func runs(s string) string {
	var b strings.Builder
	for ; len(s) > 0; s = s[min(128, len(s)):] {
		b.WriteByte(byte(min(128, len(s)) - 1))
		b.WriteString(s[:min(128, len(s))])
	}
	return b.String() + "\x80"
}

// lzwed packs s by LZWDecode in codes of 9 bits, cleared before they grow.
func lzwed(s string) string {
	var b []byte
	bits, have := uint32(0), 0
	put := func(code uint32) {
		bits, have = bits<<9|code, have+9
		for ; have >= 8; have -= 8 {
			b = append(b, byte(bits>>(have-8)))
		}
	}
	for i := range len(s) {
		if i%100 == 0 {
			put(256)
		}
		put(uint32(s[i]))
	}
	put(257)
	put(0)
	return string(b)
}

const (
	pdfScript   = "<</S /JavaScript /JS (app.alert\\(1\\))>>"
	pdfInvoice  = `<?xml version="1.0"?><rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>`
	pdfFakeEXE  = "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00 inert"
	pdfFilespec = "<</Type /Filespec /F (%s) /UF (%s) /AFRelationship /Data /EF <</F 6 0 R /UF 6 0 R>>>>"
)

// attached is a document with one embedded file.
func attached(name, typed, data string) func() []byte {
	filter, packed := flated(data)
	return onePDF("/Names <</EmbeddedFiles <</Names [(x) 5 0 R]>>>>",
		fmt.Sprintf(pdfFilespec, name, name), pdfStream(typed+" "+filter, packed))
}
