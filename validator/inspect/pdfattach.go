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
	r, _, err := d.stream(at)
	switch {
	case errors.Is(err, errPDFFilter):
		return nil // a picture
	case err != nil || r == nil:
		return err
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
	case "zip", "gzip", "tar":
		if _, known := familyOf(archives[what]); known {
			return d.l.member("embedded file", in)
		}
	default:
		if script := opensAsScript(head); script != "" {
			return d.l.active("it holds a script as an embedded file: it begins with %q", script)
		}
	}
	return nil
}

// document looks into an embedded PDF.
func (d *pdfFile) document(in io.Reader) error {
	if int64(d.l.depth) >= d.l.limits.MaxDepth {
		return d.l.objectTo(airlock.Bomb, "a pdf lies in %d others, more than the %d that are looked into", d.l.depth+1, d.l.limits.MaxDepth)
	}
	piece, err := d.l.piece("embedded file", in)
	if err != nil {
		return err
	}
	defer piece.done()
	piece.mediaType, piece.depth = "application/pdf", d.l.depth+1
	switch o := finding(inspectPDF(piece)); {
	case o == nil, o.Reason == airlock.Malformed, o.Reason == airlock.TrailingData, o.Reason == airlock.TypeMismatch:
		return nil
	default:
		return &objection{*o}
	}
}
