package inspect

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"
)

func FuzzJSON(f *testing.F) { fuzz(f, "application/json") }

// The grammar is encoding/json's, which takes bytes that are no UTF-8 and one value only.
func TestJSONAgreesWithTheStandardLibrary(t *testing.T) {
	for _, s := range []string{"", "1", "-", "-0", "-01", "1.", "1.5", ".5", "1e", "1e+", "1E-2", "1e5.5", "tru", "true", "truex", "nul", `"`, `"\`, `"\u12"`, `"\u12aB"`,
		"[", "[]", "[,]", "[1 2]", "[1,]", "{}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1}`, `{"a":1]`, `[1}`, " 1 ", "1 1", "\t[\n1\r]", "\v1", "{1:2}", "+1", "0x1", "Infinity"} {
		r, _ := judged(t, "application/json", "a.json", []byte(s), nil)
		if valid := json.Valid([]byte(s)); valid != (r.Finding == nil) {
			t.Errorf("%q: %+v, the library says %v", s, r.Finding, valid)
		}
	}
}

func TestPiecesOfAnySizeAreOneText(t *testing.T) {
	s := "\xff\xfe[\x00\"\x00\xfc\x00\x34\xd8\x1e\xdd\"\x00]\x00"
	l := &look{work: newWork(t.Context(), New(), Upload{})}
	w := l.decoded(iotest.OneByteReader(strings.NewReader(s[2:])), "UTF-16LE")
	scan := &jsonScanner{l: l}
	one := make([]byte, 1)
	for {
		n, err := w.Read(one)
		if n > 0 {
			if err := scan.feed(one[:n]); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil {
			break
		}
	}
	if err := scan.end(); err != nil {
		t.Error(err)
	}
}
