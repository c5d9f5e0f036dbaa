package mill

import "github.com/pcapmill/pcapmill/sample"

// prepared is the only round of a small capture, judged and filled by the worker that has
// read it: so that of many small captures not all samples are made by one goroutine. Which
// units are duplicates is not known then, and all are in the batch that are wanted.
type prepared struct {
	round *round
	batch batch
}

// spare is a prepared to use again.
func (sc *scheduler) spare() *prepared {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	n := len(sc.ready)
	if n == 0 {
		return &prepared{}
	}
	p := sc.ready[n-1]
	sc.ready = sc.ready[:n-1]
	return p
}

// prepare makes the samples of a capture that is one part of a round, in p. It returns nil
// where the dataset must be known: for labels of sessions, and for units of sessions.
func (s *intake) prepare(in *Input, x *Extraction, p *prepared) *prepared {
	n := x.list.Len()
	if n == 0 || n > s.perPart() || s.o.parts > 0 || s.o.bySession() || s.o.Breaks.Several() {
		return nil
	}
	it, err := x.list.Iterate()
	if err != nil {
		return nil // the intake will say so
	}
	p.round = p.round.of(n)
	if p.round.name(it, n) != nil {
		return nil
	}
	a, h := &adding{s: s, first: x.First, label: in.Label}, &s.hands[0]
	_ = a.judge(h, p.round, 0, 0, n) // never fails
	a.put(h, &p.batch, p.round, 0, n, (*verdict).sifted)
	return p
}

// take takes the units of a prepared capture into the dataset.
func (a *adding) take(p *prepared) error {
	r, b := p.round, &p.batch
	a.hands = 1
	if err := a.sift(r); err != nil {
		return err
	}
	if err := a.count(r); err != nil {
		return err
	}
	if a.c.Duplicates > 0 && a.s.o.Dedup != sample.DedupNone {
		a.put(&a.s.hands[0], b, r, 0, len(r.units), (*verdict).stays)
	}
	for i := range b.Rows {
		b.Rows[i].Capture = a.place
	}
	return a.s.w.Append(&b.Batch)
}
