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
	calls   bool // a function stands in it that calls what it is handed
	gap     bool // blanks followed the word
	before  byte // what stood before the word, without blanks; 0: the beginning
	touches bool // nothing stood between both

	link     linkState
	topic    byte // its quotation mark
	topicLen int
	quotes   bool // only a topic in quotes will do
	cell     bool // or one without, of which a cell is asked for
	narrow   bool // only letters and the like will do in one without

	libre   bool   // LibreOffice's: DDE to itself is honest, and an apostrophe may open the name of a file
	columns bool   // an apostrophe in square brackets does not
	source  []byte // that name, at most mostAddress
	address formulaLink
	sheet   sheetName // in tables of text; workbooks keep a list of the others they read
	doubled bool      // each quotation mark is written twice
	waits   waiting   // what must follow for the word before a bracket to be a function
	text    bool      // a text is open
	half    bool      // one of two quotation marks was read that stand for one
	head    []byte    // what the formula begins with, to be told
}

// linkState is how far a link to another program has been read: program|'topic'!item.
type linkState byte

const (
	noLink      linkState = iota
	behindBar             // blanks and quotes of the table may follow
	inTopic               // in quotes
	afterTopic            // blanks and quotes of the table may follow
	plainTopic            // one without quotes
	atItem                // what is asked for follows
	inCell                // it is a cell, of which letters were read
	itemOfTopic           // what is asked for of a topic in quotes follows
)

// waiting is what must follow for a word before a bracket to be a function.
type waiting byte

const (
	forNothing waiting = iota
	forText            // a text
	forTexts           // a text and another argument: - DDE ("Direct Debit") is none
	forMore            // the text is there
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
		f.waits, f.text, f.half, f.calls = forNothing, false, false, false
		f.sheet = sheetName{head: f.sheet.head[:0]}
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
	what := ""
	if f.address.end() || f.kind != 0 && f.strings && f.handsOn(0) {
		what = f.told()
	}
	f.kind = 0
	return what
}

func (f *formulaScan) next(c byte) string {
	f.keep(c)
	if f.address.open && f.address.next(c, f.doubled) {
		return f.told()
	}
	if !f.strings && f.kind != 0 && f.sheet.next(c, f.n == 0 || f.gap && f.kind == '=') {
		return f.told()
	}
	if f.waits != forNothing && f.follows(c) {
		return f.told()
	}
	if c != '"' {
		f.half = false
	} else if f.half = f.doubled && !f.half; !f.half {
		f.text = !f.text
	}
	if f.quote != 0 {
		return f.inQuotes(c)
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

// inQuotes follows a text or a name to its end. LibreOffice fetches a file whose address stands there
// when it brings the links up to date; those on the disk and on a company's share are honest.
func (f *formulaScan) inQuotes(c byte) string {
	switch {
	case c == f.quote:
		f.quote = 0
		if name := string(f.source); c == '\'' && f.libre && remote(name) && !onShare(name) {
			return f.told()
		}
	case f.quote == '\'' && f.libre && len(f.source) < mostAddress:
		f.source = append(f.source, c)
	}
	return ""
}

// follows tells whether what was waited for is there.
func (f *formulaScan) follows(c byte) bool {
	was := f.waits
	switch {
	case c == ' ' || c == '\t':
	case was == forMore:
		if !f.text && c == ')' {
			f.waits = forNothing
		}
		return !f.text && (c == ',' || c == ';')
	case was == forTexts && c == '"':
		f.waits = forMore
	default:
		f.waits = forNothing
		return c == '"'
	}
	return false
}

// symbol reads a character that is of no text and of no link.
func (f *formulaScan) symbol(c byte) string {
	switch {
	case c >= 0x80:
		return f.letterBeyond(c)
	case isLetter(c), c >= '0' && c <= '9', c == '.', c == '_':
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
	case f.handsOn(c):
		return f.told()
	case c == '=' && f.before == 0 && f.n == 0 && f.touches && !f.strings: // "==" begins a text
		f.kind, f.sign = '-', '-'
		f.other(c)
	case c == '|' && f.isNumber(): // no program is called so
		f.other(c)
	case c == '|':
		f.link = behindBar
		f.narrow = f.n == 0 || f.before != 0 && !strings.ContainsRune("=+-({@,;", rune(f.before))
		f.quotes = f.n == 0 || f.sign != '='
		f.cell = f.quotes && f.n > 0 && f.touches && !f.gap && (f.before == 0 || strings.IndexByte("+-@=(", f.before) >= 0)
		f.narrow = f.narrow || f.cell
		f.other(c)
	case c == ')':
		f.depth--
		f.other(c)
	case f.strings && c == '\'' && f.square > 0 && (!f.libre || f.columns):
		f.escaped = true
	case f.strings && (c == '"' || c == '\''):
		f.quote, f.source = c, f.source[:0]
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

// isNumber tells whether the word that was read last is one.
func (f *formulaScan) isNumber() bool {
	if f.n == 0 {
		return f.before == '%'
	}
	return f.n <= len(f.word) && len(bytes.Trim(f.word[:f.n], "0123456789.")) == 0
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
		case f.quotes && !f.cell || c == '!' || c == '|':
			f.link = noLink
			return false, false
		}
		f.link, f.topicLen = plainTopic, 1
	case plainTopic:
		if f.topicLen++; c == '!' {
			f.link = atItem
			return true, f.strings
		}
		if f.topicLen > mostTopic || c == '|' || c == '\n' || f.narrow && !isTopic(c) && !(f.cell && c == ' ') {
			f.link = noLink
		}
	case atItem:
		if f.cell && (isLetter(c) || c == '$') {
			f.link = inCell
			return true, false
		}
		f.link = noLink
		if f.cell {
			return false, false
		}
		return false, isItem(c)
	case inCell:
		switch {
		case c >= '0' && c <= '9':
			return true, true
		case !isLetter(c) && c != '$':
			f.link = noLink
		}
	case itemOfTopic:
		if blank && c != '"' && f.sign == '=' {
			return true, false
		}
		f.link = noLink
		return false, isItem(c)
	case inTopic:
		if c == f.topic {
			f.link = afterTopic
		}
		return true, false
	case afterTopic:
		switch {
		case c == '!':
			f.link = itemOfTopic
			return true, false
		case c == f.topic:
			f.link = inTopic
			return true, false
		case !blank:
			f.link = noLink
		}
	}
	return false, false
}

// isItem tells what a cell, or what is asked for of a program, may begin with.
func isItem(c byte) bool {
	return isTopic(c) || c == '"' || c == '\'' || c == '$' || c == '_' || c >= 0x80
}

func isTopic(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte(`._\:-/`, c) >= 0
}

// letterBeyond reads a letter that is none of ASCII: a blank that does not break is a blank, and a wide
// bracket, which East Asian programs take for one, a bracket.
func (f *formulaScan) letterBeyond(c byte) string {
	f.letter(c)
	if f.n > len(f.word) {
		return ""
	}
	word := f.word[:f.n]
	switch {
	case bytes.HasSuffix(word, []byte("\u00a0")):
		f.n -= 2
		return f.symbol(' ')
	case bytes.HasSuffix(word, []byte("\uff08")):
		f.n -= 3
		return f.symbol('(')
	}
	return ""
}

// runs tells whether the word before a bracket is a function that runs. Words before brackets also stand in
// texts: "- call (me)", "= see exec(utive)"; so something must stand before it that one could be
// called behind, and behind a sign of texts a text must follow.
func (f *formulaScan) runs() bool {
	if f.n == 0 || f.n > len(f.word) {
		return false
	}
	name := functionName(f.word[:f.n])
	f.calls = f.calls || callingFunctions[name]
	picture := pictureFunctions[name]
	link := linkFunctions[name] || picture || name == "DDE" && f.libre
	if !link && !runningFunctions[name] {
		return false
	}
	called := f.before == 0 || strings.IndexByte("=+-@*/&^<>(,;{!:%|", f.before) >= 0
	weak := f.kind != '='
	switch {
	case link && called:
		sends := f.address.end()
		f.address = formulaLink{open: true, asks: name == "DDE", picture: picture, weak: weak, near: picture && f.touches && !f.gap, clicked: f.strings && linkFunctions[name], head: f.address.head[:0]}
		return sends
	case link:
		return false
	case !called:
		return !weak && len(name) > 8
	case weak && commonWords[name] && (!f.touches || f.gap || name == "SHELL"):
		f.waits = forTexts
		return false
	case weak && (commonWords[name] || !f.touches || f.gap):
		f.waits = forText
		return false
	}
	return true
}

// handsOn tells whether the word before c is the name of a function that is handed to another, which calls it.
func (f *formulaScan) handsOn(c byte) bool {
	if f.n < 9 && !f.calls || f.n == 0 || f.n > len(f.word) || f.kind != '=' || f.text && !f.strings || c != 0 && strings.IndexByte(",;)", c) < 0 {
		return false
	}
	if !f.strings && (f.before == 0 || strings.IndexByte("(,;", f.before) < 0) {
		return false
	}
	word := f.word[:f.n]
	name := functionName(word)
	if webFunctions[name] || f.calls && pictureFunctions[name] {
		return true
	}
	eta := bytes.Contains(bytes.ToUpper(word), []byte("_XLETA."))
	return eta && (runningFunctions[name] || pictureFunctions[name])
}
