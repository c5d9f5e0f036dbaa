package inflate

import "encoding/binary"

// fast16 is fast8 for an output of 16-bit symbols, with a whole window of
// markers or bytes before it: no distance can be too far.
func (d *decoder) fast16(out []uint16, o, limit int) int {
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
			// before the refill, which so costs no time.
			buf >>= e & 63
			n -= uint64(e & 0xff)
			out[o] = uint16(e >> 8 & 0xff)
			o++
			if e&(2<<24) != 0 {
				out[o] = uint16(e >> 16 & 0xff)
				o++
			}
			e = lit[buf&(1<<litBits-1)]
			if e&isLiteral != 0 {
				buf >>= e & 63
				n -= uint64(e & 0xff)
				out[o] = uint16(e >> 8 & 0xff)
				o++
				if e&(2<<24) != 0 {
					out[o] = uint16(e >> 16 & 0xff)
					o++
				}
				e = lit[buf&(1<<litBits-1)]
				if e&isLiteral != 0 {
					buf >>= e & 63
					n -= uint64(e & 0xff)
					out[o] = uint16(e >> 8 & 0xff)
					o++
					if e&(2<<24) != 0 {
						out[o] = uint16(e >> 16 & 0xff)
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
						out[o] = uint16(e >> 8 & 0xff)
						o++
						buf >>= 8
						n -= 8
						e = lit[buf&(1<<litBits-1)]
						if e&(isLiteral|3<<24|0xff) == ofEight {
							out[o] = uint16(e >> 8 & 0xff)
							o++
							buf >>= 8
							n -= 8
							e = lit[buf&(1<<litBits-1)]
							if e&(isLiteral|3<<24|0xff) == ofEight {
								out[o] = uint16(e >> 8 & 0xff)
								o++
								buf >>= 8
								n -= 8
								e = lit[buf&(1<<litBits-1)]
								if e&(isLiteral|3<<24|0xff) == ofEight {
									out[o] = uint16(e >> 8 & 0xff)
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
				out[o] = uint16(e >> 8 & 0xff)
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
		buf |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		e = lit[buf&(1<<litBits-1)]
		switch {
		case distance >= 8:
			// Few are longer than 40 symbols: the processor foresees the loop's end.
			to, from := (*[40]uint16)(out[o:]), (*[40]uint16)(out[src:])
			*(*[8]uint16)(to[:]) = *(*[8]uint16)(from[:])
			*(*[8]uint16)(to[8:]) = *(*[8]uint16)(from[8:])
			*(*[8]uint16)(to[16:]) = *(*[8]uint16)(from[16:])
			*(*[8]uint16)(to[24:]) = *(*[8]uint16)(from[24:])
			*(*[8]uint16)(to[32:]) = *(*[8]uint16)(from[32:])
			for k := 40; k < length; k += 8 {
				*(*[8]uint16)(out[o+k:]) = *(*[8]uint16)(out[src+k:])
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
