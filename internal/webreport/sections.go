package webreport

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/manifest"
)

const (
	mostListed = 200 // rows of a table
	mostBars   = 20  // bars of a chart of captures
)

// sideNames are the parts of a bar of samples.
var sideNames = []string{"training", "validation", "test", "on no side"}

// classFigure shows classes and sides.
func (r *Report) classFigure() *figure {
	f := &figure{ID: "classes", Title: "Samples of each class", Head: []column{{Name: "class", Text: true}, {Name: "label"}, {Name: "samples"}, {Name: "share"}}}
	if r.sides {
		f.Title += " and side"
		f.Keys = sideNames
		for _, s := range sideNames {
			f.Head = append(f.Head, column{Name: s})
		}
	}
	order := make([]int, len(r.classes))
	var all, most int64
	for c := range order {
		order[c] = c
		all += r.classes[c].total
		most = max(most, r.classes[c].total)
	}
	if len(order) > mostListed {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.classes[b].total, r.classes[a].total) })
		var rest int64
		for _, c := range order[mostListed:] {
			rest += r.classes[c].total
		}
		f.More = fmt.Sprintf("The %d largest of %s; the others have %s.", mostListed, plural(int64(len(order)), "class"), plural(rest, "sample"))
		order = order[:mostListed]
	}
	var list []bar
	for _, c := range order {
		k := &r.classes[c]
		row := []string{k.name, fmt.Sprint(k.label), thousands(k.total), percent(k.total, all)}
		b := bar{name: k.name, text: thousands(k.total), parts: []float64{float64(k.total)}}
		if r.sides {
			b.parts = nil
			for _, n := range k.bySide {
				row = append(row, thousands(n))
				b.parts = append(b.parts, float64(n))
			}
		}
		f.Rows = append(f.Rows, row)
		list = append(list, b)
	}
	if len(list) == 0 {
		return nil
	}
	about := fmt.Sprintf("Bars: %s in %s; the largest class has %s.", plural(all, "sample"), plural(int64(len(r.classes)), "class"), thousands(most))
	f.SVG = bars(f.ID, f.Title, about, "samples", list, top(float64(most)), -1, "")
	return f
}

// probeFigure shows what small models reach.
func (r *Report) probeFigure() *figure {
	a := r.Audit
	f := &figure{
		ID: "probes", Title: "What small models reach",
		Note: "Balanced accuracy on rows that were not learned from. The dashed line is chance.",
		Head: []column{{Name: "probe", Text: true}, {Name: "input", Text: true}, {Name: "accuracy"}, {Name: "balanced"}, {Name: "macro F1"}},
	}
	var list []bar
	for _, p := range a.Probes {
		list = append(list, bar{name: p.Probe + " on " + p.Input, text: fmt.Sprintf("%.3f", p.Balanced), parts: []float64{p.Balanced}})
		f.Rows = append(f.Rows, []string{p.Probe, p.Input, fmt.Sprintf("%.4f", p.Accuracy), fmt.Sprintf("%.4f", p.Balanced), fmt.Sprintf("%.4f", p.MacroF1)})
	}
	chance := 1 / float64(max(1, len(a.Data.Classes)))
	f.SVG = bars(f.ID, f.Title, fmt.Sprintf("Bars from 0 to 1 for each probe; chance is %.3f.", chance), "balanced accuracy", list, 1, chance, "chance")
	return f
}

// packetFigure shows what became of packets.
func packetFigure(t *manifest.Counts) *figure {
	f := &figure{ID: "packets", Title: "Packets read", Head: []column{{Name: "what became of them", Text: true}, {Name: "packets"}, {Name: "share"}}}
	list := []bar{{name: "used", text: thousands(t.Used), parts: []float64{float64(t.Used)}}}
	f.Rows = append(f.Rows, []string{"used", thousands(t.Used), percent(t.Used, t.Packets)})
	most := t.Used
	for _, reason := range byCount(t.LeftOut) {
		n := t.LeftOut[reason]
		most = max(most, n)
		list = append(list, bar{name: "left out: " + reason, text: thousands(n), parts: []float64{0, float64(n)}})
		f.Rows = append(f.Rows, []string{"left out: " + reason, thousands(n), percent(n, t.Packets)})
	}
	about := fmt.Sprintf("%s read, %s used.", plural(t.Packets, "packet"), thousands(t.Used))
	f.SVG = bars(f.ID, f.Title, about, "packets", list, top(float64(most)), -1, "")
	return f
}

// sessionFigure shows what became of sessions.
func sessionFigure(t *manifest.Counts) *figure {
	f := &figure{ID: "sessions", Title: "Sessions", Head: []column{{Name: "what became of them", Text: true}, {Name: "sessions"}, {Name: "share"}}}
	var list []bar
	most := int64(0)
	put := func(name string, n int64, part int) {
		b := bar{name: name, text: thousands(n), parts: make([]float64, part+1)}
		b.parts[part] = float64(n)
		most = max(most, n)
		list = append(list, b)
		f.Rows = append(f.Rows, []string{name, thousands(n), percent(n, t.Sessions)})
	}
	put("became samples", t.Samples, 0)
	put("duplicates, dropped", t.Duplicates, 1)
	put("without a byte", t.Empty, 1)
	for _, reason := range byCount(t.SessionsLeftOut) {
		put("left out: "+reason, t.SessionsLeftOut[reason], 1)
	}
	f.Note = fmt.Sprintf("Of those with bytes %s are cut, %s are padded and %s fit. %s.", thousands(t.Truncated), thousands(t.Padded), thousands(t.Exact),
		conflictText(t.Conflicts))
	about := fmt.Sprintf("%s: %s, %s.", plural(t.Sessions, "session"), plural(t.Samples, "sample"), plural(t.Duplicates, "duplicate"))
	f.SVG = bars(f.ID, f.Title, about, "sessions", list, top(float64(most)), -1, "")
	return f
}

func conflictText(n int64) string {
	if n == 1 {
		return "1 sample stands under another label too"
	}
	return thousands(n) + " samples stand under another label too"
}

// byCount are reasons, the most frequent first.
func byCount(counts map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
}

// captureFigures show sessions by capture, and what each capture had left out.
func captureFigures(m *manifest.Manifest) (figures []*figure) {
	var h histogram
	for i := range m.Captures {
		h.add(uint64(max(0, m.Captures[i].Samples)))
	}
	if len(m.Captures) > mostBars {
		if f := histogramFigure("per-capture", "Samples of a capture", "samples of a capture", "captures", &h); f != nil {
			figures = append(figures, f)
		}
	}
	if f := captureFigure(m, "captures", "Captures with the most samples", "samples",
		func(c *manifest.Capture) int64 { return c.Samples }); f != nil {
		figures = append(figures, f)
	}
	if f := captureFigure(m, "left-out", "Captures with the most packets left out", "packets left out",
		func(c *manifest.Capture) int64 { return c.Packets - c.Used }); f != nil {
		figures = append(figures, f)
	}
	return figures
}

// captureFigure lists the captures that have most of something.
func captureFigure(m *manifest.Manifest, id, title, unit string, count func(c *manifest.Capture) int64) *figure {
	var order []int
	for i := range m.Captures {
		if count(&m.Captures[i]) > 0 {
			order = append(order, i)
		}
	}
	if len(order) == 0 {
		return nil
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(count(&m.Captures[b]), count(&m.Captures[a])) })
	f := &figure{ID: id, Title: title, Head: []column{
		{Name: "capture", Text: true},
		{Name: "class", Text: true},
		{Name: "packets"},
		{Name: "used"},
		{Name: "left out, by reason", Text: true},
		{Name: "sessions"},
		{Name: "samples"},
		{Name: "duplicates"},
	}}
	if n := len(order) - mostListed; n > 0 {
		var rest int64
		for _, i := range order[mostListed:] {
			rest += count(&m.Captures[i])
		}
		f.More = fmt.Sprintf("The first %d of %s; the others have %s %s. The manifest has all.", mostListed, plural(int64(len(order)), "capture"), thousands(rest), unit)
		order = order[:mostListed]
	}
	var list []bar
	for k, i := range order {
		c := &m.Captures[i]
		if k < mostBars {
			list = append(list, bar{name: c.Name, text: thousands(count(c)), parts: []float64{float64(count(c))}})
		}
		f.Rows = append(f.Rows, []string{
			c.Name, c.Class, thousands(c.Packets), thousands(c.Used), reasonText(c.LeftOut),
			thousands(c.Sessions), thousands(c.Samples), thousands(c.Duplicates),
		})
	}
	if len(f.Rows) > len(list) {
		f.Note = fmt.Sprintf("The chart has the first %d; the table has more.", len(list))
	}
	first := &m.Captures[order[0]]
	about := fmt.Sprintf("Bars by capture; the longest is %s with %s %s.", first.Name, thousands(count(first)), unit)
	f.SVG = bars(id, title, about, unit, list, top(float64(count(first))), -1, "")
	return f
}

func reasonText(counts map[string]int64) string {
	var words []string
	for _, reason := range byCount(counts) {
		words = append(words, reason+" "+thousands(counts[reason]))
	}
	return strings.Join(words, ", ")
}

// damageRows list captures that could not be read to their end or had gaps.
func damageRows(m *manifest.Manifest) (rows [][]string, more string) {
	n := 0
	for i := range m.Captures {
		c := &m.Captures[i]
		if c.Damage == nil && len(c.Gaps) == 0 {
			continue
		}
		if n++; n > mostListed {
			continue
		}
		what := plural(int64(len(c.Gaps)), "gap")
		if d := c.Damage; d != nil {
			what = fmt.Sprintf("%s at packet %s, byte %s: %s", d.Kind, thousands(int64(d.Packet)), thousands(d.Offset), d.Detail)
		}
		rows = append(rows, []string{c.Name, what})
	}
	if n > mostListed {
		more = fmt.Sprintf("The first %d of %s.", mostListed, plural(int64(n), "damaged capture"))
	}
	return rows, more
}

// settingRows are the settings in the words of the command line, and what was left at its
// default too.
func settingRows(m *manifest.Manifest) (rows [][]string) {
	for _, s := range settings.Recorded() {
		rows = append(rows, []string{s.Name, s.Shown(m.Settings.Get(s.Key))})
	}
	return rows
}
