package webreport

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
)

// The scale of a picture is made from at most so many samples, evenly spaced, and cells.
const (
	mostScaled      = 2000
	mostScaledCells = 64 << 20
)

// cells is how many elements a sample has.
func cells(s dataset.Spec) int { return s.Rows * s.Cols }

// shades draw the cells of samples as greys. Bytes are their own greys; of other types black is
// the least and white the largest value of some samples: of a row for f32, whose rows are
// channels of different units, else of all cells. Where those are further apart than 256 values,
// the scale is logarithmic on both sides of 0.
type shades struct {
	spec      dataset.Spec
	low, high []float64 // by row
	log       []bool    // by row
}

// value is a cell of a sample.
func value(kind dataset.Type, x []byte, i int) float64 {
	switch kind {
	case dataset.I8:
		return float64(int8(x[i]))
	case dataset.I16:
		return float64(int16(binary.BigEndian.Uint16(x[2*i:])))
	case dataset.F32:
		v := float64(math.Float32frombits(binary.BigEndian.Uint32(x[4*i:])))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0 // of no form of ours
		}
		return v
	}
	return float64(x[i])
}

// scaled is a value on a scale.
func scaled(v float64, log bool) float64 {
	if !log {
		return v
	}
	return math.Copysign(math.Log1p(math.Abs(v)), v)
}

// newShades looks at some samples.
func newShades(ctx context.Context, from *rows) (*shades, error) {
	s := &shades{spec: from.spec}
	if s.spec.Type == dataset.U8 {
		return s, nil
	}
	some := min(from.n, mostScaled, max(1, mostScaledCells/cells(s.spec)))
	list := make([]uint32, some)
	for i := range list {
		list[i] = uint32(int64(i) * int64(from.n) / int64(some))
	}
	high := s.spec.Rows
	s.low, s.high, s.log = slices.Repeat([]float64{math.Inf(1)}, high), slices.Repeat([]float64{math.Inf(-1)}, high), make([]bool, high)
	err := from.some(ctx, list, func(_ int, x []byte) error {
		for i := range cells(s.spec) {
			v, r := value(s.spec.Type, x, i), i/s.spec.Cols
			s.low[r], s.high[r] = min(s.low[r], v), max(s.high[r], v)
		}
		return nil
	})
	if s.spec.Type != dataset.F32 {
		low, high := slices.Min(s.low), slices.Max(s.high)
		for r := range s.low {
			s.low[r], s.high[r] = low, high
		}
	}
	for r := range s.low {
		s.log[r] = s.high[r]-s.low[r] > 256
	}
	return s, err
}

// draw writes the greys of a sample's cells.
func (s *shades) draw(dst, x []byte) {
	for i := range dst {
		dst[i] = s.grey(i/s.spec.Cols, value(s.spec.Type, x, i))
	}
}

// grey is that of a value in a row.
func (s *shades) grey(r int, v float64) byte {
	low, high := scaled(s.low[r], s.log[r]), scaled(s.high[r], s.log[r])
	if !(high > low) {
		return 0
	}
	return byte(math.Round(255 * max(0, min(1, (scaled(v, s.log[r])-low)/(high-low)))))
}

// over reads samples as greys, one byte a cell.
func (s *shades) over(from *rows) *rows {
	if s.spec.Type == dataset.U8 {
		return from
	}
	out, n, whole := *from, cells(s.spec), s.spec.Size()
	var block []byte
	out.each = func(ctx context.Context, f func(int, []byte) error) error {
		return from.each(ctx, func(first int, raw []byte) error {
			count := len(raw) / whole
			block = append(block[:0], make([]byte, count*n)...)
			for i := range count {
				s.draw(block[i*n:(i+1)*n], raw[i*whole:])
			}
			return f(first, block)
		})
	}
	out.some = func(ctx context.Context, list []uint32, f func(int, []byte) error) error {
		x := make([]byte, n)
		return from.some(ctx, list, func(i int, raw []byte) error {
			s.draw(x, raw)
			return f(i, x)
		})
	}
	return &out
}

// says is what the greys mean, in a sentence.
func (s *shades) says() string {
	if s.spec.Type == dataset.U8 {
		return "Black is 0, white is 255, one square a cell."
	}
	one := func(r int) string {
		text := fmt.Sprintf("black is %s, white is %s", number(s.low[r]), number(s.high[r]))
		if s.log[r] {
			text += " (logarithmic)"
		}
		return text
	}
	end := fmt.Sprintf("; one square a cell. The scale is that of %d samples or fewer, evenly spaced.", mostScaled)
	if s.spec.Type != dataset.F32 {
		return "In these pictures " + one(0) + end
	}
	var list []string
	for r := range s.low {
		list = append(list, fmt.Sprintf("in row %d %s", r, one(r)))
	}
	return "Each row has its own scale: " + strings.Join(list, "; ") + end
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
