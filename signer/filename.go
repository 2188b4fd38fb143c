package signer

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"airlock"
)

// maxFilename is in bytes of UTF-8, as file systems count.
const maxFilename = 255

// cleanFilename returns the NFC form of a file name that is safe to hand on (SECURITY SIG-3).
// Spaces, +, %, emoji and every script stay. The name is text for people: it never becomes part of
// a key or a path here, but somebody downstream will make it one, and somebody will print it.
func cleanFilename(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", refuse("filename_invalid", "the file name is not UTF-8")
	}
	name = norm.NFC.String(name)
	switch {
	case strings.TrimSpace(name) == "":
		return "", refuse("filename_invalid", "the file name is empty")
	case len(name) > maxFilename:
		return "", refuse("filename_invalid", "the file name has %d bytes, more than %d", len(name), maxFilename)
	case encodedSeparator.MatchString(name):
		return "", refuse("filename_invalid", "the file name holds a percent-encoded separator")
	}
	for i, r := range name {
		if what := forbidden(name, i, r); what != "" {
			return "", refuse("filename_invalid", "the file name holds %s (U+%04X)", what, r)
		}
	}
	if folded := norm.NFKC.String(name); folded != name && (strings.ContainsAny(folded, `/\`) || dots(folded) && !dots(name)) || dots(name) {
		return "", refuse("filename_invalid", "the file name is, or can be read as, a path")
	}
	return name, nil
}

// encodedSeparator matches what becomes / \ NUL CR LF or .. for whoever decodes once more.
var encodedSeparator = regexp.MustCompile(`(?i)%(2f|5c|00|0a|0d)|%2e%2e|%2e\.|\.%2e|%25(2f|5c|00|2e)|%c0%af`)

func dots(s string) bool { return s == "." || s == ".." }

// forbidden says why r at byte i must not be in a name; "" if it may.
func forbidden(name string, i int, r rune) string {
	switch {
	case r == '/' || r == '\\':
		return "a path separator"
	case unicode.Is(unicode.Cc, r), r == 0x2028, r == 0x2029:
		return "a control character"
	case unicode.Is(bidi, r):
		return "a control of writing direction, which can show a false extension"
	case r == zwj:
		if !joinsEmoji(name, i) {
			return "an invisible joiner outside an emoji"
		}
	case r == zwnj:
		// Persian and several Indic scripts cannot be written without it between letters.
		if !betweenLetters(name, i) {
			return "an invisible character"
		}
	case unicode.Is(invisible, r):
		return "an invisible character"
	case unicode.Is(unicode.Co, r):
		return "a private-use character"
	case r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe, r == utf8.RuneError:
		return "a code point that is no character"
	}
	return ""
}

const (
	zwj  = '\u200d'
	zwnj = '\u200c'
)

var (
	bidi = &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: 0x061c, Hi: 0x061c, Stride: 1}, {Lo: 0x200e, Hi: 0x200f, Stride: 1},
		{Lo: 0x202a, Hi: 0x202e, Stride: 1}, {Lo: 0x2066, Hi: 0x2069, Stride: 1},
	}}
	// invisible are the format characters that show nothing, but for the variation selectors and
	// the tags that emoji are made of.
	invisible = &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: 0x00ad, Hi: 0x00ad, Stride: 1}, {Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1},
		{Lo: 0x180e, Hi: 0x180e, Stride: 1}, {Lo: 0x200b, Hi: 0x200b, Stride: 1}, {Lo: 0x2060, Hi: 0x2064, Stride: 1},
		{Lo: 0x206a, Hi: 0x206f, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xfeff, Hi: 0xfeff, Stride: 1},
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, {Lo: 0xfff9, Hi: 0xfffb, Stride: 1},
	}}
)

// neighbours are the runes before and after the one at byte i, variation selectors and skin tones
// passed over.
func neighbours(s string, i int) (before, after rune) {
	rest := s[:i]
	for {
		r, n := utf8.DecodeLastRuneInString(rest)
		rest = rest[:len(rest)-n]
		if r != 0xfe0f && (r < 0x1f3fb || r > 0x1f3ff) || n == 0 {
			before = r
			break
		}
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	after, _ = utf8.DecodeRuneInString(s[i+n:])
	return before, after
}

func joinsEmoji(s string, i int) bool {
	emoji := func(r rune) bool {
		return r != utf8.RuneError && unicode.Is(unicode.So, r) || r == 0x2640 || r == 0x2642
	}
	before, after := neighbours(s, i)
	return emoji(before) && emoji(after)
}

func betweenLetters(s string, i int) bool {
	before, after := neighbours(s, i)
	return (unicode.IsLetter(before) || unicode.IsMark(before)) && unicode.IsLetter(after) && before > 0x2ff && after > 0x2ff
}

// extension is the last extension of a clean name, in lower case and without the dot. Endings that
// some system drops, so that another extension appears, are refused (SECURITY SIG-4).
func extension(name string) (string, error) {
	switch {
	case strings.HasSuffix(name, "."), strings.TrimRightFunc(name, unicode.IsSpace) != name:
		return "", refuse("filename_invalid", "the file name ends in a dot or a space, which Windows drops")
	case strings.Contains(name, ";"), strings.Contains(name, ":"):
		return "", refuse("filename_invalid", "the file name holds ; or : which some systems cut it at")
	}
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if ext == "" || len(ext)+1 == len(name) {
		return "", refuse("extension_mismatch", "the file name has no extension")
	}
	return ext, nil
}

// extensionFits tells whether files of a type may carry ext in a profile. An extension that the
// profile adds by itself, and that no known type claims, is good for all of its types.
func extensionFits(ext, bare string, p airlock.Profile) bool {
	if !slices.Contains(p.Extensions, ext) {
		return false
	}
	if slices.Contains(airlock.KnownTypes[bare], ext) {
		return true
	}
	for _, t := range p.Types {
		if slices.Contains(airlock.KnownTypes[t], ext) {
			return false // it is another type's
		}
	}
	return true
}
