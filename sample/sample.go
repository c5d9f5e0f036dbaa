// Package sample turns a session into an array of fixed size: the first bytes
// of the session, cut or padded on the right with zeros, as a matrix of uint8
// in row-major order.
//
// The default, 784 bytes as 28x28, is that of the MNIST images and of the
// traffic-image papers since USTC-TFC2016 (Wang et al., ICOIN 2017).
package sample

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Defaults of the field.
const (
	DefaultLength = 784
	DefaultRows   = 28
	DefaultCols   = 28
)

// MaxLength bounds the bytes of a sample, 16 MiB.
const MaxLength = 16 << 20

// Shape is the shape of a sample: rows and columns, both at least 1.
type Shape struct {
	Rows int `json:"rows"`
	Cols int `json:"cols"`
}

// Default is 28x28.
func Default() Shape { return Shape{Rows: DefaultRows, Cols: DefaultCols} }

// Length is the number of bytes of a sample.
func (s Shape) Length() int { return s.Rows * s.Cols }

// String is like "28x28".
func (s Shape) String() string { return fmt.Sprintf("%dx%d", s.Rows, s.Cols) }

// ParseShape reads "ROWSxCOLS".
func ParseShape(text string) (Shape, error) {
	rows, cols, ok := strings.Cut(strings.ToLower(text), "x")
	r, err1 := strconv.Atoi(rows)
	c, err2 := strconv.Atoi(cols)
	if !ok || err1 != nil || err2 != nil || r < 1 || c < 1 {
		return Shape{}, fmt.Errorf("shape %q: need ROWSxCOLS, like 28x28", text)
	}
	if r > MaxLength || c > MaxLength/r {
		return Shape{}, fmt.Errorf("shape %q: a sample may have at most %d bytes", text, MaxLength)
	}
	return Shape{Rows: r, Cols: c}, nil
}

// ShapeOf is the square shape of length bytes, or an error if there is none.
func ShapeOf(length int) (Shape, error) {
	if length < 1 || length > MaxLength {
		return Shape{}, fmt.Errorf("length %d: need 1 to %d bytes", length, MaxLength)
	}
	side := int(math.Round(math.Sqrt(float64(length))))
	if side*side != length {
		return Shape{}, fmt.Errorf("length %d is no square: give the shape too, like 1x%d", length, length)
	}
	return Shape{Rows: side, Cols: side}, nil
}

// Fit says how a session of a given length becomes a sample.
type Fit uint8

// Fits.
const (
	Empty     Fit = iota // no byte at all: no sample
	Padded               // shorter: zeros on the right
	Exact                // as long
	Truncated            // longer: cut
)

func (f Fit) String() string {
	switch f {
	case Empty:
		return "empty"
	case Padded:
		return "padded"
	case Exact:
		return "exact"
	default:
		return "truncated"
	}
}

// FitOf tells how a session of the given number of bytes fits.
func (s Shape) FitOf(bytes uint64) Fit {
	switch n := uint64(s.Length()); {
	case bytes == 0:
		return Empty
	case bytes < n:
		return Padded
	case bytes == n:
		return Exact
	default:
		return Truncated
	}
}

// Fill writes the sample of a session's bytes into dst, which must have the
// shape's length: the first bytes, then zeros.
func (s Shape) Fill(dst, session []byte) {
	n := copy(dst[:s.Length()], session)
	clear(dst[n:s.Length()])
}

// Matrix is a sample as rows of columns, for callers that want it so. The rows
// share the memory of flat, which must have the shape's length.
func (s Shape) Matrix(flat []byte) [][]byte {
	rows := make([][]byte, s.Rows)
	for i := range rows {
		rows[i] = flat[i*s.Cols : (i+1)*s.Cols : (i+1)*s.Cols]
	}
	return rows
}
