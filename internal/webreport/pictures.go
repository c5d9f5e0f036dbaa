package webreport

import (
	"bytes"
	"context"
	"encoding/base64"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/parallel"
)

const (
	mostPictured = 100     // classes with pictures
	mostSamples  = 16      // pictures of samples a class
	mostPixels   = 2 << 20 // pixels of all pictures of samples together
	mostShown    = 1 << 14 // bytes of a sample that a picture shows
	mostSums     = 4 << 20 // positions times classes of which means are taken at a time
)

// classPicture is what one class looks like. Pictures are data URLs of PNG files.
type classPicture struct {
	class           int       // in Report.classes
	raw             [2][]byte // mean and deviation as they are drawn
	mean, deviation template.URL
	samples         template.URL // side by side, gap pixels between them
	count           int          // samples that it shows
	columns         int          // of pictures of samples
}

// grid is how a sample is drawn: as it is shaped, or, where that would be a thin strip, in
// rows of about its square root; of f32 each row is a channel and stays one.
type grid struct{ rows, cols, shown int }

func gridOf(s dataset.Spec) grid {
	g := grid{rows: s.Rows, cols: s.Cols, shown: cells(s)}
	if s.Type != dataset.F32 && (s.Cols > 4*s.Rows || s.Rows > 4*s.Cols) {
		g.cols = int(math.Ceil(math.Sqrt(float64(cells(s)))))
		g.rows = (cells(s) + g.cols - 1) / g.cols
	}
	if g.shown > mostShown {
		g.rows = max(1, mostShown/g.cols)
		g.shown = min(g.shown, g.rows*g.cols)
	}
	return g
}

// sums are, by pictured class and position, what means and deviations are made of.
type sums struct {
	n       []int64
	first   []uint64 // sums of values
	squares []uint64
}

// addUp goes over all samples once. Whole numbers are added, so the number of workers changes
// nothing.
func addUp(ctx context.Context, from *rows, place []int, shown, workers int) (*sums, error) {
	size := cells(from.spec)
	s := &sums{make([]int64, shown), make([]uint64, shown*size), make([]uint64, shown*size)}
	err := from.each(ctx, func(first int, block []byte) error {
		n := len(block) / size
		for i := range n {
			if p := place[from.classOf(first+i)]; p > 0 {
				s.n[p-1]++
			}
		}
		return parallel.Each(ctx, workers, workers, func(_, part int) error {
			low, high := part*size/workers, (part+1)*size/workers
			for i := range n {
				p := place[from.classOf(first+i)]
				if p == 0 {
					continue
				}
				a := s.first[(p-1)*size+low : (p-1)*size+high]
				b := s.squares[(p-1)*size+low : (p-1)*size+high]
				for j, v := range block[i*size+low : i*size+high] {
					a[j] += uint64(v)
					b[j] += uint64(v) * uint64(v)
				}
			}
			return nil
		})
	})
	return s, err
}

// picked is a sample that is drawn: the row, and the class's place among the pictures.
type picked struct {
	row   uint32
	class int
}

// pick chooses at most each samples of a class, evenly spaced among its rows, in the order of
// rows.
func pick(from *rows, classes []classCount, place []int, each int) (out []picked) {
	seen, next := make([]int64, len(classes)), make([]int64, len(classes))
	for row := range from.n {
		c := from.classOf(row)
		if place[c] == 0 {
			continue
		}
		m := min(int64(each), classes[c].total)
		if next[c] < m && seen[c] == next[c]*classes[c].total/m {
			out = append(out, picked{uint32(row), place[c] - 1})
			next[c]++
		}
		seen[c]++
	}
	return out
}

const gap = 2 // pixels between samples

// paint makes the pictures.
func paint(ctx context.Context, from *rows, list []picked, shown int, s *sums) ([]classPicture, error) {
	g, size := gridOf(from.spec), cells(from.spec)
	out := make([]classPicture, shown)
	of := make([][][]byte, shown)
	numbers := make([]uint32, len(list))
	for i, p := range list {
		numbers[i] = p.row
	}
	err := from.some(ctx, numbers, func(i int, x []byte) error {
		c := list[i].class
		of[c] = append(of[c], slices.Clone(x[:g.shown]))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for c := range out {
		mean, deviation := make([]byte, g.shown), make([]byte, g.shown)
		n := float64(max(1, s.n[c]))
		for p := range g.shown {
			m := float64(s.first[c*size+p]) / n
			v := max(0, float64(s.squares[c*size+p])/n-m*m)
			mean[p] = byte(math.Round(m))
			deviation[p] = byte(math.Round(min(255, 2*math.Sqrt(v)))) // at most 127.5
		}
		p := &out[c]
		p.raw = [2][]byte{mean, deviation}
		p.count, p.columns = len(of[c]), min(len(of[c]), 8)
		if p.mean, err = picture(g, [][]byte{mean}, 1, png.BestCompression); err != nil {
			return nil, err
		}
		if p.deviation, err = picture(g, [][]byte{deviation}, 1, png.BestCompression); err != nil {
			return nil, err
		}
		if p.samples, err = picture(g, of[c], max(1, p.columns), png.BestCompression); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// picture draws samples side by side, columns a row, as a data URL. One sample that fills its
// picture needs no palette.
func picture(g grid, samples [][]byte, columns int, level png.CompressionLevel) (template.URL, error) {
	var m image.Image
	if len(samples) == 1 && len(samples[0]) == g.rows*g.cols {
		m = &image.Gray{Pix: samples[0], Stride: g.cols, Rect: image.Rect(0, 0, g.cols, g.rows)}
	} else {
		m = mosaic(g, samples, columns)
	}
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: level}
	if err := e.Encode(&b, m); err != nil {
		return "", err
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

func mosaic(g grid, samples [][]byte, columns int) image.Image {
	lines := (len(samples) + columns - 1) / columns
	m := image.NewPaletted(image.Rect(0, 0, columns*(g.cols+gap)-gap, max(1, lines*(g.rows+gap)-gap)), greys)
	for i := range m.Pix {
		m.Pix[i] = clear
	}
	for i, s := range samples {
		x, y := i%columns*(g.cols+gap), i/columns*(g.rows+gap)
		for r := 0; r*g.cols < len(s); r++ {
			line := m.Pix[(y+r)*m.Stride+x:]
			for j, v := range s[r*g.cols : min((r+1)*g.cols, len(s))] {
				line[j] = min(v, clear-1) // 254 and 255 look alike: one place is for what is clear
			}
		}
	}
	return m
}

// clear is the place of the colour between samples.
const clear = 255

// greys are the colours of pictures: 255 levels of grey, and one that shows what is behind.
var greys = func() color.Palette {
	p := make(color.Palette, 256)
	for i := range clear {
		v := uint8(i)
		if i == clear-1 {
			v = 255
		}
		p[i] = color.NRGBA{v, v, v, 255}
	}
	p[clear] = color.NRGBA{}
	return p
}()
