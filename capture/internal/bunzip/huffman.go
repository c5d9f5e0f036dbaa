package bunzip

import (
	"cmp"
	"slices"
)

const (
	maxCode = 20 // bits of the longest code
	fastLen = 10 // bits that a table is looked up by
)

// codes are the Huffman codes of one table. Nearly all are complete: every row of bits
// begins with a code. For those that are not, what a row without a code means is what
// compress/bzip2 makes of it, see tree.
type codes struct {
	fast  [1 << fastLen]uint16 // symbol<<5 | bits of its code; 0 = longer, or odd
	limit [maxCode + 2]uint32  // by bits of the code: behind the last one, from the highest of 20 bits on
	base  [maxCode + 1]int32   // by bits of the code: add it to the code to get its place in sorted
	order [258]uint16          // symbols by bits of the code, then by value
	odd   *tree
}

// build takes the bits of each symbol's code. It returns what is wrong, or "".
func (c *codes) build(lengths []uint8) string {
	var count [maxCode + 1]int
	sum := 0
	for _, n := range lengths {
		count[n]++
		sum += 1 << (maxCode - n)
	}
	c.odd = nil
	clear(c.fast[:])
	if sum != 1<<maxCode {
		t, wrong := newTree(lengths)
		c.odd = t
		return wrong
	}
	var next [maxCode + 1]int // place in order
	place, code := 0, uint32(0)
	for n := 1; n <= maxCode; n++ {
		c.base[n] = int32(place) - int32(code)
		next[n] = place
		place += count[n]
		code += uint32(count[n])
		c.limit[n] = code << (maxCode - n)
		code <<= 1
	}
	c.limit[maxCode+1] = 1 << maxCode
	for s, n := range lengths {
		c.order[next[n]] = uint16(s)
		next[n]++
	}
	at := 0
	for _, s := range c.order[:len(lengths)] {
		n := lengths[s]
		if n > fastLen {
			break
		}
		for range 1 << (fastLen - n) {
			c.fast[at] = s<<5 | uint16(n)
			at++
		}
	}
	return ""
}

// long looks up a code of more than fastLen bits in the highest bits of buf: the symbol
// and the bits of the code.
func (c *codes) long(buf uint64) (symbol uint16, n uint) {
	top := uint32(buf >> (64 - maxCode))
	for n = fastLen + 1; top >= c.limit[n]; n++ { // limit[maxCode] is above all
	}
	return c.order[int32(top>>(maxCode-n))+c.base[n]], n
}

// tree is a binary tree of codes that are not complete. compress/bzip2 gives out codes
// from the longest on, and leaves out bits at which there is nothing to choose. Whoever
// wrote such a table may not have meant that, but one reading is as good as another, and
// all of pcapmill has the same.
type tree struct {
	nodes []node
}

// node is a choice: what follows a zero and a one: another node, or, below zero, the
// complement of a symbol.
type node [2]int32

type oddCode struct {
	code   uint32 // from the highest bit on
	symbol uint16
}

func newTree(lengths []uint8) (t *tree, wrong string) {
	order := make([]uint16, len(lengths))
	for i := range order {
		order[i] = uint16(i)
	}
	slices.SortStableFunc(order, func(a, b uint16) int { return cmp.Compare(lengths[a], lengths[b]) })
	list := make([]oddCode, len(order))
	code := uint32(0)
	for i := len(order) - 1; i >= 0; i-- {
		list[i] = oddCode{code, order[i]}
		code += 1 << (32 - lengths[order[i]])
	}
	slices.SortStableFunc(list, func(a, b oddCode) int { return cmp.Compare(a.code, b.code) })
	t = &tree{}
	if _, ok := t.add(list, 31); !ok {
		return nil, "equal symbols in Huffman tree"
	}
	return t, ""
}

// add adds the node that tells the codes of a list apart, which are two or more and alike
// above that bit.
func (t *tree) add(list []oddCode, bit int) (at int32, ok bool) {
	for ; bit >= 0; bit-- {
		split := slices.IndexFunc(list, func(c oddCode) bool { return c.code>>bit&1 != 0 })
		if split <= 0 {
			continue // all alike
		}
		at = int32(len(t.nodes))
		t.nodes = append(t.nodes, node{})
		for side, part := range [][]oddCode{list[split:], list[:split]} { // a one leads to the lower codes
			next := ^int32(part[0].symbol)
			if len(part) > 1 {
				if next, ok = t.add(part, bit-1); !ok {
					return 0, false
				}
			}
			t.nodes[at][side] = next
		}
		return at, true
	}
	return 0, false
}

// read reads a symbol.
func (t *tree) read(b *bitReader) uint16 {
	at := int32(0)
	for {
		at = t.nodes[at][b.take(1)]
		if at < 0 {
			return uint16(^at)
		}
	}
}
