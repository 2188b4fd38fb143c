package inspect

import "airlock"

// pdfFrame is an open dictionary or array.
type pdfFrame struct {
	array  bool
	of     pdfKey // the name right before it
	key    pdfKey // which the next value is of
	was    pdfKey // the key before, for "12 0 R"
	number int64  // its value
	more   int    // numbers behind it
	asked  int    // of the pending names the one that is its key
	dict   pdfDict
}

// pdfDepth is how deep dictionaries and arrays may nest; honest ones stay below 40.
const pdfDepth = 500

// pdfParser reads objects. What stands where it has no meaning it passes over, as readers do: words such
// as endobj within a dictionary do not end the object.
type pdfParser struct {
	l *look
	*pdfCursor
	stack []pdfFrame
	top   *pdfDict // the outermost dictionary that was read last, until the next object
	none  pdfDict  // where there is none
	other pdfDict  // the first of two readings
	bag   pdfKeys  // names that were seen since a word that ends or begins an object
	steps int

	clean     bool         // nothing stood where it has no meaning, so that all readers see the same
	ranOn     bool         // into the next object
	misplaced bool         // a bracket stood for a key, or an end for a value
	stepIn    bool         // those are read as the most lenient reader does
	values    int          // outermost values
	last      pdfKey       // what the last token was a name of, and there were numbers only since
	numbers   int          // how many
	first     int64        // the first of them
	pending   []pdfPending // names that may be harmless where they stand

	d *pdfFile // told what the object holds
}

func newPDFParser(d *pdfFile, c *pdfCursor) *pdfParser {
	return &pdfParser{l: d.l, d: d, pdfCursor: c, stack: make([]pdfFrame, 0, 8)}
}

// pdfEnds are where an object ends.
type pdfEnds int

const (
	pdfEndOfFile pdfEnds = iota
	pdfEndOfObject
	pdfBeginOfObject // of the next: endobj is missing
	pdfBeginOfStream
	pdfEndOfValue
)

// object reads up to the end of an object, or with single up to the end of one value. Where a string, a
// dictionary or an array stands in place of a key, PDFium takes its bracket for a word and goes on inside;
// where a dictionary ends in place of a value, pdf.js takes its end for the value. Then the object is read
// in that way, too.
func (p *pdfParser) object(single bool) (pdfEnds, error) {
	from := p.tell()
	p.stepIn, p.misplaced = false, false
	end, err := p.reading(single)
	if err != nil || !p.misplaced {
		return end, err
	}
	behind, bag, top := p.tell(), p.bag, *p.top
	p.stepIn = true
	p.seek(from)
	if other, err := p.reading(single); err != nil {
		return end, err
	} else if p.d.seen += p.tell() - from; other == pdfBeginOfStream && (p.bag | p.top.names).packs() {
		return end, p.l.objectTo(airlock.Uninspectable, "it has a stream of objects whose dictionary is broken")
	}
	p.seek(behind)
	p.bag, p.other, p.clean = bag, top, false
	p.top = &p.other
	return end, p.d.budget()
}

// reading reads an object once.
func (p *pdfParser) reading(single bool) (pdfEnds, error) {
	p.stack, p.top, p.bag, p.pending = p.stack[:0], &p.none, 0, p.pending[:0]
	p.clean, p.odd, p.values, p.last, p.numbers, p.ranOn = true, false, 0, pdfNoKey, 0, false
	end, err := p.tokens(single)
	if err != nil {
		return end, err
	}
	for len(p.stack) > 0 { // it is not closed, which some readers forgive
		p.clean = false
		if err := p.close(false); err != nil {
			return end, err
		}
	}
	p.clean = p.clean && !p.odd
	return end, p.settle()
}

func (p *pdfParser) tokens(single bool) (pdfEnds, error) {
	for {
		if p.steps++; p.steps&0xff == 0 {
			if err := p.l.step(); err != nil {
				return 0, err
			}
		}
		if p.stepIn && p.atKey() && p.stepsIn() {
			continue
		}
		t := p.token()
		if p.err != nil {
			return 0, p.err
		}
		if t == pdfString {
			if p.atKey() {
				p.misplaced, p.clean = true, false
			} else if p.closed {
				p.names.pardon(p.from, p.tell())
			}
		}
		switch {
		case t == pdfEnd:
			return pdfEndOfFile, nil
		case t == pdfWord:
			if end, ok, err := p.keyword(); ok || err != nil {
				return end, err
			}
			p.last = pdfNoKey
			continue
		}
		if err := p.take(t); err != nil {
			return 0, err
		}
		if single && len(p.stack) == 0 {
			return pdfEndOfValue, nil
		}
	}
}

// atKey tells whether the next token is a key.
func (p *pdfParser) atKey() bool {
	n := len(p.stack)
	return n > 0 && !p.stack[n-1].array && p.stack[n-1].key == pdfNoKey
}

// stepsIn takes the bracket of a string for a word.
func (p *pdfParser) stepsIn() bool {
	p.skipSpace()
	switch p.peek() {
	case '(':
		p.pos++
	case '<':
		p.pos++
		if p.peek() == '<' {
			p.seek(p.tell() - 1)
			return false
		}
	default:
		return false
	}
	p.clean, p.last = false, pdfNoKey
	return true
}

// keyword takes a word, and tells whether the object ends with it.
func (p *pdfParser) keyword() (pdfEnds, bool, error) {
	if len(p.stack) == 0 {
		switch string(p.value) {
		case "endobj", "endstream", "xref", "trailer", "startxref":
			return pdfEndOfObject, true, nil
		case "obj":
			return pdfBeginOfObject, true, nil
		case "stream":
			return pdfBeginOfStream, true, nil
		case "R":
			return 0, false, p.refers(nil)
		}
		return 0, false, nil
	}
	f := &p.stack[len(p.stack)-1]
	switch string(p.value) {
	case "R":
		return 0, false, p.refers(f)
	case "null", "true", "false":
		return 0, false, p.constant(f)
	case "obj", "endobj", "trailer": // something else begins, to readers that mend
		p.bag, p.ranOn = 0, true
	case "stream":
		if p.bag.packs() {
			return 0, false, p.l.objectTo(airlock.Uninspectable, "it has a stream of objects whose dictionary has no end")
		}
	}
	p.clean = false
	switch {
	case f.array: // ends there, to PDFium
		return 0, false, p.close(true)
	case f.key != pdfNoKey:
		f.dict.filled = true
		f.done()
	}
	return 0, false, nil
}

// done ends the value of a key.
func (f *pdfFrame) done() { f.was, f.key, f.more, f.number = f.key, pdfNoKey, 0, -1 }

// constant takes null, true or false.
func (p *pdfParser) constant(f *pdfFrame) error {
	if f.array {
		f.dict.filled = true
		if holds := p.holder(); holds != nil && len(holds.parms) < pdfFilters {
			holds.parms = append(holds.parms, pdfNoParms)
		}
		return nil
	}
	if f.key == pdfNoKey {
		p.clean = false
		return nil
	}
	if err := p.judgeValue(f, pdfWord); err != nil {
		return err
	}
	f.dict.filled = true
	f.done()
	return nil
}

// take takes any other token.
func (p *pdfParser) take(t pdfToken) error {
	var f *pdfFrame
	if len(p.stack) > 0 {
		f = &p.stack[len(p.stack)-1]
	}
	switch t {
	case pdfOpenDict, pdfOpenArray:
		return p.open(t == pdfOpenArray)
	case pdfCloseDict, pdfCloseArray:
		return p.closes(f, t == pdfCloseArray)
	}
	var key pdfKey
	if t == pdfName {
		key = pdfKeyOf(p.value)
		p.bag |= 1 << key
		if f != nil {
			f.dict.names |= 1 << key
		}
	}
	if f != nil && f.key >= pdfJSKey && !f.array {
		if err := p.judgeValue(f, t); err != nil {
			return err
		}
	}
	if t == pdfName && (f == nil || len(p.value) > 0 && pdfBegins[p.value[0]] || f.key == pdfLinkKey || f.key == pdfBaseKey) || t == pdfString && (f == nil || p.last < pdfOtherKey || f.key < pdfOtherKey) {
		if err := p.judge(f, t); err != nil {
			return err
		}
	}
	p.follows(t, key)
	if f == nil {
		p.outermost(t)
	} else {
		p.put(f, t, key)
	}
	return nil
}

// put puts a token into what it is in.
func (p *pdfParser) put(f *pdfFrame, t pdfToken, key pdfKey) {
	switch {
	case f.array:
		f.dict.filled = true
		if t == pdfName {
			p.inArray()
		}
	case f.key != pdfNoKey:
		f.dict.set(f.key, t, p.pdfCursor)
		number := p.number
		f.done()
		if t == pdfNumber {
			f.number = number
		}
	case t == pdfName:
		p.clean = p.clean && f.more == 0
		f.key = key
		f.dict.sees(key)
	case t == pdfNumber && f.more == 0 && f.number >= 0:
		f.more++
	default:
		p.clean = false
	}
}

// follows remembers the name that a token right behind it belongs to, whatever else readers make of it.
func (p *pdfParser) follows(t pdfToken, key pdfKey) {
	switch {
	case t == pdfName:
		p.last, p.numbers = key, 0
	case t == pdfNumber && p.numbers < 2:
		if p.numbers == 0 {
			p.first = p.number
		}
		p.numbers++
	case t == pdfNumber: // an array of them
		p.first, p.last = -1, pdfNoKey
	default:
		p.last, p.numbers = pdfNoKey, 0
	}
}
