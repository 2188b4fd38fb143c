package inspect

import "unicode/utf8"

// nameRanges are the characters beyond ASCII that a name may begin with; nameMore may stand further down
// (XML 1.0 5th edition [4], [4a]).
var (
	nameRanges = [][2]rune{
		{0xc0, 0xd6}, {0xd8, 0xf6}, {0xf8, 0x2ff}, {0x370, 0x37d}, {0x37f, 0x1fff}, {0x200c, 0x200d}, {0x2070, 0x218f},
		{0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff},
	}
	nameMore = [][2]rune{{0xb7, 0xb7}, {0x300, 0x36f}, {0x203f, 0x2040}}
)

// isName tells whether the characters of a name beyond ASCII are those of names. Others are blanks to
// some readers (XML 1.1 2.11), so that the name would end at them.
func isName(name []byte) bool {
	for i := 0; i < len(name); {
		if name[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(name[i:])
		if !inRanges(r, nameRanges) && (i == 0 || !inRanges(r, nameMore)) {
			return false
		}
		i += size
	}
	return true
}

func inRanges(r rune, ranges [][2]rune) bool {
	for _, x := range ranges {
		if r >= x[0] && r <= x[1] {
			return true
		}
	}
	return false
}
