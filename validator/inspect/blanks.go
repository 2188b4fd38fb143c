package inspect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// leavesNoMark tells whether a character shows as nothing or as an empty place: so one can push a name's
// extension out of sight, or cut it in two for who compares it. They are Unicode's
// Default_Ignorable_Code_Points (UAX 44: hangul fillers, joiners, variation selectors, soft hyphens), all
// spaces, and letters that are drawn empty.
func leavesNoMark(r rune) bool {
	if r < 0x80 {
		return r <= ' ' || r == 0x7f
	}
	switch r {
	case 0x2800, 0x13441, 0x13442, 0x1d159, 0x16fe4: // braille and hieroglyphs without a sign, a note without a head
		return true
	}
	return unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// isBlankAt is leavesNoMark for what stands at i of a name in any charset, and how many bytes it has. 0xFF
// is a space in the charset of DOS (437), as 0xA0 is in those of ISO 8859.
func isBlankAt(name string, i int) (blank bool, n int) {
	r, n := utf8.DecodeRuneInString(name[i:])
	if r == utf8.RuneError && n == 1 {
		return name[i] == 0xff || name[i] == 0xa0, 1
	}
	return leavesNoMark(r), n
}

// withoutBlanks drops what leaves no mark.
func withoutBlanks(s string) string {
	first := blankFrom(s, 0)
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:first])
	for i := first; i < len(s); {
		blank, n := isBlankAt(s, i)
		if !blank {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// blankFrom is where the first blank at or behind i is; -1 if there is none.
func blankFrom(s string, i int) int {
	for i < len(s) {
		if c := s[i]; c > ' ' && c < 0x7f {
			i++
			continue
		}
		blank, n := isBlankAt(s, i)
		if blank {
			return i
		}
		i += n
	}
	return -1
}

// longestBlank is how many blanks stand in a row at most.
func longestBlank(s string) (most int) {
	row := 0
	for i := 0; i < len(s); {
		blank, n := isBlankAt(s, i)
		if row++; !blank {
			row = 0
		}
		most = max(most, row)
		i += n
	}
	return most
}
