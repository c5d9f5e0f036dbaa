package pcapng

import (
	"math"
	"math/bits"
)

// clock turns the 64-bit time stamps of one interface into nanoseconds. It
// saturates instead of overflowing: hostile resolutions exist.
type clock struct {
	mul, div uint64 // decimal resolutions: ns = stamp * mul / div
	shift    uint8  // binary resolutions: ns = stamp * 1e9 >> shift
	binary   bool
	offset   int64 // nanoseconds to add
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
	if maxSeconds := int64(math.MaxInt64 / int64(1e9)); offset > maxSeconds || offset < -maxSeconds {
		offset = 0 // beyond what nanoseconds can tell (292 years around 1970)
	}
	c.offset = offset * 1e9
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
		if hi == 0 && c.div > 1 {
			lo /= c.div
		}
	}
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	ns := int64(lo)
	if c.offset > 0 && ns > math.MaxInt64-c.offset {
		return math.MaxInt64
	}
	return ns + c.offset
}
