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
		"a{content:'/*'}@import 'x';/*'*/":               true,
		"a{content:'x\\\r\n';fill:url(//x)}":             true,
		"a{content:'x\n;fill:url(//x)}":                  true,
		"a{content:'x\\';fill:url(//x)}":                 false,
		"a{fill:#\\\nurl(//x)}":                          true,
		"a{fill:#url(//x)}":                              false,
		"a{fill:xurl(//x)}":                              false,
		"a{fill:url(//x":                                 true,
		"a{fill:url(a b//x)}":                            false,
		"a{fill:url('\\5c\\5cx')}":                       true,
		"a{fill:url(/\t/x)}":                             true,
		"a{fill:src('//x')}":                             true,
		"a{fill:image-set(url(#a) 1x, '//x' 2x)}":        true,
		"a{fill:image-set(attr(x) 1x)}":                  true,
		"a{fill:image-set('a' 1x);content:'//x'}":        false,
		"<!--@import 'x'-->":                             true,
		"<!--url(//x)-->":                                true,
		"a:before{content:'a:b'}":                        false,
		"ex/**/pression(1)":                              true,
		"a{width:1/**/2}":                                false,
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
