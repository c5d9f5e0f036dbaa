package sessions

import "github.com/pcapmill/pcapmill/internal/pages"

// arena keeps prefixes of growing length without a pointer each: slots of a few
// sizes, the last being the full length of a prefix, cut from large blocks. A
// slot that a prefix has outgrown is used again for the next one of its size.
// A place is a 32-bit number of 16-byte steps, so there is room for 64 GiB.
//
// Most sessions of real captures either stay far below the full length or pass
// it at once: four sizes waste little, and copying a prefix when it grows costs
// less than the cache lines that full-length slots would touch.
type arena struct {
	sizes  []int    // of slots, ascending, multiples of unit; the last holds limit bytes
	free   []uint32 // by size: head of the list of free slots, 0 for none; the next stands in the slot
	blocks [][]byte
	now    int // the block that slots are cut from, and
	used   int // how much of it is cut
	shift  int // log2 of a block's length
}

// unit is the unit of places in bytes.
const unit = 16

func newArena(limit int) arena {
	a := arena{}
	for size := 256; size < limit; size *= 4 {
		a.sizes = append(a.sizes, size)
	}
	a.sizes = append(a.sizes, (limit+unit-1)/unit*unit)
	a.free = make([]uint32, len(a.sizes))
	for a.shift = 20; 1<<a.shift < a.sizes[len(a.sizes)-1]+unit; a.shift++ { // a mebibyte at least
	}
	a.reset()
	return a
}

// reset frees all slots and keeps the memory.
func (a *arena) reset() {
	clear(a.free)
	a.now, a.used = 0, unit // place 0 means none
}

// class is the smallest one whose slots hold n bytes; n is at most the limit.
func (a *arena) class(n int) uint8 {
	for i, size := range a.sizes {
		if n <= size {
			return uint8(i)
		}
	}
	return uint8(len(a.sizes) - 1)
}

// slot is the memory of a place.
func (a *arena) slot(place uint32, class uint8) []byte {
	at := int(place) * unit
	return a.blocks[at>>a.shift][at&(1<<a.shift-1):][:a.sizes[class]]
}

// get finds a free slot. Its content is undefined.
func (a *arena) get(class uint8) uint32 {
	if place := a.free[class]; place != 0 {
		s := a.slot(place, class)
		a.free[class] = uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
		return place
	}
	size := a.sizes[class]
	if a.used+size > 1<<a.shift {
		a.now++
		a.used = 0
	}
	if a.now == len(a.blocks) {
		a.more()
	}
	place := uint32((a.now<<a.shift + a.used) / unit)
	a.used += size
	return place
}

// more takes memory: a block, and more at a time the more there are, so that
// huge pages fit in.
func (a *arena) more() {
	length := 1 << a.shift
	n := 1
	switch have := len(a.blocks); {
	case length > 1<<20 || have < 2:
	case have < 8:
		n = 4
	case have < 24:
		n = 8
	default:
		n = 16
	}
	if n == 1 {
		a.blocks = append(a.blocks, make([]byte, length))
		return
	}
	for b := pages.Bytes(n * length); len(b) > 0; b = b[length:] {
		a.blocks = append(a.blocks, b[:length:length])
	}
}

// put gives a slot back.
func (a *arena) put(place uint32, class uint8) {
	s, next := a.slot(place, class), a.free[class]
	s[0], s[1], s[2], s[3] = byte(next), byte(next>>8), byte(next>>16), byte(next>>24)
	a.free[class] = place
}

// bytes is the memory it holds.
func (a *arena) bytes() int { return len(a.blocks) << a.shift }
