package view

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/webreport"
	"github.com/pcapmill/pcapmill/store"
)

// audited is what the audit of the dataset has found.
type audited struct {
	report   *audit.Report // nil: there was nothing to audit, or it failed
	why      string        // why there is none
	findings []*told
	page     []byte // the report as a page
}

// told is a finding, and which samples it is about.
type told struct {
	audit.Finding
	column  []byte          // by sample: the byte at Position, or the bin of its cell; nil without one
	values  []float64       // the cell at Position, until it is binned
	bins    [256][2]float64 // least and largest value of each bin; of bytes unused
	binned  bool
	says    [256]int // by value of that byte: the class that has it most, from 1; 0: nobody
	table   [256][]int
	classes []bool // by class: named by the finding; nil: it names none
	flag    uint8  // the samples that have this mark; 0: no mark
}

// has reports whether a finding is about a sample: its byte is most frequent in its class, or
// it has the mark, or it is in a class that is named. With a value of 0 or more, whether its
// byte is that.
func (t *told) has(x *index, i, value int) bool {
	switch {
	case value >= 0 && t.column != nil:
		return int(t.column[i]) == value
	case t.column != nil:
		return t.says[t.column[i]] == int(x.class[i])+1
	case t.flag != 0:
		return x.flags[i]&t.flag != 0
	case t.classes != nil:
		return t.classes[x.class[i]]
	}
	return true
}

// examine audits the dataset in dir and reads the bytes that findings are about.
func (x *index) examine(ctx context.Context, dir string, o *Options) (*audited, error) {
	s, err := store.OpenVariant(dir, o.Variant)
	if err != nil {
		return nil, err
	}
	if s.Len() != int64(x.n) {
		return nil, errors.New("the dataset has changed since it was opened")
	}
	out := &audited{}
	if out.report, out.why, err = run(ctx, s, o.Workers); err != nil {
		return nil, err
	}
	if out.report != nil {
		for _, f := range out.report.Findings {
			out.findings = append(out.findings, x.tell(f))
		}
	}
	if err := x.columns(ctx, s, out.findings); err != nil {
		return nil, err
	}
	r, err := webreport.FromDataset(ctx, o.Title, s, out.report, o.Workers)
	if err != nil {
		return nil, err
	}
	r.Unjudged, r.Version = out.why, o.Version
	var b bytes.Buffer
	if err := webreport.Write(&b, r); err != nil {
		return nil, err
	}
	out.page = b.Bytes()
	return out, nil
}

// run audits a dataset; without a report it says why.
func run(ctx context.Context, s *store.Dataset, workers int) (*audit.Report, string, error) {
	m := s.Manifest()
	some := false
	for _, c := range m.Classes {
		some = some || c.Label != m.Unknown() && c.Samples > 0
	}
	switch {
	case s.Spec().Type == dataset.Text:
		return nil, "There is no audit: the samples are text, and an audit reads cells of arrays.", nil
	case !some:
		return nil, "There is no audit: no sample has a label.", nil
	}
	d, err := audit.OpenDataset(ctx, s)
	var r *audit.Report
	if err == nil {
		r, err = audit.Run(ctx, d, audit.Options{Workers: workers})
	}
	var e *audit.EvaluationError
	var large *audit.SizeError
	switch {
	case errors.As(err, &e):
		return nil, "There is no audit: " + e.Error() + ".", nil
	case errors.As(err, &large):
		return nil, "There is no audit: " + large.Error() + ".", nil
	}
	return r, "", err
}

// tell prepares a finding.
func (x *index) tell(f audit.Finding) *told {
	t := &told{Finding: f}
	switch f.Kind {
	case "repeated":
		t.flag = isRepeated
	case "conflict":
		t.flag = isConflict
	case "across-sides":
		t.flag = isAcross
	}
	if len(f.Classes) > 0 {
		t.classes = make([]bool, len(x.classes))
		for _, name := range f.Classes {
			if c := x.classOf(name); c >= 0 {
				t.classes[c] = true
			}
		}
	}
	if f.Position != nil && *f.Position < x.cells {
		t.column = make([]byte, 0, x.n)
	}
	return t
}

// columns reads the bytes at the positions of findings, and says which class has which value
// most.
func (x *index) columns(ctx context.Context, s *store.Dataset, list []*told) error {
	var with []*told
	for _, t := range list {
		if t.column != nil {
			with = append(with, t)
		}
	}
	if len(with) == 0 {
		return nil
	}
	size := x.spec.Size()
	err := eachBlock(ctx, s, func(_ int, block []byte) error {
		for ; len(block) > 0; block = block[size:] {
			for _, t := range with {
				if x.bytes() {
					t.column = append(t.column, block[*t.Position])
				} else {
					t.values = append(t.values, webreport.Value(x.spec, block, *t.Position))
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	unknown := x.manifest.Unknown()
	for _, t := range with {
		if !x.bytes() {
			t.bin()
		}
		for i, v := range t.column {
			c := x.class[i]
			if x.classes[c].Label == unknown {
				continue
			}
			if t.table[v] == nil {
				t.table[v] = make([]int, len(x.classes))
			}
			t.table[v][c]++
		}
		for v, counts := range t.table {
			most := 0
			for c, n := range counts {
				if n > most {
					most, t.says[v] = n, c+1
				}
			}
		}
	}
	return nil
}

// bin puts the values of a cell into at most 256 bins: each distinct value if there are as few,
// else ranges that hold about as many samples each.
func (t *told) bin() {
	sorted := slices.Sorted(slices.Values(t.values))
	starts := slices.Compact(slices.Clone(sorted))
	if len(starts) > 256 {
		starts = starts[:0]
		for k := range 256 {
			starts = append(starts, sorted[k*len(sorted)/256])
		}
		starts = slices.Compact(starts)
	}
	for i := range starts {
		t.bins[i] = [2]float64{starts[i], starts[i]} // the least value of each is there
	}
	for _, v := range t.values {
		at, found := slices.BinarySearch(starts, v)
		if !found {
			at--
		}
		t.column = append(t.column, byte(at))
		t.bins[at][1] = max(t.bins[at][1], v)
	}
	t.values, t.binned = nil, true
}

// valueText is a value of the byte, in hex, or the values of a bin.
func (t *told) valueText(v int) string {
	if !t.binned {
		return fmt.Sprintf("%02x", v)
	}
	if b := t.bins[v]; b[0] != b[1] {
		return webreport.Number(b[0]) + " to " + webreport.Number(b[1])
	}
	return webreport.Number(t.bins[v][0])
}
