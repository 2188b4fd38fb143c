package inspect

import (
	"strings"

	"airlock"
)

// browser judges an element that browsers know, in a document that is no page: feeds and reports hold
// such, with pictures from anywhere.
func (r *plainXML) browser(d *xmlDoc, e xmlElement) error {
	switch {
	case r.style > 0:
		return r.l.active("its styles hold an element <%.40s>, which readers leave out", e.name)
	case runsAsTag(e.name) && !isPlainLink(e):
		return r.l.active("it holds an element <%.40s> that a browser runs", e.name)
	}
	if _, err := changes(r.l, e); err != nil {
		return err
	}
	if e.name == "style" {
		r.style, r.css.remote = len(d.open), !isDrawn(e.space)
	}
	for i := range e.attrs {
		if err := r.browserAttribute(&e, &e.attrs[i]); err != nil {
			return err
		}
	}
	return nil
}

// plainLinks are kinds of links of a page that say where else it lies or whose it is: nothing is fetched
// for them until they are followed (HTML 4.6.7). Not among them are "next", which old browsers prefetch,
// and "search", whose description browsers fetch.
var plainLinks = wordSet("alternate canonical author license self shortlink amphtml")

// isPlainLink tells whether an element is a link that fetches nothing: maps of sites hold such for each
// language. Each of its kinds counts: "alternate stylesheet" is a style sheet.
func isPlainLink(e xmlElement) bool {
	if e.space != spaceXHTML || e.name != "link" {
		return false
	}
	kinds := 0
	for i := range e.attrs {
		a := &e.attrs[i]
		if a.local != "rel" {
			continue
		}
		if a.cut {
			return false
		}
		for kind := range strings.FieldsSeq(strings.ToLower(a.value)) {
			if !plainLinks[kind] {
				return false
			}
			kinds++
		}
	}
	return kinds > 0
}

func (r *plainXML) browserAttribute(e *xmlElement, a *xmlAttr) error {
	name := strings.ToLower(a.local)
	switch {
	case isHandler(name) && !a.empty(), runsAsAddress(a.value), sendingAttributes[name], runningSpaces[a.space]:
		return r.l.active("it holds an attribute that a browser runs: %.60q", a.name+"="+a.value)
	case a.unknown != "":
		return r.l.active("its attribute %.40q holds the entity %.40q, which is not known", a.name, a.unknown)
	case a.hides(), a.cut && name == "style":
		return r.l.objectTo(airlock.Uninspectable, "its attribute %.40q is longer than %d bytes", a.name, len(a.value))
	case name == "href" || loadingAttributes[name]:
		if !islandAddress(e, a, name) {
			return r.l.active("its element <%.40s> leads to %.80q", e.name, strings.TrimSpace(a.value))
		}
	case name == "style" || mayHoldStyle(a.value):
		r.own.remote = !isDrawn(e.space)
		for i := range len(a.value) {
			r.own.byte(a.value[i])
		}
		return r.own.end()
	}
	return nil
}

// isDrawn tells the namespaces of drawings and formulas. Pictures from anywhere are those of pages.
func isDrawn(space string) bool { return space == spaceSVG || space == spaceMathML }

// islandAddress tells whether an element may lead to what a says.
func islandAddress(e *xmlElement, a *xmlAttr, name string) bool {
	to := cleanAddress(a.value, cssToken)
	switch {
	case !isDrawn(e.space):
		return (!runsAsLink(to) || isPicture(to)) && !isShare(a.value) && !(strings.HasSuffix(name, "srcset") && isShareInSet(a.value))
	case name == "href":
		return drawnAddress(e, a, to)
	}
	return e.space == spaceSVG || to == "" // SVG has no such attributes
}

// sendingAttributes are those that send something elsewhere, or say what runs.
var sendingAttributes = wordSet("srcdoc action formaction ping manifest codebase classid code archive http-equiv attributionsrc")
