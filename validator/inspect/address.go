package inspect

import "strings"

// Addresses are judged as readers read them, not as they are written.

// cleanAddress is the beginning of an address as browsers read it (URL standard 4.4): without blanks and
// control characters, which they drop before and within it, in lower case, and a backslash is a slash.
// At most n bytes of it; what is dropped doesn't count, so that no length of blanks hides anything.
func cleanAddress(v string, n int) string {
	kept := make([]byte, 0, min(n, len(v)))
	for i := 0; i < len(v) && len(kept) < n; i++ {
		if c := cleanByte(v[i]); c != 0 {
			kept = append(kept, c)
		}
	}
	return string(kept)
}

// cleanByte is a byte of an address as it is read; 0: it is dropped.
func cleanByte(c byte) byte {
	switch {
	case c <= ' ':
		return 0
	case c == '\\':
		return '/'
	case c >= 'A' && c <= 'Z':
		return c | 0x20
	}
	return c
}

// schemeOf is the scheme of an address that is clean, "" if it has none: it is relative.
func schemeOf(clean string) string {
	i := strings.IndexAny(clean, ":/?#")
	if i <= 0 || clean[i] != ':' {
		return ""
	}
	return clean[:i]
}

// longestScheme is more than the longest scheme and media type that are looked for need.
const longestScheme = 128

// runsAsAddress tells whether an address is a script, or a page that may hold one.
func runsAsAddress(address string) bool {
	if strings.IndexByte(address, ':') < 0 {
		return false
	}
	for i := range len(address) {
		switch cleanByte(address[i]) {
		case 0:
			continue
		case 'j', 'v', 'l', 'm', 'd':
			return scriptAddress(cleanAddress(address[i:], longestScheme))
		}
		return false
	}
	return false
}

// scriptAddress is runsAsAddress for what is clean; each of its schemes begins with one of those letters.

func scriptAddress(clean string) bool {
	switch schemeOf(clean) {
	case "javascript", "vbscript", "livescript", "mocha", "jscript", "vbs":
		return true
	case "data":
		return isPage(clean[len("data:"):])
	}
	return false
}

// isPage tells whether what stands behind "data:" is of a type that may hold a script: HTML, XML of any
// kind, and what has such parts.
func isPage(data string) bool {
	if i := strings.IndexAny(data, ",;"); i >= 0 {
		data = data[:i]
	}
	for _, word := range []string{"html", "xml", "xsl", "svg", "script", "multipart", "message", "mht", "pdf", "flash"} {
		if strings.Contains(data, word) {
			return true
		}
	}
	return false
}

// runsAsLink tells whether a link runs something when it is followed.
func runsAsLink(clean string) bool {
	scheme := schemeOf(clean)
	return scriptAddress(clean) || localSchemes[scheme] || dangerousAddress(clean) != ""
}

// isShare tells an address that begins with two slashes of which one is a backslash. People write such only
// for a share of Windows, which is told who looks at it, and their password's hash.
func isShare(address string) bool {
	slashes, back := 0, false
	for i := 0; i < len(address) && slashes < 2; i++ {
		switch cleanByte(address[i]) {
		case 0:
		case '/':
			slashes++
			back = back || address[i] == '\\'
		default:
			return false
		}
	}
	return slashes == 2 && back
}

// isShareInSet is isShare for each address of a set of pictures.
func isShareInSet(set string) bool {
	for part := range strings.SplitSeq(set, ",") {
		if isShare(part) {
			return true
		}
	}
	return false
}

// longestBeside is the longest address that is taken for one beside the file.
const longestBeside = 4096

// isBeside tells whether an address leads to a file beside the document, or below: it has no scheme, no
// host and no way up, and no sign by which converters take a name for a command or for words of their own
// (ImageMagick: "|", "@", quotes). Readers decode percents before or behind they look for ways up (libxml2
// opens what it decoded), so that each is looked for in both.
func isBeside(address string) bool {
	if len(address) > longestBeside {
		return false
	}
	clean := cleanAddress(address, longestBeside)
	for range 3 {
		if strings.HasPrefix(clean, "/") || strings.HasPrefix(clean, "@") || schemeOf(clean) != "" || leadsUp(clean) || strings.ContainsAny(clean, "|\"`<>") {
			return false
		}
		decoded := cleanAddress(percentDecoded(clean), longestBeside)
		if decoded == clean {
			return true
		}
		clean = decoded
	}
	return false
}

// leadsUp tells whether one of the names of a path is "..", wherever a reader takes its path to end.
func leadsUp(clean string) bool {
	for at := 0; ; at++ {
		i := strings.Index(clean[at:], "..")
		if i < 0 {
			return false
		}
		at += i
		if (at == 0 || isPathEnd(clean[at-1])) && (at+2 == len(clean) || isPathEnd(clean[at+2])) {
			return true
		}
	}
}

func isPathEnd(c byte) bool { return c == '/' || c == '?' || c == '#' || c == ';' }

// percentDecoded decodes what is percent-encoded; what is not stays.
func percentDecoded(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(int(s[i+1])) >= 0 && hexDigit(int(s[i+2])) >= 0 {
			b = append(b, byte(hexDigit(int(s[i+1]))<<4|hexDigit(int(s[i+2]))))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}
