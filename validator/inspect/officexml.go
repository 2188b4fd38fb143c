package inspect

import (
	"bufio"
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"

	"airlock"
)

// xmlScan reads an XML document in a stream, whatever its size: encoding/xml reads 20 MB/s, and
// honest spreadsheets hold hundreds. It holds the document against what matters here: tags nest and
// close, there is one root, and no document type, which could bring in entities (XML 1.0, 2.8).
type xmlScan struct {
	*look
	in     *bufio.Reader                    // nil, or one to use again
	start  func(t xmlTag) error             // nil: of no interest
	end    func(local []byte) error         // nil: of no interest
	passes func(local []byte) bool          // nil: no tag is passed over; else which are, which saves to make one
	text   func(raw []byte) error           // nil: of no interest; in chunks, references not replaced
	mayBe  func(doctype []byte) (fine bool) // nil: no document type is taken
	empty  bool                             // nothing but space is taken too
	root   string                           // what the root must be called; "": anything

	spaces bool // namespaces are followed

	bound []officeBinding // at most mostBindings
	split []byte          // a reference that the buffer cut
	buf   []byte
	open  []uint32 // hashes of the names of what is open
	roots int
	tags  int
}

const (
	deepestXML      = 4096
	officeXMLBuffer = 16 << 10
	longestTag      = 8 << 20 // Word keeps whole drawings in one attribute
)

// scan reads r to its end.
func (x *xmlScan) scan(r io.Reader) error {
	if x.in == nil {
		x.in = bufio.NewReaderSize(nil, officeXMLBuffer)
	}
	x.in.Reset(r)
	decoded, err := decodeXML(x.look, x.in)
	if err != nil {
		return err
	}
	x.in = decoded
	defer func() { x.release(int64(cap(x.buf))) }()
	for {
		if err := x.chars(); err == io.EOF {
			if len(x.open) > 0 || x.roots != 1 && !x.empty {
				return x.malformed("it ends before its last tag is closed")
			}
			return nil
		} else if err != nil {
			return err
		}
		if err := x.markup(); err != nil {
			return orEOF(err)
		}
	}
}

func (x *xmlScan) malformed(format string, a ...any) error {
	return x.objectTo(airlock.Malformed, "it is no sound XML: %s", fmt.Sprintf(format, a...))
}

// decodeXML makes UTF-8 of UTF-16; other character sets that are taken hold ASCII as it is.
func decodeXML(l *look, in *bufio.Reader) (*bufio.Reader, error) {
	head, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err := in.Discard(3)
		return in, err
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00")), bytes.HasPrefix(head, []byte("<\x00\x00\x00")),
		bytes.HasPrefix(head, []byte("\x4c\x6f\xa7\x94")):
		return nil, l.objectTo(airlock.Uninspectable, "its XML is in a character set that is not read here")
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		return bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(in), officeXMLBuffer), nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		return bufio.NewReaderSize(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(in), officeXMLBuffer), nil
	}
	return in, nil
}

// chars reads up to the next tag.
func (x *xmlScan) chars() error {
	for {
		b, err := x.in.ReadSlice('<')
		if err == nil {
			b = b[:len(b)-1]
		}
		if len(x.open) == 0 && len(bytes.Trim(b, " \t\r\n\x00")) > 0 {
			return x.malformed("text stands outside of its root")
		}
		if x.text != nil && len(x.open) > 0 {
			if err := x.characters(b, err == bufio.ErrBufferFull); err != nil {
				return err
			}
		}
		if err == nil || err == io.EOF {
			return err
		}
		if err != bufio.ErrBufferFull {
			return err
		}
		if err := x.step(); err != nil {
			return err
		}
	}
}

// characters hands text on, and no reference in two pieces.
func (x *xmlScan) characters(b []byte, more bool) error {
	if len(x.split) > 0 {
		b = append(x.split, b...)
		x.split = nil
	}
	if more {
		if open := openReference(b); len(open) > officeXMLBuffer {
			return x.malformed("a reference is longer than %d bytes", officeXMLBuffer)
		} else if open != nil {
			x.split = bytes.Clone(open)
			b = b[:len(b)-len(open)]
		}
	}
	if len(b) == 0 {
		return nil
	}
	return x.text(b)
}

// markup reads what begins with the "<" that was just read.
func (x *xmlScan) markup() error {
	c, err := x.in.ReadByte()
	if err != nil {
		return err
	}
	switch c {
	case '?':
		b, err := x.upToMark("?>")
		if err == nil && len(b) > 3 && bytes.HasPrefix(b, []byte("xml")) && b[3] <= ' ' {
			return x.declaration(b)
		}
		return err
	case '!':
		return x.declared()
	case '/':
		b, err := x.upToMark(">")
		if err != nil {
			return err
		}
		for len(b) > 0 && b[len(b)-1] <= ' ' {
			b = b[:len(b)-1]
		}
		return x.closeTag(b)
	}
	if err := x.in.UnreadByte(); err != nil {
		return err
	}
	return x.openTag()
}

// declaration refuses character sets in which "<" is not what it looks like.
func (x *xmlScan) declaration(b []byte) error {
	set, _ := xmlTag{attrs: b[len("xml "):]}.attr("encoding")
	set = strings.ToLower(set)
	for _, known := range []string{"", "utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-", "windows-", "gb", "big5", "shift_jis", "euc-", "koi8", "utf_8", "utf16"} {
		if known != "" && strings.HasPrefix(set, known) || known == set {
			return nil
		}
	}
	return x.objectTo(airlock.Uninspectable, "its XML is in a character set that is not read here, %.20q", set)
}

func (x *xmlScan) declared() error {
	head, err := x.in.Peek(2)
	if err != nil {
		return err
	}
	if string(head) == "--" {
		return x.skipTo("-->", 2)
	}
	if head, err = x.in.Peek(7); err == nil && string(head) == "[CDATA[" {
		if x.text == nil {
			return x.skipTo("]]>", 7)
		}
		return x.unescaped()
	}
	b, err := x.upToMark(">")
	if err != nil {
		return err
	}
	if x.mayBe != nil && x.mayBe(b) {
		return nil
	}
	return x.objectTo(airlock.Malformed, "its XML declares a document type, %.60q", b)
}

// unescaped hands on text that holds no references ([CDATA[ ]]>), in pieces, as if it did.
func (x *xmlScan) unescaped() error {
	if _, err := x.in.Discard(len("[CDATA[")); err != nil {
		return err
	}
	var open []byte // what may begin the end
	for {
		b, err := x.in.ReadSlice('>')
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
		piece := append(open, b...)
		text, over := bytes.CutSuffix(piece, []byte("]]>"))
		open = nil
		if err == bufio.ErrBufferFull {
			text = bytes.TrimSuffix(bytes.TrimSuffix(piece, []byte("]")), []byte("]"))
			open = bytes.Clone(piece[len(text):])
		}
		if len(text) > 0 {
			if err := x.text([]byte(html.EscapeString(string(text)))); err != nil {
				return err
			}
		}
		if over {
			return nil
		}
		if err := x.step(); err != nil {
			return err
		}
	}
}

// skipTo skips up to the mark and over it.
func (x *xmlScan) skipTo(mark string, over int) error {
	if _, err := x.in.Discard(over); err != nil {
		return err
	}
	last := mark[len(mark)-1]
	tail := make([]byte, 0, 8)
	for {
		b, err := x.in.ReadSlice(last)
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
		tail = append(tail, b[max(0, len(b)-len(mark)):]...)
		tail = tail[max(0, len(tail)-len(mark)):]
		if string(tail) == mark {
			return nil
		}
		if err := x.step(); err != nil {
			return err
		}
	}
}

// upToMark reads up to the mark and over it, and answers what is before it.
func (x *xmlScan) upToMark(mark string) ([]byte, error) {
	x.buf = x.buf[:0]
	for {
		b, err := x.in.ReadSlice(mark[len(mark)-1])
		if err != nil && err != bufio.ErrBufferFull {
			return nil, err
		}
		if len(x.buf) == 0 && err == nil && bytes.HasSuffix(b, []byte(mark)) {
			return b[:len(b)-len(mark)], nil
		}
		if err := x.keep(b); err != nil {
			return nil, err
		}
		if bytes.HasSuffix(x.buf, []byte(mark)) {
			return x.buf[:len(x.buf)-len(mark)], nil
		}
	}
}

func (x *xmlScan) keep(b []byte) error {
	if need := len(x.buf) + len(b); need > cap(x.buf) {
		if need > longestTag {
			return x.malformed("a tag is longer than %d MiB", longestTag>>20)
		}
		grown := max(2*need, 4096)
		if err := x.hold(int64(grown)); err != nil {
			return err
		}
		buf := append(make([]byte, 0, grown), x.buf...)
		x.release(int64(cap(x.buf)))
		x.buf = buf
	}
	x.buf = append(x.buf, b...)
	return x.step()
}

// openTag reads a start tag, whose attributes may hold ">".
func (x *xmlScan) openTag() error {
	b, err := x.in.ReadSlice('>')
	quote := quoteAt(0, b)
	if err == nil && quote == 0 {
		return x.opened(b[:len(b)-1])
	}
	x.buf = x.buf[:0]
	for {
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
		if kerr := x.keep(b); kerr != nil {
			return kerr
		}
		if err == nil && quote == 0 {
			return x.opened(x.buf[:len(x.buf)-1])
		}
		b, err = x.in.ReadSlice('>')
		quote = quoteAt(quote, b)
	}
}

// quoteAt is the quotation mark that is open at the end of b, where quote was at its beginning; 0 is none.
func quoteAt(quote byte, b []byte) byte {
	for {
		i := -1
		if quote == 0 {
			i = bytes.IndexAny(b, `"'`)
		} else {
			i = bytes.IndexByte(b, quote)
		}
		switch {
		case i < 0:
			return quote
		case quote == 0:
			quote = b[i]
		default:
			quote = 0
		}
		b = b[i+1:]
	}
}

func (x *xmlScan) opened(b []byte) error {
	closed := len(b) > 0 && b[len(b)-1] == '/'
	if closed {
		b = b[:len(b)-1]
	}
	n := 0
	for n < len(b) && b[n] > ' ' {
		n++
	}
	name := b[:n]
	if n == 0 || name[0] < 'A' || bytes.IndexByte(name, '<') >= 0 || bytes.IndexByte(name, '=') >= 0 {
		return x.malformed("a tag is called %.20q", name)
	}
	if len(x.open) == 0 {
		if x.roots++; x.roots > 1 {
			return x.malformed("it has more than one root")
		}
		if x.root != "" && string(localName(name)) != x.root {
			return x.malformed("it is a %.40q, not a %q", name, x.root)
		}
	}
	if len(x.open) >= deepestXML {
		return x.malformed("its tags nest deeper than %d", deepestXML)
	}
	if !closed {
		x.open = append(x.open, hashXML(name))
	}
	if x.tags++; x.tags%64 == 0 {
		if err := x.step(); err != nil {
			return err
		}
	}
	if err := x.declare(b[n:], closed); err != nil {
		return err
	}
	if x.start != nil {
		if local := localName(name); x.passes == nil || !x.passes(local) {
			if err := x.start(xmlTag{name: name, local: local, attrs: b[n:], in: x}); err != nil {
				return err
			}
		}
	}
	if closed {
		return x.ended(name)
	}
	return nil
}

// ended tells of the end of a tag that is open no more.
func (x *xmlScan) ended(name []byte) error {
	if n := len(x.bound); n > 0 && int(x.bound[n-1].depth) > len(x.open) {
		x.unbind(len(x.open))
	}
	if x.end != nil {
		return x.end(localName(name))
	}
	return nil
}

func (x *xmlScan) closeTag(name []byte) error {
	if len(x.open) == 0 || x.open[len(x.open)-1] != hashXML(name) {
		return x.malformed("%.40q is closed where it is not open", name)
	}
	x.open = x.open[:len(x.open)-1]
	return x.ended(name)
}

// hashXML is FNV-1a: a name that meets another by it gains nothing.
func hashXML(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}
