package inspect

import (
	"encoding/binary"
	"io"
	"math"
	"strings"
	"unicode/utf16"

	"airlock"
)

// oleFile is a compound file (MS-CFB). It is read by hand: richardlehane/mscfb follows chains of
// sectors without a bound and keeps what the file claims, and neither is counted.
type oleFile struct {
	*look
	shift    uint // of a sector's size
	fat      []uint32
	mini     []uint32 // the FAT of small streams
	cutoff   int64    // streams below are small
	root     *oleStream
	entries  []oleEntry
	mine     int64 // bytes of memory held
	lastUsed int64 // where the last sector that is used ends
}

type oleEntry struct {
	name              string
	kind              byte // as MS-CFB 2.6.1
	left, right, down uint32
	parent            int // -1: none leads to it
	start             uint32
	size              int64
	class             [16]byte
}

const (
	oleStorage   = 1
	oleStreams   = 2
	oleRoot      = 5
	oleNoEntry   = 0xffffffff
	oleEnd       = 0xfffffffe // of a chain; above and including 0xfffffffa are no sectors
	oleNoSector  = 0xfffffffa
	oleFree      = 0xffffffff
	oleMiniShift = 6
	oleEntrySize = 192 // what an entry costs in memory
)

// openOLE reads the tables and the directory of l, within what l's size allows.
func openOLE(l *look) (*oleFile, error) {
	head, err := l.bytes(0, 512)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	c := &oleFile{look: l, shift: uint(le.Uint16(head[30:])), cutoff: int64(le.Uint32(head[56:]))}
	if magicType(head) != "ole" || c.shift != 9 && c.shift != 12 || le.Uint16(head[32:]) != oleMiniShift || c.cutoff > 1<<20 {
		return nil, l.objectTo(airlock.Malformed, "the header of its compound file is broken")
	}
	if err := c.readFAT(head); err != nil {
		return nil, err
	}
	if err := c.readDirectory(le.Uint32(head[48:])); err != nil {
		return nil, err
	}
	if len(c.entries) == 0 || c.entries[0].kind != oleRoot {
		return nil, l.objectTo(airlock.Malformed, "its compound file has no root")
	}
	chain, err := c.chain(le.Uint32(head[60:]), c.fat, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	if c.mini, err = c.table(chain); err != nil {
		return nil, err
	}
	c.tree()
	root := c.entries[0]
	if c.root, err = c.stream(&root, c.fat, c.shift); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *oleFile) close() {
	if c != nil {
		c.release(c.mine)
	}
}

func (c *oleFile) keep(n int64) error {
	c.mine += n
	return c.hold(n)
}

// sectors is how many there are; the last may be cut short, as some writers do.
func (c *oleFile) sectors() int64 {
	return max(0, (c.size-1)>>c.shift)
}

func (c *oleFile) offset(sector uint32) int64 { return (int64(sector) + 1) << c.shift }

// readFAT reads the table of sectors, by the table of its own sectors (MS-CFB 2.3, 2.5).
func (c *oleFile) readFAT(head []byte) error {
	le := binary.LittleEndian
	perSector := int64(1) << (c.shift - 2)
	needed := (c.sectors() + perSector - 1) / perSector
	if says := int64(le.Uint32(head[44:])); says > 0 { // what follows them is garbage in some old files
		needed = min(needed, says)
	}
	var own []uint32
	take := func(b []byte) bool {
		for ; len(b) >= 4; b = b[4:] {
			if s := le.Uint32(b); s < oleNoSector && int64(len(own)) < needed {
				own = append(own, s)
			}
		}
		return int64(len(own)) < needed
	}
	more := take(head[76:])
	next := le.Uint32(head[68:])
	for n := int64(0); more && next < oleNoSector; n++ {
		if n > needed {
			return c.objectTo(airlock.Malformed, "the tables of its compound file go round in a circle")
		}
		b, err := c.bytes(c.offset(next), 1<<c.shift)
		if err != nil {
			return err
		}
		if err := c.keep(int64(len(b))); err != nil {
			return err
		}
		more = take(b[:len(b)-4])
		next = le.Uint32(b[len(b)-4:])
	}
	fat, err := c.table(own)
	if err != nil {
		return err
	}
	c.fat = fat
	for i := len(fat) - 1; i >= 0; i-- {
		if fat[i] != oleFree {
			c.lastUsed = c.offset(uint32(i)) + 1<<c.shift
			break
		}
	}
	return nil
}

// table reads sectors of 32-bit numbers.
func (c *oleFile) table(sectors []uint32) ([]uint32, error) {
	if err := c.keep(int64(len(sectors)) << c.shift); err != nil {
		return nil, err
	}
	table := make([]uint32, 0, len(sectors)<<(c.shift-2))
	buf := make([]byte, 1<<c.shift)
	for _, s := range sectors {
		b := buf[:min(int64(len(buf)), max(0, c.size-c.offset(s)))]
		if n, err := c.ReadAt(b, c.offset(s)); n < len(b) || len(b) < 4 {
			return nil, orEOF(err)
		}
		for ; len(b) >= 4; b = b[4:] {
			table = append(table, binary.LittleEndian.Uint32(b))
		}
	}
	return table, nil
}

// chain follows a chain of sectors, to its end or for most of them.
func (c *oleFile) chain(start uint32, table []uint32, most int64) ([]uint32, error) {
	var chain []uint32
	for s := start; s < oleNoSector; s = table[s] {
		switch {
		case int64(s) >= int64(len(table)):
			return nil, c.objectTo(airlock.Malformed, "its compound file names a sector that it does not have")
		case int64(len(chain)) > int64(len(table)):
			return nil, c.objectTo(airlock.Malformed, "the sectors of its compound file go round in a circle")
		case int64(len(chain)) >= most:
			return chain, nil
		}
		if len(chain)%1024 == 0 {
			if err := c.keep(4096); err != nil {
				return nil, err
			}
			if err := c.step(); err != nil {
				return nil, err
			}
		}
		chain = append(chain, s)
	}
	return chain, nil
}

func (c *oleFile) readDirectory(start uint32) error {
	chain, err := c.chain(start, c.fat, math.MaxInt64)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	buf := make([]byte, 1<<c.shift)
	for _, s := range chain {
		if n, err := c.ReadAt(buf, c.offset(s)); n < 128 {
			return orEOF(err)
		} else if err := c.keep(oleEntrySize * int64(n/128)); err != nil {
			return err
		}
		for b := buf; len(b) >= 128; b = b[128:] {
			e := oleEntry{
				kind: b[66], left: le.Uint32(b[68:]), right: le.Uint32(b[72:]), down: le.Uint32(b[76:]),
				start: le.Uint32(b[116:]), size: int64(le.Uint64(b[120:])), parent: -1,
			}
			if c.shift == 9 || e.size < 0 { // the upper half is garbage in old files (MS-CFB 2.6.3)
				e.size &= 0xffffffff
			}
			copy(e.class[:], b[80:])
			e.name = nameOf(b[:64], int(le.Uint16(b[64:])))
			c.entries = append(c.entries, e)
		}
	}
	return nil
}

func nameOf(b []byte, n int) string {
	n = min(max(n, 0), 64) / 2
	u := make([]uint16, 0, n)
	for i := range n {
		v := binary.LittleEndian.Uint16(b[2*i:])
		if v == 0 {
			break
		}
		u = append(u, v)
	}
	return string(utf16.Decode(u))
}

// tree finds each entry's parent: siblings are a binary tree below their parent. Each entry is visited
// once, whatever the file says.
func (c *oleFile) tree() {
	type step struct {
		at     uint32
		parent int
	}
	c.entries[0].parent = 0
	todo := []step{{c.entries[0].down, 0}}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if int64(s.at) >= int64(len(c.entries)) || c.entries[s.at].parent >= 0 {
			continue
		}
		e := &c.entries[s.at]
		e.parent = s.parent
		todo = append(todo, step{e.left, s.parent}, step{e.right, s.parent})
		if e.kind == oleStorage {
			todo = append(todo, step{e.down, int(s.at)})
		}
	}
}

// find is the stream or storage of this name in the topmost folder; nil if there is none.
func (c *oleFile) find(name string) *oleEntry {
	for i := range c.entries {
		if e := &c.entries[i]; i > 0 && e.parent == 0 && strings.EqualFold(e.name, name) {
			return e
		}
	}
	return nil
}

// open makes an entry's bytes readable.
func (c *oleFile) open(e *oleEntry) (*look, error) {
	s, err := c.streamOf(e)
	if err != nil {
		return nil, err
	}
	p := c.within(strings.TrimLeft(e.name, "\x00\x01\x02\x03\x04\x05"))
	p.at, p.size = s, s.size
	return p, nil
}

func (c *oleFile) streamOf(e *oleEntry) (*oleStream, error) {
	if e.size < c.cutoff {
		return c.stream(e, c.mini, oleMiniShift)
	}
	return c.stream(e, c.fat, c.shift)
}

func (c *oleFile) stream(e *oleEntry, table []uint32, shift uint) (*oleStream, error) {
	if e.size > c.size {
		return nil, c.objectTo(airlock.Malformed, "%.40q says that it is larger than the file", e.name)
	}
	needed := (e.size + 1<<shift - 1) >> shift
	chain, err := c.chain(e.start, table, needed)
	if err != nil {
		return nil, err
	}
	return &oleStream{c: c, chain: chain, size: e.size, shift: shift}, nil
}

// oleStream reads a stream at random.
type oleStream struct {
	c     *oleFile
	chain []uint32
	size  int64
	shift uint
}

// whole tells whether all of it is in the file, but for a last sector that is cut short: honest writers
// leave its rest out.
func (s *oleStream) whole() bool {
	if int64(len(s.chain))<<s.shift < s.size {
		return false
	}
	for _, sector := range s.chain {
		if s.shift != oleMiniShift && s.c.offset(sector) >= s.c.size {
			return false
		}
	}
	return s.shift != oleMiniShift || s.c.root.whole()
}

func (s *oleStream) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if at < 0 || at >= s.size {
			return n, io.EOF
		}
		i := at >> s.shift
		if i >= int64(len(s.chain)) {
			return n, io.ErrUnexpectedEOF
		}
		run := int64(1) // sectors in a row are read at once
		for i+run < int64(len(s.chain)) && s.chain[i+run] == s.chain[i]+uint32(run) && run<<s.shift < int64(len(p)-n) {
			run++
		}
		within := at & (1<<s.shift - 1)
		want := p[n : n+int(min(int64(len(p)-n), run<<s.shift-within, s.size-at))]
		var m int
		if s.shift == oleMiniShift {
			m, err = s.c.root.ReadAt(want, int64(s.chain[i])<<s.shift+within)
		} else {
			m, err = s.c.ReadAt(want, s.c.offset(s.chain[i])+within)
		}
		n += m
		if m < len(want) {
			return n, orEOF(err)
		}
	}
	return n, nil
}
