package signer

import (
	"fmt"
	"net/url"
	"strings"

	"airlock"
)

// public puts PublicURLBase in the place of all that stands before the key: scheme, host and leading
// path. The signature stays valid if the proxy there restores the Host and the path that were signed.
func (s *Signer) public(signed string, key airlock.Key) string {
	if s.PublicURLBase == "" || signed == "" {
		return signed
	}
	_, query, _ := strings.Cut(signed, "?")
	u := strings.TrimSuffix(s.PublicURLBase, "/") + "/" + string(key) // keys need no escaping
	if query != "" {
		u += "?" + query
	}
	return u
}

// CheckURLBase tells what is wrong with a [Signer.PublicURLBase].
func CheckURLBase(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%q is not https://host[/path]", base)
	}
	return nil
}
