package mill

import (
	"sync/atomic"
	"unsafe"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// prepared is the only round of a small capture, judged and filled by the worker that has
// read it: so that of many small captures not all samples are made by one goroutine. Which
// units are duplicates is not known then, and all are in the batch that are wanted. The batch
// is packed, for the place in the dataset that the capture has if nothing unforeseen happens.
type prepared struct {
	round *round
	batch batch
	entry manifest.Capture // as describe has it
	alone bool             // its tables are not needed any more
	bytes int64            // that it takes, if it is alone
}

// preparing is what workers know of the dataset that they prepare captures for.
type preparing struct {
	packer *store.Packer
	shift  atomic.Int64 // what the place of a capture in it is above that in the plan, as it looks
}

const (
	// mostLight is how many captures that are alone may wait to be stored beside those that
	// may be ahead anyway; lightMemory is how many bytes they may take. While a commit goes
	// on, nobody stores, and workers go on for so long.
	mostLight   = 64
	lightMemory = 4 << 20
)

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
	sc.readyBytes -= p.size()
	return p
}

// keepSpare takes a prepared back. The lock is held.
func (sc *scheduler) keepSpare(p *prepared) {
	if p.round != nil {
		clear(p.round.units) // the tables are not held any longer
	}
	if n := p.size(); sc.readyBytes+n <= lightMemory {
		sc.ready = append(sc.ready, p)
		sc.readyBytes += n
	}
}

// farAhead reports whether no further capture may be opened before one is stored. The lock is
// held.
func (sc *scheduler) farAhead() bool {
	n := sc.next - sc.taken
	if sc.light < mostLight && sc.lightBytes < lightMemory {
		n -= sc.light
	}
	return n >= sc.ahead
}

// size is the memory of a prepared in bytes.
func (p *prepared) size() int64 {
	b := &p.batch
	n := cap(b.Data) + cap(b.Rows)*int(unsafe.Sizeof(dataset.Row{})) + cap(b.Layouts)
	for i := range b.Others {
		n += cap(b.Others[i].Data) + cap(b.Others[i].Layouts)
	}
	if p.round != nil {
		n += cap(p.round.units) * int(unsafe.Sizeof(sessions.Session{})+unsafe.Sizeof(made{})+unsafe.Sizeof(verdict{}))
	}
	return int64(n)
}

// prepare makes the samples of a capture that is one part of a round, in p, and reports
// whether it has: it has not where the dataset must be known, for labels of sessions and for
// units of sessions. i is the place of the capture in the plan.
func (s *intake) prepare(in *Input, x *Extraction, to *preparing, i int, p *prepared) bool {
	n := x.list.Len()
	if n == 0 || n > s.perPart() || s.o.parts > 0 || s.o.bySession() || s.o.Breaks.Several() {
		return false
	}
	it, err := x.list.Iterate()
	if err != nil {
		return false // the intake will say so
	}
	p.round = p.round.of(roomFor(n))
	if p.round.name(it, n) != nil {
		return false
	}
	a, h := &adding{s: s, first: x.First, label: in.Label, place: uint32(to.shift.Load() + int64(i))}, &s.hands[0]
	_ = a.judge(h, p.round, 0, 0, n) // never fails
	a.put(h, &p.batch, p.round, 0, n, (*verdict).sifted)
	to.packer.Pack(&p.batch.Batch)
	p.entry = describe(in, x)
	if p.alone = s.forms == nil; p.alone { // all that is left of the units are numbers
		for i := range p.round.units {
			p.round.units[i].Prefix = nil
		}
	}
	p.bytes = p.size()
	return true
}

// roomFor is how many units there is room for where n are needed: so much that it is not
// made anew for every capture that has a few more.
func roomFor(n int) int {
	const step = 64
	return (n + step - 1) / step * step
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
	again := false
	if a.c.Duplicates > 0 && a.s.o.Dedup != sample.DedupNone {
		if again = true; p.alone {
			b.only(r, a.s.size)
		} else {
			a.put(&a.s.hands[0], b, r, 0, len(r.units), (*verdict).stays)
		}
	}
	if len(b.Rows) > 0 && b.Rows[0].Capture != a.place {
		for i := range b.Rows {
			b.Rows[i].Capture = a.place
		}
		again = true
	}
	if again {
		a.s.packer.Pack(&b.Batch)
	}
	return a.s.w.Append(&b.Batch)
}

// only leaves those samples of size bytes in a batch that stay, of those that were sifted.
func (b *batch) only(r *round, size int) {
	from, to := 0, 0
	for i := range r.units {
		v := &r.verdicts[i]
		if !v.sifted() {
			continue
		}
		if v.kept {
			copy(b.Data[to*size:], b.Data[from*size:(from+1)*size])
			b.Rows[to], b.Labels[to] = b.Rows[from], b.Labels[from]
			to++
		}
		from++
	}
	b.Data, b.Rows, b.Labels = b.Data[:to*size], b.Rows[:to], b.Labels[:to]
}
