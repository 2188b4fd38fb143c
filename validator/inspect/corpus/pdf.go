package corpus

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"airlock"
)

func pdfCases() []Case {
	return slices.Concat(honestPDFs(), activePDFs(), brokenPDFs(), recoveredPDFs(), readablePDFs(), elsewherePDFs())
}

func honestFile(name, mediaType string, make func() []byte) Case {
	return Case{Name: name, Type: mediaType, Make: make}
}

func hostileFile(name, mediaType string, want airlock.Reason, make func() []byte) Case {
	return Case{Name: name, Type: mediaType, Want: want, Make: make}
}

func honestPDFs() []Case {
	cases := []Case{}
	add := func(name string, make func() []byte) {
		cases = append(cases, honestFile("pdf-"+name+".pdf", pdfType, make))
	}
	behind := func(tail string) func() []byte { return func() []byte { return append(onePDF("")(), tail...) } }
	add("of-one-page", onePDF(""))
	add("with-newlines-behind-its-end", behind("\n\r\n\r\n"))
	add("padded-with-zeros", behind(strings.Repeat("\x00", 2048)))
	add("with-a-makers-note-behind-its-end", behind("printed by invoice-writer 3.2 at desk 5\n"))
	add("without-eof-mark", func() []byte { return bytes.TrimSuffix(onePDF("")(), []byte("%%EOF\n")) })
	add("with-carriage-returns-only", func() []byte { return bytes.ReplaceAll(onePDF("")(), []byte("\n"), []byte("\r")) })
	add("with-objects-in-streams", packedPDF("", flated, "<</Producer (a)>>", "[1 2 3]"))
	add("with-objects-in-streams-without-filter", packedPDF("", func(s string) (string, string) { return "", s }, "<</Producer (a)>>"))
	add("with-a-png-predictor", packedPDF("", upPredicted, "<</Producer (a)>>", "<</Title (A longer title)>>"))
	add("of-version-2", func() []byte { return bytes.Replace(onePDF("")(), []byte("%PDF-1.7"), []byte("%PDF-2.0"), 1) })
	add("that-opens-at-a-page", onePDF("/OpenAction [3 0 R /FitH 792]"))
	add("that-opens-by-an-action", onePDF("/OpenAction <</S /GoTo /D [3 0 R /Fit]>>"))
	add("with-links", onePDF("", "<</Type /Annot /Subtype /Link /A <</S /URI /URI (https://example.com/?a=\\(b\\))>>>>"))
	add("with-a-form-that-is-sent", onePDF("/AcroForm <</Fields [5 0 R]>>", "<</FT /Btn /T (send) /A <</S /SubmitForm /F <</FS /URL /F (https://example.com/f.com)>>>>>>"))
	add("whose-text-speaks-of-scripts", onePDF("", "<</Title (/S /JavaScript /JS \\(x\\) and (nested /Launch) parentheses) /Subject <2F4A617661536372697074> >> % /JavaScript"))
	add("whose-page-draws-the-word-JavaScript", onePDF("", pdfStream("", "BT /JavaScript 12 Tf (/S /Launch) Tj ET")))
	add("with-an-empty-xfa", onePDF("/AcroForm <</Fields [] /XFA null>>"))
	add("with-an-invoice-as-xml", attached("factur-x.xml", "/Type /EmbeddedFile /Subtype /text#2Fxml", pdfInvoice))
	add("with-an-attached-table", attached("data.csv", "/Type /EmbeddedFile", "a,b\n1,2\n"))
	add("with-an-attached-pdf", func() []byte { return attached("other.pdf", "/Type /EmbeddedFile", string(onePDF("")()))() })
	add("with-an-attached-document", attached("a.docx", "/Type /EmbeddedFile", string(docxOf(nil))))
	add("with-an-attached-old-document", attached("a.doc", "/Type /EmbeddedFile", string(oleOf{streams: wordParts()}.make())))
	add("with-an-attached-archive", attached("a.zip", "/Type /EmbeddedFile", string(goZip("a.txt", "a", "A.txt", "b"))))
	add("with-an-attached-letter", attached("a.rtf", "/Type /EmbeddedFile", `{\rtf1\ansi a letter}`))
	add("with-an-attached-text-in-utf-16", attached("a.txt", "/Type /EmbeddedFile", "\xff\xfe"+wide("a < b")))
	add("with-a-length-elsewhere", onePDF("", "<</Length 6 0 R>>\nstream\n(abc) Tj\nendstream", "8"))
	add("with-a-wrong-length", onePDF("", "<</Length 3>>\nstream\n(abc) Tj and more\nendstream"))
	add("with-a-filter-elsewhere", func() []byte {
		b := packedPDF("", func(s string) (string, string) { return "/Filter 77 0 R", zlibbed(s) }, "[1]", "[2]")()
		return append(b, "77 0 obj [/FlateDecode] endobj\n"...)
	})
	add("updated-twice", func() []byte {
		m := onePage("")
		first := len(m.end())
		m.object("<</Title (second)>>")
		return bytes.Replace(m.end(), []byte("Size 5"), fmt.Appendf(nil, "Size 5 /Prev %d", first%10), 1)
	})
	add("linearized", func() []byte {
		m := newPDF()
		m.object("<</Linearized 1 /L 000000 /H [1 2] /O 3 /E 4 /N 1 /T 5>>")
		m.object("<</Type /Catalog>>")
		b := m.end()
		return bytes.Replace(b, []byte("/L 000000"), fmt.Appendf(nil, "/L %06d", len(b)), 1)
	})
	add("that-carries-its-source", onePDF("/AdditionalStreams [/application#2Fvnd.oasis.opendocument.text 5 0 R]", pdfStream("", emptyZip)))
	add("with-embedded-zip-in-the-middle", attached("sources.docx", "/Type /EmbeddedFile", "just text, named so"))
	return cases
}

func activePDFs() []Case {
	cases := []Case{}
	add := func(name string, make func() []byte) {
		cases = append(cases, hostileFile("pdf-"+name+".pdf", pdfType, airlock.ActiveContent, make))
	}
	add("with-script-on-open", onePDF("/OpenAction "+pdfScript))
	add("with-script-in-names", onePDF("/Names <</JavaScript <</Names [(a) 5 0 R]>>>>", pdfScript))
	add("with-script-when-a-page-opens", onePDF("", "<</AA <</O "+pdfScript+">>>>"))
	add("with-script-by-hex-in-its-name", onePDF("/OpenAction <</S /J#61va#53cript /JS (x)>>"))
	add("with-script-behind-a-comment", onePDF("/OpenAction <</S%comment )>>\n/JavaScript /JS (x)>>"))
	add("with-script-whose-kind-is-elsewhere", onePDF("/OpenAction <</S 5 0 R /JS (x)>>", "/JavaScript"))
	add("with-script-in-an-object-stream", packedPDF("/OpenAction 6 0 R", flated, pdfScript))
	add("with-script-in-an-object-stream-unpacked", packedPDF("/OpenAction 6 0 R", func(s string) (string, string) { return "", s }, pdfScript))
	add("with-script-packed-twice", packedPDF("/OpenAction 6 0 R", func(s string) (string, string) {
		return "/Filter [/FlateDecode /FlateDecode]", zlibbed(zlibbed(s))
	}, pdfScript))
	add("with-script-in-hex-and-flate", packedPDF("/OpenAction 6 0 R", func(s string) (string, string) {
		return "/Filter [/ASCIIHexDecode /FlateDecode]", hex.EncodeToString([]byte(zlibbed(s))) + ">"
	}, pdfScript))
	add("with-script-in-ascii85", packedPDF("/OpenAction 6 0 R", func(s string) (string, string) {
		return "/Filter /ASCII85Decode", ascii85ed(s)
	}, pdfScript))
	add("with-script-in-lzw", packedPDF("/OpenAction 6 0 R", func(s string) (string, string) { return "/Filter /LZWDecode", lzwed(s) }, pdfScript))
	add("with-script-in-run-lengths", packedPDF("/OpenAction 6 0 R", func(s string) (string, string) { return "/Filter /RL", runs(s) }, pdfScript))
	add("with-script-behind-a-predictor", packedPDF("/OpenAction 6 0 R", upPredicted, pdfScript))
	add("with-script-by-a-filter-in-an-object", func() []byte {
		b := packedPDF("/OpenAction 6 0 R", func(s string) (string, string) { return "/Filter 77 0 R", zlibbed(s) }, pdfScript)()
		return append(b, "77 0 obj /FlateDecode endobj\n"...)
	})
	add("with-script-in-an-untyped-object-stream", func() []byte {
		return bytes.Replace(packedPDF("/OpenAction 6 0 R", flated, pdfScript)(), []byte("/Type /ObjStm"), []byte("/Kind /ObjStm"), 1)
	})
	add("with-script-inside-a-string-of-an-object-stream", func() []byte {
		m := onePage("/OpenAction 6 0 R")
		filter, data := flated("6 1 (" + pdfScript + ")")
		m.stream("/Type /ObjStm /N 1 /First 4 "+filter, data)
		return xrefStream(m, 1)
	})
	add("with-an-object-in-a-streams-raw-bytes", onePDF("/OpenAction 9 0 R", pdfStream("/Type /XObject /Subtype /Image", "\xff\xd8 9 0 obj "+pdfScript+" endobj \xff\xd9")))
	add("with-an-object-in-a-string", onePDF("/OpenAction 9 0 R", "(title\n9 0 obj "+pdfScript+" endobj)"))
	add("with-an-object-behind-its-end", func() []byte { return append(onePDF("/OpenAction 9 0 R")(), "9 0 obj "+pdfScript+" endobj\n"...) })
	add("with-a-comment-before-obj", func() []byte {
		return append(onePDF("/OpenAction 9 0 R")(), "9 0 % (\nobj"+pdfScript+" endobj\n"...)
	})
	add("with-a-lying-length", onePDF("/OpenAction 9 0 R", "<</Length 100000>>\nstream\nx\nendstream\nendobj\n9 0 obj\n"+pdfScript))
	add("with-a-missing-endobj", onePDF("/OpenAction 9 0 R", "<</A 1>>\n9 0 obj\n"+pdfScript))
	add("that-starts-a-program", onePDF("/OpenAction <</S /Launch /Win <</F (cmd.exe)>>>>"))
	add("that-starts-a-program-elsewhere", onePDF("/OpenAction <</S 5 0 R /F (a)>>", "/Launch"))
	add("with-rich-media", onePDF("", "<</Type /Annot /Subtype /RichMedia /RichMediaContent <<>>>>"))
	add("that-goes-to-an-embedded-file", onePDF("/OpenAction <</S /GoToE /D (a) /T <</R /C /N (x)>>>>"))
	add("that-goes-to-another-computer", onePDF("/OpenAction <</S /GoToR /D [0 /Fit] /F (\\\\\\\\192.0.2.1\\\\share)>>"))
	add("with-an-xfa-form", onePDF("/AcroForm <</XFA [(template) 5 0 R] /Fields []>>", pdfStream("", "<xdp/>")))
	add("that-imports-data", onePDF("/OpenAction <</S /ImportData /F (a.fdf)>>"))
	add("with-a-script-of-a-rendition", onePDF("/OpenAction <</S /Rendition /OP 4 /JS (x)>>"))
	add("with-a-script-of-a-3d-model", onePDF("", pdfStream("/Type /3D /Subtype /U3D /OnInstantiate 4 0 R", "U3D")))
	add("with-an-embedded-exe", attached("setup.exe", "/Type /EmbeddedFile", pdfFakeEXE))
	add("with-an-embedded-exe-called-text", attached("readme.txt", "/Type /EmbeddedFile", pdfFakeEXE))
	add("with-an-untyped-embedded-exe", attached("readme.txt", "", pdfFakeEXE))
	add("with-an-embedded-script", attached("run.txt", "/Type /EmbeddedFile", "#!/bin/sh\nexit 0\n"))
	add("with-an-embedded-batch-file", attached("list.txt", "/Type /EmbeddedFile", "@ECHO OFF\r\nrem inert\r\n"))
	add("with-an-embedded-macro-document", attached("report.docm", "/Type /EmbeddedFile", "PK"))
	add("with-an-embedded-document-with-macros", attached("a.docx", "/Type /EmbeddedFile", string(docmOf())))
	add("with-an-embedded-old-document-with-macros", attached("a.doc", "/Type /EmbeddedFile", string(oleOf{streams: wordParts(macros("Macros/")...)}.make())))
	add("with-an-embedded-letter-with-an-object", attached("a.doc", "/Type /EmbeddedFile", `{\rtf1{\object\objemb{\*\objdata 0105}}}`))
	add("with-an-embedded-page-in-utf-16", attached("a.html", "/Type /EmbeddedFile", "\xff\xfe"+wide("<html><script>alert(1)</script></html>")))
	add("with-an-embedded-program-by-a-name-in-utf16", onePDF("", "<</Type /Filespec /UF <FEFF0061002E006A0073> /EF <</F 6 0 R>>>>", pdfStream("", "x")))
	add("with-an-embedded-exe-whose-table-is-elsewhere", onePDF("", "<</Type /Filespec /F (a.txt) /EF 6 0 R>>", "<</F 7 0 R>>", pdfStream("", pdfFakeEXE)))
	add("with-an-embedded-pdf-with-script", func() []byte {
		return attached("other.pdf", "/Type /EmbeddedFile", string(onePDF("/OpenAction "+pdfScript)()))()
	})
	return cases
}

func brokenPDFs() []Case {
	cases := []Case{}
	add := func(name string, want airlock.Reason, make func() []byte) {
		cases = append(cases, hostileFile("pdf-"+name+".pdf", pdfType, want, make))
	}
	text := func(s string) func() []byte { return func() []byte { return []byte(s) } }
	add("of-a-head-only", airlock.Malformed, text("%PDF-1.7\n"))
	add("of-a-head-and-noise", airlock.Malformed, func() []byte { return append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{0x8f, 0x12, 0xc3}, 2000)...) })
	add("cut-in-half", airlock.Malformed, func() []byte { b := onePDF("")(); return b[:len(b)/2] })
	add("cut-in-its-last-object", airlock.Malformed, func() []byte {
		b := onePDF("", "<</Title (last)>>")()
		return b[:bytes.LastIndex(b, []byte("last"))]
	})
	add("linearized-and-cut", airlock.Malformed, func() []byte {
		m := newPDF()
		m.object("<</Linearized 1 /L 900000 /H [1 2] /O 3 /E 4 /N 1 /T 5>>")
		return m.end()
	})
	add("with-a-broken-object-stream", airlock.Malformed, packedPDF("", func(s string) (string, string) { return "/Filter /FlateDecode", "xx\xff\xff\xff" + s }, pdfScript))
	add("that-is-a-page-too", airlock.TypeMismatch, func() []byte {
		return bytes.Replace(onePDF("")(), []byte("%\xe2"), []byte("%<script>alert(1)</script>\xe2"), 1)
	})
	add("that-is-a-page-without-objects", airlock.TypeMismatch, text("%PDF-1.7\n<!DOCTYPE html><html><body>x</body></html>"))
	add("with-zip-behind-its-end", airlock.TrailingData, func() []byte { return append(onePDF("")(), emptyZip...) })
	add("with-a-zip-that-hides-the-end-in-its-comment", airlock.TrailingData, func() []byte {
		return append(onePDF("")(), "PK\x05\x06"+strings.Repeat("\x00", 16)+"\x06\x00%%EOF\n"...)
	})
	add("with-exe-behind-its-end", airlock.TrailingData, func() []byte { return append(onePDF("")(), pdfFakeEXE...) })
	add("with-exe-between-two-ends", airlock.TrailingData, func() []byte { return append(onePDF("")(), pdfFakeEXE+"\n%%EOF\n"...) })
	add("with-a-page-behind-its-end", airlock.TrailingData, func() []byte {
		return append(onePDF("", "("+strings.Repeat("long ", 300)+")")(), "<html><script>1</script></html>"...)
	})
	add("encrypted", airlock.Encrypted, func() []byte {
		m := onePage("", "<</Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O (o) /U (u)>>")
		m.trailer = "/Encrypt 5 0 R"
		return m.end()
	})
	add("encrypted-by-a-stream", airlock.Encrypted, func() []byte {
		m := onePage("", pdfStream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", "\x8f\x11 encrypted"))
		m.trailer = "/Encrypt <</Filter /Standard /V 4>>"
		return xrefStream(m, 0)
	})
	add("with-objects-behind-an-unknown-filter", airlock.Uninspectable, packedPDF("", func(s string) (string, string) { return "/Filter /BrotliDecode", s }, pdfScript))
	add("with-objects-behind-a-filter-that-is-a-page", airlock.Uninspectable, packedPDF("", func(s string) (string, string) { return "/Filter 3 0 R", zlibbed(s) }, pdfScript))
	add("with-objects-behind-two-filters", airlock.Uninspectable, packedPDF("", func(s string) (string, string) { return "/Filter /ASCIIHexDecode /Filter /FlateDecode", zlibbed(s) }, pdfScript))
	add("with-objects-behind-a-predictor-that-is-no-integer", airlock.Uninspectable, packedPDF("", func(s string) (string, string) {
		filter, data := upPredicted(s)
		return strings.Replace(filter, "12", "12.0", 1), data
	}, pdfScript))
	add("with-objects-behind-a-line-of-its-own", airlock.Uninspectable, func() []byte {
		b := packedPDF("", flated, pdfScript)()
		i := bytes.Index(b, []byte("/ObjStm"))
		j := i + bytes.Index(b[i:], []byte("stream\n"))
		return slices.Concat(b[:j], []byte("stream x\x9c\x03\x00"), b[j+len("stream"):])
	})
	add("with-objects-behind-a-filter-that-is-there-twice", airlock.Uninspectable, func() []byte {
		b := packedPDF("/OpenAction 6 0 R", func(s string) (string, string) { return "/Filter 77 0 R", zlibbed(s) }, pdfScript)()
		return append(b, "77 0 obj /FlateDecode endobj\n77 0 obj /ASCIIHexDecode endobj\n"...)
	})
	add("that-is-a-tar-too", airlock.TypeMismatch, func() []byte {
		b := []byte("%PDF-1.7\n%" + strings.Repeat("x", 246) + "\nustar\x00")
		return append(b, onePDF("")()...)
	})
	add("with-a-zip-before-its-last-lines", airlock.TrailingData, func() []byte {
		b := onePDF("")()
		i := bytes.LastIndex(b, []byte("startxref"))
		return slices.Concat(b[:i], []byte(emptyZip), b[i:])
	})
	add("with-objects-behind-a-picture-filter", airlock.Uninspectable, packedPDF("", func(s string) (string, string) { return "/Filter [/DCTDecode]", s }, pdfScript))
	add("with-a-thousand-brackets", airlock.Uninspectable, onePDF("", strings.Repeat("[", 1000)+strings.Repeat("]", 1000)))
	bomb := Case{Name: "pdf-with-an-object-stream-that-unpacks-to-megabytes.pdf", Type: pdfType, Want: airlock.Bomb,
		Make:   packedPDF("", flated, "("+strings.Repeat(" ", 4<<20)+")"),
		Change: func(p *airlock.Profile) { p.Limits.MaxUnpackedBytes = 1 << 20 }}
	deep := Case{Name: "pdf-in-pdf-in-pdf.pdf", Type: pdfType, Want: airlock.Bomb, Make: func() []byte {
		b := onePDF("")()
		for range 2 {
			b = attached("a.pdf", "/Type /EmbeddedFile", string(b))()
		}
		return b
	}, Change: func(p *airlock.Profile) { p.Limits.MaxDepth = 1 }}
	return append(cases, bomb, deep,
		Case{Name: "pdf-with-script-that-the-profile-takes.pdf", Type: pdfType, Make: onePDF("/OpenAction " + pdfScript),
			Change: func(p *airlock.Profile) { p.ActiveContent = "allow" }},
		Case{Name: "pdf-encrypted-that-the-profile-takes.pdf", Type: pdfType, Make: func() []byte {
			m := onePage("", pdfStream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", "\x8f\x11 encrypted"))
			m.trailer = "/Encrypt <</Filter /Standard /V 4>>"
			return xrefStream(m, 0)
		}, Change: func(p *airlock.Profile) { p.Limits.Encrypted = "allow" }},
		Case{Name: "pdf-encrypted-with-script-in-the-open.pdf", Type: pdfType, Want: airlock.ActiveContent, Make: func() []byte {
			m := onePage("/OpenAction " + pdfScript)
			m.trailer = "/Encrypt <</Filter /Standard /V 4>>"
			return m.end()
		}, Change: func(p *airlock.Profile) { p.Limits.Encrypted = "allow" }},
		Case{Name: "pdf-by-its-head-only.pdf", Type: pdfType, Make: onePDF(""),
			Change: func(p *airlock.Profile) { p.Inspect = "header" }},
	)
}

// emptyZip is an archive of nothing: an end of central directory (APPNOTE 4.3.16).
const emptyZip = "PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
