package inspect

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// opening is how the bytes of a file begin that something opens by them.
type opening struct {
	begins string
	kind   openingKind
	what   string
}

type openingKind uint8

const (
	opensProgram  openingKind = iota + 1 // a loader runs it
	opensScript                          // an interpreter runs it
	opensArchive                         // an archiver opens it, which looks for it in front
	opensDocument                        // a reader opens it
	opensRichText                        // Word opens it; media hold such texts honestly
)

// openings are so long that chance and the files of honest producers don't make them. MZ is not, see
// looksLikeEXE.
var openings = []opening{
	{"\x7fELF", opensProgram, "a program"},
	{"\xcf\xfa\xed\xfe", opensProgram, "a program"}, {"\xce\xfa\xed\xfe", opensProgram, "a program"}, // Mach-O
	{"\xfe\xed\xfa\xcf", opensProgram, "a program"}, {"\xfe\xed\xfa\xce", opensProgram, "a program"},
	{"\xca\xfe\xba\xbe\x00", opensProgram, "a program"}, {"\xca\xfe\xba\xbf\x00", opensProgram, "a program"}, // a class of Java, Mach-O of several processors
	{"!<arch>\n", opensProgram, "a program"}, {"dex\n03", opensProgram, "a program"}, {"\x00asm\x01\x00\x00\x00", opensProgram, "a program"},
	{"\xed\xab\xee\xdb", opensProgram, "a program"}, // RPM
	{shortcutMagic, opensProgram, "a shortcut"},
	{"#!/", opensScript, "a script"}, {"#! /", opensScript, "a script"}, {"#!\t/", opensScript, "a script"},
	{"PK\x03\x04", opensArchive, "a zip archive"}, {"Rar!\x1a\x07", opensArchive, "an archive"}, {"7z\xbc\xaf\x27\x1c", opensArchive, "an archive"},
	{"\xfd7zXZ\x00", opensArchive, "an archive"}, {"MSCF\x00\x00\x00\x00", opensArchive, "an archive"}, {"ISc(", opensArchive, "an archive"},
	{"%PDF-", opensDocument, "a PDF"}, {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", opensDocument, "an Office document"}, {"{\\rtf", opensRichText, "rich text"},
	{"ITSF\x03\x00\x00\x00", opensDocument, "a help file"},
}

// scriptOpenings are how scripts begin that have no mark of their own, in lower case.
var scriptOpenings = []string{
	"@echo off", "<?php", "<script", "<job", "<package>", "<scriptlet", "<hta:", "<component", "on error resume next", "powershell", "#requires",
	"[internetshortcut]", "[.shellclassinfo]", "[shell]", "windows registry editor", "regedit4", "var wshshell", "createobject(", "set wshshell",
}

// shortcutMagic is how a shortcut of Windows begins (MS-SHLLINK 2.1).
const shortcutMagic = "L\x00\x00\x00\x01\x14\x02\x00"

// opensAs is the opening of b; kind 0 if it has none.
func opensAs(b []byte) opening {
	if looksLikeEXE(b) {
		return opening{"MZ", opensProgram, "a program"}
	}
	for _, o := range openings {
		if len(b) >= len(o.begins) && string(b[:len(o.begins)]) == o.begins {
			return o
		}
	}
	return opening{}
}

// beginsAsProgram says as what of what runs b begins, a program or a script; "" if as none.
func beginsAsProgram(b []byte) string {
	if o := opensAs(b); o.kind == opensProgram || o.kind == opensScript {
		return o.what
	}
	return ""
}

// beginsAsScript is how a script begins that no mark tells, behind a mark of UTF-8 and blanks; "" if b is none.
func beginsAsScript(b []byte) string {
	lower := bytes.ToLower(bytes.TrimLeft(b[:min(len(b), 512)], "\xef\xbb\xbf \t\r\n"))
	for _, s := range scriptOpenings {
		if bytes.HasPrefix(lower, []byte(s)) {
			return s
		}
	}
	return ""
}

// payload says as what a program, an archive or a document b opens, behind zeros and blanks, which a
// producer may fill with.
func payload(b []byte) string {
	o := opensAs(bytes.TrimLeft(b, "\x00 \r\n\t"))
	if o.kind == opensRichText {
		return ""
	}
	return o.what
}

// looksLikeEXE wants what loaders want of an MZ file: a header of its own size, and where one is
// shown the mark of the newer one (PE format, "MS-DOS Stub").
func looksLikeEXE(b []byte) bool {
	if !bytes.HasPrefix(b, []byte("MZ")) && !bytes.HasPrefix(b, []byte("ZM")) {
		return false
	}
	if bytes.Contains(b[:min(len(b), 512)], []byte("DOS mode")) || b[0] == 'M' && bytes.HasPrefix(b[2:], []byte("\x90\x00")) {
		return true
	}
	if len(b) < 64 {
		return false
	}
	if bytes.Count(b[:64], []byte{0}) >= 16 { // a header, whose most numbers are small
		return true
	}
	at := int64(binary.LittleEndian.Uint32(b[60:]))
	return at > 0 && at <= int64(len(b))-4 && (string(b[at:at+2]) == "PE" || string(b[at:at+2]) == "NE" || string(b[at:at+2]) == "LE")
}

// programIn tells whether a program begins anywhere in b, by so many bytes that chance won't do.
func programIn(b []byte) bool {
	if bytes.Contains(b, []byte("\x7fELF\x01\x01\x01")) || bytes.Contains(b, []byte("\x7fELF\x02\x01\x01")) {
		return true
	}
	for {
		i := bytes.Index(b, []byte("MZ"))
		if i < 0 || len(b)-i < 64 {
			return false
		}
		b = b[i:]
		if at := int64(binary.LittleEndian.Uint32(b[60:])); at >= 64 && at <= int64(len(b))-4 && string(b[at:at+4]) == "PE\x00\x00" {
			return true
		}
		b = b[2:]
	}
}

// mark is how something that runs begins. Each is so long that pictures and sounds don't hold it by
// chance: six bytes that are given come once in 2^48.
type mark struct {
	text string // lower case, behind the "<"
	then string // one of these follows; "": anything
}

// longestMark is more than the longest mark needs.
const longestMark = 32

// marks run wherever they stand in a file: PHP looks at all bytes of what it is given, and so does a
// browser that is told or guesses HTML.
var marks = []mark{
	{"?php", " \t\r\n"}, {"?=$_", ""}, {"?=`$_", ""}, {"script", " \t\r\n/>"}, {"iframe", " \t\r\n/>"},
	{"!doctype html", ""}, {"html>", ""}, {"html ", "lxmd"}, {"%@ page", ""}, {"%@page", ""}, {"%eval", " ("}, {"!--#exec ", ""},
}

// textMarks run, too, but are so short that only text is searched for them.
var textMarks = append([]mark{
	{"?=", " \t\r\n$`@('\"_aesp"}, {"?\n", ""}, {"? ", "$esp"}, {"%=", ""}, {"% ", ""}, {"svg", " \t\r\n/>"}, {"body", " \t\r\n/>"}, {"object ", ""},
	{"embed ", ""}, {"html", " \t\r\n>"}, {"meta http-equiv", ""}, {"!--#", ""}, {"base ", ""}, {"link ", "rh"}, {"form ", ""},
	{"!entity ", ""},
}, marks...)

// pageOpenings are what a browser takes for a page, or a server for a program, near the beginning of a file.
var pageOpenings = [][]byte{[]byte("<?php"), []byte("<script"), []byte("<html"), []byte("<!doctype"), []byte("<svg"), []byte("<iframe"), []byte("<body")}

// holdsMarkup is the first of them in b; "" if there is none.
func holdsMarkup(b []byte) string {
	lower := bytes.ToLower(b)
	for _, m := range pageOpenings {
		if bytes.Contains(lower, m) {
			return string(m)
		}
	}
	return ""
}

// handlers are attributes by which a browser runs what follows them, and the scheme of scripts.
var handlers = []string{"onerror", "onload", "onclick", "onmouseover", "onfocus", "onstart", "ontoggle", "javascript:"}

// runsAsTag tells whether an element runs or loads something by itself, whatever its attributes say.
func runsAsTag(local string) bool { return runningTags[strings.ToLower(local)] }

// runningTags are the elements of XHTML and SVG that do, or that send something elsewhere, by their local name.
var runningTags = wordSet("script iframe frame frameset object embed applet base meta link handler listener foreignobject portal form isindex fencedframe")

// runningMarkup is the first thing in b that runs: in what may be binary only what chance won't make, in
// text also what is short, attributes and openings of scripts. "" if there is none.
func runningMarkup(b []byte, text bool) string {
	if !text {
		return runsAnywhere(b)
	}
	return runsInText(b)
}

// runsAnywhere is the first mark in b, which may be binary; "" if there is none.
func runsAnywhere(b []byte) string { return firstMark(b, marks) }

func firstMark(b []byte, of []mark) string {
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return ""
		}
		if b = b[i+1:]; len(b) == 0 {
			return ""
		}
		for _, m := range of {
			if lower(b[0]) == m.text[0] && m.begins(b) {
				return "<" + m.text
			}
		}
	}
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func (m mark) begins(b []byte) bool {
	if len(b) < len(m.text) {
		return false
	}
	for i := range len(m.text) {
		if lower(b[i]) != m.text[i] {
			return false
		}
	}
	return m.then == "" || len(b) > len(m.text) && strings.IndexByte(m.then, lower(b[len(m.text)])) >= 0
}
