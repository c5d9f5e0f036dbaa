package audit

import (
	"context"

	"github.com/pcapmill/pcapmill/internal/parallel"
)

const (
	treeDepth   = 8
	shallow     = 3      // depth of the cut tree
	mostTrained = 200000 // rows that a tree is grown from
)

// node is one of a tree's: a leaf if left is 0. Values up to the threshold go left.
type node struct {
	position    int32
	threshold   uint8
	left, right int32
	class       uint16 // the most frequent of its rows
}

// tree is a decision tree; node 0 is its root.
type tree []node

// predict is what the tree, cut at a depth, says of a sample.
func (t tree) predict(x []byte, depth int) int {
	n := &t[0]
	for d := 0; d < depth && n.left != 0; d++ {
		if x[n.position] <= n.threshold {
			n = &t[n.left]
		} else {
			n = &t[n.right]
		}
	}
	return int(n.class)
}

// columns are training rows position by position: byte p of row i is bytes[p*rows+i].
type columns struct {
	bytes []byte
	rows  int
	size  int
	class []uint16
}

// choice is the best cut of a node that was found so far. gain is sL/nL + sR/nR; before the
// first cut it is below zero.
type choice struct {
	gain      float64
	position  int32
	threshold uint8
}

// open is a node that is not yet split: its rows are order[from:to].
type open struct {
	node     int32
	from, to int
	counts   []uint32 // by class
	squares  uint64   // sum of their squares
}

// grow makes a tree.
func grow(ctx context.Context, workers int, x *columns, classes int) (tree, error) {
	g := &grower{columns: x, classes: classes, order: make([]uint32, x.rows), spare: make([]uint32, x.rows)}
	for i := range g.order {
		g.order[i] = uint32(i)
	}
	g.scratch = make([]*sweeper, min(workers, strips(x.size)))
	for w := range g.scratch {
		g.scratch[w] = &sweeper{columns: x, classes: classes}
	}
	level := g.enter(nil, 0, x.rows)
	for d := 0; d < treeDepth && len(level) > 0; d++ {
		best, err := g.choose(ctx, level)
		if err != nil {
			return nil, err
		}
		var next []open
		for i, n := range level {
			if best[i].gain < 0 {
				continue
			}
			middle := g.part(n, best[i])
			g.tree[n.node].position, g.tree[n.node].threshold = best[i].position, best[i].threshold
			g.tree[n.node].left = int32(len(g.tree))
			next = g.enter(next, n.from, middle)
			g.tree[n.node].right = int32(len(g.tree))
			next = g.enter(next, middle, n.to)
		}
		level = next
	}
	return g.tree, nil
}

type grower struct {
	*columns
	classes      int
	tree         tree
	order, spare []uint32
	scratch      []*sweeper
}

// enter makes a node of the rows order[from:to], and appends it to the open ones if it has
// more than one class.
func (g *grower) enter(level []open, from, to int) []open {
	counts := make([]uint32, g.classes)
	for _, row := range g.order[from:to] {
		counts[g.class[row]]++
	}
	var squares uint64
	for _, n := range counts {
		squares += uint64(n) * uint64(n)
	}
	best := most(counts)
	g.tree = append(g.tree, node{class: uint16(best)})
	if int(counts[best]) == to-from {
		return level
	}
	return append(level, open{int32(len(g.tree) - 1), from, to, counts, squares})
}

// choose finds the best cut of every open node: positions are dealt out in strips, and the
// strips are compared in order, so that ties go to the lower position.
func (g *grower) choose(ctx context.Context, level []open) ([]choice, error) {
	found := make([][]choice, strips(g.size))
	err := parallel.Each(ctx, len(g.scratch), len(found), func(w, s int) error {
		best := make([]choice, len(level))
		for i := range best {
			best[i].gain = -1
		}
		for p := s * strip; p < min((s+1)*strip, g.size); p++ {
			for i := range level {
				g.scratch[w].sweep(&level[i], p, g.order, &best[i])
			}
		}
		found[s] = best
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := found[0]
	for _, f := range found[1:] {
		for i := range f {
			if f[i].gain > out[i].gain {
				out[i] = f[i]
			}
		}
	}
	return out, nil
}

// part puts the rows that go left in front of the others; both keep their order.
func (g *grower) part(n open, c choice) (middle int) {
	column := g.bytes[int(c.position)*g.rows:]
	middle = n.from
	right := g.spare[:0]
	for _, row := range g.order[n.from:n.to] {
		if column[row] <= c.threshold {
			g.order[middle] = row
			middle++
		} else {
			right = append(right, row)
		}
	}
	copy(g.order[middle:n.to], right)
	return middle
}

// sweeper tries all cuts of a node at one position. It is one worker's.
type sweeper struct {
	*columns
	classes     int
	counts      []uint32 // [value][class]
	left, right []uint32
	sorted      []uint16 // classes of the rows in order of their values
}

// sweep betters a choice.
func (s *sweeper) sweep(n *open, p int, order []uint32, best *choice) {
	column := s.bytes[p*s.rows : (p+1)*s.rows]
	rows := order[n.from:n.to]
	var seen [values]uint32
	for _, row := range rows {
		seen[column[row]]++
	}
	if int(seen[column[rows[0]]]) == len(rows) {
		return // one value
	}
	s.left = append(s.left[:0], make([]uint32, s.classes)...)
	s.right = append(s.right[:0], n.counts...)
	c := cut{nR: uint32(len(rows)), sR: n.squares, position: int32(p), best: best}
	if len(rows) >= 64*s.classes {
		s.byCounts(column, rows, &seen, &c)
	} else {
		s.byRows(column, rows, &seen, &c)
	}
}

// cut is the place of a sweep: the rows on both sides and the sums of their squared counts.
type cut struct {
	nL, nR   uint32
	sL, sR   uint64
	last     int // value that was moved to the left last
	position int32
	best     *choice
}

// try compares the cut between the last value and v.
func (c *cut) try(v int) {
	if c.nL == 0 {
		return
	}
	gain := float64(c.sL)/float64(c.nL) + float64(c.sR)/float64(c.nR)
	if gain > c.best.gain {
		// Halfway between two whole numbers: whole values at most that are at most its floor.
		*c.best = choice{gain, c.position, uint8((c.last + v) / 2)}
	}
}

// move takes n rows of a class, of which there are l on the left and r on the right, to the
// left.
func (c *cut) move(l, r *uint32, n uint32) {
	c.sL += uint64(n) * (2*uint64(*l) + uint64(n))
	c.sR -= uint64(n) * (2*uint64(*r) - uint64(n))
	*l += n
	*r -= n
}

// byCounts counts values by class first: for many rows.
func (s *sweeper) byCounts(column []byte, rows []uint32, seen *[values]uint32, c *cut) {
	if s.counts == nil {
		s.counts = make([]uint32, values*s.classes)
	}
	for v, n := range seen {
		if n > 0 {
			clear(s.counts[v*s.classes : (v+1)*s.classes])
		}
	}
	for _, row := range rows {
		s.counts[int(column[row])*s.classes+int(s.class[row])]++
	}
	for v, n := range seen {
		if n == 0 {
			continue
		}
		c.try(v)
		for k, m := range s.counts[v*s.classes : (v+1)*s.classes] {
			if m > 0 {
				c.move(&s.left[k], &s.right[k], m)
			}
		}
		c.nL, c.nR, c.last = c.nL+n, c.nR-n, v
	}
}

// byRows sorts the rows by value: for few rows of many classes.
func (s *sweeper) byRows(column []byte, rows []uint32, seen *[values]uint32, c *cut) {
	if cap(s.sorted) < len(rows) {
		s.sorted = make([]uint16, len(rows))
	}
	sorted := s.sorted[:len(rows)]
	var at [values]uint32
	sum := uint32(0)
	for v, n := range seen {
		at[v] = sum
		sum += n
	}
	for _, row := range rows {
		v := column[row]
		sorted[at[v]] = s.class[row]
		at[v]++
	}
	for v, n := range seen {
		if n == 0 {
			continue
		}
		c.try(v)
		for _, k := range sorted[at[v]-n : at[v]] {
			c.move(&s.left[k], &s.right[k], 1)
		}
		c.nL, c.nR, c.last = c.nL+n, c.nR-n, v
	}
}
