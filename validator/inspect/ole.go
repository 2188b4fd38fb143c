package inspect

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"

	"airlock"
)

// inspectOLE looks at a document of Word, Excel or PowerPoint before 2007: a compound file, whose main
// stream says of which program it is (MS-DOC, MS-XLS, MS-PPT).
func inspectOLE(l *look) error {
	c, err := openOLE(l)
	if err != nil {
		return err
	}
	if c.find("EncryptedPackage") != nil {
		return l.encrypted("the document is locked with a password")
	}
	mains := map[string]*oleEntry{}
	for name, mediaType := range oleMains {
		if e := c.find(name); e != nil && e.kind == oleStreams && (mains[mediaType] == nil || name == "Workbook") {
			mains[mediaType] = e
		}
	}
	main := mains[l.mediaType]
	switch {
	case main == nil && len(mains) > 0:
		return l.objectTo(airlock.TypeMismatch, "it is a document of another program")
	case main == nil:
		return l.objectTo(airlock.TypeMismatch, "it is a compound file, but no document of Office")
	case len(mains) > 1:
		return l.objectTo(airlock.TypeMismatch, "it is a document of two programs at once")
	case installers[hex.EncodeToString(c.entries.all[0].class[:3])]:
		return l.objectTo(airlock.TypeMismatch, "it is a program's installer")
	}
	if done, err := c.checkMain(main); err != nil || done {
		return err
	}
	if e := c.find("Book"); e != nil && e != main && e.kind == oleStreams { // of the same workbook, for Excel 5
		if done, err := c.checkMain(e); tolerant(err) != nil || done {
			return err
		}
	}
	if err := c.checkEntries(); err != nil {
		return err
	}
	return c.checkTail()
}

// oleMains are the main streams (MS-DOC 2.1.1, MS-XLS 2.1.2, MS-PPT 2.1.2); Book is that of Excel 5,
// PP40 that of PowerPoint 4.
var oleMains = map[string]string{
	"WordDocument": "application/msword", "Workbook": "application/vnd.ms-excel", "Book": "application/vnd.ms-excel",
	"PowerPoint Document": "application/vnd.ms-powerpoint", "PP40": "application/vnd.ms-powerpoint",
}

// installers are what the class of a root begins with: {000C1084-...} and its neighbours are of
// Windows Installer.
var installers = map[string]bool{"84100c": true, "86100c": true, "82100c": true}

// checkMain looks at the main stream; done says that what is encrypted is taken as it is.
func (c *oleFile) checkMain(e *oleEntry) (done bool, err error) {
	p, err := c.open(e)
	if err != nil {
		return false, err
	}
	p.inside = c.inside
	if whole, err := p.at.(*oleStream).whole(); err != nil {
		return false, err
	} else if !whole {
		return false, c.objectTo(airlock.Malformed, "a part of the document is missing")
	}
	switch c.mediaType {
	case "application/msword":
		return c.checkWord(p)
	case "application/vnd.ms-excel":
		return c.checkExcel(p)
	}
	return c.checkPowerPoint(p)
}

// lookOLE looks at an object inside a document: it must hold nothing that runs.
func lookOLE(p *look) error {
	inner := *p
	inner.mediaType = ""
	p = &inner
	c, err := openOLE(p)
	if err != nil {
		return err
	}
	if c.find("EncryptedPackage") != nil {
		return p.encrypted("a document inside is locked with a password")
	}
	return c.checkEntries()
}

// checkEntries looks at every storage and stream, those included that no folder leads to.
func (c *oleFile) checkEntries() error {
	for i := range c.entries.all {
		e := &c.entries.all[i]
		if e.kind == 0 || i == 0 && e.name == "" {
			continue
		}
		if err := c.step(); err != nil {
			return err
		}
		if err := c.checkEntry(e); err != nil {
			return err
		}
	}
	return nil
}

func (c *oleFile) checkEntry(e *oleEntry) error {
	if e.kind == oleStorage {
		switch strings.ToLower(e.name) {
		case "vba", "_vba_project_cur": // MS-OVBA 2.2.1
			return c.active("it holds macros")
		}
		return nil
	}
	if e.kind != oleStreams || e.size == 0 {
		return nil
	}
	if c.full() && oleDrawings[strings.ToLower(e.name)] {
		if err := c.checkDrawings(e); err != nil {
			return err
		}
	}
	switch strings.ToLower(e.name) {
	case "_vba_project":
		return c.active("it holds macros")
	case "\x03ocxname", "ctls":
		return c.active("it holds an ActiveX control")
	case "\x01ole10native":
		return c.openDeeper(e, checkNative)
	case "equation native":
		return c.openDeeper(e, checkEquation)
	case "workbook", "book", "worddocument", "powerpoint document":
		if c.mediaType == "" && e.parent == 0 || e.parent > 0 { // of an object
			return c.openDeeper(e, c.checkInner)
		}
	case "package", "contents":
		return c.openDeeper(e, checkPackage)
	case "\x01ole":
		return c.openDeeper(e, checkLink)
	}
	return nil
}

// checkInner looks at the main stream of an object that is a document.
func (c *oleFile) checkInner(p *look) (err error) {
	head, err := p.upTo(0, 2)
	if err != nil || len(head) < 2 {
		return err
	}
	switch id := binary.LittleEndian.Uint16(head); {
	case id == xlsBOF, id == 0x0409:
		_, err = c.checkExcel(p)
	case id&0xff00 == 0xa500 || id&0xff00 == 0xa600:
		_, err = c.checkWord(p)
	case c.full():
		err = c.walkPowerPoint(p)
	}
	return err
}

// openDeeper opens a stream for inspect, one document deeper.
func (c *oleFile) openDeeper(e *oleEntry, inspect func(*look) error) error {
	p, err := c.open(e)
	if err != nil {
		return tolerant(err)
	}
	if p.depth++; p.depth > deepestDocument {
		return c.objectTo(airlock.Bomb, "%.80q is a document in %d others", p.inside, p.depth)
	}
	return tolerant(p.apart(inspect))
}

// checkNative looks at a file that was put into a document as it was (MS-OLEDS 2.3.6; what a package
// holds is of old told by its own reader only): its names, then its bytes, then its names in Unicode, which
// newer readers take.
func checkNative(p *look) error {
	b, err := p.upTo(0, mostNative)
	if err != nil {
		return err
	}
	if len(b) < 6 {
		return nil
	}
	if binary.LittleEndian.Uint16(b[4:]) != 2 {
		return checkBytes(p, 4)
	}
	names, rest, ok := nativeNames(b[6:])
	if err := p.putIn(names...); err != nil {
		return err
	}
	switch {
	case !ok && len(b) == mostNative:
		return p.objectTo(airlock.Uninspectable, "the names of a file in it are longer than %d bytes", mostNative)
	case !ok || len(rest) < 4:
		return nil
	}
	at := int64(len(b) - len(rest) + 4)
	if err := p.putInWide(at + int64(binary.LittleEndian.Uint32(rest))); err != nil {
		return err
	}
	return checkBytes(p, at)
}

// mostNative is more than the names of a file need.
const mostNative = 4096

// nativeNames are what a file is called, where it came from and where it is unpacked to, and what follows.
func nativeNames(rest []byte) (names []string, behind []byte, ok bool) {
	for range 2 {
		before, after, found := bytes.Cut(rest, []byte{0})
		if names = append(names, string(before)); !found {
			return names, nil, false
		}
		rest = after
	}
	if len(rest) < 8 { // two numbers, then the length of a path
		return names, nil, false
	}
	n := int64(binary.LittleEndian.Uint32(rest[4:]))
	if rest = rest[8:]; n > int64(len(rest)) {
		return names, nil, false
	}
	return append(names, strings.TrimRight(string(rest[:n]), "\x00")), rest[n:], true
}

// putInWide judges the names in Unicode, which stand behind the bytes.
func (l *look) putInWide(at int64) error {
	if at >= l.size {
		return nil
	}
	b, err := l.upTo(at, mostNative)
	if err != nil {
		return err
	}
	for range 3 {
		if len(b) < 4 {
			return nil
		}
		n := int64(binary.LittleEndian.Uint32(b))
		b = b[4:]
		if err := l.putIn(strings.TrimRight(pdfWide(string(b[:min(2*n, int64(len(b)))]), false), "\x00")); err != nil || 2*n > int64(len(b)) {
			return err
		}
		b = b[2*n:]
	}
	return nil
}

// putIn judges what a file that was put in is called.
func (l *look) putIn(names ...string) error {
	for _, name := range names {
		if runsInDocument(name) {
			return l.active("it holds a program or a script, %.80q", name)
		}
	}
	return nil
}

func checkPackage(p *look) error { return checkBytes(p, 0) }

// checkBytes looks at what a stream holds from off on.
func checkBytes(p *look, off int64) error {
	head, err := p.upTo(min(off, p.size), 512)
	if err != nil {
		return err
	}
	switch magic := magicType(head); {
	case magic == "exe" && looksLikeEXE(head), magic == "elf":
		return p.active("it holds a program")
	case magic == "zip" || magic == "ole":
		inner := *p
		inner.at, inner.size = io.NewSectionReader(p, off, p.size-off), p.size-off
		if magic == "ole" {
			return lookOLE(&inner)
		}
		return lookPackage(&inner)
	}
	if what := beginsAsProgram(head); what != "" {
		return p.active("it holds %s", what)
	}
	if script := opensAsScript(head); script != "" {
		return p.active("it holds a script: it begins with %q", script)
	}
	return nil
}

// checkLink looks at where a linked object comes from (MS-OLEDS 2.3.3): monikers of addresses and of
// scripts fetch what they name when the document is opened, others make an object of a class or run what a
// file holds.
func checkLink(p *look) error {
	b, err := p.upTo(0, 64<<10)
	if err != nil {
		return err
	}
	linked := len(b) > 4 && b[4]&1 != 0 // else the object itself lies in the document
	for _, m := range runningMonikers {
		if bytes.Contains(b, m.class) {
			return p.active("it fetches or makes %s", m.what)
		}
	}
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], classFileMoniker)
		if i < 0 {
			return nil
		}
		at += i
		for _, path := range oleAddresses(b[at:]) {
			if linked && remote(path) || runsInDocument(path) {
				return p.active("it fetches an object from %.80q", path)
			}
		}
	}
}

// checkEquation looks at a formula of Equation Editor 3: a font's name that is longer than its editor has
// room for runs as a program (CVE-2017-11882). A header of 28 bytes, one of MTEF 3 of 5, then records.
func checkEquation(p *look) error {
	b, err := p.upTo(28, 1024)
	if err != nil || len(b) < 8 {
		return err
	}
	for b = b[5:]; len(b) > 3; {
		switch b[0] & 0x0f {
		case 0x8: // FONT: typeface, style, name
			n := bytes.IndexByte(b[3:], 0)
			if n < 0 {
				n = len(b) - 3
			}
			if n > 40 {
				return p.active("a formula in it has a font's name of %d bytes", n)
			}
			b = b[min(len(b), 3+n+1):]
		case 0xa, 0xb, 0xc, 0xd, 0xe: // sizes
			b = b[1:]
		case 0x1: // LINE
			b = b[2:]
		default:
			return nil
		}
	}
	return nil
}

// checkTail looks at what lies behind the last sector that is used. An archive's end there is one; an
// archive inside of the document is none.
func (c *oleFile) checkTail() error {
	from := c.lastUsed
	if from >= c.size {
		return nil
	}
	c.content.TrailingBytes = c.size - from
	head, err := c.upTo(from, tailWindow)
	if err != nil {
		return err
	}
	if what := opens(bytes.TrimLeft(head, " \t\r\n\x00")); what != "" {
		return c.objectTo(airlock.TrailingData, "after the end of the document there are %d bytes that begin as %s", c.size-from, what)
	}
	last, err := c.upTo(max(from, c.size-tailWindow), tailWindow)
	if err != nil {
		return err
	}
	if bytes.Contains(last, []byte("PK\x05\x06")) && bytes.Contains(last, []byte("PK\x01\x02")) {
		return c.objectTo(airlock.TrailingData, "the document ends as a zip archive")
	}
	if what := holdsMarkup(head); what != "" {
		return c.objectTo(airlock.TrailingData, "the %d bytes after the end of the document hold %q", c.size-from, what)
	}
	return nil
}
