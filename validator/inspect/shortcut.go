package inspect

import (
	"bytes"
	"io"

	"airlock"
)

// memberOrShortcut is member for what may be a shortcut that starts an interpreter, or leads to a share: people open it as the
// document that its picture shows.
func (l *look) memberOrShortcut(name string, r io.Reader) error {
	s := &shortcut{r: r}
	if err := l.member(name, s); err != nil {
		return err
	}
	if what := s.end(); what != "" {
		return l.objectTo(airlock.UnsafeArchive, "%.80q is a shortcut that starts %q", name, what)
	}
	return nil
}

// shortcut looks at what it reads, if that is a shortcut of Windows (MS-SHLLINK 2.1). Its strings may have
// 128 KiB each, and those of attackers are padded, to push what they run out of sight.
type shortcut struct {
	r     io.Reader
	near  []byte // what was read last: a word may go on
	read  int    // bytes that were read
	none  bool   // it is none
	known bool   // it is one
	what  string // it starts
}

// mostShortcut is how much of one is looked at, mostWord more than what is looked for is long.
const mostShortcut, mostWord = 4 << 20, 512

// shortcutClass is where the header's class ends, which all have.
const shortcutClass = 20

func (s *shortcut) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if n == 0 || s.none || s.what != "" || s.read >= mostShortcut {
		return n, err
	}
	s.read += n
	s.near = append(s.near, p[:n]...)
	if s.known = s.known || len(s.near) >= shortcutClass; !s.known {
		return n, err
	}
	if s.read == len(s.near) {
		if s.none = !bytes.HasPrefix(s.near, []byte(shortcutMagic)); s.none {
			s.near = nil
			return n, err
		}
		s.near = s.near[shortcutClass-1:]
		s.near[0] = ' '
	}
	s.what = starts(s.near)
	s.near = append(s.near[:0], s.near[max(0, len(s.near)-mostWord):]...)
	return n, err
}

// end is what it starts, when all of it was read.
func (s *shortcut) end() string {
	if s.known && !s.none && s.what == "" {
		s.what = starts(append(s.near, '\n'))
	}
	return s.what
}

// interpreters are what shortcuts of attackers start, and words that only their orders hold.
var interpreters = []string{
	"powershell", "pwsh", "cmd.exe", "%comspec%", "mshta", "wscript", "cscript", "rundll32", "regsvr32", "certutil", "bitsadmin", "msiexec",
	"conhost.exe", "forfiles", "pcalua", "wmic.exe", "installutil", "msbuild.exe", "odbcconf", "hh.exe", "curl.exe", "proxycommand", "localcommand",
	"regasm", "regsvcs", "xwizard", "scriptrunner", "desktopimgdownldr", "syncappvpublishingserver", "dfsvc.exe",
}

// wholeInterpreters are those whose names are ends of others: git-bash.exe is honest.
var wholeInterpreters = []string{"bash.exe", "wsl.exe", "wt.exe", "python.exe", "pythonw.exe", "node.exe", "ftp.exe", "finger.exe"}

// starts is which interpreter a part of a shortcut names, or that it leads to a share, which is told who
// opens it; "" if none. Shortcuts to programs and folders are in honest archives.
func starts(part []byte) string {
	text := bytes.ToLower(bytes.ReplaceAll(bytes.ReplaceAll(part, []byte{0}, nil), []byte("^"), nil))
	for _, what := range interpreters {
		if bytes.Contains(text, []byte(what)) {
			return what
		}
	}
	for _, what := range wholeInterpreters {
		if holdsWord(text, what, isNamePart) {
			return what
		}
	}
	switch {
	case holdsWord(text, "cmd", isOfPath):
		return "cmd"
	case namesShare(part, 1), namesShare(part, 2):
		return "a share"
	}
	return ""
}

// holdsWord tells whether a word stands in text, with nothing around it that would make it another. What
// stands at the ends of text is known when more of it is.
func holdsWord(text []byte, word string, another func(byte) bool) bool {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(word))
		if i < 0 {
			return false
		}
		i, at = at+i, at+i+len(word)
		if i > 0 && !another(text[i-1]) && at < len(text) && !isNamePart(text[at]) && text[at] != '\\' {
			return true
		}
	}
}

func isNamePart(c byte) bool { return isAlnum(c) || c == '-' || c == '_' }

func isAlnum(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' }

// isOfPath tells what a word behind it is a folder's name by: all but what parts words of an order, and
// the mark of the block that names a target by itself (MS-SHLLINK 2.5.4).
func isOfPath(c byte) bool { return c != 0xa0 && bytes.IndexByte([]byte(" \t\"'=,;&|("), c) < 0 }

// namesShare tells whether a computer's name stands behind two backslashes, in characters of width bytes.
func namesShare(b []byte, width int) bool {
	at := func(i int) byte {
		if i *= width; i+width > len(b) || width == 2 && b[i+1] != 0 {
			return 0
		}
		return b[i]
	}
	slashes := []byte(`\\`)
	if width == 2 {
		slashes = []byte("\\\x00\\\x00")
	}
	for {
		i := bytes.Index(b, slashes)
		if i < 0 {
			return false
		}
		b = b[i+len(slashes):]
		n := 0
		for isNamePart(at(n)) || at(n) == '.' || at(n) == '@' {
			n++
		}
		if n > 1 && isAlnum(at(0)) && at(n) == '\\' {
			return true
		}
	}
}
