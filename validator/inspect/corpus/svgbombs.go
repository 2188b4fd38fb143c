package corpus

import (
	"fmt"
	"strings"

	"airlock"
)

// svgBombs are drawings of a few lines that become more elements than anybody can draw: at each of twelve
// levels ten elements use the level before. How they do so is told by %d, once or more.
func svgBombs() []Case {
	const rects = `<rect id="r"/>`
	cases := []Case{}
	level := func(name, sheet, open, inside, end string) {
		var before, after strings.Builder
		for i := range 12 {
			n := strings.NewReplacer("%d", fmt.Sprint(i), "%n", fmt.Sprint(i+1))
			before.WriteString(n.Replace(sheet))
			after.WriteString(n.Replace(open) + strings.Repeat(n.Replace(inside), 10) + n.Replace(end))
		}
		draw := "<defs>" + after.String() + `</defs><rect fill="url(#g12)" class="c12" kind="12"/>`
		style := "<style>" + before.String() + "</style>"
		cases = append(cases, hostileFile("svg-bomb-"+name+".svg", svgType, airlock.Bomb, literally(svgOpen+style+draw+"</svg>")))
		if sheet != "" {
			cases = append(cases, hostileFile("svg-bomb-"+name+"-behind.svg", svgType, airlock.Bomb, literally(svgOpen+draw+style+"</svg>")))
		}
	}
	const pattern, end = `<pattern id="g%n">`, `</pattern>`
	rule := func(name, selector, inside string) {
		level("by-"+name, selector+"{fill:url(#g%d)}", pattern, inside, end)
	}
	rule("ids", "#e%d", `<rect id="e%d"/>`)
	rule("attributes", "[kind='%d']", `<rect kind="%d"/>`)
	rule("attributes-that-are-there", "[k%d]", `<rect k%d=""/>`)
	rule("classes-as-attributes", "[class~=c%d]", `<rect class="c%d"/>`)
	rule("not", ":not(.c%n)", `<rect class="c%d"/>`)
	rule("is", ":is(.c%d,.x)", `<rect class="c%d"/>`)
	rule("where", "rect:where(.c%d)", `<rect class="c%d"/>`)
	rule("child", "g > *", `<g><rect/></g>`)
	rule("sibling", ".c%d + *", `<path class="c%d"/><rect/>`)
	rule("escapes", ".\\63 %d", `<rect class="c%d"/>`)
	rule("name-with-a-namespace", "svg|rect.c%d", `<rect class="c%d"/>`)
	rule("group-of-many", strings.Repeat(".x,", 40)+".c%d", `<rect class="c%d"/>`)
	level("by-names-of-each-level", "pattern rect{fill:url(#g%d)}", pattern, `<rect/>`, end)
	level("within-media", "@media (min-width:1px){.c%d{mask:url(#g%d)}}", `<mask id="g%n">`, `<rect class="c%d"/>`, `</mask>`)
	level("within-supports-and-layer", "@layer a{@supports (fill:red){.c%d{clip-path:url(#g%d)}}}", `<clipPath id="g%n">`, `<rect class="c%d"/>`, `</clipPath>`)
	level("nested", ".x{&amp; .c%d,.y{stroke:url(#g%d)}}", pattern, `<rect class="c%d"/>`, end)
	level("nested-behind-a-rule", ".c%d{.y{fill:red}fill:url(#g%d)}", pattern, `<rect class="c%d"/>`, end)
	level("nested-in-media", ".c%d{@media all{fill:url(#g%d)}}", pattern, `<rect class="c%d"/>`, end)
	level("by-an-animation-of-a-sheet", "@keyframes k%d{from{fill:url(#g%d)}to{fill:red}}", pattern, `<rect style="animation:k%d 1s"/>`, end)
	level("by-a-variable", ":root{--v%d:url(#g%d)}", pattern, `<rect style="fill:var(--v%d)"/>`, end)
	level("by-brackets-that-do-not-match", ".c%d{--x:([)]}.y{);fill:url(#g%d)}", pattern, `<rect class="c%d"/>`, end)
	level("by-a-mask-that-is-inherited", "", `<pattern id="g%n"><g mask="url(#m%d)">`, `<rect mask="inherit"/>`, `</g></pattern><mask id="m%n"><rect fill="url(#g%n)"/></mask>`)
	level("handed-on", "", pattern+`<g fill="url(#g%d)">`, `<rect/>`, `</g>`+end)
	level("handed-on-by-a-style", "", pattern+`<g style="stroke:url(#g%d)">`, `<rect/>`, `</g>`+end)
	level("handed-on-by-a-class", ".c%d{fill:url(#g%d)}", pattern+`<g class="c%d">`, `<rect/>`, `</g>`+end)
	level("handed-on-by-an-id", "#e%d{fill:url(#g%d)}", pattern+`<g id="e%d">`, `<rect/>`, `</g>`+end)
	level("handed-on-by-a-variable", "", pattern+`<g style="--v:url(#g%d)">`, `<rect style="fill:var(--v)"/>`, `</g>`+end)
	level("handed-on-by-use", "", `<symbol id="s%n">`+strings.Repeat(rects, 10)+`</symbol>`+pattern+`<use href="#s%n" fill="url(#g%d)"/>`, ``, end)
	level("handed-on-by-use-by-a-class", ".c%d{fill:url(#g%d)}", `<symbol id="s%n">`+strings.Repeat(rects, 10)+`</symbol>`+pattern+`<use href="#s%n" class="c%d"/>`, ``, end)
	level("by-an-animation", "", pattern+`<g><set attributeName="fill" to="url(#g%d)"/>`, `<rect/>`, `</g>`+end)
	level("by-an-animation-of-classes", ".c%d{fill:url(#g%d)}", pattern, `<rect><set attributeName="class" to="c%d"/></rect>`, end)
	level("by-a-pattern-of-another", "", `<pattern id="h%n" href="#g%n"/>`+pattern, `<rect fill="url(#h%d)"/>`, end+`<rect fill="url(#g%n)"/>`)
	level("by-markers-of-a-class", ".c%d{marker:url(#g%d)}", `<marker id="g%n"><path class="c%d" d="`+strings.Repeat("L1 1", 100)+`"/>`, ``, `</marker>`)
	classes := strings.Repeat("x ", 40)
	level("by-a-class-behind-many", ".c%d{fill:url(#g%d)}", pattern, `<rect class="`+classes+`c%d"/>`, end)
	return cases
}

// honestStyledSVGs are drawings as Illustrator, Inkscape, Figma and programs that draw charts write them.
func honestStyledSVGs() []Case {
	cases := []Case{}
	add := func(name, sheet, defs string, n int, element string) {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.NewReplacer("%d", fmt.Sprint(i%50), "%u", fmt.Sprint(i)).Replace(element))
		}
		cases = append(cases, honestFile("svg-styled-"+name+".svg", svgType, svgWith("<defs><style>"+sheet+"</style>"+defs+"</defs>"+b.String())))
	}
	each := func(s string) string {
		var b strings.Builder
		for i := range 50 {
			b.WriteString(strings.ReplaceAll(s, "%d", fmt.Sprint(i)))
		}
		return b.String()
	}
	gradients := each(`<linearGradient id="linear-gradient-%d" x1="0"><stop offset="0"/><stop offset="1"/></linearGradient><linearGradient id="l%d" href="#linear-gradient-%d"/>`)
	many := strings.Repeat(`<path d="M0 0h1"/>`, 300)
	add("illustrator", ".cls-1,.cls-2{isolation:isolate}.cls-2{fill:none}"+each(".cls-%d{fill:url(#linear-gradient-%d)}"), gradients+`<clipPath id="clippath"><rect class="cls-1"/></clipPath>`, 3000, `<g class="cls-2"><path class="cls-%d" d="M0 0"/></g>`)
	add("illustrator-groups", "."+strings.Join(strings.Fields(each("cls-%d ")), ",.")+"{fill:url(#linear-gradient-1);clip-path:url(#clippath)}", gradients+`<clipPath id="clippath"><path d="M0 0"/></clipPath>`, 3000, `<g id="g%u"><path class="cls-%d" d="M0 0"/></g>`)
	add("inkscape", "", gradients+`<pattern id="p">`+many+`</pattern><marker id="m"><path d="M0 0"/></marker>`, 3000, `<g id="layer%u" style="fill:url(#l%d)"><path id="path%u" style="fill:url(#l%d);stroke:#000;marker:none;marker-end:url(#m)" d="M0 0L1 1L2 2"/></g>`)
	add("figma", "", each(`<clipPath id="clip%d_1"><rect/></clipPath><filter id="f%d"><feFlood/><feBlend/></filter><mask id="mask%d"><path fill="white"/></mask>`), 1000, `<g clip-path="url(#clip%d_1)"><g filter="url(#f%d)"><g mask="url(#mask%d)"><path fill="url(#p)" d="M0 0"/></g></g></g>`)
	add("large-mask-of-a-large-group", "", `<mask id="m">`+strings.Repeat(many, 10)+`</mask>`, 1, `<g mask="url(#m)">`+strings.Repeat(many, 30)+`</g>`)
	add("ids", each("#n%d{fill:url(#linear-gradient-%d)}")+"#a:hover > path,#a *{fill:red}", gradients, 2000, `<g id="n%d"><rect/></g>`)
	add("chart", "*{stroke-linejoin:round}.axis path{fill:none}.link{marker-end:url(#arrow)}[data-look=neo] rect{filter:url(#f)}@media print{.bar{fill:url(#l1)}}", gradients+`<marker id="arrow"><path d="M0 0"/></marker><filter id="f"><feFlood/></filter>`, 5000, `<g class="link" data-look="neo"><path class="link" d="M0 0L1 1"/><rect class="bar"/></g>`)
	add("animated", "@keyframes spin{from{transform:rotate(0)}to{transform:rotate(360deg);fill:url(#l1)}}.s{animation:spin 1s}", gradients, 1000, `<rect class="s"/>`)
	add("animated-classes", each(".c%d{fill:url(#linear-gradient-%d)}"), gradients, 500, `<rect class="c%d"><set attributeName="class" to="c1" begin="1s"/></rect>`)
	add("sprite", ".icon{fill:url(#l1)}", gradients+`<symbol id="i">`+many+`</symbol>`, 1000, `<use class="icon" href="#i"/>`)
	add("dots-of-a-line", "", `<marker id="dot"><circle/></marker>`, 20, `<polyline marker-mid="url(#dot)" points="`+strings.Repeat("1,1 ", 1000)+`"/>`)
	return cases
}
