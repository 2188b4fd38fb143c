package inspect

import (
	"bytes"
	"io"
	"strings"

	"airlock"
)

// scanPart reads a part that is XML, and looks for what runs by being in its text: fields of Word,
// links and formulas of Excel, actions of PowerPoint.
func (o *ooxml) scanPart(part string, r io.Reader) error {
	x := &xmlScan{in: o.xmlIn(), look: o.within(part), empty: part != o.main}
	if part == o.main {
		x.root = ooxmlRoots[o.mediaType]
	}
	return x.scanTexts(r)
}

func (x *xmlScan) scanTexts(r io.Reader) error {
	w := newOfficeWatch(x.look)
	x.spaces = true
	x.start, x.passes, x.end, x.text = w.start, w.passes, w.end, w.text
	if err := x.scan(r); err != nil {
		return err
	}
	return w.done()
}

// officeWatch looks at the texts of a part. Fields are followed twice: by all elements that are called as
// those of Word, and by those only that Word takes for its own. An element of another namespace may stand
// between the pieces of a field's name, and end it for one reader, not for another.
type officeWatch struct {
	*look
	any, word fieldWatch
	formula   formulaScan
	in        inText
	outer     []inState // what held the elements that are open; at most mostStates
	depth     int       // of elements
}

// inState is what was read outside of the element at this depth.
type inState struct {
	depth int
	in    inText
}

const mostStates = 64

type inText uint8

const (
	elsewhere inText = iota
	inFormula
	inField
	inPlain   // a text, which counts within a code
	inDeleted // code of a field that was deleted, with the changes kept
)

func newOfficeWatch(l *look) *officeWatch {
	w := &officeWatch{look: l, formula: formulaScan{strings: true}}
	w.any.look, w.word.look, w.word.strict = l, l, true
	return w
}

// holdsFormula tells elements that hold formulas of Excel, in cells, names, tables, charts, rules and checks of
// what is put in.
func holdsFormula(local []byte) bool {
	switch string(local) {
	case "f", "definedName", "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula", "oldFormula":
		return true
	}
	return false
}

// holdsFormulaBeside tells elements of Excel whose attributes are formulas: limits of a rule, fields that a
// pivot table reckons, texts of shapes.
func holdsFormulaBeside(local []byte) bool {
	switch string(local) {
	case "cfvo", "cacheField", "calculatedItem", "sp":
		return true
	}
	return false
}

// formulasBeside are the attributes that are.
var formulasBeside = wordSet("val formula textlink")

// isVML tells elements of VML, which lead somewhere by an attribute of their own.
func isVML(local []byte) bool {
	switch string(local) {
	case "shape", "group", "rect", "roundrect", "oval", "line", "polyline", "curve", "arc", "image", "shapetype":
		return true
	}
	return false
}

// ofInterest tells elements that are looked at where no field is open.
func ofInterest(local []byte) bool {
	if len(local) < 4 { // most are
		return len(local) == 1 && local[0] == 'f' || string(local) == "sp" || string(local) == "arc"
	}
	switch string(local) {
	case "ddeLink", "hlinkClick", "hlinkHover", "hlinkMouseOver", "instrText", "delInstrText", "fldChar", "fldSimple", "txbxContent":
		return true
	}
	return holdsFormula(local) || holdsFormulaBeside(local) || isVML(local) || isVMLPicture(local)
}

// passes tells whether a tag is of no interest, and follows it.
func (w *officeWatch) passes(local []byte) bool {
	if ofInterest(local) || !w.idle() {
		return false
	}
	w.depth++
	return true
}

func (w *officeWatch) start(t xmlTag) error {
	w.depth++
	var err error
	switch string(t.local) {
	case "ddeLink":
		service, _ := t.attr("ddeService")
		topic, _ := t.attr("ddeTopic")
		err = w.active("it starts %.40q with %.60q (DDE)", service, topic)
	case "hlinkClick", "hlinkHover", "hlinkMouseOver":
		err = w.action(t)
	case "instrText":
		err = w.enter(inField)
	case "t":
		err = w.enter(inPlain)
	case "delInstrText":
		err = w.enter(inDeleted)
	default:
		switch {
		case holdsFormula(t.local):
			err = w.enter(inFormula)
		case holdsFormulaBeside(t.local):
			err = w.formulaBeside(t)
		case isVML(t.local), isVMLPicture(t.local):
			if err = w.picture(t); err == nil {
				err = w.drawn(t)
			}
		}
	}
	if err != nil {
		return err
	}
	name := string(t.local)
	if err := w.any.start(t, name, w.depth); err != nil {
		return err
	}
	return w.word.start(t, name, w.depth)
}

// enter says what the text within an element is for. One may lie in another: that goes on behind its end.
func (w *officeWatch) enter(in inText) error {
	if len(w.outer) == mostStates {
		return w.objectTo(airlock.Malformed, "texts in it nest deeper than %d", mostStates)
	}
	w.outer = append(w.outer, inState{w.depth, w.in})
	if w.in = in; in == inFormula {
		w.formula.begin('=')
	}
	return nil
}

// leave follows the end of the element at this depth.
func (w *officeWatch) leave(depth int) error {
	n := len(w.outer)
	if n == 0 || w.outer[n-1].depth != depth {
		return nil
	}
	what := ""
	if w.in == inFormula {
		what = w.formula.end()
	}
	w.in = w.outer[n-1].in
	w.outer = w.outer[:n-1]
	if w.in == inFormula {
		w.formula.begin('=')
	}
	return w.runs(what)
}

func (w *officeWatch) idle() bool { return w.any.idle() && w.word.idle() }

func (w *officeWatch) action(t xmlTag) error {
	runs := false
	t.values("action", func(action string) bool {
		scheme, rest := cutScheme(action)
		runs = scheme == "ppaction" && strings.HasPrefix(strings.ToLower(strings.TrimLeft(rest, "/\\")), "program")
		return !runs
	})
	if runs {
		return w.active("a click in it starts a program")
	}
	return nil
}

// isVMLPicture tells elements of VML with a picture (ECMA-376 part 4, 19.1.2).
func isVMLPicture(local []byte) bool {
	switch string(local) {
	case "imagedata", "image", "fill", "stroke":
		return true
	}
	return false
}

// picture looks at where a picture of VML comes from, which is said without a relationship, too.
func (w *officeWatch) picture(t xmlTag) (err error) {
	for _, name := range []string{"src", "href", "althref"} {
		t.values(name, func(target string) bool {
			if onShare(target) {
				err = w.active("it fetches a picture from the share %.80q", target)
			}
			return err == nil
		})
	}
	return err
}

// drawn judges where a click on a drawing leads.
func (w *officeWatch) drawn(t xmlTag) (err error) {
	t.values("href", func(target string) bool {
		if dangerousScheme(cutScheme(target)) {
			err = w.active("a link leads to %.80q", target)
		}
		return err == nil
	})
	return err
}

// formulaBeside judges the formulas that are attributes.
func (w *officeWatch) formulaBeside(t xmlTag) (err error) {
	t.each(func(_, name, raw []byte) bool {
		if formulasBeside[string(name)] {
			err = w.wholeFormula(raw)
		}
		return err == nil
	})
	return err
}

// wholeFormula judges a formula that stands in one piece.
func (w *officeWatch) wholeFormula(raw []byte) error {
	s := formulaScan{strings: true}
	s.begin('=')
	what := ""
	eachText(bytes.TrimLeft(raw, " ="), func(text string) bool {
		what = s.feed([]byte(text))
		return what == ""
	})
	if what == "" {
		what = s.end()
	}
	return w.runs(what)
}

func (w *officeWatch) text(raw []byte) error {
	switch w.in {
	case inFormula:
		return w.runs(w.formula.feed([]byte(unescapeXML(raw))))
	case inField, inPlain, inDeleted:
		if !w.any.wants() && !w.word.wants() {
			return nil
		}
		text := []byte(unescapeXML(raw))
		if err := w.any.text(text, w.in); err != nil {
			return err
		}
		return w.word.text(text, w.in)
	}
	return nil
}

func (w *officeWatch) runs(what string) error {
	if what == "" {
		return nil
	}
	return w.active("a formula in it runs or fetches something: %.60q", what)
}

func (w *officeWatch) end([]byte) error {
	w.depth--
	if len(w.outer) > 0 {
		if err := w.leave(w.depth + 1); err != nil {
			return err
		}
	}
	if w.idle() {
		return nil
	}
	if err := w.any.end(w.depth + 1); err != nil {
		return err
	}
	return w.word.end(w.depth + 1)
}

func (w *officeWatch) done() error {
	if err := w.any.done(); err != nil {
		return err
	}
	return w.word.done()
}
