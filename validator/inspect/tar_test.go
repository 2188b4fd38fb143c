package inspect

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"airlock"
	"airlock/validator/inspect/corpus"
)

func FuzzTar(f *testing.F) { fuzz(f, "application/x-tar") }

// FuzzTarAsOthersReadIt holds what passes against another reader: the standard library must not see
// in it what the inspector did not.
func FuzzTarAsOthersReadIt(f *testing.F) {
	for _, c := range corpus.All() {
		if data := c.Make(); c.Type == "application/x-tar" && len(data) < 64<<10 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, _ := judged(t, "application/x-tar", "", data, nil)
		if r.Finding != nil {
			return
		}
		entries := int64(0)
		for in := tar.NewReader(bytes.NewReader(data)); ; entries++ {
			h, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return // it reads less than others do
			}
			if strings.Contains(h.Name, "..") && strings.HasPrefix(strings.TrimLeft(h.Name, "./"), "..") || strings.HasPrefix(h.Name, "/") && h.Typeflag != 'V' && h.Typeflag != 'g' {
				t.Fatalf("%q was not seen", h.Name)
			}
			if strings.IndexByte("12346", h.Typeflag) >= 0 {
				t.Fatalf("%q is of kind %c, which was not seen", h.Name, h.Typeflag)
			}
			if h.Typeflag == 'g' {
				entries--
			}
		}
		if entries > r.Content.Entries {
			t.Fatalf("%d entries, %d were seen", entries, r.Content.Entries)
		}
	})
}

func TestHeaderDepthLeapsOverTheDataOfATar(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"a", "b", "c"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: 4 << 20}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 4<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for depth, most := range map[string]int64{"header": 5 * blockBytes, "full": int64(b.Len())} {
		r, n := judged(t, "application/x-tar", "", b.Bytes(), func(p *airlock.Profile) { p.Inspect = depth })
		if r.Finding != nil || n > most || r.Content.Entries != 3 || r.Content.UnpackedBytes != 12<<20 {
			t.Errorf("%s: %d bytes read, %+v, %+v", depth, n, r.Content, r.Finding)
		}
	}
}

func TestNamesThatArchivesMayHold(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "./a": true, ".": true, "./": true, "...": true, "a/...": true, "..a": true, "a..": true, ".. a": true, "a//b": true,
		`system-x\x2dy.slice`: true, "A::B.3pm": true, "12:30.log": true, "c:": true, "\xff\xfe\x80": true, "שלום.txt": true, "a\u200db": true, "Icon\r": true, "d/._Icon\r": true, "a\uff0fb": true,
		"": false, "..": false, "../a": false, "a/..": false, `a\..\b`: false, ".. /a": false, "/a": false, `\a`: false, "c:a": false, "c:/a": false,
		"a\x00": false, "a\x7f": false, "a\u0085b": false, "a\u202eb": false, "a\u2066b": false, "a\u2028b": false,
		"a::$data": false, "a\r": false, "\uff0e\uff0e\uff0fa": false, "a/\u2025/b": false, "\xc0\xae\xc0\xae/a": false, strings.Repeat("a", 5000): false,
	} {
		if why := safeName(name); (why == "") != want {
			t.Errorf("%.40q: %q", name, why)
		}
	}
}

func TestWhereLinksMayLead(t *testing.T) {
	for _, c := range []struct {
		kind         byte
		name, target string
		want         bool
	}{
		{'2', "a", "b", true}, {'2', "a/b", "../c", true}, {'2', "./a/b", "../c", true}, {'2', "a/b/c", "../../d", true}, {'2', "a", ".", true}, {'2', "a/b", "..", true},
		{'2', "a/b", "./../c", true}, {'2', "a", "./b", true}, {'1', "a", "b/c", true}, {'2', "a", "b/../c", true}, {'2', "a", `system-x\x2dy.slice`, true},
		{'2', "a", "..", false}, {'2', "a", "../b", false}, {'2', "./a", "../b", false}, {'2', "a//b", "../../c", false}, {'2', "a/b", "../../c", false}, {'2', "a", "b/../../c", false},
		{'2', "a", "/b", false}, {'2', "a/b", "..//../c", false}, {'2', "a/b", ".././../c", false}, {'2', "a", "", false}, {'2', "a", `..\b`, false}, {'2', "a", "..//etc", false}, {'2', "a/b", "..//c", true},
		{'2', "a", "/", false}, {'2', "a", `\`, false}, {'2', "a/b", `c\d/../../..`, false}, {'2', `a\b`, "..", false}, {'2', "a/b", "\uff0e\uff0e/../c", false}, {'2', "a/b", ".. /../c", false},
		{'1', "a", "../b", false}, {'1', "a", "/b", false}, {'1', "a", "", false}, {'1', "a", "/", false},
	} {
		_, f, err := as(t, nil, nil, func(l *look) error {
			if k := newLinks(l); c.kind == '1' {
				return k.hardLink(c.name, c.target)
			} else {
				return k.symbolic(c.name, c.target)
			}
		})
		if err != nil || (f == nil) != c.want {
			t.Errorf("%c %q to %q: %+v, %v", c.kind, c.name, c.target, f, err)
		}
	}
}
