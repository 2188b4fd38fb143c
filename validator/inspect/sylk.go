package inspect

import "bytes"

// sylk tells a SYLK sheet, which Excel opens whatever it is called, from a table whose first column is
// called ID: each of its lines begins with the letters of a record.
func sylk(head []byte) bool {
	if !bytes.HasPrefix(head, []byte("ID;P")) {
		return false
	}
	lines := bytes.SplitN(head, []byte("\n"), 3)
	if len(lines) < 2 {
		return false
	}
	for _, record := range []string{"B;", "C;", "E", "F;", "NE;", "NN;", "NU;", "O;", "P;", "W;"} {
		if bytes.HasPrefix(lines[1], []byte(record)) {
			return true
		}
	}
	return false
}

// sylkCells looks in a table whose first line says ID, as that of a SYLK sheet does, for records of cells
// whose formulas run something: lines that are none, or are empty, may stand before them.
type sylkCells struct {
	line  []byte // the beginning of it
	begun bool   // the first line was read
	none  bool   // it is no such table
}

// mostSylk is more than a record of SYLK holds, mostSylkFields more than it has.
const mostSylk, mostSylkFields = 4096, 16

// feed reads on, and tells what runs.
func (s *sylkCells) feed(b []byte) string {
	for len(b) > 0 && !s.none {
		end := bytes.IndexAny(b, "\r\n")
		part := b
		if end >= 0 {
			part = b[:end]
		}
		s.line = append(s.line, part[:min(len(part), mostSylk-len(s.line))]...)
		if end < 0 {
			return ""
		}
		if what := s.end(); what != "" {
			return what
		}
		b = b[end+1:]
	}
	return ""
}

// end judges a line.
func (s *sylkCells) end() string {
	line := bytes.Trim(bytes.TrimPrefix(s.line, []byte("\xef\xbb\xbf")), " \t\"")
	s.line = s.line[:0]
	if !s.begun {
		if s.begun = len(line) > 0; s.begun {
			s.none = !bytes.EqualFold(line[:min(len(line), 2)], []byte("ID")) || len(line) > 2 && line[2] != ';'
		}
		return ""
	}
	if s.none || !bytes.HasPrefix(line, []byte("C;")) {
		return ""
	}
	for range mostSylkFields {
		_, formula, ok := bytes.Cut(line, []byte(";E"))
		if !ok {
			return ""
		}
		scan := formulaScan{}
		scan.begin('=')
		if what := scan.feed(formula); what != "" {
			return what
		}
		line = formula
	}
	return ""
}
