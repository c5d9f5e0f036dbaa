package webreport

import (
	"fmt"
	"math/bits"
)

// histogram counts values by power of two: place 0 holds zeros, place k values from 2^(k-1) to
// 2^k-1.
type histogram [65]int64

func (h *histogram) add(v uint64) { h[bits.Len64(v)]++ }

// bounds are the first and the last place with a value; ok is false without any.
func (h *histogram) bounds() (low, high int, ok bool) {
	low, high = len(h), -1
	for k, n := range h {
		if n > 0 {
			low, high = min(low, k), k
		}
	}
	return low, high, high >= 0
}

// binName says which values a place holds.
func binName(k int) string {
	switch k {
	case 0:
		return "0"
	case 1:
		return "1"
	}
	low := uint64(1) << (k - 1)
	return fmt.Sprintf("%s–%s", short(float64(low)), short(float64(low+(low-1))))
}
