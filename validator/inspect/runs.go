package inspect

import (
	"bytes"

	"airlock"
)

// runsInText is the first thing in b that runs, where b is a comment, a caption or the like.
func runsInText(b []byte) string {
	if bytes.IndexByte(b, '<') >= 0 {
		if found := firstMark(b, textMarks); found != "" {
			return found
		}
		if handler := eventHandler(b); handler != "" {
			return handler
		}
	}
	if bytes.Contains(b, []byte("AT&TFORM")) { // DjVu, whose annotations a reader of metadata has run (CVE-2021-22204)
		return "AT&TFORM"
	}
	for _, opening := range []string{"#!/bin/", "#!/usr/bin/", "*/=", "javascript:"} {
		if bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n\x00\"'>"), []byte(opening)) {
			return opening
		}
	}
	return ""
}

// eventHandler finds <tag ... onsomething=: what a browser runs without any script tag.
func eventHandler(b []byte) string {
	lower := bytes.ToLower(b)
	for _, on := range handlers {
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
	ways := [][]byte{b}
	if bytes.IndexByte(b, 0) >= 0 {
		ways = append(ways, bytes.ReplaceAll(b, []byte{0}, nil))
	}
	for _, text := range ways {
		if handler := eventHandler(text); handler != "" { // so long that letters beyond ASCII may stand between
			return handler
		}
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

// reuse is n bytes for who needs them for a moment, and again: of buf, or a larger one that takes its
// place. n is bounded by the format.
func reuse(buf *[]byte, n int) []byte {
	if n > cap(*buf) {
		*buf = make([]byte, n, max(n, 2*cap(*buf)))
	}
	return (*buf)[:n]
}

// window looks at up to 64 KiB at off, for what lies in a part that the format leaves to anybody.
func (l *look) window(name string, off, size int64) error {
	b, err := l.upTo(off, int(min(size, tailWindow, max(0, l.size-off))))
	if err != nil {
		return err
	}
	return l.part(name, b)
}

// edges looks at the beginning and the end of what is not read as a whole.
func (l *look) edges(name string, from, end int64) error {
	if err := l.window(name, from, end-from); err != nil || end-from <= tailWindow {
		return err
	}
	last := max(from, end-tailWindow)
	return l.window(name, last, end-last)
}

// named is edges for what holds titles, comments and the like.
func (l *look) named(name string, from, end int64) error {
	b, err := l.upTo(from, int(min(textBytes, end-from)))
	if err != nil {
		return err
	}
	if err := l.fields(name, b); err != nil {
		return err
	}
	return l.edges(name, from, end)
}

// part objects to a part called name that opens as a program or an archive, or holds what runs.
func (l *look) part(name string, b []byte) error {
	if what := payload(b); what != "" {
		return l.active("%.40q of the %s holds %s", name, short(l.mediaType), what)
	}
	if programIn(b) {
		return l.active("%.40q of the %s holds a program", name, short(l.mediaType))
	}
	if found := runsAnywhere(b); found != "" {
		return l.active("%.40q of the %s holds %q", name, short(l.mediaType), found)
	}
	return nil
}

// smallBytes is up to what size a film or a sound is searched as a whole, where all is to be looked at.
const smallBytes = 1 << 20

// small searches a file that is no picture for what runs, if it is not large: of large ones only their
// headers and the edges of their data are read.
func (l *look) small() error {
	if !l.full() || l.size > smallBytes {
		return nil
	}
	s := l.stream(0)
	if err := s.skip(l.size); err != nil {
		return err
	}
	return s.runs()
}

// words objects to a part that is text and holds what runs.
func (l *look) words(name string, b []byte) error {
	found := runsInText(b)
	if found == "" && bytes.IndexByte(b, 0) >= 0 {
		found = runsInText(bytes.ReplaceAll(b, []byte{0}, nil))
	}
	if found != "" {
		return l.active("%.40q of the %s holds %q", name, short(l.mediaType), found)
	}
	return nil
}

// metadata is words for XMP. It needs no DOCTYPE, by which a reader would fetch what it names; Photoshop's
// own blocks have Apple's in their print settings.
func (l *look) metadata(b []byte) error {
	if bytes.Contains(bytes.ToLower(b), []byte("<!doctype")) {
		return l.active("the metadata of the %s has a DOCTYPE", short(l.mediaType))
	}
	return l.words("the metadata", b)
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
	if off >= l.size {
		return l.zipAtTheEnd(0)
	}
	if err := l.tail(off); err != nil {
		return err
	}
	for _, from := range []int64{off, max(off, l.size-tailWindow)} {
		b, err := l.upTo(from, tailWindow)
		if err != nil {
			return err
		}
		// Archivers look for their own mark from the front.
		for _, archive := range []string{"Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c"} {
			if bytes.Contains(b, []byte(archive)) {
				return l.objectTo(airlock.TrailingData, "the %d bytes after the end of the %s hold an archive", l.size-off, short(l.mediaType))
			}
		}
		if programIn(b) {
			return l.objectTo(airlock.TrailingData, "the %d bytes after the end of the %s hold a program", l.size-off, short(l.mediaType))
		}
		if found := runsInFields(b); found != "" {
			return l.objectTo(airlock.TrailingData, "the %d bytes after the end of the %s hold %q", l.size-off, short(l.mediaType), found)
		}
	}
	return nil
}

// mostTail is how much behind a picture's end is searched as a whole: films of a few seconds are there.
const mostTail = 16 << 20

// ends is for what a server may run: then each byte behind the end counts, too.
func (s *stream) ends() error {
	off := s.off
	if err := s.l.ends(off); err != nil || off >= s.l.size || !s.whole {
		return err
	}
	s.search()
	s.found = ""
	if err := s.skip(min(mostTail, s.l.size-off)); err != nil {
		return err
	}
	if s.search(); s.found != "" {
		return s.l.objectTo(airlock.TrailingData, "the %d bytes after the end of the %s hold %q", s.l.size-off, short(s.l.mediaType), s.found)
	}
	return nil
}
