package inspect

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"airlock/validator/inspect/corpus"
)

func FuzzOffice(f *testing.F) {
	fuzz(f, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
}

func FuzzODF(f *testing.F) { fuzz(f, "application/vnd.oasis.opendocument.text") }

func FuzzOLE(f *testing.F) {
	fuzz(f, "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint")
}

// FuzzOfficeXML holds the scanner to its bounds, and to one answer however the bytes arrive.
func FuzzOfficeXML(f *testing.F) {
	for _, s := range []string{"<a/>", "<a b='>'>x</a>", "<?xml version='1.0' encoding='utf-8'?><a><!-- - --><b c=\"&lt;\"/><![CDATA[ ]]]]></a>", "\xff\xfe<\x00a\x00/\x00>\x00", "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		scan := func(slow bool) string {
			w := newWork(t.Context(), New(), Upload{Size: int64(len(data)), Bytes: bytes.NewReader(data)})
			defer w.end()
			var seen strings.Builder
			x := &xmlScan{look: w.whole(Upload{Size: int64(len(data))}), start: func(tag xmlTag) error {
				seen.Write(tag.local)
				tag.each(func(_, local, raw []byte) bool { seen.Write(local); seen.Write(raw); return true })
				return nil
			}}
			var err error
			if slow {
				err = x.scan(oneByte{bytes.NewReader(data)})
			} else {
				err = x.scan(bytes.NewReader(data))
			}
			if w.held != 0 {
				t.Fatalf("%d bytes are held when it is done", w.held)
			}
			if err != nil {
				return seen.String() + "|" + err.Error()
			}
			return seen.String()
		}
		if a, b := scan(false), scan(true); a != b {
			t.Fatalf("%q\n%q", a, b)
		}
	})
}

// FuzzRTF holds the reader of RTF to its bounds, and to one answer however the bytes arrive.
func FuzzRTF(f *testing.F) {
	for _, s := range []string{`{\rtf1{\*\template http://h/a}}`, `{\rtf1{\field{\*\fldinst {\b D}\'44\u69?{\*\x y}}{\fldrslt x}}\bin3 }}}`, `{\rtf1\uc2\u-3 ab{\object\objdata 01}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		look := func(r io.Reader) string {
			w := newWork(t.Context(), New(), Upload{Size: int64(len(data)), Bytes: bytes.NewReader(data)})
			defer w.end()
			if err := w.whole(Upload{Size: int64(len(data))}).checkRTF("a", r); err != nil {
				return err.Error()
			}
			return ""
		}
		if a, b := look(bytes.NewReader(data)), look(oneByte{bytes.NewReader(data)}); a != b {
			t.Fatalf("%q\n%q", a, b)
		}
	})
}

type oneByte struct{ r *bytes.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

func TestFieldsThatStartProgramsAreToldFromOthers(t *testing.T) {
	for code, want := range map[string]bool{
		" DDEAUTO c:\\x": true, "dde\tcmd": true, "DDE": true, "DDEAUTO\"x\"": true, "\u00a0DDE x": true,
		" DDELIVERY": false, "HYPERLINK \"DDE\"": false, "": false, "DDEAUTOMATIC x": false, "REF DDE": false,
	} {
		if got := isDDE([]byte(code), true); got != want {
			t.Errorf("%q: %v", code, got)
		}
	}
}

func TestTargetsOnOtherMachinesAreToldFromPaths(t *testing.T) {
	for target, want := range map[string]bool{
		`file:///C:\Users\a\Normal.dotm`: false, `file:///C|/x.dot`: false, `C:\x.dotm`: false, `Normal.dotm`: false, `file:///home/a/x.dotx`: false, `../x.dotx`: false, `file://localhost/x`: false, `/Users/a/x.dotm`: false, "file:///Macintosh%20HD:x.dot": false,
		`http://h/x`: true, `HTTPS://h/x`: true, `\\h\s\x.dotm`: true, `//h/s/x`: true, `file://h/s/x`: true, `file:///\\h\s\x`: true, `file:\\h\s`: true, ` h t t p://h/x`: true, `ftp://h/x`: true, `file://///h/s/x`: true,
	} {
		if got := remote(target); got != want {
			t.Errorf("%q: %v", target, got)
		}
	}
}

// What is read of a document where only headers are wanted, and what is still seen.
func TestADocumentsPicturesAreNotReadForItsHeader(t *testing.T) {
	for _, c := range corpus.All() {
		if c.Name != "office-plain.docx" {
			continue
		}
		data := c.Make()
		p := c.Profile()
		p.Inspect = "header"
		r, err := New().Inspect(t.Context(), Upload{Profile: p, Type: c.Type, Size: int64(len(data)), Bytes: bytes.NewReader(data)})
		if err != nil || r.Finding != nil || r.Content.Entries == 0 {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// Of what is held for a document nothing is given back twice, and what one inside of it took is given back
// when that was looked at: documents hold hundreds.
func TestWhatADocumentHoldsIsGivenBack(t *testing.T) {
	for _, c := range corpus.All() {
		fam, ok := familyOf(c.Type)
		if !ok || !strings.HasPrefix(fam.name, "o") {
			continue
		}
		data := c.Make()
		w := newWork(t.Context(), New(), Upload{Profile: c.Profile(), Size: int64(len(data)), Bytes: bytes.NewReader(data)})
		_ = fam.look(w.whole(Upload{Type: c.Type, Size: int64(len(data))}))
		if w.held < 0 || w.held > 256<<10 {
			t.Errorf("%s: %d bytes are held when it is done", c.Name, w.held)
		}
		w.end()
	}
}

// Who asks for one attribute is not given a declaration of that name.
func TestADeclarationIsNoAttribute(t *testing.T) {
	tag := xmlTag{attrs: []byte(` xmlns:a="1" xmlns = '2' a="3" z:b="4" xmlnsx="5"`)}
	for name, want := range map[string]string{"a": "3", "b": "4", "xmlns": "", "xmlnsx": "5"} {
		if got, ok := tag.attr(name); got != want || ok != (want != "") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
