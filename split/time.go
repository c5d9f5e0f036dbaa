package split

import "slices"

// A cut is the first time that belongs to a part, given by its place.
type cut struct {
	at   int64
	part int
}

// chooseCuts divides times so that the sides, in order, get about their shares and at
// least one sample each. ok is false if there are not enough different times. times is
// sorted.
func chooseCuts(times []int64, parts []part) (at []int64, ok bool) {
	slices.Sort(times)
	from, sum, all := 0, uint64(0), total(parts)
	for i, p := range parts[:len(parts)-1] {
		sum += p.weight
		// Samples before the cut, rounded; few enough samples keep this within 64 bits.
		wish := int((uint64(len(times))*sum + all/2) / all)
		k, found := boundary(times, from, wish, len(parts)-2-i)
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

// cutsOf gives recorded times their parts.
func cutsOf(at []int64, parts []part) (cuts []cut) {
	for i, t := range at[:min(len(at), len(parts)-1)] {
		cuts = append(cuts, cut{t, i + 1})
	}
	return cuts
}

// partAt is the part of a time.
func partAt(cuts []cut, time int64) int {
	p := 0
	for _, c := range cuts {
		if time >= c.at {
			p = c.part
		}
	}
	return p
}

// straddles reports whether a session begins before a cut and ends after it.
func straddles(cuts []cut, start, duration int64) bool {
	end := start + max(0, duration)
	return slices.ContainsFunc(cuts, func(c cut) bool { return start < c.at && end >= c.at })
}
