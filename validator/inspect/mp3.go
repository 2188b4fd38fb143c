package inspect

import (
	"bytes"
	"encoding/binary"

	"airlock"
)

// mp3 is what is known of MPEG audio (ISO/IEC 11172-3, 2.4; 13818-3).
type mp3 struct {
	l *look
}

const (
	chain      = 3        // frames in a row that make a sound; three headers agree by chance once in 2^40
	mostLead   = 64 << 10 // between the tags and the first frame
	mostBlank  = 4 << 20  // of zeros there
	walkAll    = 2 << 20  // a sound up to so many bytes is gone through frame by frame
	samples    = 16       // a longer one at so many places
	sampleSize = 32 << 10
)

func inspectMP3(l *look) error {
	m := &mp3{l}
	from, err := m.tags()
	if err != nil {
		return err
	}
	end, err := m.behind()
	if err != nil {
		return err
	}
	if end <= from {
		return malformed(l, "it has tags, but no sound")
	}
	if from, err = m.first(from, end); err != nil {
		return err
	}
	switch {
	case !l.full():
		return l.ends(end)
	case end-from > walkAll:
		return m.sample(from, end)
	}
	if err := m.walk(from, end); err != nil {
		return err
	}
	return l.small()
}

// tags goes behind all ID3v2 tags at the beginning.
func (m *mp3) tags() (int64, error) {
	off := int64(0)
	for range 16 {
		size, err := m.tag(off)
		if err != nil || size == 0 {
			return off, err
		}
		off += size
	}
	return 0, malformed(m.l, "it has more than 16 tags")
}

// first finds the first frame of a chain at or behind off.
func (m *mp3) first(off, end int64) (int64, error) {
	blank, err := m.blank(off, end)
	if err != nil {
		return 0, err
	}
	b, err := m.l.upTo(blank, int(min(mostLead+16<<10, end-blank)))
	if err != nil {
		return 0, err
	}
	if what := payload(b); what != "" {
		return 0, m.l.objectTo(airlock.TypeMismatch, "behind its tags comes no sound, but %s", what)
	}
	if len(b) > 1 && b[0] == 0xff && b[1]&0xf6 == 0xf0 {
		return 0, m.l.objectTo(airlock.TypeMismatch, "it is declared as MP3, but is AAC")
	}
	at := findChain(b, end-blank)
	if at < 0 || at > mostLead {
		return 0, m.l.objectTo(airlock.TypeMismatch, "it is declared as MP3, but no frames of sound follow each other in it")
	}
	return blank + int64(at), m.l.part("what lies before its sound", b[:at])
}

// blank goes behind zeros, which writers leave for a tag to grow.
func (m *mp3) blank(off, end int64) (int64, error) {
	for from := off; off < end && off-from < mostBlank; {
		b, err := m.l.upTo(off, int(min(4096, end-off)))
		if err != nil {
			return 0, err
		}
		rest := bytes.TrimLeft(b, "\x00")
		off += int64(len(b) - len(rest))
		if len(rest) > 0 {
			break
		}
	}
	return off, nil
}

// bitrates are kbit/s by version (1, or 2 and 2.5) and layer (11172-3, 2.4.2.3; 13818-3, 2.4.2.3).
var bitrates = map[[2]byte][16]int{
	{1, 1}: {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, -1},
	{1, 2}: {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, -1},
	{1, 3}: {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, -1},
	{2, 1}: {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, -1},
	{2, 2}: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, -1},
	{2, 3}: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, -1},
}

// frameAt is the length of the frame whose header b begins with; 0 if there is none, -1 if its
// bitrate is free.
func frameAt(b []byte) int {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return 0
	}
	version, layer := b[1]>>3&3, 4-b[1]>>1&3 // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
	rate := int([3]int{44100, 48000, 32000}[min(b[2]>>2&3, 2)])
	if version == 1 || layer == 4 || b[2]>>2&3 == 3 || b[3]&3 == 2 {
		return 0
	}
	table := byte(2)
	switch version {
	case 3:
		table = 1
	case 2:
		rate /= 2
	case 0:
		rate /= 4
	}
	kbit := bitrates[[2]byte{table, layer}][b[2]>>4]
	pad := int(b[2] >> 1 & 1)
	switch {
	case kbit < 0:
		return 0
	case kbit == 0:
		return -1
	case layer == 1:
		return (12000*kbit/rate + pad) * 4
	case layer == 3 && table == 2:
		return 72000*kbit/rate + pad
	}
	return 144000*kbit/rate + pad
}

// alike tells whether two headers are of one sound: version, layer and rate stay.
func alike(a, b []byte) bool {
	return a[0] == b[0] && a[1]&0xfe == b[1]&0xfe && a[2]&0x0c == b[2]&0x0c
}

// free is the length of a frame whose bitrate is free: up to the next header like its own.
func free(b []byte) int {
	for i := 24; i+4 <= min(len(b), 8<<10); i++ {
		if b[i] == 0xff && alike(b, b[i:]) && b[i+2]>>4 == 0 {
			return i
		}
	}
	return 0
}

// follows counts the frames in a row at the beginning of b, at most chain. left is how much of the
// file there is from b on: its end makes up for frames that are missing.
func follows(b []byte, left int64) int {
	head := b
	for n := range chain {
		size := frameAt(b)
		if size < 0 {
			size = free(b)
		}
		if size <= 0 || !alike(head, b) {
			return n
		}
		left -= int64(size)
		if left < 4 && (n > 0 || left == 0) || size >= len(b) && n > 0 && left > 0 && len(b) >= 4 && size > len(b)-4 {
			return chain
		}
		if size > len(b)-4 {
			return n
		}
		b = b[size:]
	}
	return chain
}

// findChain is where the first chain in b begins; -1 if there is none.
func findChain(b []byte, left int64) int {
	for i := 0; i+4 <= len(b); i++ {
		j := bytes.IndexByte(b[i:], 0xff)
		if j < 0 {
			return -1
		}
		if i += j; follows(b[i:], left-int64(i)) >= chain {
			return i
		}
	}
	return -1
}

// walk goes from frame to frame. Other bytes between them are let through, as readers do, as long as
// there are fewer of them than of sound.
func (m *mp3) walk(off, end int64) error {
	var sound, other int64
	var window []byte // of the file at base
	var head [4]byte  // of the frame that ends at last
	base, last := off, off
	for off < end {
		if int(off-base) > len(window)-walkAhead || off < base {
			var err error
			if window, err = m.l.upTo(off, int(min(64<<10, end-off))); err != nil {
				return err
			}
			base = off
		}
		b := window[off-base:]
		size := frameIn(b, end-off)
		if size == 0 && off == last && frameAt(b) > 0 && alike(head[:], b) { // the last before something else
			size = int64(frameAt(b))
		}
		if size > 0 {
			copy(head[:], b)
			sound += size
			off = min(end, off+size)
			last = off
			continue
		}
		if tag, err := m.tag(off); err != nil {
			return err
		} else if tag > 0 {
			off += tag
			continue
		}
		at := findChain(b[1:], end-off-1)
		if at < 0 && base+int64(len(window)) == end {
			at = len(b) - 1
		} else if at < 0 {
			at = max(0, len(b)-walkAhead)
		}
		other += int64(at) + 1
		off += int64(at) + 1
	}
	if other > 4096 && other > sound {
		return malformed(m.l, "%d of its bytes are no frames of sound", other)
	}
	return m.l.ends(m.endsAt(last, end))
}

// endsAt is where the sound ends: behind the last frame, or where the tags behind it end, too.
func (m *mp3) endsAt(last, end int64) int64 {
	if last < end {
		return last
	}
	return m.l.size
}

// walkAhead is more than three frames need.
const walkAhead = 8 << 10

// frameIn is the length of the frame that b begins with, if another follows or the end does; else 0.
func frameIn(b []byte, left int64) int64 {
	size := frameAt(b)
	if size < 0 {
		size = free(b)
	}
	if size <= 0 {
		return 0
	}
	if n := int64(size); n+4 > left || n+4 > int64(len(b)) || frameAt(b[size:]) != 0 {
		return n
	}
	return 0
}

// sample looks for chains at some places of a long sound. Pictures in tags between them take some.
func (m *mp3) sample(from, end int64) error {
	missing := int64(0)
	for i := range int64(samples) {
		off := from + (end-from-sampleSize)/(samples-1)*i
		b, err := m.l.upTo(off, sampleSize)
		if err != nil {
			return err
		}
		if err := m.l.step(); err != nil {
			return err
		}
		if findChain(b, end-off) < 0 {
			missing++
		}
	}
	if missing > samples/2 {
		return malformed(m.l, "at %d of %d places in it there is no sound", missing, samples)
	}
	b, err := m.l.upTo(end-sampleSize, sampleSize)
	if err != nil {
		return err
	}
	at := findChain(b, sampleSize)
	if at < 0 {
		return m.l.tail(end - sampleSize)
	}
	return m.walk(end-sampleSize+int64(at), end)
}

// behind is where the tags at the end begin: ID3v1 of 128 bytes, APE's, Lyrics3's.
func (m *mp3) behind() (int64, error) {
	end := m.l.size
	for range 8 {
		size, err := m.lastTag(end)
		if err != nil || size == 0 {
			return end, err
		}
		end -= size
	}
	return end, nil
}

func (m *mp3) lastTag(end int64) (int64, error) {
	if end < 128 {
		return 0, nil
	}
	b, err := m.l.bytes(end-128, 128)
	if err != nil {
		return 0, err
	}
	switch {
	case bytes.HasPrefix(b, []byte("TAG")):
		return 128, m.l.fields("the ID3 tag", b[3:])
	case string(b[96:104]) == "APETAGEX": // APEv2: the footer holds the size of items and footer
		size := int64(binary.LittleEndian.Uint32(b[108:]))
		if b[119]&0x80 != 0 { // and there is a header
			size += 32
		}
		if size > end || size < 32 {
			return 0, malformed(m.l, "its APE tag is longer than the file")
		}
		return size, m.inTag("the APE tag", end-size, end)
	case string(b[119:]) == "LYRICS200":
		size := int64(0)
		for _, c := range b[113:119] {
			size = size*10 + int64(c-'0')
		}
		if size += 15; size > end || size < 15 {
			return 0, malformed(m.l, "its lyrics are longer than the file")
		}
		return size, m.inTag("the lyrics", end-size, end)
	}
	return 0, nil
}

func (m *mp3) inTag(name string, from, end int64) error { return m.l.edges(name, from, end) }
