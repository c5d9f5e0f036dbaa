package audit

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/parallel"
)

// survey is what one pass over all rows finds.
type survey struct {
	digests [][16]byte // by row: of its bytes
	magic   int        // rows that begin as a capture file does
}

// look goes over all rows. It also finds the lengths of foreign rows.
func (a *auditor) look(ctx context.Context) (*survey, error) {
	d, size := a.d, a.d.spec.Size()
	s := &survey{digests: make([][16]byte, d.rows())}
	if d.captures == nil {
		d.lengths = make([]uint32, d.rows())
	}
	magic := make([]int, a.workers)
	err := d.eachRaw(ctx, func(first int, block []byte) error {
		return parallel.Each(ctx, a.workers, parts(len(block)/size), func(w, p int) error {
			from, to := part(p, len(block)/size)
			for i := from; i < to; i++ {
				x := block[i*size : (i+1)*size]
				sum := sha256.Sum256(x)
				copy(s.digests[first+i][:], sum[:])
				if d.spec.Type == dataset.U8 && pcapOrder(x) != nil {
					magic[w]++
				}
				if d.captures == nil {
					d.lengths[first+i] = uint32(len(bytes.TrimRight(x, "\x00")))
				}
			}
			return nil
		})
	})
	for _, n := range magic {
		s.magic += n
	}
	return s, err
}

// Blocks are divided into parts of so many rows, whatever the number of workers.
const partRows = 64

func parts(rows int) int { return (rows + partRows - 1) / partRows }

func part(p, rows int) (from, to int) { return p * partRows, min((p+1)*partRows, rows) }

// Duplicates says how many rows are equal.
type Duplicates struct {
	Rows        int     `json:"rows"`
	Distinct    int     `json:"distinct"`
	Repeated    int     `json:"repeated"`     // rows that equal an earlier one
	Conflicts   int     `json:"conflicts"`    // rows in groups of equal rows of two labels or more
	Ceiling     float64 `json:"ceiling"`      // the best accuracy that any model can have on all rows
	AcrossSides int     `json:"across_sides"` // test rows that equal a row of their training part
}

// duplicates groups equal rows. digests is by row.
func (a *auditor) duplicates(digests [][16]byte) Duplicates {
	n := len(digests)
	order := a.d.allRows()
	slices.SortFunc(order, func(x, y uint32) int {
		return cmp.Or(bytes.Compare(digests[x][:], digests[y][:]), cmp.Compare(x, y))
	})
	out := Duplicates{Rows: n}
	best := 0
	for from := 0; from < n; {
		to := from + 1
		for to < n && digests[order[to]] == digests[order[from]] {
			to++
		}
		group := order[from:to]
		from = to
		out.Distinct++
		if len(group) == 1 {
			best++
			continue
		}
		byClass := map[uint16]int{}
		largest := 0
		for _, row := range group {
			c := a.d.class[row]
			byClass[c]++
			largest = max(largest, byClass[c])
		}
		best += largest
		if len(byClass) > 1 {
			out.Conflicts += len(group)
		}
		out.AcrossSides += a.across(group)
	}
	out.Repeated = out.Rows - out.Distinct
	out.Ceiling = round6(float64(best) / float64(n))
	return out
}

// across counts the test rows of a group of equal rows that have one in their training part.
func (a *auditor) across(group []uint32) (n int) {
	have := make([]int, a.e.parts)
	for _, row := range group {
		have[a.e.part[row]]++
	}
	if a.e.name != evaluateGrouped {
		if have[trainPart] > 0 {
			n = have[testPart]
		}
		return n
	}
	for _, m := range have {
		if m < len(group) {
			n += m
		}
	}
	return n
}
