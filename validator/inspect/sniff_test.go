package inspect

import (
	"maps"
	"slices"
	"testing"

	"airlock"
)

// readWhole are the types whose inspectors tell themselves whether what mimetype calls a page or
// binary is one.
var readWhole = map[string]map[string]bool{
	"audio/wav":                 {"application/octet-stream": true},
	"text/plain":                {"text/html": true, "application/octet-stream": true},
	"text/csv":                  {"application/octet-stream": true},
	"text/tab-separated-values": {"application/octet-stream": true},
	"application/xml":           {"text/html": true},
	"text/xml":                  {"text/html": true},
	"image/svg+xml":             {"text/html": true},
}

func TestEveryKnownTypeCanBeJudged(t *testing.T) {
	for _, known := range slices.Sorted(maps.Keys(airlock.KnownTypes)) {
		if len(detectable[known]) == 0 {
			t.Errorf("%s: no row in detectable", known)
		}
		for _, d := range detectable[known] {
			for _, never := range []string{"text/html", "application/octet-stream", "text/javascript", "application/xhtml+xml"} {
				if d == never && !readWhole[known][d] {
					t.Errorf("%s may be detected as %s", known, d)
				}
			}
		}
	}
	for known := range detectable {
		if airlock.KnownTypes[known] == nil {
			t.Errorf("%s has a row but no profile may name it", known)
		}
	}
}

// SECURITY "What mimetype alone does": what one sniffer believes, the other must not.
func TestSniffersAreNotFooledByWhatFoolsMimetype(t *testing.T) {
	for name, c := range map[string]struct{ declared, head string }{
		"a PDF mark inside a page": {"application/pdf", "<html><script>x</script>%PDF-1.4"},
		"a PDF mark inside a PNG":  {"application/pdf", "\x89PNG\r\n\x1a\n%PDF-1.4"},
		"a PDF mark inside an EXE": {"application/pdf", "MZ\x90\x00%PDF-1.4"},
		"a page behind a BOM":      {"image/png", "\xef\xbb\xbf<html>"},
		"nothing as an image":      {"image/png", ""},
		"SVG as a PNG":             {"image/png", "<svg xmlns='http://www.w3.org/2000/svg'/>"},
		"a shell script as text":   {"text/plain", "#!/bin/sh\necho"},
	} {
		detected, magic := Sniff([]byte(c.head))
		if MayDetect(c.declared, detected) && Fits(c.declared, magic) {
			t.Errorf("%s passes as %s (detected %s, magic %q)", name, c.declared, detected, magic)
		}
	}
}
