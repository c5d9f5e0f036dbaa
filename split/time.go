package split

import (
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
)

// A cut is the first time that belongs to a side.
type cut struct {
	at   int64
	side dataset.Side
}

// chooseCuts divides times so that the sides, in order, get about their shares and at
// least one sample each. ok is false if there are not enough different times. times is
// sorted.
func chooseCuts(times []int64, w Weights) (at []int64, ok bool) {
	slices.Sort(times)
	sides, from, sum := w.sides(), 0, uint64(0)
	for i, s := range sides[:len(sides)-1] {
		sum += w[s]
		// Samples before the cut, rounded; few enough samples keep this within 64 bits.
		wish := int((uint64(len(times))*sum + w.total()/2) / w.total())
		k, found := boundary(times, from, wish, len(sides)-2-i)
		if !found {
			return nil, false
		}
		at, from = append(at, times[k]), k
	}
	return at, true
}

// boundary is the index nearest to wish, and above from, whose time differs from the
// one before it, such that behind it more differing times follow for so many cuts.
func boundary(times []int64, from, wish, more int) (k int, ok bool) {
	last := len(times) // the first index that is too late
	for c := 0; c <= more; c++ {
		if last = step(times, last); last <= from {
			return 0, false
		}
	}
	// last is the latest boundary that leaves room.
	up := max(wish, from+1)
	for up < last && times[up] == times[up-1] {
		up++
	}
	up = min(up, last)
	down := min(wish, last)
	for down > from && times[down] == times[down-1] {
		down--
	}
	if down > from && wish-down <= up-wish {
		return down, true
	}
	return up, true
}

// step is the start of the run of equal times that ends before index i; 0 if that is the
// first run, which no cut can stand before.
func step(times []int64, i int) int {
	if i == 0 {
		return 0
	}
	k := i - 1
	for k > 0 && times[k] == times[k-1] {
		k--
	}
	return k
}

// cutsOf gives recorded times their sides.
func cutsOf(at []int64, w Weights) (cuts []cut) {
	sides := w.sides()
	for i, t := range at[:min(len(at), len(sides)-1)] {
		cuts = append(cuts, cut{t, sides[i+1]})
	}
	return cuts
}

// sideAt is the side of a time.
func sideAt(cuts []cut, time int64) dataset.Side {
	s := dataset.Train
	for _, c := range cuts {
		if time >= c.at {
			s = c.side
		}
	}
	return s
}

// straddles reports whether a session begins before a cut and ends after it.
func straddles(cuts []cut, start, duration int64) bool {
	end := start + max(0, duration)
	return slices.ContainsFunc(cuts, func(c cut) bool { return start < c.at && end >= c.at })
}
