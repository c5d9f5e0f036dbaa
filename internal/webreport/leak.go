package webreport

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
)

// mostCells is how many cells a leak map has at most; beyond, a cell stands for several bytes.
const mostCells = 4096

// leakMap is how much each byte tells of the class.
type leakMap struct {
	SVG        template.HTML
	Rows, Cols int
	Per        int // bytes a cell
	Down       []string
	Across     []string
	Data       leakData
	Table      figure
	Best       int // the position that tells most
}

// leakData is what the script of the page shows: by position the place of its field in
// Fields, and scores in thousandths.
type leakData struct {
	Unit     string   `json:"unit"` // byte or cell
	Cols     int      `json:"cols"`
	Width    int      `json:"width"` // columns of the sample
	Per      int      `json:"per"`
	Fields   []string `json:"fields"`
	Field    []int    `json:"field"`
	Kappa    []int    `json:"kappa"`
	Accuracy []int    `json:"accuracy"`
	AMI      []int    `json:"ami"`
}

// newLeakMap draws the scores of positions.
func newLeakMap(spec dataset.Spec, positions []audit.PositionScore, cell string) *leakMap {
	size := cells(spec)
	if len(positions) != size || size == 0 {
		return nil
	}
	g := gridOf(spec)
	m := &leakMap{Per: 1, Rows: g.rows, Cols: g.cols}
	if size > mostCells || g.shown < size {
		m.Per = (size + mostCells - 1) / mostCells
		m.Cols = 64
		m.Rows = ((size+m.Per-1)/m.Per + m.Cols - 1) / m.Cols
	}
	drawn := (size + m.Per - 1) / m.Per
	levels, kinds := make([]int, drawn), make([]string, drawn)
	for c := range drawn {
		best := c * m.Per
		for p := best; p < min((c+1)*m.Per, size); p++ {
			if positions[p].Kappa > positions[best].Kappa {
				best = p
			}
		}
		levels[c] = level(positions[best].Kappa)
		kinds[c] = positions[best].Field
	}
	m.Data.Unit = cell
	m.data(spec, positions)
	m.draw(levels, kinds, positions, cell)
	for i := range 4 {
		m.Down = append(m.Down, fmt.Sprint(i*m.Rows/4*m.Cols*m.Per))
		m.Across = append(m.Across, fmt.Sprintf("+%d", i*m.Cols/4*m.Per))
	}
	m.table(positions, cell)
	return m
}

// level is the colour of a score: 0 ... 9.
func level(kappa float64) int { return max(0, min(9, int(kappa*10))) }

func (m *leakMap) data(spec dataset.Spec, positions []audit.PositionScore) {
	d := &m.Data
	d.Cols, d.Per, d.Width = m.Cols, m.Per, spec.Cols
	at := map[string]int{}
	for p := range positions {
		s := &positions[p]
		if s.Kappa > positions[m.Best].Kappa {
			m.Best = p
		}
		f, ok := at[s.Field]
		if !ok {
			f = len(d.Fields)
			at[s.Field] = f
			d.Fields = append(d.Fields, s.Field)
		}
		d.Field = append(d.Field, f)
		d.Kappa = append(d.Kappa, thousandths(s.Kappa))
		d.Accuracy = append(d.Accuracy, thousandths(s.Accuracy))
		d.AMI = append(d.AMI, thousandths(s.AMI))
	}
}

func thousandths(v float64) int {
	if v < 0 {
		return -int(-v*1000 + 0.5)
	}
	return int(v*1000 + 0.5)
}

// draw makes one rectangle of neighbours of one colour, and a line where fields change.
func (m *leakMap) draw(levels []int, kinds []string, positions []audit.PositionScore, cell string) {
	var s svg
	best := &positions[m.Best]
	about := fmt.Sprintf("A grid of %d rows of %d squares, %s a square. The %s that tells most is %d, field %s, kappa %.3f.",
		m.Rows, m.Cols, plural(int64(m.Per), cell), cell, m.Best, best.Field, best.Kappa)
	s.add(`<svg id="leak-map" role="img" aria-labelledby="leak-t leak-d" viewBox="0 0 %d %d" shape-rendering="crispEdges"><title id="leak-t">How much each %s tells of the class</title><desc id="leak-d">%s</desc>`,
		m.Cols, m.Rows, cell, template.HTMLEscapeString(about))
	var edges strings.Builder
	for from := 0; from < len(levels); {
		to := from + 1
		for to < len(levels) && to%m.Cols != 0 && levels[to] == levels[from] {
			to++
		}
		s.add(`<rect x="%d" y="%d" width="%d" height="1" class="k%d"/>`, from%m.Cols, from/m.Cols, to-from, levels[from])
		from = to
	}
	for c := range kinds {
		x, y := c%m.Cols, c/m.Cols
		if x > 0 && kinds[c] != kinds[c-1] {
			fmt.Fprintf(&edges, "M%d %dv1", x, y)
		}
		if y > 0 && kinds[c] != kinds[c-m.Cols] {
			fmt.Fprintf(&edges, "M%d %dh1", x, y)
		}
	}
	s.add(`<path d="%s" class="edge"/><rect id="leak-here" width="1" height="1" class="here"/>`, edges.String())
	m.SVG = s.done()
}

// table lists the positions, all of them or those that tell most.
func (m *leakMap) table(positions []audit.PositionScore, cell string) {
	f := &m.Table
	f.ID, f.Title = "leak-table", "Scores by "+cell
	f.Head = []column{{Name: cell}, {Name: "field", Text: true}, {Name: "kappa"}, {Name: "accuracy"}, {Name: "balanced"}, {Name: "AMI"}, {Name: "entropy, bits"}}
	order := make([]int, len(positions))
	for p := range order {
		order[p] = p
	}
	if len(order) > 4*mostListed {
		slices.SortStableFunc(order, func(a, b int) int {
			switch ka, kb := positions[a].Kappa, positions[b].Kappa; {
			case ka > kb:
				return -1
			case ka < kb:
				return 1
			}
			return 0
		})
		f.More = fmt.Sprintf("The %d %ss that tell most, of %s.", 4*mostListed, cell, thousands(int64(len(order))))
		order = order[:4*mostListed]
	}
	for _, p := range order {
		s := &positions[p]
		f.Rows = append(f.Rows, []string{
			fmt.Sprint(p), s.Field, fmt.Sprintf("%.4f", s.Kappa), fmt.Sprintf("%.4f", s.Accuracy),
			fmt.Sprintf("%.4f", s.Balanced), fmt.Sprintf("%.4f", s.AMI), fmt.Sprintf("%.3f", s.Entropy),
		})
	}
}
