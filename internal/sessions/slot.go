package sessions

import "encoding/binary"

// Room is where the next n bytes of a session's prefix go, or as many of them
// as it still needs: none when the session is full. Contribute must follow.
func (t *Table) Room(id uint32, n int) []byte {
	h := &t.hot[id/perBlock][id%perBlock]
	if h.bytes >= uint64(t.limit) || n == 0 {
		return nil
	}
	filled := int(h.bytes)
	want := min(filled+n, t.limit)
	switch {
	case h.place == 0:
		h.class = t.arena.class(want)
		h.place = t.arena.get(h.class)
	case want > t.arena.sizes[h.class]:
		class := t.arena.class(want)
		place := t.arena.get(class)
		copy(t.arena.slot(place, class), t.arena.slot(h.place, h.class)[:filled])
		t.arena.put(h.place, h.class)
		h.place, h.class = place, class
	}
	return t.arena.slot(h.place, h.class)[filled:want:want]
}

// Contribute counts n bytes, of which the first have been written to Room. With
// fingerprints, all must hold the n bytes; else it is not looked at.
func (t *Table) Contribute(id uint32, n int, all []byte) {
	t.hot[id/perBlock][id%perBlock].bytes += uint64(n)
	if t.Prints {
		p := &t.print[id/perBlock][id%perBlock]
		*p = p.Append(all[:n])
	}
}

// Full reports whether a session needs no more bytes.
func (t *Table) Full(id uint32) bool {
	return t.hot[id/perBlock][id%perBlock].bytes >= t.enough
}

// prefix is the session's prefix, in the table's memory.
func (t *Table) prefix(id int) []byte {
	h := &t.hot[id/perBlock][id%perBlock]
	if h.place == 0 {
		return nil
	}
	n := min(h.bytes, uint64(t.limit))
	return t.arena.slot(h.place, h.class)[:n:n]
}

// Sample writes the session's prefix in full length into dst, which has limit
// bytes: its first bytes, and zeros behind.
func (t *Table) Sample(id int, dst []byte) { clear(dst[copy(dst, t.prefix(id)):]) }

// stateHead is what stands in front of a state in its slot: its length in 4 bytes, padded
// so that the state is aligned.
const stateHead = 16

// state is the state of a session, in the table's memory.
func (t *Table) state(id int) []byte { return t.Lend(uint32(id), 0) }

// Lend is the state of a session, with capacity for more bytes than it has, or for the
// bound of its form. It is the table's memory; what becomes of it is for Hold.
func (t *Table) Lend(id uint32, more int) []byte {
	h := &t.hot[id/perBlock][id%perBlock]
	have := 0
	if h.place != 0 {
		have = int(binary.LittleEndian.Uint32(t.arena.slot(h.place, h.class)))
	}
	if have+more == 0 {
		return nil
	}
	want := min(stateHead+have+more, t.limit)
	switch {
	case h.place == 0:
		h.class = t.arena.class(want)
		h.place = t.arena.get(h.class)
		binary.LittleEndian.PutUint32(t.arena.slot(h.place, h.class), 0)
	case want > t.arena.sizes[h.class]:
		class := t.arena.class(want)
		place := t.arena.get(class)
		copy(t.arena.slot(place, class), t.arena.slot(h.place, h.class)[:stateHead+have])
		t.arena.put(h.place, h.class)
		h.place, h.class = place, class
	}
	slot := t.arena.slot(h.place, h.class)
	n := min(len(slot), t.limit)
	return slot[stateHead : stateHead+have : n]
}

// Hold keeps what was made of the state that Lend returned last, in the same memory.
func (t *Table) Hold(id uint32, state []byte) {
	h := &t.hot[id/perBlock][id%perBlock]
	if h.place == 0 {
		return // nothing was lent, and nothing is there
	}
	slot := t.arena.slot(h.place, h.class)
	n := len(state)
	if n > 0 && &state[0] != &slot[stateHead] { // a form that did not work in place
		n = copy(slot[stateHead:], state)
	}
	binary.LittleEndian.PutUint32(slot, uint32(n))
}
