package oidc

import (
	"encoding/json"
	"strings"

	"airlock"
	"airlock/signer"
)

// claims are a verified token's, by their exact names.
type claims map[string]json.RawMessage

// caller reads who it is and what he may use. A claim that is there and not understood refuses the
// whole token: it was meant to say something.
func (c claims) caller(ownerClaim, profilesClaim string) (signer.Caller, error) {
	var owner *string
	if raw, ok := c[ownerClaim]; !ok || json.Unmarshal(raw, &owner) != nil || owner == nil {
		return signer.Caller{}, refuse("claim %q must be text", ownerClaim)
	}
	if !signer.OwnerName(*owner) {
		return signer.Caller{}, refuse("claim %q must be 1 to 255 bytes of printable text, and not *", ownerClaim)
	}
	profiles, ok := list(c[profilesClaim])
	if !ok {
		return signer.Caller{}, refuse("claim %q must be a list of text, or text", profilesClaim)
	}
	for _, p := range profiles {
		if p != "*" && !airlock.ProfileName(p) {
			return signer.Caller{}, refuse("claim %q: %.40q is no profile name", profilesClaim, p)
		}
	}
	return signer.Caller{Owner: *owner, Profiles: profiles}, nil
}

// list reads a list of strings, or one string with spaces (as scope in RFC 6749, section 3.3) or
// commas between. What is missing or null is empty: then no profile may be used.
func list(raw json.RawMessage) (items []string, ok bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, true
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }), true
	}
	return items, json.Unmarshal(raw, &items) == nil
}
