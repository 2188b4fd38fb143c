package inspect

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"airlock"
)

func FuzzPDF(f *testing.F) { fuzz(f, "application/pdf") }

// judged is what is found in data of that type and name by a profile of its own.
func judged(t *testing.T, mediaType, name string, data []byte, change func(*airlock.Profile)) (Report, int64) {
	t.Helper()
	p := airlock.Profile{Name: "p", Types: []string{mediaType}, MaxBytes: 1 << 30}
	if change != nil {
		change(&p)
	}
	r, err := New().Inspect(t.Context(), Upload{Profile: p.WithDefaults(), Type: mediaType, Name: name, Size: int64(len(data)), Bytes: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	return r, r.Read
}

// tookTooLong tells that the bound of time ended an inspection.
func tookTooLong(r Report) bool {
	return r.Finding != nil && strings.HasPrefix(r.Finding.Detail, "it takes longer than")
}

func byHead(p *airlock.Profile) { p.Inspect = "header" }

// pictures is a PDF of n MiB of noise in streams.
func pictures(n int) []byte {
	noise := make([]byte, 1<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(noise)
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n")
	for i := range n {
		fmt.Fprintf(&b, "%d 0 obj<</Subtype/Image/Length %d>>stream\n", i+2, len(noise))
		b.Write(noise)
		b.WriteString("\nendstream endobj\n")
	}
	b.WriteString("trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n")
	return b.Bytes()
}

func TestAPDFOfPicturesIsHonest(t *testing.T) {
	data := pictures(50)
	if r, _ := judged(t, "application/pdf", "a.pdf", data, nil); r.Finding != nil {
		t.Errorf("%+v", r.Finding)
	}
}

func TestOfAPDFsHeadLittleIsRead(t *testing.T) {
	if r, n := judged(t, "application/pdf", "a.pdf", pictures(5), byHead); r.Finding != nil || n > 512<<10 {
		t.Errorf("%+v, %d bytes read", r.Finding, n)
	}
}

func TestObjectsInOneAnotherTakeNoLongTime(t *testing.T) {
	for name, body := range map[string]string{
		"strings in strings":   strings.Repeat("1 0 obj(", 400_000),
		"trailers in strings":  strings.Repeat("trailer(", 400_000),
		"dictionaries":         "1 0 obj " + strings.Repeat("<</A ", 400_000),
		"words":                strings.Repeat("1 0 obj ", 400_000),
		"ends":                 strings.Repeat("%%EOF\n", 400_000),
		"names that are kept":  "1 0 obj <<" + strings.Repeat("/EF <</F 1 0 R>>", 200_000) + ">> endobj",
		"filters":              "1 0 obj <</Filter [" + strings.Repeat("/X", 400_000) + "]>> endobj",
		"files that are found": "1 0 obj [" + strings.Repeat("<</F 7 0 R>>", 200_000) + "] endobj",
	} {
		r, _ := judged(t, "application/pdf", "a.pdf", []byte("%PDF-1.7\n"+body), nil)
		if tookTooLong(r) || r.Finding == nil {
			t.Errorf("%s: %+v", name, r.Finding)
		}
	}
}

func TestWhatReadersOfPDFsUnescape(t *testing.T) {
	for in, want := range map[string]string{
		`/J#61va`: "Java", `/#`: "#", `/#4`: "#4", `/#4g`: "#4g", `/JS#00x`: "JS", `(a\(b\)(c)\101\n\` + "\n" + `d)`: "a(b)(c)A\nd",
		`<48 65 6c6C6>`: "Hell`", "%x\n/b": "b", `(\0533\8)`: "+38",
	} {
		c := newPDFCursor(strings.NewReader(in), int64(len(in)))
		if c.token(); string(c.value) != want {
			t.Errorf("%q is %q, want %q", in, c.value, want)
		}
	}
}
