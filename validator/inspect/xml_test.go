package inspect

import (
	"strings"
	"testing"
)

func FuzzXML(f *testing.F) { fuzz(f, "application/xml") }

func TestStylesAreReadAsBrowsersRead(t *testing.T) {
	for css, want := range map[string]bool{
		"a{fill:url(#x)}":                                false,
		"a{fill:url( '#x' )}":                            false,
		"a{background:url(a.png)}":                       false,
		"a{background:url(//example.com/a)}":             true,
		"a{background:u\\000072 l(https://example.com)}": true,
		"a{background:image-set('https://x/' 1x)}":       true,
		"/* @import 'x' */ a{}":                          false,
		"@import 'x'":                                    true,
		"@\\69 mport 'x'":                                true,
		"@IMPORT 'x'":                                    true,
		"a{scroll-behavior:smooth}":                      false,
		"a{behavior:url(#x)}":                            true,
		"@namespace url(http://www.w3.org/2000/svg);":    false,
		"@font-face{src:url(data:font/woff;base64,AA)}":  false,
		"a{x:url(data:text/html,1)}":                     true,
		"a{content:'expression of joy'}":                 false,
	} {
		s := styles{l: &look{work: newWork(t.Context(), New(), Upload{})}}
		var err error
		for i := 0; i < len(css) && err == nil; i++ {
			err = s.feed([]byte{css[i]})
		}
		if err == nil {
			err = s.end()
		}
		if (err != nil) != want {
			t.Errorf("%s: %v", css, err)
		}
	}
}

func TestAnEntityIsNoAmplifier(t *testing.T) {
	doc := `<!DOCTYPE svg [<!ENTITY a "` + strings.Repeat("x", 4000) + `">]><svg xmlns="http://www.w3.org/2000/svg"><text>` + strings.Repeat("&a;", 1<<20) + `</text></svg>`
	r, _ := judged(t, "image/svg+xml", "a.svg", []byte(doc), nil)
	if r.Finding == nil {
		t.Errorf("%d bytes came out of %d", r.Content.UnpackedBytes, len(doc))
	}
}
