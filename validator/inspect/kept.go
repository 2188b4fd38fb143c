package inspect

import "unsafe"

// What an inspector keeps whose amount the file decides, it keeps in a list, a table or a kept text, which
// hold what they take against the memory of the inspection before they take it. All of it is given back
// when the look at its piece of content ends (see work.scoped), so that nobody has to remember to. What is
// only looked at is bounded by a constant instead.

// list is a slice that is held.
type list[T any] struct{ all []T }

// add appends v, which refers to more bytes besides its own size: those of its strings.
func (s *list[T]) add(l *look, v T, more int) error {
	if len(s.all) == cap(s.all) {
		if err := s.grow(l); err != nil {
			return err
		}
	}
	if more > 0 {
		if err := l.hold(int64(more)); err != nil {
			return err
		}
	}
	s.all = append(s.all, v)
	return nil
}

// grow makes room for twice as many; for a moment there are both.
func (s *list[T]) grow(l *look) error {
	var v T
	was, room := cap(s.all), cap(s.all)+max(4, cap(s.all))
	if err := l.hold(int64(room) * int64(unsafe.Sizeof(v))); err != nil {
		return err
	}
	s.all = append(make([]T, 0, room), s.all...)
	l.release(int64(was) * int64(unsafe.Sizeof(v)))
	return nil
}

// table is a map that is held.
type table[K comparable, V any] struct{ all map[K]V }

// tableSlot is what a map needs of an entry besides the key and the value, times two since its groups
// are between half and seven eighths full (Go's Swiss tables).
const tableSlot = 16

// put sets the value of k; they refer to more bytes besides their own sizes: those of their strings.
func (t *table[K, V]) put(l *look, k K, v V, more int) error {
	if t.all == nil {
		t.all = map[K]V{}
	}
	if _, ok := t.all[k]; !ok {
		more += 2*int(unsafe.Sizeof(k)+unsafe.Sizeof(v)) + tableSlot
	}
	if err := l.hold(int64(more)); err != nil {
		return err
	}
	t.all[k] = v
	return nil
}

// has tells whether there is a value of k.
func (t *table[K, V]) has(k K) bool {
	_, ok := t.all[k]
	return ok
}
