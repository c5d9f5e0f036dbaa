package view

import (
	"bytes"
	"context"
	"errors"

	"github.com/pcapmill/pcapmill/audit"
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
	column  []byte   // by sample: the byte at Position; nil without one
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
func (x *index) examine(ctx context.Context, dir, title, version string, workers int) (*audited, error) {
	s, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	if s.Len() != int64(x.n) {
		return nil, errors.New("the dataset has changed since it was opened")
	}
	out := &audited{}
	if out.report, out.why, err = run(ctx, s, workers); err != nil {
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
	r, err := webreport.FromDataset(ctx, title, s, out.report, workers)
	if err != nil {
		return nil, err
	}
	r.Unjudged, r.Version = out.why, version
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
	if !some {
		return nil, "There is no audit: no sample has a label.", nil
	}
	d, err := audit.OpenDataset(ctx, s)
	var r *audit.Report
	if err == nil {
		r, err = audit.Run(ctx, d, audit.Options{Workers: workers})
	}
	var e *audit.EvaluationError
	if errors.As(err, &e) {
		return nil, "There is no audit: " + e.Error() + ".", nil
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
	if f.Position != nil && *f.Position < x.spec.Size() {
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
				t.column = append(t.column, block[*t.Position])
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	unknown := x.manifest.Unknown()
	for _, t := range with {
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
