package readers

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"

	"airlock"
	"airlock/validator/inspect/corpus"
)

// seed is what mutants are made of.
type seed struct {
	name, kind string
	hostile    bool
	data       []byte
}

// profile takes what s is declared as, with defaults.
func (s seed) profile() airlock.Profile {
	return airlock.Profile{Name: "readers", Types: []string{s.kind}, MaxBytes: 1 << 30}.WithDefaults()
}

const (
	pdf = "application/pdf"
	svg = "image/svg+xml"
	xml = "application/xml"
)

// seeds are the files of the corpus that readers know, and known.
func seeds() (all []seed) {
	for _, c := range corpus.All() {
		// What a profile takes on purpose, or only looks at in part, shows nothing.
		if p := c.Profile(); slices.Contains([]string{pdf, svg, xml}, c.Type) && p.ActiveContent != "allow" && p.Limits.Encrypted != "allow" && p.Inspect == "full" {
			if data := c.Make(); len(data) < 64<<10 {
				all = append(all, seed{c.Name, c.Type, c.Want != "", data})
			}
		}
	}
	for _, k := range known() {
		if !strings.Contains(k.text, secret) {
			all = append(all, seed{k.name, k.kind, true, []byte(k.text)})
		}
	}
	return all
}

// secret stands in each local file that a document may ask for. As a comment and an instruction it is
// well-formed wherever a parser may put it.
const secret = "airlock-canary-7d0c41"

// plant makes the local files, in a new folder below dir that stands for /etc.
func plant(dir string) (etc string, err error) {
	etc = filepath.Join(dir, "etc")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"hostname", "passwd", "a.dtd"} {
		if err := os.WriteFile(filepath.Join(etc, name), []byte("<!--"+secret+"--><?airlock "+secret+"?>"), 0o644); err != nil {
			return "", err
		}
	}
	return etc, nil
}

// local is data that asks for files in etc where it asked for those in /etc.
func local(data []byte, etc string) []byte {
	data = bytes.ReplaceAll(data, []byte("/etc/"), []byte(etc+"/"))
	return bytes.ReplaceAll(data, little("/etc/"), little(etc+"/"))
}

// little is s in UTF-16, little end first.
func little(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// onePage is a PDF of one page, with more in its catalog and in its page, and more objects, from 5 on.
func onePage(catalog, page string, more ...string) string {
	return string(written(append([]string{
		"<</Type /Catalog /Pages 2 0 R " + catalog + ">>",
		"<</Type /Pages /Kids [3 0 R] /Count 1>>",
		"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R " + page + ">>",
		"<</Length 9>>\nstream\n0 0 m 9 9\nendstream",
	}, more...), "/Root 1 0 R"))
}

// written is a PDF of these objects, numbered from 1; an empty one is left out.
func written(objects []string, trailer string) []byte {
	var b, table bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	fmt.Fprintf(&table, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for i, o := range objects {
		if o == "" {
			table.WriteString("0000000000 65535 f \n")
			continue
		}
		fmt.Fprintf(&table, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	table.WriteTo(&b) //nolint:errcheck // to memory
	fmt.Fprintf(&b, "trailer\n<</Size %d %s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, at)
	return b.Bytes()
}

func deflated(s string) string {
	var b strings.Builder
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}
