package audit

import "math"

// round6 rounds to 6 digits behind the point; there is no -0.
func round6(v float64) float64 {
	if v = math.Round(v*1e6) / 1e6; v == 0 {
		return 0
	}
	return v
}

// tally counts predictions by class.
type tally struct{ hit, predicted, actual []int64 }

func newTally(classes int) *tally {
	b := make([]int64, 3*classes)
	return &tally{b[:classes], b[classes : 2*classes], b[2*classes:]}
}

// add counts n predictions of one class for rows of another.
func (t *tally) add(predicted, actual int, n int64) {
	t.predicted[predicted] += n
	t.actual[actual] += n
	if predicted == actual {
		t.hit[actual] += n
	}
}

func (t *tally) merge(o *tally) {
	for c := range t.hit {
		t.hit[c] += o.hit[c]
		t.predicted[c] += o.predicted[c]
		t.actual[c] += o.actual[c]
	}
}

// scores are rounded.
type scores struct{ accuracy, balanced, macroF1, kappa float64 }

func (t *tally) scores() scores {
	var hits, n, present int64
	var recall, f1, chance float64
	for c := range t.hit {
		hits += t.hit[c]
		n += t.actual[c]
		if t.actual[c] > 0 {
			present++
			recall += float64(t.hit[c]) / float64(t.actual[c])
			f1 += float64(2*t.hit[c]) / float64(t.predicted[c]+t.actual[c])
		}
	}
	if n == 0 {
		return scores{}
	}
	for c := range t.hit {
		chance += (float64(t.predicted[c]) / float64(n)) * (float64(t.actual[c]) / float64(n))
	}
	accuracy := float64(hits) / float64(n)
	s := scores{accuracy: round6(accuracy), balanced: round6(recall / float64(present)), macroF1: round6(f1 / float64(present))}
	if chance < 1 {
		s.kappa = round6((accuracy - chance) / (1 - chance))
	}
	return s
}

// most is the place of the largest number; ties: the lowest.
func most[N int64 | uint32 | int](counts []N) int {
	best := 0
	for i, n := range counts {
		if n > counts[best] {
			best = i
		}
	}
	return best
}

// table predicts a class by value: learned on train[value*classes+class], which is changed
// by nobody, and scored on test of the same shape. A value that was not seen predicts the
// most frequent class. It returns how many training rows it predicts right.
func table(train, test []uint32, values, classes int, base []int64, t *tally) (right int64) {
	fallback := most(base)
	for v := range values {
		row := train[v*classes : (v+1)*classes]
		p := most(row)
		right += int64(row[p])
		if row[p] == 0 {
			p = fallback
		}
		for c, n := range test[v*classes : (v+1)*classes] {
			if n > 0 {
				t.add(p, c, int64(n))
			}
		}
	}
	return right
}
