package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"

	"airlock"
)

// errPDFFilter is of a stream that can't be unpacked here.
var errPDFFilter = errors.New("a filter that is not known")

// stream reads what the stream of the object at unpacks to. The reader ends where its filter says,
// not where its Length does, which may lie.
func (d *pdfFile) stream(at int64) (io.Reader, pdfDict, error) {
	p := d.parser
	d.objectAt = at
	p.seek(at + int64(len("obj")))
	end, err := p.object(false)
	if d.seen += p.tell() - at; err == nil {
		err = d.budget()
	}
	if err != nil || end != pdfBeginOfStream {
		return nil, *p.top, err
	}
	t := *p.top
	t.clean = p.clean
	p.lineEnd(&t)
	data := p.tell()
	t.data = data
	if err := d.resolve(&t); err != nil {
		return nil, t, err
	}
	if len(t.filters) == 0 {
		n, err := d.plain(data, &t)
		return d.limited(io.NewSectionReader(d.l, data, n)), t, err
	}
	var r io.Reader = d.limited(d.l.reader(data))
	for i, name := range t.filters {
		parms := pdfNoParms
		if i < len(t.parms) {
			parms = t.parms[i]
		}
		if r, err = d.filter(r, i, name, parms); err != nil {
			return nil, t, err
		}
	}
	return r, t, nil
}

// lineEnd skips the end of the line behind the word stream. Of a line with more in it some readers skip
// the rest, others don't.
func (p *pdfParser) lineEnd(t *pdfDict) {
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
	t.unclear = t.unclear || line != '\r' && line != '\n'
}

// limited bounds what is read of streams as it is read of objects: one may lie in another.
func (d *pdfFile) limited(r io.Reader) io.Reader { return &pdfLimited{d: d, r: r, free: 4096} }

type pdfLimited struct {
	d    *pdfFile
	r    io.Reader
	free int64 // what is read at once, for which streams are often too short
}

func (u *pdfLimited) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	free := min(u.free, int64(n))
	u.free -= free
	u.d.unpacked += int64(n) - free
	if u.d.unpacked > 2*u.d.l.size+1<<20 {
		return n, u.d.l.objectTo(airlock.Uninspectable, "its streams lie in one another")
	}
	return n, err
}

// plain is how long a stream without filters is: to endstream, or as long as it says if that is more.
func (d *pdfFile) plain(data int64, t *pdfDict) (int64, error) {
	n := min(max(0, t.length), d.l.size-data)
	if b, err := d.l.upTo(data+n, 16); err != nil || bytes.Contains(b, []byte("endstream")) { // as most do
		return n, err
	}
	if data < d.noEndFrom || data > d.endAt {
		if err := d.findEnd(data); err != nil {
			return 0, err
		}
	}
	return max(n, d.endAt-data), nil
}

// findEnd finds the next endstream from data on, or the file's end. It is remembered, since the streams
// that come next may end there, too.
func (d *pdfFile) findEnd(data int64) error {
	mark := []byte("endstream")
	buf := make([]byte, min(blockBytes, d.l.size))
	for off := data; ; {
		b := buf[:min(int64(len(buf)), d.l.size-off)]
		if m, err := d.l.ReadAt(b, off); m < len(b) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		i := bytes.Index(b, mark)
		if i < 0 && off+int64(len(b)) == d.l.size {
			i = len(b)
		}
		if i >= 0 {
			d.noEndFrom, d.endAt = data, off+int64(i)
			return nil
		}
		off += int64(len(b) - len(mark))
	}
}

// filter unpacks r by one filter (ISO 32000-1 7.4), by its name or the short one of inline images,
// which readers take too.
func (d *pdfFile) filter(r io.Reader, i int, name string, parms pdfParms) (io.Reader, error) {
	in, ok := r.(*bufio.Reader)
	if !ok {
		in = bufio.NewReaderSize(r, 4096)
	}
	switch name {
	case "FlateDecode", "Fl":
		return d.predicted(d.inflater(i, &zlibBody{r: in}), i, parms)
	case "LZWDecode", "LZW":
		return d.predicted(newPDFLZW(in, parms.early != 0), i, parms)
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

// inflater is that of filter i, which is used again for each stream.
func (d *pdfFile) inflater(i int, r io.Reader) io.Reader {
	if d.inflaters[i] == nil {
		d.inflaters[i] = flate.NewReader(r)
	} else {
		_ = d.inflaters[i].(flate.Resetter).Reset(r, nil)
	}
	return d.inflaters[i]
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

// predicted undoes a predictor (ISO 32000-1 7.4.4.4) behind the filter i.
func (d *pdfFile) predicted(r io.Reader, i int, parms pdfParms) (io.Reader, error) {
	r = d.l.counted(r)
	if parms.predictor == 0 || parms.predictor == 1 {
		return r, nil
	}
	if parms.predictor != 2 && (parms.predictor < 10 || parms.predictor > 15) || parms.colors < 1 || parms.bits < 1 || parms.columns < 1 || parms.colors > 64 || parms.bits > 16 || parms.columns > pdfRow {
		return nil, errPDFFilter
	}
	row := (parms.colors*parms.bits*parms.columns + 7) / 8
	if row > pdfRow || parms.predictor == 2 && parms.bits != 8 {
		return nil, errPDFFilter
	}
	for _, n := range []int{2 * i, 2*i + 1} {
		if int64(cap(d.rows[n])) < row {
			if err := d.l.hold(row); err != nil {
				return nil, err
			}
			d.rows[n] = make([]byte, row)
		}
		d.rows[n] = d.rows[n][:row]
		clear(d.rows[n])
	}
	return &pdfPredictor{r: r, step: int(max(1, parms.colors*parms.bits/8)), png: parms.predictor >= 10,
		row: d.rows[2*i], above: d.rows[2*i+1]}, nil
}

// resolve fills in what a stream's dictionary refers to.
func (d *pdfFile) resolve(t *pdfDict) error {
	p := d.parser
	if t.filterAt != 0 {
		at, ok := d.find(t.filterAt)
		if !ok {
			return errPDFFilter
		}
		p.seek(at)
		for tok := p.token(); tok == pdfName || tok == pdfOpenArray; tok = p.token() {
			if tok == pdfName {
				t.filter(p.value)
			}
			t.filterList = t.filterList || tok == pdfOpenArray
		}
		if p.err != nil {
			return p.err
		}
		if len(t.filters) == 0 {
			return errPDFFilter
		}
	}
	if t.parmsAt != 0 {
		at, ok := d.find(t.parmsAt)
		if !ok {
			return errPDFFilter
		}
		p.seek(at)
		if _, err := p.object(false); err != nil {
			return err
		}
		t.parms = []pdfParms{p.top.predictor}
		t.unclear = t.unclear || p.top.unclear || p.top == &p.none || !p.clean
	}
	if len(t.filters) == 0 && t.lengthAt != 0 {
		if at, ok := d.find(t.lengthAt); ok {
			p.seek(at)
			if p.token() == pdfNumber {
				t.length = p.number
			}
		}
	}
	t.unclear = t.unclear || t.misfits()
	return p.err
}

// pdfPacked is how much one object stream may unpack to; honest ones stay below 2 MiB.
const pdfPacked = 64 << 20

// objectStream judges the objects that are packed in one stream (ISO 32000-1 7.5.7): one behind the
// other, and where its table of offsets says, which may point into a string.
func (d *pdfFile) objectStream(at int64) error {
	r, t, err := d.stream(at)
	switch {
	case errors.Is(err, errPDFFilter), err == nil && (!t.clean || t.unclear || t.keys.has(pdfFileKey)):
		return d.l.objectTo(airlock.Uninspectable, "it has objects in a stream that can't be unpacked, or not by all readers alike (%.80q)", t.filters)
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
	if errors.Is(broken.err, errPDFData) { // some readers go on
		return d.l.objectTo(airlock.Uninspectable, "it has objects in a stream that is broken, which readers mend each in its way")
	}
	if piece.size == 0 && broken.err != nil {
		return d.l.objectTo(airlock.Malformed, "it has objects in a stream that is broken")
	}
	return d.packedObjects(piece, t.first, t.n)
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
