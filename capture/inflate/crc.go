package inflate

import "math/bits"

// crcPoly is the polynomial of CRC-32 (IEEE 802.3), the bits of a residue being
// in the order of hash/crc32: x^0 is the highest.
const crcPoly = 0xedb88320

// crcPowers are x^(8 * 2^i) modulo the polynomial.
var crcPowers = newCRCPowers()

func newCRCPowers() (p [64]uint32) {
	p[0] = 1 << (31 - 8)
	for i := 1; i < len(p); i++ {
		p[i] = crcTimes(p[i-1], p[i-1])
	}
	return p
}

// crcTimes multiplies two polynomials.
func crcTimes(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		product ^= b & -(a >> 31)
		b = b>>1 ^ crcPoly&-(b&1)
	}
	return product
}

// crcJoin is the CRC-32 of what has the CRC-32 a and n bytes behind it that have
// b (zlib's crc32_combine).
func crcJoin(a, b uint32, n int64) uint32 {
	for rest := uint64(n); rest != 0; rest &= rest - 1 {
		a = crcTimes(crcPowers[bits.TrailingZeros64(rest)], a)
	}
	return a ^ b
}
