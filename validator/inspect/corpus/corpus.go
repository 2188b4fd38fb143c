// Package corpus makes files, honest and hostile, that inspection is held against. Each is made anew
// by code, so that the repository holds none; the hostile ones are inert.
package corpus

import (
	"slices"

	"airlock"
)

// Case is one file and what airlock must say of it.
type Case struct {
	Name   string         // unique, with the extension that the file is uploaded by; says what it is
	Type   string         // the media type that it is declared as
	Want   airlock.Reason // "" is honest: accepted
	Make   func() []byte
	Change func(*airlock.Profile) // nil: a profile of Type alone, with defaults
}

// Profile is what c is judged by.
func (c Case) Profile() airlock.Profile {
	p := airlock.Profile{Name: "corpus", Types: []string{c.Type}, MaxBytes: 1 << 30}
	if c.Change != nil {
		c.Change(&p)
	}
	return p.WithDefaults()
}

// All are the cases of every family.
func All() []Case {
	return slices.Concat(
		gifCases(),
		gzipCases(),
		heifCases(),
		isoCases(),
		jpegCases(),
		jsonCases(),
		linkCases(),
		mp3Cases(),
		nameCases(),
		officeCases(),
		oggCases(),
		oleCases(),
		pdfCases(),
		pngCases(),
		svgCases(),
		tarCases(),
		textCases(),
		wavCases(),
		webmCases(),
		webpCases(),
		xmlCases(),
		zipCases(),
	)
}

func headerOnly(p *airlock.Profile) { p.Inspect = "header" }
