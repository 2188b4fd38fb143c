package inspect

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"

	"airlock"
)

// rtfScan reads an RTF text (Rich Text Format 1.9.1) that lies in a document, as Word does: whatever it
// does not know it skips. What runs is told by the control words themselves; what is fetched, by the text of
// a few of its groups, however that is written.
type rtfScan struct {
	*look
	in     *bufio.Reader
	groups []rtfGroup // at most deepestRTF
	fields fieldWatch
	target []byte // the text of the group that names one, or of a property; at most mostTarget
	sn     string // the property whose value follows
	word   []byte // the control word; at most longestWord
	number int
	skip   int // characters that stand for one by \u, too
}

type rtfGroup struct {
	does   rtfDoes
	of     rtfDoes // what its text is for, by itself or by a group around it
	hidden bool    // its text is not of the group around it
	star   bool    // it may be skipped by who does not know it
	uc     int     // characters that follow \\u for those who don't know it
	shape  int     // the group of the shape around it, or of the whole text
	share  bool    // of a shape: a picture of it is called so as if it lay on a share
	linked bool    // and one is linked to
}

// rtfDoes is what the text of a group is for.
type rtfDoes uint8

const (
	rtfText   rtfDoes = iota
	rtfTarget         // names a file that is fetched
	rtfField          // a field, with its code and its result
	rtfCode
	rtfName // of a property of a shape
	rtfValue
)

const (
	deepestRTF  = 1000
	mostTarget  = 1024
	longestWord = 32 // "Control Word"
)

// rtfRuns are control words of objects: what they hold is a program's own, or is fetched.
var rtfRuns = wordSet("objdata objupdate objautlink objlink objhtml objocx")

// rtfTargets are groups that name a file: a template, the next one to print, those of a table.
var rtfTargets = wordSet("template nextfile file")

// rtfShapes are groups that have properties of shapes (Rich Text Format 1.9.1, "Shapes", "Pictures").
var rtfShapes = wordSet("shp shpinst picprop background shpgrp")

// rtfAside are groups whose text is not of the text around them.
var rtfAside = wordSet("pntext listtext pict nonshppict fonttbl colortbl stylesheet info footnote annotation header footer headerl headerr headerf footerl footerr footerf xe tc rxe txe upr object result atnid atnauthor")

// beginsRTF tells how Word tells it.
func beginsRTF(head []byte) bool {
	return strings.HasPrefix(strings.TrimLeft(string(head), " \t\r\n\x00\ufeff"), `{\rt`)
}

func (l *look) checkRTF(part string, r io.Reader) error {
	s := &rtfScan{look: l.within(part), in: bufio.NewReaderSize(r, 4096), groups: make([]rtfGroup, 1, 16)}
	s.fields.look, s.fields.rtf = s.look, true
	s.groups[0].uc = 1
	for n := 0; ; n++ {
		if n%1024 == 0 {
			if err := s.step(); err != nil {
				return err
			}
		}
		c, err := s.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return s.done()
		}
		if err == nil {
			err = s.next(c)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // within a word: readers take what is there
			return s.done()
		}
		if err != nil {
			return err
		}
	}
}

func (s *rtfScan) done() error {
	for len(s.groups) > 1 {
		if err := s.close(); err != nil {
			return err
		}
	}
	return s.fields.done()
}

func (s *rtfScan) next(c byte) error {
	switch c {
	case '{':
		if len(s.groups) == deepestRTF {
			return s.objectTo(airlock.Malformed, "its groups nest deeper than %d", deepestRTF)
		}
		s.skip = 0
		around := s.groups[len(s.groups)-1]
		s.groups = append(s.groups, rtfGroup{of: around.of, hidden: around.hidden, uc: around.uc, shape: around.shape})
		return nil
	case '}':
		s.skip = 0
		return s.close()
	case '\\':
		return s.control()
	case '\r', '\n', 0:
		return nil
	}
	return s.character(string(rune(c)))
}

// control reads what follows a backslash: a word of letters with a number, or a symbol.
func (s *rtfScan) control() error {
	c, err := s.in.ReadByte()
	if err != nil {
		return err
	}
	if !isLetter(c) {
		return s.symbol(c)
	}
	s.word = s.word[:0]
	for ; isLetter(c); c, err = s.in.ReadByte() {
		if err != nil {
			return err
		}
		if len(s.word) <= longestWord {
			s.word = append(s.word, lower(c))
		}
	}
	digits := make([]byte, 0, 12)
	for err == nil && (c >= '0' && c <= '9' || c == '-' && len(digits) == 0) {
		if len(digits) < cap(digits) {
			digits = append(digits, c)
		}
		c, err = s.in.ReadByte()
	}
	if err == nil && c != ' ' {
		err = s.in.UnreadByte()
	}
	s.number, _ = strconv.Atoi(string(digits))
	if werr := s.controlWord(string(s.word), len(digits) > 0); werr != nil {
		return werr
	}
	return err
}

// symbol is a control symbol: a character by its code, one that is special, or the mark of a group that may
// be skipped.
func (s *rtfScan) symbol(c byte) error {
	switch c {
	case '\'':
		var digits [2]byte
		if _, err := io.ReadFull(s.in, digits[:]); err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(digits[:]), 16, 8)
		if err != nil {
			return nil
		}
		return s.character(string(rune(n)))
	case '*':
		s.groups[len(s.groups)-1].star = true
	case '\\', '{', '}':
		return s.character(string(rune(c)))
	case '~', '\n', '\r', '\t':
		return s.character(" ")
	case '_':
		return s.character("-")
	}
	return nil
}

// rtfCharacters are words that stand for characters.
var rtfCharacters = map[string]string{"par": " ", "line": " ", "tab": " ", "cell": " ", "row": " ", "emspace": " ", "enspace": " ", "ldblquote": `"`, "rdblquote": `"`, "lquote": "'", "rquote": "'", "emdash": "-", "endash": "-"}

func (s *rtfScan) controlWord(word string, numbered bool) error {
	g := &s.groups[len(s.groups)-1]
	star := g.star
	g.star = false
	switch {
	case rtfRuns[word]:
		return s.active("it holds an object (\\%s)", word)
	case rtfTargets[word]:
		g.does, g.of, s.target = rtfTarget, rtfTarget, s.target[:0]
	case rtfShapes[word]:
		g.shape, g.hidden = len(s.groups)-1, g.hidden || star
	case word == "sn":
		g.does, g.of, s.target = rtfName, rtfName, s.target[:0]
	case word == "sv":
		g.does, g.of, s.target = rtfValue, rtfValue, s.target[:0]
	case word == "field":
		g.does, g.of = rtfField, rtfField
	case word == "fldinst":
		g.does, g.of, g.hidden = rtfCode, rtfCode, false
		return s.fields.begin(openField{})
	case word == "bin" && s.number > 0:
		_, err := io.CopyN(io.Discard, s.in, int64(s.number))
		if errors.Is(err, io.EOF) { // readers do not agree on how many bytes are none of the text then
			return s.objectTo(airlock.Uninspectable, "its bytes (\\bin) go on beyond its end")
		}
		return err
	case word == "uc" && numbered:
		g.uc = min(max(s.number, 0), 16)
	case word == "u" && numbered:
		s.skip = 0
		err := s.character(string(rune(uint16(s.number))))
		s.skip = g.uc
		return err
	case rtfCharacters[word] != "":
		return s.character(rtfCharacters[word])
	case star || rtfAside[word]:
		g.hidden = true
	}
	return nil
}

// character is one of the text: of a target or of a field, if it is of any.
func (s *rtfScan) character(c string) error {
	if s.skip > 0 {
		s.skip--
		return nil
	}
	switch g := &s.groups[len(s.groups)-1]; {
	case g.of == rtfTarget, g.of == rtfName, g.of == rtfValue:
		s.target = appendUpTo(s.target, []byte(c), mostTarget)
	case g.of != rtfText && len(s.fields.open) > 0:
		in := inField
		if g.hidden {
			in = inDeleted
		}
		return s.fields.text([]byte(c), in)
	}
	return nil
}

// close ends a group, and judges what it was for. One too many ends nothing.
func (s *rtfScan) close() error {
	n := len(s.groups) - 1
	if n == 0 {
		return nil
	}
	g := s.groups[n]
	s.groups = s.groups[:n]
	switch g.does {
	case rtfTarget:
		if target := strings.TrimRight(string(s.target), "; "); remote(target) {
			return s.active("it fetches a template or a text from %.80q", target)
		}
	case rtfName:
		s.sn = strings.ToLower(strings.TrimSpace(string(s.target)))
	case rtfValue:
		return s.property(&s.groups[g.shape], strings.TrimSpace(string(s.target)))
	case rtfCode:
		if s.groups[n-1].does == rtfField {
			return s.fields.separate()
		}
		return s.fields.ended()
	case rtfField:
		return s.fields.ended()
	}
	return nil
}

// property notes a property of a shape. Programs note there where a picture came from, which is fetched again
// only where the shape is linked to it (MS-ODRAW, pibName and pibFlags).
func (s *rtfScan) property(shape *rtfGroup, value string) error {
	switch s.sn {
	case "pibname", "pibprintname", "fillblipname", "linefillblipname":
		shape.share = shape.share || onShare(value)
	case "pibflags", "pibprintflags", "fillblipflags", "linefillblipflags":
		flags, _ := strconv.Atoi(value)
		shape.linked = shape.linked || flags&blipLinked != 0
	}
	s.sn = ""
	if shape.share && shape.linked {
		return s.active("a shape in it fetches a picture from a share")
	}
	return nil
}

// blipLinked is the flag of a picture that is linked to (MS-ODRAW, MSOBLIPFLAGS).
const blipLinked = 8
