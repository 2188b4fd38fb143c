package corpus

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf16"

	"airlock"
)

const (
	docType = "application/msword"
	xlsType = "application/vnd.ms-excel"
	pptType = "application/vnd.ms-powerpoint"
)

// fib begins a document of Word 97 (MS-DOC 2.5.2).
func fib(flags uint16, text string) string {
	b := make([]byte, 0x200)
	le := binary.LittleEndian
	le.PutUint16(b, 0xa5ec)
	le.PutUint16(b[2:], 0xc1)
	le.PutUint16(b[10:], flags)
	return string(b) + text + strings.Repeat("\x00", 4096)
}

func wide(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// biff is records of Excel: a number and its data, in turns.
func biff(records ...any) string {
	var b []byte
	for i := 0; i+1 < len(records); i += 2 {
		data := records[i+1].(string)
		b = binary.LittleEndian.AppendUint16(b, uint16(records[i].(int)))
		b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
		b = append(b, data...)
	}
	return string(b)
}

const (
	bofGlobals   = "\x00\x06\x05\x00\xbb\x0d\xcc\x07\x00\x00\x00\x00\x06\x00\x00\x00"
	bofSheet     = "\x00\x06\x10\x00\xbb\x0d\xcc\x07\x00\x00\x00\x00\x06\x00\x00\x00"
	bofMacros    = "\x00\x06\x40\x00\xbb\x0d\xcc\x07\x00\x00\x00\x00\x06\x00\x00\x00"
	recordBOF    = 0x0809
	recordEOF    = 0x000a
	recordSheet  = 0x0085
	recordLocked = 0x002f
	recordBook   = 0x01ae
	recordMore   = 0x003c
)

// workbook is the stream of a workbook with one sheet of a kind (MS-XLS 2.4.28), which begins by bof.
func workbook(kind byte, bof string, more ...any) string {
	globals := func(at uint32) string {
		sheet := string(binary.LittleEndian.AppendUint32(nil, at)) + "\x00" + string(kind) + "\x05\x00Sheet"
		return biff(append(append([]any{recordBOF, bofGlobals}, more...), recordSheet, sheet, recordEOF, "")...)
	}
	b := globals(0)
	return globals(uint32(len(b))) + biff(recordBOF, bof, recordEOF, "") + strings.Repeat("\x00", 4096)
}

// pptRecord is a record of PowerPoint (MS-PPT 2.3.1).
func pptRecord(version, kind uint16, data string) string {
	b := binary.LittleEndian.AppendUint16(nil, version)
	b = binary.LittleEndian.AppendUint16(b, kind)
	return string(binary.LittleEndian.AppendUint32(b, uint32(len(data)))) + data
}

func presentation(records string) string {
	return pptRecord(0xf, 0x03e8, pptRecord(1, 0x03e9, strings.Repeat("\x00", 40))+records) + strings.Repeat("\x00", 4096)
}

const currentUser = "\x00\x00\xf6\x0f\x17\x00\x00\x00\x14\x00\x00\x00\x5f\xc0\x91\xe3\x00\x00\x00\x00\x00\x00\xf4\x03\x03\x00\x00\x00"

// native is a file that was put into a document by the Packager.
func native(name, data string) string {
	path := `C:\Users\a\` + name
	b := "\x02\x00" + name + "\x00" + path + "\x00\x00\x00\x03\x00"
	b += string(binary.LittleEndian.AppendUint32(nil, uint32(len(path)+1))) + path + "\x00"
	b += string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + data
	return string(binary.LittleEndian.AppendUint32(nil, uint32(len(b)))) + b
}

const aProgram = "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00\xb8\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00This program cannot be run in DOS mode.\r\n$"

func deflatedOLE(b []byte) string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return string(binary.LittleEndian.AppendUint32(nil, uint32(len(b)))) + out.String()
}

// macros are what a project of VBA leaves in a compound file, without a line of code.
func macros(folder string) []olePart {
	return []olePart{{path: folder + "VBA/dir", data: "\x01\x00\xb0"}, {path: folder + "VBA/_VBA_PROJECT", data: "\xcc\x61\xff\xff"}, {path: folder + "PROJECT", data: "ID=\"{}\"\r\n"}}
}

func oleCase(name, mediaType string, want airlock.Reason, parts ...olePart) Case {
	ext := map[string]string{docType: "doc", xlsType: "xls", pptType: "ppt"}[mediaType]
	return Case{Name: "ole-" + name + "." + ext, Type: mediaType, Want: want, Make: oleOf{streams: parts}.make}
}

func wordParts(more ...olePart) []olePart {
	return append([]olePart{{path: "WordDocument", data: fib(0, someText)}, {path: "1Table", data: strings.Repeat("\x00", 5000)}, {path: "\x05SummaryInformation", data: strings.Repeat("\x00", 300)}}, more...)
}

func excelParts(more ...olePart) []olePart {
	return append([]olePart{{path: "Workbook", data: workbook(0, bofSheet)}}, more...)
}

func pptParts(records string, more ...olePart) []olePart {
	return append([]olePart{{path: "Current User", data: currentUser}, {path: "PowerPoint Document", data: presentation(records)}}, more...)
}

// changed is a case whose bytes are changed once they are made.
func changed(c Case, change func([]byte) []byte) Case {
	made := c.Make
	c.Make = func() []byte { return change(made()) }
	return c
}

func oleCases() []Case {
	return slices.Concat(honestOLE(), hostileOLE(), bookLinkCases(), clickedLinkCases(), putInCases(), oleShareCases())
}

// hyperlink is the object of a link (MS-OSHARED 2.3.7.1) that shows a text.
func hyperlink(flags uint32, moniker string) string {
	b := class("d0c9ea79f9bace118c8200aa004ba90b") + "\x02\x00\x00\x00" + string(binary.LittleEndian.AppendUint32(nil, flags|0x14))
	return b + "\x05\x00\x00\x00" + wide("here\x00") + moniker
}

func urlMoniker(address string) string {
	text := wide(address + "\x00")
	return class("e0c9ea79f9bace118c8200aa004ba90b") + string(binary.LittleEndian.AppendUint32(nil, uint32(len(text)))) + text
}

// putInCases are files that were put into a document, and objects that lie elsewhere.
func putInCases() []Case {
	object := func(name string, want airlock.Reason, stream, data string) Case {
		return oleCase(name, docType, want, wordParts(olePart{path: "ObjectPool/_1/" + stream, data: data})...)
	}
	unicode := func(data string, names ...string) string {
		var b strings.Builder
		b.WriteString(native("a.txt", data))
		for _, name := range names {
			b.WriteString(string(binary.LittleEndian.AppendUint32(nil, uint32(len(name)))) + wide(name))
		}
		return b.String()
	}
	linked := func(monikers string) string { return "\x01\x00\x00\x02\x01" + strings.Repeat("\x00", 19) + monikers }
	file := func(path, second string) string {
		b := class("0303000000000000c000000000000046") + "\x00\x00" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(path)+1))) + path + "\x00"
		b += "\xff\xff\xad\xde" + strings.Repeat("\x00", 20) + string(binary.LittleEndian.AppendUint32(nil, uint32(2*len(second)+6)))
		return b + string(binary.LittleEndian.AppendUint32(nil, uint32(2*len(second)))) + "\x03\x00" + wide(second)
	}
	composite := class("0903000000000000c000000000000046") + "\x02\x00\x00\x00"
	const packed, link = "\x01Ole10Native", "\x01Ole"
	page := "<html><script>alert(1)</script></html>"
	return []Case{
		object("text-put-in-with-names-in-unicode", "", packed, unicode("a note", `C:\a\a.txt`, "a.txt", `C:\a.txt`)),
		object("page-put-in", "", packed, native("a.html", "<html><p>x</p></html>")),
		object("script-put-in-by-its-name-in-unicode", airlock.ActiveContent, packed, unicode("a note", `C:\a\a.txt`, "a.js")),
		object("script-put-in-by-its-last-name-in-unicode", airlock.ActiveContent, packed, unicode("a note", `C:\a\a.txt`, "a.txt", `C:\a.vbs`)),
		object("file-put-in-with-a-name-of-5000-bytes", airlock.Uninspectable, packed, native(strings.Repeat("a", 5000)+".exe", "x")),
		object("page-with-a-script-put-in", airlock.ActiveContent, packed, native("a.html", page)),
		object("page-with-a-script-in-utf-16-put-in", airlock.ActiveContent, packed, native("a.html", "\xff\xfe"+wide(page))),
		object("shortcut-put-in-as-a-text", airlock.ActiveContent, packed, native("a.txt", "L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00")),
		object("page-with-a-script-as-a-package", airlock.ActiveContent, "Package", page),
		object("object-of-a-file", "", link, linked(composite+file(`C:\a.doc`, `C:\a.doc`)+class("0403000000000000c000000000000046")+"\x02\x00\x00\x00!\x00\x02\x00\x00\x00a\x00")),
		object("object-of-a-share", airlock.ActiveContent, link, linked(file(`\\example.org\s\a.doc`, ""))),
		object("object-of-a-share-in-unicode", airlock.ActiveContent, link, linked(file("a.doc", `\\example.org\s\a.doc`))),
		object("object-of-a-script", airlock.ActiveContent, link, linked(class("d30b2906aa48d2118432006008c3fbfc")+wide("http://example.org/a.sct"))),
		object("object-of-a-service", airlock.ActiveContent, link, linked(class("c7b0abec197fd211978e0000f8757e2a")+wide("http://example.org/a"))),
		object("object-made-of-a-file", airlock.ActiveContent, link, linked(composite+file(`C:\a.doc`, "")+class("c6afabec197fd211978e0000f8757e2a"))),
		object("object-of-a-scriptlet", airlock.ActiveContent, link, linked(file(`C:\a.sct`, ""))),
	}
}

// clickedLinkCases are links of workbooks and presentations that are followed by a click.
func clickedLinkCases() []Case {
	book := func(name string, want airlock.Reason, link string) Case {
		sheet := biff(recordBOF, bofSheet, 0x01b8, strings.Repeat("\x00", 8)+link, recordEOF, "")
		return oleCase(name, xlsType, want, olePart{path: "Workbook", data: workbook(0, bofSheet) + sheet})
	}
	asText := func(address string) string {
		return hyperlink(0x103, string(binary.LittleEndian.AppendUint32(nil, uint32(len(address)+1)))+wide(address+"\x00"))
	}
	file := func(path string) string {
		return hyperlink(3, class("0303000000000000c000000000000046")+"\x00\x00"+string(binary.LittleEndian.AppendUint32(nil, uint32(len(path)+1)))+path+"\x00")
	}
	slide := func(name string, want airlock.Reason, address string) Case {
		link := pptRecord(0xf, 0x0fd7, pptRecord(0, 0x0fd3, "\x01\x00\x00\x00")+pptRecord(0, 0x0fba, wide("here"))+pptRecord(1<<4, 0x0fba, wide(address)))
		return oleCase(name, pptType, want, pptParts(link+pptRecord(1<<4, 0x0fba, wide("search-ms: is a scheme")))...)
	}
	return []Case{
		book("excel-with-a-link", "", hyperlink(3, urlMoniker("https://example.org/?q=ms-msdt:"))),
		book("excel-with-a-link-as-a-text", "", asText("mailto:a@example.org")),
		book("excel-with-a-link-to-a-file", "", file(`..\a.xls`)),
		book("excel-with-a-link-to-settings", "", hyperlink(3, urlMoniker("ms-settings:display"))),
		book("order-as-a-link", airlock.ActiveContent, hyperlink(3, urlMoniker("ms-msdt:/id x"))),
		book("order-as-a-link-behind-blanks", airlock.ActiveContent, hyperlink(3, urlMoniker(strings.Repeat(" ", 900)+"search-ms:query=x"))),
		book("order-as-a-link-that-is-a-text", airlock.ActiveContent, asText("ms-msdt:/id x")),
		book("order-as-a-link-that-is-a-file", airlock.ActiveContent, file("search-ms:query=x")),
		book("order-as-a-link-far-down", airlock.ActiveContent, strings.Repeat("x", 32<<10-4200)+hyperlink(3, urlMoniker("javascript:alert(1)"))),
		slide("powerpoint-with-a-link-that-is-clicked", "", "https://example.org/"),
		slide("order-as-a-link", airlock.ActiveContent, "search-ms:query=x"),
	}
}

// supBook is a record of a link, with its path (MS-XLS 2.4.271).
func supBook(path string, wider bool) string {
	n := string(binary.LittleEndian.AppendUint16([]byte{1, 0}, uint16(len(path))))
	if wider {
		return n + "\x01" + wide(path)
	}
	return n + "\x00" + path
}

// bookLinkCases are links of workbooks: to others, to documents, to programs.
func bookLinkCases() []Case {
	book := func(name string, want airlock.Reason, more ...any) Case {
		return oleCase(name, xlsType, want, olePart{path: "Workbook", data: workbook(0, bofSheet, more...)})
	}
	const externName, externSheet = 0x0023, 0x0017
	old := func(path string) olePart {
		data := workbook(0, bofSheet, externSheet, string([]byte{byte(len(path))})+path)
		return olePart{path: "Book", data: strings.ReplaceAll(data, bofGlobals, "\x00\x05"+bofGlobals[2:])}
	}
	fragmented := oleOf{streams: wordParts(), scattered: true}
	return []Case{
		book("excel-linked-to-a-folder", "", recordBook, supBook("\x01Data\x03b.xls", false)),
		book("excel-linked-to-a-drive", "", recordBook, supBook("\x01\x01CUsers\x03a\x03b.xls", true)),
		book("excel-linked-to-a-root", "", recordBook, supBook("\x01\x02Data\x03b.xls", false)),
		book("excel-linked-to-an-object", "", recordBook, supBook("Word.Document.8\x03C:\\a.doc", false), externName, "\x10\x00\x00\x00\x00\x00"),
		book("excel-with-functions-of-an-add-in", "", recordBook, "\x01\x00\x01\x3a"),
		oleCase("excel-5-linked-to-a-folder", xlsType, "", old("\x01Data\x03b.xls")),
		oleCase("excel-5-linked-to-its-own-sheet", xlsType, "", old("\x03Sheet1")),
		{Name: "ole-scattered.doc", Type: docType, Make: fragmented.make},
		book("dde-with-a-dot", airlock.ActiveContent, recordBook, supBook("cmd.exe\x03/c calc", false)),
		book("dde-with-a-version", airlock.ActiveContent, recordBook, supBook("cmd.exe.1\x03/c calc", false)),
		book("dde-in-unicode", airlock.ActiveContent, recordBook, supBook("cmd\x03/c calc", true)),
		book("dde-on-a-file", airlock.ActiveContent, recordBook, supBook("mshta\x03C:\\a.txt", false)),
		book("dde-that-looks-like-a-document", airlock.ActiveContent, recordBook, supBook("Word.Document.8\x03C:\\a.doc", false), externName, "\x00\x00\x00\x00\x00\x00"),
		book("excel-linked-to-a-folder-in-two-records", "", recordBook, "\x01\x00\x0a\x00\x00\x01Data", recordMore, "\x00\x03b.xls"),
		book("dde-in-two-records", airlock.ActiveContent, recordBook, "\x01\x00\x0b\x00\x00cmd", recordMore, "\x00\x03/c calc"),
		book("dde-in-a-record-behind-its-flags", airlock.ActiveContent, recordBook, "\x01\x00\x0b\x00\x00", recordMore, "\x00cmd\x03/c calc"),
		book("dde-in-a-record-behind-its-length", airlock.ActiveContent, recordBook, "\x01\x00\x0b\x00", recordMore, "\x00cmd\x03/c calc"),
		book("dde-that-gets-wide", airlock.ActiveContent, recordBook, "\x01\x00\x0b\x00\x00cmd", recordMore, "\x01"+wide("\x03/c calc")),
		book("dde-of-300-letters", airlock.ActiveContent, recordBook, supBook("cmd\x03/c calc"+strings.Repeat("x", 300), false)),
		book("dde-of-9000-letters-as-a-document", airlock.ActiveContent, recordBook, supBook("Word.Document.8\x03C:\\"+strings.Repeat("x", 9000)+".doc", false)),
		book("dde-in-rich-text", airlock.ActiveContent, recordBook, "\x01\x00\x0b\x00\x08\x00\x00cmd\x03/c calc"),
		book("dde-in-spoken-text", airlock.ActiveContent, recordBook, "\x01\x00\x0b\x00\x0c\x00\x00\x00\x00\x00\x00cmd\x03/c calc"),
		book("object-of-the-web", airlock.ActiveContent, recordBook, supBook("Excel.Sheet.8\x03http://example.org/a.xls", false), externName, "\x10\x00\x00\x00\x00\x00"),
		book("object-of-a-share", airlock.ActiveContent, recordBook, supBook("Word.Document.8\x03\x01@example.org\x03s\x03a.doc", false), externName, "\x12\x00\x00\x00\x00\x00"),
		book("function-in-two-records", airlock.ActiveContent, 0x0018, "\x02\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00_xlfn.WEB", recordMore, "\x00SERVICE"),
		book("excel-that-sends-cells", airlock.ActiveContent, 0x0018, "\x02\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00_xlfn.WEBSERVICE"),
		oleCase("dde-in-a-sheet-of-excel-5", xlsType, airlock.ActiveContent, olePart{path: "Book", data: biff(recordBOF, "\x00\x05"+bofGlobals[2:], recordEOF, "") + biff(recordBOF, "\x00\x05"+bofSheet[2:], externSheet, "\x0bcmd\x03/c calc", recordEOF, "") + strings.Repeat("\x00", 4096)}),
		oleCase("dde-in-excel-5", xlsType, airlock.ActiveContent, old("cmd\x03/c calc")),
		oleCase("dde-for-excel-5-beside-97", xlsType, airlock.ActiveContent, excelParts(old("cmd\x03/c calc"))...),
		oleCase("dde-by-a-quote", docType, airlock.ActiveContent, olePart{path: "WordDocument", data: fib(0, "\x13 \x13 QUOTE 68 68 69 \x14DDE\x15 cmd\x14\x15")}),
		wordField("dde-behind-blanks", airlock.ActiveContent, "\x13"+strings.Repeat(" ", 80)+"DDEAUTO cmd \x14x\x15"),
		wordField("dde-behind-wide-blanks", airlock.ActiveContent, wide("\x13"+strings.Repeat(" ", 80)+"DDEAUTO cmd \x14x\x15")),
		wordField("dde-behind-wide-blanks-at-an-odd-place", airlock.ActiveContent, "x"+wide("\x13"+strings.Repeat(" ", 80)+"DDEAUTO cmd \x14x\x15")),
		wordField("dde-behind-a-field", airlock.ActiveContent, "\x13\x13 SET x y \x15"+strings.Repeat(" ", 20)+"DDEAUTO cmd \x14x\x15"),
		wordField("dde-behind-a-long-field", airlock.ActiveContent, "\x13\x13 SET x \""+strings.Repeat("y", 80)+"\" \x15DDEAUTO cmd \x14x\x15"),
		wordField("dde-around-a-field", airlock.ActiveContent, "\x13 DD\x13 SET x y \x15EAUTO cmd \x14x\x15"),
		wordField("dde-by-a-quote-behind-blanks", airlock.ActiveContent, "\x13\x13"+strings.Repeat(" ", 70)+"QUOTE 68 68 69 \x14DDE\x15 cmd \x14x\x15"),
		wordField("text-from-the-web-by-a-field", airlock.ActiveContent, "\x13 INCLUDETEXT \"http://example.org/a.doc\" \x14x\x15"),
		wordField("field-of-fields", "", "\x13 IF \x13 MERGEFIELD sex \x14f\x15 = \"f\" \"Ms\" \"Mr\" \x14Ms\x15 DDEAUTO is a field. \x13 PAGE \x14"+"1\x15"),
		wordField("text-of-a-neighbour", "", "\x13 INCLUDETEXT \"C:\\\\a.doc\" \x14x\x15 \x13 INCLUDEPICTURE \"http://example.org/a.png\" \x14\x01\x15"),
		oleCase("dde-in-an-object", docType, airlock.ActiveContent, wordParts(olePart{path: "ObjectPool/_1/WordDocument", data: fib(0, "\x13 DDEAUTO cmd \x14\x15")})...),
		oleCase("macro-sheet-in-an-object", docType, airlock.ActiveContent, wordParts(olePart{path: "ObjectPool/_1/Workbook", data: workbook(1, bofMacros)})...),
		oleCase("macro-sheet-in-a-file-put-in", docType, airlock.ActiveContent, wordParts(olePart{path: "ObjectPool/_1/\x01Ole10Native", data: native("a.xls", string(oleOf{streams: []olePart{{path: "Workbook", data: workbook(1, bofMacros)}}}.make()))})...),
		{Name: "ole-dde-scattered.doc", Type: docType, Want: airlock.ActiveContent, Make: oleOf{scattered: true, streams: []olePart{{path: "WordDocument", data: fib(0, strings.Repeat("x", 200_000)+"\x13 DDE cmd \x14\x15")}}}.make},
	}
}

// wordField is a document with a text that holds fields.
func wordField(name string, want airlock.Reason, text string) Case {
	return oleCase(name, docType, want, olePart{path: "WordDocument", data: fib(0, text)})
}

func honestOLE() []Case {
	picture := olePart{path: "ObjectPool/_1/\x01Ole10Native", data: native("notes.txt", "a note")}
	dde := strings.Repeat("x", 600) + "\x13 HYPERLINK \"https://example.org\" \x14 here\x15"
	return []Case{
		oleCase("word", docType, "", wordParts()...),
		oleCase("excel", xlsType, "", excelParts()...),
		oleCase("powerpoint", pptType, "", pptParts(pptRecord(0, 0x0ff3, strings.Repeat("\x00", 16)))...),
		oleCase("excel-5-and-97-at-once", xlsType, "", excelParts(olePart{path: "Book", data: workbook(0, bofSheet)})...),
		oleCase("word-with-fields", docType, "", olePart{path: "WordDocument", data: fib(0, dde)}),
		oleCase("word-with-a-text-put-in", docType, "", wordParts(picture)...),
		oleCase("word-with-a-workbook-inside", docType, "", wordParts(olePart{path: "ObjectPool/_2/Workbook", data: workbook(0, bofSheet)}, olePart{path: "ObjectPool/_2/\x01CompObj", data: "x"})...),
		oleCase("word-with-a-new-document-inside", docType, "", wordParts(olePart{path: "ObjectPool/_2/Package", data: string(docxOf(nil))})...),
		oleCase("word-with-an-archive-put-in", docType, "", wordParts(olePart{path: "ObjectPool/_2/\x01Ole10Native", data: native("a.zip", string(goZip("a", "b")))})...),
		{Name: "ole-sectors-of-4096.doc", Type: docType, Make: oleOf{streams: wordParts(), large: true}.make},
		changed(oleCase("last-sector-cut-short", docType, "", wordParts()...), func(b []byte) []byte { return b[:len(b)-100] }),
		changed(oleCase("zeros-behind-end", xlsType, "", excelParts()...), func(b []byte) []byte { return append(b, make([]byte, 3000)...) }),
		oleCase("excel-linked-to-word", xlsType, "", olePart{path: "Workbook", data: workbook(0, bofSheet, recordBook, "\x01\x00\x15\x00\x00Word.Document.8\x03a.doc")}),
		oleCase("excel-linked-to-a-workbook", xlsType, "", olePart{path: "Workbook", data: workbook(0, bofSheet, recordBook, "\x01\x00\x0a\x00\x00\x01b.xls\x03Sheet1")}),
		oleCase("powerpoint-with-a-chart", pptType, "", pptParts(pptRecord(1<<4, 0x1011, deflatedOLE(oleOf{streams: excelParts()}.make())))...),
		oleCase("powerpoint-with-a-link", pptType, "", pptParts(pptRecord(0, 0x0ff3, "\x00\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x08\x00\x00\x00\x00"))...),
		with(oleCase("macros-allowed", docType, "", wordParts(macros("Macros/")...)...), activeAllowed),
		with(oleCase("locked-but-allowed", docType, "", olePart{path: "WordDocument", data: fib(0x0100, "")}), func(p *airlock.Profile) { p.Limits.Encrypted = "allow" }),
	}
}

func activeAllowed(p *airlock.Profile) { p.ActiveContent = "allow" }

func class(id string) string { b, _ := hex.DecodeString(id); return string(b) }

func hostileOLE() []Case {
	dde := strings.Repeat("x", 600) + "\x13 DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe \"/k\" \x14\x15"
	inside := olePart{path: "ObjectPool/_1/\x01Ole10Native", data: native("setup.exe", aProgram)}
	macroBook := oleOf{streams: excelParts(macros("_VBA_PROJECT_CUR/")...)}.make()
	return []Case{
		oleCase("macros", docType, airlock.ActiveContent, wordParts(macros("Macros/")...)...),
		oleCase("macros", xlsType, airlock.ActiveContent, excelParts(macros("_VBA_PROJECT_CUR/")...)...),
		with(oleCase("macros-header-only", xlsType, airlock.ActiveContent, excelParts(macros("_VBA_PROJECT_CUR/")...)...), headerOnly),
		oleCase("macros-in-an-object", docType, airlock.ActiveContent, wordParts(macros("ObjectPool/_1/_VBA_PROJECT_CUR/")...)...),
		oleCase("macros-in-powerpoint", pptType, airlock.ActiveContent, pptParts(pptRecord(0xf, 0x03ff, pptRecord(2, 0x0400, "\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00")))...),
		oleCase("macros-in-powerpoints-storage", pptType, airlock.ActiveContent, pptParts(pptRecord(1<<4, 0x1011, deflatedOLE(oleOf{streams: macros("")}.make())))...),
		oleCase("macros-in-powerpoints-object", pptType, airlock.ActiveContent, pptParts(pptRecord(0, 0x1011, string(macroBook)))...),
		oleCase("macro-sheet", xlsType, airlock.ActiveContent, olePart{path: "Workbook", data: workbook(1, bofMacros)}),
		oleCase("macro-sheet-that-says-it-is-none", xlsType, airlock.ActiveContent, olePart{path: "Workbook", data: workbook(0, bofMacros)}),
		oleCase("macro-sheet-in-excel-5", xlsType, airlock.ActiveContent, olePart{path: "Book", data: workbook(1, bofMacros)}),
		oleCase("module-of-excel-5", xlsType, airlock.ActiveContent, olePart{path: "Book", data: workbook(6, bofSheet)}),
		oleCase("dde", xlsType, airlock.ActiveContent, olePart{path: "Workbook", data: workbook(0, bofSheet, recordBook, "\x01\x00\x0b\x00\x00cmd\x03/c calc")}),
		oleCase("dde", docType, airlock.ActiveContent, olePart{path: "WordDocument", data: fib(0, dde)}),
		oleCase("dde-in-unicode", docType, airlock.ActiveContent, olePart{path: "WordDocument", data: fib(0, wide(dde))}),
		oleCase("program-put-in", docType, airlock.ActiveContent, wordParts(inside)...),
		oleCase("program-put-in-as-a-text", docType, airlock.ActiveContent, wordParts(olePart{path: "ObjectPool/_1/\x01Ole10Native", data: native("notes.txt", aProgram)})...),
		oleCase("script-put-in", pptType, airlock.ActiveContent, pptParts("", olePart{path: "x/\x01Ole10Native", data: native("run.vbs", "x")})...),
		oleCase("macro-document-inside", docType, airlock.ActiveContent, wordParts(olePart{path: "ObjectPool/_1/Package", data: string(docmOf())})...),
		oleCase("macro-book-put-in", docType, airlock.ActiveContent, wordParts(olePart{path: "ObjectPool/_1/\x01Ole10Native", data: native("a.xls", string(macroBook))})...),
		oleCase("activex", docType, airlock.ActiveContent, wordParts(olePart{path: "ObjectPool/_1/\x03OCXNAME", data: wide("CommandButton1")})...),
		oleCase("activex", xlsType, airlock.ActiveContent, excelParts(olePart{path: "Ctls", data: "x"})...),
		oleCase("activex", pptType, airlock.ActiveContent, pptParts(pptRecord(0xf, 0x0fee, pptRecord(0, 0x0ffb, "\x00\x00\x00\x00")))...),
		oleCase("click-starts-a-program", pptType, airlock.ActiveContent, pptParts(pptRecord(0, 0x0ff3, "\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x08\x00\x00\x00\x00"))...),
		oleCase("object-from-the-network", docType, airlock.ActiveContent, wordParts(olePart{path: "ObjectPool/_1/\x01Ole", data: "\x01\x00\x00\x02" + strings.Repeat("\x00", 20) + class("e0c9ea79f9bace118c8200aa004ba90b") + wide("http://example.org/a.hta")})...),
		oleCase("locked", docType, airlock.Encrypted, olePart{path: "WordDocument", data: fib(0x0100, "")}),
		oleCase("locked", xlsType, airlock.Encrypted, olePart{path: "Workbook", data: workbook(0, bofSheet, recordLocked, "\x01\x00\x01\x00\x01\x00")}),
		oleCase("locked", pptType, airlock.Encrypted, olePart{path: "Current User", data: strings.Replace(currentUser, "\x5f\xc0\x91\xe3", "\xdf\xc4\xd1\xf3", 1)}, olePart{path: "PowerPoint Document", data: presentation("")}),
		oleCase("locked-as-new-documents-are", docType, airlock.Encrypted, olePart{path: "EncryptedPackage", data: "x"}, olePart{path: "EncryptionInfo", data: "x"}),
		oleCase("of-excel", docType, airlock.TypeMismatch, excelParts()...),
		oleCase("of-word", pptType, airlock.TypeMismatch, wordParts()...),
		oleCase("of-outlook", docType, airlock.TypeMismatch, olePart{path: "__properties_version1.0", data: "x"}),
		oleCase("of-thumbnails", docType, airlock.TypeMismatch, olePart{path: "Catalog", data: "x"}),
		oleCase("of-two-programs", docType, airlock.TypeMismatch, wordParts(excelParts()...)...),
		{Name: "ole-installer-with-a-document.doc", Type: docType, Want: airlock.TypeMismatch, Make: oleOf{streams: wordParts(), class: class("84100c0000000000c000000000000046")}.make},
		oleCase("main-deeper", docType, airlock.TypeMismatch, olePart{path: "a/WordDocument", data: fib(0, "")}),
		oleCase("not-of-word-inside", docType, airlock.Malformed, olePart{path: "WordDocument", data: strings.Repeat("x", 5000)}),
		oleCase("not-of-excel-inside", xlsType, airlock.Malformed, olePart{path: "Workbook", data: strings.Repeat("x", 5000)}),
		changed(oleCase("cut-in-half", docType, airlock.Malformed, wordParts()...), func(b []byte) []byte { return b[:len(b)/2] }),
		changed(oleCase("header-broken", docType, airlock.Malformed, wordParts()...), func(b []byte) []byte { b[30] = 40; return b }),
		changed(oleCase("directory-in-a-circle", docType, airlock.Malformed, wordParts()...), circle),
		changed(oleCase("directory-outside", docType, airlock.Malformed, wordParts()...), func(b []byte) []byte { b[49] = 0xff; return b }),
		changed(oleCase("program-behind-end", docType, airlock.TrailingData, wordParts()...), func(b []byte) []byte { return append(b, aProgram...) }),
		changed(oleCase("archive-behind-end", docType, airlock.TrailingData, wordParts()...), func(b []byte) []byte { return append(append(b, "xx"...), goZip("a", "b")...) }),
		changed(oleCase("page-behind-end", xlsType, airlock.TrailingData, excelParts()...), func(b []byte) []byte { return append(b, "<html><script>"...) }),
		{Name: "ole-rtf.doc", Type: docType, Want: airlock.TypeMismatch, Make: func() []byte { return []byte(`{\rtf1\ansi hello}`) }},
		{Name: "ole-page.xls", Type: xlsType, Want: airlock.TypeMismatch, Make: func() []byte { return []byte(`<html><table><tr><td>1</td></tr></table></html>`) }},
	}
}

// circle makes the directory's chain of sectors lead back to its beginning.
func circle(b []byte) []byte {
	le := binary.LittleEndian
	fat := 512 * (1 + int(le.Uint32(b[76:])))
	directory := int(le.Uint32(b[48:]))
	le.PutUint32(b[fat+4*directory:], uint32(directory))
	return b
}
