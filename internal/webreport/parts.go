package webreport

import (
	"context"
	"html/template"
	"image/png"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/store"
)

// Style is the style sheet of the page.
func Style() string { return styleText }

// Drawn is how a sample of a shape is drawn: rows and columns of the picture, and how many of
// the sample's bytes it shows.
func Drawn(spec dataset.Spec) (rows, cols, shown int) {
	g := gridOf(spec)
	return g.rows, g.cols, g.shown
}

// Picture draws samples side by side, columns a row, and returns a PNG file as a data URL.
// It is made quickly, not small. Each sample has a grey for as many cells as Drawn shows, or more.
func Picture(spec dataset.Spec, samples [][]byte, columns int) (template.URL, error) {
	g := gridOf(spec)
	cut := make([][]byte, len(samples))
	for i, s := range samples {
		cut[i] = s[:g.shown]
	}
	return picture(g, cut, columns, png.BestSpeed)
}

// Shades say which grey stands for a value of a cell.
type Shades struct{ s *shades }

// NewShades looks at some samples of a dataset, which has some, of any type but text.
func NewShades(ctx context.Context, s *store.Dataset) (*Shades, error) {
	from := &rows{spec: s.Spec(), n: int(s.Len()), some: func(ctx context.Context, list []uint32, f func(int, []byte) error) error {
		return someSamples(ctx, s, list, f)
	}}
	made, err := newShades(ctx, from)
	return &Shades{made}, err
}

// Draw writes the greys of the first cells of a sample.
func (s *Shades) Draw(dst, sample []byte) {
	if s.s.spec.Type == dataset.U8 {
		copy(dst, sample)
		return
	}
	s.s.draw(dst, sample)
}

// Grey is that of a value in a row.
func (s *Shades) Grey(row int, v float64) byte {
	if s.s.spec.Type == dataset.U8 {
		return byte(v + 0.5)
	}
	return s.s.grey(row, v)
}

// Span is how far apart black and white are in a row, in units of its values.
func (s *Shades) Span(row int) float64 {
	if s.s.spec.Type == dataset.U8 {
		return 255
	}
	return s.s.high[row] - s.s.low[row]
}

// Says is what the greys mean, in a sentence.
func (s *Shades) Says() string { return s.s.says() }

// Value is that of a cell of a sample.
func Value(spec dataset.Spec, sample []byte, cell int) float64 { return value(spec.Type, sample, cell) }

// Number writes a value with at most six digits.
func Number(v float64) string { return number(v) }

// Thousands writes 1234567 as 1,234,567.
func Thousands(n int64) string { return thousands(n) }

// Plural is "1 sample" or "2 samples".
func Plural(n int64, what string) string { return plural(n, what) }

// Visible replaces characters that are not seen or turn the direction of writing.
func Visible(s string) string { return visible(s) }

// Mean is what the samples of a class have in common: by byte that is drawn the mean, and
// twice the standard deviation.
type Mean struct {
	Class           string
	Mean, Deviation []byte
}

// Means are those of the classes that have pictures.
func (r *Report) Means() (list []Mean) {
	for _, p := range r.pictures {
		list = append(list, Mean{r.classes[p.class].name, p.raw[0], p.raw[1]})
	}
	return list
}

// Scale is what the greys of Means and of pictures stand for, in a sentence.
func (r *Report) Scale() string { return r.scale }
