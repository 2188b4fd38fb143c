package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"airlock"
)

// checkContent reads a part as what it is: by what it begins with, then by its type, then by its name.
func (o *ooxml) checkContent(part, kind string, r *zipReader) error {
	in := bufio.NewReaderSize(r, 4096)
	start, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if part == o.main {
		return o.scanPart(part, in)
	}
	head := start[:min(len(start), 512)]
	switch magic := magicType(head); {
	case magic == "exe" && looksLikeEXE(head), magic == "elf":
		return o.active("%.80q is a program", part)
	case magic == "ole":
		return o.embedded(part, in, lookOLE)
	case magic == "zip":
		return o.embedded(part, in, lookPackage)
	case len(head) == 0, bytes.HasPrefix(head, []byte(appleDouble)):
		return nil
	case strings.HasSuffix(part, ".rels"), strings.Contains(kind, "package.relationships"):
		return o.checkRels(part, in)
	case beginsRTF(head):
		return o.checkRTF(part, in)
	case beginsXML(head) && maybeFlat(start):
		return o.checkFlat(part, kind, in)
	}
	return o.checkText(part, kind, in)
}

// checkText reads a part that is a page, or XML.
func (o *ooxml) checkText(part, kind string, in *bufio.Reader) error {
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	main := isMainType(kind)
	switch {
	case !main && (isPageByExtension(part) || strings.Contains(kind, "html") || strings.Contains(kind, "rfc822") || strings.Contains(kind, "rtf")):
		return o.checkPage(part, head, in)
	case !main && (strings.HasSuffix(part, ".vml") || strings.Contains(kind, "vmldrawing")):
		return o.tolerantScan(part, in) // Excel writes tags into it that are not closed
	case strings.HasSuffix(kind, "+xml"), strings.HasSuffix(kind, "/xml"), strings.HasSuffix(part, ".xml"):
		return o.scanPart(part, in)
	case beginsXML(head):
		return o.tolerantScan(part, in)
	}
	return nil
}

// isMainType tells the types of Office's own texts, which are read as such whatever the part is called.
func isMainType(kind string) bool {
	return strings.HasSuffix(kind, "+xml") && (strings.Contains(kind, "openxmlformats") || strings.Contains(kind, "vnd.ms-"))
}

func beginsXML(head []byte) bool {
	head = bytes.TrimLeft(bytes.ReplaceAll(head, []byte{0}, nil), "\xef\xbb\xbf\xff\xfe \t\r\n")
	return len(head) > 1 && head[0] == '<'
}

// checkFlat looks at a document of one file that may be taken in as a part (17.17.2): as at one that is uploaded,
// then as at any other part.
func (o *ooxml) checkFlat(part, kind string, r io.Reader) error {
	if o.depth >= deepestDocument {
		return o.objectTo(airlock.Bomb, "%.80q is a document in %d others", part, o.depth+1)
	}
	p, err := o.piece(part, r)
	if err != nil {
		return err
	}
	defer p.done()
	p.depth = o.depth + 1
	if err := tolerant(p.apart(inspectXML)); err != nil {
		return err
	}
	return o.checkText(part, kind, bufio.NewReaderSize(p.reader(0), 4096))
}

// tolerantScan looks at XML whose soundness is nobody's matter.
func (o *ooxml) tolerantScan(part string, r io.Reader) error {
	x := &xmlScan{in: o.xmlIn(), look: o.within(part), empty: true}
	err := x.scanTexts(r)
	if f := finding(err); f != nil && (f.Reason == airlock.Malformed || f.Reason == airlock.Uninspectable) {
		return x.step() // what stopped the whole is not passed
	}
	return err
}

// checkPage looks at a page both as what Word takes in, and as a text of Word's own.
func (o *ooxml) checkPage(part string, head []byte, in *bufio.Reader) error {
	if !beginsXML(head) {
		return o.checkChunk(part, in)
	}
	search := newWordSearch(o.look, part)
	err := o.tolerantScan(part, io.TeeReader(in, search))
	if search.err != nil { // which the scan may have taken for an end of the page
		return search.err
	}
	if err != nil {
		return err
	}
	if _, err = io.Copy(search, in); err != nil {
		return err
	}
	return search.fields.done()
}

// appleDouble is what a Mac that packs a document again puts beside each part: no XML, whatever it is
// called (RFC 1740, appendix B).
const appleDouble = "\x00\x05\x16\x07"
