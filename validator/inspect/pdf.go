package inspect

import (
	"bufio"
	"bytes"
	"io"

	"airlock"
)

// inspectPDF looks for what runs in a PDF (ISO 32000-1). It finds objects as those readers do that
// mend a broken file: by the word obj, wherever it stands, in strings and in streams too. So what it
// sees does not depend on cross-reference tables, lengths or ends that lie; what is packed in object
// streams is unpacked, since a search in the raw bytes finds half of the scripts in honest files.
func inspectPDF(l *look) error {
	d := &pdfFile{l: l, lastEnd: -1, streamAt: -1}
	d.names = newPDFNames(l, l, l.size)
	d.parser = newPDFParser(d, newPDFCursor(l, l.size))
	d.parser.names = d.names
	if err := d.head(); err != nil {
		return err
	}
	if err := d.scan(pdfScan{object: d.object, judge: true}); err != nil {
		return err
	}
	d.parser.names = nil // all of them are settled
	if err := d.whole(); err != nil {
		return err
	}
	if d.isEncrypted {
		if err := l.encrypted("it is encrypted"); err != nil {
			return err
		}
	} else {
		if l.full() {
			if err := d.unpack(); err != nil {
				return err
			}
		}
		if err := d.meet(); err != nil {
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

	names        *pdfNames
	objectAt     int64 // the word obj of the object that is parsed; in an object stream where the value begins
	packedNumber int64 // of the object that is parsed in an object stream; -1: not known yet
	streamAt     int64 // where the data begin of the stream that the scan is in; -1: of none
	seen         int64 // bytes of objects that were read
	unpacked     int64 // bytes of streams that were unpacked
	unseen       error // of the name of an attachment

	packed    list[int64]           // the words obj of object streams, in the order of the file
	attached  list[int64]           // and of embedded files
	loose     list[int64]           // and of those that don't say that they are
	want      table[int64, bool]    // the numbers of embedded files
	places    table[int64, int64]   // of objects that are looked for: behind the word obj, or pdfNowhere, pdfTwice
	uses      table[int64, pdfUses] // of objects that are files or addresses
	suspects  list[pdfSuspect]
	empty     table[int64, bool]     // of trees of scripts that must be empty: whether they are
	anywhere  bool                   // an object whose number can't be told may be one of them
	starts    list[int64]            // where the values of an object stream begin
	rows      [2 * pdfFilters][]byte // and inflaters: used again for each stream
	inflaters [pdfFilters]io.ReadCloser
	in        *bufio.Reader // of the attachment that is looked at

	noEndFrom, endAt int64 // endstream is at endAt, and nowhere between
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

// behind objects to a program or an archive right behind an end, which later ends may hide.
func (d *pdfFile) behind(b []byte) error {
	b = bytes.TrimLeft(b, " \t\r\n\x00")
	switch magicType(b[:min(len(b), 8)]) {
	case "zip", "elf", "exe", "script":
		return d.l.objectTo(airlock.TrailingData, "behind an end of the pdf there is an archive or a program")
	}
	return nil
}

// budget bounds what is read of objects: as much as the file three times over, because an
// object may stand in another's string, and may be read in two ways.
func (d *pdfFile) budget() error {
	if d.seen > 3*d.l.size+1<<20 {
		return d.l.objectTo(airlock.Uninspectable, "its objects lie in one another")
	}
	return nil
}

// object judges the object whose word obj stands at.
func (d *pdfFile) object(at int64) error {
	p := d.parser
	d.objectAt = at
	p.seek(at + int64(len("obj")))
	end, err := p.object(false)
	if err != nil {
		return err
	}
	d.objects++
	d.seen += p.tell() - at
	if end == pdfEndOfFile && !p.ranOn {
		d.openAt = at
	}
	t := p.top
	d.carries = d.carries || t.kind == "EmbeddedFile" || t.keys.has(pdfMoreKey)
	if t.kind == "XRef" || t.keys.has(pdfWKey) && t.keys.has(pdfRootKey) {
		d.sawTrailer(t)
	}
	if t.keys.has(pdfLinearizedKey) && d.objects == 1 {
		d.claims = t.length
	}
	if end == pdfBeginOfStream {
		d.streamAt = p.tell()
		if err := d.remember(at); err != nil {
			return err
		}
	}
	return d.budget()
}

// remember keeps which streams are to be unpacked, when it is known whether they are encrypted, and
// which objects say how.
func (d *pdfFile) remember(at int64) error {
	t := d.parser.top
	if t.file != nil && t.file.web {
		return d.l.active("the data of a stream lie on another computer: %.80q", t.file.shown)
	}
	for _, n := range t.refs {
		if err := d.points(n, pdfAsData); err != nil {
			return err
		}
	}
	switch {
	case (d.parser.bag | t.names).packs():
		if err := d.packed.add(d.l, at, 0); err != nil {
			return err
		}
	case t.kind == "EmbeddedFile":
		if err := d.attached.add(d.l, at, 0); err != nil {
			return err
		}
	default:
		return nil
	}
	for _, n := range []int64{t.filterAt, t.parmsAt, t.lengthAt} {
		if n > 0 {
			if err := d.places.put(d.l, n, pdfNowhere, 0); err != nil {
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
	d.sawTrailer(p.top)
	return d.budget()
}

func (d *pdfFile) sawTrailer(t *pdfDict) {
	d.trailers++
	d.carries = d.carries || t.keys.has(pdfMoreKey)
	if t.keys.has(pdfEncryptKey) {
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
	if !d.carries && len(d.want.all) == 0 {
		return d.l.zipAtTheEnd(0)
	}
	return d.l.zipAtTheEnd(d.l.size)
}
