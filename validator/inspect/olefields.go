package inspect

import "unicode/utf8"

// oleFields follows fields through the bytes of a document of Word as one kind of characters: of one byte, or of
// two from an even or an odd place on (MS-DOC 2.8.25). What is no text is read like that, too: then marks mean
// nothing, and a zero ends what was taken for a code.
type oleFields struct {
	w    fieldWatch
	open []oleField // at most mostFields
	live bool       // what comes next is of a code
	half int        // the first byte of a wide character that was cut; -1: there is none
}

type oleField struct {
	code  openField
	ended bool // its code has, or was none
}

func (s *oleFields) narrow(b []byte) error {
	for _, c := range b {
		if !s.live && c-0x13 > 2 {
			continue
		}
		if err := s.character(rune(c)); err != nil {
			return err
		}
	}
	return nil
}

func (s *oleFields) wide(b []byte) error {
	if s.half >= 0 && len(b) > 0 {
		if err := s.character(rune(s.half) | rune(b[0])<<8); err != nil {
			return err
		}
		s.half, b = -1, b[1:]
	}
	for ; len(b) > 1; b = b[2:] {
		if !s.live && (b[0]-0x13 > 2 || b[1] != 0) {
			continue
		}
		if err := s.character(rune(b[0]) | rune(b[1])<<8); err != nil {
			return err
		}
	}
	if len(b) > 0 {
		s.half = int(b[0])
	}
	return nil
}

func (s *oleFields) character(c rune) (err error) {
	n := len(s.open)
	switch {
	case c == 0x13:
		err = s.begin()
	case n == 0:
	case c == 0x14, c == 0:
		err = s.ends(&s.open[n-1])
	case c == 0x15:
		err = s.closed()
	case s.live:
		var text [utf8.UTFMax]byte
		f := &s.open[n-1].code
		f.code = f.appendCode(f.code, utf8.AppendRune(text[:0], c))
	}
	n = len(s.open)
	s.live = n > 0 && !s.open[n-1].ended
	return err
}

// begin begins a field. Of those that have no end, the oldest are forgotten.
func (s *oleFields) begin() error {
	if len(s.open) == mostFields {
		for i := range mostFields / 2 {
			if err := s.ends(&s.open[i]); err != nil {
				return err
			}
		}
		s.open = s.open[:copy(s.open, s.open[mostFields/2:])]
	}
	s.open = append(s.open, oleField{})
	return nil
}

// ends judges a code that has ended.
func (s *oleFields) ends(f *oleField) error {
	if f.ended {
		return nil
	}
	f.ended = true
	return s.w.judgeCode(f.code.code, f.code.cut)
}

// closed ends the innermost field. The code around it goes on behind it.
func (s *oleFields) closed() error {
	n := len(s.open) - 1
	inner := s.open[n]
	s.open = s.open[:n]
	if n > 0 && !s.open[n-1].ended && becomesText(inner.code.code) && begunName(s.open[n-1].code.code) {
		return s.w.active("the name of a field in it is put together by another field")
	}
	return s.ends(&inner)
}

func (s *oleFields) done() error {
	for i := range s.open {
		if err := s.ends(&s.open[i]); err != nil {
			return err
		}
	}
	return nil
}

// becomesText tells a code of a field whose result may be any text.
func becomesText(code []byte) bool {
	switch name, _ := fieldName(code); name {
	case "QUOTE", "REF", "IF", "DOCPROPERTY", "DOCVARIABLE", "FILLIN", "MERGEFIELD", "COMMENTS", "TITLE", "SUBJECT", "KEYWORDS", "AUTHOR", "AUTOTEXT", "INFO":
		return true
	}
	return false
}
