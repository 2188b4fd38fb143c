package inspect

import (
	"slices"

	"airlock"
)

// pdfDict is what is kept of one dictionary. Of what stands twice the hostile one counts, since
// readers differ in which they take.
type pdfDict struct {
	kind, subtype, action string // Type, Subtype, S
	filters               []string
	parms                 []pdfParms
	length, first, n      int64 // -1: none, or a reference
	lengthAt              int64 // the object that Length refers to; 0: none
	filterAt, parmsAt     int64
	has                   pdfKeys
	refs                  []int64 // of the keys F, UF, DOS, Mac and Unix
	file                  string  // F or UF, as a string
	predictor             pdfParms
}

// pdfParms is a filter's DecodeParms.
type pdfParms struct{ predictor, colors, bits, columns, early int64 }

// pdfNoParms are what is left out.
var pdfNoParms = pdfParms{1, 1, 8, 1, 1}

// pdfKeys are the keys that a dictionary has.
type pdfKeys uint32

const (
	pdfHasFirst pdfKeys = 1 << iota
	pdfHasN
	pdfHasEF
	pdfHasEncrypt
	pdfHasRoot
	pdfHasW
	pdfHasJS
	pdfHasF
	pdfHasLinearized
	pdfHasOther // a key that no dictionary of files has
	pdfHasUnknownFilter
	pdfHasFilter
	pdfHasParms
	pdfHasMore // other files (LibreOffice's hybrid documents)
)

// pdfFrame is an open dictionary or array.
type pdfFrame struct {
	array  bool
	key    string // which the next value is of; "" if a key comes next
	was    string // the key before, for "12 0 R"
	number int64  // its value
	dict   pdfDict
}

// pdfDepth is how deep dictionaries and arrays may nest; honest ones stay below 40.
const pdfDepth = 500

// pdfParser reads objects.
type pdfParser struct {
	l *look
	*pdfCursor
	stack []pdfFrame
	top   pdfDict // the outermost dictionary that was read last
	steps int

	wanted func(refs []int64) error // called for the numbers of embedded files
}

func newPDFParser(l *look, c *pdfCursor) *pdfParser {
	return &pdfParser{l: l, pdfCursor: c, stack: make([]pdfFrame, 0, 16)}
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

// object reads tokens up to the end of an object, or with single up to the end of one value.
func (p *pdfParser) object(single bool) (pdfEnds, error) {
	p.stack = p.stack[:0]
	p.top = pdfDict{}
	for {
		if p.steps++; p.steps&0xff == 0 {
			if err := p.l.step(); err != nil {
				return 0, err
			}
		}
		t := p.token()
		if p.err != nil {
			return 0, p.err
		}
		switch {
		case t == pdfEnd:
			return pdfEndOfFile, nil
		case t == pdfWord:
			if end, ok := p.keyword(); ok {
				return end, nil
			}
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

// keyword takes a word, and tells whether the object ends with it.
func (p *pdfParser) keyword() (pdfEnds, bool) {
	switch string(p.value) {
	case "endobj", "endstream", "xref", "trailer", "startxref":
		return pdfEndOfObject, true
	case "obj":
		return pdfBeginOfObject, true
	case "stream":
		return pdfBeginOfStream, true
	case "R":
		if len(p.stack) > 0 {
			p.reference(&p.stack[len(p.stack)-1])
		}
		return 0, false
	}
	if len(p.stack) > 0 { // true, false, null
		if holds := p.holder(); holds != nil && len(holds.parms) < pdfFilters {
			holds.parms = append(holds.parms, pdfNoParms)
		}
		if f := &p.stack[len(p.stack)-1]; f.key != "" {
			f.was, f.key = f.key, ""
		}
	}
	return 0, false
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
		return p.close()
	case pdfName:
		if err := p.judgeName(f); err != nil {
			return err
		}
	}
	switch {
	case f == nil:
	case f.array:
		if t == pdfName {
			p.inArray()
		}
	case f.key == "" && t == pdfName:
		f.key = string(p.value)
		if f.key == "" {
			f.key = " "
		}
		f.dict.sees(pdfKeyOf(f.key))
	case f.key != "":
		p.set(f, t)
		f.was, f.key = f.key, ""
	}
	return nil
}

func (p *pdfParser) open(array bool) error {
	if len(p.stack) >= pdfDepth {
		return p.l.objectTo(airlock.Uninspectable, "its objects are nested deeper than %d", pdfDepth)
	}
	p.stack = append(p.stack, pdfFrame{array: array, dict: pdfDict{length: -1, first: -1, n: -1, predictor: pdfNoParms}})
	return nil
}

func (p *pdfParser) close() error {
	if len(p.stack) == 0 {
		return nil
	}
	f := p.stack[len(p.stack)-1]
	p.stack = p.stack[:len(p.stack)-1]
	if !f.array {
		if err := p.judgeDict(&f.dict); err != nil {
			return err
		}
	}
	if len(p.stack) == 0 {
		if !f.array {
			p.top = f.dict
		}
		return nil
	}
	into := &p.stack[len(p.stack)-1]
	if into.array {
		if holds := p.holder(); !f.array && holds != nil && len(holds.parms) < pdfFilters {
			holds.parms = append(holds.parms, f.dict.predictor)
		}
		return nil
	}
	switch into.key {
	case "EF":
		if err := p.wanted(f.dict.refs); err != nil {
			return err
		}
	case "DecodeParms", "DP":
		if !f.array && len(into.dict.parms) < pdfFilters {
			into.dict.parms = append(into.dict.parms, f.dict.predictor)
		}
	}
	into.was, into.key = into.key, ""
	return nil
}

// holder is the dictionary whose DecodeParms the open array is.
func (p *pdfParser) holder() *pdfDict {
	if i := len(p.stack) - 2; i >= 0 && p.stack[len(p.stack)-1].array && (p.stack[i].key == "DecodeParms" || p.stack[i].key == "DP") {
		return &p.stack[i].dict
	}
	return nil
}

// inArray takes a name in an array: a filter.
func (p *pdfParser) inArray() {
	if i := len(p.stack) - 2; i >= 0 && (p.stack[i].key == "Filter" || p.stack[i].key == "F") {
		p.stack[i].dict.filter(string(p.value))
	}
}

// pdfFilters is how many filters a stream may have; honest ones have two.
const pdfFilters = 8

func (d *pdfDict) filter(name string) {
	if len(d.filters) < pdfFilters {
		d.filters = append(d.filters, name)
	} else {
		d.has |= pdfHasUnknownFilter
	}
}

// sees notes a key. Filters or their parameters that stand twice can't be told: readers differ.
func (d *pdfDict) sees(key pdfKeys) {
	if twice := d.has & key & (pdfHasFilter | pdfHasParms); twice != 0 {
		d.has |= pdfHasUnknownFilter
	}
	d.has |= key
}

func pdfKeyOf(key string) pdfKeys {
	switch key {
	case "Filter":
		return pdfHasFilter | pdfHasOther
	case "DecodeParms", "DP":
		return pdfHasParms | pdfHasOther
	case "AdditionalStreams":
		return pdfHasMore | pdfHasOther
	case "First":
		return pdfHasFirst | pdfHasOther
	case "N":
		return pdfHasN | pdfHasOther
	case "EF":
		return pdfHasEF | pdfHasOther
	case "Encrypt":
		return pdfHasEncrypt | pdfHasOther
	case "Root":
		return pdfHasRoot | pdfHasOther
	case "W":
		return pdfHasW | pdfHasOther
	case "JS":
		return pdfHasJS | pdfHasOther
	case "Linearized":
		return pdfHasLinearized | pdfHasOther
	case "F":
		return pdfHasF
	case "UF", "DOS", "Mac", "Unix":
		return 0
	}
	return pdfHasOther
}

// set takes the value of a key that is no container.
func (p *pdfParser) set(f *pdfFrame, t pdfToken) {
	d := &f.dict
	if t == pdfNumber {
		f.number = p.number
	}
	switch f.key {
	case "Type":
		d.kind = pdfNamed(d.kind, t, p.value, "ObjStm", "EmbeddedFile", "XRef")
	case "Subtype":
		d.subtype = pdfNamed(d.subtype, t, p.value)
	case "S":
		d.action = pdfNamed(d.action, t, p.value, "Launch", "Rendition", "GoToR")
	case "Filter":
		if t == pdfName {
			d.filter(string(p.value))
		}
	case "Length":
		d.length = pdfInt(t, p.number)
	case "L":
		if d.length < 0 {
			d.length = pdfInt(t, p.number)
		}
	case "First":
		d.first = pdfInt(t, p.number)
	case "N":
		d.n = pdfInt(t, p.number)
	case "F", "UF", "DOS", "Mac", "Unix":
		if t == pdfString && (d.file == "" || pdfProgram(string(p.value)) != "") {
			d.file = string(p.value)
		}
		if t == pdfName && f.key == "F" {
			d.filter(string(p.value))
		}
	case "Predictor":
		d.predictor.predictor = pdfInt(t, p.number)
	case "Colors":
		d.predictor.colors = pdfInt(t, p.number)
	case "BitsPerComponent":
		d.predictor.bits = pdfInt(t, p.number)
	case "Columns":
		d.predictor.columns = pdfInt(t, p.number)
	case "EarlyChange":
		d.predictor.early = pdfInt(t, p.number)
	}
}

func pdfInt(t pdfToken, n int64) int64 {
	if t != pdfNumber {
		return -1
	}
	return n
}

// pdfNamed is the name of a key, where of two the one that matters stays.
func pdfNamed(had string, t pdfToken, value []byte, matters ...string) string {
	if t != pdfName || slices.Contains(matters, had) {
		return had
	}
	return string(value)
}

// reference makes the two numbers before an R a reference.
func (p *pdfParser) reference(f *pdfFrame) {
	if f.array {
		if i := len(p.stack) - 2; i >= 0 {
			switch p.stack[i].key {
			case "Filter", "DecodeParms", "DP":
				p.stack[i].dict.has |= pdfHasUnknownFilter
			}
		}
		return
	}
	d := &f.dict
	switch f.was {
	case "F", "UF", "DOS", "Mac", "Unix":
		if len(d.refs) < 8 {
			d.refs = append(d.refs, f.number)
		}
	case "Length":
		d.length, d.lengthAt = -1, f.number
	case "First":
		d.first = -1
	case "N":
		d.n = -1
	case "Filter":
		d.filterAt = f.number
	case "DecodeParms", "DP":
		d.parmsAt = f.number
	case "Predictor", "Colors", "BitsPerComponent", "Columns", "EarlyChange":
		d.predictor.predictor = -1
	}
}
