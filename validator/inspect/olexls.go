package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"airlock"
)

// Records of Excel (MS-XLS 2.3; those of Excel 5 have the same numbers).
const (
	xlsBOF         = 0x0809 // Excel 4 has 0x0409
	xlsEOF         = 0x000a
	xlsExternSheet = 0x0017
	xlsName        = 0x0018
	xlsExternName  = 0x0023
	xlsFilePass    = 0x002f
	xlsContinue    = 0x003c
	xlsBoundSheet  = 0x0085
	xlsSupBook     = 0x01ae
)

// xlsScan goes through the records of a workbook.
type xlsScan struct {
	c    *oleFile
	p    *look
	old  bool   // Excel 5 and before: texts have one byte for each character, and sheets have links of their own
	link string // the program that the last link of this book leads to, if it may be a document

	text xlsLinkText // of a link that is being read
	name []byte      // of a record that names something, and what goes on behind it; at most mostRecord
}

// mostRecord is what is looked at of a record.
const mostRecord = 4096

// checkExcel looks at the stream of a workbook: its globals, and the links that are clicked.
func (c *oleFile) checkExcel(p *look) (done bool, err error) {
	if done, err = c.checkGlobals(p); err != nil || done || !c.full() {
		return done, err
	}
	return false, c.searchLinks(p)
}

// checkGlobals looks at the globals of a workbook, which name the sheets and the links to other documents.
func (c *oleFile) checkGlobals(p *look) (done bool, err error) {
	x := &xlsScan{c: c, p: p}
	in := bufio.NewReaderSize(p.reader(0), 8192)
	depth := 0 // of parts, which hold others
	for n := 0; ; n++ {
		if err := c.step(); err != nil {
			return false, err
		}
		head, err := in.Peek(4)
		if err != nil {
			if x.old && n > 0 {
				return false, x.linked()
			}
			return false, orEOF(err)
		}
		id, size := binary.LittleEndian.Uint16(head), int(binary.LittleEndian.Uint16(head[2:]))
		b, err := in.Peek(4 + min(size, mostRecord))
		if err != nil {
			if x.old && n > 0 {
				return false, x.linked()
			}
			return false, orEOF(err)
		}
		switch {
		case n == 0 && id != xlsBOF && id != 0x0409:
			return false, c.objectTo(airlock.Malformed, "the workbook does not begin as one of Excel")
		case n == 0:
			x.old = id != xlsBOF || size < 2 || binary.LittleEndian.Uint16(b[4:]) < 0x0600 // 2.4.21
		case id == xlsEOF && !x.old, n > 0 && depth == 0 && id != xlsBOF: // of an old book others follow
			return false, x.linked()
		case id == xlsFilePass:
			return true, c.encrypted("the workbook is locked with a password")
		}
		if err := x.record(id, b[4:], size > mostRecord); err != nil {
			return false, err
		}
		if id == xlsEOF {
			depth--
		} else if n == 0 || id == xlsBOF {
			depth++
		}
		if _, err := in.Discard(4 + size); err != nil {
			return false, orEOF(err)
		}
	}
}

// record looks at a record, of which more may follow than b. What is longer than one goes on in others.
func (x *xlsScan) record(id uint16, b []byte, more bool) error {
	if id == xlsContinue {
		return x.goesOn(b, more)
	}
	x.name = x.name[:0]
	if err := x.linked(); err != nil {
		return err
	}
	switch id {
	case xlsBoundSheet:
		return x.sheet(b)
	case xlsSupBook:
		x.link = ""
		if len(b) >= 4 && !x.old { // 2.4.271: the number of sheets, then a text that may lead to the book itself or to functions
			x.text.begin(int(binary.LittleEndian.Uint16(b[2:])), false, b[4:], more)
		}
	case xlsExternSheet:
		x.link = ""
		if len(b) > 0 && x.old {
			x.text.begin(int(b[0]), true, b[1:], more)
		}
	case xlsExternName: // 2.4.105: fOleLink says that the link is one to a document
		if len(b) > 1 && x.link != "" && b[0]&0x10 == 0 {
			return x.c.active("a formula in it starts %.40q (DDE)", x.link)
		}
	case xlsName: // 2.4.150: also of functions that are newer than the format
		x.name = append(x.name, b...)
		return x.named()
	}
	return nil
}

// goesOn reads on in what the record before has begun (2.4.58).
func (x *xlsScan) goesOn(b []byte, more bool) error {
	if x.text.open {
		x.text.goOn(b, more)
	}
	if len(x.name) > 0 {
		x.name = appendUpTo(x.name, b, mostRecord)
		return x.named()
	}
	return nil
}

func (x *xlsScan) named() error {
	if what := xlsFunction(x.name); what != "" {
		return x.c.active("a formula in it runs or fetches something: %q", what)
	}
	return nil
}

// linked judges the link that was read, if one was.
func (x *xlsScan) linked() error {
	t := &x.text
	if !t.open {
		return nil
	}
	t.open = false
	return x.linkTo(string(utf16.Decode(t.chars)), t.cut)
}

// sheet looks at a sheet's kind (2.4.28), and at how it begins (2.4.21).
func (x *xlsScan) sheet(b []byte) error {
	if len(b) < 6 {
		return nil
	}
	switch b[5] {
	case 1:
		return x.c.active("it holds a sheet of macros")
	case 6:
		return x.c.active("it holds macros")
	}
	sheet, err := x.p.upTo(min(int64(binary.LittleEndian.Uint32(b)), x.p.size), 8)
	if err != nil {
		return err
	}
	if len(sheet) == 8 && binary.LittleEndian.Uint16(sheet) == xlsBOF && binary.LittleEndian.Uint16(sheet[6:]) == 0x40 {
		return x.c.active("it holds a sheet of macros")
	}
	return nil
}

// linkTo judges where formulas lead (2.5.277, VirtualPath). A path begins with 0x01: then 0x01 is a drive or a
// computer, 0x02 the same drive, 0x03 parts folders, 0x04 leads up, and the file is opened when somebody
// says so. What else begins so is the book's own. Without, 0x03 parts a program from what it is asked for: DDE, or the class of a document and its file.
// Of a path that is cut the end is not known.
func (x *xlsScan) linkTo(path string, cut bool) error {
	if path == "" || path[0] <= 4 {
		return nil
	}
	service, topic, ok := strings.Cut(path, "\x03")
	switch {
	case !ok && cut:
		return x.c.objectTo(airlock.Uninspectable, "the path of a link is longer than %d characters", mostLinkText)
	case !ok:
		return nil
	case !cut && isDocumentClass(service) && isFilePath(topic):
		x.link = service
		return nil
	}
	return x.c.active("a formula in it starts or fetches %.40q (DDE)", service)
}

// documentClasses are what the names of classes of documents begin with; of other programs a version
// tells them.
var documentClasses = wordSet("word excel powerpoint visio paint pbrush package mspaint soundrec wordpad htmlfile acroexch foxitreader equation msproject mspublisher access outlook staroffice libreoffice opendocument imaging photo photoshop illustrator coreldraw autocad mathtype chemdraw bitmap")

// isDocumentClass tells the name of a class whose objects are documents, Name.Kind or Name.Kind.8, from that
// of a program.
func isDocumentClass(name string) bool {
	parts := strings.Split(strings.ToLower(name), ".")
	for _, p := range parts {
		if p == "" || strings.ContainsFunc(p, func(r rune) bool { return r > 0x7e || !isLetter(byte(r)) && (r < '0' || r > '9') && r != '_' }) {
			return false
		}
	}
	last := parts[len(parts)-1]
	if runsInDocument("." + last) {
		return false
	}
	if len(parts) == 1 {
		return last == "package"
	}
	version := len(parts) == 3 && strings.Trim(last, "0123456789") == ""
	return version || documentClasses[parts[0]] && len(parts) <= 3
}

// isFilePath tells a file, on a disk or in a folder, from what a program may be told, and from what is
// fetched from elsewhere.
func isFilePath(topic string) bool {
	if strings.ContainsAny(topic, "\x00\"<>|*?") {
		return false
	}
	path := strings.TrimLeft(topic, "\x01\x02\x03\x04")
	if strings.HasPrefix(path, "@") && path != topic || remote(path) { // 2.5.277: unc-volume
		return false
	}
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") { // an option
		return false
	}
	base := path[strings.LastIndexAny(path, "/\\\x03")+1:]
	_, ext, ok := strings.Cut(base, ".")
	return ok && ext != "" && !runsInDocument(base)
}

// xlsFunction is the function that runs whose name stands in a record that names it for later use.
func xlsFunction(b []byte) string {
	if bytes.IndexByte(b, '_') < 0 {
		return ""
	}
	name := strings.ToUpper(string(bytes.ReplaceAll(bytes.ReplaceAll(b, []byte{0}, nil), []byte{1}, nil)))
	if strings.Contains(name, "_XLFN.IMAGE") { // what it shows stands in cells
		return "IMAGE"
	}
	for found := range runningFunctions {
		for _, prefix := range functionPrefixes[:2] {
			if strings.Contains(name, prefix+found) {
				return found
			}
		}
	}
	return ""
}
