package inflate

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// mayBegin tells whether a block may begin at a bit of the input that a search
// would find: with codes of its own, not the last one, and with a complete code
// of code lengths. Whoever reads up to a place where the next chunk may begin,
// and whoever looks for that place, ask the same question.
func mayBegin(in []byte, bit int) bool {
	p := bit >> 3
	if p+20 > len(in) {
		return false
	}
	v := binary.LittleEndian.Uint64(in[p:]) >> (bit & 7)
	// Not final, dynamic; at most 286 literals and lengths, 30 distances.
	if v&7 != 4 || v>>4&15 == 15 || v>>9&15 == 15 {
		return false
	}
	codes := int(v>>13&15) + 4
	bit += 17
	v = binary.LittleEndian.Uint64(in[bit>>3:]) >> (bit & 7) // 57 bits: 19 lengths of 3
	v &= 1<<(3*codes) - 1
	return spaces[v&4095]+spaces[v>>12&4095]+spaces[v>>24&4095]+spaces[v>>36&4095]+spaces[v>>48&4095] == wholeSpace
}

// wholeSpace is the space of a complete code of code lengths.
const wholeSpace = 128

// spaces tell how much of it four codes take, by their lengths, of 3 bits each.
var spaces = newSpaces()

func newSpaces() *[1 << 12]uint16 {
	s := new([1 << 12]uint16)
	for i := range s {
		for v := i; v != 0; v >>= 3 {
			s[i] += wholeSpace >> (v & 7) & (wholeSpace - 1) // none for a length of 0
		}
	}
	return s
}

// findBlock finds the first bit in [from,to) where a block may begin whose codes
// are all complete; -1 if there is none. It leaves the decoder behind the header.
func (d *decoder) findBlock(from, to int) int {
	for bit := from &^ 7; bit < to; bit += 48 {
		p := bit >> 3
		if p+8 > len(d.in) {
			return -1
		}
		// Bit i of hits: a header may begin i bits further on. 48 of them can be
		// judged by eight bytes: the last one by bits 47 to 59.
		w := binary.LittleEndian.Uint64(d.in[p:])
		hits := ^w & ^(w >> 1) & (w >> 2)
		hits &^= w >> 4 & (w >> 5) & (w >> 6) & (w >> 7)
		hits &^= w >> 9 & (w >> 10) & (w >> 11) & (w >> 12)
		for hits &= 1<<48 - 1; hits != 0; hits &= hits - 1 {
			at := bit + bits.TrailingZeros64(hits)
			if at < from || !mayBegin(d.in, at) {
				continue
			}
			if at >= to {
				return -1
			}
			d.seek(at)
			if d.header() == atBlock {
				d.seek(at)
				return at
			}
		}
	}
	return -1
}

// findMember finds the first byte in [from,to) where a gzip header stands; -1 if
// there is none.
func findMember(in []byte, from, to int) int {
	for from < to {
		i := bytes.Index(in[from:min(to+2, len(in))], []byte{0x1f, 0x8b, 8})
		if i < 0 {
			return -1
		}
		if from += i; headerAt(in, from) {
			return from
		}
		from++
	}
	return -1
}

// headerAt tells whether a whole gzip header stands at a byte of the input.
func headerAt(in []byte, at int) bool {
	if at > len(in) {
		return false
	}
	_, short, err := parseHeader(in[at:])
	return err == nil && !short
}
