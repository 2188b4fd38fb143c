package inspect

import (
	"bytes"
	"strings"
)

// formulaScan goes through the text of one formula, in pieces of any length, and tells whether it starts
// a program or fetches something when the table is opened. It is the one list for tables of text, for
// Excel and for LibreOffice.
type formulaScan struct {
	kind    byte // what the formula began with: "=", or a sign that is as often the beginning of a text; 0: there is none
	sign    byte // what the newest cell of it began with
	strings bool // quotes are those of the formula only, so that what they hold is known to be text

	quote   byte // of the text or the sheet's name that is open
	square  int  // brackets of a table's column, where an apostrophe takes the next character for a letter
	escaped bool // it does
	depth   int  // of brackets
	word    [48]byte
	n       int  // letters of the word that was read last; more than it has room for: no name that is known
	gap     bool // blanks followed the word
	before  byte // what stood before the word, without blanks; 0: the beginning
	touches bool // nothing stood between both

	link     linkState
	topic    byte // its quotation mark
	topicLen int
	quotes   bool // only a topic in quotes will do
	narrow   bool // only letters and the like will do in one without

	ownDDE  bool   // DDE to LibreOffice itself is honest
	address []byte // what the arguments of a link, or of DDE, begin with
	inLink  bool
	asks    bool   // they are of DDE
	head    []byte // what the formula begins with, to be told
}

// linkState is how far a link to another program has been read: program|'topic'!item.
type linkState byte

const (
	noLink     linkState = iota
	behindBar            // blanks and quotes of the table may follow
	inTopic              // in quotes
	afterTopic           // blanks and quotes of the table may follow
	plainTopic           // one without quotes
)

const (
	mostAddress = 256
	mostHead    = 60
	mostTopic   = 1024
)

// begin begins a formula. Beyond the first of a line, a stricter one takes over.
func (f *formulaScan) begin(kind byte) {
	if f.kind == 0 {
		f.link, f.depth, f.head, f.quote, f.square, f.escaped = noLink, 0, f.head[:0], 0, 0, false
	}
	if f.kind != '=' {
		f.kind = kind
	}
	if f.depth <= 0 {
		f.sign = kind
	}
	f.n, f.gap, f.before, f.touches = 0, false, 0, true
	if len(f.head) == 0 {
		f.keep(kind)
	}
}

func (f *formulaScan) keep(c byte) {
	if len(f.head) < mostHead {
		f.head = append(f.head, c)
	}
}

// feed reads on; it answers what runs, or "".
func (f *formulaScan) feed(b []byte) string {
	for _, c := range b {
		if what := f.next(c); what != "" {
			return what
		}
	}
	return ""
}

// end ends the formula.
func (f *formulaScan) end() string {
	what := f.endLink()
	f.kind = 0
	return what
}

func (f *formulaScan) next(c byte) string {
	f.keep(c)
	if f.inLink {
		if f.address = append(f.address, c); len(f.address) == mostAddress {
			if what := f.endLink(); what != "" {
				return what
			}
		}
	}
	if f.quote != 0 {
		if c == f.quote {
			f.quote = 0
		}
		return ""
	}
	if f.escaped {
		f.escaped = false
		return ""
	}
	if f.link != noLink {
		used, runs := f.inLinkTo(c)
		if runs {
			return f.told()
		}
		if used {
			return ""
		}
	}
	return f.symbol(c)
}

// symbol reads a character that is of no text and of no link.
func (f *formulaScan) symbol(c byte) string {
	switch {
	case isLetter(c), c >= '0' && c <= '9', c == '.', c == '_', c >= 0x80:
		f.letter(c)
	case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		if f.n > 0 {
			f.gap = true
		} else {
			f.touches = false
		}
	case c == '(':
		if f.runs() {
			return f.told()
		}
		f.depth++
		f.other(c)
	case c == '|':
		f.link = behindBar
		f.narrow = f.n == 0 || f.before != 0 && !strings.ContainsRune("=+-({@,;", rune(f.before))
		f.quotes = f.n == 0 || f.sign != '='
		f.other(c)
	case c == ')':
		f.depth--
		f.other(c)
	case f.strings && c == '\'' && f.square > 0:
		f.escaped = true
	case f.strings && (c == '"' || c == '\''):
		f.quote = c
		f.other(c)
	case c == '[':
		f.square++
		f.other(c)
	case c == ']':
		f.square--
		f.other(c)
	default:
		f.other(c)
	}
	return ""
}

func (f *formulaScan) told() string { return string(bytes.TrimSpace(f.head)) }

func (f *formulaScan) other(c byte) { f.n, f.gap, f.before, f.touches = 0, false, c, true }

func (f *formulaScan) letter(c byte) {
	if f.n > 0 && f.gap {
		f.n, f.gap, f.before, f.touches = 0, false, 'x', false
	}
	if f.n < len(f.word) {
		f.word[f.n] = c
	}
	f.n++
}

// inLinkTo follows a link to another program; used says that c belongs to it.
func (f *formulaScan) inLinkTo(c byte) (used, runs bool) {
	blank := c == ' ' || c == '\t' || c == '"'
	switch f.link {
	case behindBar:
		switch {
		case c == '\'' || c == '`':
			f.link, f.topic = inTopic, c
			return true, false
		case blank:
			return false, false
		case f.quotes || c == '!' || c == '|':
			f.link = noLink
			return false, false
		}
		f.link, f.topicLen = plainTopic, 1
	case plainTopic:
		if f.topicLen++; c == '!' {
			return true, true
		}
		if f.topicLen > mostTopic || c == '|' || c == '\n' || f.narrow && !isTopic(c) {
			f.link = noLink
		}
	case inTopic:
		if c == f.topic {
			f.link = afterTopic
		}
		return true, false
	case afterTopic:
		switch {
		case c == '!':
			return true, true
		case c == f.topic:
			f.link = inTopic
			return true, false
		case !blank:
			f.link = noLink
		}
	}
	return false, false
}

func isTopic(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte(`._\:-/`, c) >= 0
}

// runningFunctions are functions of spreadsheets that start programs or fetch what an address gives,
// to which they may send cells. Tables are exported with values in their place.
var runningFunctions = map[string]bool{
	"DDE": true, "CALL": true, "EXEC": true, "REGISTER": true, "REGISTER.ID": true, "RTD": true, "SHELL": true,
	"WEBSERVICE": true, "IMPORTXML": true, "IMPORTDATA": true, "IMPORTHTML": true, "IMPORTFEED": true, "IMPORTRANGE": true, "SQL.REQUEST": true,
}

// functionPrefixes stand before functions that are newer than the format, or of an add-in (MS-XLSX 2.2.2).
var functionPrefixes = []string{"_XLFN.", "_XLWS.", "_XLL.", "_XLPM.", "_XLUDF.", "_XLBGNM.", "_XLDUDF."}

// runs tells whether the word before a bracket is a function that runs. Words before brackets also stand in
// texts: "- call (me)", "= see exec(utive)"; so something must stand before it that one could be
// called behind.
func (f *formulaScan) runs() bool {
	if f.n == 0 || f.n > len(f.word) {
		return false
	}
	name := strings.ToUpper(string(f.word[:f.n]))
	for cut := true; cut; {
		cut = false
		for _, p := range functionPrefixes {
			if after, ok := strings.CutPrefix(name, p); ok {
				name, cut = after, true
			}
		}
	}
	link := name == "HYPERLINK" || name == "IMAGE" || name == "DDE" && f.ownDDE
	if !link && !runningFunctions[name] {
		return false
	}
	called := f.before == 0 || strings.IndexByte("=+-@*/&^<>(,;{!:%|", f.before) >= 0
	if f.kind != '=' {
		called = called && f.touches && !f.gap
	}
	switch {
	case link && called && (!f.strings || name != "HYPERLINK"): // in a workbook a link is clicked, and shows where it leads
		if f.endLink() != "" {
			return true
		}
		f.address, f.inLink, f.asks = f.address[:0], true, name == "DDE"
		return false
	case link:
		return false
	}
	return called || f.kind == '=' && len(name) > 8
}

// endLink judges a link whose arguments were read as far as it takes.
func (f *formulaScan) endLink() string {
	if f.inLink && (!f.asks && sendsCells(f.address) || f.asks && !bytes.HasPrefix(bytes.ToLower(bytes.TrimSpace(f.address)), []byte(`"soffice"`))) {
		return f.told()
	}
	f.inLink = false
	return ""
}

// sendsCells tells whether the address of a link is put together, or lies on another computer's share. One
// within the document sends nothing.
func sendsCells(arguments []byte) bool {
	address := bytes.TrimLeft(arguments, "\"' \t")
	if bytes.HasPrefix(address, []byte("#")) {
		return false
	}
	begins := bytes.ToLower(address[:min(len(address), 8)])
	if bytes.HasPrefix(begins, []byte(`\\`)) || bytes.HasPrefix(begins, []byte("//")) || bytes.HasPrefix(begins, []byte("file:")) {
		return true
	}
	quoted, was := false, byte(0)
	for _, c := range arguments {
		switch {
		case c == '"' && was != '"':
			quoted = !quoted
		case quoted:
		case c == '&' || c == '(':
			return true
		case c == ',' || c == ';' || c == ')':
			return false
		}
		was = c
	}
	return false
}
