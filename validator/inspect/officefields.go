package inspect

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"airlock"
)

// fieldWatch follows field codes through the runs and paragraphs that they are split over, and through the
// fields that they hold (ECMA-376 part 1, 17.16).
type fieldWatch struct {
	*look
	strict  bool // only elements of Word's namespaces count
	rtf     bool // the text is RTF
	open    []openField
	stories []story // texts in boxes, and alternatives: the fields outside go on behind them
	foreign int     // the depth of an element that a code must not hold; 0: there is none
	found   bool
}

// openField is a field that has begun.
type openField struct {
	code, all []byte // what it does; all is with what was deleted
	result    []byte
	cut       bool // it is longer than what is kept of it
	shows     bool // its result follows
	simple    int  // of a simple field: its element's depth
	stray     bool // its beginning was not seen
}

// story is a part of the text with fields of its own.
type story struct {
	depth, base int  // of its element; how many fields are open outside
	apart       bool // the text around it goes on behind it, whatever it holds
}

const (
	mostFields  = 64 // in one another; Word takes 20
	mostStories = 64
	mostCode    = 4096
	mostResult  = 256
)

func (w *fieldWatch) base() int {
	if n := len(w.stories); n > 0 {
		return w.stories[n-1].base
	}
	return 0
}

// top is the innermost field of this story; nil if there is none.
func (w *fieldWatch) top() *openField {
	if len(w.open) <= w.base() {
		return nil
	}
	return &w.open[len(w.open)-1]
}

// idle tells whether nothing is open that an element without a field in it could end.
func (w *fieldWatch) idle() bool { return len(w.open) == 0 && len(w.stories) == 0 && w.foreign == 0 }

// start follows the beginning of an element at this depth.
func (w *fieldWatch) start(t xmlTag, name string, depth int) error {
	marks := name == "fldChar" || name == "fldSimple"
	if w.foreign > 0 || len(w.open) == 0 && !marks && name != "txbxContent" {
		return nil
	}
	if f := w.top(); w.strict && (marks || f != nil && !f.shows) {
		if s := t.space(); s != spaceWord && (marks || s != spaceCompat) {
			w.foreign = depth
			return nil
		}
	}
	switch name {
	case "fldChar":
		return w.marks(t)
	case "fldSimple":
		return w.simpleField(t, depth)
	case "txbxContent", "Choice", "Fallback":
		if len(w.stories) == mostStories {
			return w.objectTo(airlock.Malformed, "texts in it nest deeper than %d", mostStories)
		}
		w.stories = append(w.stories, story{depth, len(w.open), name == "txbxContent"})
	}
	return nil
}

// end follows the end of an element: a story's, or a simple field's, with all that was not ended in it.
func (w *fieldWatch) end(depth int) error {
	if w.foreign > 0 {
		if w.foreign == depth {
			w.foreign = 0
		}
		return nil
	}
	if n := len(w.stories); n > 0 && w.stories[n-1].depth == depth {
		for w.top() != nil {
			if err := w.ended(); err != nil {
				return err
			}
		}
		w.stories = w.stories[:n-1]
	}
	for i := len(w.open) - 1; i >= w.base(); i-- {
		if w.open[i].simple == depth {
			for len(w.open) > i {
				if err := w.ended(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// marks follows a field's mark. Where an element has two of them, readers take one or the other.
func (w *fieldWatch) marks(t xmlTag) error {
	var kinds []string
	t.values("fldCharType", func(kind string) bool {
		if len(kinds) == 0 || kinds[len(kinds)-1] != kind {
			kinds = append(kinds, kind)
		}
		return len(kinds) < 3
	})
	if len(kinds) != 1 {
		if len(kinds) == 0 {
			return nil
		}
		return w.active("a mark of a field in it is two at once, %.20q and %.20q", kinds[0], kinds[1])
	}
	return w.mark(strings.TrimSpace(kinds[0]))
}

func (w *fieldWatch) mark(kind string) error {
	switch kind {
	case "begin":
		return w.begin(openField{})
	case "separate":
		return w.separate()
	case "end":
		return w.ended()
	}
	return nil
}

func (w *fieldWatch) begin(f openField) error {
	if t := w.top(); t != nil && t.stray {
		if err := w.ended(); err != nil {
			return err
		}
	}
	if len(w.open) == mostFields { // they were not ended; nobody reads them as of one another
		base := w.base()
		if base == mostFields {
			return w.objectTo(airlock.Malformed, "fields in it nest deeper than %d", mostFields)
		}
		for i := range w.open[base:] {
			if err := w.judge(&w.open[base+i]); err != nil {
				return err
			}
		}
		w.open = w.open[:base]
	}
	w.open = append(w.open, f)
	return nil
}

func (w *fieldWatch) separate() error {
	f := w.top()
	if f == nil || f.shows {
		return w.outside()
	}
	f.shows = true
	return w.judge(f)
}

// outside objects to an alternative that goes on with a code that has begun outside of it: who takes another
// alternative reads another code.
func (w *fieldWatch) outside() error {
	if n := len(w.open); n > 0 && n == w.base() && !w.open[n-1].shows && !w.stories[len(w.stories)-1].apart {
		return w.active("the code of a field in it is one of several alternatives")
	}
	return nil
}

// ended ends the innermost field, which is judged as a whole, and puts what it becomes into the code that
// it lies in.
func (w *fieldWatch) ended() error {
	f := w.top()
	if f == nil {
		return w.outside()
	}
	if !f.shows {
		if err := w.judge(f); err != nil {
			return err
		}
	}
	inner := *f
	w.open = w.open[:len(w.open)-1]
	outer := w.top()
	if outer == nil || outer.stray {
		return nil
	}
	name, rest := fieldName(inner.code)
	value, known := inner.result, name == "QUOTE"
	if known {
		value = quoteValue(rest)
	}
	if outer.shows {
		outer.result = appendUpTo(outer.result, value, mostResult)
		return nil
	}
	if resultless[name] {
		return nil
	}
	if begunName(outer.code) && !(numeric[name] && plainNumber(rest)) {
		return w.active("the name of a field in it is put together by another field, %.40q", inner.code)
	}
	if of, _ := fieldName(outer.code); len(value) == 0 && fetchingFields[of] && !numeric[name] {
		return w.active("what a field in it fetches is told by another field, %.40q", inner.code)
	}
	outer.add(value, false)
	return nil
}

// add keeps more of a code. Of a run of blanks one is kept, so that they push nothing out.
func (f *openField) add(text []byte, deleted bool) {
	if !deleted {
		f.code = f.appendCode(f.code, text)
	}
	f.all = f.appendCode(f.all, text)
}

func (f *openField) appendCode(to, text []byte) []byte {
	last, _ := utf8.DecodeLastRune(to)
	blank := len(to) == 0 || isBlank(last)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		was := blank
		if blank = isBlank(r); !blank || !was {
			if len(to)+n > mostCode {
				f.cut = true
				return to
			}
			to = append(to, text[:n]...)
		}
		text = text[n:]
	}
	return to
}

// appendUpTo keeps text without blanks in front, so that they hide nothing.
func appendUpTo(to, text []byte, most int) []byte {
	if len(to) == 0 {
		text = bytes.TrimLeftFunc(text, isBlank)
	}
	return append(to, text[:min(len(text), most-min(most, len(to)))]...)
}

// isBlank takes for blank what Word skips, and what nobody sees.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' || r == '\u00ad' || r < ' '
}

// wants tells whether a text here is of a code, or becomes a part of one.
func (w *fieldWatch) wants() bool {
	f := w.top()
	return w.foreign == 0 && (f == nil || !f.shows || len(w.open) > w.base()+1)
}

// text is of a code or of a result; where no field is open, only what is marked as code is one.
func (w *fieldWatch) text(text []byte, in inText) error {
	if !w.wants() {
		return nil
	}
	f := w.top()
	switch {
	case f == nil && in == inPlain:
		return nil
	case f == nil:
		if err := w.outside(); err != nil {
			return err
		}
		w.open = append(w.open, openField{stray: true})
		f = &w.open[len(w.open)-1]
	case f.shows:
		f.result = appendUpTo(f.result, text, mostResult)
		return nil
	}
	f.add(text, in == inDeleted)
	return nil
}

// simpleField looks at a field whose code is an attribute, each of them.
func (w *fieldWatch) simpleField(t xmlTag, depth int) (err error) {
	f := openField{shows: true, simple: depth}
	t.values("instr", func(code string) bool {
		f.code, f.all, f.cut = nil, nil, false
		f.add([]byte(code), false)
		err = w.judge(&f)
		return err == nil
	})
	if err != nil {
		return err
	}
	return w.begin(f)
}

// done judges what was not ended.
func (w *fieldWatch) done() error {
	w.stories = nil
	for len(w.open) > 0 {
		if err := w.ended(); err != nil {
			return err
		}
	}
	return nil
}
