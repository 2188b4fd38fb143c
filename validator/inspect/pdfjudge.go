package inspect

import (
	"slices"
	"strings"
)

// pdfActive are names that stand for something that runs, wherever they are a key or a value: a
// script, a player of Flash, a document that opens another inside, a form that brings its own
// language (XFA), and what a 3D model runs when it is shown.
var pdfActive = map[string]string{
	"JavaScript": "a script", "RichMedia": "rich media", "RichMediaExecute": "rich media", "RichMediaContent": "rich media",
	"GoToE": "an action that opens an embedded file", "ImportData": "an action that imports data", "OnInstantiate": "a script of a 3D model",
}

// judgeName objects to a name that stands for what runs.
func (p *pdfParser) judgeName(f *pdfFrame) error {
	v := p.value
	if len(v) < 3 || len(v) > 16 {
		return nil
	}
	if what := pdfActive[string(v)]; what != "" {
		return p.l.active("it holds %s (%s)", what, v)
	}
	switch {
	case string(v) == "Launch" && (f == nil || !f.array && f.key == "S"):
		return p.l.active("it holds an action that starts a program (Launch)")
	case string(v) == "XFA" && f != nil && !f.array && f.key == "" && !p.nothing():
		return p.l.active("it holds a form with scripts of its own (XFA)")
	}
	return nil
}

// nothing tells whether null comes next.
func (p *pdfParser) nothing() bool {
	p.skipSpace()
	return p.pos+4 <= len(p.buf) && string(p.buf[p.pos:p.pos+4]) == "null"
}

// judgeDict objects to a dictionary that runs something.
func (p *pdfParser) judgeDict(d *pdfDict) error {
	switch {
	case d.action == "Rendition" && d.has&pdfHasJS != 0:
		return p.l.active("it holds a script of a rendition")
	case d.action == "GoToR" && strings.HasPrefix(d.file, `\\`):
		return p.l.active("it opens a file on another computer: %.80q", d.file)
	case d.has&pdfHasEF != 0 && pdfProgram(d.file) != "":
		return p.l.active("it holds a program: %.80q", pdfText(d.file))
	}
	if d.has&pdfHasOther == 0 && len(d.refs) > 0 { // it can only be an EF
		return p.wanted(d.refs)
	}
	return nil
}

// pdfText makes a text string readable: UTF-16 loses its zeros (ISO 32000-1 7.9.2.2).
func pdfText(s string) string {
	if strings.HasPrefix(s, "\xfe\xff") || strings.HasPrefix(s, "\xff\xfe") {
		return strings.ReplaceAll(s[2:], "\x00", "")
	}
	return strings.TrimPrefix(s, "\xef\xbb\xbf")
}

// pdfPrograms are the extensions of files that run when they are opened.
var pdfPrograms = strings.Fields(`exe com scr pif bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta msi msp msc cpl dll sys
	jar lnk reg sh command app workflow scf gadget application docm dotm xlsm xltm xlam pptm ppsm ppam potm chm iqy slk
	sct wsc mjs appref-ms settingcontent-ms library-ms search-ms url desktop apk ipa deb rpm dmg pkg run`)

// pdfProgram is the extension of name if such files run; else "".
func pdfProgram(name string) string {
	name = strings.ToLower(strings.TrimRight(pdfText(name), ". \x00"))
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || !slices.Contains(pdfPrograms, name[dot+1:]) {
		return ""
	}
	return name[dot+1:]
}
