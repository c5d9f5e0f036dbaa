package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/report"
	"github.com/pcapmill/pcapmill/internal/webreport"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// mostTold is how many bytes and findings are listed below a leak map.
const mostTold = 8

// leak draws the mean and the deviation of each class, and what each byte tells of the class.
func (in *inspector) leak(ctx context.Context, d *store.Dataset) error {
	workers := in.values.Number("workers")
	data, err := audit.OpenDataset(ctx, d)
	if err != nil {
		return err
	}
	a, err := audit.Run(ctx, data, audit.Options{Workers: workers})
	if err != nil {
		return err
	}
	r, err := webreport.FromDataset(ctx, "", d, a, workers)
	if err != nil {
		return err
	}
	if in.c.json != nil {
		return in.leakEvents(d, a, r)
	}
	high, wide, drawn := webreport.Drawn(d.Spec())
	shape := sample.Shape{Rows: high, Cols: wide}
	full := func(b []byte) []byte { return append(slices.Clone(b), make([]byte, high*wide-len(b))...) }
	cell := "byte"
	if d.Spec().Type != dataset.U8 {
		cell = "cell"
		in.say("%s", r.Scale())
	}
	var rows []report.Row
	for _, m := range r.Means() {
		rows = append(rows, report.Row{Title: shown(m.Class) + ": mean, and twice the deviation", Samples: [][]byte{full(m.Mean), full(m.Deviation)}})
	}
	if err := report.Text(in.out, rows, shape, in.style(), in.columns()); err != nil {
		return err
	}
	scores := make([]byte, drawn)
	for i := range scores {
		scores[i] = byte(max(0, a.Positions[i].Kappa) * 255)
	}
	style := in.style()
	if style == report.Grey {
		style = report.Heat
	}
	title := fmt.Sprintf("leak map: what each %s alone tells of the class (kappa, dark 0, bright 1); %s, verdict %s", cell, a.Data.Evaluation, a.Verdict)
	if err := report.Text(in.out, []report.Row{{Title: title, Samples: [][]byte{full(scores)}}}, shape, style, in.columns()); err != nil {
		return err
	}
	order := slices.Clone(a.Positions)
	slices.SortStableFunc(order, func(x, y audit.PositionScore) int {
		switch {
		case x.Kappa > y.Kappa:
			return -1
		case x.Kappa < y.Kappa:
			return 1
		}
		return 0
	})
	t := table{columns: []column{{head: strings.ToUpper(cell), right: true}, {head: "FIELD"}, {head: "KAPPA", right: true}, {head: "ACCURACY", right: true}}}
	for _, p := range order[:min(len(order), mostTold)] {
		t.add(fmt.Sprint(p.Position), p.Field, fmt.Sprintf("%.4f", p.Kappa), fmt.Sprintf("%.4f", p.Accuracy))
	}
	t.write(in.out, in.width)
	for _, f := range a.Findings[:min(len(a.Findings), mostTold)] {
		in.say("%s: %s: %s", f.Severity, f.Kind, printable(f.Text))
	}
	if n := len(a.Findings) - mostTold; n > 0 {
		in.say("and %s more: 'pcapmill audit' lists them", plural(int64(n), "finding"))
	}
	return nil
}

// leakEvents says the same as JSON: the audit, and the greys of each class's mean and of twice
// its deviation, row by row.
func (in *inspector) leakEvents(d *store.Dataset, a *audit.Report, r *webreport.Report) error {
	in.c.event(map[string]any{"event": "audit", "audit": a})
	high, wide, _ := webreport.Drawn(d.Spec())
	for _, m := range r.Means() {
		in.c.event(map[string]any{
			"event": "mean", "class": m.Class, "rows": high, "cols": wide, "scale": r.Scale(), "mean": numbers(m.Mean), "deviation": numbers(m.Deviation),
		})
	}
	return nil
}

// numbers are bytes that become numbers in JSON, not text.
func numbers(b []byte) []int {
	out := make([]int, len(b))
	for i, v := range b {
		out[i] = int(v)
	}
	return out
}
