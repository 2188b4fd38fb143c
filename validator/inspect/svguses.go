package inspect

import (
	"hash/maphash"
	"slices"
	"strings"

	"airlock"
)

// uses counts what the elements use of a drawing makes of it: each puts in a part that may put in
// others, so that a few lines become more than a viewer can draw. What styles use is put in by svgstyled.go.
type uses struct {
	l      *look
	seed   maphash.Seed
	number table[uint64, int32] // of the parts, by what their ids hash to
	parts  list[usePart]        // part 0 is the drawing
	puts   table[usePut, int32] // how often
	open   []useOpen            // up to 1,000
	any    bool
	lost   bool // there were more parts than are counted
	within int  // how many of the open elements are in one that is not drawn where it stands
	useStyles
}

// useOpen is an open element: the part that it belongs to, and the one that stands for what those in it draw
// besides, by styles that it hands on; 0: nothing.
type useOpen struct{ in, hands int32 }

type usePart struct {
	size  int64 // elements
	sum   int64 // with all that is put in, and one more; 0: not counted; -1: is being counted
	first int32 // of what it puts in
	later int32 // what each element in it draws besides, by rules behind it; 0: nothing
	kind  useKind
	named int32 // elements of its id
}

type useKind uint8

const (
	useSum     useKind = iota
	useProduct         // it is of all that it puts in: each element of one draws the other
	useFlat            // it draws nothing that styles could be for
	useStyle           // no part of the drawing: it stands for what styles use
)

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
	p := usePart{}
	if strings.HasPrefix(id, " ") { // no id does
		p.kind = useStyle
	}
	return n, u.parts.add(u.l, p, 0)
}

// used is part, of one that is used.
func (u *uses) used(id string) (int32, error) {
	u.any = true
	return u.counted(id)
}

// counted is part, of one by which a drawing may grow: where there are too many, that can't be told.
func (u *uses) counted(id string) (int32, error) {
	n, err := u.part(id)
	if err == nil && n == 0 && u.within > 0 {
		err = u.l.objectTo(airlock.Uninspectable, "it uses one of more than %d parts", useParts)
	}
	return n, err
}

// notDrawn are elements whose content is drawn only where it is used.
var notDrawn = wordSet("defs symbol pattern mask clipPath marker filter hatch")

// start takes an element, and the parts that its styles use: patterns, masks, clips, markers and filters
// are drawn for each that uses them.
func (u *uses) start(e xmlElement, styled []cssUse) error {
	around := useOpen{}
	if len(u.open) > 0 {
		around = u.open[len(u.open)-1]
	} else if err := u.parts.add(u.l, usePart{}, 0); err != nil {
		return err
	}
	in, err := u.partOf(around.in, e)
	if err != nil {
		return err
	}
	u.parts.all[in].size++
	if u.within > 0 || e.space == spaceSVG && notDrawn[e.name] {
		u.within++
	}
	hands, err := u.styles(useOpen{in, around.hands}, e, styled)
	if err != nil {
		return err
	}
	u.open = append(u.open, useOpen{in, hands})
	if e.space != spaceSVG || !usesParts[e.name] {
		return nil
	}
	return u.addresses(useOpen{in, hands}, e)
}

// partOf is the part that an element of the part in belongs to: by its id, or the same.
func (u *uses) partOf(in int32, e xmlElement) (int32, error) {
	for i := range e.attrs {
		a := &e.attrs[i]
		if a.local != "id" || a.name != "id" && a.space != spaceXML {
			continue
		}
		n, err := u.part(strings.TrimSpace(a.value))
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		if err := u.put(in, n, 1); err != nil {
			return 0, err
		}
		p := &u.parts.all[n]
		flat := e.space == spaceSVG && flatParts[e.name] && (p.named == 0 || p.kind == useFlat)
		if p.kind = useSum; flat {
			p.kind = useFlat
		}
		p.named++
		in = n
	}
	return in, nil
}

// flatParts are elements in which nothing is drawn by styles.
var flatParts = wordSet("linearGradient radialGradient meshgradient stop solidcolor solidColor")

// usesParts are elements that draw another part by its address.
var usesParts = wordSet("use tref feImage pattern hatch filter")

// addresses notes what an element uses: each of its addresses, since readers differ in which they take.
func (u *uses) addresses(o useOpen, e xmlElement) error {
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
		if err := u.put(o.in, n, 1); err != nil {
			return err
		}
		if e.name != "use" || o.hands == 0 {
			continue
		}
		if err := u.putProduct(o.in, n, o.hands); err != nil {
			return err
		}
	}
	return nil
}

func (u *uses) put(in, part, times int32) error {
	p := usePut{in, part}
	return u.puts.put(u.l, p, min(u.puts.all[p]+times, useLimit), 0)
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
	sum, err := u.count(puts, 0)
	if err == nil {
		sum, err = u.forEvery(puts, sum)
	}
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

// count is how many elements a part becomes. Parts that lie in one another are visited by a stack of
// its own, since they may be many; a circle, which viewers don't draw, counts once. Where styles are in it, it
// may be none: some of the elements of a class may use one part, some another.
func (u *uses) count(puts []usePut, of int32) (int64, error) {
	var stack list[useVisit]
	parts := u.parts.all
	visit := func(part int32) error {
		if parts[part].sum = -1; parts[part].kind == useStyle {
			u.visited = append(u.visited, part)
		}
		return stack.add(u.l, useVisit{part, parts[part].first}, 0)
	}
	if parts[of].sum == 0 {
		if err := visit(of); err != nil {
			return 0, err
		}
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
			part := puts[at].part
			switch parts[part].sum {
			case 0:
				if err := visit(part); err != nil {
					return 0, err
				}
			case -1:
				if err := u.circle(puts); err != nil {
					return 0, err
				}
			}
			continue
		}
		if n := len(u.visited); n > 0 && u.visited[n-1] == top.part {
			u.visited = u.visited[:n-1]
			u.circled = min(u.circled, n-1)
		}
		parts[top.part].sum = u.total(puts, top.part) + 1
		stack.all = stack.all[:len(stack.all)-1]
	}
	return u.sum(of), nil
}

// sum is what a part was counted to be.
func (u *uses) sum(part int32) int64 { return max(0, u.parts.all[part].sum-1) }

// total is how many elements a part becomes, whose parts are counted.
func (u *uses) total(puts []usePut, part int32) int64 {
	p := &u.parts.all[part]
	sum := p.size
	if p.kind == useProduct {
		sum = 1
	}
	for i := p.first; int(i) < len(puts) && puts[i].in == part; i++ {
		other := u.sum(puts[i].part)
		if p.kind == useProduct {
			sum = capped(sum, other)
		} else {
			sum = min(sum+capped(other, int64(u.puts.all[puts[i]])), useLimit+1)
		}
	}
	if p.later != 0 {
		sum = capped(sum, 1+u.sum(p.later))
	}
	return sum
}

// capped is the product of both, as far as it matters.
func capped(a, b int64) int64 { return min(a*b, useLimit+1) }
