package represent

import (
	"encoding/binary"
	"math"

	"github.com/pcapmill/pcapmill/mask"
)

// Every state begins with a count of 8 bytes: what the form counts, in all packets so far,
// stored or not. All numbers of a state are little-endian.
const headLen = 8

// count is what a state has counted.
func count(state []byte) uint64 {
	if len(state) < headLen {
		return 0
	}
	return binary.LittleEndian.Uint64(state)
}

// counts adds to the count, up to the largest number there is, and begins a state that is
// empty, or too short to have a count.
func counts(state []byte, n uint64) []byte {
	if len(state) < headLen {
		return binary.LittleEndian.AppendUint64(state[:0], n)
	}
	before := binary.LittleEndian.Uint64(state)
	binary.LittleEndian.PutUint64(state, before+min(n, math.MaxUint64-before))
	return state
}

// head is how much longer counts makes a state.
func head(state []byte) int {
	if len(state) < headLen {
		return headLen
	}
	return 0
}

// body is what stands behind the count.
func body(state []byte) []byte {
	if len(state) < headLen {
		return nil
	}
	return state[headLen:]
}

// chunks is the encoding of bytes that a form shows of packets:
//
//	length   4 bytes
//	bytes    of the masked packet; relative numbers in them mean nothing yet
//
// and if the policy has relative numbers:
//
//	n        1 byte
//	numbers  n times 9 bytes: place of the number's first byte in bytes, signed; kind, and 128
//	         if the packet goes up; value
//
// A number of the packet stands there even if it is not shown: it may be the first of its
// kind and direction, from which those of later packets are counted.
type chunks struct{ numbers bool }

const (
	lengthLen  = 4
	numberLen  = 9
	mostInside = 16 // numbers of a packet: seq, ack, and what 40 bytes of options hold
)

// grow is the most bytes that a chunk of n bytes takes.
func (c chunks) grow(n int) int {
	if c.numbers {
		return lengthLen + n + 1 + mostInside*numberLen
	}
	return lengthLen + n
}

// span is a part of a masked packet: from, and the first byte behind.
type span struct{ from, to int }

// append appends a chunk: the first limit bytes of the parts, one behind the other.
func (c chunks) append(state []byte, v *mask.View, up bool, limit int, parts ...span) []byte {
	return c.headed(state, nil, v, up, limit, parts...)
}

// headed is append with bytes that stand before the parts and count with them.
func (c chunks) headed(state, before []byte, v *mask.View, up bool, limit int, parts ...span) []byte {
	at := len(state)
	state = append(state, 0, 0, 0, 0)
	n := min(len(before), limit)
	state, limit = append(state, before[:n]...), limit-n
	for _, p := range parts {
		n := max(0, min(p.to-p.from, limit))
		limit -= n
		state = append(state, v.Bytes[p.from:p.from+n]...)
	}
	binary.LittleEndian.PutUint32(state[at:], uint32(len(state)-at-lengthLen))
	if !c.numbers {
		return state
	}
	places := len(state)
	state = append(state, 0)
	for _, x := range v.Numbers {
		if state[places] == mostInside {
			break
		}
		state[places]++
		state = appendNumber(state, place(len(before), x.At, parts), x, up)
	}
	return state
}

// appendNumber appends a number whose first byte has a place in the bytes of its chunk.
func appendNumber(state []byte, at int32, x mask.Number, up bool) []byte {
	state = binary.LittleEndian.AppendUint32(state, uint32(at))
	kind := byte(x.Kind)
	if up {
		kind |= 128
	}
	state = append(state, kind)
	return binary.LittleEndian.AppendUint32(state, x.Value)
}

// hidden is the place of a number that is not shown.
const hidden = math.MaxInt32

// place is where a number at offset at of a packet stands in the parts, which stand one
// behind the other, the first of them behind some bytes before.
func place(before, at int, parts []span) int32 {
	for _, p := range parts {
		if at+4 > p.from && at < p.to {
			return int32(before + at - p.from)
		}
		before += p.to - p.from
	}
	return hidden
}

// again appends a chunk that was read back, of its bytes the first limit.
func (c chunks) again(state []byte, k chunk, limit int) []byte {
	n := min(len(k.bytes), limit)
	state = binary.LittleEndian.AppendUint32(state, uint32(n))
	state = append(state, k.bytes[:n]...)
	if c.numbers {
		state = append(state, byte(len(k.numbers)/numberLen))
		state = append(state, k.numbers...)
	}
	return state
}

// chunk is one that was read back. It is memory of the state.
type chunk struct{ bytes, numbers []byte }

// next reads the first chunk of b.
func (c chunks) next(b []byte) (k chunk, rest []byte) {
	n := int(binary.LittleEndian.Uint32(b))
	k.bytes, b = b[lengthLen:lengthLen+n], b[lengthLen+n:]
	if c.numbers {
		n := int(b[0]) * numberLen
		k.numbers, b = b[1:1+n], b[1+n:]
	}
	return k, b
}

// length is how many bytes of b its first n chunks take, or as many as there are.
func (c chunks) length(b []byte, n uint64) int {
	rest := b
	for ; n > 0 && len(rest) > 0; n-- {
		_, rest = c.next(rest)
	}
	return len(b) - len(rest)
}

// write copies the chunk to dst as far as dst reaches, with its relative numbers resolved,
// and returns how many bytes that are. firsts are those of the chunks before.
func (k chunk) write(dst []byte, firsts *mask.Firsts) int {
	n := copy(dst, k.bytes)
	for b := k.numbers; len(b) > 0; b = b[numberLen:] {
		x, up := number(b)
		firsts.Note(x, up)
	}
	for b := k.numbers; len(b) > 0; b = b[numberLen:] {
		x, up := number(b)
		value := firsts.Resolve(x, up)
		for i := range 4 {
			if j := x.At + i; j >= 0 && j < n {
				dst[j] = byte(value >> (24 - 8*i))
			}
		}
	}
	return n
}

// number reads the first number of b.
func number(b []byte) (x mask.Number, up bool) {
	x.At = int(int32(binary.LittleEndian.Uint32(b)))
	x.Kind, x.Value = mask.Kind(b[4]&^128), binary.LittleEndian.Uint32(b[5:])
	return x, b[4]&128 != 0
}

// times is a*b of numbers that are not negative, but at most 1<<30: parameters can ask for
// more than an int of 32 bits holds, and are refused.
func times(a, b int) int {
	const most = 1 << 30
	if a > 0 && b > most/a {
		return most
	}
	return a * b
}

// extend lengthens b by n bytes, which are zeros.
func extend(b []byte, n int) (all, added []byte) {
	at := len(b)
	for cap(b)-at < n {
		b = append(b[:cap(b)], 0)
	}
	b = b[:at+n]
	clear(b[at:])
	return b, b[at:]
}
