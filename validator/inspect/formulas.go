package inspect

import (
	"bytes"
	"strings"
)

// formulas looks in a table's cells for formulas that make a spreadsheet run or fetch something when the
// table is opened: DDE starts a program, others send cells elsewhere. A cell that begins with "=" or "-"
// is honest by itself. Nothing of the table is kept but what a formula begins with, so that it does not
// matter where the pieces of the file are cut.
type formulas struct {
	l     *look
	scan  formulaScan
	ends  cellEnds
	first []byte // the first line, until it has ended
	typed bool   // it has

	within bool // of a line, of which a piece was read
	inside bool // of a cell: no formula begins there
	quoted bool // a quotation mark opened the cell, so that its formula may go on in the next line
	open   bool // that mark is not closed
	long   int  // bytes of the formula
	wide   int  // bytes that were read of a sign in its wide form
}

// cellEnds are the bytes behind which a cell begins.
type cellEnds [256]bool

// Programs take one of these to separate cells, by what they find or were told; a line end does always.
func usualEnds() (e cellEnds) {
	for _, c := range ",;\t|\r\n" {
		e[c] = true
	}
	return e
}

// longestFormula is more than a cell holds: 32,767 characters (Excel's limits).
const longestFormula = 128 << 10

func (f *formulas) feed(b []byte) error {
	if !f.typed {
		f.firstLine(b)
	}
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end >= 0 && !f.within && f.scan.kind == 0 && f.typed && harmless(b[:end]) {
			b = b[end+1:]
			continue
		}
		line := b
		if end >= 0 {
			line = b[:end+1]
		}
		f.within = end < 0
		if err := f.cells(line); err != nil {
			return err
		}
		b = b[len(line):]
	}
	return nil
}

// harmless tells a line that holds no formula of interest, and none that could go on in the next one.
func harmless(line []byte) bool {
	if i := bytes.IndexByte(line, '\''); i >= 0 && (bytes.Contains(line[i:], []byte("'!")) || bytes.Contains(line[i:], []byte("'#"))) {
		return false // a sheet's name and its cell
	}
	return bytes.IndexByte(line, '(') < 0 && bytes.IndexByte(line, '|') < 0 && !bytes.Contains(line, []byte("\uff08")) && bytes.Count(line, []byte{'"'})%2 == 0
}

// firstLine learns the separator from a line that names it: sep=X.
func (f *formulas) firstLine(b []byte) {
	if f.first == nil {
		f.first, f.ends = make([]byte, 0, 32), usualEnds()
	}
	end := bytes.IndexAny(b, "\r\n")
	f.typed = end >= 0
	if end < 0 {
		end = len(b)
	}
	f.first = append(f.first, b[:min(end, cap(f.first)-len(f.first))]...)
	if f.typed = f.typed || len(f.first) == cap(f.first); !f.typed {
		return
	}
	line := bytes.Trim(bytes.TrimPrefix(f.first, []byte("\xef\xbb\xbf")), " \"")
	if len(line) > 4 && strings.EqualFold(string(line[:4]), "sep=") {
		for _, c := range line[4:] { // some take the first of several, some the last
			f.ends[c] = true
		}
	}
}

// cells reads on in a line.
func (f *formulas) cells(b []byte) error {
	for i := 0; i < len(b); i++ {
		if f.inside && f.scan.kind == 0 { // nothing but the next cell is of interest
			for !f.ends[b[i]] {
				if i++; i == len(b) {
					return nil
				}
			}
		}
		c := b[i]
		if f.scan.kind != 0 {
			if err := f.formula(c); err != nil {
				return err
			}
		}
		if f.ends[c] {
			f.inside = false
			if f.scan.kind == 0 {
				f.quoted = false
			}
			continue
		}
		if !f.inside {
			f.opening(c)
		}
	}
	return nil
}

// opening looks at how a cell begins: blanks, quotes and the brace of an array may stand before a sign.
func (f *formulas) opening(c byte) {
	switch {
	case f.wide > 0:
		f.wideSign(c)
	case c == ' ' || c == '{' || c == '\v' || c == '\f' || c == 0xc2 || c == 0xa0 || c == 0xbb || c == 0xbf:
	case c == '"':
		if f.scan.kind == 0 {
			f.quoted = true
		}
	case c == 0xef: // of a byte order mark, or of a sign in its wide form
		f.wide = 1
	case c == '=' || c == '+' || c == '-' || c == '@':
		f.sign(c)
	default:
		f.inside = true
	}
}

// wideSign reads on in U+FF1D, U+FF0B, U+FF0D and U+FF20, which East Asian programs take for the signs.
func (f *formulas) wideSign(c byte) {
	was := f.wide
	f.wide = 0
	switch {
	case was == 1 && (c == 0xbc || c == 0xbb):
		f.wide = 2
	case was == 2 && c == 0x9d:
		f.sign('=')
	case was == 2 && c == 0x8b:
		f.sign('+')
	case was == 2 && c == 0x8d:
		f.sign('-')
	case was == 2 && c == 0xa0:
		f.sign('@')
	case was == 2 && c == 0xbf: // the mark's end
	default:
		f.inside = true
	}
}

func (f *formulas) sign(c byte) {
	if f.scan.kind == 0 {
		f.open, f.long, f.scan.doubled = f.quoted, 0, f.quoted
	}
	f.inside = true
	f.scan.begin(c)
}

// formula reads on in a formula. Within brackets it goes on over the cell's end, since who cuts cells by
// another separator sees more of it; over the line's end, only in quotes.
func (f *formulas) formula(c byte) error {
	if c == '"' {
		f.open = !f.open
	}
	what := ""
	if f.long++; (c == '\n' || c == '\r') && !(f.quoted && f.open) || f.long > longestFormula {
		what = f.scan.end()
		f.inside, f.quoted = c != '\n' && c != '\r', false
	} else {
		what = f.scan.next(c)
		if what == "" && (c == ',' || c == ';' || c == '\t') && f.scan.depth <= 0 && f.scan.link == noLink && !(f.quoted && f.open) {
			what = f.scan.end()
		}
	}
	return f.found(what)
}

// end judges what is left.
func (f *formulas) end() error { return f.found(f.scan.end()) }

func (f *formulas) found(what string) error {
	if what == "" {
		return nil
	}
	return f.l.active("it holds a formula that runs or fetches something: %.60q", what)
}
