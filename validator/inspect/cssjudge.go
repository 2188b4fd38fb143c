package inspect

import (
	"slices"
	"strings"
)

// cssJudge is what was seen of a style sheet by its tokens.
type cssJudge struct {
	open    int    // brackets that are open
	fetches int    // how many were when the function began whose strings are addresses; 0: none has
	spaces  bool   // within @namespace, whose addresses are names
	last    string // the name that was read last, if only blanks followed
	found   string // the first that runs or fetches

	uses  func(by []string, id string) // told which parts of the drawing are used, and by which classes and elements; nil: nobody is
	sheet bool                         // it has rules, it is no attribute's
	dot   bool                         // a dot stands before the name
	heads []string                     // names since a rule may have begun, up to cssHeads
	rule  []string                     // those before the rule that is read
}

// cssHeads is how many classes and elements one rule is counted for.
const cssHeads = 32

// cssFetches are functions whose strings are addresses, too.
var cssFetches = setOf("url src image image-set -webkit-image-set -moz-image-set cross-fade -webkit-cross-fade alphaimageloader")

// cssWithin are the functions that may stand in those: others bring strings from elsewhere (var, attr).
var cssWithin = setOf(`url type format tech local calc min max rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix linear-gradient
	radial-gradient conic-gradient repeating-linear-gradient repeating-radial-gradient repeating-conic-gradient`)

// named judges the name that was read; next follows it.
func (s *styles) named(next byte) {
	name := string(s.token)
	if s.sheet && s.kind == 0 && len(s.heads) < cssHeads {
		if s.dot {
			s.heads = append(s.heads, "."+name)
		} else {
			s.heads = append(s.heads, "<"+name)
		}
	}
	s.dot = false
	kind := s.kind
	s.kind = 0
	if len(s.glue) > 0 && cssGlued[string(s.glue)+name] {
		s.find(string(s.glue) + name)
	}
	switch {
	case kind == '@':
		s.last, s.spaces = "", name == "namespace"
		if name == "import" {
			s.find("@import")
		}
	case kind == '#':
	case next == '(':
		s.function(name)
		return
	default:
		s.last = name
	}
	if next == '(' {
		s.open++
	}
}

// function judges what a bracket behind a name begins.
func (s *styles) function(name string) {
	s.last = ""
	switch {
	case name == "expression":
		s.find("expression(")
	case name == "url":
		s.state, s.token = cssURLBegins, s.token[:0]
		return
	case s.fetches > 0 && !cssFetches[name] && !cssWithin[name]:
		s.find(name + "( in an address")
	}
	s.opens(name)
}

// opens is a bracket of a function.
func (s *styles) opens(name string) {
	s.open++
	if s.fetches == 0 && (cssFetches[name] || strings.HasSuffix(name, "image-set")) {
		s.fetches = s.open
	}
}

// delimiter judges any other character.
func (s *styles) delimiter(c byte) {
	s.dot = c == '.'
	switch c {
	case '{':
		s.rule, s.heads = s.heads, s.rule[:0]
	case '}':
		s.rule, s.heads = s.rule[:0], s.heads[:0]
	case ';':
		s.heads = s.heads[:0]
	}
	switch c {
	case ' ', '\t', '\n', '\r', '\f':
		return
	case ':':
		if cssBinds[s.last] {
			s.find(s.last + ":")
		}
	case '(':
		s.open++
	case ')':
		if s.open == s.fetches {
			s.fetches = 0
		}
		s.open = max(0, s.open-1)
	case ';', '{', '}':
		s.spaces = false
	}
	s.last = ""
}

// cssBinds are properties that bring behaviour, and schemes of scripts where old readers took them.
var cssBinds = setOf("-moz-binding behavior -ms-behavior javascript vbscript livescript")

// cssGlued are names that old readers read through comments.
var cssGlued = setOf("import expression -moz-binding behavior javascript vbscript")

func (s *styles) find(what string) {
	if s.found == "" {
		s.found = what
	}
}

// cssData are what an address may hold itself.
var cssData = []string{"data:font", "data:application/font", "data:application/x-font", "data:application/vnd.ms-font", "data:application/octet-stream",
	"data:;base64", "data:image/png", "data:image/jp", "data:image/gif", "data:image/webp", "data:image/avif", "data:image/bmp"}

// address judges the address that was read; a string is one only where a function takes it for one.
func (s *styles) address(quoted bool) {
	address := string(s.token)
	s.last = ""
	if s.uses != nil && (!quoted || s.fetches > 0) && len(address) > 1 && address[0] == '#' {
		s.uses(s.rule, string(s.raw[1:]))
	}
	switch {
	case quoted && s.fetches == 0, s.spaces, address == "", address[0] == '#':
	case slices.ContainsFunc(cssData, func(d string) bool { return strings.HasPrefix(address, d) }):
	case s.remote && !runsAsLink(address) && !(s.slashed && strings.HasPrefix(address, "//")):
	case len(s.token) < cssToken && isBeside(address):
	default:
		s.find("url(" + address)
	}
}
