package webreport

import (
	"html/template"
	"image/png"

	"github.com/pcapmill/pcapmill/dataset"
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
// It is made quickly, not small. Each sample has as many bytes as Drawn shows, or more.
func Picture(spec dataset.Spec, samples [][]byte, columns int) (template.URL, error) {
	g := gridOf(spec)
	cut := make([][]byte, len(samples))
	for i, s := range samples {
		cut[i] = s[:g.shown]
	}
	return picture(g, cut, columns, png.BestSpeed)
}

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
