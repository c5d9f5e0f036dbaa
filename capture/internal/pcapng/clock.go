package pcapng

import (
	"math"
	"math/bits"
)

// clock turns the 64-bit time stamps of one interface into nanoseconds. It
// calculates in 128 bits, where nothing overflows, and gives the nearest time
// that fits into 64: hostile resolutions and offsets exist.
type clock struct {
	mul, div uint64 // decimal resolutions: ns = stamp * mul / div
	shift    uint8  // binary resolutions: ns = stamp * 1e9 >> shift
	binary   bool
	hi, lo   uint64 // nanoseconds to add, 128 bits in two's complement
}

// newClock takes if_tsresol (high bit clear: 10^-r seconds, set: 2^-r) and
// if_tsoffset (seconds).
func newClock(resolution byte, offset int64) clock {
	c := clock{mul: 1, div: 1}
	r := resolution & 0x7f
	switch {
	case resolution&0x80 != 0:
		c.binary, c.shift = true, r
	case r <= 9:
		c.mul = pow10(9 - r)
	case r-9 < 20:
		c.div = pow10(r - 9)
	default: // finer than 10^-28 seconds: 64 bits of it are less than a nanosecond
		c.mul = 0
	}
	if offset >= 0 {
		c.hi, c.lo = bits.Mul64(uint64(offset), 1e9)
	} else {
		c.hi, c.lo = bits.Mul64(-uint64(offset), 1e9)
		var borrow uint64
		c.lo, borrow = bits.Sub64(0, c.lo, 0)
		c.hi, _ = bits.Sub64(0, c.hi, borrow)
	}
	return c
}

func pow10(n byte) uint64 {
	v := uint64(1)
	for range n {
		v *= 10
	}
	return v
}

func (c *clock) nanoseconds(stamp uint64) int64 {
	var hi, lo uint64
	if c.binary {
		hi, lo = bits.Mul64(stamp, 1e9)
		if c.shift >= 64 {
			hi, lo = 0, hi>>(c.shift-64)
		} else if c.shift > 0 {
			hi, lo = hi>>c.shift, lo>>c.shift|hi<<(64-c.shift)
		}
	} else {
		hi, lo = bits.Mul64(stamp, c.mul)
		lo /= c.div // hi is 0 unless div is 1
	}
	lo, carry := bits.Add64(lo, c.lo, 0)
	hi, _ = bits.Add64(hi, c.hi, carry)
	switch {
	case hi == 0 && lo <= math.MaxInt64, hi == math.MaxUint64 && lo > math.MaxInt64:
		return int64(lo)
	case int64(hi) < 0:
		return math.MinInt64
	default:
		return math.MaxInt64
	}
}
