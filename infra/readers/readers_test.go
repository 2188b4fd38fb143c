package readers

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"airlock"
	"airlock/validator"
)

var (
	mutants = flag.Int("mutants", 1000, "mutants that are accepted and opened")
	random  = flag.Uint64("seed", 0, "of the mutants; 0: another one each time")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *random == 0 {
		*random = uint64(rand.Uint32()) + 1
	}
	os.Exit(m.Run())
}

// tools are where make.sh put them.
func tools(t *testing.T) string {
	dir := os.Getenv("AIRLOCK_READERS")
	if dir == "" {
		t.Skip("install the readers by infra/readers/make.sh DIR, then set AIRLOCK_READERS=DIR")
	}
	return dir
}

// courts judge files of each type.
type courts map[string]validator.Checker

func (c courts) accepts(t *testing.T, s seed) bool {
	t.Helper()
	court, ok := c[s.kind]
	if !ok {
		court = validator.NewChecker(s.profile())
		c[s.kind] = court
	}
	v, _, err := court.Check(t.Context(), s.name, int64(len(s.data)), bytes.NewReader(s.data))
	if err != nil {
		t.Fatal(err)
	}
	return v.Result == airlock.Accepted
}

// TestReadersFindNothingInWhatIsAccepted shows readers what airlock accepts of the corpus, then mutants.
// The n-th mutant of a seed is always the same.
func TestReadersFindNothingInWhatIsAccepted(t *testing.T) {
	dir, work := tools(t), t.TempDir()
	etc, err := plant(work)
	if err != nil {
		t.Fatal(err)
	}
	found := make(chan report)
	c, err := gather(t.Context(), dir, work, found)
	if err != nil {
		t.Fatal(err)
	}
	told := tell(t, found)
	all, judge := seeds(), courts{}
	var made, accepted, counted atomic.Int64
	showCorpus(t, c, judge, work, etc)
	for n := uint64(0); counted.Load() < int64(*mutants); n++ {
		made.Add(1)
		s := mutant(all, *random, n)
		if s.data = local(s.data, etc); !judge.accepts(t, s) {
			continue
		}
		names := readersOf(s.kind)
		if n := int(accepted.Add(1)); s.kind == pdf && n%32 != 0 || s.kind == xml && n%2 != 0 { // Chromium takes up to half a second for each
			names = names[:len(names)-1]
		}
		f := file{name: s.name, kind: s.kind, data: s.data, sniff: n%2 == 0}
		if err := c.show(work, fmt.Sprintf("mutant %d of -seed %d", n, *random), f, names, func(opened bool) {
			if opened {
				counted.Add(1)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	c.end()
	told.Wait()
	t.Logf("-seed %d: %d mutants made, %d accepted, %d of them opened by a reader (%.0f %%)", *random, made.Load(), accepted.Load(), counted.Load(),
		100*float64(counted.Load())/float64(max(1, accepted.Load())))
}

// showCorpus shows what is accepted of the corpus; to Chromium, but for PDFs, with and without nosniff.
func showCorpus(t *testing.T, c *crew, judge courts, work, etc string) {
	t.Helper()
	for n, s := range seeds() {
		if s.data = local(s.data, etc); !judge.accepts(t, s) {
			continue
		}
		f, names := file{name: s.name, kind: s.kind, data: s.data}, readersOf(s.kind)
		if s.kind == pdf && n%4 != 0 && *mutants <= 1000 {
			names = names[:len(names)-1]
		}
		err := c.show(work, "of the corpus", f, names, func(bool) {})
		if f.sniff = true; err == nil && s.kind != pdf { // which it is by its first bytes, whatever is said
			err = c.show(work, "of the corpus", f, []string{"chromium"}, func(bool) {})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tell makes errors of findings, and keeps their files. Of the same in mutants of one file it tells once.
func tell(t *testing.T, found <-chan report) *sync.WaitGroup {
	kept, seen, troubles := filepath.Join(os.TempDir(), "airlock-readers"), map[string]bool{}, map[string]int{}
	var told sync.WaitGroup
	told.Go(func() {
		for r := range found {
			if r.err != nil {
				troubles[r.reader]++
				t.Logf("no finding: %s had to be begun again at %s (%s): %v", r.reader, r.name, r.what, r.err)
			}
			for _, finding := range r.findings {
				kind, _, _ := strings.Cut(finding, " ")
				if key := r.reader + kind + r.name; !seen[key] {
					seen[key] = true
					path := filepath.Join(kept, fmt.Sprintf("%s-%s-%s", strings.ReplaceAll(r.what, " ", "-"), r.reader, r.name))
					_ = os.MkdirAll(kept, 0o755)
					if err := os.WriteFile(path, r.data, 0o644); err != nil {
						t.Error(err)
					}
					t.Errorf("%s, which airlock accepts (%s): %s finds %.200q; it is kept as %s", r.name, r.what, r.reader, finding, path)
				}
			}
		}
		for reader, n := range troubles {
			t.Logf("%s had to be begun again %d times", reader, n)
		}
	})
	return &told
}

// TestNoReaderIsBlind shows each reader files that airlock rejects, in which it must see what they hold.
func TestNoReaderIsBlind(t *testing.T) {
	dir, work := tools(t), t.TempDir()
	etc, err := plant(work)
	if err != nil {
		t.Fatal(err)
	}
	found := make(chan report)
	c, err := gather(t.Context(), dir, work, found)
	if err != nil {
		t.Fatal(err)
	}
	saw := map[string][]string{}
	var told sync.WaitGroup
	told.Go(func() {
		for r := range found {
			saw[r.reader+" "+r.name] = append(saw[r.reader+" "+r.name], r.findings...)
			if r.err != nil {
				t.Error(r.reader, r.name, r.err)
			}
		}
	})
	for _, k := range known() {
		f := file{name: k.name, kind: k.kind, data: local([]byte(k.text), etc)}
		if err := c.show(work, "", f, strings.Fields(k.by), func(bool) {}); err != nil {
			t.Fatal(err)
		}
	}
	c.end()
	told.Wait()
	for _, k := range known() {
		for reader := range strings.FieldsSeq(k.by) {
			if got := saw[reader+" "+k.name]; !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, k.saw+" ") }) {
				t.Errorf("%s does not see %q in %s, only %q", reader, k.saw, k.name, got)
			}
		}
	}
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		kind, what string
		found      bool
	}{
		{"link", "https://example.com/", false}, {"link", "MAILTO:a@example.com", false}, {"link", "#page=2", false}, {"link", "www.example.com", false}, {"link", "/c/a.pdf", false},
		{"link", "javascript:void(0);", false}, {"link", "javascript:void(0);alert(1)", true}, {"link", "ÿþa\x00.\x00p\x00#[0,{\"name\":\"Fit\"}]", false}, {"link", "ÿþ\x00\\\x00\\\x00a", true},
		{"link", "javascript:1", true}, {"link", " JavaScript:1", true}, {"link", "java\tscript:1", true}, {"link", "file:///a", true}, {"link", "ms-word:ofe|u|http://a", true},
		{"link", "//192.0.2.1/a", true}, {"link", `\\192.0.2.1\a`, true}, {"link", "http://%zz/", false}, {"link", "data:text/html,%zz", true},
		{"remote", "part-2.pdf", false}, {"remote", `C:\parts\2.pdf`, false}, {"remote", `/\192.0.2.1\a.pdf`, true}, {"remote", "þÿ\x00\\\x00\\\x00a", true}, {"remote", "http://a/b.pdf", true},
		{"load", "chapter1.xml", false}, {"load", "../chapter1.xml", true}, {"load", "/etc/passwd", true}, {"load", "http://www.w3.org/TR/svg11.dtd", false}, {"load", "http://www.w3.org@192.0.2.1/a", true},
		{"fetch", origin + "photo.png", false}, {"fetch", "http://shown.airlock.test/photo.png", true}, {"fetch", "https://192.0.2.1", true},
		{"attachment", "invoice.xml", false}, {"attachment", "a.EXE", true}, {"attachment", "mailto:a@example.com", false}, {"attachment", "c:a.com", true}, {"attachment", "a.e\u200bxe. ", true}, {"attachment", "a.exe.txt", false},
		{"picture", "https://192.0.2.1/a.png", true}, {"picture", origin + "a.png", false}, {"colours", "http://192.0.2.1/a.css", true}, {"link", `c:\a.svg`, false},
		{"script", "of a page", true}, {"action", "launch", true}, {"opens", "http://a/", true}, {"disclosed", "", true},
	} {
		if got := len(findings(svg, []sight{{c.kind, c.what}})) > 0; got != c.found {
			t.Errorf("%s %q: a finding: %v", c.kind, c.what, got)
		}
	}
	of := []sight{{"picture", "https://192.0.2.1/a.png"}, {"colours", "http://192.0.2.1/a.css"}, {"fetch", "http://192.0.2.1/a"}}
	if got := findings(xml, of); len(got) != 1 || !strings.HasPrefix(got[0], "fetch") {
		t.Errorf("a feed may have pictures and colours: %q", got)
	}
}

func TestAMutantIsAlwaysTheSame(t *testing.T) {
	all, changed := seeds(), 0
	for n := range uint64(300) {
		a, b := mutant(all, 7, n), mutant(all, 7, n)
		if a.name != b.name || !bytes.Equal(a.data, b.data) {
			t.Errorf("mutant %d is two", n)
		}
		if i := slices.IndexFunc(all, func(s seed) bool { return s.name == a.name }); !bytes.Equal(all[i].data, a.data) {
			changed++
		}
	}
	if changed < 200 {
		t.Errorf("only %d of 300 mutants are others than what they are made of", changed)
	}
}
