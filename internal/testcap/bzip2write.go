package testcap

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
)

// Bzip2Stream appends a bzip2 stream to b whose blocks hold the parts, which are not empty.
// It sorts in the plainest way and uses codes of nearly one length. odd makes each block
// carry a table that is never used, whose codes spell the magic number of a block: bzip2
// itself writes no such thing. It needs 40 different bytes in each part.
func Bzip2Stream(b []byte, level int, odd bool, parts ...[]byte) []byte {
	w := bzip2Writer{b: b}
	w.stream(level, odd, parts...)
	return w.b
}

type bzip2Writer struct {
	b    []byte
	free uint // bits of the last byte
}

func (w *bzip2Writer) put(v uint64, n uint) {
	for n > 0 {
		if w.free == 0 {
			w.b, w.free = append(w.b, 0), 8
		}
		k := min(n, w.free)
		w.b[len(w.b)-1] |= byte(v>>(n-k)&(1<<k-1)) << (w.free - k)
		w.free -= k
		n -= k
	}
}

func (w *bzip2Writer) stream(level int, odd bool, parts ...[]byte) {
	w.free = 0
	w.b = append(w.b, 'B', 'Z', 'h', byte('0'+level))
	total := uint32(0)
	for _, p := range parts {
		sum := bzip2Sum(p)
		total = bits.RotateLeft32(total, 1) ^ sum
		w.put(bzip2Magic, 48)
		w.put(uint64(sum), 32)
		w.block(Bzip2Runs(p), odd)
	}
	w.put(0x177245385090, 48)
	w.put(uint64(total), 32)
}

// Bzip2Runs writes runs as the format has them.
func Bzip2Runs(p []byte) (out []byte) {
	for len(p) > 0 {
		n := 1
		for n < len(p) && n < 259 && p[n] == p[0] {
			n++
		}
		out = append(out, p[:min(n, 4)]...)
		if n >= 4 {
			out = append(out, byte(n-4))
		}
		p = p[n:]
	}
	return out
}

// block writes what stands behind the checksum.
func (w *bzip2Writer) block(p []byte, odd bool) {
	turned := make([]int, len(p)) // where each rotation begins, sorted
	for i := range turned {
		turned[i] = i
	}
	twice := append(slices.Clone(p), p...)
	slices.SortFunc(turned, func(a, b int) int {
		return cmp.Or(bytes.Compare(twice[a:a+len(p)], twice[b:b+len(p)]), cmp.Compare(a, b))
	})
	w.put(0, 1)
	w.put(uint64(slices.Index(turned, 0)), 24)
	var used [256]bool
	for _, c := range p {
		used[c] = true
	}
	var list []byte
	var high uint64
	var rows []uint64
	for i := range 16 {
		row := uint64(0)
		for j := range 16 {
			if used[16*i+j] {
				row |= 1 << (15 - j)
				list = append(list, byte(16*i+j))
			}
		}
		if row != 0 {
			high |= 1 << (15 - i)
			rows = append(rows, row)
		}
	}
	w.put(high, 16)
	for _, r := range rows {
		w.put(r, 16)
	}
	end := len(list) + 1
	var symbols []int
	zeros := 0
	flush := func() {
		for ; zeros > 0; zeros = (zeros - 1) / 2 {
			symbols = append(symbols, (zeros-1)&1)
		}
	}
	for _, at := range turned {
		c := twice[at+len(p)-1]
		i := bytes.IndexByte(list, c)
		if i == 0 {
			zeros++
			continue
		}
		flush()
		copy(list[1:], list[:i])
		list[0] = c
		symbols = append(symbols, i+1)
	}
	flush()
	symbols = append(symbols, end)

	// Codes of n and n-1 bits, the shorter ones first.
	count := end + 1
	n := bits.Len(uint(count - 1))
	short := 1<<n - count
	code := func(s int) (uint64, uint) {
		if s < short {
			return uint64(s), uint(n - 1)
		}
		return uint64(s + short), uint(n)
	}
	tables, groups := 2, (len(symbols)+50-1)/50
	if odd {
		tables = 3
	}
	w.put(uint64(tables), 3)
	w.put(uint64(groups), 15)
	for i := range groups {
		if i%3 == 1 {
			w.put(0b10, 2) // the other table of the two
		} else {
			w.put(0, 1)
		}
	}
	for range 2 {
		at := n
		if short > 0 {
			at = n - 1
		}
		w.put(uint64(at), 5)
		for s := range count {
			if _, want := code(s); int(want) > at {
				w.put(0b10, 2)
				at++
			}
			w.put(0, 1)
		}
	}
	if odd {
		w.spell(count)
	}
	for _, s := range symbols {
		v, n := code(s)
		w.put(v, n)
	}
}

// spell writes a table among whose lengths the magic number of a block stands.
func (w *bzip2Writer) spell(count int) {
	w.put(12, 5)
	w.put(bzip2Magic, 48)
	// Read as lengths: a zero ends a symbol, 10 is one more and 11 one less.
	row, left, done := uint64(bzip2Magic), 48, 0
	for left > 0 {
		left--
		if row>>left&1 == 0 {
			done++
		} else if left == 0 {
			w.put(0, 1) // the second bit of a step
		} else {
			left--
		}
	}
	for range count - done {
		w.put(0, 1)
	}
}

// bzip2Magic begins a block.
const bzip2Magic = 0x314159265359

// bzip2Sum is CRC-32 with the highest bit of a byte first.
func bzip2Sum(b []byte) uint32 {
	sum := ^uint32(0)
	for _, c := range b {
		sum ^= uint32(c) << 24
		for range 8 {
			if sum>>31 != 0 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
	}
	return ^sum
}
