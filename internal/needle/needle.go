// Package needle searches data for very many byte strings at once: hundreds of
// thousands of needles, at a cost for each byte of data that hardly depends on
// their number.
//
// Every needle is found by one window of it, its anchor: 4 bytes for needles of 4
// or 5 bytes, 6 for longer ones. All windows of the data are looked up in a
// bitmap of anchor hashes, and only where a bit is set is the needle compared as
// a whole. The anchor is the window of the needle that shares its hash with the
// fewest others and is not made of one or two byte values only, so that needles
// with common ends ("....example.com") and runs of zeros cost little.
//
// A folded needle matches in any case of A to Z; the others match exactly.
//
// Method: M. Rabin and R. Karp, "Efficient randomized pattern-matching
// algorithms" (1987), with fixed windows in place of a rolling hash.
package needle

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// MinLen and MaxLen are the least and most bytes of a needle.
const (
	MinLen = 4
	MaxLen = 512
)

// Set is a collection of needles. Add all, then Build, then Scan.
type Set struct {
	needles []needle
	slab    []byte
	longest int
	tables  [tables]table
	folded  []byte
	padded  []byte
}

type needle struct {
	at     uint32 // in the slab
	length uint16
	anchor uint16 // offset of the window
	kind   uint8  // of table
}

// Kinds of table.
const (
	short  = iota // anchors of 4 bytes, exact
	exact         // 6 bytes, exact
	folded        // 6 bytes, in lower case
	tables
)

// table finds the needles whose anchors have a hash.
type table struct {
	mask  uint64   // of the window's bytes
	shift uint     // hash = window * odd >> shift: the index into heads; the bitmap has 8 bits for each
	set   []uint64 // two bits a window, by two hashes
	heads []int32  // first needle + 1
	next  []int32  // by needle: the following one + 1
	load  []uint16
}

// Add adds a needle and returns its number, from 0 up. text is copied. It panics
// if text is shorter than MinLen (folded ones: 6) or longer than MaxLen: the
// caller knows its needles.
func (s *Set) Add(text []byte, fold bool) int {
	if len(text) < MinLen || fold && len(text) < 6 || len(text) > MaxLen {
		panic(fmt.Sprintf("%d bytes", len(text)))
	}
	n := needle{at: uint32(len(s.slab)), length: uint16(len(text)), kind: exact}
	switch {
	case fold:
		n.kind = folded
	case len(text) < 6:
		n.kind = short
	}
	s.slab = append(s.slab, text...)
	if fold {
		lower(s.slab[n.at:], text)
	}
	s.longest = max(s.longest, len(text))
	s.needles = append(s.needles, n)
	return len(s.needles) - 1
}

// Len is the number of needles, Longest the bytes of the longest.
func (s *Set) Len() int { return len(s.needles) }

// Longest is the length in bytes of the longest needle; 0 if there is none.
func (s *Set) Longest() int { return s.longest }

// Text is needle number id, in lower case if it is a folded one. It is the set's
// memory.
func (s *Set) Text(id int) []byte {
	n := &s.needles[id]
	return s.slab[n.at : n.at+uint32(n.length)]
}

const odd, odd2 = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93

// Build makes the set ready for Scan.
func (s *Set) Build() {
	var counts [tables]int
	for i := range s.needles {
		counts[s.needles[i].kind]++
	}
	for k := range s.tables {
		s.tables[k] = newTable(counts[k], len(s.needles), map[int]int{short: 4, exact: 6, folded: 6}[k])
	}
	for i := range s.needles {
		s.place(i)
	}
	for k := range s.tables {
		s.tables[k].load = nil
	}
}

func newTable(count, all, width int) table {
	if count == 0 {
		return table{}
	}
	size := max(8, bits.Len(uint(2*count)))
	return table{
		mask: ^uint64(0) >> (64 - 8*width), shift: uint(64 - size),
		set: make([]uint64, 1<<(size+3-6)), heads: make([]int32, 1<<size),
		next: make([]int32, all), load: make([]uint16, 1<<size),
	}
}

// place chooses a needle's anchor and enters it.
func (s *Set) place(id int) {
	n := &s.needles[id]
	t := &s.tables[n.kind]
	width := bits.Len64(t.mask) / 8
	var padded [MaxLen + 8]byte
	text := s.Text(id)
	copy(padded[:], text)
	least := 1 << 30
	for at := 0; at+width <= len(text); at++ {
		cost := int(t.load[t.hash(window(padded[:], at)&t.mask)])
		if plain(text[at : at+width]) {
			cost += 1 << 20
		}
		if cost < least {
			least, n.anchor = cost, uint16(at)
		}
	}
	w := window(padded[:], int(n.anchor)) & t.mask
	h := t.hash(w)
	for _, bit := range [2]uint64{w * odd >> (t.shift - 3), w * odd2 >> (t.shift - 3)} {
		t.set[bit/64] |= 1 << (bit % 64)
	}
	t.next[id] = t.heads[h]
	t.heads[h] = int32(id + 1)
	if t.load[h] < 1<<16-1 {
		t.load[h]++
	}
}

func window(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }

func (t *table) hash(w uint64) uint64 { return w * odd >> t.shift }

// plain tells windows of one or two byte values.
func plain(w []byte) bool {
	other := -1
	for _, c := range w {
		if c != w[0] {
			if other >= 0 && int(c) != other {
				return false
			}
			other = int(c)
		}
	}
	return true
}

// Scan calls found for every occurrence of every needle in data, with the
// needle's number and the offset at which it begins, in no useful order.
// Occurrences may overlap.
func (s *Set) Scan(data []byte, found func(id, at int)) {
	if len(s.needles) == 0 || len(data) < MinLen {
		return
	}
	// Windows are read eight bytes at a time: the copy has eight more.
	s.padded = append(append(s.padded[:0], data...), 0, 0, 0, 0, 0, 0, 0, 0)
	raw := s.padded
	if t := &s.tables[short]; t.set != nil {
		s.scan(t, raw, len(data), 4, found)
	}
	if t := &s.tables[exact]; t.set != nil {
		s.scan(t, raw, len(data), 6, found)
	}
	if t := &s.tables[folded]; t.set != nil {
		if cap(s.folded) < len(raw) {
			s.folded = make([]byte, len(raw))
		}
		low := s.folded[:len(raw)]
		lower(low, raw)
		s.scan(t, low, len(data), 6, found)
	}
}

func (s *Set) scan(t *table, text []byte, length, width int, found func(id, at int)) {
	set, mask, shift := t.set, t.mask, t.shift-3
	for at := 0; at+width <= length; at++ {
		w := binary.LittleEndian.Uint64(text[at:]) & mask
		h := w * odd >> shift
		if set[h/64]>>(h%64)&1 == 0 {
			continue
		}
		if h := w * odd2 >> shift; set[h/64]>>(h%64)&1 == 0 {
			continue
		}
		for id := t.heads[h>>3]; id != 0; id = t.next[id-1] {
			n := &s.needles[id-1]
			from := at - int(n.anchor)
			if to := from + int(n.length); from >= 0 && to <= length && string(text[from:to]) == string(s.slab[n.at:n.at+uint32(n.length)]) {
				found(int(id-1), from)
			}
		}
	}
}

// lower puts src into dst with A to Z in lower case.
func lower(dst, src []byte) {
	for i, c := range src {
		if c-'A' < 26 {
			c |= 0x20
		}
		dst[i] = c
	}
}
