package inspect

import (
	"bytes"
	"strings"
)

// formulas looks in the lines of a table for cells that make a spreadsheet run or fetch something when
// the table is opened: DDE starts a program, others send cells elsewhere. A cell that begins with "="
// or "-" is honest by itself.
type formulas struct {
	l    *look
	line []byte // what came of a line that has not ended
}

// formulaLine is the longest piece of a line that is looked at at once.
const formulaLine = 8 << 10

func (f *formulas) feed(b []byte) error {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 || len(f.line) > 0 || end > formulaLine {
			n := min(len(b), formulaLine-len(f.line))
			if end >= 0 {
				n = min(n, end+1)
			}
			f.line = append(f.line, b[:n]...)
			b = b[n:]
			if f.line[len(f.line)-1] != '\n' && len(f.line) < formulaLine {
				continue
			}
			if err := f.end(); err != nil {
				return err
			}
			continue
		}
		if err := f.judge(b[:end]); err != nil {
			return err
		}
		b = b[end+1:]
	}
	return nil
}

// end judges what is left.
func (f *formulas) end() error {
	err := f.judge(f.line)
	f.line = f.line[:0]
	return err
}

// judge objects to a line with a formula that runs something.
func (f *formulas) judge(line []byte) error {
	if !bytes.ContainsAny(line, "|(") {
		return nil
	}
	start := formulaStart(line)
	if start < 0 {
		return nil
	}
	what := dde(line, start)
	if what == "" {
		what = runningFunction(line, start)
	}
	if what == "" {
		return nil
	}
	return f.l.active("it holds a formula that runs or fetches something: %.60q", what)
}

// formulaStart is where the first cell of line that is a formula begins; -1 if there is none.
func formulaStart(line []byte) int {
	begins := true
	for i, c := range line {
		switch c {
		case ',', ';', '\t', '|':
			begins = true
		case ' ', '"', '\r':
		case '=', '+', '-', '@':
			if begins {
				return i
			}
		default:
			begins = false
		}
	}
	return -1
}

// dde is a link to another program: program|'topic'!item, whose topic may do without quotes behind
// "=".
func dde(line []byte, start int) string {
	for i, first := start, true; ; first = false {
		j := bytes.IndexByte(line[i:], '|')
		if j < 0 {
			return ""
		}
		i += j + 1
		topic := bytes.TrimLeft(line[i:], " \t\"")
		if len(topic) > 0 && (topic[0] == '\'' || topic[0] == '`') {
			if _, rest, ok := bytes.Cut(topic[1:], topic[:1]); ok && bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("!")) {
				return string(line[start:])
			}
		}
		if first && line[start] == '=' && isWord(bytes.TrimSpace(line[start+1:i-1])) {
			if item := bytes.IndexByte(line[i:], '!'); item > 0 && bytes.IndexByte(line[i:i+item], '|') < 0 {
				return string(line[start:])
			}
		}
	}
}

// isWord tells whether b is the name of a program, that may be spaced out.
func isWord(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '.' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return len(b) > 0
}

// runningFunctions are functions of spreadsheets that start programs or fetch what an address gives,
// to which they may send cells. Tables are exported with values in their place.
var runningFunctions = map[string]bool{
	"DDE": true, "CALL": true, "EXEC": true, "REGISTER": true, "REGISTER.ID": true, "RTD": true, "SHELL": true,
	"WEBSERVICE": true, "IMPORTXML": true, "IMPORTDATA": true, "IMPORTHTML": true, "IMPORTFEED": true, "IMPORTRANGE": true,
}

func runningFunction(line []byte, start int) string {
	for i := start; ; {
		j := bytes.IndexByte(line[i:], '(')
		if j < 0 {
			return ""
		}
		i += j
		from := i
		for from > start && (line[from-1]|0x20 >= 'a' && line[from-1]|0x20 <= 'z' || line[from-1] == '.') && i-from < 16 {
			from--
		}
		name := strings.ToUpper(string(line[from:i]))
		i++
		direct := from == start+1 // behind the sign: else the word may stand in a text
		switch {
		case runningFunctions[name] && (direct || line[start] == '=' && len(name) > 8):
			return string(line[start:])
		case name == "HYPERLINK" || name == "IMAGE":
			if sendsCells(line[i:]) {
				return string(line[start:])
			}
		}
	}
}

// sendsCells tells whether the address of a link is put together, or lies on another computer's share.
func sendsCells(arguments []byte) bool {
	address := bytes.TrimLeft(arguments, "\" ")
	lower := bytes.ToLower(address[:min(len(address), 8)])
	if bytes.HasPrefix(lower, []byte(`\\`)) || bytes.HasPrefix(lower, []byte("file:")) {
		return true
	}
	quoted, was := false, byte(0)
	for _, c := range arguments[:min(len(arguments), 256)] {
		switch {
		case c == '"' && was != '"':
			quoted = !quoted
		case c == '&' && !quoted:
			return true
		case c == ',' && !quoted, c == ')' && !quoted:
			return false
		}
		was = c
	}
	return false
}
