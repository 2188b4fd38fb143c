package signer

import (
	"mime"
	"slices"
	"strings"
)

// The lengths that RFC 6838, section 4.2, allows for each half of a type.
const maxTypeHalf = 127

// charsets are those that a text type may name: what a browser decodes without guessing.
var charsets = []string{"utf-8", "us-ascii", "iso-8859-1", "windows-1252", "utf-16"}

// canonicalType reads a declared media type and returns the form that is signed, stored and served,
// and its bare type. It must be one of allowed exactly; parameters are dropped, but for a known
// charset of text (SECURITY SIG-5, SIG-6).
func canonicalType(declared string, allowed []string) (canonical, bare string, err error) {
	for _, r := range declared {
		if r < 0x20 || r > 0x7e {
			return "", "", refuse("type_invalid", "the content type must be printable ASCII")
		}
	}
	// Any error refuses, also ErrInvalidMediaParameter, which comes with a type.
	bare, params, err := mime.ParseMediaType(declared)
	if err != nil {
		return "", "", refuse("type_invalid", "the content type %.80q is not one: %v", declared, err)
	}
	main, sub, ok := strings.Cut(bare, "/")
	if !ok || main == "" || sub == "" || len(main) > maxTypeHalf || len(sub) > maxTypeHalf {
		return "", "", refuse("type_invalid", "the content type %.80q is not type/subtype", declared)
	}
	if !slices.Contains(allowed, bare) {
		return "", "", refuse("type_not_allowed", "the profile takes %s, not %.80q", strings.Join(allowed, ", "), bare)
	}
	charset, named := params["charset"]
	if main != "text" || !named {
		return bare, bare, nil
	}
	if charset = strings.ToLower(charset); !slices.Contains(charsets, charset) {
		return "", "", refuse("type_invalid", "charset %.40q is not one of %s", charset, strings.Join(charsets, ", "))
	}
	return bare + "; charset=" + charset, bare, nil
}
