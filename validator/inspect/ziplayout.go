package inspect

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"airlock"
)

// layout holds the entries against the file: from its beginning to the directory without overlap, and
// without a gap that something could hide in. How long a local header is only that header tells; here
// it is bounded, to be held exactly against the file by whoever reads it.
func (z *zipArchive) layout() error {
	if !slices.IsSortedFunc(z.entries, func(a, b zipEntry) int { return cmp.Compare(a.off, b.off) }) {
		if z.names != nil {
			if err := z.sortNames(); err != nil {
				return err
			}
		} else {
			slices.SortFunc(z.entries, func(a, b zipEntry) int { return cmp.Compare(a.off, b.off) })
		}
	}
	at := int64(0)
	for i, e := range z.entries {
		if i%1024 == 0 {
			if err := z.step(); err != nil {
				return err
			}
		}
		switch {
		case e.off < at:
			return z.objectTo(airlock.Bomb, "its entries overlap: one piece of it is unpacked more than once")
		case i == 0 && e.off != 0, e.off-at > zipMostSlack:
			return z.objectTo(airlock.UnsafeArchive, "there are %d bytes between its entries that belong to none", e.off-at)
		}
		at = e.off + 30 + int64(e.nameLen) + e.packed
	}
	switch {
	case at > z.start:
		return z.objectTo(airlock.Bomb, "its entries overlap: one piece of it is unpacked more than once")
	case z.start-at > zipMostSlack || len(z.entries) == 0 && z.start > 0:
		return z.objectTo(airlock.UnsafeArchive, "there are %d bytes between its entries that belong to none", z.start-at)
	}
	if z.total > 64<<20 && z.total/400 > z.start {
		return z.objectTo(airlock.Bomb, "%d bytes unpack to %d", z.start, z.total)
	}
	return nil
}

// zipMostSlack is the most that may lie behind an entry: the extra field of its local header, a data
// descriptor, and zeros for alignment.
const zipMostSlack = 64<<10 + 24 + zipMostPadding

const zipMostPadding = 64 << 10

func (z *zipArchive) sortNames() error {
	if err := z.hold(int64(len(z.entries)) * (8 + 48 + 16)); err != nil { // an index, an entry and a name
		return err
	}
	order := make([]int, len(z.entries))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(z.entries[a].off, z.entries[b].off) })
	entries, names := make([]zipEntry, len(order)), make([]string, len(order))
	for to, from := range order {
		entries[to], names[to] = z.entries[from], z.names[from]
	}
	z.entries, z.names = entries, names
	return nil
}

// sample reads local headers: all of a small archive's; of a large one's, those in as many blocks as
// are cheap to fetch. Where something lies behind an entry as behind few others is looked at first,
// the rest by chance, so that nobody knows beforehand which lie is not seen.
func (z *zipArchive) sample() error {
	most := int(min(max(16<<20-(z.end-z.start), 1<<20), 8<<20) / blockBytes)
	chosen := map[int64]bool{}
	if z.start > int64(most)*blockBytes {
		z.choose(chosen, most)
	}
	for i, e := range z.entries {
		if len(chosen) > 0 && !chosen[e.off/blockBytes] {
			if err := z.step(); err != nil {
				return err
			}
			continue
		}
		_, body, err := z.local(i)
		if err != nil {
			return err
		}
		end := body + e.packed
		gap := z.next(i) - end
		if fits := gap == 0 || e.flags&zipDescriptor != 0 && gap >= 12 && gap <= 24 && gap%4 == 0; fits && len(chosen) > 0 && !chosen[end/blockBytes] {
			continue // room for a data descriptor, in a block that was not chosen
		}
		if err := z.behind(i, end); err != nil {
			return err
		}
	}
	return nil
}

// next is where an entry must end, with all that is behind it.
func (z *zipArchive) next(i int) int64 {
	if i+1 < len(z.entries) {
		return z.entries[i+1].off
	}
	return z.start
}

func (z *zipArchive) choose(chosen map[int64]bool, most int) {
	choose := func(i int) {
		if len(chosen) < most {
			chosen[z.entries[i].off/blockBytes] = true
		}
	}
	choose(0)
	choose(len(z.entries) - 1)
	slack := func(i int) int64 {
		e := z.entries[i]
		return z.next(i) - e.off - 30 - int64(e.nameLen) - e.packed
	}
	often := map[int64]int{}
	for i := range z.entries {
		if s := slack(i); len(often) < 256 || often[s] > 0 {
			often[s]++
		}
	}
	for range 4 * most { // the odd ones, by chance: half of the budget at most
		if i := rand.IntN(len(z.entries)); often[slack(i)] < len(z.entries)/100 && len(chosen) < most/4 {
			choose(i)
		}
	}
	for i := range z.entries { // and in order, if they are few
		if often[slack(i)] < 16 && len(chosen) < most/2 {
			choose(i)
		}
	}
	for range 4 * most {
		choose(rand.IntN(len(z.entries)))
	}
}
