package inspect

import (
	"strings"
	"testing"
)

func TestAnAddressIsReadAsBrowsersRead(t *testing.T) {
	for address, want := range map[string]bool{
		"javascript:1": true,
		strings.Repeat("\n", 9999) + "javascript:": true,
		"java\tscr\r\nipt\n:1":                     true,
		"JavaScript:1":                             true,
		"\x01vbscript:1":                           true,
		"data:text/html,1":                         true,
		" data:Application/Rss+XML;x,1":            true,
		"data:image/svg+xml;base64,AA":             true,
		"data:image/png,xml":                       false,
		"data:text/plain,html":                     false,
		"/javascript:1":                            false,
		"#javascript:1":                            false,
		"https://example.com/javascript:1":         false,
		"javascript":                               false,
	} {
		if got := runsAsAddress(address); got != want {
			t.Errorf("%.80q runs: %v", address, got)
		}
	}
}

func TestOnlyWhatLiesBelowIsBeside(t *testing.T) {
	for address, want := range map[string]bool{
		"a.png":                            true,
		"":                                 true,
		"#a":                               true,
		"./a/b c.png?d=e#f":                true,
		"100%.png":                         true,
		"a%20b...v1..2":                    true,
		"a/%25/b":                          true,
		"../a":                             false,
		"a/..":                             false,
		"a/..\\b":                          false,
		"a?/../b":                          false,
		"a/.\t./b":                         false,
		"%2e./a":                           false,
		"%252e%252e%2fa":                   false,
		"%25252e%25252e/a":                 false,
		"/a":                               false,
		"%2fa":                             false,
		" \\a":                             false,
		"//example.com/a":                  false,
		"http:a":                           false,
		"ht%74p:a":                         false,
		"file%3a///etc/hostname":           false,
		"|touch a":                         false,
		"@/etc/hostname":                   false,
		"%7ctouch":                         false,
		"a\" b":                            false,
		"it's@2x.png":                      true,
		"C:\\a":                            false,
		strings.Repeat("a", 5000):          false,
		strings.Repeat(" ", 4000) + "../a": false,
	} {
		if got := isBeside(address); got != want {
			t.Errorf("%.80q is beside: %v", address, got)
		}
	}
}

func TestMarkupIsReadWithItsReferences(t *testing.T) {
	for text, want := range map[string]bool{
		"<a href='javascript&colon;1'>":               true,
		"<a href=java&tab;script&#58;1>":              true,
		"<a href='&#x6a;avascript:1'>":                true,
		"<a href='&newline;vbscript:1'>":              true,
		"<a href='https://example.com/?a&colon;b=c'>": false,
	} {
		if got := activeMarkup([]byte(text), false) != ""; got != want {
			t.Errorf("%q runs: %v", text, got)
		}
	}
}
