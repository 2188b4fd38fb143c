package signer

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"airlock"
)

func codeOf(err error) string {
	var r refusal
	if !errors.As(err, &r) {
		return ""
	}
	return r.code
}

func TestNamesThatPeopleReallyHaveAreKept(t *testing.T) {
	for _, name := range []string{
		"cat.png", "My Holiday (1) + 50%.jpeg", "100%.png", "a%20b.png", "Ünï cödé.pdf", "猫.png", "кот.png", "قطة.png", "חתול.png",
		"👩‍🚀 launch.png", "🏳️‍🌈.gif", "👨🏽‍💻.png", "❤️‍🔥.webp", "می\u200cخواهم.pdf", "कर.pdf", "a'b\"c<d>.png", "..hidden.png", "a..b.png", "ﬁle.txt", "½.txt",
		strings.Repeat("a", 251) + ".png",
	} {
		if got, err := cleanFilename(name); err != nil || got != norm.NFC.String(name) {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	if got, _ := cleanFilename("u\u0308.png"); got != "ü.png" {
		t.Errorf("not NFC: %q", got)
	}
}

func TestNamesThatDeceiveAreRefused(t *testing.T) {
	for _, name := range []string{
		"", "   ", ".", "..", "a/b.png", `a\b.png`, "a\x00.png", "a\rb.png", "a\nb.png", "a\x7f.png", "a\u0085.png", "a\u2028.png",
		"cat\u202egnp.exe", "a\u2066b.png", "a\u200fb.png", "a\u061cb.png", "a\u200b.png", "a\ufeff.png", "a\u2060b.png", "a\u00adb.png",
		"a\u200db.png", "\u200d.png", "a\u200cb.png", "\ue000.png", "\U000f0000.png", "\ufdd0.png", "a\ufffe.png", "\U0001ffff.png", "a\xff.png", "a\ufffd.png",
		"a／b.png", "a＼b.png", "．．", "‥", "․․", "a%2fb.png", "a%2Fb.png", "a%5cb.png", "a%00.png", "%0d%0a.png", "%2e%2e.png", ".%2e", "a%252fb.png",
		strings.Repeat("a", 252) + ".png", strings.Repeat("猫", 84) + ".png",
	} {
		if got, err := cleanFilename(name); codeOf(err) != "filename_invalid" {
			t.Errorf("%q was taken as %q (%v)", name, got, err)
		}
	}
}

func TestTheLastExtensionCounts(t *testing.T) {
	for name, want := range map[string]string{"cat.png": "png", "CAT.PNG": "png", "a.tar.gz": "gz", "page.html.png": "png", "a.b c": "b c"} {
		if got, err := extension(name); err != nil || got != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	for name, code := range map[string]string{
		"cat": "extension_mismatch", ".png": "extension_mismatch", "cat.png.": "filename_invalid", "cat.png ": "filename_invalid",
		"cat.png\u00a0": "filename_invalid", "cat.png::$DATA": "filename_invalid", "cat.php;.png": "filename_invalid", "cat.asp:.png": "filename_invalid",
	} {
		if got, err := extension(name); codeOf(err) != code {
			t.Errorf("%q: %q, %v, want %s", name, got, err, code)
		}
	}
}

func TestAnExtensionBelongsToItsType(t *testing.T) {
	images := airlock.Profile{Types: []string{"image/png", "image/jpeg"}}.WithDefaults()
	custom := airlock.Profile{Types: []string{"text/plain", "text/csv"}, Extensions: []string{"txt", "csv", "conf"}}.WithDefaults()
	for _, c := range []struct {
		p         airlock.Profile
		ext, bare string
		want      bool
	}{
		{images, "png", "image/png", true}, {images, "jpeg", "image/jpeg", true}, {images, "png", "image/jpeg", false},
		{images, "exe", "image/png", false}, {images, "html", "image/png", false},
		{custom, "conf", "text/plain", true}, {custom, "conf", "text/csv", true}, {custom, "csv", "text/plain", false}, {custom, "log", "text/plain", false},
	} {
		if got := extensionFits(c.ext, c.bare, c.p); got != c.want {
			t.Errorf(".%s as %s: %t", c.ext, c.bare, got)
		}
	}
}

func FuzzFilename(f *testing.F) {
	for _, s := range []string{"cat.png", "a/b", "👩‍🚀.png", "a%2fb", "．．", "می\u200cخواهم.pdf"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, err := cleanFilename(name)
		if err != nil {
			if codeOf(err) != "filename_invalid" {
				t.Fatalf("%q: %v", name, err)
			}
			return
		}
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) || strings.ContainsAny(got, "/\\\x00\r\n") || len(got) > maxFilename {
			t.Fatalf("%q became %q", name, got)
		}
		if strings.ContainsAny(norm.NFKC.String(got), "/\\") {
			t.Fatalf("%q can be folded into a path", got)
		}
		if again, err := cleanFilename(got); err != nil || again != got {
			t.Fatalf("%q is not stable: %q, %v", got, again, err)
		}
		_, _ = extension(got)
	})
}
