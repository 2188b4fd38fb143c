package inspect

import (
	"slices"
	"strconv"
	"strings"

	"airlock"
)

// inspectSVG reads a drawing whole: a root in SVG's namespace, elements that SVG has, no handlers, and
// addresses that lead within the drawing or that somebody has to click. What programs note for
// themselves in namespaces of their own is left alone.
func inspectSVG(l *look) error {
	r := &svgRules{l: l, css: styles{l: l}, use: newUses(l)}
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
	l     *look
	css   styles // of style elements
	own   styles // of attributes
	use   *uses
	style int // how deep the open style element lies; 0: none is
	html  int // and the outermost foreignObject
}

// doctype takes those of W3C, which old tools write, with entities that are plain texts: Illustrator
// declares its namespaces so, and styles.
func (r *svgRules) doctype(_ *xmlDoc, t xmlDoctype) error {
	w3 := t.system == "" || strings.HasPrefix(t.system, "http://www.w3.org/") || strings.HasPrefix(t.system, "https://www.w3.org/")
	beside := strings.HasPrefix(t.public, "-//W3C//DTD SVG") && !strings.ContainsAny(t.system, `:/\`)
	switch {
	case local(t.name) != "svg":
		return r.l.objectTo(airlock.TypeMismatch, "its document type is %.40q, not svg", t.name)
	case t.other != "":
		return r.l.active("its document type declares %s", t.other)
	case t.system == "?" || !w3 && !beside:
		return r.l.active("its document type lies at %.80q", t.system)
	}
	return nil
}

// instruction takes those of Adobe's packets (XMP) only.
func (r *svgRules) instruction(_ *xmlDoc, target, data string) error {
	switch target {
	case "xpacket", "adobe-xap-filters":
		return nil
	}
	return r.l.active("it holds an instruction: %.40q", target+" "+data)
}

// svgElements are those of SVG 1.1 (appendix H), SVG 2 and SVG Tiny 1.2 that run nothing, and of
// drafts that Inkscape writes.
var svgElements = setOf(`a altGlyph altGlyphDef altGlyphItem animate animateColor animateMotion animateTransform circle clipPath
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
var htmlElements = setOf(`div p span b i u s em strong small big sub sup br hr font center ul ol li dl dt dd table thead tbody tfoot tr td th
	caption colgroup col h1 h2 h3 h4 h5 h6 pre code tt kbd samp var blockquote q cite abbr strike del ins mark label section article a wbr`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

func (r *svgRules) start(d *xmlDoc, e xmlElement) error {
	if err := r.known(d, e); err != nil {
		return err
	}
	for _, a := range e.attrs {
		if err := r.attribute(d, e, a); err != nil {
			return err
		}
	}
	return r.use.start(e)
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
	case e.space == spaceSVG && svgElements[e.name]:
	case e.space == spaceXHTML && r.html > 0 && htmlElements[e.name]:
	case e.space == spaceSVG, e.space == spaceXHTML:
		return r.l.active("it holds an element <%.40s> that is none of a drawing's", e.name)
	case e.space == spaceXSL, e.space == spaceEvents, e.space == spaceXBL, e.space == spaceXUL, e.space == spaceXI,
		strings.EqualFold(e.name, "script"), strings.EqualFold(e.name, "handler"), strings.EqualFold(e.name, "iframe"):
		return r.l.active("it holds an element <%.40s> that runs or loads something", e.name)
	}
	if e.space == spaceSVG && e.name == "foreignObject" && r.html == 0 {
		r.html = depth
	}
	if e.name == "style" && r.style == 0 {
		r.style = depth
	}
	return nil
}

func (r *svgRules) end(d *xmlDoc) {
	depth := len(d.open)
	if r.style == depth {
		r.style = 0
	}
	if r.html == depth {
		r.html = 0
	}
	r.use.end()
}

func (r *svgRules) text(_ *xmlDoc, piece []byte) error {
	if r.style == 0 {
		if len(r.css.seen) > 0 || r.css.address {
			return r.css.end()
		}
		return nil
	}
	return r.css.feed(piece)
}

// attribute judges one.
func (r *svgRules) attribute(d *xmlDoc, e xmlElement, a xmlAttr) error {
	name := local(a.name)
	switch {
	case isHandler(name):
		return r.l.active("it holds a handler: %.60q", a.name+"="+a.value)
	case name == "href" && !strings.HasPrefix(a.name, "xmlns"):
		return r.address(e, a)
	case runsAsAddress(a.value):
		return r.l.active("it holds an address that runs: %.60q", a.name+"="+a.value)
	case e.space != spaceSVG && e.space != spaceXHTML:
		return nil
	case a.name == "xml:base" && a.value != "":
		return r.l.active("it says that its addresses lead elsewhere: %.80q", a.value)
	case a.name == "attributeName":
		if to := strings.TrimSpace(local(a.value)); strings.EqualFold(to, "href") || isHandler(to) {
			return r.l.active("it changes an address or a handler while it is shown (%.40q)", a.value)
		}
	case e.space == spaceXHTML && slices.Contains([]string{"src", "srcset", "background", "action", "formaction", "data", "poster"}, strings.ToLower(name)):
		return r.l.active("it loads something: %.80q", a.name+"="+a.value)
	case (name == "values" || name == "from" || name == "to" || name == "by") && strings.Contains(strings.ToLower(a.value), "script:"):
		return r.l.active("it changes an address while it is shown: %.60q", a.value)
	case name == "style" || mayHoldStyle(a.value):
		return r.styled(a)
	}
	return nil
}

func mayHoldStyle(v string) bool {
	return strings.IndexByte(v, '\\') >= 0 || strings.IndexByte(v, '(') >= 0 && strings.Contains(strings.ToLower(v), "url")
}

// styled judges the styles in an attribute.
func (r *svgRules) styled(a xmlAttr) error {
	r.own.l = r.l
	for i := range len(a.value) {
		r.own.byte(a.value[i])
	}
	if a.cut && local(a.name) == "style" {
		return r.l.objectTo(airlock.Uninspectable, "the styles of an element are longer than %d bytes", len(a.value))
	}
	return r.own.end()
}

// svgPictures are what an image may hold itself: a drawing within could run.
var svgPictures = []string{"data:image/png", "data:image/x-png", "data:image/jp", "data:image/pjpeg", "data:image/gif", "data:image/webp", "data:image/avif",
	"data:image/bmp", "data:image/tif", "data:image;base64", "data:img/", "data:;base64"}

// address judges where an element leads. To another server leads only what is clicked: a picture
// there would tell who looks, and make a converter fetch it.
func (r *svgRules) address(e xmlElement, a xmlAttr) error {
	to := strings.ToLower(strings.Join(strings.Fields(a.value[:min(len(a.value), 512)]), ""))
	scheme := strings.Contains(to, ":") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, `\`)
	switch {
	case to == "" || strings.HasPrefix(to, "#"):
		return nil
	case runsAsAddress(a.value):
	case e.space != spaceSVG && e.space != spaceXHTML:
		return nil
	case e.name == "a":
		if !strings.HasPrefix(to, "data:") {
			return nil
		}
	case e.name == "image" || e.name == "feImage":
		if slices.ContainsFunc(svgPictures, func(p string) bool { return strings.HasPrefix(to, p) }) || !scheme && !strings.HasPrefix(to, "/") && !strings.Contains(to, "..") {
			return nil
		}
	case e.name == "font-face-uri" && !scheme, strings.HasPrefix(to, "data:font"), strings.HasPrefix(to, "data:application/font"):
		return nil
	}
	return r.l.active("its element <%.40s> leads to %.80q", e.name, a.value)
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
