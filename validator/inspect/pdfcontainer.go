package inspect

import (
	"slices"

	"airlock"
)

// outermost counts the values that are in no other: there is one.
func (p *pdfParser) outermost(t pdfToken) {
	if p.values++; p.values > 1 && t != pdfNumber {
		p.clean = false
	}
}

func (p *pdfParser) open(array bool) error {
	if len(p.stack) >= pdfDepth {
		return p.l.objectTo(airlock.Uninspectable, "its objects are nested deeper than %d", pdfDepth)
	}
	if p.atKey() { // to PDFium and pdf.js a word without meaning
		if p.misplaced, p.clean = true, false; p.stepIn {
			p.last = pdfNoKey
			return nil
		}
	}
	of := p.last
	if p.numbers > 0 {
		of = pdfNoKey
	}
	p.last, p.numbers = pdfNoKey, 0
	if n := len(p.stack); n == 0 {
		p.outermost(pdfOpenDict)
	} else if into := &p.stack[n-1]; into.array {
		into.dict.filled = true
	}
	if len(p.stack) == cap(p.stack) {
		p.stack = slices.Grow(p.stack, len(p.stack))
	}
	p.stack = p.stack[:len(p.stack)+1]
	f := &p.stack[len(p.stack)-1]
	if array { // most of a dictionary it has not
		f.array, f.of, f.key, f.was, f.more = true, of, pdfNoKey, pdfNoKey, 0
		f.dict.keys, f.dict.names, f.dict.refs, f.dict.file, f.dict.filled, f.dict.unclear = 0, 0, nil, nil, false, false
		return nil
	}
	*f = pdfFrame{of: of}
	f.dict.length, f.dict.first, f.dict.n, f.dict.predictor = -1, -1, -1, pdfNoParms
	return nil
}

// closes takes a closing bracket. One of the other kind is passed over: what stands behind it belongs to
// the dictionary to some readers, and to none to others.
func (p *pdfParser) closes(f *pdfFrame, array bool) error {
	p.last, p.numbers = pdfNoKey, 0
	switch {
	case f == nil:
		p.clean = false
		return nil
	case !array && !f.array && f.key != pdfNoKey: // to pdf.js it is the value
		if p.misplaced, p.clean = true, false; p.stepIn {
			f.done()
			return nil
		}
		return p.close(true)
	case f.array == array:
		return p.close(true)
	}
	p.clean = false
	if !f.array && f.key != pdfNoKey {
		f.done()
	}
	return nil
}

// close takes the innermost container as a value of what it is in; whole tells whether it was closed.
func (p *pdfParser) close(whole bool) error {
	f := &p.stack[len(p.stack)-1]
	p.stack = p.stack[:len(p.stack)-1] // f stays as it is until the next is opened
	if !f.array {
		if f.key != pdfNoKey || f.more != 0 {
			p.clean = false
		}
		if err := p.judgeDict(f); err != nil {
			return err
		}
	}
	if len(p.stack) == 0 {
		if !f.array {
			p.top = &f.dict
		}
		return nil
	}
	into := &p.stack[len(p.stack)-1]
	if into.array {
		if holds := p.holder(); !f.array && holds != nil && len(holds.parms) < pdfFilters {
			holds.parms = append(holds.parms, f.dict.predictor)
			holds.unclear = holds.unclear || f.dict.unclear
		}
		return nil
	}
	if into.key == pdfParmsKey && !f.array && len(into.dict.parms) < pdfFilters {
		into.dict.parms = append(into.dict.parms, f.dict.predictor)
		into.dict.unclear = into.dict.unclear || f.dict.unclear
	}
	if f.array {
		into.dict.filterList = into.dict.filterList || into.key == pdfFilterKey
		into.dict.parmsList = into.dict.parmsList || into.key == pdfParmsKey
	}
	if err := p.judgeContainer(into, f, whole); err != nil {
		return err
	}
	if f.dict.filled || !f.array {
		into.dict.filled = true
	}
	into.done()
	return nil
}

// holder is the dictionary whose DecodeParms the open array is.
func (p *pdfParser) holder() *pdfDict {
	if i := len(p.stack) - 2; i >= 0 && p.stack[len(p.stack)-1].array && p.stack[i].key == pdfParmsKey {
		return &p.stack[i].dict
	}
	return nil
}

// inArray takes a name in an array: a filter.
func (p *pdfParser) inArray() {
	i := len(p.stack) - 2
	if i < 0 {
		return
	}
	switch into := &p.stack[i]; into.key {
	case pdfFilterKey:
		into.dict.filter(p.value)
	case pdfFileKey, pdfParmsKey: // to pdf.js names of files are filters
		into.dict.unclear = true
	}
}

// refers makes the two numbers before an R a reference.
func (p *pdfParser) refers(f *pdfFrame) error {
	n := p.first
	if p.numbers != 2 {
		n = -1
	}
	of := p.last
	p.last, p.numbers = pdfNoKey, 0
	switch {
	case f == nil:
		return p.d.points(n, pdfAsAnything)
	case f.array:
		if i := len(p.stack) - 2; i >= 0 && (p.stack[i].key == pdfFilterKey || p.stack[i].key == pdfParmsKey) {
			p.stack[i].dict.unclear = true
		}
		return nil
	}
	if f.key != pdfNoKey || f.more != 1 || f.number < 0 {
		p.clean = false
	} else {
		f.dict.refers(f.was, f.number)
	}
	was := f.was
	f.more, f.number = 0, -1
	if err := p.judgeReference(f, was, n); err != nil {
		return err
	}
	if of != was {
		if err := p.pointsTo(f, of, n); err != nil {
			return err
		}
	}
	return p.pointsTo(f, was, n)
}
