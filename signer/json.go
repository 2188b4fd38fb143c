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
	if err := checkKeys(json.NewDecoder(bytes.NewReader(data)), false); err != nil {
		return err
	}
	return json.Unmarshal(data, v) // refuses anything behind the value
}

// checkKeys walks one JSON value and refuses an object with two equal keys: parsers disagree on
// which one counts. All of the API's own fields are in lower case; encoding/json would take "Size" for
// "size" too, and so a second one past this check. Only names within metadata are the client's: free.
func checkKeys(dec *json.Decoder, free bool) error {
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
		within := free
		if delim == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			switch {
			case seen[name]:
				return fmt.Errorf("key %.40q stands twice", name)
			case !free && strings.ToLower(name) != name:
				return fmt.Errorf("key %.40q is unknown: fields are in lower case", name)
			}
			seen[name] = true
			within = free || name == "metadata"
		}
		if err := checkKeys(dec, within); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}
