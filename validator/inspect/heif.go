package inspect

import (
	"slices"
	"strings"

	"airlock"
)

// heif is what is known of an HEIC or AVIF (ISO/IEC 23008-12; AV1 Image File Format).
type heif struct {
	boxes
	meta     bool
	movie    bool
	data     bool
	items    table[uint32, string] // what each item is
	primary  uint32
	hasFirst bool // primary is set
	sized    bool // a size is said
	located  bool // and where the items are
	handled  bool // and that they are pictures
	config   bool // and how they are coded
	mimes    table[uint32, string]
	places   list[place]
	looked   int64 // bytes of items that were looked at
	extents  int
	codec    string // of an image sequence
}

// place is where an item's bytes are.
type place struct {
	item      uint32
	method    byte
	from, end int64
}

func inspectHEIF(l *look) error {
	brands, _, err := l.brands()
	if err != nil {
		return err
	}
	if !hasAny(brands, "mif1", "mif2", "msf1", "miaf", "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "avif", "avis", "avio", "avic", "avci", "avcs", "MA1A", "MA1B", "jpeg", "j2ki", "vvic", "unif") {
		return l.objectTo(airlock.TypeMismatch, "it is declared as a picture, but is of the kind %.10q", brands[0])
	}
	h := &heif{boxes: boxes{l: l}}
	end, err := h.top()
	if err != nil {
		return err
	}
	if err := h.whole(); err != nil {
		return err
	}
	if err := h.lookAtItems(); err != nil {
		return err
	}
	if err := l.ends(end); err != nil {
		return err
	}
	return l.small()
}

// top goes through the boxes at the top. Makers put films and notes of their own behind.
func (h *heif) top() (int64, error) {
	for off := int64(0); off < h.l.size; {
		b, err := h.at(off, h.l.size)
		complete := (h.meta || h.movie) && h.data
		switch {
		case err == errNoBox && complete, err == errCutBox && complete && !slices.Contains(knownTop, b.kind):
			return off, nil
		case err != nil:
			return 0, h.broken(b, err)
		}
		if err := h.topBox(b); err != nil {
			return 0, err
		}
		off = b.end
	}
	return h.l.size, nil
}

func (h *heif) topBox(b box) error {
	switch b.kind {
	case "meta":
		if h.meta {
			return malformed(h.l, "it has two boxes meta")
		}
		h.meta = true
		return h.inMeta(b)
	case "moov":
		m := &iso{boxes: boxes{l: h.l, seen: h.seen}}
		if err := m.movie(b.body, b.end); err != nil {
			return err
		}
		if m.tracks == 0 {
			return malformed(h.l, "its sequence has no pictures")
		}
		h.movie, h.codec = true, m.codec
		return nil
	case "mdat":
		h.data = true
		if b.size() == 0 {
			return nil
		}
	}
	return h.l.edges("the box "+b.kind, b.body, b.end)
}

func (h *heif) inMeta(meta box) error {
	return h.each(meta.body+4, meta.end, func(b box) error {
		switch b.kind {
		case "hdlr":
			_, _, p, err := h.l.fullBox(b, 8)
			if err != nil || len(p) < 8 || string(p[4:8]) != "pict" {
				return malformed(h.l, "what it describes is no picture")
			}
			h.handled = true
		case "pitm":
			version, _, p, err := h.l.fullBox(b, 4)
			if err != nil {
				return err
			}
			n := numbers{b: p}
			h.primary, h.hasFirst = uint32(n.take(idBytes(version, 1))), true
			return n.err
		case "iinf":
			return h.infos(b)
		case "iloc":
			return h.locations(b)
		case "idat":
			h.data = true
			return h.l.edges("the box idat", b.body, b.end)
		case "iprp":
			return h.properties(b)
		case "dinf":
			m := &iso{boxes: boxes{l: h.l, seen: h.seen}}
			return m.each(b.body, b.end, func(b box) error {
				if b.kind == "dref" {
					return m.references(b)
				}
				return nil
			})
		case "uuid", "free", "skip", "udta", "xml ":
			return h.l.edges("the box "+b.kind, b.body, b.end)
		}
		return nil
	})
}

// idBytes is how long an item's number is: two bytes before a version.
func idBytes(version, long byte) int {
	if version < long {
		return 2
	}
	return 4
}

// infos reads what the items are (14496-12, 8.11.6).
func (h *heif) infos(b box) error {
	version, _, _, err := h.l.fullBox(b, 4)
	if err != nil {
		return err
	}
	return h.each(b.body+4+int64(idBytes(version, 1)), b.end, func(e box) error {
		if e.kind != "infe" {
			return nil
		}
		version, _, p, err := h.l.fullBox(e, 1024)
		if err != nil {
			return err
		}
		if version < 2 {
			return nil
		}
		n := numbers{b: p}
		id := uint32(n.take(idBytes(version, 3)))
		n.take(2)
		kind := n.take(4)
		if n.err != nil {
			return n.err
		}
		if int64(len(h.items.all)) >= h.l.limits.MaxEntries {
			return h.l.objectTo(airlock.Uninspectable, "it has more than %d items", h.l.limits.MaxEntries)
		}
		what := string([]byte{byte(kind >> 24), byte(kind >> 16), byte(kind >> 8), byte(kind)})
		if err := h.items.put(h.l, id, what, len(what)); err != nil {
			return err
		}
		if what == "mime" {
			return h.mime(id, n.b)
		}
		return nil
	})
}

// mime looks at an item of a media type of its own: XMP is one, and pages would be.
func (h *heif) mime(id uint32, b []byte) error {
	_, kind, _ := strings.Cut(string(b), "\x00")
	kind, _, _ = strings.Cut(kind, "\x00")
	lower := strings.ToLower(kind)
	for _, runs := range []string{"html", "javascript", "ecmascript", "x-php", "x-sh", "svg", "x-msdownload", "java-archive"} {
		if strings.Contains(lower, runs) {
			return h.l.active("an item in it is said to be %.60q", kind)
		}
	}
	if strings.Contains(lower, "xml") {
		return h.mimes.put(h.l, id, "xml", 0)
	}
	return nil
}

// locations reads where the items are (14496-12, 8.11.3): within the file.
func (h *heif) locations(b box) error {
	const most = 1 << 20
	if b.size() > most {
		return h.l.objectTo(airlock.Uninspectable, "the list of its items is longer than %d bytes", most)
	}
	if err := h.l.hold(b.size()); err != nil {
		return err
	}
	defer h.l.release(b.size())
	version, _, p, err := h.l.fullBox(b, most)
	if err != nil || version > 2 {
		return malformed(h.l, "the list of its items has version %d", version)
	}
	h.located = true
	n := numbers{b: p}
	sizes := n.take(2)
	offset, length, base, index := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	if version == 0 {
		index = 0
	}
	for count := n.take(idBytes(version, 2)); count > 0 && n.err == nil; count-- {
		if err := h.l.step(); err != nil {
			return err
		}
		p := place{item: uint32(n.take(idBytes(version, 2)))}
		if version > 0 {
			p.method = byte(n.take(2) & 15)
		}
		n.take(2)
		start := n.take(base)
		for extents := n.take(2); extents > 0 && n.err == nil; extents-- {
			if h.extents++; h.extents > mostExtents {
				return h.l.objectTo(airlock.Uninspectable, "its items lie in more than %d places", mostExtents)
			}
			n.take(index)
			from := start + n.take(offset)
			size := n.take(length)
			if err := h.place(p, from, size); err != nil && n.err == nil {
				return err
			}
		}
	}
	if n.err != nil {
		return malformed(h.l, "the list of its items is cut off")
	}
	return nil
}

// mostExtents bounds them, since one may be said in no byte.
const mostExtents = 100_000

// place notes one part of an item that lies in the file itself.
func (h *heif) place(p place, from, size uint64) error {
	if p.method != 0 { // within idat, whose bounds may not be known yet, or within another item
		return nil
	}
	whole := uint64(h.l.size)
	if from > whole || size > whole-from {
		return malformed(h.l, "an item of it is said to lie at %d, %d bytes long, beyond the file's end", from, size)
	}
	p.from, p.end = int64(from), int64(from+size) // what it is may be said only later
	return h.places.add(h.l, p, 0)
}

// properties reads how large the pictures are (23008-12, 6.5.3).
func (h *heif) properties(b box) error {
	return h.each(b.body, b.end, func(in box) error {
		if in.kind != "ipco" {
			return nil
		}
		return h.each(in.body, in.end, func(p box) error {
			if slices.Contains([]string{"av1C", "hvcC", "avcC", "vvcC", "evcC", "jpgC", "j2kH", "uncC", "cmpC", "lhvC"}, p.kind) {
				h.config = true
			}
			if p.kind != "ispe" {
				return nil
			}
			_, _, v, err := h.l.fullBox(p, 8)
			if err != nil {
				return err
			}
			n := numbers{b: v}
			w, high := int64(n.take(4)), int64(n.take(4))
			if n.err != nil {
				return n.err
			}
			h.sized = true
			return h.l.picture(w, high)
		})
	})
}

// whole holds the parts against each other and against the declared type.
func (h *heif) whole() error {
	if !h.meta && !h.movie {
		return malformed(h.l, "it has neither pictures nor a sequence of them")
	}
	if !h.data {
		return malformed(h.l, "it has no data of a picture")
	}
	if h.meta && len(h.items.all) > 0 || !h.movie {
		kind, ok := h.items.all[h.primary]
		switch {
		case !h.hasFirst || !ok || kind == "Exif" || kind == "mime" || kind == "uri ":
			return malformed(h.l, "it does not say which of its items is the picture")
		case !h.sized || !h.located || !h.handled:
			return malformed(h.l, "it does not say how large its picture is, or where")
		}
	}
	has := func(kinds ...string) bool {
		if h.movie && slices.Contains(kinds, h.codec) {
			return true
		}
		for _, kind := range h.items.all {
			if slices.Contains(kinds, kind) {
				return true
			}
		}
		return false
	}
	switch {
	case h.l.mediaType == "image/avif" && !has("av01"):
		return h.l.objectTo(airlock.TypeMismatch, "it is declared as AVIF, but no picture in it is AV1")
	case h.l.mediaType == "image/heic" && !has("hvc1", "hev1", "lhv1", "avc1"):
		return h.l.objectTo(airlock.TypeMismatch, "it is declared as HEIC, but no picture in it is HEVC")
	case has("av01", "hvc1") && !h.movie && !h.config:
		return malformed(h.l, "it does not say how its picture is coded")
	case !has("av01", "hvc1", "hev1", "lhv1", "avc1", "jpeg", "j2k1", "vvc1", "evc1", "unci", "mski"):
		return malformed(h.l, "it has no picture")
	}
	return nil
}
