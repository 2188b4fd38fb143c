package inspect

import (
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// pdfText is what there is to say of a string that is the name of a file or an address.
type pdfText struct {
	shown   string // for the detail, short
	program string // its extension, if such files run
	unseen  string // what people can't see in it
	runs    string // what it leads to, where that is hostile
	web     bool   // it leads to a web site
	blank   bool   // nothing but blanks
	long    bool   // more of it is not kept
}

// worse takes over what is hostile in o.
func (t *pdfText) worse(o pdfText) {
	if t.shown == "" || o.runs != "" && t.runs == "" || o.program != "" && t.runs == "" {
		t.shown = o.shown
	}
	if t.program == "" {
		t.program = o.program
	}
	if t.unseen == "" {
		t.unseen = o.unseen
	}
	if t.runs == "" {
		t.runs = o.runs
	}
	t.web = t.web || o.web
	t.long = t.long || o.long
}

// leads says what the address leads to; "" for nothing hostile. Of a long one the beginning is enough,
// unless that is blank.
func (t *pdfText) leads(cut bool) string {
	if t.runs == "" && cut && t.blank {
		return "what is hidden behind blanks"
	}
	return t.runs
}

// readPDFText reads a string as each of the ways in which readers do, and keeps the hostile one.
func readPDFText(value []byte) pdfText {
	all := pdfText{blank: true}
	for _, s := range pdfReadings(string(value)) {
		address := pdfAddress(s)
		t := pdfText{shown: firstBytes(strings.ToValidUTF8(s, "?"), 80), program: pdfProgram(s), unseen: unseen(pdfMarksOut.Replace(s))}
		t.runs, t.web = pdfLeads(address)
		all.worse(t)
		all.blank = all.blank && address == ""
	}
	return all
}

// pdfMarksOut drops what is no part of a name: fillers and marks of language.
var pdfMarksOut = strings.NewReplacer("\x00", "", "\x1b", "")

func firstBytes(s string, n int) string {
	if len(s) > n {
		return strings.Clone(s[:n])
	}
	return s
}

// pdfReadings decodes a text string (ISO 32000-2 7.9.2.2): UTF-16 or UTF-8 by its mark, else one byte a
// character, which some writers fill with UTF-16 or UTF-8 all the same. Marks of language, between two
// escapes, are no text.
func pdfReadings(s string) []string {
	var all []string
	if big := strings.HasPrefix(s, "\xfe\xff"); big || strings.HasPrefix(s, "\xff\xfe") {
		all = append(all, pdfWide(s[2:], big))
		if strings.HasSuffix(s, "\x00") { // half a byte at a string's end counts for some readers, and not for others
			all = append(all, pdfWide(s[2:len(s)-1], big))
		}
	} else {
		all = append(all, strings.TrimPrefix(s, "\xef\xbb\xbf"))
	}
	read := all[0]
	if strings.IndexByte(read, 0) >= 0 { // no mark, or a program ends it there
		before, _, _ := strings.Cut(read, "\x00")
		all = append(all, before)
	}
	if strings.IndexByte(read, 0x1b) >= 0 {
		parts := strings.Split(read, "\x1b")
		var plain strings.Builder
		for i := 0; i < len(parts); i += 2 {
			plain.WriteString(parts[i])
		}
		all = append(all, plain.String())
	}
	return all
}

// pdfWide decodes UTF-16; big says that the high byte of each unit comes first.
func pdfWide(s string, big bool) string {
	low := 0
	if big {
		low = 1
	}
	units := make([]uint16, 0, len(s)/2)
	for ; len(s) >= 2; s = s[2:] {
		units = append(units, uint16(s[low])|uint16(s[1-low])<<8)
	}
	return string(utf16.Decode(units))
}

// pdfVisible is s without what leaves no mark, and without what is no character.
func pdfVisible(s string) string {
	return strings.Map(func(r rune) rune {
		if leavesNoMark(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// pdfAddress is the one form that addresses and names of files are judged in: nothing unseen, escapes
// decoded, slashes for backslashes, small letters. Prefixes that programs skip are cut.
func pdfAddress(s string) string {
	s = pdfVisible(s)
	if strings.IndexByte(s, '%') >= 0 {
		s = pdfVisible(unescaped(s))
	}
	s = strings.ToLower(strings.ReplaceAll(s, `\`, "/"))
	for {
		rest := s
		for _, prefix := range []string{"url:", "uri:", "feed:", "view-source:"} {
			rest = strings.TrimPrefix(rest, prefix)
		}
		if rest == s {
			return s
		}
		s = rest
	}
}

// unescaped decodes the escapes in s that are some, such as %41.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if high, low := hexDigit(int(s[i+1])), hexDigit(int(s[i+2])); high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// pdfLeads says to what hostile place an address leads, or whether to a web site.
func pdfLeads(address string) (what string, web bool) {
	scheme, rest, ok := strings.Cut(address, ":")
	if !ok || len(scheme) < 2 || strings.ContainsAny(scheme, "/?#") {
		if strings.HasPrefix(address, "//") || strings.HasPrefix(address, "/??/") {
			return "another computer", false
		}
		return "", false
	}
	switch scheme {
	case "http", "https", "ftp", "ftps":
		return "", true
	case "file":
		if pdfElsewhere(rest) {
			return "another computer", false
		}
		return "", false
	case "smb", "cifs", "afp", "nfs", "dav", "davs", "webdav", "webdavs":
		return "another computer", false
	case "javascript", "livescript", "mocha":
		if pdfDoesNothing(rest) {
			return "", false
		}
		return "a script", false
	case "data":
		if runsAsData(rest) != "" {
			return "a page that it holds itself", false
		}
		return "", false
	}
	if strings.HasPrefix(scheme, "ms-") || dangerousAddress(scheme+":"+rest) != "" {
		return "what runs something", false
	}
	return "", false
}

// isWebBase tells whether a base of addresses is empty or at a host of the web. PDFium joins it with an
// address that has no scheme, as text: "//" and "file:/" are harmless only until something follows.
func isWebBase(value []byte) bool {
	for _, s := range pdfReadings(string(value)) {
		s = strings.ToLower(pdfVisible(s))
		host, ok := strings.CutPrefix(s, "http://")
		if !ok {
			host, ok = strings.CutPrefix(s, "https://")
		}
		if s != "" && (!ok || host == "" || strings.ContainsRune(`/\?#`, rune(host[0]))) {
			return false
		}
	}
	return true
}

// mayLeadAsBase tells whether a name, or a string that is an object of its own, is no base and could lead
// elsewhere as one. Most texts have no sign of an address, and are no scheme.
func mayLeadAsBase(value []byte) bool {
	if isWebBase(value) {
		return false
	}
	for _, s := range pdfReadings(string(value)) {
		address := pdfAddress(s)
		what, _ := pdfLeads(address + ":x")
		if what != "" || localSchemes[address] || strings.HasPrefix(address, "/") || strings.IndexByte(address, ':') >= 2 {
			return true
		}
	}
	return false
}

// pdfElsewhere tells whether what follows "file:" is on another computer: file:///C:/x and file:/x are
// not, file://server/x and file:////server/x are.
func pdfElsewhere(rest string) bool {
	path := strings.TrimLeft(rest, "/")
	slashes := len(rest) - len(path)
	host, _, _ := strings.Cut(path, "/")
	drive := len(host) == 2 && (host[1] == ':' || host[1] == '|')
	switch {
	case slashes < 2, slashes == 3, drive, host == "" && slashes == 2:
		return strings.HasPrefix(rest, "/??/")
	}
	return host != "localhost" && host != "."
}

// pdfDoesNothing tells what is left of scripts in pages that were printed: it does nothing in any
// reader. Each is taken as a whole, so that nothing follows.
func pdfDoesNothing(script string) bool {
	script = strings.TrimRight(script, ";")
	if args, ok := strings.CutPrefix(script, "__dopostback("); ok {
		args, ok = strings.CutSuffix(args, ")")
		return ok && !strings.ContainsAny(args, "()`+=<>;{}[]/\\.!?*%&|^~-")
	}
	return slices.Contains([]string{"", "//", "void", "void0", "void(0)", "void(null)", "void()", "returnfalse", "false", "window.print()",
		"print()", "window.close()", "history.back()", "history.go(-1)", "history.back(-1)", "history.forward()", "window.history.back()"}, script)
}

// pdfProgram is the extension of name if such files run; else "". What systems drop at its end is not
// counted, and what people don't see.
func pdfProgram(name string) string {
	name = strings.ToLower(lookalikes.Replace(pdfVisible(name)))
	name = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(name, "./\\:"), ":$data"), "./\\:")
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || programs[name[dot+1:]]&^runsServed == 0 { // a server is asked for a name of its own
		return ""
	}
	return name[dot+1:]
}
