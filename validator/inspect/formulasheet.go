package inspect

import "strings"

// sheetName follows names of sheets in quotes. One that is an address makes programs fetch that file, or ask
// the share for it, when the table is opened: ='http://host/a.csv'#$a.A1, ='\\host\s\[a.xls]S'!A1.
type sheetName struct {
	open bool   // a name is being read
	far  bool   // one was an address: what follows any quote of the formula is looked at
	shut bool   // a quote was read last
	mark bool   // a quote, and the sign between a sheet and its cell
	head []byte // of the name, without blanks
}

// next reads on; begins says that a name may begin here. It tells where a cell is asked for of a sheet that
// is elsewhere.
func (s *sheetName) next(c byte, begins bool) bool {
	if s.far && s.mark && isItem(c) {
		return true
	}
	s.mark = s.shut && (c == '!' || c == '#')
	if s.shut = c == '\''; !s.shut {
		if s.open && len(s.head) < longestScheme && cleanByte(c) != 0 {
			s.head = append(s.head, c)
		}
		return false
	}
	s.far = s.far || s.open && isElsewhere(string(s.head))
	s.open = begins && (!s.open || !s.far)
	s.head = s.head[:0]
	return false
}

// isElsewhere tells an address with a scheme, or of a share, from a sheet's name and a file's path.
func isElsewhere(name string) bool {
	name = strings.TrimLeft(name, "[")
	scheme, _ := addressScheme(name)
	return scheme != "" || strings.HasPrefix(cleanAddress(name, 2), "//")
}
