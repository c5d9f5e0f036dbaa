package bunzip

import "encoding/binary"

// bitReader reads a stream of bits, the highest of a byte first.
type bitReader struct {
	in    []byte
	at    int         // the next byte of in that goes into buf
	buf   uint64      // what comes next, from the highest bit on
	have  uint        // valid bits of buf; behind them are zeros, or what refill put there early
	more  func() bool // appends to in; false: there is no more. nil: there is none
	short bool        // the stream has ended, and zeros follow
}

// seek goes to that bit of in.
func (b *bitReader) seek(bit int) {
	b.at, b.buf, b.have, b.short = bit>>3, 0, 0, false
	if rest := uint(bit & 7); rest > 0 {
		b.refill()
		b.buf <<= rest
		b.have -= min(rest, b.have)
	}
}

// pos is the bit of in that comes next.
func (b *bitReader) pos() int { return b.at*8 - int(b.have) }

// refill makes at least 56 bits valid, or all that there are.
func (b *bitReader) refill() {
	if b.at+8 <= len(b.in) {
		b.buf |= binary.BigEndian.Uint64(b.in[b.at:]) >> b.have
		n := (63 - b.have) >> 3
		b.at += int(n)
		b.have += n << 3
		return
	}
	b.buf &^= 1<<(64-b.have) - 1 // a shift by 64 is 0: all ones are cleared
	for b.have <= 56 {
		if b.at < len(b.in) {
			b.buf |= uint64(b.in[b.at]) << (56 - b.have)
			b.at++
			b.have += 8
			continue
		}
		if b.more == nil || !b.more() {
			return
		}
	}
}

// take reads n bits, 1 to 48. Behind the end they are zeros, and short is set.
func (b *bitReader) take(n uint) uint64 {
	if b.have < n {
		if b.refill(); b.have < n {
			b.short = true
			b.buf, b.have = 0, 0
			return 0
		}
	}
	v := b.buf >> (64 - n)
	b.buf <<= n
	b.have -= n
	return v
}
