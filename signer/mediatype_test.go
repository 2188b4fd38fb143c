package signer

import (
	"slices"
	"strings"
	"testing"
)

var someTypes = []string{"image/png", "text/plain", "text/csv", "application/pdf"}

func TestTheCanonicalTypeIsWhatIsSigned(t *testing.T) {
	for declared, want := range map[string]string{
		"image/png": "image/png", "IMAGE/PNG": "image/png", " image/png ": "image/png", "image/png; foo=bar": "image/png", "image/png;charset=utf-8": "image/png",
		"text/plain": "text/plain", "text/plain; charset=UTF-8": "text/plain; charset=utf-8", `text/csv; charset="utf-8"; header=present`: "text/csv; charset=utf-8",
	} {
		canonical, bare, err := canonicalType(declared, someTypes)
		if err != nil || canonical != want || bare != strings.Split(want, ";")[0] {
			t.Errorf("%q: %q, %q, %v", declared, canonical, bare, err)
		}
	}
}

func TestTypesThatAreNoneOrNotAllowed(t *testing.T) {
	for declared, code := range map[string]string{
		"": "type_invalid", "image": "type_invalid", "image/": "type_invalid", "/png": "type_invalid", "image/png/x": "type_invalid",
		"image/png; text/html": "type_invalid", "image/png, text/html": "type_invalid", "image/png;charset=a;charset=b": "type_invalid",
		"image/png\r\nX-Evil: 1": "type_invalid", "image/pñg": "type_invalid", "image/png\x00": "type_invalid",
		"text/plain; charset=utf-7": "type_invalid", "text/plain; charset=": "type_invalid",
		"image/" + strings.Repeat("x", 128): "type_invalid",
		"image/*":                           "type_not_allowed", "*/*": "type_not_allowed", "image/svg+xml": "type_not_allowed", "text/html": "type_not_allowed",
		"application/octet-stream": "type_not_allowed", "multipart/form-data": "type_not_allowed", "message/rfc822": "type_not_allowed",
		"image/png+xml": "type_not_allowed", "application/javascript": "type_not_allowed",
	} {
		if canonical, _, err := canonicalType(declared, someTypes); codeOf(err) != code {
			t.Errorf("%q: %q, %v, want %s", declared, canonical, err, code)
		}
	}
}

func FuzzMediaType(f *testing.F) {
	for _, s := range []string{"image/png", "text/plain; charset=utf-8", "image/png; text/html", "text/csv;charset*0=utf;charset*1=-8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, declared string) {
		canonical, bare, err := canonicalType(declared, someTypes)
		if err != nil {
			return
		}
		if !slices.Contains(someTypes, bare) || !strings.HasPrefix(canonical, bare) || strings.ContainsAny(canonical, "\r\n\x00,*") {
			t.Fatalf("%q became %q", declared, canonical)
		}
		if again, _, err := canonicalType(canonical, someTypes); err != nil || again != canonical {
			t.Fatalf("%q is not stable: %q, %v", canonical, again, err)
		}
	})
}
