package inspect

import (
	"hash/maphash"
	"slices"
	"strings"

	"airlock"
)

// uses counts what the elements use of a drawing makes of it: each puts in a part that may put in
// others, so that a few lines become more than a viewer can draw.
type uses struct {
	l      *look
	seed   maphash.Seed
	number table[uint64, int32] // of the parts, by what their ids hash to
	parts  list[usePart]        // part 0 is the drawing
	puts   table[usePut, int32] // how often
	open   []int32              // the part that each open element belongs to: up to 1,000
	any    bool
	lost   bool // there were more parts than are counted

	styled map[string]bool // elements that rules of styles are for: of names that SVG has
	within int             // how many of the open elements are in one that is not drawn where it stands
}

type usePart struct {
	size  int64 // elements
	sum   int64 // with all that is put in; 0: not counted; -1: is being counted
	first int32 // of what it puts in
}

// usePut is a part that lies in another, or is used by it.
type usePut struct{ in, part int32 }

const (
	useParts = 150_000    // of 100 bytes
	useLimit = 20_000_000 // elements that a drawing may become
)

func newUses(l *look) *uses {
	return &uses{l: l, seed: maphash.MakeSeed()}
}

// part is the number of the part of that id; 0: there are too many.
func (u *uses) part(id string) (int32, error) {
	h := maphash.String(u.seed, id)
	n, ok := u.number.all[h]
	switch {
	case ok:
		return n, nil
	case len(u.parts.all) == useParts:
		u.lost = true
		return 0, nil
	}
	n = int32(len(u.parts.all))
	if err := u.number.put(u.l, h, n, 0); err != nil {
		return 0, err
	}
	return n, u.parts.add(u.l, usePart{}, 0)
}

// notDrawn are elements whose content is drawn only where it is used.
var notDrawn = setOf("defs symbol pattern mask clipPath marker filter hatch")

// start takes an element, and the parts that its styles use: patterns, masks, clips, markers and filters
// are drawn for each that uses them.
func (u *uses) start(e xmlElement, styled []string) error {
	in := int32(0)
	if len(u.open) > 0 {
		in = u.open[len(u.open)-1]
	} else if err := u.parts.add(u.l, usePart{}, 0); err != nil {
		return err
	}
	for i := range e.attrs {
		a := &e.attrs[i]
		if a.local != "id" || a.name != "id" && a.space != spaceXML {
			continue
		}
		n, err := u.part(strings.TrimSpace(a.value))
		if err != nil {
			return err
		}
		if n != 0 {
			if err := u.put(in, n); err != nil {
				return err
			}
			in = n
		}
	}
	u.open = append(u.open, in)
	u.parts.all[in].size++
	if u.within > 0 || e.space == spaceSVG && notDrawn[e.name] {
		u.within++
	}
	if err := u.styles(in, e, styled); err != nil {
		return err
	}
	if e.space != spaceSVG || !usesParts[e.name] {
		return nil
	}
	return u.used(in, e)
}

// styles notes what an element uses by its own styles, and those of its classes and its name.
func (u *uses) styles(in int32, e xmlElement, own []string) error {
	for _, id := range own {
		u.any = true
		n, err := u.part(id)
		switch {
		case err != nil:
			return err
		case n == 0 && u.within > 0:
			return u.l.objectTo(airlock.Uninspectable, "it uses one of more than %d parts", useParts)
		case n == 0: // once, which does not grow
			continue
		}
		for range u.times(e) {
			if err := u.put(in, n); err != nil {
				return err
			}
		}
	}
	by := []string{}
	if u.styled["<"+strings.ToLower(e.name)] {
		by = append(by, "<"+strings.ToLower(e.name))
	}
	for class := range strings.FieldsSeq(e.attr("class")) {
		if len(by) == cssHeads {
			break
		}
		by = append(by, "."+strings.ToLower(class))
	}
	return u.putAll(in, by)
}

// times is how often an element that is drawn only where it is used draws what it uses: a marker at each of
// its points, of which eight are enough to tell what grows.
func (u *uses) times(e xmlElement) int {
	if u.within == 0 || e.attr("marker-mid") == "" && !strings.Contains(e.attr("style"), "marker") {
		return 1
	}
	return 1 + min(7, (len(e.attr("d"))+len(e.attr("points")))/4)
}

// putAll puts in what stands for classes and elements.
func (u *uses) putAll(in int32, by []string) error {
	for _, name := range by {
		n, err := u.part(" " + name) // no id begins with a blank
		if err != nil {
			return err
		}
		if n != 0 {
			if err := u.put(in, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// rule notes that a rule of styles uses a part: each class and element that it is for stands for a part,
// which puts that in.
func (u *uses) rule(by []string, id string) error {
	u.any = true
	part, err := u.part(id)
	if err != nil || part == 0 {
		return err
	}
	for _, name := range by {
		if name[0] == '<' {
			if len(u.styled) == cssHeads*cssHeads {
				continue
			}
			if u.styled == nil {
				u.styled = map[string]bool{}
			}
			u.styled[name] = true
		}
		n, err := u.part(" " + name)
		if err != nil {
			return err
		}
		if n != 0 {
			if err := u.put(n, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// usesParts are elements that draw another part by its address.
var usesParts = setOf("use tref feImage")

// used notes what an element uses: each of its addresses, since readers differ in which they take.
func (u *uses) used(in int32, e xmlElement) error {
	for _, a := range e.attrs {
		if a.local != "href" {
			continue
		}
		to, ok := strings.CutPrefix(strings.TrimSpace(a.value), "#")
		if !ok {
			continue
		}
		u.any = true
		n, err := u.part(strings.TrimSpace(to))
		switch {
		case err != nil:
			return err
		case n == 0:
			return u.l.objectTo(airlock.Uninspectable, "it uses one of more than %d parts", useParts)
		}
		if err := u.put(in, n); err != nil {
			return err
		}
	}
	return nil
}

func (u *uses) put(in, part int32) error {
	p := usePut{in, part}
	return u.puts.put(u.l, p, min(u.puts.all[p]+1, useLimit), 0)
}

func (u *uses) end() {
	u.open = u.open[:len(u.open)-1]
	u.within = max(0, u.within-1)
}

// judge objects to a drawing that becomes too large.
func (u *uses) judge() error {
	if !u.any {
		return nil
	}
	puts, err := u.sorted()
	if err != nil {
		return err
	}
	sum, err := u.count(puts)
	if err != nil {
		return err
	}
	if sum > useLimit {
		return u.l.objectTo(airlock.Bomb, "its parts use one another, until it has more than %d elements", useLimit)
	}
	return nil
}

// sorted is what each part puts in, part after part; each knows where its own begin.
func (u *uses) sorted() ([]usePut, error) {
	if err := u.l.hold(int64(len(u.puts.all)) * 8); err != nil {
		return nil, err
	}
	puts := make([]usePut, 0, len(u.puts.all))
	for p := range u.puts.all {
		puts = append(puts, p)
	}
	slices.SortFunc(puts, func(a, b usePut) int {
		if a.in != b.in {
			return int(a.in) - int(b.in)
		}
		return int(a.part) - int(b.part)
	})
	for i := len(puts) - 1; i >= 0; i-- {
		u.parts.all[puts[i].in].first = int32(i)
	}
	return puts, u.l.step()
}

// useVisit is a part that is being counted, and the next of what it puts in.
type useVisit struct{ part, next int32 }

// count is how many elements the drawing becomes. Parts that lie in one another are visited by a stack of
// its own, since they may be many; a circle, which viewers don't draw, counts once.
func (u *uses) count(puts []usePut) (int64, error) {
	var stack list[useVisit]
	parts := u.parts.all
	visit := func(part int32) error {
		parts[part].sum = -1
		return stack.add(u.l, useVisit{part, parts[part].first}, 0)
	}
	if err := visit(0); err != nil {
		return 0, err
	}
	for steps := 0; len(stack.all) > 0; steps++ {
		if steps&0xff == 0 {
			if err := u.l.step(); err != nil {
				return 0, err
			}
		}
		top := &stack.all[len(stack.all)-1]
		if at := top.next; int(at) < len(puts) && puts[at].in == top.part {
			top.next++
			if part := puts[at].part; parts[part].sum == 0 {
				if err := visit(part); err != nil {
					return 0, err
				}
			}
			continue
		}
		p := &parts[top.part]
		sum := p.size
		for i := p.first; int(i) < len(puts) && puts[i].in == top.part; i++ {
			sum = min(sum+max(0, parts[puts[i].part].sum)*int64(u.puts.all[puts[i]]), useLimit+1)
		}
		p.sum = max(1, sum)
		stack.all = stack.all[:len(stack.all)-1]
	}
	return parts[0].sum, nil
}
