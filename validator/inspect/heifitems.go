package inspect

import (
	"cmp"
	"slices"

	"airlock"
)

// lookAtItems looks at the items that are text, or numbers and text. Several may be said to lie at one
// place, or on one another; honest ones don't, so that all of them are no longer than the file twice.
func (h *heif) lookAtItems() error {
	slices.SortFunc(h.places.all, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.end, b.end), cmp.Compare(h.rule(a), h.rule(b)))
	})
	for i, p := range h.places.all {
		rule := h.rule(p)
		if rule == itemOther || p.from == p.end {
			continue
		}
		if i > 0 {
			if q := h.places.all[i-1]; q.from == p.from && q.end == p.end && h.rule(q) == rule {
				continue
			}
		}
		size := min(p.end-p.from, tailWindow)
		if h.looked += size; h.looked > 2*h.l.size+tailWindow {
			return h.l.objectTo(airlock.Uninspectable, "its items lie on one another")
		}
		b, err := h.l.upTo(p.from, int(size))
		if err != nil {
			return err
		}
		if err := h.item(rule, b); err != nil {
			return err
		}
	}
	return nil
}

// How an item is looked at.
const (
	itemOther = iota
	itemFields
	itemXMP
	itemAny
)

func (h *heif) rule(p place) int {
	switch kind := h.items.all[p.item]; {
	case kind == "Exif":
		return itemFields
	case kind != "mime" && kind != "uri ":
		return itemOther
	case h.mimes.has(p.item):
		return itemXMP
	}
	return itemAny
}

func (h *heif) item(rule int, b []byte) error {
	switch rule {
	case itemFields:
		return h.l.fields("the Exif data", b)
	case itemXMP:
		return h.l.metadata(b)
	}
	if err := h.l.part("an item", b); err != nil {
		return err
	}
	return h.l.fields("an item", b)
}
