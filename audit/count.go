package audit

import (
	"context"

	"github.com/pcapmill/pcapmill/internal/parallel"
)

const (
	values = 256 // of a byte
	// mostCounts is how many bytes of counts there are at a time.
	mostCounts = 128 << 20
	// mostAdjusted is over how many rows AMI is computed.
	mostAdjusted = 20000
)

// position is what is known of one byte of all samples. twoSides is the kappa of the question
// of two sides, where the byte's field makes it a question.
type position struct {
	entropy, mi, ami float64
	scores
	twoSides float64
	others   []int // classes of the second side
}

// oneByte is the best position of a fold, by training accuracy.
type oneByte struct {
	right int64
	tally *tally
}

// counter counts the values of positions.
type counter struct {
	*auditor
	at, n  int      // positions at ... at+n-1
	counts []uint32 // [position][part][value][class]
	best   []oneByte
	out    []position
}

// positions scores every byte, and the best one by training accuracy.
func (a *auditor) positions(ctx context.Context) ([]position, *tally, error) {
	size := a.d.size()
	one := a.e.parts * values * len(a.d.classes) * 4
	step := min(size, max(1, mostCounts/one))
	c := &counter{auditor: a, best: make([]oneByte, len(a.e.folds)), out: make([]position, size)}
	for f := range c.best {
		c.best[f].right = -1
	}
	c.counts = make([]uint32, step*one/4)
	for c.at = 0; c.at < size; c.at += step {
		c.n = min(step, size-c.at)
		clear(c.counts)
		if err := c.count(ctx); err != nil {
			return nil, nil, err
		}
		if err := c.score(ctx); err != nil {
			return nil, nil, err
		}
	}
	all := newTally(len(a.d.classes))
	for _, b := range c.best {
		all.merge(b.tally)
	}
	return c.out, all, a.adjust(ctx, c.out)
}

// Positions are dealt to the workers in strips.
const strip = 16

func strips(n int) int { return (n + strip - 1) / strip }

// count goes over the rows once.
func (c *counter) count(ctx context.Context) error {
	size, classes := c.d.size(), len(c.d.classes)
	one := c.e.parts * values * classes
	offsets := make([]int, max(1, blockBytes/size))
	return c.d.each(ctx, func(first int, block []byte) error {
		rows := len(block) / size
		for i := range rows {
			offsets[i] = int(c.e.part[first+i])*values*classes + int(c.d.class[first+i])
		}
		return parallel.Each(ctx, c.workers, strips(c.n), func(_, s int) error {
			for p := s * strip; p < min((s+1)*strip, c.n); p++ {
				counts := c.counts[p*one : (p+1)*one]
				at := c.at + p
				for _, o := range offsets[:rows] {
					counts[o+int(block[at])*classes]++
					at += size
				}
			}
			return nil
		})
	})
}

// score scores the positions that were counted.
func (c *counter) score(ctx context.Context) error {
	classes := len(c.d.classes)
	one := c.e.parts * values * classes
	right := make([][]int64, c.n)
	err := parallel.Each(ctx, c.workers, c.n, func(_, p int) error {
		x := c.counts[p*one : (p+1)*one]
		right[p] = c.scorePosition(c.at+p, x)
		return nil
	})
	if err != nil {
		return err
	}
	for f := range c.best {
		for p := range c.n {
			if right[p][f] > c.best[f].right {
				t := newTally(classes)
				train, test, base := c.sides(c.counts[p*one:(p+1)*one], f)
				table(train, test, values, classes, base, t)
				c.best[f] = oneByte{right[p][f], t}
			}
		}
	}
	return nil
}

// sides are the counts of a position's training and test rows in a fold, and how many
// training rows each class has.
func (c *counter) sides(x []uint32, f int) (train, test []uint32, base []int64) {
	classes := len(c.d.classes)
	n := values * classes
	train, test = x[:n], x[testPart*n:(testPart+1)*n]
	if c.e.name == evaluateGrouped {
		test = x[f*n : (f+1)*n]
		train = make([]uint32, n)
		for part := range grouped {
			if part != f {
				for i, m := range x[part*n : (part+1)*n] {
					train[i] += m
				}
			}
		}
	}
	base = make([]int64, classes)
	for i, m := range train {
		base[i%classes] += int64(m)
	}
	return train, test, base
}

// scorePosition returns how many training rows each fold's table predicts right.
func (c *counter) scorePosition(at int, x []uint32) []int64 {
	classes := len(c.d.classes)
	out := &c.out[at]
	all := make([]uint32, values*classes)
	byValue, byClass := make([]int64, values), make([]int64, classes)
	for i, m := range x {
		j := i % (values * classes)
		all[j] += m
		byValue[j/classes] += int64(m)
		byClass[j%classes] += int64(m)
	}
	n := float64(c.d.rows())
	out.entropy = round6(entropyOf(byValue, n))
	out.mi = round6(mutual(all, byValue, byClass, n))

	t, two := newTally(classes), newTally(2)
	right := make([]int64, len(c.e.folds))
	asked := classes >= 3 && recorded(c.fields.names[at])
	for f := range c.e.folds {
		train, test, base := c.sides(x, f)
		right[f] = table(train, test, values, classes, base, t)
		if !asked {
			continue
		}
		if f == 0 {
			out.others = c.others(train)
		}
		if out.others != nil {
			c.askTwo(out.others, train, test, two)
		}
	}
	out.scores = t.scores()
	out.twoSides = two.scores().kappa
	return right
}

// adjust computes AMI over evenly spaced rows.
func (a *auditor) adjust(ctx context.Context, out []position) error {
	size, classes := a.d.size(), len(a.d.classes)
	rows := spaced(a.d.allRows(), mostAdjusted)
	x := make([]byte, len(rows)*size)
	err := a.d.some(ctx, rows, func(i int, b []byte) error {
		copy(x[i*size:], b)
		return nil
	})
	if err != nil {
		return err
	}
	k := newChance(len(rows))
	byClass := make([]int64, classes)
	for _, row := range rows {
		byClass[a.d.class[row]]++
	}
	return parallel.Each(ctx, a.workers, size, func(_, p int) error {
		counts, byValue := make([]uint32, values*classes), make([]int64, values)
		for i, row := range rows {
			v := int(x[i*size+p])
			counts[v*classes+int(a.d.class[row])]++
			byValue[v]++
		}
		out[p].ami = round6(k.adjusted(counts, byValue, byClass))
		return nil
	})
}
