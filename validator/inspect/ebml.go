package inspect

import (
	"slices"
	"strings"

	"airlock"
)

// The elements that are looked at (RFC 9559; WebM Container Guidelines).
const (
	ebmlHeader      = 0x1a45dfa3
	ebmlDocType     = 0x4282
	ebmlMaxID       = 0x42f2
	ebmlMaxSize     = 0x42f3
	ebmlVoid        = 0xec
	ebmlCRC         = 0xbf
	mkvSegment      = 0x18538067
	mkvSeekHead     = 0x114d9b74
	mkvInfo         = 0x1549a966
	mkvTracks       = 0x1654ae6b
	mkvTrack        = 0xae
	mkvTrackType    = 0x83
	mkvCodec        = 0x86
	mkvVideo        = 0xe0
	mkvWidth        = 0xb0
	mkvHeight       = 0xba
	mkvEncodings    = 0x6d80
	mkvEncoding     = 0x6240
	mkvEncryption   = 0x5035
	mkvCluster      = 0x1f43b675
	mkvCues         = 0x1c53bb6b
	mkvChapters     = 0x1043a770
	mkvTags         = 0x1254c367
	mkvAttachments  = 0x1941a469
	mkvAttached     = 0x61a7
	mkvAttachedData = 0x465c
)

// element is one element of EBML (RFC 8794).
type element struct {
	id      uint32
	body    int64
	end     int64
	unknown bool // its size is not said: it ends where something begins that it can't hold
}

// webm is what is known of a WebM while its elements go by.
type webm struct {
	l        *look
	seen     int
	tracks   bool
	video    bool
	clusters int
	walked   int64 // bytes within clusters whose size is not said
	head     [12]byte
}

// mostElements bounds what is gone through; mostWalked how far it is looked into clusters of unknown
// size, as browsers record them: each block's header has to be read.
const (
	mostElements = 2_000_000
	mostWalked   = 64 << 20
)

func inspectWebM(l *look) error {
	w := &webm{l: l}
	end := int64(0)
	for files := 0; end < l.size; files++ { // live streams are several files in a row
		e, err := w.element(end, l.size)
		if err == nil && (e.id == ebmlVoid || e.id == ebmlCRC) {
			end = e.end
			continue
		}
		if files > 0 && (err != nil || e.id != ebmlHeader) || files > 1000 {
			break
		}
		if err != nil {
			return err
		}
		if end, err = w.file(e); err != nil {
			return err
		}
	}
	switch {
	case !w.tracks || w.clusters == 0:
		return malformed(l, "it has neither pictures nor sound")
	case l.mediaType == "audio/webm" && w.video:
		return l.objectTo(airlock.TypeMismatch, "it is declared as sound, but holds a film")
	}
	if err := l.ends(end); err != nil {
		return err
	}
	return l.small()
}

// ebmlNumber reads a number of variable length that b begins with (RFC 8794, 4); all its bits set mean unknown.
// Of n bytes: 0 if it is cut off or damaged.
func ebmlNumber(b []byte, most int, marker bool) (v uint64, n int, unknown bool) {
	length := 1
	for mask := byte(0x80); length <= most && len(b) > 0 && b[0]&mask == 0; mask >>= 1 {
		length++
	}
	if length > most || length > len(b) {
		return 0, 0, false
	}
	v = uint64(b[0])
	if !marker {
		v &= 0xff >> length
	}
	ones := v == 0xff>>length
	for _, c := range b[1:length] {
		v = v<<8 | uint64(c)
		ones = ones && c == 0xff
	}
	return v, length, ones && !marker
}

// element reads the header of the element at off, which must end by end.
func (w *webm) element(off, end int64) (e element, err error) {
	if w.seen++; w.seen > mostElements {
		return e, w.l.objectTo(airlock.Uninspectable, "it has more than %d elements", mostElements)
	}
	b := w.head[:min(int64(len(w.head)), max(0, end-off))]
	if n, err := w.l.ReadAt(b, off); n < len(b) {
		return e, orEOF(err)
	}
	id, n, _ := ebmlNumber(b, 4, true)
	if n == 0 {
		return e, malformed(w.l, "at %d an element is cut off or damaged", off)
	}
	e.id = uint32(id)
	size, m, unknown := ebmlNumber(b[n:min(len(b), n+8)], 8, false)
	if m == 0 {
		return e, malformed(w.l, "at %d an element is cut off or damaged", off+int64(n))
	}
	e = element{id: uint32(id), body: off + int64(n+m), unknown: unknown, end: end}
	if unknown {
		return e, nil
	}
	if size > uint64(end-e.body) {
		return e, malformed(w.l, "an element %X is longer than what it is in, or the file is cut off", e.id)
	}
	e.end = e.body + int64(size)
	return e, nil
}

func (w *webm) each(from, end int64, visit func(element) error) error {
	for from < end {
		e, err := w.element(from, end)
		if err != nil {
			return err
		}
		if err := visit(e); err != nil {
			return err
		}
		from = e.end
	}
	return nil
}

// file is one header and its segment; it returns where they end.
func (w *webm) file(header element) (int64, error) {
	if header.id != ebmlHeader || header.unknown || header.end-header.body > 4<<10 {
		return 0, malformed(w.l, "it does not begin as a WebM")
	}
	err := w.each(header.body, header.end, func(e element) error {
		b, err := w.l.upTo(e.body, int(min(16, e.end-e.body)))
		if err != nil {
			return err
		}
		value := strings.TrimRight(string(b), "\x00")
		switch {
		case e.id == ebmlDocType && value != "webm":
			return w.l.objectTo(airlock.TypeMismatch, "it is not WebM, but %.16q", value)
		case e.id == ebmlMaxID && value != "\x04", e.id == ebmlMaxSize && (len(value) != 1 || value[0] > 8):
			return malformed(w.l, "its numbers are longer than WebM's")
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	segment, err := w.element(header.end, w.l.size)
	for err == nil && segment.id == ebmlVoid {
		segment, err = w.element(segment.end, w.l.size)
	}
	if err != nil {
		return 0, err
	}
	if segment.id != mkvSegment {
		return 0, malformed(w.l, "what follows its header is no segment")
	}
	return w.segment(segment)
}

// What a segment holds, and what a cluster does: its time, blocks and positions.
var (
	parts     = []uint32{mkvSeekHead, mkvInfo, mkvTracks, mkvCluster, mkvCues, mkvChapters, mkvTags, mkvAttachments, ebmlVoid, ebmlCRC}
	inCluster = []uint32{0xe7, 0xa3, 0xa0, 0xab, 0xa7, 0x5854, 0xaf, ebmlVoid, ebmlCRC}
)

// segment goes through the parts of the file.
func (w *webm) segment(s element) (int64, error) {
	off := s.body
	for off < s.end {
		e, err := w.element(off, s.end)
		if s.unknown && w.clusters > 0 && !slices.Contains(parts, e.id) {
			return off, nil // a segment whose size is not said ends where something else begins
		}
		if err != nil {
			return 0, err
		}
		if off, err = w.top(e); err != nil {
			return 0, err
		}
		if !w.l.full() && w.clusters > 0 || w.walked > mostWalked {
			return w.l.size, nil
		}
	}
	return s.end, nil
}

// top is one part of a segment; it returns where the next begins.
func (w *webm) top(e element) (int64, error) {
	switch e.id {
	case mkvCluster:
		w.clusters++
		if e.unknown {
			return w.cluster(e)
		}
		return e.end, w.beginsWell(e)
	case mkvTracks:
		if w.tracks && w.clusters == 0 {
			return 0, malformed(w.l, "it has two lists of its tracks")
		}
		w.tracks = true
		return e.end, w.each(e.body, e.end, w.track)
	case mkvAttachments:
		return e.end, w.each(e.body, e.end, w.attached)
	case mkvTags, mkvInfo, mkvChapters, ebmlVoid:
		if e.end == e.body {
			return e.end, nil
		}
		return e.end, w.l.named("its data about itself", e.body, e.end)
	case mkvSeekHead, mkvCues, ebmlCRC:
	default:
		return 0, malformed(w.l, "it has an element %X, which there is not", e.id)
	}
	if e.unknown {
		return 0, malformed(w.l, "an element %X does not say how long it is", e.id)
	}
	return e.end, nil
}

// beginsWell looks at the first elements of a cluster whose blocks need not be read.
func (w *webm) beginsWell(c element) error {
	off := c.body
	for n := 0; n < 3 && off < c.end; n++ {
		e, err := w.element(off, c.end)
		if err != nil {
			return err
		}
		if !slices.Contains(inCluster, e.id) {
			return malformed(w.l, "a cluster has an element %X, which there is not", e.id)
		}
		off = e.end
		if w.clusters > 1 { // the next blocks lie elsewhere
			break
		}
	}
	return nil
}

// cluster goes through a cluster of unknown size up to the next part.
func (w *webm) cluster(c element) (int64, error) {
	off := c.body
	for off < c.end && w.walked <= mostWalked {
		e, err := w.element(off, c.end)
		if !slices.Contains(inCluster, e.id) {
			return off, nil
		}
		if err != nil {
			return 0, err
		}
		if e.unknown {
			return 0, malformed(w.l, "an element %X does not say how long it is", e.id)
		}
		w.walked += e.end - off
		off = e.end
		if !w.l.full() {
			break
		}
	}
	return off, nil
}

// webmCodecs are all that WebM may hold (WebM Container Guidelines).
var webmCodecs = []string{"V_VP8", "V_VP9", "V_AV1", "A_VORBIS", "A_OPUS", "S_TEXT/WEBVTT", "D_WEBVTT/"}

func (w *webm) track(t element) error {
	if t.id != mkvTrack {
		return nil
	}
	return w.each(t.body, t.end, func(e element) error {
		switch e.id {
		case mkvCodec:
			b, err := w.l.upTo(e.body, int(min(64, e.end-e.body)))
			if err != nil {
				return err
			}
			codec := strings.TrimRight(string(b), "\x00")
			for _, known := range webmCodecs {
				if strings.HasPrefix(codec, known) {
					return nil
				}
			}
			return w.l.objectTo(airlock.TypeMismatch, "a track is coded as %.40q, which WebM does not hold", codec)
		case mkvTrackType:
			kind, err := w.unsigned(e)
			w.video = w.video || kind == 1
			return err
		case mkvVideo:
			return w.picture(e)
		case mkvEncodings:
			return w.encodings(e)
		}
		return nil
	})
}

func (w *webm) picture(v element) error {
	var width, height uint64
	err := w.each(v.body, v.end, func(e element) (err error) {
		switch e.id {
		case mkvWidth:
			width, err = w.unsigned(e)
		case mkvHeight:
			height, err = w.unsigned(e)
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.l.picture(int64(min(width, 1<<32)), int64(min(height, 1<<32)))
}

func (w *webm) unsigned(e element) (uint64, error) {
	if e.end-e.body > 8 {
		return 0, malformed(w.l, "a number has %d bytes", e.end-e.body)
	}
	b, err := w.l.upTo(e.body, int(e.end-e.body))
	n := numbers{b: b}
	return n.take(len(b)), err
}

func (w *webm) encodings(e element) error {
	return w.each(e.body, e.end, func(e element) error {
		if e.id != mkvEncoding {
			return nil
		}
		return w.each(e.body, e.end, func(e element) error {
			if e.id == mkvEncryption {
				return w.l.encrypted("a track is encrypted")
			}
			return nil
		})
	})
}

// attached looks at a file in the file. WebM has none; a cover is let through.
func (w *webm) attached(a element) error {
	if a.id != mkvAttached {
		return nil
	}
	return w.each(a.body, a.end, func(e element) error {
		if e.id != mkvAttachedData {
			return nil
		}
		b, err := w.l.upTo(e.body, int(min(4096, e.end-e.body)))
		if err != nil {
			return err
		}
		if m := magicType(b); m == "png" || m == "jpeg" || m == "gif" || m == "webp" {
			return nil
		}
		return w.l.active("it holds another file")
	})
}
