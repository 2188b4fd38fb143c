package corpus

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// oleOf is a compound file (MS-CFB) that is made for the corpus: streams by path, in order.
type oleOf struct {
	streams []olePart
	class   string // of the root: 16 bytes
	large   bool   // sectors of 4096 bytes

	scattered bool // sectors of one stream lie apart
}

type olePart struct {
	path, data string // a storage, where the path ends in "/"
	class      string
}

const (
	cfbFree  = 0xffffffff
	cfbEnd   = 0xfffffffe
	cfbTable = 0xfffffffd
)

type cfbNode struct {
	name, data  string
	class       string
	kind        byte
	right, down uint32
	start       uint32
	size        int
	last        int // its last child so far; -1 none
}

func (o oleOf) make() []byte {
	shift := 9
	if o.large {
		shift = 12
	}
	nodes := o.nodes()
	size := 1 << shift
	var body []byte
	var fat, miniFAT []uint32
	add := func(data []byte) uint32 { // as a chain of sectors
		if len(data) == 0 {
			return cfbEnd
		}
		start := uint32(len(fat))
		for len(data) > 0 {
			sector := make([]byte, size)
			n := copy(sector, data)
			data = data[n:]
			body = append(body, sector...)
			fat = append(fat, uint32(len(fat)+1))
		}
		fat[len(fat)-1] = cfbEnd
		if o.scattered {
			scatter(body, fat, start, size)
		}
		return start
	}
	var mini []byte
	for i := range nodes[1:] {
		n := &nodes[1+i]
		switch {
		case n.kind != 2 || n.size == 0:
			n.start = cfbEnd
		case n.size >= 4096:
			n.start = add([]byte(n.data))
		default:
			n.start = uint32(len(miniFAT))
			for at := 0; at < n.size; at += 64 {
				piece := make([]byte, 64)
				copy(piece, n.data[at:])
				mini = append(mini, piece...)
				miniFAT = append(miniFAT, uint32(len(miniFAT)+1))
			}
			miniFAT[len(miniFAT)-1] = cfbEnd
		}
	}
	nodes[0].start, nodes[0].size = add(mini), len(mini)
	miniStart := add(words(miniFAT, size))
	directory := add(directoryOf(nodes, size))
	return o.finish(shift, body, fat, directory, miniStart, len(miniFAT))
}

// scatter moves the sectors of the last chain, which begins at start, so that each lies far from the one before.
func scatter(body []byte, fat []uint32, start uint32, size int) {
	count := len(fat) - int(start)
	order := []int{0} // the first stays
	for from := 1; from <= 16; from++ {
		for i := from; i < count; i += 16 {
			order = append(order, i)
		}
	}
	old := bytes.Clone(body[int(start)*size:])
	place := make([]int, count)
	for at, i := range order {
		copy(body[(int(start)+at)*size:], old[i*size:(i+1)*size])
		place[i] = at
	}
	for i := range count {
		next := uint32(cfbEnd)
		if i+1 < count {
			next = start + uint32(place[i+1])
		}
		fat[int(start)+place[i]] = next
	}
}

func (o oleOf) nodes() []cfbNode {
	nodes := []cfbNode{{name: "Root Entry", kind: 5, right: cfbFree, down: cfbFree, class: o.class, last: -1}}
	at := map[string]int{"": 0}
	for _, s := range o.streams {
		parent := ""
		parts := strings.Split(strings.TrimSuffix(s.path, "/"), "/")
		for i, name := range parts {
			full := strings.Join(parts[:i+1], "/")
			if _, ok := at[full]; !ok {
				n := cfbNode{name: name, kind: 1, right: cfbFree, down: cfbFree, last: -1, class: s.class}
				if i == len(parts)-1 && !strings.HasSuffix(s.path, "/") {
					n.kind, n.data, n.size = 2, s.data, len(s.data)
				}
				p := &nodes[at[parent]]
				if p.last < 0 {
					p.down = uint32(len(nodes))
				} else {
					nodes[p.last].right = uint32(len(nodes))
				}
				p.last = len(nodes)
				at[full] = len(nodes)
				nodes = append(nodes, n)
			}
			parent = full
		}
	}
	return nodes
}

func words(table []uint32, size int) []byte {
	var b []byte
	for _, v := range table {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for len(b)%size != 0 {
		b = append(b, 0xff)
	}
	return b
}

func directoryOf(nodes []cfbNode, size int) []byte {
	le := binary.LittleEndian
	var b []byte
	for _, n := range nodes {
		var e [128]byte
		name := utf16.Encode([]rune(n.name))
		for i, u := range name {
			le.PutUint16(e[2*i:], u)
		}
		le.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66], e[67] = n.kind, 1
		le.PutUint32(e[68:], cfbFree)
		le.PutUint32(e[72:], n.right)
		le.PutUint32(e[76:], n.down)
		copy(e[80:96], n.class)
		le.PutUint32(e[116:], n.start)
		le.PutUint64(e[120:], uint64(n.size))
		b = append(b, e[:]...)
	}
	for len(b)%size != 0 {
		var e [128]byte
		for i := 68; i < 80; i++ {
			e[i] = 0xff
		}
		b = append(b, e[:]...)
	}
	return b
}

func (o oleOf) finish(shift int, body []byte, fat []uint32, directory, miniStart uint32, minis int) []byte {
	size := 1 << shift
	tables := 1
	for tables*(size/4) < len(fat)+tables {
		tables++
	}
	h := make([]byte, size)
	le := binary.LittleEndian
	copy(h, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	version := uint16(3)
	if o.large {
		version = 4
		le.PutUint32(h[40:], 1)
	}
	le.PutUint16(h[24:], 0x3e)
	le.PutUint16(h[26:], version)
	le.PutUint16(h[28:], 0xfffe)
	le.PutUint16(h[30:], uint16(shift))
	le.PutUint16(h[32:], 6)
	le.PutUint32(h[44:], uint32(tables))
	le.PutUint32(h[48:], directory)
	le.PutUint32(h[56:], 4096)
	le.PutUint32(h[60:], miniStart)
	le.PutUint32(h[64:], uint32((minis*4+size-1)/size))
	le.PutUint32(h[68:], cfbEnd)
	for i := 76; i < 512; i += 4 {
		le.PutUint32(h[i:], cfbFree)
	}
	for i := range tables {
		le.PutUint32(h[76+4*i:], uint32(len(fat)))
		fat = append(fat, cfbTable)
	}
	return append(append(h, body...), words(fat, size)...)
}
