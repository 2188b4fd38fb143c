package inspect

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"airlock"
)

// tarAhead is what extended headers say of the entry that comes next. Of names and targets there are
// mostSaid each, of at most longestName bytes.
type tarAhead struct {
	pax, long, far bool // there was one of pax, of a long name (GNU), of a long target (GNU)
	names, targets []string
	sparse         string // the name of a sparse file: its "path" is a place for old tools
	size           int64  // -1: nothing
	logical        int64  // the size of a sparse file with its holes; -1: nothing
	mapped         bool   // the data begin with a map of the holes (GNU sparse 1.0)
}

// begun tells whether something was said of an entry that did not come yet.
func (a *tarAhead) begun() bool { return a.pax || a.long || a.far }

func aheadOfNothing() tarAhead { return tarAhead{size: -1, logical: -1} }

// mostExtension is the most that an extended header may say, as in archive/tar; attributes of files are
// long.
const mostExtension = 1 << 20

// extension reads what an extended header says. It is good until the next call.
func (t *tarWalk) extension(h tarHeader, most int64) ([]byte, error) {
	if h.size > most {
		return nil, t.l.objectTo(airlock.Malformed, "a header of a header has %d bytes", h.size)
	}
	if more := int(h.size) - cap(t.ahead); more > 0 {
		if err := t.l.hold(int64(more)); err != nil {
			return nil, err
		}
		t.ahead = make([]byte, h.size)
	}
	b := t.ahead[:h.size]
	if _, err := io.ReadFull(t.in, b); err != nil {
		return nil, noEOF(err)
	}
	return b, t.padding(h.size)
}

// extended notes what an extended header says of the entry that follows: each kind once.
func (t *tarWalk) extended(h tarHeader) error {
	if goesUp(h.name) { // who does not know its kind takes it for a file
		return t.l.objectTo(airlock.UnsafeArchive, "the name %.80q of a header leads out of the archive", h.name)
	}
	switch h.kind {
	case 'L':
		return t.long(h, &t.next.long, &t.next.names)
	case 'K':
		return t.long(h, &t.next.far, &t.next.targets)
	case 'g':
		b, err := t.extension(h, mostExtension)
		if err != nil {
			return err
		}
		all := aheadOfNothing()
		if err := all.parse(t.l, b); err != nil {
			return err
		}
		if len(all.names)+len(all.targets)+len(all.sparse) > 0 || all.size > 0 || all.logical > 0 {
			return t.l.objectTo(airlock.UnsafeArchive, "one header gives a name or a size to all entries")
		}
		return nil
	}
	if t.next.pax {
		return t.l.objectTo(airlock.Malformed, "two extended headers belong to one entry")
	}
	t.next.pax = true
	b, err := t.extension(h, mostExtension)
	if err != nil {
		return err
	}
	return t.next.parse(t.l, b)
}

// long takes in a long name or target (GNU tar manual, "Basic Tar Format").
func (t *tarWalk) long(h tarHeader, seen *bool, into *[]string) error {
	if *seen {
		return t.l.objectTo(airlock.Malformed, "two headers give one entry a long name")
	}
	*seen = true
	if h.size > longestName+1 {
		return t.l.objectTo(airlock.UnsafeArchive, "a name of %d bytes is longer than a path can be", h.size)
	}
	b, err := t.extension(h, longestName+1)
	if err != nil {
		return err
	}
	text, _, _ := bytes.Cut(b, []byte{0})
	*into = append(*into, string(text))
	return nil
}

// parse takes in the records of a pax header: "25 path=some/where\n", the length first.
func (a *tarAhead) parse(l *look, b []byte) error {
	for len(b) > 0 {
		if err := l.step(); err != nil {
			return err
		}
		length, _, ok := bytes.Cut(b[:min(len(b), 20)], []byte(" "))
		n, err := strconv.ParseUint(string(length), 10, 31)
		if !ok || err != nil || int(n) > len(b) || int(n) <= len(length)+1 || b[n-1] != '\n' {
			if isZero(b) { // fills the block, though nobody should count it
				return nil
			}
			return l.objectTo(airlock.Malformed, "an extended header is broken")
		}
		key, value, _ := bytes.Cut(b[len(length)+1:n-1], []byte("="))
		switch err := a.record(string(key[:min(len(key), 64)]), value); {
		case err == errTarNumber:
			return l.objectTo(airlock.Malformed, "%.40q: %.40q in an extended header is no size", key, value)
		case err == errLongName:
			return l.objectTo(airlock.UnsafeArchive, "%.40q in an extended header is longer than a path can be", key)
		case err != nil:
			return l.objectTo(airlock.Malformed, "%.40q is said more than %d times of one entry", key, mostSaid)
		}
		b = b[n:]
	}
	return nil
}

// mostSaid is how many names one entry may have from extended headers, and how many targets: a record of
// pax that is there twice, and GNU's long one.
const mostSaid = 4

var (
	errLongName = errors.New("a name is too long")
	errManySaid = errors.New("a name is said too often")
)

func (a *tarAhead) record(key string, value []byte) (err error) {
	if len(value) == 0 { // takes back what a global header said
		return nil
	}
	switch key {
	case "path":
		return said(&a.names, value)
	case "GNU.sparse.name":
		if a.sparse != "" && a.sparse != string(value) {
			return errManySaid
		}
		if len(value) > longestName {
			return errLongName
		}
		a.sparse = string(value)
	case "linkpath":
		return said(&a.targets, value)
	case "size":
		before := a.size
		if a.size, err = paxNumber(value); err == nil && before >= 0 && before != a.size {
			return errManySaid
		}
	case "GNU.sparse.size", "GNU.sparse.realsize", "SCHILY.realsize":
		before := a.logical
		a.logical, err = paxNumber(value)
		a.logical = max(a.logical, before)
	case "GNU.sparse.major":
		a.mapped = a.mapped || string(value) == "1"
	}
	return err
}

func said(names *[]string, value []byte) error {
	if len(*names) >= mostSaid {
		return errManySaid
	}
	if len(value) > longestName {
		return errLongName
	}
	*names = append(*names, string(value))
	return nil
}

func paxNumber(b []byte) (int64, error) {
	n, err := strconv.ParseUint(string(b), 10, 63)
	if err != nil {
		return 0, errTarNumber
	}
	return int64(n), nil
}
