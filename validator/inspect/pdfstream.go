package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/klauspost/compress/flate"

	"airlock"
)

// errPDFFilter is of a stream that can't be unpacked here.
var errPDFFilter = errors.New("a filter that is not known")

// stream reads what the stream of the object at unpacks to. The reader ends where its filter says,
// not where its Length does, which may lie.
func (d *pdfFile) stream(at int64) (io.Reader, pdfDict, error) {
	p := d.parser
	p.seek(at + int64(len("obj")))
	end, err := p.object(false)
	if err != nil || end != pdfBeginOfStream {
		return nil, p.top, err
	}
	t := p.top
	for p.peek() == ' ' || p.peek() == '\t' {
		p.next()
	}
	line := p.peek()
	if line == '\r' {
		p.next()
	}
	if p.peek() == '\n' {
		p.next()
	}
	if line != '\r' && line != '\n' { // some readers skip the line, others don't
		return nil, t, errPDFFilter
	}
	data := p.tell()
	if err := d.resolve(&t); err != nil {
		return nil, t, err
	}
	if len(t.filters) == 0 {
		n, err := d.plain(data, &t)
		return io.NewSectionReader(d.l, data, n), t, err
	}
	var r io.Reader = bufio.NewReaderSize(d.l.reader(data), 4096)
	for i, name := range t.filters {
		parms := pdfNoParms
		if i < len(t.parms) {
			parms = t.parms[i]
		}
		if r, err = d.filter(r, name, parms); err != nil {
			return nil, t, err
		}
	}
	return r, t, nil
}

// plain is how long a stream without filters is: to endstream, or as long as it says if that is more.
func (d *pdfFile) plain(data int64, t *pdfDict) (int64, error) {
	n := min(max(0, t.length), d.l.size-data)
	r := bufio.NewReaderSize(d.l.reader(data), blockBytes)
	for off := int64(0); ; {
		b, err := r.Peek(blockBytes)
		if i := bytes.Index(b, []byte("endstream")); i >= 0 {
			return max(n, off+int64(i)), nil
		}
		if err != nil {
			return d.l.size - data, d.l.trouble
		}
		m, _ := r.Discard(len(b) - len("endstream"))
		off += int64(m)
	}
}

// filter unpacks r by one filter (ISO 32000-1 7.4), by its name or the short one of inline images,
// which readers take too.
func (d *pdfFile) filter(r io.Reader, name string, parms pdfParms) (io.Reader, error) {
	in, ok := r.(*bufio.Reader)
	if !ok {
		in = bufio.NewReaderSize(r, 4096)
	}
	switch name {
	case "FlateDecode", "Fl":
		return d.predicted(flate.NewReader(&zlibBody{r: in}), parms)
	case "LZWDecode", "LZW":
		return d.predicted(newPDFLZW(in, parms.early != 0), parms)
	case "ASCIIHexDecode", "AHx":
		return d.l.counted(&pdfHex{r: in}), nil
	case "ASCII85Decode", "A85":
		return d.l.counted(&pdf85{r: in}), nil
	case "RunLengthDecode", "RL":
		return d.l.counted(&pdfRuns{r: in}), nil
	case "Crypt": // of a file that is not encrypted: Identity
		return in, nil
	}
	return nil, errPDFFilter
}

// zlibBody is a zlib stream without its head of two bytes. Readers don't look at its checksum.
type zlibBody struct {
	r       *bufio.Reader
	skipped bool
}

func (z *zlibBody) skip() {
	if !z.skipped {
		z.skipped = true
		_, _ = z.r.Discard(2)
	}
}

func (z *zlibBody) Read(p []byte) (int, error) { z.skip(); return z.r.Read(p) }
func (z *zlibBody) ReadByte() (byte, error)    { z.skip(); return z.r.ReadByte() }

// pdfRow is the longest row of a predictor that is unpacked.
const pdfRow = 1 << 20

// predicted undoes a predictor (ISO 32000-1 7.4.4.4).
func (d *pdfFile) predicted(r io.Reader, parms pdfParms) (io.Reader, error) {
	r = d.l.counted(r)
	if parms.predictor == 0 || parms.predictor == 1 {
		return r, nil
	}
	if parms.predictor < 0 || parms.colors < 1 || parms.bits < 1 || parms.columns < 1 || parms.colors > 64 || parms.bits > 16 || parms.columns > pdfRow {
		return nil, errPDFFilter
	}
	row := (parms.colors*parms.bits*parms.columns + 7) / 8
	if row > pdfRow || parms.predictor == 2 && parms.bits != 8 {
		return nil, errPDFFilter
	}
	if err := d.l.hold(2*row + 2); err != nil {
		return nil, err
	}
	return &pdfPredictor{r: r, step: int(max(1, parms.colors*parms.bits/8)), png: parms.predictor >= 10,
		row: make([]byte, row), above: make([]byte, row)}, nil
}

// resolve fills in what a stream's dictionary refers to.
func (d *pdfFile) resolve(t *pdfDict) error {
	if t.filterAt != 0 {
		at, err := d.find(t.filterAt)
		if err != nil {
			return err
		}
		p := d.parser
		p.seek(at)
		for tok := p.token(); tok == pdfName || tok == pdfOpenArray; tok = p.token() {
			if tok == pdfName {
				t.filter(string(p.value))
			}
		}
		if p.err != nil {
			return p.err
		}
		if len(t.filters) == 0 {
			return errPDFFilter
		}
	}
	if t.parmsAt != 0 {
		at, err := d.find(t.parmsAt)
		if err != nil {
			return err
		}
		d.parser.seek(at)
		if _, err := d.parser.object(false); err != nil {
			return err
		}
		t.parms = []pdfParms{d.parser.top.predictor}
	}
	if len(t.filters) == 0 && t.lengthAt != 0 {
		at, err := d.find(t.lengthAt)
		if err != nil {
			return err
		}
		d.parser.seek(at)
		t.length = pdfInt(d.parser.token(), d.parser.number)
	}
	if t.has&pdfHasUnknownFilter != 0 {
		return errPDFFilter
	}
	return nil
}

// pdfFinds is how many objects are looked for by their numbers, each by a look through the file.
const pdfFinds = 8

// find is what lies behind the word obj of object n, of the last one of that number.
func (d *pdfFile) find(n int64) (int64, error) {
	if at, ok := d.found[n]; ok {
		return at, nil
	}
	if len(d.found) >= pdfFinds {
		return 0, errPDFFilter
	}
	at := int64(-1)
	err := d.scan(func(obj int64) error {
		if m, err := d.number(obj); err != nil || m != n {
			return err
		}
		if at >= 0 { // an update: which one counts can't be told
			return errPDFFilter
		}
		at = obj + int64(len("obj"))
		return d.l.step()
	})
	if err == nil && at < 0 {
		err = errPDFFilter
	}
	if err != nil {
		return 0, err
	}
	if d.found == nil {
		d.found = map[int64]int64{}
	}
	d.found[n] = at
	return at, nil
}

// number is that of the object whose word obj stands at; -1 if it can't be told.
func (d *pdfFile) number(at int64) (int64, error) {
	from := max(0, at-48)
	b, err := d.l.upTo(from, int(at-from))
	if err != nil {
		return -1, err
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return -1, nil
	}
	n := int64(0)
	digits := fields[len(fields)-2]
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
			if n > 1<<40 {
				return -1, nil
			}
		case i < len(digits)-1:
			n = 0 // what stands before without a space
		default:
			return -1, nil
		}
	}
	return n, nil
}

// unpack looks into object streams, then into embedded files.
func (d *pdfFile) unpack() error {
	for _, at := range d.packed {
		if err := d.objectStream(at); err != nil {
			return err
		}
	}
	if len(d.want) > 0 {
		err := d.scan(func(at int64) error {
			if n, err := d.number(at); err != nil || !d.want[n] {
				return err
			}
			if _, known := slices.BinarySearch(d.attached, at); known {
				return nil
			}
			d.loose = append(d.loose, at)
			return d.l.hold(8)
		})
		if err != nil {
			return err
		}
	}
	for _, at := range slices.Concat(d.attached, d.loose) {
		if err := d.attachment(at); err != nil {
			return err
		}
	}
	return nil
}

// pdfPacked is how much one object stream may unpack to; honest ones stay below 2 MiB.
const pdfPacked = 64 << 20

// objectStream judges the objects that are packed in one stream (ISO 32000-1 7.5.7): one behind the
// other, and where its table of offsets says, which may point into a string.
func (d *pdfFile) objectStream(at int64) error {
	r, t, err := d.stream(at)
	switch {
	case errors.Is(err, errPDFFilter):
		return d.l.objectTo(airlock.Uninspectable, "it has objects in a stream that can't be unpacked (%.80q)", t.filters)
	case err != nil || r == nil:
		return err
	}
	broken := &swallowed{r: io.LimitReader(r, pdfPacked+1)}
	piece, err := d.l.piece("object stream", broken)
	if err != nil {
		return err
	}
	defer piece.done()
	if piece.size > pdfPacked {
		return d.l.objectTo(airlock.Bomb, "its objects unpack to more than %d MiB", pdfPacked>>20)
	}
	if piece.size == 0 && broken.err != nil {
		return d.l.objectTo(airlock.Malformed, "it has objects in a stream that is broken")
	}
	p := newPDFParser(d.l, newPDFCursor(piece, piece.size))
	p.wanted = d.wanted
	starts, err := d.packedObjects(p)
	if err != nil {
		return err
	}
	defer d.l.release(int64(8 * len(starts)))
	if t.first < 0 {
		return nil
	}
	return d.packedOffsets(p, newPDFCursor(piece, piece.size), t.first, starts)
}

// packedObjects reads all values, and says where they begin.
func (d *pdfFile) packedObjects(p *pdfParser) (starts []int64, err error) {
	for p.skipSpace(); p.peek() >= 0; p.skipSpace() {
		at := p.tell()
		starts = append(starts, at)
		if err := d.l.hold(8); err != nil {
			return nil, err
		}
		if _, err := p.object(true); err != nil {
			return nil, err
		}
	}
	return starts, p.err
}

// packedOffsets reads the values that the table points to and that begin nowhere else.
func (d *pdfFile) packedOffsets(p *pdfParser, table *pdfCursor, first int64, starts []int64) error {
	seen := int64(0)
	for table.tell() < first {
		if err := d.l.step(); err != nil {
			return err
		}
		if table.token() != pdfNumber { // of an object
			return table.err
		}
		if table.token() != pdfNumber { // where it lies
			return table.err
		}
		if table.number < 0 || table.number > p.size {
			continue
		}
		p.seek(first + table.number)
		p.skipSpace()
		at := p.tell()
		if _, known := slices.BinarySearch(starts, at); known || p.peek() < 0 {
			continue
		}
		if _, err := p.object(true); err != nil {
			return err
		}
		if seen += p.tell() - at; seen > 8*p.size+1<<20 {
			return d.l.objectTo(airlock.Uninspectable, "its objects lie in one another")
		}
	}
	return p.err
}

// swallowed ends where a filter finds its data broken, as readers do; a bound stays one.
type swallowed struct {
	r   io.Reader
	err error
}

func (s *swallowed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	var o *objection
	if errors.As(err, &o) {
		return n, err
	}
	s.err = err
	return n, io.EOF
}
