package audit

import "slices"

// mixed64 is the h of SPEC part 13, a hash of numbers.
func mixed64(x uint64) uint64 {
	z := x * 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// permuted are the labels of rows, dealt out anew among them: row i gets the label of the
// i-th row in the order of the keys. t names the permutation.
func (a *auditor) permuted(rows []uint32, t uint64) []uint16 {
	type keyed struct {
		key uint64
		row uint32
	}
	order := make([]keyed, len(rows))
	for j, row := range rows {
		order[j] = keyed{mixed64(uint64(j) + 1 + t<<32), row}
	}
	slices.SortFunc(order, func(x, y keyed) int { // no two keys are equal: the hash is one to one
		if x.key < y.key {
			return -1
		}
		return 1
	})
	out := make([]uint16, len(rows))
	for i, o := range order {
		out[i] = a.d.class[o.row]
	}
	return out
}
