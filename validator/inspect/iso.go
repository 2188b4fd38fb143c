package inspect

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"airlock"
)

// iso is what is known of a film or sound in boxes while they go by (ISO/IEC 14496-12; QuickTime File
// Format Specification). Its pictures and sounds are not read.
type iso struct {
	boxes
	brands []string // of a box of 4 KiB at most
	tracks int
	media  bool // a track of pictures or sound
	video  bool // a track of moving pictures, not a cover
	moov   bool
	moof   int
	mdat   bool
	codec  string // of the first track of pictures

	wasPacked bool // its header was, or it lies in a packed one
}

func inspectISO(l *look) error {
	m := &iso{boxes: boxes{l: l}}
	if err := m.kind(); err != nil {
		return err
	}
	end, err := m.top()
	if err != nil {
		return err
	}
	switch {
	case !m.moov:
		return malformed(l, "it has no box moov, which says what is in it")
	case m.tracks == 0:
		return malformed(l, "it has no track: neither pictures nor sound")
	case !m.media:
		return malformed(l, "none of its tracks is of pictures or sound")
	case !m.mdat && m.moof == 0:
		return malformed(l, "it has no box mdat: neither pictures nor sound")
	case strings.HasPrefix(l.mediaType, "audio/") && m.video:
		return l.objectTo(airlock.TypeMismatch, "it is declared as sound, but holds a film")
	}
	if err := l.ends(end); err != nil {
		return err
	}
	return l.small()
}

// kind holds what the first box says against the declared type. Only QuickTime has files without it.
// MPEG-4 that is called QuickTime, and the other way round, are one format to their players.
func (m *iso) kind() error {
	first, err := m.at(0, m.l.size)
	if err != nil && err != errCutBox {
		return m.broken(first, err)
	}
	if first.kind != "ftyp" {
		if m.l.mediaType != "video/quicktime" {
			return malformed(m.l, "it does not begin by what it is")
		}
		m.brands = []string{"qt  "}
		return nil
	}
	if m.brands, _, err = m.l.brands(); err != nil {
		return err
	}
	if hasAny(m.brands[:1], "heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1", "avif", "avis", "crx ", "jp2 ", "jpx ", "jxl ") {
		return m.l.objectTo(airlock.TypeMismatch, "it is declared as film or sound, but is of the kind %q", m.brands[0])
	}
	return nil
}

// knownTop are the boxes that are at the top; if one of them is cut off, the file is.
var knownTop = []string{
	"ftyp", "styp", "moov", "moof", "mdat", "free", "skip", "wide", "uuid", "meta", "sidx", "ssix", "prft", "mfra", "emsg", "pdin", "pnot", "PICT", "imda",
}

// top goes through the boxes at the top, and returns where they end.
func (m *iso) top() (end int64, err error) {
	for off := int64(0); off < m.l.size; {
		b, err := m.at(off, m.l.size)
		complete := m.moov && (m.mdat || m.moof > 0)
		switch {
		case err == errNoBox && complete, err == errCutBox && complete && !slices.Contains(knownTop, b.kind):
			return off, nil
		case err == errNoBox && m.blank(off, m.l.size) && m.l.size-off < 8:
			return off, nil
		case err != nil:
			return 0, m.broken(b, err)
		}
		if err := m.box(b); err != nil {
			return 0, err
		}
		if !m.l.full() && m.moov && m.moof > 8 {
			return m.l.size, nil
		}
		off = b.end
	}
	return m.l.size, nil
}

func (m *iso) box(b box) error {
	switch b.kind {
	case "ftyp":
		return m.l.window("the box ftyp", b.body, b.size())
	case "moov":
		if m.moov {
			return malformed(m.l, "it has two boxes moov")
		}
		m.moov = true
		return m.movie(b.body, b.end)
	case "moof":
		if m.moof++; m.moof > 8 {
			return nil
		}
		found := false
		err := m.each(b.body, b.end, func(in box) error {
			found = found || in.kind == "mfhd"
			return nil
		})
		if err == nil && !found {
			return malformed(m.l, "a fragment of it has no header")
		}
		return err
	case "mdat":
		m.mdat = true
		if b.size() == 0 {
			return nil
		}
	case "sidx", "styp", "prft", "ssix", "mfra":
		return nil
	case "uuid": // 16 bytes that say whose it is
		b.body = min(b.end, b.body+16)
	}
	return m.l.edges("the box "+b.kind, b.body, b.end)
}

// holders are the boxes of a movie that hold boxes.
var holders = []string{"trak", "mdia", "minf", "dinf", "stbl", "edts", "tref", "gmhd"}

// movie goes through what is inside of moov.
func (m *iso) movie(from, end int64) error {
	return m.each(from, end, func(b box) error {
		switch b.kind {
		case "cmov":
			return m.packed(b)
		case "rmda", "rmra":
			return m.l.active("it is a reference to another film")
		case "trak":
			if m.tracks++; int64(m.tracks) > 1000 {
				return malformed(m.l, "it has more than 1000 tracks")
			}
			return m.track(b)
		case "udta", "meta", "uuid":
			return m.l.named("the box "+b.kind, b.body, b.end)
		case "free", "skip":
			return m.l.window("the box "+b.kind, b.body, b.size())
		}
		return nil
	})
}

// packed looks into a movie header that QuickTime deflated (QTFF, "Compressed movie resources").
func (m *iso) packed(b box) error {
	return m.each(b.body, b.end, func(in box) error {
		if in.kind != "cmvd" || in.size() < 6 {
			return nil
		}
		if m.wasPacked {
			return malformed(m.l, "it has two packed headers")
		}
		m.wasPacked = true
		movie, err := m.l.inflated("the packed header", in.body+4, in.end)
		if err != nil {
			return err
		}
		defer movie.done()
		movie.mediaType = m.l.mediaType
		inner := &iso{boxes: boxes{l: movie, seen: m.seen}, brands: m.brands, wasPacked: true}
		if err := inner.each(0, movie.size, func(b box) error {
			if b.kind != "moov" {
				return nil
			}
			return inner.movie(b.body, b.end)
		}); err != nil {
			return err
		}
		m.tracks, m.video, m.media = m.tracks+inner.tracks, m.video || inner.video, m.media || inner.media
		return nil
	})
}

// track is what is known of one track.
type track struct {
	handler string
	codec   string
}

// pictureCodecs are those of single pictures: a cover, or the pictures of chapters.
var pictureCodecs = []string{"jpeg", "png ", "mjpa", "mjpb", "tiff", "gif ", "bmp "}

func (m *iso) track(b box) error {
	var t track
	if err := m.inTrack(&t, b.body, b.end, 1); err != nil {
		return err
	}
	if slices.Contains([]string{"vide", "soun", "pict", "auxv", "MPEG", "musi", "strm", "m2ts"}, t.handler) {
		m.media = true
	}
	if t.handler == "vide" && !slices.Contains(pictureCodecs, t.codec) {
		m.video = true
	}
	if (t.handler == "vide" || t.handler == "pict") && m.codec == "" {
		m.codec = t.codec
	}
	return nil
}

func (m *iso) inTrack(t *track, from, end int64, depth int) error {
	if depth > 8 {
		return malformed(m.l, "its boxes are in each other more than 8 deep")
	}
	return m.each(from, end, func(b box) error {
		switch {
		case b.kind == "hdlr":
			return m.handler(t, b)
		case b.kind == "stsd":
			return m.samples(t, b)
		case b.kind == "dref":
			return m.references(b)
		case b.kind == "udta", b.kind == "meta":
			return m.l.named("the box "+b.kind, b.body, b.end)
		case b.kind == "stco", b.kind == "co64":
			return m.chunks(b)
		case slices.Contains(holders, b.kind):
			return m.inTrack(t, b.body, b.end, depth+1)
		}
		return nil
	})
}

// handler says what a track is. Some of QuickTime's run: sprites with actions, Flash, and texts whose
// words are addresses that are opened (QTFF, "Media handlers"; "HREF tracks").
func (m *iso) handler(t *track, b box) error {
	_, _, p, err := m.l.fullBox(b, 256)
	if err != nil || len(p) < 8 {
		return err
	}
	if kind := string(p[4:8]); t.handler == "" && string(p[:4]) != "dhlr" {
		t.handler = kind
	}
	switch {
	case slices.Contains([]string{"sprt", "flsh", "qtvr", "wire", "jscr"}, t.handler):
		return m.l.active("a track of the kind %q runs actions", t.handler)
	case bytes.Contains(p[8:], []byte("HREFTrack")):
		return m.l.active("a track opens addresses")
	}
	return m.l.words("the name of a track", p[8:])
}

// samples looks at the first description of a track's samples (14496-12, 8.5.2).
func (m *iso) samples(t *track, b box) error {
	_, _, p, err := m.l.fullBox(b, 64)
	if err != nil {
		return err
	}
	if len(p) < 12 {
		return nil
	}
	t.codec = string(p[8:12])
	if t.codec == "encv" || t.codec == "enca" || t.codec == "drmi" || t.codec == "drms" {
		return m.l.encrypted("a track is encrypted")
	}
	if t.handler != "vide" || len(p) < 40 {
		return nil
	}
	// Within the visual sample entry width and height are behind 16 bytes that are reserved.
	w, h := int64(binary.BigEndian.Uint16(p[36:])), int64(binary.BigEndian.Uint16(p[38:]))
	if w == 0 || h == 0 {
		return nil
	}
	return m.l.picture(w, h)
}

// chunks holds where the samples are said to be, the first and the last, against the file's size
// (14496-12, 8.7.5).
func (m *iso) chunks(b box) error {
	if m.l.inside != "" { // a packed header's offsets are of the file around it
		return nil
	}
	wide := int64(4)
	if b.kind == "co64" {
		wide = 8
	}
	_, _, p, err := m.l.fullBox(b, 4+int(wide))
	if err != nil {
		return err
	}
	n := numbers{b: p}
	count := int64(n.take(4))
	if count == 0 || n.err != nil {
		return n.err
	}
	if count > (b.size()-8)/wide {
		return malformed(m.l, "the list of its samples is cut off")
	}
	first := n.take(int(wide))
	last, err := m.l.bytes(b.body+8+(count-1)*wide, int(wide))
	if err != nil {
		return err
	}
	n = numbers{b: last}
	if at := max(first, n.take(int(wide))); at > uint64(m.l.size) {
		return malformed(m.l, "its samples are said to lie at %d, beyond the file's end", at)
	}
	return nil
}

// references says where the samples are (14496-12, 8.7.2): an address elsewhere makes a reader fetch it.
func (m *iso) references(b box) error {
	return m.each(b.body+8, b.end, func(r box) error {
		if r.kind != "url " && r.kind != "urn " && r.kind != "rsrc" {
			return nil
		}
		_, flags, p, err := m.l.fullBox(r, 512)
		if err != nil {
			return err
		}
		if address := strings.ToLower(string(bytes.Trim(p, "\x00"))); flags&1 == 0 && strings.Contains(address, ":") && r.kind != "rsrc" || strings.HasPrefix(address, "\\\\") {
			return m.l.active("its pictures or sounds are to be fetched from %.60q", address)
		}
		return nil
	})
}
