// Package draw gives property tests values of the sizes they mean. It is for
// tests only and stands on pgregory.net/rapid.
//
// rapid prefers small values, and more strongly than its calls suggest: of
// 100 slices drawn by SliceOfN(x, 0, 300), the longest had 25 elements and the
// median three; of 1,900 seeds drawn by Uint64, only 1,230 were different. A
// test that means slices of hundreds, dates of this century or seeds that
// differ draws them here. rapid still shrinks what it finds.
//
// Check replaces rapid.Check. rapid writes each failure to testdata/rapid and
// replays every file it finds there before it draws anything new: a failure
// found once, fixed or not, for as long as the ignored folder exists. Check
// writes no such file. The output of a failed test names the seed;
// -rapid.seed=N brings the failure back.
package draw

import (
	"flag"
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// Check runs prop on values drawn at random, 100 times, or 20 with -short.
func Check(t *testing.T, prop func(*rapid.T)) {
	t.Helper()
	noFailFiles(t)
	rapid.Check(t, prop)
}

// Until is Check for a property that is told by met whether the draws had the cases that it is
// about. It draws anew, up to ten times, until they had: a test that then still misses one does not
// fail by chance.
func Until(t *testing.T, met func() bool, prop func(*rapid.T)) {
	t.Helper()
	for round := 0; round == 0 || round < 10 && !met() && !t.Failed(); round++ {
		Check(t, prop)
	}
}

// MakeCheck returns Check for t.Run.
func MakeCheck(prop func(*rapid.T)) func(*testing.T) {
	return func(t *testing.T) { t.Helper(); Check(t, prop) }
}

func noFailFiles(t *testing.T) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		t.Fatalf("rapid has no switch against files of failures: %v", err)
	}
}

// Seed draws seeds of random generators: all 64 bits are fair.
func Seed() *rapid.Generator[uint64] {
	return rapid.Custom(func(t *rapid.T) uint64 { return fair(t, 64) })
}

// Int64 draws from low to high, both included. No value is more than twice as
// likely as another.
func Int64(low, high int64) *rapid.Generator[int64] {
	if low > high {
		panic("draw: low is above high")
	}
	span := uint64(high) - uint64(low)
	return rapid.Custom(func(t *rapid.T) int64 {
		v := fair(t, max(1, bits.Len64(span))) // rapid wants at least a bit
		if v > span {
			v -= span + 1
		}
		return low + int64(v)
	})
}

// Int is Int64 for int.
func Int(low, high int) *rapid.Generator[int] {
	return rapid.Map(Int64(int64(low), int64(high)), func(v int64) int { return int(v) })
}

// Slice draws slices of low to high elements: half of the lengths as rapid
// likes them, which includes the empty and the very short, half of them fair.
func Slice[V any](element *rapid.Generator[V], low, high int) *rapid.Generator[[]V] {
	short, length := rapid.SliceOfN(element, low, high), Int(low, high)
	return rapid.Custom(func(t *rapid.T) []V {
		if !rapid.Bool().Draw(t, "fair length") {
			return short.Draw(t, "short")
		}
		n := length.Draw(t, "length")
		return rapid.SliceOfN(element, n, n).Draw(t, "elements")
	})
}

// fair draws n bits, each a fair coin.
func fair(t *rapid.T, n int) (v uint64) {
	for range n {
		v <<= 1
		if rapid.Bool().Draw(t, "bit") {
			v |= 1
		}
	}
	return v
}
