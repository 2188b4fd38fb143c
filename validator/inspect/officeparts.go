package inspect

import (
	"bytes"
	"io"
	"strings"
)

// scanPart reads a part that is XML, and looks for what runs by being in its text: fields of Word,
// links and formulas of Excel, actions of PowerPoint.
func (o *ooxml) scanPart(part string, r io.Reader) error {
	x := &xmlScan{in: o.xmlIn(), look: o.within(part), empty: part != o.main}
	if part == o.main {
		x.root = ooxmlRoots[o.mediaType]
	}
	w := &fieldWatch{look: x.look}
	x.start, x.end, x.text = w.start, w.end, w.text
	if err := x.scan(r); err != nil {
		return err
	}
	return w.check(true)
}

// fieldWatch follows field codes through the runs that they are split over (ECMA-376 part 1, 17.16).
type fieldWatch struct {
	*look
	open  [][]byte // the codes of the fields that are open, as far as it takes to know them
	in    inText
	found bool
}

type inText uint8

const (
	elsewhere inText = iota
	inField
	inFormula
)

const (
	mostFields = 64
	mostCode   = 64
)

func (w *fieldWatch) start(t xmlTag) error {
	switch string(t.local) {
	case "instrText":
		w.in = inField
	case "f", "definedName":
		w.in = inFormula
		w.open = append(w.open[:0], nil)
	case "fldChar":
		return w.mark(t)
	case "fldSimple":
		code, _ := t.attr("instr")
		return w.code([]byte(code), true)
	case "ddeLink":
		service, _ := t.attr("ddeService")
		topic, _ := t.attr("ddeTopic")
		return w.active("it starts %.40q with %.60q (DDE)", service, topic)
	case "hlinkClick", "hlinkHover", "hlinkMouseOver":
		action, _ := t.attr("action")
		if strings.HasPrefix(strings.ToLower(action), "ppaction://program") {
			return w.active("a click in it starts a program")
		}
	}
	return nil
}

func (w *fieldWatch) mark(t xmlTag) error {
	switch kind, _ := t.attr("fldCharType"); kind {
	case "begin":
		if len(w.open) < mostFields {
			w.open = append(w.open, nil)
		}
	default:
		if err := w.check(true); err != nil {
			return err
		}
		if len(w.open) > 0 {
			w.open = w.open[:len(w.open)-1]
		}
		if kind == "separate" { // until its end, which takes one away
			w.open = append(w.open, nil)
		}
	}
	return nil
}

func (w *fieldWatch) text(raw []byte) error {
	if w.in == elsewhere {
		return nil
	}
	if len(w.open) == 0 {
		w.open = append(w.open, nil)
	}
	code := &w.open[len(w.open)-1]
	if more := mostCode - len(*code); more > 0 {
		*code = append(*code, unescapeXML(raw[:min(len(raw), 4*mostCode)])...)
	}
	return w.check(false)
}

func (w *fieldWatch) end(local []byte) error {
	switch string(local) {
	case "instrText":
		w.in = elsewhere
	case "f", "definedName":
		w.in = elsewhere
		w.open = w.open[:0]
	}
	return nil
}

// check looks at the innermost code; whole says that no more of it comes.
func (w *fieldWatch) check(whole bool) error {
	if len(w.open) == 0 {
		return nil
	}
	code := w.open[len(w.open)-1]
	if w.in == inFormula {
		return w.formula(code)
	}
	return w.code(code, whole)
}

// code objects to fields that start another program (17.16.5: DDE, DDEAUTO).
func (w *fieldWatch) code(code []byte, whole bool) error {
	switch {
	case w.found:
	case isDDE(code, whole):
		w.found = true
		return w.active("a field in it starts another program (DDE)")
	case whole && includesRemote(code):
		w.found = true
		return w.active("a field in it fetches a text, %.60q", code)
	}
	return nil
}

func isDDE(code []byte, whole bool) bool {
	code = bytes.ToLower(bytes.TrimLeft(code, " \t\r\n\u00a0"))
	code, ok := bytes.CutPrefix(code, []byte("dde"))
	if !ok {
		return false
	}
	code = bytes.TrimPrefix(code, []byte("auto"))
	if len(code) == 0 {
		return whole
	}
	return code[0] < 'a' || code[0] > 'z'
}

// includesRemote tells fields that take in a text of another machine (17.16.5.27).
func includesRemote(code []byte) bool {
	name, rest, ok := bytes.Cut(bytes.TrimLeft(code, " \t\r\n"), []byte(" "))
	return ok && bytes.EqualFold(name, []byte("includetext")) && remote(strings.ReplaceAll(strings.Trim(string(rest), ` "`), `\\`, `\`)+"/")
}

// formula objects to a formula that asks another program: SERVICE|'topic'!item.
func (w *fieldWatch) formula(code []byte) error {
	code = bytes.TrimLeft(code, "=+-@ ")
	service, _, ok := bytes.Cut(code, []byte("|"))
	if !ok || len(service) == 0 || w.found {
		return nil
	}
	for _, c := range service {
		if !isLetter(c) && (c < '0' || c > '9') && c != '_' && c != '.' {
			return nil
		}
	}
	w.found = true
	return w.active("a formula in it starts %.40q (DDE)", service)
}
