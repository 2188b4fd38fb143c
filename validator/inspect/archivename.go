package inspect

import (
	"strings"
	"unicode/utf8"
)

// longestName is PATH_MAX of Linux: no tool that packs a file that is there makes a longer one. A part
// has 255 characters at most, each of up to 4 bytes.
const longestName, longestPart = 4096, 1024

// lookalikes are what some systems take for a dot or a separator: full-width forms, which a
// normalisation turns into them (Unicode, NFKC), and UTF-8 that is longer than need be.
var lookalikes = strings.NewReplacer("\uff0e", ".", "\u2024", ".", "\u2025", "..", "\uff0f", "/", "\uff3c", "/", "\u2215", "/", "\u2044", "/",
	"\xc0\xae", ".", "\xc0\xaf", "/")

// hiddenParents are how ".." looks to who decodes a name once more.
var hiddenParents = []string{"%2e%2e%2f", "%2e%2e/", "..%2f", "%2e%2e%5c", "%2e%2e\\", "..%5c"}

// safeName says why an archive must not hold a file of this name; "" if it may. It takes what files
// of old or foreign systems are really called: any charset, backslashes (systemd's units), colons
// (Perl's manuals), "./" and "//".
func safeName(name string) (why string) {
	if why := unsafeShape(name); why != "" || name == "/" || name == "\\" { // "/" is a folder that some writers name
		return why
	}
	for part := range strings.FieldsFuncSeq(lookalikes.Replace(name), isSeparator) {
		if why := unsafePart(part); why != "" {
			return why
		}
	}
	return ""
}

// unsafeShape is what safeName says of a path as a whole.
func unsafeShape(name string) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > longestName:
		return "is longer than a path can be"
	case len(name) == 1:
		return ""
	case name[0] == '/' || name[0] == '\\':
		return "is an absolute path"
	case len(name) > 2 && name[1] == ':' && name[2] != ':' && name[2] != ' ' && isLetter(name[0]):
		return "is a path on a drive"
	}
	if i := strings.Index(name, ":$"); i >= 0 {
		for _, kind := range []string{":$DATA", ":$I30", ":$INDEX_ALLOCATION"} { // NTFS
			if strings.Contains(strings.ToUpper(name[i:]), kind) {
				return "is a stream of a file"
			}
		}
	}
	lower := strings.ToLower(name)
	for _, hidden := range hiddenParents {
		if strings.Contains(lower, hidden) {
			return "leads out of the archive"
		}
	}
	return ""
}

// unsafePart is what safeName says of a part of a path.
func unsafePart(part string) string {
	// Windows drops dots and spaces at a name's end: ".. " is the parent there.
	if strings.HasPrefix(part, "..") && strings.Trim(part[2:], " ") == "" {
		return "leads out of the archive"
	}
	if len(part) > longestPart {
		return "is longer than a name can be"
	}
	if strings.HasSuffix(part, "Icon\r") { // what macOS calls a folder's own icon
		part = part[:len(part)-1]
	}
	if part[0] <= ' ' || part[0] >= 0x7f {
		if withoutBlanks(part) == "" {
			return "can't be seen"
		}
	}
	return unseen(part)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isSeparator(r rune) bool { return r == '/' || r == '\\' }

// unseen says what in a name people can't see, or see as another name.
func unseen(name string) string {
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		i += n
		switch {
		case r < 0x20 && r != '\t' || r == 0x7f || n > 1 && r < 0xa0:
			return "holds a control character"
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return "holds a character that turns the direction of writing"
		case r == 0x2028 || r == 0x2029:
			return "holds a line break"
		}
	}
	return ""
}
