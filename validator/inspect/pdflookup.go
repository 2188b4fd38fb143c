package inspect

import (
	"bytes"
	"cmp"
	"slices"
)

// pdfUses are what an object is said to be, by those that refer to it.
type pdfUses uint8

const (
	pdfAsFile pdfUses = 1 << iota // an action or the like leads there
	pdfAsData                     // it is fetched without asking
	pdfAsName                     // of an attachment
	pdfAsLink
	pdfAsAction // its kind
	pdfAsMatrix
	pdfAsBase
	pdfAsAnything = 0xff &^ pdfAsBase // no reader follows two references to it
)

// pdfSuspect is an object that is hostile if it is used so. Such objects are rare: what refers to objects
// and which of them are hostile is kept, and compared in the end.
type pdfSuspect struct {
	number   int64 // -1: any
	at       int64 // below zero: in an object stream
	uses     pdfUses
	numbered bool
	shown    string
}

// points keeps that object n is used so.
func (d *pdfFile) points(n int64, use pdfUses) error {
	if had, ok := d.uses.all[n]; ok && had|use == had {
		return nil
	}
	return d.uses.put(d.l, n, d.uses.all[n]|use, 0)
}

// wanted keeps the numbers of embedded files.
func (d *pdfFile) wanted(refs []int64) error {
	for _, n := range refs {
		if !d.want.has(n) {
			if err := d.want.put(d.l, n, true, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// mustBeEmpty keeps that object n is a tree of scripts.
func (d *pdfFile) mustBeEmpty(n int64) error { return d.empty.put(d.l, n, false, 0) }

// nameless keeps that the name of an attachment holds what people can't see. Where the file is encrypted,
// names are noise.
func (d *pdfFile) nameless(t pdfText) {
	if d.unseen == nil {
		d.unseen = d.l.active("the name of an attachment %s: %.80q", t.unseen, t.shown)
	}
}

// bare judges an object that is a string, for those that refer to it.
func (d *pdfFile) bare(p *pdfParser) error {
	t := readPDFText(p.value)
	var uses pdfUses
	if t.leads(p.cut) != "" {
		uses |= pdfAsFile | pdfAsData | pdfAsLink
	}
	if name := pdfSpells(p.value); name != "" && len(name) == len(p.value) {
		uses |= pdfAsAction
	}
	if mayLeadAsBase(p.value) {
		uses |= pdfAsBase
	}
	if p.cut {
		uses |= pdfAsFile | pdfAsData | pdfAsName
	}
	if t.program != "" || t.unseen != "" {
		uses |= pdfAsName
	}
	if t.web {
		uses |= pdfAsData
		t.shown = ""
	}
	switch uses {
	case 0:
		return nil
	case pdfAsBase: // many texts are
		t.shown = ""
	}
	return d.candidate(d.objectAt, t, uses)
}

// candidate keeps the object at, which is d.packedNumber in an object stream.
func (d *pdfFile) candidate(at int64, t pdfText, uses pdfUses) error {
	n := d.packedNumber
	if at >= 0 {
		var err error
		if n, err = d.number(at); err != nil {
			return err
		}
	}
	return d.suspects.add(d.l, pdfSuspect{number: n, at: at, uses: uses, shown: t.shown}, len(t.shown))
}

// numbered tells the number of the suspect that lies at in an object stream. Those are of this stream only
// and were read one behind the other, from -1 on down. One with two numbers may be any.
func numbered(suspects []pdfSuspect, at, number int64) {
	i, ok := slices.BinarySearchFunc(suspects, at, func(s pdfSuspect, at int64) int { return cmp.Compare(at, s.at) })
	if !ok {
		return
	}
	if s := &suspects[i]; s.numbered && s.number != number {
		s.number = -1
	} else if !s.numbered {
		s.number, s.numbered = number, true
	}
}

// meet objects to what is hostile as it is used.
func (d *pdfFile) meet() error {
	if d.unseen != nil {
		return d.unseen
	}
	all := pdfUses(0)
	for _, uses := range d.uses.all {
		all |= uses
	}
	for _, s := range d.suspects.all {
		uses := d.uses.all[s.number]
		if s.number < 0 {
			uses = all
		}
		if s.uses&uses != 0 {
			return d.l.active("it leads to another computer or to what runs, or carries it, by an object of its own: %.80q", s.shown)
		}
	}
	for _, empty := range d.empty.all {
		if !empty {
			return d.l.active("it holds a script (JavaScript)")
		}
	}
	return nil
}

// What places hold besides a place.
const (
	pdfNowhere int64 = -1 - iota
	pdfTwice         // an update: which one counts can't be told
)

// find is what lies behind the word obj of object n.
func (d *pdfFile) find(n int64) (int64, bool) {
	at, ok := d.places.all[n]
	return at, ok && at >= 0 && !d.anywhere
}

// unpack looks into object streams, then into embedded files: in the order of the file, so that each
// part of it is fetched once. Two more looks through the file find what is known by its number only.
func (d *pdfFile) unpack() error {
	if len(d.places.all) > 0 {
		if err := d.scan(pdfScan{object: d.placed}); err != nil {
			return err
		}
	}
	for _, at := range d.packed.all {
		if err := d.objectStream(at); err != nil {
			return err
		}
	}
	if len(d.want.all) > 0 || len(d.empty.all) > 0 {
		if err := d.scan(pdfScan{object: d.known}); err != nil {
			return err
		}
	}
	typed, loose := d.attached.all, d.loose.all
	for len(typed)+len(loose) > 0 {
		from := &typed
		if len(typed) == 0 || len(loose) > 0 && loose[0] < typed[0] {
			from = &loose
		}
		if err := d.attachment((*from)[0]); err != nil {
			return err
		}
		*from = (*from)[1:]
	}
	return nil
}

// placed keeps the place of an object that is looked for.
func (d *pdfFile) placed(at int64) error {
	n, err := d.number(at)
	if err != nil {
		return err
	}
	switch had, ok := d.places.all[n]; {
	case n < 0:
		d.anywhere = true
		return d.l.step()
	case !ok:
		return d.l.step()
	case had == pdfNowhere:
		return d.places.put(d.l, n, at+int64(len("obj")), 0)
	}
	return d.places.put(d.l, n, pdfTwice, 0)
}

// known looks at an object that is wanted by its number.
func (d *pdfFile) known(at int64) error {
	n, err := d.number(at)
	if err != nil {
		return err
	}
	if n < 0 && len(d.empty.all) > 0 {
		return d.parser.runs("JavaScript")
	}
	if d.empty.has(n) && len(d.packed.all) == 0 { // else it may be in a stream, too
		if err := d.isEmpty(n, at); err != nil {
			return err
		}
	}
	if !d.want.has(n) && n >= 0 {
		return d.l.step()
	}
	if _, typed := slices.BinarySearch(d.attached.all, at); typed {
		return nil
	}
	return d.loose.add(d.l, at, 0)
}

// isEmpty objects to a tree of scripts that holds one.
func (d *pdfFile) isEmpty(n, at int64) error {
	p := d.parser
	d.objectAt = at
	p.seek(at + int64(len("obj")))
	if _, err := p.object(false); err != nil {
		return err
	}
	if d.seen += p.tell() - at; !p.clean || p.top.filled || p.values != 1 {
		return p.runs("JavaScript")
	}
	if err := d.empty.put(d.l, n, true, 0); err != nil {
		return err
	}
	return d.budget()
}

// pdfNumberBytes is how far before the word obj the number of an object is looked for.
const pdfNumberBytes = 64

// number is that of the object whose word obj stands at; -1 if it can't be told, as where a comment or
// much blank is between: then it may be any.
func (d *pdfFile) number(at int64) (int64, error) {
	from := max(0, at-pdfNumberBytes)
	b, err := d.l.upTo(from, int(at-from))
	if err != nil {
		return -1, err
	}
	_, i := pdfLastNumber(b)
	n, i := pdfLastNumber(b[:i])
	line := bytes.LastIndexAny(b[:i], "\r\n") + 1
	if i == 0 && from > 0 || bytes.IndexByte(b[i:], '%') >= 0 || bytes.IndexByte(b[line:i], '%') >= 0 && bytes.ContainsAny(b[i:], "\r\n") {
		return -1, nil
	}
	return n, nil
}

// pdfLastNumber reads the number that b ends with, blanks left out, and where it begins.
func pdfLastNumber(b []byte) (n int64, at int) {
	end := len(b)
	for end > 0 && (pdfClass[b[end-1]] == pdfSpace || pdfClass[b[end-1]] == pdfOddSpace) {
		end--
	}
	for end > 0 && (b[end-1] == '.' || b[end-1] == '-' || b[end-1] == '+') { // which some readers pass over
		end--
	}
	unit := int64(1)
	for at = end; at > 0 && b[at-1] >= '0' && b[at-1] <= '9' && unit < 1e12; at-- {
		n += int64(b[at-1]-'0') * unit
		unit *= 10
	}
	if at == end {
		return -1, at
	}
	return n, at
}
