package pages_test

import (
	"testing"

	"github.com/pcapmill/pcapmill/internal/pages"
)

// check looks at all of some memory, writes to all of it, and looks again.
func check[T comparable](t *testing.T, s []T, n int, other T) {
	t.Helper()
	var zero T
	if len(s) != n {
		t.Fatalf("%d elements, want %d", len(s), n)
	}
	for i := range s {
		if s[i] != zero {
			t.Fatalf("element %d of %d is %v", i, n, s[i])
		}
		s[i] = other
	}
	for i := range s {
		if s[i] != other {
			t.Fatalf("element %d of %d is %v, was written %v", i, n, s[i], other)
		}
	}
}

// TestZeros: all of it are zeros of their own, whatever the length and the type.
func TestZeros(t *testing.T) {
	type big [3000]uint16 // longer than a page
	for _, n := range []int{0, 1, 511, 512, 513, 1023, 1024, 1025, 4096, 100_000, 1 << 20} {
		check(t, pages.Zeros[uint64](n), n, 7)
		check(t, pages.Zeros[uint16](n), n, 7)
		check(t, pages.Zeros[[3]uint64](n), n, [3]uint64{1, 2, 3})
		check(t, pages.Bytes(n), n, 7)
	}
	check(t, pages.Zeros[big](9), 9, big{1})
	check(t, pages.Zeros[struct{}](9), 9, struct{}{})
}
