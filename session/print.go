package session

import (
	"encoding/binary"
	"math/bits"
)

// Print is a fingerprint of a byte string that can be joined: that of A and B
// gives that of AB without the bytes. It is what makes whole sessions
// comparable however their capture was cut into runs.
//
// It is a polynomial hash over the prime field 2^61-1 with the bytes (plus one,
// so that leading zeros count) as coefficients, at two fixed points: for
// unequal strings of at most n bytes that were not made to collide, the chance
// of equal prints is about (n/2^61)^2. It is no cryptographic hash.
type Print struct {
	a, b uint64 // each below 2^61-1
}

const prime = 1<<61 - 1

// The evaluation points: the first 61 bits of the fractional parts of the
// square roots of 2 and 3, taken as odd integers below the prime.
const (
	pointA = 0x0d413cccfe779921
	pointB = 0x176cf5d0b09954e7
)

// powers of both points, highest first, for one step of eight bytes.
var (
	stepA = powers(pointA)
	stepB = powers(pointB)
)

func powers(x uint64) (p [9]uint64) {
	p[8] = 1
	for i := 7; i >= 0; i-- {
		p[i] = mulmod(p[i+1], x)
	}
	return p
}

// mulmod is x*y mod 2^61-1 for x, y below 2^61.
func mulmod(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return fold(hi, lo)
}

// fold is hi*2^64+lo mod 2^61-1, for hi below 2^58.
func fold(hi, lo uint64) uint64 {
	r := lo&prime + (lo>>61 | hi<<3)
	r = r&prime + r>>61
	if r >= prime {
		r -= prime
	}
	return r
}

// Append is the print of the string followed by bytes.
func (p Print) Append(bytes []byte) Print {
	for ; len(bytes) >= 8; bytes = bytes[8:] {
		chunk := binary.LittleEndian.Uint64(bytes)
		p.a = step(p.a, chunk, &stepA)
		p.b = step(p.b, chunk, &stepB)
	}
	for _, c := range bytes {
		p.a = addmod(mulmod(p.a, pointA), uint64(c)+1)
		p.b = addmod(mulmod(p.b, pointB), uint64(c)+1)
	}
	return p
}

// step takes eight bytes at once: h*x^8 + sum of (byte+1)*x^(7-i). The sum of
// the nine products stays below 2^125.
func step(h, chunk uint64, pow *[9]uint64) uint64 {
	hi, lo := bits.Mul64(h, pow[0])
	for i := 1; i <= 8; i++ {
		phi, plo := bits.Mul64(chunk&0xff+1, pow[i])
		var carry uint64
		lo, carry = bits.Add64(lo, plo, 0)
		hi += phi + carry
		chunk >>= 8
	}
	return fold(hi, lo)
}

func addmod(x, y uint64) uint64 {
	r := x + y
	if r >= prime {
		r -= prime
	}
	return r
}

// join is the print of this string followed by one of n bytes with print later.
func (p Print) join(later Print, n uint64) Print {
	return Print{
		a: addmod(mulmod(p.a, powmod(pointA, n)), later.a),
		b: addmod(mulmod(p.b, powmod(pointB, n)), later.b),
	}
}

func powmod(x, n uint64) uint64 {
	r := uint64(1)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			r = mulmod(r, x)
		}
		x = mulmod(x, x)
	}
	return r
}

// Bytes is the print in 16 bytes, big-endian, for keeping and comparing.
func (p Print) Bytes() (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], p.a)
	binary.BigEndian.PutUint64(b[8:], p.b)
	return b
}
