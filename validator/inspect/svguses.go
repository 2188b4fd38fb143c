package inspect

import (
	"strings"

	"airlock"
)

// uses counts what the elements use of a drawing makes of it: each puts in a part that may put in
// others, so that a few lines become more than a viewer can draw.
type uses struct {
	l      *look
	number map[string]int32 // of the parts, by their ids
	parts  []usePart
	open   []int32 // the part that each open element belongs to; part 0 is the drawing
	any    bool
}

type usePart struct {
	size int64
	puts []int32 // the parts within, and those that it uses
	sum  int64   // 0: not counted; -1: is being counted
}

const (
	useParts = 100_000    // beyond, nothing is counted
	useLimit = 20_000_000 // elements that a drawing may become
)

func newUses(l *look) *uses {
	return &uses{l: l, number: map[string]int32{}, parts: make([]usePart, 1)}
}

func (u *uses) part(id string) (int32, error) {
	n, ok := u.number[id]
	if !ok && len(u.parts) < useParts && len(id) < 256 {
		n = int32(len(u.parts))
		u.parts = append(u.parts, usePart{})
		u.number[strings.Clone(id)] = n
		return n, u.l.hold(int64(len(id)) + 120)
	}
	return n, nil
}

func (u *uses) start(e xmlElement) error {
	in := int32(0)
	if len(u.open) > 0 {
		in = u.open[len(u.open)-1]
	}
	for _, a := range e.attrs {
		if a.name != "id" && a.name != "xml:id" {
			continue
		}
		n, err := u.part(a.value)
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
	u.parts[in].size++
	if e.name != "use" {
		return nil
	}
	to, ok := strings.CutPrefix(strings.TrimSpace(e.attr("href")), "#")
	if !ok {
		return nil
	}
	u.any = true
	n, err := u.part(to)
	if err != nil || n == 0 {
		return err
	}
	return u.put(in, n)
}

func (u *uses) put(in, n int32) error {
	u.parts[in].puts = append(u.parts[in].puts, n)
	return u.l.hold(8)
}

func (u *uses) end() { u.open = u.open[:len(u.open)-1] }

// judge objects to a drawing that becomes too large. Parts that lie in one another are visited by
// a stack of its own, since they may be many; a circle, which viewers don't draw, counts once.
func (u *uses) judge() error {
	if !u.any {
		return nil
	}
	type visit struct {
		part int32
		next int
	}
	stack := []visit{{0, 0}}
	u.parts[0].sum = -1
	for steps := 0; len(stack) > 0; steps++ {
		if steps&0xff == 0 {
			if err := u.l.step(); err != nil {
				return err
			}
		}
		top := &stack[len(stack)-1]
		p := &u.parts[top.part]
		if top.next < len(p.puts) {
			n := p.puts[top.next]
			top.next++
			if child := &u.parts[n]; child.sum == 0 {
				child.sum = -1
				stack = append(stack, visit{n, 0})
			}
			continue
		}
		sum := p.size
		for _, n := range p.puts {
			sum = min(sum+max(0, u.parts[n].sum), useLimit+1)
		}
		p.sum = max(1, sum)
		stack = stack[:len(stack)-1]
	}
	if u.parts[0].sum > useLimit {
		return u.l.objectTo(airlock.Bomb, "its parts use one another, until it has more than %d elements", useLimit)
	}
	return nil
}
