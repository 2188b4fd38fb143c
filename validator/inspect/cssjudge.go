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

	uses     func(cssUse) // told which parts of the drawing are used; nil: nobody is
	sheet    bool         // it has rules, it is no attribute's
	selector cssSelector  // of those
	property string       // that is set
}

// cssUse is a part of the drawing that a style uses.
type cssUse struct {
	cssBlock // what it is for; none: it is an element's own
	property string
	id       string
}

// cssOwn are properties that use a part and that elements do not hand on to those in them.
var cssOwn = wordSet("mask mask-image -webkit-mask -webkit-mask-image clip-path -webkit-clip-path filter -webkit-filter backdrop-filter -webkit-backdrop-filter")

// anyOwn stands for each part that those use: an element may take what the one around it has.
const anyOwn = " inherit"

func (s *styles) use(id string) {
	if s.uses != nil {
		s.uses(cssUse{s.selector.block(), s.property, id})
	}
}

// cssFetches are functions whose strings are addresses, too.
var cssFetches = wordSet("url src image image-set -webkit-image-set -moz-image-set cross-fade -webkit-cross-fade alphaimageloader")

// cssWithin are the functions that may stand in those: others bring strings from elsewhere (var, attr).
var cssWithin = wordSet(`url type format tech local calc min max rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix linear-gradient
	radial-gradient conic-gradient repeating-linear-gradient repeating-radial-gradient repeating-conic-gradient`)

// named judges the name that was read; next follows it.
func (s *styles) named(next byte) {
	name := string(s.token)
	kind := s.kind
	if s.sheet && kind == '#' {
		s.selector.named(kind, string(s.raw), next == '(')
	} else if s.sheet {
		s.selector.named(kind, name, next == '(')
	}
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
		if s.last = name; name == "inherit" && (cssOwn[s.property] || s.property == "all") {
			s.use(anyOwn)
		}
	}
	if next == '(' {
		s.opens("")
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
	if s.sheet {
		s.selector.sign('(')
	}
	if s.fetches == 0 && (cssFetches[name] || strings.HasSuffix(name, "image-set")) {
		s.fetches = s.open
	}
}

// delimiter judges any other character.
func (s *styles) delimiter(c byte) {
	if s.sheet {
		s.selector.sign(c)
	}
	switch c {
	case ' ', '\t', '\n', '\r', '\f':
		return
	case ':':
		if cssBinds[s.last] {
			s.find(s.last + ":")
		}
		s.property = s.last
	case '(':
		s.open++
	case ')':
		if s.open == s.fetches {
			s.fetches = 0
		}
		s.open = max(0, s.open-1)
	case ';', '{', '}':
		s.spaces, s.property = false, ""
	}
	s.last = ""
}

// cssBinds are properties that bring behaviour, and schemes of scripts where old readers took them.
var cssBinds = wordSet("-moz-binding behavior -ms-behavior javascript vbscript livescript")

// cssGlued are names that old readers read through comments.
var cssGlued = wordSet("import expression -moz-binding behavior javascript vbscript")

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
	if (!quoted || s.fetches > 0) && len(address) > 1 && address[0] == '#' {
		s.use(string(s.raw[1:]))
	}
	switch {
	case quoted && s.fetches == 0, s.spaces, address == "", address[0] == '#':
	case slices.ContainsFunc(cssData, func(d string) bool { return strings.HasPrefix(address, d) }):
	case s.remote && (strings.Contains(address, "#") || len(s.token) >= cssToken): // a part of a document elsewhere is no picture
		s.find("url(" + address)
	case s.remote && !runsAsLink(address) && !(s.slashed && strings.HasPrefix(address, "//")):
	case len(s.token) < cssToken && isBeside(address):
	default:
		s.find("url(" + address)
	}
}
