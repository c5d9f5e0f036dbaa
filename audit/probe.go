package audit

import (
	"context"

	"github.com/pcapmill/pcapmill/internal/parallel"
)

// input is what a probe is shown of a sample.
type input uint8

const (
	inputAll     input = iota
	inputHeader        // payload is 0
	inputPayload       // all but payload is 0
)

func (i input) String() string { return [...]string{"all", "header", "payload"}[i] }

// Names of the probes.
const (
	probeMajority = "majority"
	probeOneByte  = "one-byte"
	probeLength   = "length"
	probeTree3    = "tree-3"
	probeTree8    = "tree-8"
	probeKNN      = "knn"
	probePermuted = "tree-8-permuted"
)

// Probe is what a small model reaches.
type Probe struct {
	Probe    string  `json:"probe"`
	Input    string  `json:"input"`
	Accuracy float64 `json:"accuracy"`
	Balanced float64 `json:"balanced_accuracy"`
	MacroF1  float64 `json:"macro_f1"`
}

func probe(name string, in input, t *tally) Probe {
	s := t.scores()
	return Probe{name, in.String(), s.accuracy, s.balanced, s.macroF1}
}

// show changes a sample to what an input shows of it.
func (a *auditor) show(w *walker, row int, x []byte, in input) {
	if in == inputAll {
		return
	}
	a.walkRow(w, row, x)
	for _, s := range w.segs {
		if (s.field == payload) == (in == inputHeader) {
			clear(x[s.from:s.to])
		}
	}
}

// inputs are those that the layout tells apart.
func (a *auditor) inputs() []input {
	if a.rules.told() {
		return []input{inputAll, inputHeader, inputPayload}
	}
	return []input{inputAll}
}

// planted are the trees of a fold.
type planted struct {
	trees    []tree // by input
	permuted tree
}

// probes are all of them, in their order.
func (a *auditor) probes(ctx context.Context, oneByte, length *tally) ([]Probe, error) {
	var forest []planted
	for f := range a.e.folds {
		p, err := a.plant(ctx, f)
		if err != nil {
			return nil, err
		}
		forest = append(forest, p)
	}
	deep, cut, permuted, err := a.ask(ctx, forest)
	if err != nil {
		return nil, err
	}
	out := []Probe{
		probe(probeMajority, inputAll, a.majority()), probe(probeOneByte, inputAll, oneByte),
		probe(probeLength, inputAll, length), probe(probeTree3, inputAll, cut),
	}
	for i, in := range a.inputs() {
		out = append(out, probe(probeTree8, in, deep[i]))
	}
	for _, in := range a.inputs() {
		t, err := a.knn(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, probe(probeKNN, in, t))
	}
	return append(out, probe(probePermuted, inputAll, permuted)), nil
}

// plant grows the trees of a fold.
func (a *auditor) plant(ctx context.Context, f int) (p planted, err error) {
	rows := spaced(a.e.folds[f].train, mostTrained)
	classes := len(a.d.classes)
	x := &columns{rows: len(rows), size: a.d.size(), class: make([]uint16, len(rows)), bytes: a.field}
	if need := x.rows * x.size; cap(x.bytes) < need {
		x.bytes = make([]byte, need)
	}
	a.field = x.bytes
	for i, row := range rows {
		x.class[i] = a.d.class[row]
	}
	for _, in := range a.inputs() {
		if err := a.fill(ctx, x, rows, in); err != nil {
			return p, err
		}
		t, err := grow(ctx, a.workers, x, classes)
		if err != nil {
			return p, err
		}
		p.trees = append(p.trees, t)
		if in != inputAll {
			continue
		}
		// The labels are dealt out among all training rows, before some are taken.
		labels := a.permuted(a.e.folds[f].train, uint64(2*f))
		mixed := *x
		mixed.class = make([]uint16, len(rows))
		n, m := len(labels), len(rows)
		for i := range rows {
			mixed.class[i] = labels[int(int64(i)*int64(n)/int64(m))]
		}
		if p.permuted, err = grow(ctx, a.workers, &mixed, classes); err != nil {
			return p, err
		}
	}
	return p, nil
}

// fill reads rows into columns.
func (a *auditor) fill(ctx context.Context, x *columns, rows []uint32, in input) error {
	const wide = 256 // rows that are turned at a time: a cache holds them
	w := walker{rules: a.rules}
	block := make([]byte, wide*x.size)
	turn := func(first, n int) error {
		return parallel.Each(ctx, a.workers, strips(x.size), func(_, s int) error {
			for p := s * strip; p < min((s+1)*strip, x.size); p++ {
				to := x.bytes[p*x.rows+first:]
				for i := range n {
					to[i] = block[i*x.size+p]
				}
			}
			return nil
		})
	}
	return a.d.some(ctx, rows, func(i int, b []byte) error {
		a.show(&w, int(rows[i]), b, in)
		copy(block[i%wide*x.size:], b)
		if i%wide == wide-1 || i == len(rows)-1 {
			return turn(i-i%wide, i%wide+1)
		}
		return nil
	})
}

// asker scores the trees for one worker.
type asker struct {
	walker
	x             []byte
	deep          []*tally // by input
	cut, permuted *tally
}

// ask scores the trees on the test rows of their folds.
func (a *auditor) ask(ctx context.Context, forest []planted) (deep []*tally, cut, permuted *tally, err error) {
	d, size, classes := a.d, a.d.size(), len(a.d.classes)
	labels := make([]uint16, d.rows()) // of test rows, dealt out anew
	for f := range a.e.folds {
		dealt := a.permuted(a.e.folds[f].test, uint64(2*f+1))
		for i, row := range a.e.folds[f].test {
			labels[row] = dealt[i]
		}
	}
	all := make([]*asker, a.workers)
	for w := range all {
		all[w] = &asker{walker: walker{rules: a.rules}, x: make([]byte, size), cut: newTally(classes), permuted: newTally(classes)}
		for range a.inputs() {
			all[w].deep = append(all[w].deep, newTally(classes))
		}
	}
	err = d.each(ctx, func(first int, block []byte) error {
		rows := len(block) / size
		return parallel.Each(ctx, a.workers, parts(rows), func(w, p int) error {
			from, to := part(p, rows)
			for i := from; i < to; i++ {
				f := int(a.e.part[first+i])
				if a.e.name != evaluateGrouped {
					if f != testPart {
						continue
					}
					f = 0
				}
				a.askRow(all[w], forest[f], first+i, block[i*size:(i+1)*size], int(labels[first+i]))
			}
			return nil
		})
	})
	for _, o := range all[1:] {
		all[0].cut.merge(o.cut)
		all[0].permuted.merge(o.permuted)
		for i := range o.deep {
			all[0].deep[i].merge(o.deep[i])
		}
	}
	return all[0].deep, all[0].cut, all[0].permuted, err
}

func (a *auditor) askRow(s *asker, p planted, row int, x []byte, dealt int) {
	class := int(a.d.class[row])
	s.cut.add(p.trees[0].predict(x, shallow), class, 1)
	s.permuted.add(p.permuted.predict(x, treeDepth), dealt, 1)
	for i, in := range a.inputs() {
		copy(s.x, x)
		a.show(&s.walker, row, s.x, in)
		s.deep[i].add(p.trees[i].predict(s.x, treeDepth), class, 1)
	}
}
