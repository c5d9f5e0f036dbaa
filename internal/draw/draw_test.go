package draw_test

import (
	"flag"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

// examples is a number of draws that is large enough for the bounds below; example i is the same in every run.
const examples = 400

// TestLengthsReach: every quarter of the range of lengths is drawn, and so are both ends' neighbourhoods.
func TestLengthsReach(t *testing.T) {
	var quarters [4]int
	empty := 0
	g := draw.Slice(rapid.Byte(), 0, 300)
	for i := range examples {
		n := len(g.Example(i))
		if n == 0 {
			empty++
		}
		quarters[min(n/75, 3)]++
	}
	for q, n := range quarters {
		if n < examples/20 {
			t.Errorf("%d of %d lengths are in quarter %d of 0 to 300", n, examples, q)
		}
	}
	if empty < 5 {
		t.Errorf("%d of %d slices are empty", empty, examples)
	}
}

// TestSeedsDiffer: no seed is drawn twice, and their high bits are used.
func TestSeedsDiffer(t *testing.T) {
	seen, high := map[uint64]bool{}, 0
	for i := range examples {
		s := draw.Seed().Example(i)
		if seen[s] {
			t.Errorf("seed %d is drawn twice", s)
		}
		seen[s] = true
		if s > math.MaxInt64 {
			high++
		}
	}
	if high < examples/3 || high > examples*2/3 {
		t.Errorf("%d of %d seeds have the highest bit", high, examples)
	}
}

// TestIntegersReach: each value of a range is drawn, none outside; ranges of one value and of all 64 bits are ranges.
func TestIntegersReach(t *testing.T) {
	seen := map[int]int{}
	for i := range examples {
		seen[draw.Int(-3, 5).Example(i)]++
	}
	for v, n := range seen {
		if v < -3 || v > 5 || n < examples/40 {
			t.Errorf("%d is drawn %d times", v, n)
		}
	}
	if len(seen) != 9 {
		t.Errorf("%d of 9 values are drawn", len(seen))
	}
	if v := draw.Int64(7, 7).Example(1); v != 7 {
		t.Errorf("the only value of the range 7 to 7 is %d", v)
	}
	sign := map[bool]int{}
	for i := range examples {
		sign[draw.Int64(math.MinInt64, math.MaxInt64).Example(i) < 0]++
	}
	if sign[true] < examples/3 || sign[false] < examples/3 {
		t.Errorf("signs of all integers: %v", sign)
	}
}

// TestNoFileIsReplayed: a run of Check leaves rapid's files of failures switched off.
func TestNoFileIsReplayed(t *testing.T) {
	draw.Check(t, func(*rapid.T) {})
	if f := flag.Lookup("rapid.nofailfile"); f == nil || f.Value.String() != "true" {
		t.Errorf("rapid.nofailfile: %v", f)
	}
}

// TestUntil: it draws once if that has all cases, anew until it has, and ten times at most.
func TestUntil(t *testing.T) {
	draws := 0
	draw.Check(t, func(*rapid.T) { draws++ })
	once := draws
	for need, rounds := range map[int]int{0: 1, 1: 1, once: 1, once + 1: 2, 5 * once: 5, 11 * once: 10} {
		draws = 0
		draw.Until(t, func() bool { return draws >= need }, func(*rapid.T) { draws++ })
		if draws != rounds*once {
			t.Errorf("until %d: %d draws, want %d", need, draws, rounds*once)
		}
	}
}
