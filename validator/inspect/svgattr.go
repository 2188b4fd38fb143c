package inspect

import (
	"slices"
	"strings"

	"airlock"
)

// attribute judges one of a drawing's. Those of other namespaces are judged like those without: readers
// differ in which they take.
func (r *svgRules) attribute(e *xmlElement, a *xmlAttr) error {
	name := a.local
	drawn := isBrowsers(e.space)
	switch {
	case isHandler(name) && !a.empty():
		return r.l.active("it holds a handler: %.60q", a.name+"="+a.value)
	case runningSpaces[a.space]:
		return r.l.active("it holds an attribute that runs something: %.60q", a.name+"="+a.value)
	case a.unknown != "":
		return r.l.active("its attribute %.40q holds the entity %.40q, which is not known", a.name, a.unknown)
	case a.hides(), a.cut && drawn && a.space == "" && !r.mayBeLong(name):
		return r.l.objectTo(airlock.Uninspectable, "its attribute %.40q is longer than %d bytes", a.name, len(a.value))
	case name == "href":
		return r.address(e, a)
	case runsAsAddress(a.value):
		return r.l.active("it holds an address that runs: %.60q", a.name+"="+a.value)
	case !drawn:
		return nil
	case e.based:
		return r.l.active("it says that its addresses lead elsewhere: %.80q", a.value)
	case name == "src" && e.space == spaceXHTML && e.name == "img" && isPicture(cleanAddress(a.value, longestScheme)):
		return nil
	case loadingAttributes[strings.ToLower(name)] && (e.space != spaceSVG || name == "ping"):
		return r.l.active("it loads something: %.80q", a.name+"="+a.value)
	case (a.space == "" || a.space == spaceSVG) && (name == "style" || mayHoldStyle(a.value) || cssOwn[name] && a.value != "none"):
		return r.styled(a)
	}
	return nil
}

// svgLong are attributes of honest drawings that are long: paths, places of letters, numbers of filters,
// the source of a diagram (draw.io), texts. None of them is an address or a style.
var svgLong = wordSet(`d points x y dx dy rotate path tableValues kernelMatrix keyTimes keySplines keyPoints unicode content title alt
	aria-label href id class`)

// mayBeLong tells whether the rest of an attribute is of no interest.
func (r *svgRules) mayBeLong(name string) bool {
	switch name {
	case "values", "from", "to", "by":
		return r.animate == "d" || r.animate == "points"
	}
	return svgLong[name] || name == "src" || // a picture that it holds itself, or it is refused
		strings.HasPrefix(name, "data-")
}

// mayHoldStyle tells whether a value could hold an address of a style: each is in brackets.
func mayHoldStyle(v string) bool {
	if strings.IndexByte(v, '\\') >= 0 {
		return true
	}
	for rest := v; ; {
		i := strings.IndexByte(rest, '(')
		if i < 0 {
			return false
		}
		if i >= 2 {
			switch strings.ToLower(rest[i-2 : i]) {
			case "rl", "rc", "et", "ge", "on", "de", "er": // url, src, image-set, image, expression, cross-fade, AlphaImageLoader
				return true
			}
		}
		rest = rest[i+1:]
	}
}

// styled judges the styles in an attribute.
func (r *svgRules) styled(a *xmlAttr) error {
	if r.own.property = a.local; a.local == "style" {
		r.own.property = ""
	}
	for i := range len(a.value) {
		r.own.byte(a.value[i])
	}
	return r.own.end()
}

// svgPictures are what an image may hold itself: a drawing within could run.
var svgPictures = []string{"data:image/png", "data:image/x-png", "data:image/jp", "data:image/pjpeg", "data:image/gif", "data:image/webp", "data:image/avif",
	"data:image/bmp", "data:image/tif", "data:image;base64", "data:img/", "data:;base64"}

func isPicture(clean string) bool {
	return slices.ContainsFunc(svgPictures, func(p string) bool { return strings.HasPrefix(clean, p) })
}

// address judges where an element leads.
func (r *svgRules) address(e *xmlElement, a *xmlAttr) error {
	to := cleanAddress(a.value, cssToken)
	if isBrowsers(e.space) && drawnAddress(e, a, to) || !isBrowsers(e.space) && !scriptAddress(to) {
		return nil
	}
	return r.l.active("its element <%.40s> leads to %.80q", e.name, strings.TrimSpace(a.value))
}

// drawnAddress tells whether an element of a drawing may lead to what a says, which is clean. To another
// server leads only what is clicked: a picture there would tell who looks, and make a converter fetch it.
func drawnAddress(e *xmlElement, a *xmlAttr, clean string) bool {
	beside := !a.cut && isBeside(a.value) && !e.based
	switch {
	case clean == "":
		return true
	case scriptAddress(clean):
		return false
	case clean[0] == '#':
		return !e.based
	case e.name == "a" || e.space == spaceMathML:
		return !runsAsLink(clean) && !isShare(a.value) && !e.based
	case e.name == "image" || e.name == "feImage":
		return beside || isPicture(clean)
	}
	return e.name == "font-face-uri" && beside || strings.HasPrefix(clean, "data:font") || strings.HasPrefix(clean, "data:application/font")
}

// empty tells that an attribute says nothing: a handler of nothing does nothing (Inkscape writes them).
func (a *xmlAttr) empty() bool {
	return a.unknown == "" && !a.cut && strings.Trim(a.value, " \t\r\n") == ""
}
