package audit

import "slices"

// cutsOfLength is how many parts the lengths are cut into, at most.
const cutsOfLength = 32

// length scores what the length of a row tells.
func (a *auditor) length() *tally {
	classes := len(a.d.classes)
	t := newTally(classes)
	for _, f := range a.e.folds {
		sorted := make([]uint32, len(f.train))
		for i, row := range f.train {
			sorted[i] = a.d.lengths[row]
		}
		slices.Sort(sorted)
		var cuts []uint32
		for k := 1; k < cutsOfLength && len(sorted) > 0; k++ {
			cuts = append(cuts, sorted[int(int64(k)*int64(len(sorted))/cutsOfLength)])
		}
		cuts = slices.Compact(cuts)
		count := func(rows []uint32) []uint32 {
			counts := make([]uint32, (len(cuts)+1)*classes)
			for _, row := range rows {
				bin, _ := slices.BinarySearch(cuts, a.d.lengths[row]+1) // cuts at most the length
				counts[bin*classes+int(a.d.class[row])]++
			}
			return counts
		}
		table(count(f.train), count(f.test), len(cuts)+1, classes, a.base(f.train), t)
	}
	return t
}

// base is how many of the rows each class has.
func (a *auditor) base(rows []uint32) []int64 {
	base := make([]int64, len(a.d.classes))
	for _, row := range rows {
		base[a.d.class[row]]++
	}
	return base
}

// majority scores the most frequent class.
func (a *auditor) majority() *tally {
	t := newTally(len(a.d.classes))
	for _, f := range a.e.folds {
		best := most(a.base(f.train))
		for _, row := range f.test {
			t.add(best, int(a.d.class[row]), 1)
		}
	}
	return t
}
