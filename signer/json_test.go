package signer

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// What is taken is what any other parser would read too: one value, whose keys stand once, whatever
// their case.
func FuzzReadJSON(f *testing.F) {
	for _, s := range []string{
		`{"profile":"image","size":1}`, `{"a":1,"a":2}`, `{"metadata":{"A":"1","a":"2"}}`, `{"uploads":[{"size":1,"Size":2}]}`,
		`{"size":1,"\u0073ize":2}`, `{"\u017fize":5}`, `[[[[`, `{}{}`, `"x"`, `null`, `{"profile":"\ud800"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Request
		if readJSON(data, &r) != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var same Request
		if err := readJSON(again, &same); err != nil || !reflect.DeepEqual(normal(r), normal(same)) {
			t.Fatalf("%q was read as %+v, and that as %+v: %v", data, r, same, err)
		}
		var plain map[string]any
		if json.Unmarshal(data, &plain) != nil {
			return // null
		}
		for key := range plain {
			if strings.ToLower(key) != key {
				t.Fatalf("%q was taken with key %q", data, key)
			}
		}
		if size, ok := plain["size"].(float64); ok && r.Size != int64(size) && size < 1<<53 {
			t.Fatalf("%q has size %v for others, %d for us", data, size, r.Size)
		}
	})
}

// normal drops what JSON does not tell apart.
func normal(r Request) Request {
	if len(r.Metadata) == 0 {
		r.Metadata = nil
	}
	return r
}
