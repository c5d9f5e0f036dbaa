package mill

import (
	"context"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/parallel"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// round is some units of a capture, one after another, on their way from its list to the
// dataset. It is worked on in steps, and by several goroutines in those that take long:
//
//	name       which units they are                          one goroutine
//	judge      load, render, digest; what each is            in parts of the round
//	labels     of a table or of comments                     one goroutine
//	sift       which digests were seen before                by shards of the set
//	count      what becomes of each unit, and its place      one goroutine
//	fill       samples and rows, to their places             in parts of the round
//	emit       digests of what was written, in order         one goroutine
//
// While units are judged the round before is emitted, and while one is filled the next is
// named. What is small is appended by emit and has no places before.
type round struct {
	first    int // place of units[0] in the list
	units    []sessions.Session
	made     []made
	verdicts []verdict
	placed   bool // its batches were written by fill
}

// verdict is what is known about a unit on its way.
type verdict struct {
	place          int    // of its session in the capture
	reason         string // why it is left out; "" if it is not
	label          uint16
	fit            sample.Fit
	shard          uint8 // of the set of digests
	background     bool
	seen, conflict bool // see dedup.Set.Add
	kept           bool // it becomes a sample
}

// sifted reports whether the digest of the unit counts.
func (v *verdict) sifted() bool { return v.fit != sample.Empty && v.reason == "" }

// stays reports whether the unit becomes a sample.
func (v *verdict) stays() bool { return v.kept }

// hand is what one goroutine needs that works on a round.
type hand struct {
	hosts   *mask.Hosts
	touched byte // keeps touch from being optimised away
}

const (
	// batchLen is about how many bytes of samples a part of a round has: few enough to stay
	// in the second-level cache.
	batchLen = 256 << 10
	// partLen is the most units in a part.
	partLen = 256
	// mostParts is the most parts of a round, which bounds its memory.
	mostParts = 64
	// touchAhead is how many units are touched before they are needed.
	touchAhead = 64
	// smallCapture is up to how many units a capture is stored by one goroutine, which
	// appends them: handing out their parts would take longer.
	smallCapture = 1024
)

// perPart is how many units a part of a round has.
func (s *intake) perPart() int {
	if s.o.parts > 0 {
		return s.o.parts
	}
	size := s.all
	if size == 0 {
		size = batchLen / touchAhead // of text nobody knows
	}
	return min(max(batchLen/size, 1), partLen)
}

// all takes the units of a list into the dataset.
func (a *adding) all(l *sessions.List) error {
	it, err := l.Iterate()
	if err != nil {
		return err
	}
	s, per := a.s, a.s.perPart()
	a.hands = 1
	if l.Len() > smallCapture || s.o.parts > 0 {
		a.hands = min(s.o.workers()+1, mostParts/2)
	}
	n := min(2*a.hands*per, max(l.Len(), 1))
	if a.hands > 1 {
		if err := s.w.Expect(int64(l.Len())); err != nil {
			return err
		}
	}
	for len(s.hands) < a.hands {
		s.hands = append(s.hands, hand{hosts: mask.NewHosts(s.o.Key)})
	}
	r, next := s.rounds[0].of(n), s.rounds[1].of(n)
	s.rounds = [2]*round{r, next}
	defer func() { // the tables are not held any longer
		clear(r.units[:n])
		clear(next.units[:n])
	}()
	if err := r.name(it, n); err != nil {
		return err
	}
	var before *round // to be emitted
	for len(r.units) > 0 {
		if err := a.each(r, func() error { return a.emit(before) }, a.judge); err != nil {
			return err
		}
		before = nil
		if err := a.labels(r); err != nil {
			return err
		}
		if err := a.sift(r); err != nil {
			return err
		}
		if err := a.count(r); err != nil {
			return err
		}
		if err := a.each(r, func() error { return next.name(it, n) }, a.fill); err != nil {
			return err
		}
		r, next, before = next, r, r
	}
	return a.emit(before)
}

// of is a round for up to n units: r, unless that is nil.
func (r *round) of(n int) *round {
	if r == nil {
		r = &round{}
	}
	if cap(r.units) < n {
		*r = round{units: make([]sessions.Session, n), made: make([]made, n), verdicts: make([]verdict, n)}
	}
	return r
}

// name takes up to n units of the list.
func (r *round) name(it *sessions.Iterator, n int) error {
	r.units = r.units[:n]
	first, got, err := it.Name(r.units)
	r.first, r.units = first, r.units[:got]
	return err
}

// each calls f for every part of the round, and beside calls once.
func (a *adding) each(r *round, beside func() error, f func(h *hand, r *round, part, from, to int) error) error {
	per := a.s.perPart()
	parts := (len(r.units) + per - 1) / per
	for len(a.s.parts) < parts {
		a.s.parts = append(a.s.parts, &batch{})
	}
	return parallel.Each(context.Background(), a.hands, 1+parts, func(worker, part int) error {
		if part == 0 {
			return beside()
		}
		from := (part - 1) * per
		return f(&a.s.hands[worker], r, part-1, from, min(from+per, len(r.units)))
	})
}

// judge loads units, makes samples and digests, and says what can be said of a unit alone.
func (a *adding) judge(h *hand, r *round, _, from, to int) error {
	s := a.s
	for at := from; at < to; at += touchAhead {
		end := min(at+touchAhead, to)
		for i := at; i < end; i++ {
			u := &r.units[i]
			u.Load()
			if p := u.Prefix; len(p) > 0 {
				h.touched += p[0] + p[len(p)/2]
			}
		}
		for i := at; i < end; i++ {
			u, m, v := &r.units[i], &r.made[i], &r.verdicts[i]
			if s.forms != nil {
				s.make(u, m)
			}
			*v = verdict{place: r.first + i, label: a.label, fit: s.fitOf(u, m)}
			if v.fit == sample.Empty {
				continue
			}
			if v.reason = s.o.wanted(&u.Session); v.reason != "" {
				continue
			}
			s.seal(u, m)
			v.shard = uint8(dedup.Shard(u.Digest))
			v.background = isBackground(&u.Session)
		}
	}
	return nil
}

// labels gives units their labels, if these are not that of the capture, and their places, if
// a session may have several units.
func (a *adding) labels(r *round) error {
	several, bySession := a.s.o.Breaks.Several() || a.shared != nil, a.s.o.bySession()
	if !several && !bySession {
		return nil
	}
	for i := range r.units {
		u, v := &r.units[i], &r.verdicts[i]
		if several {
			v.place = a.placeOf(&u.Session)
		}
		if !bySession || !v.sifted() {
			continue
		}
		var err error
		if v.label, v.reason, err = a.labelOf(v.place, &u.Session); err != nil {
			return err
		}
	}
	return nil
}

// sift looks the digests of a round up, and adds them, each shard in the order of the units.
// Memory is asked for those of some units before it is needed: see dedup.Set.
func (a *adding) sift(r *round) error {
	set, parts := a.s.set, min(a.hands, dedup.Shards)
	return parallel.Each(context.Background(), a.hands, parts, func(_, part int) error {
		var some [touchAhead]int
		n := 0
		add := func() {
			for _, i := range some[:n] {
				v := &r.verdicts[i]
				v.seen, v.conflict = set.Add(r.units[i].Digest, v.label)
			}
			n = 0
		}
		for i := range r.units {
			v := &r.verdicts[i]
			if int(v.shard)%parts != part || !v.sifted() {
				continue
			}
			set.Touch(r.units[i].Digest)
			some[n] = i
			if n++; n == len(some) {
				add()
			}
		}
		add()
		return nil
	})
}

// count decides what becomes of each unit, counts it, and makes room for those that stay.
func (a *adding) count(r *round) error {
	samples := a.c.Samples
	for i := range r.units {
		u, v := &r.units[i], &r.verdicts[i]
		switch {
		case v.fit == sample.Empty:
			a.c.Empty++
			continue
		case v.reason != "":
			a.leave(v.reason)
			continue
		}
		a.fit(v.fit, u.Bytes)
		if v.seen && a.s.o.Dedup != sample.DedupNone {
			a.c.Duplicates++
			continue
		}
		if v.conflict {
			a.c.Conflicts++
		}
		v.kept = true
		a.c.Samples++
		if a.perLabel != nil {
			a.perLabel[v.label]++
		}
		if v.background {
			a.background[v.label]++
		}
	}
	r.placed = false
	if a.hands == 1 {
		return nil
	}
	at, ok, err := a.s.w.Reserve(a.c.Samples - samples)
	if !ok || err != nil {
		return err
	}
	r.placed = true
	per := a.s.perPart()
	for part, from := 0, 0; from < len(r.units); part, from = part+1, from+per {
		a.s.parts[part].at = at
		for _, v := range r.verdicts[from:min(from+per, len(r.units))] {
			if v.kept {
				at++
			}
		}
	}
	return nil
}

// fill makes samples and rows of the units that stay, and writes them if they have places.
func (a *adding) fill(h *hand, r *round, part, from, to int) error {
	b := a.s.parts[part]
	a.put(h, b, r, from, to, (*verdict).stays)
	if !r.placed {
		return nil
	}
	return a.s.w.Fill(b.at, &b.Batch)
}

// put makes samples and rows of some units of a round, in a batch.
func (a *adding) put(h *hand, b *batch, r *round, from, to int, which func(v *verdict) bool) {
	b.clear()
	if b.Data == nil {
		b.Data, b.Rows, b.Labels = make([]byte, 0, a.s.size*(to-from)), make([]dataset.Row, 0, to-from), make([]uint16, 0, to-from)
	}
	for i := from; i < to; i++ {
		if v := &r.verdicts[i]; which(v) {
			a.load(h, b, &r.units[i], &r.made[i], v)
		}
	}
}

// emit hands over the batches of a round, which may be nil, in order.
func (a *adding) emit(r *round) error {
	if r == nil {
		return nil
	}
	per := a.s.perPart()
	for part := range (len(r.units) + per - 1) / per {
		b := a.s.parts[part]
		if r.placed {
			a.s.w.Filled(&b.Batch)
		} else if err := a.s.w.Append(&b.Batch); err != nil {
			return err
		}
	}
	return nil
}
