package sample_test

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/sample"
)

// TestFill: the first bytes, then zeros, whatever stood there before, and the fit says which.
func TestFill(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		s := sample.Shape{Rows: rapid.IntRange(1, 9).Draw(t, "rows"), Cols: rapid.IntRange(1, 9).Draw(t, "cols")}
		session := draw.Slice(rapid.ByteRange(1, 255), 0, 100).Draw(t, "session")
		dst := bytes.Repeat([]byte{0xee}, s.Length()+3)
		s.Fill(dst, session)
		n := min(len(session), s.Length())
		if !bytes.Equal(dst[:n], session[:n]) || len(bytes.Trim(dst[n:s.Length()], "\x00")) > 0 || !bytes.Equal(dst[s.Length():], []byte{0xee, 0xee, 0xee}) {
			t.Fatalf("%s of % x: % x", s, session, dst)
		}
		want := "truncated"
		switch {
		case len(session) == 0:
			want = "empty"
		case len(session) < s.Rows*s.Cols:
			want = "padded"
		case len(session) == s.Rows*s.Cols:
			want = "exact"
		}
		if have := s.FitOf(uint64(len(session))).String(); have != want {
			t.Fatalf("%d bytes into %s: %s, want %s", len(session), s, have, want)
		}
		m := s.Matrix(dst[:s.Length()])
		if len(m) != s.Rows || !bytes.Equal(bytes.Join(m, nil), dst[:s.Length()]) || len(m[0]) != s.Cols || cap(m[0]) != s.Cols {
			t.Fatalf("%s as a matrix: %v", s, m)
		}
	})
}

func TestParseShape(t *testing.T) {
	for text, want := range map[string]sample.Shape{"28x28": {Rows: 28, Cols: 28}, "1X1500": {Rows: 1, Cols: 1500}, "4096x4096": {Rows: 4096, Cols: 4096}} {
		if s, err := sample.ParseShape(text); err != nil || s != want {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "28", "28x", "x28", "0x5", "-1x5", "28x28x1", "4096x4097", "9223372036854775807x3", "4294967296x4294967296", "axb"} {
		if s, err := sample.ParseShape(text); err == nil {
			t.Errorf("%q: %v", text, s)
		}
	}
	for length, want := range map[int]string{1: "1x1", 784: "28x28", 16 << 20: "4096x4096"} {
		if s, err := sample.ShapeOf(length); err != nil || s.String() != want {
			t.Errorf("%d bytes: %v, %v", length, s, err)
		}
	}
	for _, length := range []int{0, -4, 783, 785, 16<<20 + 1, 4097 * 4097} {
		if s, err := sample.ShapeOf(length); err == nil {
			t.Errorf("%d bytes: %v", length, s)
		}
	}
}

// Turn sessions into 28x28 matrices.
func ExampleShape() {
	shape := sample.Default()
	for _, session := range [][]byte{[]byte("short"), bytes.Repeat([]byte("long "), 200)} {
		flat := make([]byte, shape.Length())
		shape.Fill(flat, session)
		matrix := shape.Matrix(flat)
		fmt.Printf("%d rows of %d, %s: first row % x ..., last row % x ...\n",
			len(matrix), len(matrix[0]), shape.FitOf(uint64(len(session))), matrix[0][:6], matrix[27][:6])
	}
	// Output:
	// 28 rows of 28, padded: first row 73 68 6f 72 74 00 ..., last row 00 00 00 00 00 00 ...
	// 28 rows of 28, truncated: first row 6c 6f 6e 67 20 6c ..., last row 6f 6e 67 20 6c 6f ...
}

func TestDedup(t *testing.T) {
	for _, m := range []sample.Dedup{sample.DedupSample, sample.DedupSession, sample.DedupNone} {
		if got, err := sample.ParseDedup(m.String()); err != nil || got != m {
			t.Errorf("%s: %v, %v", m, got, err)
		}
	}
	if _, err := sample.ParseDedup("flow"); err == nil {
		t.Error("flow is a way to compare")
	}
}
