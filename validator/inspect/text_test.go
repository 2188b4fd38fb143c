package inspect

import (
	"strings"
	"testing"
)

func FuzzText(f *testing.F) { fuzz(f, "text/plain", "text/csv") }

func TestOfATextsHeadLittleIsRead(t *testing.T) {
	if r, n := judged(t, "text/plain", "a.txt", []byte(strings.Repeat("line\n", 1<<20)), byHead); r.Finding != nil || n > 256<<10 {
		t.Errorf("%+v, %d bytes read", r.Finding, n)
	}
}

func TestTablesMadeToTakeLongDoNot(t *testing.T) {
	for name, line := range map[string]string{
		"bars behind a word":   "=" + strings.Repeat("a", 4000) + strings.Repeat("|", 4000),
		"bars and quotes":      "=" + strings.Repeat("|'", 4000),
		"links":                "=" + strings.Repeat("HYPERLINK(", 800),
		"cells":                strings.Repeat("=,", 4000) + "(",
		"brackets":             "=" + strings.Repeat("(", 8000),
		"one line of the file": strings.Repeat("=a(|b", 1000),
	} {
		data := []byte(strings.Repeat(line+"\n", 1000))
		if name == "one line of the file" {
			data = []byte(strings.ReplaceAll(string(data), "\n", ""))
		}
		r, _ := judged(t, "text/csv", "a.csv", data, nil)
		if tookTooLong(r) {
			t.Errorf("%s: %+v", name, r.Finding)
		}
	}
}

func TestMarkupIsToldFromTalkOfIt(t *testing.T) {
	for text, want := range map[string]bool{
		"the <script> tag":                      false,
		"<script></script>":                     false,
		"<script>a()</script>":                  true,
		"<script src=a></script>":               true,
		"a <b>bold</b> word":                    false,
		"<p class=on>":                          false,
		"<p on=1>":                              false,
		"<p oncut=1>":                           true,
		"<img src='a>b' onerror = x>":           true,
		"<img src=\"a\"onerror=x>":              true,
		"< img onerror=x>":                      false,
		"<a href='java\nscript:x'>":             true,
		"<a href='https://example.com/?on=x'>":  false,
		"<iframe>":                              false,
		"<iframe srcdoc=x>":                     true,
		"<button formaction=\x01javascript:x>y": true,
	} {
		if got := activeMarkup([]byte(text), false) != ""; got != want {
			t.Errorf("%q runs: %v", text, got)
		}
	}
}
