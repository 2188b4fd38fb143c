package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"airlock"
)

// attachment judges an embedded file by how it begins, and looks into archives and documents. Data
// is honest: invoices carry themselves as XML (ZUGFeRD, Factur-X).
func (d *pdfFile) attachment(at int64) error {
	r, t, err := d.stream(at)
	switch {
	case errors.Is(err, errPDFFilter):
		if r, err = d.unfiltered(t.data); err != nil {
			return err
		}
	case err != nil || r == nil:
		return err
	}
	if !t.clean || t.unclear {
		return d.l.objectTo(airlock.Uninspectable, "it holds an embedded file that not all readers unpack alike (%.80q)", t.filters)
	}
	d.l.content.Entries++
	if d.in == nil {
		d.in = bufio.NewReaderSize(nil, 4096)
	}
	d.in.Reset(&swallowed{r: r})
	in := d.in
	head, err := in.Peek(512)
	if err != nil && err != io.EOF {
		return err
	}
	switch what := opens(head); what {
	case "exe", "elf", "script", "an archive or a program":
		if !bytes.HasPrefix(head, []byte("7z")) && !bytes.HasPrefix(head, []byte("Rar!")) && !bytes.HasPrefix(head, []byte("\xfd7z")) {
			return d.l.active("it holds a program as an embedded file")
		}
	case "pdf":
		return d.document(in)
	case "ole":
		return d.inside(in, "", lookOldOffice)
	case "zip":
		return d.inside(in, archives[what], lookPacked)
	case "gzip", "tar":
		if _, known := familyOf(archives[what]); known {
			return d.l.member("embedded file", in)
		}
	default:
		if beginsRTF(head) {
			return d.l.checkRTF("embedded file", in)
		}
		if script := opensAsScript(head); script != "" {
			return d.l.active("it holds a script as an embedded file: it begins with %q", script)
		}
	}
	return nil
}

// unfiltered reads data whose filter is not known, which is mostly a picture's; what looks like Flate is
// unpacked.
func (d *pdfFile) unfiltered(data int64) (io.Reader, error) {
	b, err := d.l.upTo(data, 2)
	if err != nil {
		return nil, err
	}
	r := d.limited(d.l.reader(data))
	if len(b) == 2 && b[0]&15 == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 { // RFC 1950 2.2
		return d.filter(r, 0, "FlateDecode", pdfNoParms)
	}
	return io.LimitReader(r, 512), nil
}

// document looks into an embedded PDF.
func (d *pdfFile) document(in io.Reader) error { return d.inside(in, "application/pdf", lookPDF) }

// inside looks into an embedded file that is an archive or a document.
func (d *pdfFile) inside(in io.Reader, mediaType string, inspect func(*look) error) error {
	if int64(d.l.depth) >= d.l.limits.MaxDepth {
		return d.l.objectTo(airlock.Bomb, "an embedded file lies in %d others, more than the %d that are looked into", d.l.depth+1, d.l.limits.MaxDepth)
	}
	piece, err := d.l.piece("embedded file", in)
	if err != nil {
		return err
	}
	defer piece.done()
	piece.mediaType, piece.depth = mediaType, d.l.depth+1
	return inspect(piece)
}

// What is not sound inside is let pass: no reader opens it.
func lookPDF(p *look) error       { return tolerant(inspectPDF(p)) }
func lookOldOffice(p *look) error { return tolerant(lookOLE(p)) }

// lookPacked looks at a zip archive, then at the document that it may be.
func lookPacked(p *look) error {
	if f, known := familyOf(p.mediaType); known {
		if o := finding(p.apart(f.look)); o != nil && o.Reason != airlock.Malformed && o.Reason != airlock.TrailingData {
			return &objection{*o}
		}
	}
	return tolerant(lookPackage(p))
}
