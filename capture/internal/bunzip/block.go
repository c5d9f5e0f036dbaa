package bunzip

import "encoding/binary"

const (
	maxBlock  = 900_000 // bytes of a block before runs are expanded
	maxRepeat = 2 << 20 // of a byte; as in bzip2, it keeps the count from overflowing
	groupLen  = 50      // symbols that one table is used for
)

// scratch is what decoding a block needs. It can be used again.
type scratch struct {
	chain     []uint32 // the transformed bytes; above them, where the next one stands
	tables    [6]codes
	selectors []uint8
}

// A block is decoded but for its runs.
type block struct {
	data []byte
	sum  uint32 // that it should have
	end  int    // the bit of the input behind it
}

// read decodes what stands behind a block's magic number. limit is the length in bytes
// that the block may have. It returns what is wrong with it, or "". If in.short is set, the
// block is cut off and nothing else is of use.
func (s *scratch) read(in *bitReader, limit int, b *block) (wrong string) {
	b.sum = uint32(in.take(32))
	if in.take(1) != 0 {
		return "deprecated randomized files"
	}
	first := int(in.take(24))

	var list [256]byte // of move to front
	symbols := 0
	used := in.take(16)
	for high := range 16 {
		if used&(1<<(15-high)) == 0 {
			continue
		}
		row := in.take(16)
		for low := range 16 {
			if row&(1<<(15-low)) != 0 {
				list[symbols] = byte(16*high + low)
				symbols++
			}
		}
	}
	if symbols == 0 {
		return "no symbols in input"
	}
	if wrong := s.readTables(in, symbols+2); wrong != "" {
		return wrong
	}
	var count [256]uint32
	n, wrong := s.readSymbols(in, limit, uint16(symbols+1), &list, &count)
	if wrong != "" || in.short {
		return wrong
	}
	if first >= n {
		return "origPtr out of bounds"
	}
	b.end = in.pos()
	b.data = s.untransform(b.data, n, first, &count)
	return ""
}

// readTables reads the codes, and which of them goes for each group of symbols.
func (s *scratch) readTables(in *bitReader, symbols int) (wrong string) {
	tables := int(in.take(3))
	if tables < 2 || tables > len(s.tables) {
		return "invalid number of Huffman trees"
	}
	s.selectors = s.selectors[:0]
	front := [6]uint8{0, 1, 2, 3, 4, 5}
	for range int(in.take(15)) {
		c := 0
		for in.take(1) != 0 {
			c++
		}
		if c >= tables {
			return "tree index too large"
		}
		t := front[c]
		copy(front[1:], front[:c])
		front[0] = t
		s.selectors = append(s.selectors, t)
	}
	var lengths [258]uint8
	for t := range tables {
		n := int(in.take(5))
		for i := range symbols {
			for {
				if n < 1 || n > maxCode {
					return "Huffman length out of range"
				}
				if in.take(1) == 0 {
					break
				}
				n += 1 - 2*int(in.take(1))
			}
			lengths[i] = uint8(n)
		}
		if wrong := s.tables[t].build(lengths[:symbols]); wrong != "" {
			return wrong
		}
	}
	if len(s.selectors) == 0 {
		return "no tree selectors given"
	}
	return ""
}

// readSymbols reads all symbols, the last of which is end, and undoes move to front and
// what counts repeats, into chain. It returns how many bytes there are, and counts them.
func (s *scratch) readSymbols(in *bitReader, limit int, end uint16, list *[256]byte, count *[256]uint32) (n int, wrong string) {
	if len(s.chain) < limit {
		s.chain = make([]uint32, limit)
	}
	chain := s.chain[:limit]
	repeat, power := 0, 0
	for _, t := range s.selectors {
		table := &s.tables[t]
		for range groupLen {
			if in.have < maxCode {
				in.refill()
			}
			symbol, used := uint16(0), uint(0)
			switch e := table.fast[in.buf>>(64-fastLen)]; {
			case e != 0:
				symbol, used = e>>5, uint(e&31)
			case table.odd == nil:
				symbol, used = table.long(in.buf)
			default:
				symbol = table.odd.read(in)
			}
			if in.have < used {
				in.short = true
			}
			if in.short {
				return n, ""
			}
			in.buf <<= used
			in.have -= used

			if symbol < 2 {
				if repeat == 0 {
					power = 1
				}
				repeat += power << symbol
				power <<= 1
				if repeat > maxRepeat {
					return n, "repeat count too large"
				}
				continue
			}
			if repeat > 0 {
				if repeat > limit-n {
					return n, "repeats past end of block"
				}
				c := list[0]
				count[c] += uint32(repeat)
				for i := range chain[n : n+repeat] {
					chain[n+i] = uint32(c)
				}
				n += repeat
				repeat = 0
			}
			if symbol == end {
				return n, ""
			}
			c := toFront(list, uint(symbol-1))
			if n >= limit {
				return n, "data exceeds block size"
			}
			chain[n] = uint32(c)
			count[c]++
			n++
		}
	}
	return n, "insufficient selector indices for number of symbols"
}

// toFront moves element n to the front and returns it, 1 <= n < 256.
func toFront(list *[256]byte, n uint) byte {
	n &= 255
	c := list[n]
	if n < 8 {
		head := binary.LittleEndian.Uint64(list[:])
		low := uint64(2)<<(8*n+7) - 1 // n+1 bytes; a shift by 63 leaves 0, so all
		binary.LittleEndian.PutUint64(list[:], head&^low|head<<8&low|uint64(c))
		return c
	}
	copy(list[1:], list[:n])
	list[0] = c
	return c
}

// untransform undoes the Burrows-Wheeler transform of the first n elements of chain: it
// puts above each byte where the one behind it stands, and goes along. (Burrows and
// Wheeler, A Block-sorting Lossless Data Compression Algorithm, 1994, 4.2.) It writes to
// dst, whose memory it uses if there is enough.
func (s *scratch) untransform(dst []byte, n, first int, count *[256]uint32) []byte {
	chain := s.chain[:n]
	sum := uint32(0)
	for i, c := range count {
		count[i] = sum
		sum += c
	}
	for i := range chain {
		c := byte(chain[i])
		chain[count[c]] |= uint32(i) << 8
		count[c]++
	}
	if cap(dst) < n {
		dst = make([]byte, n)
	}
	dst = dst[:n]
	at := chain[first] >> 8
	for i := range dst {
		v := chain[at]
		dst[i] = byte(v)
		at = v >> 8
	}
	return dst
}
