package inflate

import "encoding/binary"

// margin is how much input in bytes an iteration of the fast loops may load.
const margin = 32

// fast8 decodes into out[o:] as long as o is below the limit, there is margin
// in the input and the block goes on. It stops before what is corrupt. Of the
// bits above n in buf it may use those that are there, all of them true.
//
// Bounds are checked: unsafe loads and stores won 8 % on captures at 2:1, 4 %
// on random payload (November 2026), too little for what they risk.
func (d *decoder) fast8(out []byte, o, limit, low int) int {
	lit, dist := &d.lit, &d.dist
	in, pos := d.in, d.pos
	buf, n := d.buf, uint64(d.n)
	end := len(in) - margin
	buf |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
	pos += int((63 - n) >> 3)
	n |= 56
	e := lit[buf&(1<<litBits-1)]
	row := 0                     // literals in a row, in threes
	for pos < end && o < limit { // n >= 56
		if e&isLiteral != 0 {
			// Up to three entries of literals, of litBits each; e is loaded
			// before the refill, which so costs no time. A block has entries of two
			// or has none, so the branch costs less than to store both always.
			buf >>= e & 63
			n -= uint64(e & 0xff)
			out[o] = byte(e >> 8)
			o++
			if e&(2<<24) != 0 {
				out[o] = byte(e >> 16)
				o++
			}
			e = lit[buf&(1<<litBits-1)]
			if e&isLiteral != 0 {
				buf >>= e & 63
				n -= uint64(e & 0xff)
				out[o] = byte(e >> 8)
				o++
				if e&(2<<24) != 0 {
					out[o] = byte(e >> 16)
					o++
				}
				e = lit[buf&(1<<litBits-1)]
				if e&isLiteral != 0 {
					buf >>= e & 63
					n -= uint64(e & 0xff)
					out[o] = byte(e >> 8)
					o++
					if e&(2<<24) != 0 {
						out[o] = byte(e >> 16)
						o++
					}
					e = lit[buf&(1<<litBits-1)]
					buf |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
					pos += int((63 - n) >> 3)
					n |= 56
					if row++; row < 4 || !d.even {
						continue
					}
					// In random payload nearly all codes have 8 bits. The processor
					// foresees the branch and need not wait for one entry to load
					// the next: 1.6 times as fast. Elsewhere it would be slower.
					for e&(isLiteral|3<<24|0xff) == ofEight && pos < end && o < limit {
						out[o] = byte(e >> 8)
						o++
						buf >>= 8
						n -= 8
						e = lit[buf&(1<<litBits-1)]
						if e&(isLiteral|3<<24|0xff) == ofEight {
							out[o] = byte(e >> 8)
							o++
							buf >>= 8
							n -= 8
							e = lit[buf&(1<<litBits-1)]
							if e&(isLiteral|3<<24|0xff) == ofEight {
								out[o] = byte(e >> 8)
								o++
								buf >>= 8
								n -= 8
								e = lit[buf&(1<<litBits-1)]
								if e&(isLiteral|3<<24|0xff) == ofEight {
									out[o] = byte(e >> 8)
									o++
									buf >>= 8
									n -= 8
									e = lit[buf&(1<<litBits-1)]
								}
							}
						}
						buf |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
						pos += int((63 - n) >> 3)
						n |= 56
					}
					continue
				}
			}
		}
		row = 0
		at := pos<<3 - int(n) // bit where the symbol begins
		if e&isSpecial != 0 {
			if e&isLink != 0 {
				buf >>= litBits
				n -= litBits
				e = lit[(e>>16&0x1fff+uint32(buf)&(1<<(e>>8&15)-1))&(litSize-1)]
			}
			if e&isLiteral != 0 {
				buf >>= e & 63
				n -= uint64(e & 0xff)
				out[o] = byte(e >> 8)
				o++
				buf |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
				pos += int((63 - n) >> 3)
				n |= 56
				e = lit[buf&(1<<litBits-1)]
				continue
			}
			if e&isSpecial != 0 {
				if e&isEnd == 0 {
					d.goTo(at)
					return o
				}
				buf >>= e & 63
				n -= uint64(e & 0xff)
				d.kind = betweenBlocks
				break
			}
		}
		length := int(e>>16) + int(buf&(1<<(e&63)-1)>>(e>>8&15))
		buf >>= e & 63
		n -= uint64(e & 0xff)
		if n < 28 { // the longest distance: 15 bits and 13 extra ones
			buf |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
			pos += int((63 - n) >> 3)
			n |= 56
		}
		e = dist[buf&(1<<distBits-1)]
		if e&isSpecial != 0 {
			if e&isLink != 0 {
				buf >>= distBits
				n -= distBits
				e = dist[(e>>16&0x1fff+uint32(buf)&(1<<(e>>8&15)-1))&(distSize-1)]
			}
			if e&isSpecial != 0 {
				d.goTo(at)
				return o
			}
		}
		distance := int(e>>16) + int(buf&(1<<(e&63)-1)>>(e>>8&15))
		buf >>= e & 63
		n -= uint64(e & 0xff)
		src := o - distance
		if src < low {
			d.goTo(at)
			return o
		}
		buf |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		e = lit[buf&(1<<litBits-1)]
		switch {
		case distance >= 16:
			// Few are longer than 48 bytes: the processor foresees the loop's end.
			to, from := (*[48]byte)(out[o:]), (*[48]byte)(out[src:])
			*(*[16]byte)(to[:]) = *(*[16]byte)(from[:])
			*(*[16]byte)(to[16:]) = *(*[16]byte)(from[16:])
			*(*[16]byte)(to[32:]) = *(*[16]byte)(from[32:])
			for k := 48; k < length; k += 16 {
				*(*[16]byte)(out[o+k:]) = *(*[16]byte)(out[src+k:])
			}
		case distance == 1:
			v := uint64(out[src]) * 0x0101010101010101
			for k := 0; k < length; k += 8 {
				binary.LittleEndian.PutUint64(out[o+k:], v)
			}
		case distance >= 8:
			for k := 0; k < length; k += 8 {
				binary.LittleEndian.PutUint64(out[o+k:], binary.LittleEndian.Uint64(out[src+k:]))
			}
		default:
			for k := range length {
				out[o+k] = out[src+k]
			}
		}
		o += length
	}
	d.pos, d.buf, d.n = pos, buf&(1<<(n&63)-1), uint(n)
	return o
}
