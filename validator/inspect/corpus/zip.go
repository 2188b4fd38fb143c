package corpus

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"airlock"
)

// zipPart is an entry of an archive that is made for the corpus. What is not zero tells a lie, or is a
// quirk of some writer.
type zipPart struct {
	name, data string
	store      bool
	streamed   int    // 1: a data descriptor follows; 2: one without its signature; 3: one of 64 bits
	localName  string // the local header's
	crc        uint32
	unpacked   uint32 // as claimed in both headers
	local      uint32 // the local header's unpacked size
	method     uint16 // in both headers; the data are stored
	flags      uint16
	mode       uint32 // of Unix
	extra      string // of both headers
	localExtra string
	more       string // behind the packed data, as a part of them
	before     string // in front of the local header
	at         int    // where the directory says that it is, when not 0: 1 + the offset
}

// zipOf lays parts out as an archive by hand: archive/zip tells no lies.
type zipOf struct {
	parts     []zipPart
	behind    string // between the last entry and the directory
	comment   string
	after     string
	count     int // added to the number of entries that the end claims
	zip64     bool
	signature bool
}

func (z zipOf) make() []byte {
	var out, dir bytes.Buffer
	for _, p := range z.parts {
		out.WriteString(p.before)
		at := out.Len()
		if p.at > 0 {
			at = p.at - 1
		}
		local, central := p.headers(uint32(at))
		out.Write(local)
		dir.Write(central)
	}
	out.WriteString(z.behind)
	return z.end(&out, dir.Bytes())
}

// headers are the part with its local header and all that follows it, and its entry in the directory.
func (p zipPart) headers(at uint32) (local, central []byte) {
	packed, method := []byte(p.data), p.method
	if !p.store && method == 0 && len(p.data) > 0 {
		packed, method = deflated(p.data), 8
	}
	packed = append(packed, p.more...)
	sizes := [3]uint32{or(p.crc, crc32.ChecksumIEEE([]byte(p.data))), uint32(len(packed)), or(p.unpacked, uint32(len(p.data)))}
	inFront := [3]uint32{sizes[0], sizes[1], or(p.local, sizes[2])}
	flags := p.flags
	if p.streamed > 0 {
		flags |= 8
		inFront = [3]uint32{}
	}
	name := p.name
	if p.localName != "" {
		name = p.localName
	}
	le := binary.LittleEndian
	local = p.fields(le.AppendUint32(nil, 0x04034b50), flags, method, inFront, len(name), len(p.extra)+len(p.localExtra))
	local = append(append(local, name+p.extra+p.localExtra...), packed...)
	local = append(local, descriptorOf(p.streamed, sizes[0], sizes[1], sizes[2])...)
	central = p.fields(le.AppendUint16(le.AppendUint32(nil, 0x02014b50), 3<<8|20), flags, method, sizes, len(p.name), len(p.extra))
	central = append(central, make([]byte, 6)...)
	central = le.AppendUint32(le.AppendUint32(central, p.mode<<16), at)
	return local, append(central, p.name+p.extra...)
}

// fields are those that both headers have.
func (p zipPart) fields(b []byte, flags, method uint16, sizes [3]uint32, name, extra int) []byte {
	le := binary.LittleEndian
	b = le.AppendUint16(le.AppendUint16(le.AppendUint16(b, 20), flags), method)
	b = le.AppendUint32(b, 0x5a6b6000)
	for _, v := range sizes {
		b = le.AppendUint32(b, v)
	}
	return le.AppendUint16(le.AppendUint16(b, uint16(name)), uint16(extra))
}

func or(lie, truth uint32) uint32 {
	if lie != 0 {
		return lie
	}
	return truth
}

func (z zipOf) end(out *bytes.Buffer, dir []byte) []byte {
	le := binary.LittleEndian
	start, count := out.Len(), len(z.parts)+z.count
	n := uint16(count)
	if z.signature {
		dir = append(dir, "PK\x05\x05\x04\x00sign"...)
	}
	out.Write(dir)
	if z.zip64 {
		at := out.Len()
		b := le.AppendUint64(le.AppendUint32(nil, 0x06064b50), 44)
		b = append(b, 45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		b = le.AppendUint64(le.AppendUint64(b, uint64(count)), uint64(count))
		b = le.AppendUint64(le.AppendUint64(b, uint64(len(dir))), uint64(start))
		b = le.AppendUint32(le.AppendUint32(b, 0x07064b50), 0)
		b = le.AppendUint32(le.AppendUint64(b, uint64(at)), 1)
		out.Write(b)
		out.Write(append([]byte("PK\x05\x06\x00\x00\x00\x00"), bytes.Repeat([]byte{0xff}, 12)...))
	} else {
		e := append(le.AppendUint32(nil, 0x06054b50), 0, 0, 0, 0)
		e = le.AppendUint16(le.AppendUint16(e, n), n)
		out.Write(le.AppendUint32(le.AppendUint32(e, uint32(len(dir))), uint32(start)))
	}
	out.Write(le.AppendUint16(nil, uint16(len(z.comment))))
	out.WriteString(z.comment + z.after)
	return out.Bytes()
}

func deflated(s string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.DefaultCompression)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.Bytes()
}

func descriptorOf(kind int, crc, packed, size uint32) []byte {
	le := binary.LittleEndian
	switch kind {
	case 1:
		return le.AppendUint32(le.AppendUint32(le.AppendUint32([]byte("PK\x07\x08"), crc), packed), size)
	case 2:
		return le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, crc), packed), size)
	case 3:
		return le.AppendUint64(le.AppendUint64(le.AppendUint32([]byte("PK\x07\x08"), crc), uint64(packed)), uint64(size))
	}
	return nil
}

// goZip is what archive/zip writes of names and contents, in turns.
func goZip(namesAndData ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(namesAndData); i += 2 {
		f, _ := w.CreateHeader(&zip.FileHeader{Name: namesAndData[i], Method: zip.Deflate, Modified: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)})
		_, _ = f.Write([]byte(namesAndData[i+1]))
	}
	_ = w.Close()
	return b.Bytes()
}

// linkTo is what Info-ZIP writes of a link.
func linkTo(name, target string) zipPart {
	return zipPart{name: name, data: target, store: true, mode: 0o120777}
}

const zipType = "application/zip"

func zipCase(name string, want airlock.Reason, z zipOf) Case {
	return Case{Name: "zip-" + name + ".zip", Type: zipType, Want: want, Make: z.make}
}

func one(p zipPart) zipOf { return zipOf{parts: []zipPart{p}} }

func two(a, b zipPart) zipOf { return zipOf{parts: []zipPart{a, b}} }

func with(c Case, change func(*airlock.Profile)) Case {
	c.Change = change
	return c
}

func linksAllowed(p *airlock.Profile) { p.Limits.Links = "allow" }

var someText = strings.Repeat("All that is gold does not glitter. ", 40)

func zipCases() []Case {
	return append(append(honestZips(), hostileZips()...), hostileNames()...)
}

func honestZips() []Case {
	text := zipPart{name: "read me.txt", data: someText}
	return []Case{
		{Name: "zip-by-go-with-descriptors.zip", Type: zipType, Make: func() []byte {
			return goZip("a/", "", "a/b.txt", someText, "a/c.txt", "c", "empty", "")
		}},
		zipCase("stored", "", one(zipPart{name: "a", data: someText, store: true})),
		zipCase("nothing-in-it", "", zipOf{}),
		zipCase("comment", "", zipOf{parts: []zipPart{text}, comment: "made by hand"}),
		zipCase("white-space-behind-end", "", zipOf{parts: []zipPart{text}, after: "\r\n\x00\x00\x00"}),
		zipCase("descriptor-without-signature", "", one(zipPart{name: "a", data: someText, streamed: 2})),
		zipCase("descriptor-of-64-bits", "", one(zipPart{name: "a", data: someText, streamed: 3})),
		zipCase("zip64-end", "", zipOf{parts: []zipPart{text}, zip64: true}),
		zipCase("signed-directory", "", zipOf{parts: []zipPart{text}, signature: true}),
		zipCase("zipalign-padding", "", one(zipPart{name: "a", data: "1234", store: true, localExtra: "\x00\x00\x00"})),
		zipCase("zeros-for-alignment", "", two(text, zipPart{name: "b", data: "1234", store: true, before: strings.Repeat("\x00", 500)})),
		zipCase("backslashes-of-old-dotnet", "", two(zipPart{name: `docs\a.txt`, data: "a"}, zipPart{name: `docs\sub\b.txt`, data: "b"})),
		zipCase("names-in-cp437", "", one(zipPart{name: "gr\x81n\xe1e.txt", data: "a"})),
		zipCase("names-in-shift-jis", "", one(zipPart{name: "\x95\x5c\x8e\xa6.txt", data: "a"})),
		zipCase("names-that-differ-in-case", "", two(zipPart{name: "net/xt_DSCP.h", data: "a"}, zipPart{name: "net/xt_dscp.h", data: "b"})),
		zipCase("names-of-classes-and-signs", "", two(zipPart{name: "{31B2F340-016D-11D2-945F-00C04FB984F9}/Machine/a.{31B2F340-016D-11D2-945F-00C04FB984F9}", data: "a"}, zipPart{name: "Über… PDF – Leser.exe", data: "b", flags: 1 << 11})),
		zipCase("names-of-arabic-with-marks", "", one(zipPart{name: "تقرير\u200f 2024.pdf", data: "%PDF-1.4", flags: 1 << 11})),
		zipCase("folder-of-all", "", two(zipPart{name: "/"}, text)),
		zipCase("icon-of-macos", "", two(text, zipPart{name: "Icon\r"})),
		zipCase("folder-twice", "", zipOf{parts: []zipPart{{name: "a/"}, {name: "a/b", data: "b"}, {name: "a/"}}}),
		zipCase("folder-deflated-by-java", "", one(zipPart{name: "a/", method: 8, more: "\x03\x00"})),
		zipCase("sources-with-programs", "", zipOf{parts: []zipPart{
			{name: "x/jquery.min.js", data: "x"}, {name: "x/run.sh", data: "#!/bin/sh", mode: 0o100755}, {name: "x/tool.exe", data: "MZ"}, {name: "x/page.html", data: "<html>"}, {name: "x/aux.c", data: "int x;"}, {name: "x/lib.min.js.map", data: "{}"}, {name: "x/a..b.txt", data: "x"}, {name: "x/make.txt.bat", data: "x"}, {name: "x/setup.zip.exe", data: "x"}, {name: "x/image.png.js", data: "x"},
		}}),
		zipCase("shortcut-to-a-folder", "", one(zipPart{name: "Documents.lnk", data: shortcutHead + wide(`C:\Users\a\Documents`)})),
		zipCase("shortcuts-to-folders-called-as-programs", "", two(zipPart{name: "a.lnk", data: shortcutHead + "C:\\\x00\x00\x5c\x001\x00" + wide(`C:\src\my cmd\python\node`) + wide(`C:\Git\git-bash.exe`)}, zipPart{name: "b.lnk", data: shortcutHead + wide(`\\?\Volume{1}\cmd`)})),
		zipCase("sources-one-archive-deeper", "", one(zipPart{name: "in.zip", data: string(goZip("a/b/photo.jpg.js", "x", "a/make.txt.bat", "x", "lib/org.example.pdf.jar", "x"))})),
		zipCase("manifest-of-java-deeper", "", two(text, zipPart{name: "x/META-INF/MANIFEST.MF", data: "Manifest-Version: 1.0\n"})),
		zipCase("folder-called-word", "", two(zipPart{name: "word/list.txt", data: "a"}, zipPart{name: "xl/list.txt", data: "b"})),
		zipCase("archive-inside", "", one(zipPart{name: "in.zip", data: string(goZip("a", someText)), store: true})),
		zipCase("jar-inside", "", one(zipPart{name: "lib/a.jar", data: string(goZip("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n", "A.class", "\xca\xfe\xba\xbe"))})),
		zipCase("broken-archive-inside", "", one(zipPart{name: "testdata/bad.zip", data: "PK\x03\x04 and then nothing"})),
		zipCase("unicode-name-too", "", one(zipPart{name: "gr\x81n.txt", data: "a", extra: unicodeName("gr\x81n.txt", "grün.txt")})),
		zipCase("ratio-of-667", "", one(zipPart{name: "image.emf", data: strings.Repeat("\x00", 5<<20)})),
		with(zipCase("link-inside", "", two(zipPart{name: "a/b", data: "b"}, linkTo("a/l", "../a/b"))), linksAllowed),
		with(zipCase("encrypted-but-allowed", "", one(zipPart{name: "a", data: "x", store: true, flags: 1})), func(p *airlock.Profile) { p.Limits.Encrypted = "allow" }),
		with(zipCase("packed-by-lzma-header-only", "", one(zipPart{name: "a", data: "x", method: 14})), headerOnly),
		with(zipCase("many-header-only", "", manyWithOne("")), headerOnly),
		{Name: "zip-of-a-tree.zip", Type: zipType, Make: treeZip},
	}
}

// manyWithOne are more entries than are read for their headers; one has something in front of it.
func manyWithOne(before string) zipOf {
	var z zipOf
	for i := range 400 {
		z.parts = append(z.parts, zipPart{name: fmt.Sprintf("%03d.bin", i), data: block64K, store: true})
	}
	z.parts[237].before = before
	return z
}

var block64K = strings.Repeat("\x00", 64<<10)

// treeZip is a folder, as AddFS writes it.
func treeZip() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range []string{"src/main.go", "src/main_test.go", "doc/index.html"} {
		h := &zip.FileHeader{Name: n, Method: zip.Deflate}
		h.SetMode(fs.FileMode(0o644))
		f, _ := w.CreateHeader(h)
		_, _ = f.Write([]byte(someText + n))
	}
	_ = w.SetComment("0123456789abcdef0123456789abcdef01234567") // as git archive does
	_ = w.Close()
	return b.Bytes()
}

func unicodeName(name, unicode string) string {
	b := binary.LittleEndian.AppendUint32([]byte{1}, crc32.ChecksumIEEE([]byte(name)))
	return extraField(0x7075, string(b)+unicode)
}

func extraField(id uint16, data string) string {
	return string(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, id), uint16(len(data)))) + data
}

func hostileZips() []Case {
	text := zipPart{name: "read me.txt", data: someText}
	hidden := string(one(zipPart{name: "hidden.txt", data: "x"}).make()[:42])
	return []Case{
		zipCase("no-end", airlock.Malformed, zipOf{parts: []zipPart{text}, after: strings.Repeat("x", 70_000)}),
		{Name: "zip-cut-short.zip", Type: zipType, Want: airlock.Malformed, Make: func() []byte { b := goZip("a", someText, "b", someText); return b[:len(b)-40] }},
		zipCase("script-behind-end", airlock.TrailingData, zipOf{parts: []zipPart{text}, after: "<?php echo 1;"}),
		zipCase("archive-behind-end", airlock.Malformed, zipOf{parts: []zipPart{text}, after: string(goZip("other", "x"))}),
		{Name: "zip-two-ends.zip", Type: zipType, Want: airlock.UnsafeArchive, Make: twoEnds},
		zipCase("archive-in-comment", airlock.UnsafeArchive, zipOf{parts: []zipPart{text}, comment: string(goZip("other", "x"))}),
		zipCase("page-in-comment", airlock.UnsafeArchive, zipOf{parts: []zipPart{text}, comment: "<?php phpinfo();"}),
		zipCase("pdf-in-comment", airlock.UnsafeArchive, zipOf{parts: []zipPart{text}, comment: "%PDF-1.4 %%EOF"}),
		zipCase("decoy-in-front", airlock.UnsafeArchive, one(zipPart{name: "b", data: "b", before: hidden})),
		zipCase("entry-that-directory-does-not-name", airlock.UnsafeArchive, two(text, zipPart{name: "b", data: "b", before: hidden})),
		zipCase("payload-between-entries", airlock.UnsafeArchive, two(text, zipPart{name: "b", data: "b", before: "MZ payload"})),
		zipCase("payload-before-directory", airlock.UnsafeArchive, zipOf{parts: []zipPart{text}, behind: "<script>alert(1)</script>"}),
		zipCase("much-payload-before-directory", airlock.UnsafeArchive, zipOf{parts: []zipPart{text}, behind: strings.Repeat("payload", 50_000)}),
		with(zipCase("payload-between-entries-header-only", airlock.UnsafeArchive, two(text, zipPart{name: "b", data: "b", before: "MZ payload"})), headerOnly),
		with(zipCase("payload-among-many-header-only", airlock.UnsafeArchive, manyWithOne("MZ payload")), headerOnly),
		zipCase("count-too-large", airlock.Malformed, zipOf{parts: []zipPart{text}, count: 1}),
		zipCase("count-too-small", airlock.Malformed, zipOf{parts: []zipPart{text, {name: "b", data: "b"}}, count: -1}),
		zipCase("name-differs", airlock.UnsafeArchive, one(zipPart{name: "a.txt", localName: "a.exe", data: "a"})),
		with(zipCase("name-differs-header-only", airlock.UnsafeArchive, one(zipPart{name: "a.txt", localName: "a.exe", data: "a"})), headerOnly),
		zipCase("name-in-unicode-differs", airlock.UnsafeArchive, one(zipPart{name: "a.txt", data: "a", extra: unicodeName("a.txt", "b.exe")})),
		zipCase("name-in-unicode-leads-out", airlock.UnsafeArchive, one(zipPart{name: "a.txt", data: "a", extra: unicodeName("a.txt", "../a.txt")})),
		zipCase("size-differs", airlock.UnsafeArchive, one(zipPart{name: "a.txt", data: someText, local: 5})),
		zipCase("size-too-small", airlock.Bomb, one(zipPart{name: "a.txt", data: someText, unpacked: 5})),
		zipCase("size-too-large", airlock.Malformed, one(zipPart{name: "a.txt", data: someText, unpacked: 5000})),
		zipCase("checksum-wrong", airlock.Malformed, one(zipPart{name: "a.txt", data: someText, crc: 1})),
		zipCase("deflate-broken", airlock.Malformed, one(zipPart{name: "a.txt", data: someText, method: 8})),
		zipCase("bytes-behind-deflated", airlock.Malformed, one(zipPart{name: "a.txt", data: someText, more: "MZ payload"})),
		zipCase("stored-with-two-sizes", airlock.Malformed, one(zipPart{name: "a.txt", data: someText, store: true, more: "payload"})),
		zipCase("name-twice", airlock.UnsafeArchive, two(zipPart{name: "a.txt", data: "a"}, zipPart{name: "a.txt", data: "b"})),
		zipCase("name-twice-with-backslash", airlock.UnsafeArchive, two(zipPart{name: "x/a.txt", data: "a"}, zipPart{name: `x\a.txt`, data: "b"})),
		zipCase("name-twice-by-dots", airlock.UnsafeArchive, two(zipPart{name: "x/a.txt", data: "a"}, zipPart{name: "x/./a.txt", data: "b"})),
		zipCase("encrypted", airlock.Encrypted, one(zipPart{name: "a", data: "x", store: true, flags: 1})),
		zipCase("encrypted-by-aes", airlock.Encrypted, one(zipPart{name: "a", data: "x", method: 99, extra: extraField(0x9901, "\x02\x00AE\x03\x08\x00")})),
		zipCase("encrypted-directory", airlock.Encrypted, zipOf{parts: []zipPart{{name: "a", data: "x", flags: 1 << 13}}}),
		zipCase("packed-by-lzma", airlock.Uninspectable, one(zipPart{name: "a", data: "x", method: 14})),
		zipCase("packed-by-nothing-known", airlock.Malformed, one(zipPart{name: "a", data: "x", method: 77})),
		zipCase("shortcut-that-is-padded", airlock.UnsafeArchive, one(zipPart{name: "Documents.lnk", data: shortcutHead + strings.Repeat(wide(" "), 9000) + wide(`%ComSpec% /c inert`)})),
		zipCase("shortcut-to-powershell", airlock.UnsafeArchive, one(zipPart{name: "Documents.lnk", data: shortcutHead + wide(`..\System32\WindowsPowerShell\v1.0\powershell.exe`)})),
		zipCase("shortcut-one-archive-deeper", airlock.UnsafeArchive, one(zipPart{name: "in.zip", data: string(goZip("Documents.lnk", shortcutHead+wide(`C:\Windows\System32\mshta.exe`)))})),
		zipCase("lying-name-one-archive-deeper", airlock.UnsafeArchive, one(zipPart{name: "in.zip", data: string(goZip("invoice.pdf.exe", "x"))})),
		zipCase("lying-name-in-a-tar-inside", airlock.UnsafeArchive, one(zipPart{name: "in.tgz", data: string(gz("", rawTars(rawTar{name: "invoice.pdf.exe", data: "x"})))})),
		zipCase("lying-name-of-a-gzip-inside", airlock.UnsafeArchive, one(zipPart{name: "in.gz", data: string(gzFlag(8, "invoice.pdf.exe\x00", prose(500)))})),
		zipCase("shortcut-to-a-share", airlock.UnsafeArchive, one(zipPart{name: "Documents.lnk", data: shortcutHead + wide(`\\files.example.org\s\x.exe`)})),
		zipCase("shortcut-to-a-share-of-an-explorer", airlock.UnsafeArchive, one(zipPart{name: "Documents.lnk", data: shortcutHead + `explorer.exe \\203.0.113.9\s` + "\x00"})),
		zipCase("shortcut-to-a-shell-without-its-extension", airlock.UnsafeArchive, one(zipPart{name: "Documents.lnk", data: shortcutHead + wide(`x.exe cmd /c inert`)})),
		zipCase("shortcut-to-a-shell-with-carets", airlock.UnsafeArchive, one(zipPart{name: "Documents.lnk", data: shortcutHead + wide(`x.exe c^m^d.exe`)})),
		zipCase("shortcut-to-python", airlock.UnsafeArchive, one(zipPart{name: "Documents.lnk", data: shortcutHead + wide(`C:\Tools\python.exe`)})),
		zipCase("shortcut-whose-orders-are-far-behind", airlock.UnsafeArchive, one(zipPart{name: "Documents.lnk", data: shortcutHead + strings.Repeat(wide(" "), 200<<10) + wide(`pwsh -c inert`)})),
		zipCase("folder-with-bytes", airlock.Malformed, one(zipPart{name: "a/", data: someText})),
		zipCase("of-a-jar", airlock.TypeMismatch, two(zipPart{name: "META-INF/MANIFEST.MF", data: "Manifest-Version: 1.0\nMain-Class: A\n"}, zipPart{name: "A.class", data: "\xca\xfe\xba\xbe"})),
		zipCase("of-a-jar-in-another-order", airlock.TypeMismatch, two(zipPart{name: "A.class", data: "\xca\xfe\xba\xbe"}, zipPart{name: "meta-inf/Manifest.mf", data: "Manifest-Version: 1.0\nMain-Class: A\n"})),
		zipCase("of-an-apk", airlock.TypeMismatch, two(zipPart{name: "AndroidManifest.xml", data: "\x03\x00\x08\x00"}, zipPart{name: "classes.dex", data: "dex\n035\x00"})),
		zipCase("of-an-epub", airlock.TypeMismatch, two(zipPart{name: "mimetype", data: "application/epub+zip", store: true}, zipPart{name: "OEBPS/a", data: "a"})),
		with(zipCase("of-an-odt-header-only", airlock.TypeMismatch, two(zipPart{name: "mimetype", data: odtType, store: true}, zipPart{name: "content.xml", data: "<a/>"})), headerOnly),
		zipCase("of-a-docx", airlock.TypeMismatch, two(zipPart{name: "[Content_Types].xml", data: "<Types/>"}, zipPart{name: "_rels/.rels", data: "<Relationships/>"})),
		zipCase("bomb-that-claims-10-GB", airlock.Bomb, zipOf{parts: []zipPart{{name: "a", data: strings.Repeat("\x00", 1<<20), unpacked: 1 << 31}, {name: "b", data: "b", unpacked: 1 << 31}, {name: "c", data: "c", unpacked: 1 << 31}}}),
		zipCase("bomb-of-zeros", airlock.Bomb, one(zipPart{name: "a", data: strings.Repeat("\x00", 40<<20)})),
		zipCase("bomb-that-overlaps", airlock.Bomb, zipOf{parts: []zipPart{{name: "aaaa", data: someText}, {name: "bbbb", data: someText, at: 1}}}),
		zipCase("bomb-of-nested-archives", airlock.Bomb, one(zipPart{name: "4.zip", data: string(nestedZip(4))})),
		zipCase("bomb-inside", airlock.Bomb, one(zipPart{name: "in.zip", data: string(one(zipPart{name: "a", data: "x", unpacked: 1 << 31}).make())})),
		with(zipCase("too-many-entries", airlock.Bomb, zipOf{parts: []zipPart{text, {name: "b"}, {name: "c"}}}), func(p *airlock.Profile) { p.Limits.MaxEntries = 2 }),
		with(zipCase("too-many-entries-inside", airlock.Bomb, one(zipPart{name: "in.zip", data: string(goZip("a", "", "b", ""))})), func(p *airlock.Profile) { p.Limits.MaxEntries = 2 }),
		{Name: "zip-part-of-several.zip", Type: zipType, Want: airlock.Malformed, Make: func() []byte { b := goZip("a", "a"); b[len(b)-18] = 1; return b }},
	}
}

// shortcutHead is how a shortcut of Windows begins.
var shortcutHead = "L\x00\x00\x00\x01\x14\x02\x00" + strings.Repeat("\x00", 100)

// twoEnds holds an end of an archive inside of an entry, whose comment reaches to the end of the file.
func twoEnds() []byte {
	fake := "PK\x05\x06" + strings.Repeat("\x00", 16)
	b := one(zipPart{name: "in", store: true, data: fake + "\x00\x00"}).make()
	rest := len(b) - bytes.Index(b, []byte(fake)) - 22
	return one(zipPart{name: "in", store: true, data: fake + string(binary.LittleEndian.AppendUint16(nil, uint16(rest)))}).make()
}

func nestedZip(depth int) []byte {
	b := goZip("a", strings.Repeat("\x00", 1<<10))
	for range depth {
		b = goZip("a.zip", string(b))
	}
	return b
}

func hostileNames() []Case {
	var cases []Case
	names := map[string]string{
		"leads-out": "../evil.txt", "leads-out-later": "a/b/../../../evil.txt", "leads-out-by-backslash": `a\..\..\evil.txt`, "leads-out-by-space": "a/.. /.. /evil.txt",
		"leads-out-by-percent": "%2e%2e%2fevil.txt", "absolute": "/etc/passwd", "absolute-backslash": `\windows\x`, "drive": `C:\windows\x`, "drive-without-slash": "C:evil.txt",
		"nul": "a.txt\x00.exe", "newline": "a\nb.txt", "escape": "a\x1b[2Jb.txt", "right-to-left": "invoice\u202efdp.exe", "isolated": "invoice\u2067fdp\u2069.exe", "empty": "", "leads-out-in-wide-letters": "．．／evil.txt", "stream-behind-a-file": "a.txt:evil.exe",
		"too-long": strings.Repeat("a/", 3000), "part-too-long": strings.Repeat("a", 2000), "double": "invoice.pdf.exe", "double-in-folder": "x/y/photo.jpg.scr", "double-by-spaces": "invoice.pdf                            .exe",
		"spaces-only": "invoice                            .exe", "double-with-dot": "invoice.docx.exe.", "double-link": "invoice.pdf.lnk", "double-script": "invoice.pdf.js", "double-hta": "statement.xlsx.hta",
		"double-by-an-ellipsis": "cv.pdf…….scr", "double-by-a-dash": "cv.pdf—.exe", "double-by-a-comma": "cv.pdf،.exe", "double-by-a-middle-dot": "cv.pdf·.exe", "double-by-a-wide-dot": "cv．pdf.exe", "double-by-wide-brackets": "cv.pdf（1）.exe",
		"double-scrap": "cv.pdf.shs", "double-by-a-class": "cv.pdf.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}", "double-profile": "cv.pdf.mobileconfig", "double-place": "cv.docx.inetloc", "double-apple-script": "cv.pdf.scptd", "double-extension": "cv.odt.oxt",
	}
	for _, what := range slices.Sorted(maps.Keys(names)) {
		name := names[what]
		cases = append(cases, zipCase("name-"+what, airlock.UnsafeArchive, two(zipPart{name: "first.txt", data: "x"}, zipPart{name: name, data: "x"})))
	}
	return append(cases,
		zipCase("link", airlock.UnsafeArchive, one(linkTo("a", "b"))),
		zipCase("device", airlock.UnsafeArchive, one(zipPart{name: "a", mode: 0o020666})),
		zipCase("pipe", airlock.UnsafeArchive, one(zipPart{name: "a", mode: 0o010666})),
		zipCase("link-by-asi-extra", airlock.UnsafeArchive, one(zipPart{name: "a", data: "b", extra: extraField(0x756e, "\x00\x00\x00\x00\xff\xa1\x01\x00\x00\x00\x00\x00\x00\x00b")})),
		with(zipCase("link-out-though-links-are-allowed", airlock.UnsafeArchive, one(linkTo("a/l", "../../etc"))), linksAllowed),
		with(zipCase("link-absolute-though-links-are-allowed", airlock.UnsafeArchive, one(linkTo("l", "/etc"))), linksAllowed),
		with(zipCase("through-a-link", airlock.UnsafeArchive, zipOf{parts: []zipPart{linkTo("a/b/l", "../.."), {name: "a/b/l/x", data: "x"}}}), linksAllowed),
	)
}
