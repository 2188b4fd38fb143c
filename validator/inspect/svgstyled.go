package inspect

import (
	"strconv"
	"strings"
)

// useStyles is what the styles of a drawing use, by its rules and by its elements' own styles.
type useStyles struct {
	styled  table[string, struct{}] // names and ids that rules are for: "<rect", "#id"
	seen    map[string]bool         // names of elements that have begun, up to mostSeen
	every   table[int32, struct{}]  // parts that each element may use
	anyRule bool                    // each element may use what any rule does
	key     []byte                  // what is made ready, for handsOn

	visited []int32 // of those that are being counted: what stands for styles
	circled int     // how many of them are known to be in a circle
}

// anyKey stands for all rules: for an element with more classes than are looked at.
const anyKey = "*"

// mostSeen is more names than drawings have.
const mostSeen = 512

// midMarkers is how many points with a marker a rule's path is taken to have.
const midMarkers = 100

// styles notes what an element uses by its own styles, and by those of its classes, its name and its id. It
// answers what stands for the styles that it hands on to those in it.
func (u *uses) styles(o useOpen, e xmlElement, own []cssUse) (hands int32, err error) {
	if e.space == spaceSVG && flatParts[e.name] {
		return o.hands, nil
	}
	if o.hands != 0 {
		if err := u.put(o.in, o.hands, 1); err != nil {
			return 0, err
		}
	}
	for _, s := range own {
		if s.every = changesStyle(e); s.every { // of what it names, or what it is in: before it, too
			err = u.rule(s)
		} else {
			err = u.ownStyle(o.in, e, s)
		}
		if err != nil {
			return 0, err
		}
	}
	if changesStyle(e) && strings.TrimSpace(e.attr("attributeName")) == "class" {
		u.anyRule = true // it may become of any class while it is shown
	}
	keys := u.keys(e)
	for _, key := range keys {
		if err := u.putCalled(o.in, " "+key); err != nil {
			return 0, err
		}
	}
	if len(keys)+len(own) == 0 || drawsAlone[e.name] {
		return o.hands, nil
	}
	return u.handsOn(o.hands, keys, own)
}

// ownStyle notes what an element uses by a style of its own.
func (u *uses) ownStyle(in int32, e xmlElement, s cssUse) error {
	n, err := u.used(s.id)
	if err != nil || n == 0 { // once, which does not grow
		return err
	}
	if err := u.put(in, n, times(s.property, e)); err != nil {
		return err
	}
	return u.anyOwn(n, s)
}

// drawsAlone are elements that draw nothing of those in them.
var drawsAlone = wordSet("path rect circle ellipse line polyline polygon image stop")

func changesStyle(e xmlElement) bool {
	return e.space == spaceSVG && (e.name == "set" || strings.HasPrefix(e.name, "animate"))
}

// times is how often an element draws a part: a marker at each of its points.
func times(property string, e xmlElement) int32 {
	if property != "marker" && property != "marker-mid" {
		return 1
	}
	return int32(1 + (len(e.attr("d"))+len(e.attr("points")))/4)
}

// keys are what rules may be for: the classes of an element, its name and its id where rules were for them.
func (u *uses) keys(e xmlElement) []string {
	var keys []string
	name := "<" + strings.ToLower(e.name)
	if u.styled.has(name) {
		keys = append(keys, name)
	}
	if len(u.seen) < mostSeen && !u.seen[name] {
		if u.seen == nil {
			u.seen = map[string]bool{}
		}
		u.seen[name] = true
	}
	for i := range e.attrs {
		switch a := &e.attrs[i]; {
		case a.local == "id" && len(u.styled.all) > 0 && u.styled.has("#"+strings.TrimSpace(a.value)):
			keys = append(keys, "#"+strings.TrimSpace(a.value))
		case a.local == "class":
			if a.cut {
				keys = append(keys, anyKey)
			}
			for class := range strings.FieldsSeq(a.value) {
				if len(keys) == cssKeys {
					return append(keys, anyKey)
				}
				keys = append(keys, "."+strings.ToLower(class))
			}
		}
	}
	return keys
}

// handsOn is the part that stands for the styles that an element with these keys and own styles hands on,
// within one that hands on those of part hands.
func (u *uses) handsOn(hands int32, keys []string, own []cssUse) (int32, error) {
	b := append(strconv.AppendInt(append(u.key[:0], " of "...), int64(hands), 10), ' ')
	for _, key := range keys {
		b = append(append(b, key...), ' ')
	}
	for _, s := range own {
		if !cssOwn[s.property] {
			b = append(append(append(append(b, s.property...), ' '), s.id...), ' ')
		}
	}
	u.key = b
	before := len(u.parts.all)
	n, err := u.counted(string(b))
	if err != nil || len(u.parts.all) == before {
		return n, err
	}
	if hands != 0 {
		if err := u.put(n, hands, 1); err != nil {
			return 0, err
		}
	}
	for _, key := range keys {
		if err := u.putCalled(n, " ^"+key); err != nil {
			return 0, err
		}
	}
	for _, s := range own {
		if cssOwn[s.property] {
			continue
		}
		if err := u.putCalledTimes(n, s.id, ruleTimes(s.property)); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func (u *uses) putCalled(in int32, id string) error { return u.putCalledTimes(in, id, 1) }

func (u *uses) putCalledTimes(in int32, id string, times int32) error {
	n, err := u.part(id)
	if err != nil || n == 0 {
		return err
	}
	return u.put(in, n, times)
}

func ruleTimes(property string) int32 {
	if property == "marker" || property == "marker-mid" {
		return midMarkers
	}
	return 1
}

// anyOwn puts a part that a style uses into what stands for all that elements don't hand on, which some may
// ask for.
func (u *uses) anyOwn(part int32, s cssUse) error {
	if !cssOwn[s.property] || s.id == anyOwn {
		return nil
	}
	n, err := u.part(anyOwn)
	if err != nil || n == 0 {
		return err
	}
	return u.put(n, part, 1)
}

// rule notes that a rule of styles uses a part: each class, name and id that it is for stands for a part,
// which puts that in.
func (u *uses) rule(c cssUse) error {
	part, err := u.used(c.id)
	if err != nil || part == 0 {
		return err
	}
	if err := u.anyOwn(part, c); err != nil {
		return err
	}
	if c.every {
		return u.every.put(u.l, part, struct{}{}, 0)
	}
	for _, key := range append([]string{anyKey}, c.keys...) {
		if late, err := u.behind(key, part); err != nil {
			return err
		} else if late {
			continue
		}
		if err := u.keyUses(key, c.property, part); err != nil {
			return err
		}
	}
	return nil
}

// keyUses notes that elements of a key use a part, and hand it on if elements do.
func (u *uses) keyUses(key, property string, part int32) error {
	forms := []string{" " + key, " ^" + key}
	if cssOwn[property] {
		forms = forms[:1]
	}
	for _, form := range forms {
		n, err := u.part(form)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := u.put(n, part, ruleTimes(property)); err != nil {
			return err
		}
	}
	return nil
}

// behind notes for later elements that a rule is for their name or id. Of those before it too: then each
// element may use the part, or each in the part of that id.
func (u *uses) behind(key string, part int32) (late bool, err error) {
	switch {
	case key[0] != '<' && key[0] != '#' || u.styled.has(key):
		return false, nil
	case key[0] == '<' && (u.seen[key] || len(u.seen) == mostSeen):
		return true, u.every.put(u.l, part, struct{}{}, 0)
	case key[0] == '#':
		n, err := u.part(key[1:])
		if err != nil || n == 0 {
			return false, err
		}
		if u.parts.all[n].named > 0 {
			return true, u.laterUses(n, part)
		}
	}
	return false, u.styled.put(u.l, key, struct{}{}, len(key))
}

// laterUses notes that each element in a part uses another.
func (u *uses) laterUses(in, part int32) error {
	p := &u.parts.all[in]
	if p.later == 0 {
		n, err := u.part(" later " + strconv.Itoa(int(in)))
		if err != nil || n == 0 {
			return err
		}
		p = &u.parts.all[in] // which has moved
		p.later = n
		if err := u.put(in, n, 1); err != nil {
			return err
		}
	}
	return u.put(p.later, part, 1)
}

// putProduct puts in that each element of a part draws what another stands for.
func (u *uses) putProduct(in, part, each int32) error {
	n, err := u.counted(" each " + strconv.Itoa(int(part)) + " " + strconv.Itoa(int(each)))
	if err != nil || n == 0 {
		return err
	}
	if u.parts.all[n].kind != useProduct {
		u.parts.all[n].kind = useProduct
		if err := u.put(n, part, 1); err != nil {
			return err
		}
		if err := u.put(n, each, 1); err != nil {
			return err
		}
	}
	return u.put(in, n, 1)
}

// forEvery counts in the parts that each element may use: one in another in turn, unless nothing is drawn in
// them.
func (u *uses) forEvery(puts []usePut, sum int64) (int64, error) {
	if rules, err := u.part(" " + anyKey); err != nil {
		return 0, err
	} else if rules != 0 && u.anyRule {
		if err := u.everyUses(puts, rules); err != nil {
			return 0, err
		}
	}
	for known := -1; known < len(u.every.all); { // to count one may bring others
		known = len(u.every.all)
		for part := range u.every.all {
			if _, err := u.count(puts, part); err != nil {
				return 0, err
			}
		}
	}
	flat := int64(1)
	for part := range u.every.all {
		if u.parts.all[part].kind == useFlat {
			flat = min(flat+u.sum(part), useLimit+1)
		} else {
			sum = capped(sum, 1+u.sum(part))
		}
	}
	return capped(sum, flat), nil
}

// circle takes what the styles that are being counted use for what each element may use.
func (u *uses) circle(puts []usePut) error {
	for ; u.circled < len(u.visited); u.circled++ {
		if err := u.everyUses(puts, u.visited[u.circled]); err != nil {
			return err
		}
	}
	return nil
}

func (u *uses) everyUses(puts []usePut, style int32) error {
	for i := u.parts.all[style].first; int(i) < len(puts) && puts[i].in == style; i++ {
		if k := u.parts.all[puts[i].part].kind; k == useStyle || k == useProduct {
			continue
		}
		if err := u.every.put(u.l, puts[i].part, struct{}{}, 0); err != nil {
			return err
		}
	}
	return nil
}
