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
	fat      oleTable
	mini     oleTable // the FAT of small streams
	cutoff   int64    // streams below are small
	root     *oleStream
	entries  list[oleEntry]
	lastUsed int64 // where the last sector that is used ends
}

// oleTable tells which sector follows another; it is as long as the file has sectors for it.
type oleTable = []uint32

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
	if len(c.entries.all) == 0 || c.entries.all[0].kind != oleRoot {
		return nil, l.objectTo(airlock.Malformed, "its compound file has no root")
	}
	chain, err := c.chain(le.Uint32(head[60:]), c.fat)
	if err != nil {
		return nil, err
	}
	if c.mini, err = c.table(chain); err != nil {
		return nil, err
	}
	if err := c.tree(); err != nil {
		return nil, err
	}
	root := c.entries.all[0]
	if c.root, err = c.stream(&root, c.fat, c.shift); err != nil {
		return nil, err
	}
	return c, c.root.upTo((root.size + 1<<c.shift - 1) >> c.shift)
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
	var own list[uint32]
	take := func(b []byte) (more bool, err error) {
		for ; len(b) >= 4 && err == nil; b = b[4:] {
			if s := le.Uint32(b); s < oleNoSector && int64(len(own.all)) < needed {
				err = own.add(c.look, s, 0)
			}
		}
		return int64(len(own.all)) < needed, err
	}
	more, err := take(head[76:])
	if err != nil {
		return err
	}
	next := le.Uint32(head[68:])
	for n := int64(0); more && next < oleNoSector; n++ {
		if n > needed {
			return c.objectTo(airlock.Malformed, "the tables of its compound file go round in a circle")
		}
		b, err := c.bytes(c.offset(next), 1<<c.shift)
		if err != nil {
			return err
		}
		if more, err = take(b[:len(b)-4]); err != nil {
			return err
		}
		next = le.Uint32(b[len(b)-4:])
	}
	fat, err := c.table(own.all)
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
func (c *oleFile) table(sectors []uint32) (oleTable, error) {
	if int64(len(sectors)) > c.sectors() {
		return nil, c.objectTo(airlock.Malformed, "the tables of its compound file are larger than it is")
	}
	if err := c.hold(int64(len(sectors)) << c.shift); err != nil {
		return nil, err
	}
	table := make(oleTable, 0, len(sectors)<<(c.shift-2))
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

// chain follows a chain of sectors to its end.
func (c *oleFile) chain(start uint32, table oleTable) ([]uint32, error) {
	s := oleChain{c: c, table: table, next: start}
	if err := s.upTo(math.MaxInt64); err != nil {
		return nil, err
	}
	return s.sectors.all, nil
}

// oleChain is a chain of sectors, as far as it was followed.
type oleChain struct {
	c       *oleFile
	table   oleTable
	sectors list[uint32]
	next    uint32
}

// upTo follows the chain until it has n sectors, or to its end.
func (s *oleChain) upTo(n int64) error {
	for ; int64(len(s.sectors.all)) < n && s.next < oleNoSector; s.next = s.table[s.next] {
		switch {
		case int64(s.next) >= int64(len(s.table)):
			return s.c.objectTo(airlock.Malformed, "its compound file names a sector that it does not have")
		case len(s.sectors.all) > len(s.table):
			return s.c.objectTo(airlock.Malformed, "the sectors of its compound file go round in a circle")
		}
		if len(s.sectors.all)%1024 == 0 {
			if err := s.c.step(); err != nil {
				return err
			}
		}
		if err := s.sectors.add(s.c.look, s.next, 0); err != nil {
			return err
		}
	}
	return nil
}

func (c *oleFile) readDirectory(start uint32) error {
	chain, err := c.chain(start, c.fat)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	buf := make([]byte, 1<<c.shift)
	for _, s := range chain {
		if n, err := c.ReadAt(buf, c.offset(s)); n < 128 {
			return orEOF(err)
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
			if err := c.entries.add(c.look, e, len(e.name)); err != nil {
				return err
			}
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
func (c *oleFile) tree() error {
	type step struct {
		at     uint32
		parent int
	}
	entries := c.entries.all
	entries[0].parent = 0
	var todo list[step]
	if err := todo.add(c.look, step{entries[0].down, 0}, 0); err != nil {
		return err
	}
	for len(todo.all) > 0 {
		s := todo.all[len(todo.all)-1]
		todo.all = todo.all[:len(todo.all)-1]
		if int64(s.at) >= int64(len(entries)) || entries[s.at].parent >= 0 {
			continue
		}
		e := &entries[s.at]
		e.parent = s.parent
		next := []step{{e.left, s.parent}, {e.right, s.parent}, {e.down, int(s.at)}}
		if e.kind != oleStorage {
			next = next[:2]
		}
		for _, n := range next {
			if err := todo.add(c.look, n, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// find is the stream or storage of this name in the topmost folder; nil if there is none.
func (c *oleFile) find(name string) *oleEntry {
	for i := range c.entries.all {
		if e := &c.entries.all[i]; i > 0 && e.parent == 0 && strings.EqualFold(e.name, name) {
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

func (c *oleFile) stream(e *oleEntry, table oleTable, shift uint) (*oleStream, error) {
	if e.size > c.size {
		return nil, c.objectTo(airlock.Malformed, "%.40q says that it is larger than the file", e.name)
	}
	return &oleStream{oleChain{c: c, table: table, next: e.start}, e.size, shift}, nil
}

// oleStream reads a stream at random. Its chain is followed as far as it is read, so that many entries may
// lead to one chain at no cost.
type oleStream struct {
	oleChain
	size  int64
	shift uint
}

// whole tells whether all of it is in the file, but for a last sector that is cut short: honest writers
// leave its rest out.
func (s *oleStream) whole() (bool, error) {
	if err := s.upTo((s.size + 1<<s.shift - 1) >> s.shift); err != nil {
		return false, err
	}
	if int64(len(s.sectors.all))<<s.shift < s.size {
		return false, nil
	}
	for _, sector := range s.sectors.all {
		if s.shift != oleMiniShift && s.c.offset(sector) >= s.c.size {
			return false, nil
		}
	}
	if s.shift == oleMiniShift {
		return s.c.root.whole()
	}
	return true, nil
}

func (s *oleStream) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if at < 0 || at >= s.size {
			return n, io.EOF
		}
		i := at >> s.shift
		if err := s.upTo(i + int64(len(p)-n)>>s.shift + 2); err != nil {
			return n, err
		}
		chain := s.sectors.all
		if i >= int64(len(chain)) {
			return n, io.ErrUnexpectedEOF
		}
		run := int64(1) // sectors in a row are read at once
		for i+run < int64(len(chain)) && chain[i+run] == chain[i]+uint32(run) && run<<s.shift < int64(len(p)-n) {
			run++
		}
		within := at & (1<<s.shift - 1)
		want := p[n : n+int(min(int64(len(p)-n), run<<s.shift-within, s.size-at))]
		var m int
		if s.shift == oleMiniShift {
			m, err = s.c.root.ReadAt(want, int64(chain[i])<<s.shift+within)
		} else {
			m, err = s.c.ReadAt(want, s.c.offset(chain[i])+within)
		}
		n += m
		if m < len(want) {
			return n, orEOF(err)
		}
	}
	return n, nil
}
