package webreport

import (
	"fmt"
	"html/template"
	"strings"
)

// figure is a chart with its numbers.
type figure struct {
	ID, Title string
	Note      string // a sentence below the chart
	SVG       template.HTML
	Keys      []string // names of the parts of stacked bars
	Head      []column
	Rows      [][]string
	More      string // what the table leaves out
}

type column struct {
	Name string
	Text bool // of words, not of numbers
}

// bar is one bar: its parts stand one behind the other.
type bar struct {
	name  string
	parts []float64
	text  string // behind the bar's name
}

// svg collects the markup of a chart. Places along x are percentages of the width, so that a
// chart fits a telephone without small print; places along y are pixels.
type svg struct{ strings.Builder }

func (s *svg) add(format string, args ...any) { fmt.Fprintf(&s.Builder, format, args...) }

func (s *svg) text(x string, y int, anchor, class, text string) {
	s.add(`<text x="%s" y="%d" text-anchor="%s" class="%s">%s</text>`, x, y, anchor, class, template.HTMLEscapeString(visible(text)))
}

// open begins a picture that screen readers call by its title and description.
func (s *svg) open(id, title, about string, height int) {
	s.add(`<svg role="img" aria-labelledby="%s-t %s-d" width="100%%" height="%d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		id, id, height, id, template.HTMLEscapeString(visible(title)), id, template.HTMLEscapeString(visible(about)))
}

func (s *svg) done() template.HTML {
	s.add("</svg>")
	return template.HTML(s.String())
}

const (
	barStep = 34 // pixels from bar to bar
	barHigh = 12
)

// bars draws horizontal bars, each below its name, over an axis from 0 to end with its unit.
// mark is where a dashed line stands; below zero: nowhere.
func bars(id, title, about, unit string, list []bar, end, mark float64, markName string) template.HTML {
	var s svg
	foot := len(list)*barStep + 6
	s.open(id, title, about, foot+38)
	for i := range 5 {
		x := fmt.Sprintf("%d%%", i*25)
		s.add(`<line x1="%s" x2="%s" y1="0" y2="%d" class="grid"/>`, x, x, foot)
		s.text(x, foot+14, anchor(i), "tick", short(end*float64(i)/4))
	}
	for i, b := range list {
		y := i * barStep
		s.text("0", y+14, "start", "name", clipped(b.name, 34))
		s.text("100%", y+14, "end", "value", b.text)
		at := 0.0
		for k, v := range b.parts {
			wide := 100 * max(0, min(v, end)) / end
			if wide > 0 {
				s.add(`<rect x="%.3f%%" y="%d" width="%.3f%%" height="%d" class="s%d"/>`, at, y+18, wide, barHigh, k)
			}
			at += wide
		}
	}
	if mark >= 0 {
		x := fmt.Sprintf("%.3f%%", 100*mark/end)
		s.add(`<line x1="%s" x2="%s" y1="0" y2="%d" class="mark"/>`, x, x, foot)
		s.text(x, foot+32, "start", "tick", markName)
	}
	s.text("100%", foot+32, "end", "unit", unit)
	return s.done()
}

func anchor(i int) string {
	switch i {
	case 0:
		return "start"
	case 4:
		return "end"
	}
	return "middle"
}

// columns draws a histogram: the axis along y counts what, that along x has a unit.
func columns(id, title, about, unit, what string, h *histogram) template.HTML {
	const (
		high = 200
		head = 22
		left = 10.0 // percent of the width, for the numbers at the axis
	)
	low, last, _ := h.bounds()
	most := int64(1)
	for k := low; k <= last; k++ {
		most = max(most, h[k])
	}
	end := top(float64(most))
	var s svg
	s.open(id, title, about, head+high+40)
	s.text("0", 12, "start", "unit", what)
	for i := range 5 {
		y := head + high - high*i/4
		s.add(`<line x1="%.0f%%" x2="100%%" y1="%d" y2="%d" class="grid"/>`, left, y, y)
		s.text(fmt.Sprintf("%.0f%%", left-1), y+4, "end", "tick", short(end*float64(i)/4))
	}
	n := last - low + 1
	step := (100 - left) / float64(n)
	every := (n + 7) / 8
	for k := low; k <= last; k++ {
		x := left + step*float64(k-low)
		tall := float64(h[k]) / end * high
		if h[k] > 0 {
			tall = max(1, tall)
			s.add(`<rect x="%.3f%%" y="%.1f" width="%.3f%%" height="%.1f" class="s0"><title>%s: %s</title></rect>`,
				x+step*0.06, head+high-tall, step*0.88, tall, binName(k), thousands(h[k]))
		}
		if (k-low)%every == 0 {
			s.text(fmt.Sprintf("%.3f%%", x), head+high+14, "start", "tick", short(lowest(k)))
		}
	}
	s.text("100%", head+high+34, "end", "unit", unit)
	return s.done()
}

// lowest is the least value of a place of a histogram.
func lowest(k int) float64 {
	if k == 0 {
		return 0
	}
	return float64(uint64(1) << (k - 1))
}

// histogramFigure is a histogram with its table.
func histogramFigure(id, title, unit, what string, h *histogram) *figure {
	low, last, ok := h.bounds()
	if !ok {
		return nil
	}
	f := &figure{ID: id, Title: title, Head: []column{{Name: unit}, {Name: what}, {Name: "share"}}, Note: "Each column is twice as wide as the one before: powers of two."}
	var all int64
	most := low
	for k := low; k <= last; k++ {
		all += h[k]
		if h[k] > h[most] {
			most = k
		}
	}
	for k := low; k <= last; k++ {
		f.Rows = append(f.Rows, []string{binName(k), thousands(h[k]), percent(h[k], all)})
	}
	about := fmt.Sprintf("Histogram of %s. From %s to %s; most often %s (%s of %s).", unit, binName(low), binName(last), binName(most), percent(h[most], all), what)
	f.SVG = columns(id, title, about, unit, what, h)
	return f
}
