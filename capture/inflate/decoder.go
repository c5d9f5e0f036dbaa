package inflate

// symbol is an element of the output: a byte, or a byte that may be a marker
// for one that is not known yet; see marked.go.
type symbol interface{ byte | uint16 }

// status says why decoding stopped.
type status uint8

const (
	atLimit   status = iota // the output has reached the limit
	atBlock                 // a block ended, and it was not the last one
	atEnd                   // the last block ended
	needInput               // the next symbol or block header is not whole in the input
	isCorrupt               // what comes next cannot be; decoder.badAt says where
)

// What a decoder is in.
const (
	betweenBlocks = iota
	inStored
	inCodes
)

// decoder decodes one DEFLATE stream whose input stands in a slice. It stops
// only between symbols or between blocks: a symbol or a header that is cut off
// or corrupt is as if it had not been touched. So whatever stops it, decoding
// can go on from there with another output, or with more input.
type decoder struct {
	in   []byte
	base int64  // offset of in[0] in the stream
	pos  int    // of the next byte that is not in buf
	buf  uint64 // the next bits, the first one lowest; above count there are zeros
	n    uint   // how many bits of buf are valid

	kind  uint8 // betweenBlocks, inStored or inCodes
	final bool  // the block is the last one
	fixed bool  // the tables are those of the fixed code
	left  int   // bytes of a stored block that are to come
	// ahead is how many bits compress/flate looks at before it decodes a literal
	// or length: as many as the shortest code or the end of the block, which must
	// come, has. It decides where a corrupt stream is said to be corrupt.
	ahead uint
	// need is how many bits must be there before a literal or length is decoded,
	// which decides what is left of a cut stream; see nextBlock.
	need  uint
	even  bool // most literals that are to be expected have codes of 8 bits
	badAt int  // for isCorrupt: byte of in behind those that compress/flate has used

	lit     [litSize]uint32
	dist    [distSize]uint32
	lengths [maxLit + maxDist + 4]uint8
}

// bit is the offset of the next bit in the input.
func (d *decoder) bit() int { return d.pos*8 - int(d.n) }

// seek goes to a bit of the input and expects a block there.
func (d *decoder) seek(bit int) {
	d.goTo(bit)
	d.kind, d.final = betweenBlocks, false
}

// goTo goes to a bit of the input.
func (d *decoder) goTo(bit int) {
	d.pos, d.buf, d.n = bit>>3, 0, 0
	d.refill()
	n := min(uint(bit&7), d.n)
	d.drop(n)
}

// refill takes whole bytes until n is 56 to 63, or the input ends.
func (d *decoder) refill() {
	for d.n < 56 && d.pos < len(d.in) {
		d.buf |= uint64(d.in[d.pos]) << d.n
		d.pos++
		d.n += 8
	}
}

// align goes to the next whole byte.
func (d *decoder) align() {
	d.pos -= int(d.n >> 3)
	d.buf, d.n = 0, 0
}

func (d *decoder) drop(n uint) {
	d.buf >>= n
	d.n -= n
}

// take returns n bits that are there.
func (d *decoder) take(n uint) int {
	v := d.buf & (1<<n - 1)
	d.drop(n)
	return int(v)
}

// corrupt notes that compress/flate would have used the input up to a bit.
func (d *decoder) corrupt(bit int) status {
	d.badAt = (bit + 7) >> 3
	return isCorrupt
}

// run decodes into out[o:], where out[low:o] is what distances may reach, until
// o is at the limit or something else stops it. len(out) must be limit+slack.
func run[T symbol](d *decoder, out []T, o, limit, low int) (int, status) {
	for {
		var s status
		switch d.kind {
		case betweenBlocks:
			if d.final {
				return o, atEnd
			}
			if s = d.header(); s != atBlock {
				return o, s
			}
			continue
		case inStored:
			o, s = runStored(d, out, o, limit)
		default:
			o, s = runCodes(d, out, o, limit, low)
		}
		switch {
		case s != atBlock:
			return o, s
		case !d.final:
			return o, atBlock
		}
	}
}

// runStored copies a stored block.
func runStored[T symbol](d *decoder, out []T, o, limit int) (int, status) {
	d.align()
	n := min(d.left, limit-o, len(d.in)-d.pos)
	if n > 0 {
		appendStored(out[o:o+n], d.in[d.pos:d.pos+n])
		o += n
		d.pos += n
		d.left -= n
	}
	switch {
	case d.left == 0:
		d.kind = betweenBlocks
		return o, atBlock
	case o >= limit:
		return o, atLimit
	default:
		return o, needInput
	}
}

func appendStored[T symbol](to []T, from []byte) {
	if to, ok := any(to).([]byte); ok {
		copy(to, from)
		return
	}
	for i, c := range from {
		to[i] = T(c)
	}
}

// slack is what an output must have behind its limit: what the fast loop may
// write beyond it, a few literals and a match that is copied in large words.
const slack = maxMatch + 62

// careful is how far before its limit the fast loop hands over to the careful
// one, so that the output ends with the first symbol that reaches the limit.
const careful = maxMatch + 8

// runCodes decodes a block of codes: with the fast loop as long as there is
// plenty of input and room, one symbol after the other at the ends.
func runCodes[T symbol](d *decoder, out []T, o, limit, low int) (int, status) {
	for {
		if o < limit-careful && d.pos < len(d.in)-margin {
			switch out := any(out).(type) {
			case []byte:
				o = d.fast8(out, o, limit-careful, low)
			case []uint16:
				o = d.fast16(out, o, limit-careful)
			}
			if d.kind == betweenBlocks {
				return o, atBlock
			}
		}
		if o >= limit {
			return o, atLimit
		}
		// Few symbols, then the fast loop may have a chance again.
		for range 16 {
			var s status
			if o, s = one(d, out, o, low); s != atLimit {
				return o, s
			}
			if o >= limit {
				return o, atLimit
			}
		}
	}
}

// one decodes a single literal or match into out[o:]; atLimit says that it did.
func one[T symbol](d *decoder, out []T, o, low int) (int, status) {
	d.refill()
	buf, n, bit := d.buf, d.n, d.bit()
	if n < d.need {
		return o, needInput
	}
	e := d.lit[buf&(1<<litBits-1)]
	used := uint(0)
	if e&(isLiteral|isSpecial) == isSpecial && e&isLink != 0 {
		used = litBits
		e = d.lit[(e>>16&0x1fff+uint32(buf>>litBits)&(1<<(e>>8&15)-1))&(litSize-1)]
	}
	if e&isLiteral != 0 {
		if used += uint(e >> 26 & 15); used > n {
			return o, needInput
		}
		d.drop(used)
		out[o] = T(e >> 8 & 0xff)
		return o + 1, atLimit
	}
	code := uint(e >> 8 & 15)
	if used+code > n {
		return o, needInput
	}
	seen := bit + int(max(used+code, d.ahead))
	if e&isSpecial != 0 {
		if e&isEnd == 0 {
			return o, d.corrupt(seen)
		}
		d.drop(used + code)
		d.kind = betweenBlocks
		return o, atBlock
	}
	whole := uint(e & 0xff)
	if used+whole > n {
		return o, needInput
	}
	length := int(e>>16) + int(buf>>(used+code)&(1<<(whole-code)-1))
	used += whole
	seen = max(seen, bit+int(used))

	e = d.dist[buf>>used&(1<<distBits-1)]
	if e&isSpecial != 0 && e&isLink != 0 {
		used += distBits
		e = d.dist[(e>>16&0x1fff+uint32(buf>>used)&(1<<(e>>8&15)-1))&(distSize-1)]
	}
	code, whole = uint(e>>8&15), uint(e&0xff)
	if used+code > n {
		return o, needInput
	}
	if e&isSpecial != 0 {
		return o, d.corrupt(max(seen, bit+int(used+code)))
	}
	if used+whole > n {
		return o, needInput
	}
	distance := int(e>>16) + int(buf>>(used+code)&(1<<(whole-code)-1))
	used += whole
	if distance > o-low {
		return o, d.corrupt(max(seen, bit+int(used)))
	}
	d.drop(used)
	for range length {
		out[o] = out[o-distance]
		o++
	}
	return o, atLimit
}
