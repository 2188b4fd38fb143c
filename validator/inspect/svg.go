package inspect

import (
	"strconv"
	"strings"

	"airlock"
)

// inspectSVG reads a drawing whole: a root in SVG's namespace, elements that SVG has, no handlers, and
// addresses that lead within the drawing or that somebody has to click. What programs note for
// themselves in namespaces of their own is left alone.
func inspectSVG(l *look) error {
	r := &svgRules{l: l, css: styles{l: l}, own: styles{l: l}, use: newUses(l)}
	r.css.sheet = true
	r.css.uses = func(c cssUse) {
		if r.failed == nil {
			r.failed = r.use.rule(c)
		}
	}
	r.own.uses = func(c cssUse) { r.used = append(r.used, c) }
	d, err := newXMLDoc(l, r)
	if err != nil {
		return err
	}
	if err := d.read(); err != nil {
		return err
	}
	return r.use.judge()
}

type svgRules struct {
	l       *look
	css     styles // of style elements
	own     styles // of attributes
	use     *uses
	style   int      // how deep the open style element lies; 0: none is
	html    int      // and the outermost foreignObject
	used    []cssUse // parts that the element uses by its styles: no more than its attributes have room for
	failed  error    // of counting what the styles use
	animate string   // the attribute that the element changes while it is shown
}

// doctype takes those of SVG by W3C, which old tools write, with entities that are plain texts: Illustrator
// declares its namespaces so, and styles. To those of XHTML browsers add the names of characters.
func (r *svgRules) doctype(_ *xmlDoc, t xmlDoctype) error {
	switch {
	case local(t.name) != "svg":
		return r.l.objectTo(airlock.TypeMismatch, "its document type is %.40q, not svg", t.name)
	case t.other != "":
		return r.l.active("its document type declares %s", t.other)
	case t.adds:
		return r.l.active("its document type adds attributes to elements")
	case t.external && !isSVGType(t):
		return r.l.active("its document type lies at %.80q (%.80q)", t.system, t.public)
	}
	return nil
}

func isSVGType(t xmlDoctype) bool {
	if t.public != "" && !strings.HasPrefix(t.public, "-//W3C//DTD SVG") && t.public != "-//W3C//DTD XHTML 1.1 plus MathML 2.0 plus SVG 1.1//EN" {
		return false
	}
	host, path, web := webAddress(t.system)
	return web && strings.EqualFold(host, "www.w3.org") && isPlainPath(path) ||
		!web && t.public != "" && isPlainPath("/"+t.system) && !strings.Contains(t.system, "/")
}

// svgNotes are the instructions of Adobe's packets (XMP), and notes of programs to themselves.
var svgNotes = wordSet("xpacket adobe-xap-filters AdobeSVGViewer plantuml plantuml-src creator")

// instruction takes those that no reader does anything for.
func (r *svgRules) instruction(_ *xmlDoc, target, data string, _ bool) error {
	if svgNotes[target] {
		return nil
	}
	return r.l.active("it holds an instruction: %.40q", target+" "+data)
}

// svgElements are those of SVG 1.1 (appendix H), SVG 2 and SVG Tiny 1.2 that run nothing, and of
// drafts that Inkscape writes.
var svgElements = wordSet(`a altGlyph altGlyphDef altGlyphItem animate animateColor animateMotion animateTransform circle clipPath
	color-profile cursor defs desc discard ellipse feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix
	feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feImage
	feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence filter font font-face
	font-face-format font-face-name font-face-src font-face-uri foreignObject g glyph glyphRef hatch hatchpath hatchPath hkern image line
	linearGradient marker mask mesh meshgradient meshGradient meshpatch meshPatch meshrow meshRow metadata missing-glyph mpath path
	pattern polygon polyline radialGradient rect set solidcolor solidColor stop style svg switch symbol text textPath title tref tspan
	tbreak textArea unknown use view vkern flowRoot flowRegion flowRegionExclude flowPara flowSpan flowDiv flowLine flowRef
	namedview perspective grid guide path-effect rdf work`)

// htmlElements are those of XHTML that only set text, as drawings of diagrams hold it in a
// foreignObject (draw.io, Mermaid).
var htmlElements = wordSet(`div p span b i u s em strong small big sub sup br hr font center ul ol li dl dt dd table thead tbody tfoot tr td th
	caption colgroup col h1 h2 h3 h4 h5 h6 pre code tt kbd samp var blockquote q cite abbr strike del ins mark label section article a img wbr`)

func (r *svgRules) start(d *xmlDoc, e xmlElement) error {
	if err := r.known(d, e); err != nil {
		return err
	}
	changed, err := changes(r.l, e)
	if err != nil {
		return err
	}
	r.animate, r.used = changed, r.used[:0]
	for i := range e.attrs {
		if err := r.attribute(&e, &e.attrs[i]); err != nil {
			return err
		}
	}
	return r.use.start(e, r.used)
}

// known judges what an element is.
func (r *svgRules) known(d *xmlDoc, e xmlElement) error {
	depth := len(d.open)
	if e.unbound != "" {
		return d.bad("the prefix %.40q is not declared", e.unbound)
	}
	if depth == 1 {
		if e.space != spaceSVG || e.name != "svg" {
			return r.l.objectTo(airlock.TypeMismatch, "its first element is <%.40s> of %.60q, not svg of SVG's namespace", e.name, e.space)
		}
		r.facts(e)
	}
	switch {
	case r.style > 0:
		return r.l.active("its styles hold an element <%.40s>, which readers leave out", e.name)
	case e.space == spaceSVG && svgElements[e.name]:
	case e.space == spaceXHTML && r.html > 0 && htmlElements[e.name]:
	case e.space == spaceMathML && r.html > 0 && !runsAsTag(e.name):
	case isBrowsers(e.space):
		return r.l.active("it holds an element <%.40s> that is none of a drawing's", e.name)
	case runningSpaces[e.space],
		strings.EqualFold(e.name, "script"), strings.EqualFold(e.name, "handler"), strings.EqualFold(e.name, "iframe"):
		return r.l.active("it holds an element <%.40s> that runs or loads something", e.name)
	}
	if e.space == spaceSVG && e.name == "foreignObject" && r.html == 0 {
		r.html = depth
	}
	if e.name == "style" && isBrowsers(e.space) {
		r.style = depth
	}
	return nil
}

func (r *svgRules) end(d *xmlDoc) error {
	depth := len(d.open)
	if r.html == depth {
		r.html = 0
	}
	r.use.end()
	if r.style == depth {
		r.style = 0
		if err := r.css.end(); err != nil {
			return err
		}
		return r.failed
	}
	return nil
}

func (r *svgRules) text(_ *xmlDoc, piece []byte) error {
	if r.style == 0 {
		return nil
	}
	if err := r.css.feed(piece); err != nil {
		return err
	}
	return r.failed
}

// unknown takes an entity where it can only be text.
func (r *svgRules) unknown(_ *xmlDoc, entity string) error {
	if r.style == 0 {
		return nil
	}
	return r.l.active("its styles hold the entity %.40q, which is not known", entity)
}

// facts notes how large the drawing is, where it says so in pixels.
func (r *svgRules) facts(e xmlElement) {
	pixels := func(v string) int64 {
		n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(v), "px"), 64)
		if err != nil || n < 0 || n > 1e9 {
			return 0
		}
		return int64(n)
	}
	for _, a := range e.attrs {
		switch a.name {
		case "width":
			r.l.content.Width = pixels(a.value)
		case "height":
			r.l.content.Height = pixels(a.value)
		}
	}
	if box := strings.Fields(strings.ReplaceAll(e.attr("viewBox"), ",", " ")); len(box) == 4 && r.l.content.Width == 0 && r.l.content.Height == 0 {
		r.l.content.Width, r.l.content.Height = pixels(box[2]), pixels(box[3])
	}
}
