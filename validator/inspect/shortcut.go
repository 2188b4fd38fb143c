package inspect

import (
	"bytes"
	"io"

	"airlock"
)

// memberOrShortcut is member for what may be a shortcut that starts an interpreter: people open it as the
// document that its picture shows.
func (l *look) memberOrShortcut(name string, r io.Reader) error {
	s := &shortcut{r: r}
	if err := l.member(name, s); err != nil {
		return err
	}
	if what := s.starts(); what != "" && l.depth == 0 {
		return l.objectTo(airlock.UnsafeArchive, "%.80q is a shortcut that starts %q", name, what)
	}
	return nil
}

// shortcut keeps the beginning of what it reads, if that is a shortcut of Windows (MS-SHLLINK 2.1).
type shortcut struct {
	r    io.Reader
	head []byte
	read bool
}

func (s *shortcut) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if n > 0 && (!s.read || len(s.head) > 0) && len(s.head) < mostShortcut {
		if s.read || bytes.HasPrefix(p[:n], []byte(shortcutMagic)) {
			s.head = append(s.head, p[:min(n, mostShortcut-len(s.head))]...)
		}
		s.read = true
	}
	return n, err
}

// mostShortcut is how much of one is looked at: those of attackers are padded, to push what they run out
// of sight.
const mostShortcut = 64 << 10

// interpreters are what shortcuts of attackers start, and words that only their orders hold.
var interpreters = []string{
	"powershell", "pwsh", "cmd.exe", "%comspec%", "mshta", "wscript", "cscript", "rundll32", "regsvr32", "certutil", "bitsadmin", "msiexec",
	"conhost.exe", "forfiles", "pcalua", "wmic.exe", "installutil", "msbuild.exe", "odbcconf", "hh.exe", "curl.exe", "proxycommand", "localcommand",
}

// starts is which interpreter a shortcut runs; "" if none. Shortcuts to programs and folders are in
// honest archives.
func (s *shortcut) starts() string {
	if len(s.head) == 0 {
		return ""
	}
	text := bytes.ToLower(bytes.ReplaceAll(s.head, []byte{0}, nil))
	for _, what := range interpreters {
		if bytes.Contains(text, []byte(what)) {
			return what
		}
	}
	return ""
}
