package inflate

import "encoding/binary"

// nextBlock is the least number of bits of a block behind one that is not the
// last: a header of 3 and the end of a fixed block, of 7. klauspost/compress
// waits for them before it decodes a symbol of a block with codes of its own, and
// so gives a few bytes less of a cut stream than compress/flate. What was made of
// cut captures so far depends on it.
const nextBlock = 10

// codeOrder is the order of code lengths of code lengths (RFC 1951, 3.2.7).
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// header reads the header of a block. atBlock says that it did.
func (d *decoder) header() status {
	start := d.bit()
	final := d.final
	s := d.readHeader()
	if s != atBlock {
		d.goTo(start)
		d.final, d.kind = final, betweenBlocks
	}
	return s
}

func (d *decoder) readHeader() status {
	d.refill()
	if d.n < 3 {
		return needInput
	}
	d.final = d.take(1) == 1
	switch d.take(2) {
	case 0:
		return d.storedHeader()
	case 1:
		d.useFixed()
		d.kind = inCodes
		return atBlock
	case 2:
		return d.dynamicHeader()
	default:
		return d.corrupt(d.bit())
	}
}

func (d *decoder) storedHeader() status {
	d.align() // the rest of a byte is skipped
	if len(d.in)-d.pos < 4 {
		return needInput
	}
	n := binary.LittleEndian.Uint16(d.in[d.pos:])
	d.pos += 4
	if n != ^binary.LittleEndian.Uint16(d.in[d.pos-2:]) {
		return d.corrupt(d.pos * 8)
	}
	d.kind, d.left = inStored, int(n)
	return atBlock
}

// useFixed makes the tables those of RFC 1951, 3.2.6.
func (d *decoder) useFixed() {
	d.ahead, d.need, d.even = 7, 7, false
	if d.fixed {
		return
	}
	d.fixed = true
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	build(d.lit[:], litBits, lengths[:], &litMeanings)
	for i := range 32 {
		lengths[i] = 5
	}
	build(d.dist[:], distBits, lengths[:32], &distMeanings)
}

// dynamicHeader reads the codes of a block (RFC 1951, 3.2.7).
func (d *decoder) dynamicHeader() status {
	d.fixed = false
	if d.n < 14 {
		return needInput
	}
	lits, dists, codes := d.take(5)+257, d.take(5)+1, d.take(4)+4
	if lits > maxLit || dists > maxDist {
		return d.corrupt(d.bit())
	}
	var codeLengths [19]uint8
	for _, s := range codeOrder[:codes] {
		if d.n < 3 {
			if d.refill(); d.n < 3 {
				return needInput
			}
		}
		codeLengths[s] = uint8(d.take(3))
	}
	var table [128]uint32
	if !build(table[:], 7, codeLengths[:], &codeMeanings) {
		return d.corrupt(d.bit())
	}
	if s := d.codeLengths(&table, lits+dists); s != atBlock {
		return s
	}
	l := d.lengths[:lits]
	if !build(d.lit[:], litBits, l, &litMeanings) || !build(d.dist[:], distBits, d.lengths[lits:lits+dists], &distMeanings) {
		return d.corrupt(d.bit())
	}
	d.ahead = uint(l[endSymbol])
	if d.ahead == 0 { // the block cannot end, but may begin
		d.ahead = shortest(l)
	}
	if d.need = d.ahead; !d.final {
		d.need += nextBlock
	}
	d.tune(l[:endSymbol])
	d.kind = inCodes
	return atBlock
}

// codeLengths reads n code lengths.
func (d *decoder) codeLengths(table *[128]uint32, n int) status {
	lengths := d.lengths[:n]
	for i := 0; i < n; {
		if d.n < 14 {
			d.refill()
		}
		e := table[d.buf&127]
		width := uint(e & 0xff)
		if width > d.n {
			return needInput
		}
		if e&isSpecial != 0 {
			return d.corrupt(d.bit() + int(width))
		}
		s := e >> 16
		if s < 16 {
			d.drop(width)
			lengths[i] = uint8(s)
			i++
			continue
		}
		value, repeat, extra := uint8(0), 3, uint(3)
		switch s {
		case 16:
			if i == 0 {
				return d.corrupt(d.bit() + int(width))
			}
			value, extra = lengths[i-1], 2
		case 18:
			repeat, extra = 11, 7
		}
		if width+extra > d.n {
			return needInput
		}
		d.drop(width)
		repeat += d.take(extra)
		if i+repeat > n {
			return d.corrupt(d.bit())
		}
		for range repeat {
			lengths[i] = value
			i++
		}
	}
	return atBlock
}

// shortest is the least code length, 0 if there is no code.
func shortest(lengths []uint8) uint {
	least := uint(0)
	for _, n := range lengths {
		if n != 0 && (least == 0 || uint(n) < least) {
			least = uint(n)
		}
	}
	return least
}

// tune makes the fast loops fit the codes of a block's literals. The length of a
// code tells how often it is to be expected: 1<<(maxCode-n) times in 1<<maxCode.
func (d *decoder) tune(lengths []uint8) {
	var often [maxCode + 1]int
	for _, n := range lengths {
		often[n] += 1 << (maxCode - n)
	}
	often[0] = 0
	short := 0
	for n := 1; n <= litBits/2; n++ {
		short += often[n]
	}
	d.even = often[8] >= 1<<maxCode/8*7
	if short >= 1<<maxCode/4 {
		pairUp(&d.lit)
	}
}
