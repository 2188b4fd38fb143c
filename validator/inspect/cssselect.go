package inspect

// cssSelector follows which elements the rules of a style sheet are for (Selectors 4, CSS Nesting 1): of each
// selector one id, class or name is kept that the element must have. Where none is known, or what is read may
// be read otherwise, a rule is for every element.
type cssSelector struct {
	at       string   // the at-rule that is read
	key      string   // of the compound that is read: "#id", ".class", "<name"; "": none is known
	ended    bool     // blanks or a combinator followed it
	mark     byte     // the sign right before a name
	keys     []string // of the selectors before it, up to cssKeys
	every    bool     // one of them may be for every element
	blocks   []cssBlock
	brackets []byte // that are open, blocks too
	confused bool   // they do not match: readers would not agree on where a rule ends
}

// cssBlock is a block of a rule, and what its declarations are for.
type cssBlock struct {
	keys   []string
	every  bool // they are for every element
	within bool // and so are those of the blocks in it
}

const (
	cssKeys     = 32  // selectors that one rule is counted for by themselves
	cssBrackets = 256 // in one another
)

// cssConditions are at-rules with rules in them as they stand elsewhere. What others hold, as steps of an
// animation, is for whatever element names it.
var cssConditions = wordSet("media supports layer container scope starting-style document -moz-document")

func (s *cssSelector) block() cssBlock {
	b := cssBlock{}
	if n := len(s.blocks); n > 0 {
		b = s.blocks[n-1]
	}
	b.every = b.every || s.confused
	return b
}

// inside tells whether round or square brackets are open.
func (s *cssSelector) inside() bool {
	n := len(s.brackets)
	return n > 0 && s.brackets[n-1] != '{'
}

// named takes a name; kind is '@' or '#' before it, or 0.
func (s *cssSelector) named(kind byte, name string, function bool) {
	mark := s.mark
	s.mark = 0
	switch {
	case kind == '@':
		s.at = name
		return
	case function, mark == ':', s.inside():
		return
	}
	s.begins()
	if len(name) >= cssToken { // the rest of it is not known
		return
	}
	switch weak := s.key == "" || s.key[0] == '<'; {
	case kind == '#' && weak:
		s.key = "#" + name
	case mark == '.' && weak:
		s.key = "." + name
	case kind == 0 && s.key == "":
		s.key = "<" + name
	}
}

// begins says that a part of a selector is of the next compound, if the last has ended.
func (s *cssSelector) begins() {
	if s.ended {
		s.key, s.ended = "", false
	}
}

// sign takes any other character.
func (s *cssSelector) sign(c byte) {
	s.mark = c
	switch c {
	case '(', '[':
		if !s.inside() {
			s.begins()
		}
		s.opens(c)
	case ')', ']':
		s.closes(c)
	case '{':
		s.openBlock()
		s.opens(c)
	case '}':
		s.closes(c)
		if n := len(s.blocks); n > 0 {
			s.blocks = s.blocks[:n-1]
		}
		s.forget()
	case ';':
		s.forget()
	}
	if s.inside() {
		return
	}
	switch c {
	case ' ', '\t', '\n', '\r', '\f', '>', '+', '~':
		s.ended = true
	case ',':
		s.selected()
	case '|':
		s.key = ""
	case '*', '&', ':', '.':
		s.begins()
	}
}

// selected ends a selector.
func (s *cssSelector) selected() {
	if s.key == "" || len(s.keys) == cssKeys {
		s.every = true
	} else {
		s.keys = append(s.keys, s.key)
	}
	s.key, s.ended = "", false
}

func (s *cssSelector) forget() {
	s.at, s.key, s.ended, s.keys, s.every = "", "", false, s.keys[:0], false
}

func (s *cssSelector) openBlock() {
	around := s.block()
	b := cssBlock{within: around.within}
	switch {
	case s.at == "":
		s.selected()
		b.keys, b.every = s.keys, s.every || b.within
	case cssConditions[s.at]:
		b.keys, b.every = around.keys, len(s.blocks) == 0 || around.every
	default:
		b.every, b.within = true, true
	}
	s.keys = nil // the block keeps them
	s.forget()
	s.blocks = append(s.blocks, b)
}

func (s *cssSelector) opens(c byte) {
	if len(s.brackets) == cssBrackets {
		s.confused = true
		return
	}
	s.brackets = append(s.brackets, c)
}

func (s *cssSelector) closes(c byte) {
	n := len(s.brackets)
	if n == 0 {
		return
	}
	if open := s.brackets[n-1]; c-open > 2 { // in ASCII each stands next to its own, or one further
		s.confused = true
	}
	s.brackets = s.brackets[:n-1]
}
