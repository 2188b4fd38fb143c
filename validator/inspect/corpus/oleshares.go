package corpus

import (
	"encoding/binary"
	"strings"

	"airlock"
)

// artOptions is a record of a shape's properties (MS-ODRAW 2.2.9): numbers and values in turns. A text is longer
// than a value, and stands behind all of them.
func artOptions(kind uint16, more string, properties ...any) string {
	var fixed []byte
	long := ""
	for i := 0; i < len(properties); i += 2 {
		id, value := uint16(properties[i].(int)), uint32(0)
		switch v := properties[i+1].(type) {
		case int:
			value = uint32(v)
		case string:
			text := wide(v + "\x00")
			id, value, long = id|0x8000, uint32(len(text)), long+text
		}
		fixed = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint16(fixed, id), value)
	}
	return pptRecord(uint16(len(properties)/2)<<4|3, kind, string(fixed)+long+more)
}

// fileMoniker is a linked object's stream, with a path in bytes and in characters (MS-OLEDS 2.3.3).
func fileMoniker(flags byte, narrow, path string) string {
	le := binary.LittleEndian
	b := append([]byte{1, 0, 0, 2, flags}, make([]byte, 19)...)
	b = append(b, class("0303000000000000c000000000000046")...)
	b = le.AppendUint32(append(b, 0, 0), uint32(len(narrow)+1))
	b = append(append(append(b, narrow...), 0, 0xff, 0xff, 0xad, 0xde), make([]byte, 20)...)
	b = le.AppendUint32(le.AppendUint32(b, uint32(6+2*len(path))), uint32(2*len(path)))
	return string(append(append(b, 3, 0), wide(path)...))
}

// oleShareCases are old documents whose pictures, films and objects lie on a share, and such as look like it.
func oleShareCases() []Case {
	const pib, flags, fill, fillFlags, share = 0x4105, 0x106, 0x4187, 0x188, `\\example.org\s\a.png`
	linked := artOptions(0xf00b, "", pib, share, flags, 10)
	shape := func(s string) string {
		return pptRecord(0xf, 0xf004, pptRecord(2, 0xf00a, "\x00\x00\x00\x00\x00\x00\x00\x00")+s)
	}
	table := func(name string, want airlock.Reason, stream, s string) Case {
		return oleCase(name, docType, want, olePart{path: "WordDocument", data: fib(0, "x")}, olePart{path: stream, data: strings.Repeat("\x00", 601) + shape(s)})
	}
	slide := func(name string, want airlock.Reason, s string) Case {
		return oleCase(name, pptType, want, pptParts(s)...)
	}
	object := func(name string, want airlock.Reason, data string) Case {
		return oleCase(name, docType, want, wordParts(olePart{path: "ObjectPool/_1/\x01Ole", data: data})...)
	}
	film := func(name string) string {
		return pptRecord(0xf, 0x1006, pptRecord(0xf, 0x1005, pptRecord(0, 0x1004, "\x00\x00\x00\x00\x00\x00\x00\x00")+pptRecord(0, 0x0fba, wide(name))))
	}
	runs := airlock.ActiveContent
	return []Case{
		table("picture-on-a-share", runs, "1Table", linked),
		table("picture-on-a-share-in-the-other-table", runs, "0Table", linked),
		table("picture-on-a-share-in-a-line", runs, "Data", linked),
		table("picture-on-a-share-far-down", runs, "Data", strings.Repeat("x", 32<<10-620)+linked),
		table("picture-on-a-share-behind-other-properties", runs, "1Table", artOptions(0xf00b, "", 0x4380, "a name", flags, 14, pib, "file://example.org/a.png", 0x7f, 1)),
		table("fill-on-a-share", runs, "1Table", artOptions(0xf00b, "", fill, share, fillFlags, 8)),
		oleCase("picture-on-a-share-in-excel", xlsType, runs, olePart{path: "Workbook", data: workbook(0, bofSheet, 0x00ec, shape(linked))}),
		slide("picture-on-a-share", runs, shape(linked)),
		slide("picture-on-a-share-in-a-second-table", runs, shape(artOptions(0xf122, "", pib, share, flags, 10))),
		slide("film-on-a-share", runs, film(share)),
		object("object-on-a-share", runs, fileMoniker(1, share, share)),
		object("object-on-a-share-in-wide-letters", runs, fileMoniker(1, "a.xls", "//example.org/s/a.xls")),

		table("picture-that-came-from-a-share", "", "1Table", artOptions(0xf00b, "", pib, share, flags, 2)),
		table("picture-linked-to-the-web", "", "1Table", artOptions(0xf00b, "", pib, "https://example.org/a.png", flags, 10)),
		table("picture-linked-to-a-disk", "", "Data", artOptions(0xf00b, "", pib, `C:\a.png`, flags, 9)+"\x0b\xf0\xff\xff\xff\xff"),
		slide("film-on-a-disk", "", film(`C:\a.avi`)),
		slide("link-to-a-share", "", pptRecord(0xf, 0x0fd7, pptRecord(0, 0x0fba, wide(share)))),
		object("object-on-a-disk", "", fileMoniker(1, `C:\a.xls`, `C:\a.xls`)),
		object("object-inside-that-came-from-a-share", "", fileMoniker(0, share, share)),
	}
}
