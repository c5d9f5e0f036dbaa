package view

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/internal/webreport"
)

const (
	mostExcerpt = 60      // characters of a text in a grid
	mostText    = 1 << 16 // bytes of a text on its page
	mostValues  = 16      // of a field that are shown
	mostListed  = 4096    // fields in a table
	lineWide    = 200     // width of a line in its own units; its height is lineHigh
	lineHigh    = 40
)

// cell is one sample in a grid: a picture, or of text its beginning.
type cell struct {
	Number int
	Class  string
	Note   string
	Image  template.URL
	Text   string
}

// cells draws samples.
func (s *Server) cells(list []int, note func(i int) string) ([]cell, error) {
	out := make([]cell, 0, len(list))
	for _, i := range list {
		b, err := s.at(i)
		if err != nil {
			return nil, err
		}
		c := cell{Number: i, Class: s.x.className(int(s.x.class[i])), Note: note(i)}
		if s.x.cells == 0 {
			c.Text = clipped(string(b[:min(len(b), 4*mostExcerpt)]), mostExcerpt)
		} else if c.Image, err = s.picture(b); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// picture draws a sample.
func (s *Server) picture(sample []byte) (template.URL, error) {
	_, _, shown := webreport.Drawn(s.x.spec)
	greys := make([]byte, shown)
	if s.x.flowpic() {
		most := math.Log1p(max(1, s.x.largest(sample)))
		for i := range greys {
			greys[i] = byte(math.Round(255 * math.Log1p(webreport.Value(s.x.spec, sample, i)) / most))
		}
	} else {
		s.x.shades.Draw(greys, sample)
	}
	return webreport.Picture(s.x.spec, [][]byte{greys}, 1)
}

// flowpic reports whether cells are counts: most are small, so that each sample has a scale of
// its own.
func (x *index) flowpic() bool {
	f := x.manifest.Form
	return f != nil && (f.Name == "flowpic" || f.Name == "mini-flowpic")
}

// largest is the largest cell of a sample.
func (x *index) largest(sample []byte) (v float64) {
	for i := range x.cells {
		v = max(v, webreport.Value(x.spec, sample, i))
	}
	return v
}

// at reads a sample.
func (s *Server) at(i int) ([]byte, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.x.cells == 0 {
		return s.samples.Line(nil, int64(i))
	}
	b := make([]byte, s.x.spec.Size())
	return b, s.samples.At(b, int64(i))
}

// text is the sample as it is shown, and what is not shown of it.
func text(b []byte) (shown, cut string) {
	if len(b) <= mostText {
		return webreport.Visible(string(b)), ""
	}
	whole := len(b)
	for b = b[:mostText]; len(b) > mostText-utf8.UTFMax && !utf8.Valid(b[max(0, len(b)-utf8.UTFMax):]); b = b[:len(b)-1] {
	}
	return webreport.Visible(string(b)), fmt.Sprintf("Only the first %s of %s bytes are shown.", webreport.Thousands(int64(len(b))), webreport.Thousands(int64(whole)))
}

// values writes some cells of a sample.
func (x *index) values(b []byte, from, to int) string {
	var list []string
	for i := from; i < min(to, from+mostValues); i++ {
		list = append(list, webreport.Number(webreport.Value(x.spec, b, i)))
	}
	if to-from > mostValues {
		list = append(list, "…")
	}
	return strings.Join(list, " ")
}

// line is a row of a series, drawn over the packets.
type line struct {
	Name, Says string
	Path       string
}

// lines draw the rows of a series up to its last packet.
func (x *index) lines(b []byte, segments []audit.Segment, length uint64) (out []line) {
	if f := x.manifest.Form; f == nil || f.Name != "series" {
		return nil
	}
	rows, cols := x.spec.Rows, x.spec.Cols
	n := int(min(length, uint64(cols)))
	for !x.exact && n > 0 && x.blank(b, n-1) { // length is of all packets
		n--
	}
	names := make([]string, rows)
	for _, g := range segments {
		if g.From%cols == 0 && g.From/cols < rows {
			names[g.From/cols] = g.Field
		}
	}
	n = min(n, mostListed)
	for r := range rows {
		if n == 0 {
			break
		}
		low := webreport.Value(x.spec, b, r*cols)
		high := low
		for k := range n {
			v := webreport.Value(x.spec, b, r*cols+k)
			low, high = min(low, v), max(high, v)
		}
		var path strings.Builder
		for k := range n {
			v, op := webreport.Value(x.spec, b, r*cols+k), 'L'
			if k == 0 {
				op = 'M'
			}
			left, down := float64(lineWide)/2, float64(lineHigh)/2
			if n > 1 {
				left = float64(lineWide) * float64(k) / float64(n-1)
			}
			if high > low {
				down = lineHigh * (high - v) / (high - low)
			}
			fmt.Fprintf(&path, "%c%.4g %.4g", op, left, down)
		}
		if n == 1 {
			path.WriteString("h0")
		}
		says := fmt.Sprintf("from %s to %s in %s", webreport.Number(low), webreport.Number(high), webreport.Plural(int64(n), "packet"))
		out = append(out, line{names[r], says, path.String()})
	}
	return out
}

// blank reports whether every row has a zero in a column.
func (x *index) blank(b []byte, column int) bool {
	for r := range x.spec.Rows {
		if webreport.Value(x.spec, b, r*x.spec.Cols+column) != 0 {
			return false
		}
	}
	return true
}
