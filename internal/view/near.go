package view

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// neighbour is a sample and the number of cells by which it differs.
type neighbour struct{ sample, cells int }

// nearest are the samples most like x, at most n, the nearest first and of equally near ones
// the earlier: of those with the same bytes any, of others candidates.
func (x *index) nearest(of int, sample []byte, n int) (out []neighbour) {
	for i, f := range x.first {
		if f == x.first[of] && i != of {
			if out = append(out, neighbour{i, 0}); len(out) == n {
				return out
			}
		}
	}
	if x.cells == 0 {
		return out // of text only equal ones
	}
	size, width := len(sample), x.spec.Type.Size()
	worst := size + 1
	equal := len(out)
	for k := 0; (k+1)*size <= len(x.near); k++ {
		i := k * x.stride
		if i == of || x.first[i] == x.first[of] {
			continue
		}
		d := distance(sample, x.near[k*size:(k+1)*size], width, worst)
		if d >= worst {
			continue
		}
		at, _ := slices.BinarySearchFunc(out[equal:], d, func(a neighbour, d int) int {
			if a.cells <= d {
				return -1
			}
			return 1
		})
		out = slices.Insert(out, equal+at, neighbour{i, d})
		if len(out) > n {
			out = out[:n]
		}
		if len(out) == n {
			worst = out[n-1].cells
		}
	}
	return out
}

// distance is the number of cells, of so many bytes each, by which a and b differ, or something
// not below limit.
func distance(a, b []byte, width, limit int) (n int) {
	if width > 1 {
		for ; len(a) > 0 && n < limit; a, b = a[width:], b[width:] {
			if string(a[:width]) != string(b[:width]) {
				n++
			}
		}
		return n
	}
	const low = 0x7f7f7f7f7f7f7f7f
	for len(a) >= 8 && len(b) >= 8 {
		d := binary.LittleEndian.Uint64(a) ^ binary.LittleEndian.Uint64(b)
		// The top bit of each byte of d that is not 0.
		n += bits.OnesCount64(((d & low) + low | d) &^ low)
		if n >= limit {
			return n
		}
		a, b = a[8:], b[8:]
	}
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
