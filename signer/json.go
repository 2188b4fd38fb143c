package signer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// readJSON takes exactly one value without duplicate keys (SECURITY SIG-16); huma refuses unknown
// fields. It has the form of huma.Format's Unmarshal.
func readJSON(data []byte, v any) error {
	if err := checkKeys(json.NewDecoder(bytes.NewReader(data)), 0); err != nil {
		return err
	}
	return json.Unmarshal(data, v) // refuses anything behind the value
}

// checkKeys walks one JSON value and refuses an object with two equal keys: parsers disagree on
// which one counts. At depth 0 are the API's own fields, all in lower case; encoding/json would take
// "Size" for "size" too, and so a second one past this check.
func checkKeys(dec *json.Decoder, depth int) error {
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for dec.More() {
		if delim == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			switch {
			case seen[name]:
				return fmt.Errorf("key %.40q stands twice", name)
			case depth == 0 && strings.ToLower(name) != name:
				return fmt.Errorf("key %.40q is unknown: fields are in lower case", name)
			}
			seen[name] = true
		}
		if err := checkKeys(dec, depth+1); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}
