package audit

import "math"

// entropyOf is the entropy of counts in bits. n is their sum.
func entropyOf[N int64 | uint32 | int](counts []N, n float64) (h float64) {
	for _, c := range counts {
		if c > 0 {
			p := float64(c) / n
			h -= p * math.Log2(p)
		}
	}
	return max(h, 0)
}

// mutual is the mutual information of value and class in bits, from counts[value*classes+class].
func mutual(counts []uint32, byValue, byClass []int64, n float64) (mi float64) {
	classes := len(byClass)
	for v, nv := range byValue {
		if nv == 0 {
			continue
		}
		for c, m := range counts[v*classes : (v+1)*classes] {
			if m > 0 {
				mi += float64(m) / n * math.Log2(float64(m)*n/(float64(nv)*float64(byClass[c])))
			}
		}
	}
	return max(mi, 0)
}

// uncertainty is I(value; class)/H(value): how much of the value the class tells; 0 where the
// value is constant.
func uncertainty(counts []uint32, byValue, byClass []int64) float64 {
	var n int64
	for _, m := range byValue {
		n += m
	}
	h := entropyOf(byValue, float64(n))
	if h == 0 {
		return 0
	}
	return mutual(counts, byValue, byClass, float64(n)) / h
}

// chance makes adjusted mutual information: log[i] is ln(i!).
type chance struct{ log []float64 }

// newChance is for at most n rows.
func newChance(n int) *chance {
	c := &chance{make([]float64, n+1)}
	for i := range c.log {
		v, _ := math.Lgamma(float64(i) + 1)
		c.log[i] = v
	}
	return c
}

// expected is the expectation of the mutual information (in nats) of two labelings with these
// counts under the hypergeometric model (Vinh, Epps and Bailey 2010). Equal pairs of counts
// are computed once.
func (k *chance) expected(a, b []int64, n int64) (e float64) {
	known := map[[2]int64]float64{}
	for _, x := range a {
		for _, y := range b {
			if x == 0 || y == 0 {
				continue
			}
			term, ok := known[[2]int64{x, y}]
			if !ok {
				term = k.term(x, y, n)
				known[[2]int64{x, y}] = term
			}
			e += term
		}
	}
	return e
}

func (k *chance) term(x, y, n int64) (e float64) {
	fixed := k.log[x] + k.log[y] + k.log[n-x] + k.log[n-y] - k.log[n]
	scale := math.Log(float64(n)) - math.Log(float64(x)) - math.Log(float64(y))
	for m := max(1, x+y-n); m <= min(x, y); m++ {
		p := fixed - k.log[m] - k.log[x-m] - k.log[y-m] - k.log[n-x-y+m]
		if p < -60 {
			continue // below what the sum can hold
		}
		e += float64(m) / float64(n) * (scale + math.Log(float64(m))) * math.Exp(p)
	}
	return e
}

// adjusted is the AMI with the larger entropy as normaliser, from counts[value*classes+class].
func (k *chance) adjusted(counts []uint32, byValue, byClass []int64) float64 {
	var n int64
	for _, m := range byValue {
		n += m
	}
	if n == 0 || entropyOf(byValue, float64(n)) == 0 && entropyOf(byClass, float64(n)) == 0 {
		return 1
	}
	e := k.expected(byValue, byClass, n)
	h := max(entropyOf(byValue, float64(n)), entropyOf(byClass, float64(n))) * math.Ln2
	const tiny = 0x1p-52 // as scikit-learn has it: never divide by zero
	under := h - e
	if under < 0 {
		under = min(under, -tiny)
	} else {
		under = max(under, tiny)
	}
	return (mutual(counts, byValue, byClass, float64(n))*math.Ln2 - e) / under
}
