package inspect

import (
	"bytes"
	"encoding/binary"
)

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

// runsAnywhere is the first mark in b, which may be binary; "" if there is none.
func runsAnywhere(b []byte) string { return firstMark(b, marks) }

// textMarks run, too, but are so short that only text is searched for them.
var textMarks = append([]mark{
	{"?=", " \t\r\n$`@('\"_aesp"}, {"?\n", ""}, {"? ", "$esp"}, {"%=", ""}, {"% ", ""}, {"svg", " \t\r\n/>"}, {"body", " \t\r\n/>"}, {"object ", ""},
	{"embed ", ""}, {"html", " \t\r\n>"}, {"meta http-equiv", ""}, {"!--#", ""}, {"base ", ""}, {"link ", "rh"}, {"form ", ""},
}, marks...)

// runsInText is the first thing in b that runs, where b is a comment, a caption or the like.
func runsInText(b []byte) string {
	if found := firstMark(b, textMarks); found != "" {
		return found
	}
	if handler := eventHandler(b); handler != "" {
		return handler
	}
	for _, opening := range []string{"#!/bin/", "#!/usr/bin/", "*/=", "javascript:"} {
		if bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n\x00\"'>"), []byte(opening)) {
			return opening
		}
	}
	return ""
}

func firstMark(b []byte, of []mark) string {
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return ""
		}
		if b = b[i+1:]; len(b) == 0 || bytes.IndexByte([]byte("?%!shibmoelfSHIBMOELFdD"), b[0]) < 0 {
			continue
		}
		var lower [longestMark]byte
		n := copy(lower[:], b)
		for j, c := range lower[:n] {
			if 'A' <= c && c <= 'Z' {
				lower[j] = c + 'a' - 'A'
			}
		}
		for _, m := range of {
			if !bytes.HasPrefix(lower[:n], []byte(m.text)) {
				continue
			}
			if m.then == "" || n > len(m.text) && bytes.IndexByte([]byte(m.then), lower[len(m.text)]) >= 0 {
				return "<" + m.text
			}
		}
	}
}

// eventHandler finds <tag ... onsomething=: what a browser runs without any script tag.
func eventHandler(b []byte) string {
	lower := bytes.ToLower(b)
	for _, on := range []string{"onerror", "onload", "onclick", "onmouseover", "onfocus", "onstart", "ontoggle", "javascript:"} {
		for rest := lower; ; {
			i := bytes.Index(rest, []byte(on))
			if i < 0 {
				break
			}
			before := rest[max(0, i-256):i]
			tag := bytes.LastIndexByte(before, '<')
			if tag >= 0 && tag+2 < len(before) && before[tag+1] >= 'a' && before[tag+1] <= 'z' && bytes.IndexByte([]byte(" \t\r\n/\"'="), before[len(before)-1]) >= 0 {
				return on
			}
			rest = rest[i+len(on):]
		}
	}
	return ""
}

// runsInFields is runsInText for a block that holds text among numbers, as Exif does: each run of at
// least six characters is looked at by itself, and once more without the zeros of UTF-16.
func runsInFields(b []byte) string {
	for _, text := range [][]byte{b, bytes.ReplaceAll(b, []byte{0}, nil)} {
		for from, i := 0, 0; i <= len(text); i++ {
			if i < len(text) && (text[i] >= 0x20 && text[i] < 0x7f || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
				continue
			}
			if i-from >= 6 {
				if found := runsInText(text[from:i]); found != "" {
					return found
				}
			}
			from = i + 1
		}
	}
	return ""
}

// payload says as what a program or an archive b opens, by more than two bytes: what is asked for it
// may be anything that a producer put into a file of its own.
func payload(b []byte) string {
	b = bytes.TrimLeft(b, "\x00 \r\n\t")
	if bytes.HasPrefix(b, []byte("MZ")) {
		if looksLikeEXE(b) {
			return "a program"
		}
		return ""
	}
	for opening, what := range map[string]string{
		"\x7fELF": "a program", "#!/": "a script", "PK\x03\x04": "a zip archive", "Rar!\x1a\x07": "an archive",
		"7z\xbc\xaf\x27\x1c": "an archive", "\xfd7zXZ\x00": "an archive", "%PDF-": "a PDF", "\xca\xfe\xba\xbe\x00": "a program",
		"\xcf\xfa\xed\xfe": "a program", "\xfe\xed\xfa\xcf": "a program", "!<arch>\n": "a program", "MSCF\x00\x00\x00\x00": "an archive",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Office document", "asm\x01\x00\x00\x00": "a program",
	} {
		if bytes.HasPrefix(b, []byte(opening)) {
			return what
		}
	}
	return ""
}

// looksLikeEXE wants what loaders want of an MZ file: a header of its own size, and where one is
// shown the mark of the newer one (PE format, "MS-DOS Stub").
func looksLikeEXE(b []byte) bool {
	if bytes.Contains(b[:min(len(b), 512)], []byte("DOS mode")) || bytes.HasPrefix(b, []byte("MZ\x90\x00")) {
		return true
	}
	if len(b) < 64 {
		return false
	}
	at := int(binary.LittleEndian.Uint32(b[60:]))
	return at > 0 && at <= len(b)-4 && string(b[at:at+2]) == "PE"
}

// window looks at up to 64 KiB at off, for what lies in a part that the format leaves to anybody.
func (l *look) window(name string, off, size int64) error {
	b, err := l.upTo(off, int(min(size, tailWindow, max(0, l.size-off))))
	if err != nil {
		return err
	}
	return l.part(name, b)
}

// part objects to a part called name that opens as a program or an archive, or holds what runs.
func (l *look) part(name string, b []byte) error {
	if what := payload(b); what != "" {
		return l.active("%.40q of the %s holds %s", name, short(l.mediaType), what)
	}
	if found := runsAnywhere(b); found != "" {
		return l.active("%.40q of the %s holds %q", name, short(l.mediaType), found)
	}
	return nil
}

// words objects to a part that is text and holds what runs.
func (l *look) words(name string, b []byte) error {
	if found := runsInText(b); found != "" {
		return l.active("%.40q of the %s holds %q", name, short(l.mediaType), found)
	}
	return nil
}

// fields is words for a part that holds text among numbers.
func (l *look) fields(name string, b []byte) error {
	if found := runsInFields(b); found != "" {
		return l.active("%.40q of the %s holds %q", name, short(l.mediaType), found)
	}
	return nil
}

// ends looks at what lies behind the format's end, and at the file's own end.
func (l *look) ends(off int64) error {
	if off < l.size {
		return l.tail(off)
	}
	return l.zipAtTheEnd()
}
