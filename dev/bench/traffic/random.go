package traffic

// random is SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): eight lines that will
// give the same numbers as long as this package stands, which no library
// promises.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix(r.state)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number from 0 to n-1, n > 0. That it is not quite uniform does not
// matter for n below 2^32.
func (r *random) below(n int) int { return int(r.next() >> 32 * uint64(n) >> 32) }

// between is a number from low to high, both included.
func (r *random) between(low, high int) int { return low + r.below(high-low+1) }

// chance is true in p of 65,536 cases.
func (r *random) chance(p int) bool { return int(r.next()>>48) < p }

// pareto is a length with a heavy tail: from least on, doubled as long as a
// chance of p in 65,536 holds and at most times times, then spread evenly up to
// the next doubling. P(length >= 2x) / P(length >= x) = p/65536, which is what a
// Pareto distribution of index -log2(p/65536) has.
func (r *random) pareto(least, p, times int) int {
	x := least
	for range times {
		if !r.chance(p) {
			break
		}
		x *= 2
	}
	return x + r.below(x)
}
