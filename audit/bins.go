package audit

import (
	"context"
	"encoding/binary"
	"math"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/parallel"
)

const (
	// mostBinned is from how many training rows, evenly spaced, the bins of cells are made.
	mostBinned = 20000
	// mostBinnedCells is how many cells of more than one byte a sample may have.
	mostBinnedCells = 1 << 16
	// mostLearned is how many values bins are made from at a time.
	mostLearned = 16 << 20
)

// bins say which byte stands for a value of a cell: the place of its bin, so that what is
// asked of bytes can be asked of any cell. Bytes stand for themselves, and an i8 for itself
// plus 128. Of i16 and f32 the bin of a value is how many of its cell's cuts are at most the
// value. Cuts are the distinct training values but the least, where those are 256 or fewer,
// else the distinct ones of sorted[floor(k*n/256)], k = 1 ... 255.
type bins struct {
	kind  dataset.Type
	cells int
	cuts  [][]float32 // by cell; nil for i8
	from  int         // rows that the cuts were made from
	of    int         // rows that there were
}

// number is the value of the cell at place i of a sample.
func number(kind dataset.Type, x []byte, i int) float32 {
	switch kind {
	case dataset.I8:
		return float32(int8(x[i]))
	case dataset.I16:
		return float32(int16(binary.BigEndian.Uint16(x[2*i:])))
	case dataset.F32:
		return math.Float32frombits(binary.BigEndian.Uint32(x[4*i:]))
	}
	return float32(x[i])
}

// code writes the bins of a sample's cells.
func (b *bins) code(dst, x []byte) {
	if b.kind == dataset.I8 {
		for i, v := range x {
			dst[i] = v ^ 0x80
		}
		return
	}
	for i, cuts := range b.cuts {
		v := number(b.kind, x, i)
		// How many cuts are at most v; none are at most what is not a number.
		low, high := 0, len(cuts)
		for low < high {
			if middle := (low + high) / 2; cuts[middle] <= v {
				low = middle + 1
			} else {
				high = middle
			}
		}
		dst[i] = byte(low)
	}
}

// bin makes the bins of a dataset whose cells are no bytes. Grouped, where every row is
// learned from in some fold, they are made from all rows: they know no label.
func (a *auditor) bin(ctx context.Context) error {
	d := a.d
	d.bins, d.codes = nil, nil
	if d.spec.Type == dataset.U8 {
		return nil
	}
	b := &bins{kind: d.spec.Type, cells: d.size()}
	if b.kind != dataset.I8 {
		rows := a.e.folds[0].train
		if a.e.name == evaluateGrouped {
			rows = d.allRows()
		}
		some := spaced(rows, mostBinned)
		b.from, b.of = len(some), len(rows)
		b.cuts = make([][]float32, b.cells)
		step := max(1, mostLearned/max(1, len(some)))
		for at := 0; at < b.cells; at += step {
			if err := a.learn(ctx, b, some, at, min(step, b.cells-at)); err != nil {
				return err
			}
		}
	}
	d.bins, d.cache = b, nil
	return nil
}

// learn makes the cuts of the cells at ... at+n-1.
func (a *auditor) learn(ctx context.Context, b *bins, rows []uint32, at, n int) error {
	all := make([]float32, n*len(rows)) // cell by cell
	err := a.d.someRaw(ctx, rows, func(i int, x []byte) error {
		for c := range n {
			all[c*len(rows)+i] = number(b.kind, x, at+c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return parallel.Each(ctx, a.workers, n, func(_, c int) error {
		b.cuts[at+c] = cutsOf(all[c*len(rows) : (c+1)*len(rows)])
		return nil
	})
}

// cutsOf sorts values and returns what they are cut at.
func cutsOf(sorted []float32) []float32 {
	slices.Sort(sorted)
	distinct := 0
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			distinct++
		}
	}
	var cuts []float32
	if distinct <= values {
		for i, v := range sorted {
			if i > 0 && v != sorted[i-1] {
				cuts = append(cuts, v)
			}
		}
		return cuts
	}
	for k := 1; k < values; k++ {
		cuts = append(cuts, sorted[int(int64(k)*int64(len(sorted))/values)])
	}
	return slices.Compact(cuts)
}
