package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/draw"
)

// TestStored: the stream is one that zlib reads, and holds the rows.
func TestStored(t *testing.T) {
	for _, n := range []int{0, 1, 812, 1<<16 - 1, 1 << 16, 200_000} {
		rows := make([]byte, n)
		for i := range rows {
			rows[i] = byte(i * i >> 3)
		}
		r, err := zlib.NewReader(bytes.NewReader(appendStored(nil, rows)))
		if err != nil {
			t.Fatal(err)
		}
		if have, err := io.ReadAll(r); err != nil || !bytes.Equal(have, rows) {
			t.Errorf("%d bytes: %v, or others", n, err)
		}
	}
}

// TestGains: what is stored would not have become shorter by more than a 12th, or 64 bytes; random bytes are stored, and headers,
// text and zeros are compressed.
func TestGains(t *testing.T) {
	e, err := NewEncoder(dataset.Spec{Rows: 28, Cols: 28})
	if err != nil {
		t.Fatal(err)
	}
	deflated := func(rows []byte) int {
		e.idat.Reset()
		e.zip.Reset(&e.idat)
		_, _ = e.zip.Write(rows)
		_ = e.zip.Close()
		return e.idat.Len()
	}
	draw.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(512, 5000).Draw(t, "bytes")
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 1))
		values := rapid.IntRange(1, 256).Draw(t, "values")
		runs := rapid.IntRange(1, 60).Draw(t, "pieces of")
		rows := make([]byte, 0, n+runs)
		for len(rows) < n {
			if at := r.IntN(40); at == 0 && len(rows) > runs {
				from := r.IntN(len(rows) - runs)
				rows = append(rows, rows[from:from+runs]...)
				continue
			}
			rows = append(rows, byte(r.IntN(values)))
		}
		rows = rows[:n]
		if have, stored := deflated(rows), len(appendStored(nil, rows)); !e.gains(rows) && have < stored-max(64, stored/12) {
			t.Fatalf("%d bytes of %d values: stored as %d bytes, deflate makes %d", n, values, stored, have)
		}
	})
	random := make([]byte, 812)
	for i := range random {
		random[i] = byte(rand.IntN(256))
	}
	if e.gains(random) {
		t.Error("random bytes are compressed")
	}
	if !e.gains(append(make([]byte, 100), random[:712]...)) || !e.gains(bytes.Repeat([]byte("GET / HTTP/1.1 "), 54)) {
		t.Error("zeros or text are stored")
	}
}

// TestLog2 to a thousandth.
func TestLog2(t *testing.T) {
	for _, x := range []uint64{1, 2, 3, 5, 100, 784, 65535, 1 << 30, 1<<31 - 1} {
		if have, want := float64(log2(x))/(1<<fraction), math.Log2(float64(x)); have > want+1e-9 || have < want-2e-3 {
			t.Errorf("of %d: %v, want %v", x, have, want)
		}
	}
}

// TestLogarithms: what is looked up is what is computed.
func TestLogarithms(t *testing.T) {
	var e Encoder
	for range 2 {
		for x := uint32(1); x < 2000; x++ {
			if have, want := e.log2(x), log2(uint64(x)); have != want {
				t.Fatalf("of %d: %d, want %d", x, have, want)
			}
		}
	}
}

// gainsSlowly is gains without its short cuts.
func gainsSlowly(rows []byte) bool {
	if len(rows) < 512 {
		return true
	}
	repeated, seen := 0, [1 << seenBits]int{}
	for i := 0; i+4 <= len(rows); i++ {
		word := binary.LittleEndian.Uint32(rows[i:])
		at := word * 0x9e3779b1 >> (32 - seenBits)
		last := seen[at] - 1
		seen[at] = i + 1
		if last >= 0 && i-last < 1<<15 && bytes.Equal(rows[last:last+4], rows[i:i+4]) {
			repeated += 4
			i += 3
		}
	}
	if repeated*matchPart >= len(rows) {
		return true
	}
	n, code, used := uint64(len(rows)), uint64(0), uint64(0)
	for b := range 256 {
		if c := uint64(bytes.Count(rows, []byte{byte(b)})); c > 0 {
			code += c * (log2(n) - log2(c))
			used++
		}
	}
	return code>>fraction/8+used/3+headCost < n
}

// TestGainsFast: the short cuts change no answer, about rows of any kind.
func TestGainsFast(t *testing.T) {
	e, err := NewEncoder(dataset.Spec{Rows: 28, Cols: 28})
	if err != nil {
		t.Fatal(err)
	}
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 1))
		rows := make([]byte, 64*rapid.IntRange(6, 40).Draw(t, "times 64 bytes"))
		random, again := len(rows), r.IntN(len(rows)/8)
		if r.IntN(4) == 0 {
			random = r.IntN(len(rows)) // and zeros behind
		}
		for i := range rows[:random] {
			rows[i] = byte(r.Uint32())
		}
		copy(rows[len(rows)-again:], rows) // about as much as decides
		if have, want := e.gains(rows), gainsSlowly(rows); have != want {
			t.Fatalf("%d bytes, %d of them random, %d again: %t, want %t", len(rows), random, again, have, want)
		}
	})
}
