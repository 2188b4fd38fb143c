package inspect

import (
	"bytes"
	"encoding/binary"
	"io"

	"airlock"
)

// tail looks at what lies behind the end of a format, at off. Phones append videos, depth maps and
// their makers' notes, so a tail is no objection; one that opens as a program, an archive or a page
// is (SECURITY "Checks beyond it").
func (l *look) tail(off int64) error {
	if off >= l.size {
		return nil
	}
	l.content.TrailingBytes = l.size - off
	head, err := l.upTo(off, tailWindow)
	if err != nil {
		return err
	}
	if what := opens(bytes.TrimLeft(head, " \t\r\n\x00")); what != "" {
		return l.objectTo(airlock.TrailingData, "after the end of the %s there are %d bytes that begin as %s", short(l.mediaType), l.size-off, what)
	}
	last := head
	if l.size-off > tailWindow {
		if last, err = l.upTo(max(off, l.size-tailWindow), tailWindow); err != nil {
			return err
		}
	}
	for _, part := range [][]byte{head, last} {
		if what := holdsMarkup(part); what != "" {
			return l.objectTo(airlock.TrailingData, "the %d bytes after the end of the %s hold %q", l.size-off, short(l.mediaType), what)
		}
	}
	return l.zipAtTheEnd(off)
}

// tailWindow is what is looked at of a tail's beginning and end: an archive's directory ends within
// 64 KiB and 22 bytes of a file's end (APPNOTE 4.3.16).
const tailWindow = 64<<10 + 22

// opens says as what a program, an archiver or a browser would open b; "" as nothing.
func opens(b []byte) string {
	switch m := magicType(b); m {
	case "zip", "elf", "exe", "script", "pdf", "gzip", "tar", "ole":
		return m
	}
	if o := opensAs(b); o.kind == opensProgram || o.kind == opensArchive {
		return "an archive or a program"
	}
	if holdsMarkup(b[:min(len(b), 256)]) != "" {
		return "a page or a script"
	}
	return ""
}

// zipAtTheEnd objects to an archive whose directory ends behind off, or with a comment that reaches to the
// file's end: archivers look for it from behind, whatever the file begins with. Before off, one with more
// behind it may be an attachment, such as a PDF's.
func (l *look) zipAtTheEnd(off int64) error {
	from := max(0, l.size-tailWindow)
	b, err := l.upTo(from, tailWindow)
	if err != nil {
		return err
	}
	for end := len(b); ; {
		i := bytes.LastIndex(b[:end], []byte("PK\x05\x06"))
		if i < 0 {
			return nil
		}
		end = i
		if len(b)-i < 22 {
			continue
		}
		rest := len(b) - i - 22 - int(binary.LittleEndian.Uint16(b[i+20:])) // a line end may follow
		if from+int64(i) < off && (rest < 0 || rest > 2) {
			continue
		}
		size := int64(binary.LittleEndian.Uint32(b[i+12:]))
		directory := from + int64(i) - size
		if entry, err := l.upTo(max(0, directory), 4); err == nil && directory >= 0 && (size == 0 || bytes.Equal(entry, []byte("PK\x01\x02"))) {
			return l.objectTo(airlock.TrailingData, "the %s ends as a zip archive", short(l.mediaType))
		} else if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
	}
}

// short is a media type's second half: what people call it.
func short(mediaType string) string {
	_, name, _ := bytes.Cut([]byte(mediaType), []byte("/"))
	return string(name)
}
