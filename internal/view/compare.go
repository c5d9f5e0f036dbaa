package view

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/pcapmill/pcapmill/internal/webreport"
)

type comparePage struct {
	page
	Classes    [2][]choice
	Names      [2]string
	Means      [2]template.URL
	Difference template.URL
	Wide, High int
	Rows       [][]string
	Unit       string // byte or cell
	Scale      string // what greys mean, of cells that are no bytes
	None       string // why there is nothing to compare
}

// compare is the page of two classes side by side.
func (s *Server) compare(q url.Values) ([]byte, error) {
	x := s.x
	p := &comparePage{page: s.page("compare", "Compare two classes"), Unit: x.unit()}
	if x.cells > 0 && !x.bytes() && x.n > 0 {
		p.Scale = x.shades.Says() + " The difference is drawn as its share of the row's scale."
	}
	var of [2]int
	for side, key := range []string{"a", "b"} {
		of[side] = min(side, len(x.classes)-1)
		if name := q.Get(key); name != "" {
			if of[side] = x.classOf(name); of[side] < 0 {
				return nil, &requestError{http.StatusBadRequest, fmt.Sprintf("there is no class %q", name)}
			}
		}
		for c := range x.classes {
			p.Classes[side] = append(p.Classes[side], choice{x.classes[c].Name, x.className(c), c == of[side]})
		}
	}
	if len(x.classes) == 0 {
		p.None = "There are no classes."
		return s.render("compare", p)
	}
	for side, c := range of {
		p.Names[side] = x.className(c)
		if x.cells == 0 {
			p.None = "Samples of text have no means."
			return s.render("compare", p)
		}
		if _, ok := x.mean(c, 0); !ok {
			p.None = fmt.Sprintf("There are no means of %s: it has %s.", x.className(c), webreport.Plural(x.sums[c], "sample"))
			return s.render("compare", p)
		}
	}
	return s.compared(p, of)
}

func (s *Server) compared(p *comparePage, of [2]int) ([]byte, error) {
	x := s.x
	size, rowOf := x.cells, func(i int) int { return i / x.spec.Cols }
	var means [2][]float64
	for side, c := range of {
		means[side] = make([]float64, size)
		drawn := make([]byte, size)
		for i := range size {
			means[side][i], _ = x.mean(c, i)
			drawn[i] = x.shades.Grey(rowOf(i), means[side][i])
		}
		var err error
		if p.Means[side], err = webreport.Picture(x.spec, [][]byte{drawn}, 1); err != nil {
			return nil, err
		}
	}
	difference, order := make([]byte, size), make([]int, size)
	gap := func(i int) float64 { return max(means[0][i]-means[1][i], means[1][i]-means[0][i]) }
	grey := func(i int) float64 { // rows may have different units
		if span := x.shades.Span(rowOf(i)); span > 0 {
			return min(255, 255*gap(i)/span)
		}
		return 0
	}
	for i := range difference {
		difference[i], order[i] = byte(grey(i)+0.5), i
	}
	var err error
	if p.Difference, err = webreport.Picture(x.spec, [][]byte{difference}, 1); err != nil {
		return nil, err
	}
	p.Wide, p.High = x.thumb()
	p.Wide, p.High = 3*p.Wide, 3*p.High
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(grey(b), grey(a)) })
	fields := map[int]string{}
	if a := s.audited.Load(); a != nil && a.report != nil {
		for _, f := range a.report.Positions {
			fields[f.Position] = f.Field
		}
	}
	for _, i := range order[:min(size, mostRows)] {
		p.Rows = append(p.Rows, []string{fmt.Sprint(i), fields[i], x.meanText(means[0][i]), x.meanText(means[1][i]), x.meanText(gap(i))})
	}
	return s.render("compare", p)
}

// meanText writes a mean.
func (x *index) meanText(v float64) string {
	if x.bytes() {
		return fmt.Sprintf("%.1f", v)
	}
	return webreport.Number(v)
}

type valueRow struct {
	Value   int
	Hex     string
	Samples int
	Class   string
	Share   string
	Link    string
}

type findingRow struct {
	*told
	Link   string
	What   string // what the link shows
	Values []valueRow
}

type findingsPage struct {
	page
	Bytes    bool
	Waiting  string
	Verdict  string
	Findings []findingRow
}

// findings is the page of what the audit has found.
func (s *Server) findings() ([]byte, error) {
	p := &findingsPage{page: s.page("findings", "Findings"), Bytes: s.x.bytes()}
	a := s.audited.Load()
	switch {
	case a == nil:
		p.Waiting = s.waiting()
	case a.report == nil:
		p.Waiting = a.why
	default:
		p.Verdict = a.report.Verdict
		for i, t := range a.findings {
			p.Findings = append(p.Findings, s.findingRow(i, t))
		}
	}
	return s.render("findings", p)
}

func (s *Server) findingRow(i int, t *told) findingRow {
	f := filter{class: -1, side: -1, proto: -1, finding: i, value: -1}
	r := findingRow{told: t, Link: "/" + f.query(s.x, 0)}
	switch {
	case t.column != nil:
		r.What = "samples that this " + s.x.unit() + " gives away"
	case t.flag != 0:
		r.What = "these samples"
	case t.classes != nil:
		r.What = "samples of these classes"
	default:
		r.Link = ""
	}
	for v, counts := range t.table {
		all := 0
		for _, n := range counts {
			all += n
		}
		if all == 0 {
			continue
		}
		c := t.says[v] - 1
		f.value = v
		r.Values = append(r.Values, valueRow{
			v, t.valueText(v), all, s.x.className(c), fmt.Sprintf("%.1f %%", 100*float64(counts[c])/float64(all)), "/" + f.query(s.x, 0),
		})
	}
	slices.SortStableFunc(r.Values, func(a, b valueRow) int { return b.Samples - a.Samples })
	r.Values = r.Values[:min(len(r.Values), mostRows)]
	return r
}
