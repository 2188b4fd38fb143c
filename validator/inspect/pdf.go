package inspect

import (
	"bytes"

	"airlock"
)

// inspectPDF looks for what runs in a PDF (ISO 32000-1). It finds objects as those readers do that
// mend a broken file: by the word obj, wherever it stands, in strings and in streams too. So what it
// sees does not depend on cross-reference tables, lengths or ends that lie; what is packed in object
// streams is unpacked, since a search in the raw bytes finds half of the scripts in honest files.
func inspectPDF(l *look) error {
	d := &pdfFile{l: l, lastEnd: -1, want: map[int64]bool{}}
	d.parser = newPDFParser(l, newPDFCursor(l, l.size))
	d.parser.wanted = d.wanted
	if err := d.head(); err != nil {
		return err
	}
	if err := d.scan(d.object); err != nil {
		return err
	}
	if err := d.whole(); err != nil {
		return err
	}
	if d.isEncrypted {
		if err := l.encrypted("it is encrypted"); err != nil {
			return err
		}
	} else if l.full() {
		if err := d.unpack(); err != nil {
			return err
		}
	}
	return d.end()
}

// pdfFile is what was seen of one file.
type pdfFile struct {
	l      *look
	parser *pdfParser

	objects     int
	trailers    int // or cross-reference streams
	isEncrypted bool
	carries     bool  // it holds other files, or may
	openAt      int64 // an object without end; 0: there is none
	lastEnd     int64 // behind the last %%EOF; -1: there is none
	claims      int64 // the length that a linearized file says it has

	packed   []int64         // where the dictionaries of object streams begin
	attached []int64         // and of embedded files
	loose    []int64         // and of those that don't say that they are
	want     map[int64]bool  // the numbers of embedded files
	found    map[int64]int64 // where objects were found that were looked for
	seen     int64           // bytes of objects that were read
}

// pdfHead is in what browsers look for markup in front of anything else.
const pdfHead = 1024

// head objects to a file that is a page as well.
func (d *pdfFile) head() error {
	b, err := d.l.upTo(0, pdfHead)
	if err != nil {
		return err
	}
	if what := holdsMarkup(b); what != "" {
		return d.l.objectTo(airlock.TypeMismatch, "it begins as a page: its head holds %q", what)
	}
	if at(257, "ustar")(b) {
		return d.l.objectTo(airlock.TypeMismatch, "it begins as an archive (tar) too")
	}
	return nil
}

// pdfMarks are what is looked for in the raw bytes.
var pdfMarks = [][]byte{[]byte("obj"), []byte("trailer"), []byte("%%EOF")}

// scan calls object at each word obj in the file, at its first byte, and judges trailers and ends.
// Only the first and the last 64 KiB are looked at where the profile says header.
func (d *pdfFile) scan(object func(at int64) error) error {
	const overlap = 16 // longer than a mark and what stands around it
	buf := make([]byte, blockBytes)
	for off := int64(0); off < d.l.size; {
		b := buf[:min(int64(len(buf)), d.l.size-off)]
		if n, err := d.l.ReadAt(b, off); n < len(b) {
			return err
		}
		last := off+int64(len(b)) == d.l.size
		limit := len(b) - overlap
		if last {
			limit = len(b)
		}
		skip := 0
		if off > 0 {
			skip = 1 // a byte before, to look at
		}
		if err := d.scanBlock(b, off, skip, limit, object); err != nil {
			return err
		}
		if last {
			return nil
		}
		off += int64(limit) - 1
		if !d.l.full() {
			off = max(off, d.l.size-blockBytes)
		}
	}
	return nil
}

// scanBlock finds the marks that begin in b[skip:limit], which lies at off.
func (d *pdfFile) scanBlock(b []byte, off int64, skip, limit int, object func(at int64) error) error {
	for m, mark := range pdfMarks {
		for i := skip; i < limit; {
			j := bytes.Index(b[i:], mark)
			if j < 0 || i+j >= limit {
				break
			}
			i += j
			if err := d.mark(m, b, i, off, object); err != nil {
				return err
			}
			i += len(mark)
		}
	}
	return nil
}

// mark judges the mark m at b[i].
func (d *pdfFile) mark(m int, b []byte, i int, off int64, object func(at int64) error) error {
	at := off + int64(i)
	behind := i + len(pdfMarks[m])
	switch m {
	case 0:
		if i > 0 && (pdfClass[b[i-1]] == pdfSpace || b[i-1] >= '0' && b[i-1] <= '9') && (behind == len(b) || pdfClass[b[behind]] != pdfRegular) {
			return object(at)
		}
	case 1:
		if behind == len(b) || pdfClass[b[behind]] != pdfRegular {
			return d.trailer(at + int64(len("trailer")))
		}
	case 2:
		d.lastEnd = max(d.lastEnd, at+int64(len("%%EOF")))
		return d.behind(b[behind:])
	}
	return nil
}

// behind objects to a program or an archive right behind an end, which later ends may hide.
func (d *pdfFile) behind(b []byte) error {
	b = bytes.TrimLeft(b, " \t\r\n\x00")
	switch magicType(b[:min(len(b), 8)]) {
	case "zip", "elf", "exe", "script":
		return d.l.objectTo(airlock.TrailingData, "behind an end of the pdf there is an archive or a program")
	}
	return nil
}

// budget bounds what is read of objects: as much as the file several times over, because an object
// may stand in another's string.
func (d *pdfFile) budget() error {
	if d.seen > 8*d.l.size+1<<20 {
		return d.l.objectTo(airlock.Uninspectable, "its objects lie in one another")
	}
	return nil
}

// object judges the object whose word obj stands at.
func (d *pdfFile) object(at int64) error {
	p := d.parser
	p.seek(at + int64(len("obj")))
	end, err := p.object(false)
	if err != nil {
		return err
	}
	d.objects++
	d.seen += p.tell() - at
	if end == pdfEndOfFile {
		d.openAt = at
	}
	t := &p.top
	d.carries = d.carries || t.kind == "EmbeddedFile" || t.has&pdfHasMore != 0
	if t.kind == "XRef" || t.has&pdfHasW != 0 && t.has&pdfHasRoot != 0 {
		d.sawTrailer(t)
	}
	if t.has&pdfHasLinearized != 0 && d.objects == 1 {
		d.claims = t.length
	}
	if err := d.remember(t, end, at); err != nil {
		return err
	}
	return d.budget()
}

// remember keeps which streams are to be unpacked, when it is known whether they are encrypted.
func (d *pdfFile) remember(t *pdfDict, end pdfEnds, at int64) error {
	if end != pdfBeginOfStream {
		return nil
	}
	switch {
	case t.kind == "ObjStm", t.has&pdfHasN != 0 && t.has&pdfHasFirst != 0:
		d.packed = append(d.packed, at)
		return d.l.hold(8)
	case t.kind == "EmbeddedFile":
		d.attached = append(d.attached, at)
		return d.l.hold(8)
	}
	return nil
}

// wanted keeps the numbers of embedded files.
func (d *pdfFile) wanted(refs []int64) error {
	for _, n := range refs {
		if !d.want[n] {
			d.want[n] = true
			if err := d.l.hold(64); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *pdfFile) trailer(at int64) error {
	p := d.parser
	p.seek(at)
	if _, err := p.object(true); err != nil {
		return err
	}
	d.seen += p.tell() - at
	d.sawTrailer(&p.top)
	return d.budget()
}

func (d *pdfFile) sawTrailer(t *pdfDict) {
	d.trailers++
	d.carries = d.carries || t.has&pdfHasMore != 0
	if t.has&pdfHasEncrypt != 0 {
		d.isEncrypted = true
	}
}

// whole objects to what is no PDF, or not all of one. Viewers mend a lot, so little is asked for: an
// object, a trailer, and that the last object has an end.
func (d *pdfFile) whole() error {
	switch {
	case d.objects == 0:
		return d.l.objectTo(airlock.Malformed, "it has the head of a pdf, but not one object")
	case d.claims > d.l.size:
		return d.l.objectTo(airlock.Malformed, "it says that it has %d bytes, there are %d: its end is missing", d.claims, d.l.size)
	case d.trailers == 0 && d.l.full():
		return d.l.objectTo(airlock.Malformed, "it has no trailer: its end is missing")
	case d.openAt > max(0, d.lastEnd):
		return d.l.objectTo(airlock.Malformed, "its last object has no end")
	}
	return nil
}

// end judges what lies behind the last end, and an archive that the file ends as.
func (d *pdfFile) end() error {
	if d.lastEnd >= 0 {
		b, err := d.l.upTo(d.lastEnd, 8)
		if err != nil {
			return err
		}
		if d.lastEnd+int64(len(b)) < d.l.size || len(bytes.TrimSpace(b)) > 0 {
			if err := d.l.tail(d.lastEnd); err != nil {
				return err
			}
		}
	}
	return d.archive()
}

// archive objects to a zip archive that ends with the file. Of one that carries others only where the
// archive's comment reaches the end, to hide the PDF's own: what it carries ends before.
func (d *pdfFile) archive() error {
	if !d.carries && len(d.want) == 0 {
		return d.l.zipAtTheEnd(0)
	}
	return d.l.zipAtTheEnd(d.l.size)
}
