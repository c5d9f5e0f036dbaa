package pcapng

import (
	"encoding/binary"
	"math/bits"
)

// Block types that a guess knows besides those that the parser understands.
const (
	typeNames         = 0x00000004
	typeStatistics    = 0x00000005
	typeSecrets       = 0x0000000a
	typeCustom        = 0x00000bad
	typeCustomPrivate = 0x40000bad
)

// likelyBlock bounds in bytes the length of a block that a guess believes in.
const likelyBlock = 1 << 20

// byteOrderMagic stands in a section header, in the section's byte order.
const byteOrderMagic = 0x1a2b3c4d

// Guess finds blocks where their place is not known: behind damage, or in the
// middle of a file. It returns the first offset in b among from, from+4, from+8
// and so on at which run plausible blocks follow each other, or at least two
// and the last one reaches the end of b or beyond. In a whole file blocks stand at
// multiples of four of its beginning: the caller chooses from accordingly. A
// guess may be wrong: a payload that is itself a capture holds blocks too.
//
// A block is plausible if it is a section header, interface description,
// packet (all three kinds), name resolution, interface statistics, decryption
// secrets or custom block; its length is a multiple of four from 12 (28 for a
// section header) to 1 MiB; and the same length stands at its end, as far as
// that is in b. The byte order is that of the current section, until a section
// header changes it.
//
// Guess looks at no more than run blocks for each offset, allocates nothing and
// does not change p.
func (p *Parser) Guess(b []byte, from int, run int) (at int, ok bool) {
	for at = max(from, 0); at <= len(b)-blockHeader; at += 4 {
		if p.Plausible(b, at, run) {
			return at, true
		}
	}
	return 0, false
}

// Plausible reports whether Guess would take the offset at, which lies in b or
// at its end, for the beginning of a run.
func (p *Parser) Plausible(b []byte, at, run int) bool {
	big := p.BigEndian
	for n := range max(run, 1) {
		if at > len(b)-blockHeader {
			return n >= 2
		}
		size, ok := plausible(b[at:], &big)
		if !ok {
			return false
		}
		at += size
	}
	return true
}

// plausible judges the block at the start of b, at least eight bytes, and
// returns its length. A section header sets the byte order.
func plausible(b []byte, big *bool) (size int, ok bool) {
	u32 := func(at int) uint32 {
		v := binary.LittleEndian.Uint32(b[at:])
		if *big {
			v = bits.ReverseBytes32(v)
		}
		return v
	}
	least := uint32(MinBlock)
	switch u32(0) {
	case TypeSectionHeader: // the same in both byte orders
		if len(b) < MinBlock {
			return len(b), true // the order is unknown, and the end is reached
		}
		switch binary.LittleEndian.Uint32(b[8:]) {
		case byteOrderMagic:
			*big = false
		case bits.ReverseBytes32(byteOrderMagic):
			*big = true
		default:
			return 0, false
		}
		least = 28
	case TypeInterface, TypePacket, TypeSimplePacket, TypeEnhancedPacket,
		typeNames, typeStatistics, typeSecrets, typeCustom, typeCustomPrivate:
	default:
		return 0, false
	}
	length := u32(4)
	if length < least || length > likelyBlock || length%4 != 0 {
		return 0, false
	}
	size = int(length)
	return size, size > len(b) || u32(size-4) == length
}
