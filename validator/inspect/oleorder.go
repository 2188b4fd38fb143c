package inspect

import (
	"bytes"
	"cmp"
	"io"
	"slices"
)

// What is read of a stream whose sectors lie all over the file is fetched in the order of the file, once,
// and put in order in memory: in the order of the stream each would be a request of its own.
const (
	fewJumps    = 128
	mostOrdered = 16 << 20
)

// ordered is s, or a copy of it in memory; free gives that back.
func (s *oleStream) ordered() (r io.ReaderAt, free func(), err error) {
	free = func() {}
	sectors := s.sectors.all
	jumps := 0
	for i := 1; i < len(sectors); i++ {
		if sectors[i] != sectors[i-1]+1 {
			jumps++
		}
	}
	if jumps <= fewJumps || s.size > mostOrdered || s.shift == oleMiniShift {
		return s, free, nil
	}
	needs := s.size + int64(len(sectors))*8
	if err := s.c.hold(needs); err != nil {
		return nil, free, err
	}
	free = func() { s.c.release(needs) }
	order := make([]int, len(sectors))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(sectors[a], sectors[b]) })
	all := make([]byte, s.size)
	for _, i := range order {
		at := int64(i) << s.shift
		if at >= s.size {
			continue
		}
		part := all[at:min(s.size, at+1<<s.shift)]
		if n, err := s.c.ReadAt(part, s.c.offset(sectors[i])); n < len(part) && err != nil && err != io.EOF {
			return nil, free, err
		}
	}
	return bytes.NewReader(all), free, nil
}
