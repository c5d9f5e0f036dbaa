package inflate

import "math/bits"

// Limits of RFC 1951, sections 3.2.5 to 3.2.7.
const (
	windowLen = 32 << 10 // the largest distance, in bytes
	maxMatch  = 258      // the longest match, in bytes
	maxCode   = 15       // the longest code, in bits
	maxLit    = 286      // literal and length symbols of a dynamic block
	maxDist   = 30       // distance symbols of a dynamic block
	endSymbol = 256      // ends a block
)

// A code is decoded by a main table of the next tableBits bits. An entry that
// is a link leads to a small second table for codes that are longer.
const (
	litBits  = 11
	distBits = 8

	// The largest tables that codes of at most 15 bits can ask for are 2342 and
	// 402 entries (the program enough of zlib). Powers of two let a mask stand for
	// the bounds check.
	litSize  = 4096
	distSize = 512
)

// Entries of a table. Bits 0 to 7 count what the entry takes from the bit
// buffer: the code, and the extra bits of a length or distance behind it.
//
//	literal   bit 31, bits 8-15 the byte, 16-23 a second byte, 24-25 how many
//	          of both there are, 26-29 the bits of the first code alone
//	length    bits 8-11 the bits of the code alone, 16-24 the base
//	distance  bits 8-11 the bits of the code alone, 16-30 the base
//	special   bit 15; with bit 14 a link: bits 8-11 the bits that index the
//	          second table, 16-28 where it begins; with bit 13 the end of the
//	          block; with neither a code that means nothing
const (
	isLiteral = 1 << 31
	isSpecial = 1 << 15
	isLink    = 1 << 14
	isEnd     = 1 << 13

	oneLiteral = isLiteral | 1<<24
	ofEight    = oneLiteral | 8 // a literal whose code has 8 bits, all but what it is
)

// lengthBase and lengthExtra tell the lengths of symbols 257 to 285.
var (
	lengthBase = [29]uint16{
		3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31,
		35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
	}
	lengthExtra = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
)

// meanings are entries without the bits of their codes, by symbol.
type meanings [288]uint32

var (
	litMeanings  = newLitMeanings()
	distMeanings = newDistMeanings()
	codeMeanings = newCodeMeanings()
)

func newLitMeanings() (m meanings) {
	for i := range m {
		switch {
		case i < endSymbol:
			m[i] = oneLiteral | uint32(i)<<8
		case i == endSymbol:
			m[i] = isSpecial | isEnd
		case i < maxLit:
			m[i] = uint32(lengthBase[i-257])<<16 | uint32(lengthExtra[i-257])
		default: // in the fixed code only
			m[i] = isSpecial
		}
	}
	return m
}

func newDistMeanings() (m meanings) {
	for i := range m {
		switch {
		case i < 4:
			m[i] = uint32(i+1) << 16
		case i < maxDist:
			extra := uint32(i/2 - 1)
			m[i] = (uint32(2+i%2)<<extra+1)<<16 | extra
		default: // in the fixed code only
			m[i] = isSpecial
		}
	}
	return m
}

// newCodeMeanings is for the code of code lengths: a symbol means itself.
func newCodeMeanings() (m meanings) {
	for i := range m {
		m[i] = uint32(i) << 16
	}
	return m
}

// entry puts the n bits of a code into what its symbol means.
func entry(meaning uint32, n uint) uint32 {
	if meaning&isLiteral != 0 {
		return meaning + uint32(n)<<26 + uint32(n)
	}
	return meaning + uint32(n)<<8 + uint32(n)
}

// build makes the table of a code, the code lengths of its symbols given, and
// reports whether they make a complete one. Like zlib and compress/flate it
// takes a code of a single symbol of one bit too, and one without any symbol:
// they fail when a code is met that is not there. The entry of such a code has
// the bits that a decoder looks at before it can tell.
func build(table []uint32, tableBits uint, lengths []uint8, m *meanings) bool {
	var count [maxCode + 1]int
	for _, n := range lengths {
		count[n]++
	}
	used, space := 0, 0
	var first [maxCode + 2]int // place of the first code of each length
	for n := 1; n <= maxCode; n++ {
		first[n] = used
		used += count[n]
		space = space<<1 + count[n]
	}
	if space != 1<<maxCode {
		return degenerate(table[:1<<tableBits], used, count[1], lengths, m)
	}
	var sorted [320]uint16
	for s, n := range lengths {
		if n != 0 {
			sorted[first[n]] = uint16(s)
			first[n]++
		}
	}
	symbols := sorted[:used]
	code := uint32(0)
	size := 0 // of the table filled so far: 1<<n
	for n := uint(1); n <= tableBits; n++ {
		// The codes of up to n bits make a table of n bits, which is doubled for
		// the next length: entries repeat with the period of their code.
		if size > 0 {
			copy(table[size:2*size], table[:size])
			size *= 2
		} else if count[n] > 0 {
			size = 1 << n
		}
		for range count[n] {
			s := symbols[0]
			symbols = symbols[1:]
			table[bits.Reverse32(code)>>(32-n)] = entry(m[s], n)
			code++
		}
		code <<= 1
	}
	buildLong(table, tableBits, code, symbols, &count, m)
	return true
}

// buildLong adds the second tables for codes of more than tableBits bits: the
// first of them is code, and their symbols are sorted by it.
func buildLong(table []uint32, tableBits uint, code uint32, symbols []uint16, count *[maxCode + 1]int, m *meanings) {
	next := 1 << tableBits
	prefix, start, width := ^uint32(0), 0, uint(0)
	for n := tableBits + 1; n <= maxCode; n++ {
		for left := count[n]; left > 0; left-- {
			r := bits.Reverse32(code) >> (32 - n)
			if p := r & (1<<tableBits - 1); p != prefix {
				// As wide as the codes that can share this prefix need.
				prefix, start, width = p, next, n-tableBits
				for space := left; space < 1<<width; {
					width++
					space = space<<1 + count[tableBits+width]
				}
				next += 1 << width
				table[p] = isSpecial | isLink | uint32(start)<<16 | uint32(width)<<8 | uint32(tableBits)
			}
			e := entry(m[symbols[0]], n-tableBits)
			symbols = symbols[1:]
			for j := int(r >> tableBits); j < 1<<width; j += 1 << (n - tableBits) {
				table[start+j] = e
			}
			code++
		}
		code <<= 1
	}
}

// degenerate makes the table of a code without symbols or with one of one bit.
func degenerate(table []uint32, used, ofOneBit int, lengths []uint8, m *meanings) bool {
	if used > 1 || used != ofOneBit {
		return false
	}
	even, odd := uint32(isSpecial), uint32(isSpecial)
	for s, n := range lengths {
		if n == 1 {
			even, odd = entry(m[s], 1), entry(isSpecial, 1)
		}
	}
	for i := range table {
		if table[i] = even; i&1 == 1 {
			table[i] = odd
		}
	}
	return true
}

// pairUp makes entries of one literal hold the literal behind it too, where the
// main table shows both codes whole.
func pairUp(table *[litSize]uint32) {
	for i := 1<<litBits - 1; i > 0; i-- {
		e := table[i]
		if e&isLiteral == 0 {
			continue
		}
		// What stands behind is at a lower index, and still single.
		n := e & 0xff
		next := table[(i>>(n&31))&(1<<litBits-1)]
		if next&isLiteral != 0 && n+next&0xff <= litBits {
			table[i] = e + 1<<24 + next&0xff + (next>>8&0xff)<<16
		}
	}
}
