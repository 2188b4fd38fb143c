package signer

import "testing"

func FuzzReadJSON(f *testing.F) {
	for _, s := range []string{`{"profile":"image","size":1}`, `{"a":1,"a":2}`, `{"metadata":{"A":"1","a":"2"}}`, `[[[[`, `{}{}`, `"x"`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if readJSON(data, &v) != nil {
			return
		}
		var r Request
		_ = readJSON(data, &r) // must not panic
	})
}
