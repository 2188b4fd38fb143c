package signer

import (
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"

	"airlock"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// demoPage uploads one file through this very API and shows its verdict.
func demoPage(profiles map[string]airlock.Profile) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		var choices []airlock.Profile
		for _, name := range slices.Sorted(maps.Keys(profiles)) {
			choices = append(choices, profiles[name])
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		_ = page.Execute(w, choices)
	}
}
