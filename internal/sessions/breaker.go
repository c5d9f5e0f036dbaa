package sessions

import (
	"math"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/session"
)

// Breaker numbers the units of each five-tuple of a table, in the order of the capture. What
// it keeps is never spilled: some 60 bytes a five-tuple (IPv6: 90), and 144 more where a
// session can have several units.
type Breaker struct {
	session.Breaks
	Windowed int64 // packets that Window left out
	Snapped  int64 // of these, those of which not all was captured

	matched map[uint64]header.Drop // by number of the first kept packet of a session that can have several units

	four map[[2]uint64]course
	six  map[six]course
	all  []*[perProgress]progress // by course.n
	n    uint64                   // of these in use
	one  Unit                     // what Number returned last
}

// course is how far a five-tuple has come.
type course struct {
	last int64  // time of its last kept packet
	n    uint64 // its session in hand, from 0; or where a session can have several units, the place of its progress
	flag uint8
}

const (
	hasEnded   = 1 << iota // FIN or RST was seen in this session
	hasRestart             // and a SYN behind it: the next kept packet begins a session
)

// progress is how far a five-tuple has come whose sessions can have several units.
type progress struct {
	units   uint64 // so far
	session uint64 // number of the first kept packet of the session in hand
	places  uint64 // units of that session so far
	flow    [2]flow
	up      bool // direction of that packet
}

// flow is one direction of a session, or the session, and its unit in hand.
type flow struct {
	packets uint64 // of the unit; 0: there is no unit
	gen     uint64 // see Unit
	place   uint64
	first   int64 // time of the flow's first packet
	begun   int64 // time of the unit's first packet
	slice   int64 // number of the slice in hand
}

const perProgress = 128

// NewBreaker returns a Breaker for the packets of one table, or nil if there is
// nothing to break.
func NewBreaker(b session.Breaks) *Breaker {
	if b == (session.Breaks{}) {
		return nil
	}
	return &Breaker{Breaks: b, four: map[[2]uint64]course{}, six: map[six]course{}}
}

// Bytes is about the memory that it holds.
func (b *Breaker) Bytes() int64 {
	if b == nil {
		return 0
	}
	return int64(len(b.four))*70 + int64(len(b.six))*100 + int64(len(b.all))*perProgress*144 + int64(len(b.matched))*40
}

// Number says which unit of its five-tuple a packet belongs to, and notes that in it; number
// is that of the run's first packet. nil: it is left out, or only tells of a beginning or an
// end. Packets come in the order of the capture. The Unit is valid until the next call.
func (b *Breaker) Number(p *Packet, tuples []six, first uint64) *Unit {
	var c course
	var known bool
	k := [2]uint64{p.a, p.b}
	if p.b == mark6 {
		c, known = b.six[tuples[p.a]]
	} else {
		c, known = b.four[k]
	}
	keep := p.flags&silent == 0
	if !known && !keep {
		return nil // nothing has begun that could end
	}
	if b.Restart && p.flags&synned != 0 && c.flag&hasEnded != 0 {
		c.flag |= hasRestart
	}
	var u *Unit
	if keep {
		now := p.Layout.Time()
		begins := !known || c.flag&hasRestart != 0 || b.Idle > 0 && since(now, c.last) > b.Idle
		if begins {
			c.flag = 0
		}
		c.last = now
		switch {
		case b.Several():
			if !known {
				c.n = b.newProgress()
			}
			u = b.unit(&b.all[c.n/perProgress][c.n%perProgress], p, begins, first+uint64(p.Number))
		default:
			if begins && known {
				c.n++
			}
			b.one = Unit{Gen: c.n, Up: p.Layout.FromLower()}
			u = &b.one
		}
	}
	if p.flags&ended != 0 {
		c.flag |= hasEnded
	}
	if p.b == mark6 {
		b.six[tuples[p.a]] = c
	} else {
		b.four[k] = c
	}
	if u != nil {
		p.gen = uint16(u.Gen)
		p.hash += uint32(u.Gen) * spread
	}
	return u
}

// unit is the unit of a kept packet; begins says that it is the first of a session.
func (b *Breaker) unit(q *progress, p *Packet, begins bool, number uint64) *Unit {
	up := p.Layout.FromLower()
	if begins {
		*q = progress{units: q.units, session: number, up: up}
	}
	if m := p.match(); m != header.DropNone {
		if b.matched == nil {
			b.matched = map[uint64]header.Drop{}
		}
		b.matched[q.session] |= m
	}
	f := &q.flow[0]
	if b.Of == session.Flows && up != q.up {
		f = &q.flow[1]
	}
	now := p.Layout.Time()
	if f.packets == 0 {
		begins, f.first = true, now
	}
	begins = begins || b.Of == session.Packets || b.MaxPackets > 0 && f.packets >= b.MaxPackets ||
		b.Active > 0 && since(now, f.begun) >= b.Active
	if b.Slice > 0 {
		if k := since(now, f.first) / b.Slice; k > f.slice {
			begins, f.slice = true, k
		}
	}
	switch {
	case begins:
		f.gen, f.place, f.begun, f.packets = q.units, q.places, now, 0
		q.units++
		q.places++
	case b.Window > 0 && since(now, f.begun) >= b.Window:
		b.Windowed++
		if p.Layout.PayloadLen() > p.Layout.End()-p.Layout.Payload() {
			b.Snapped++
		}
		return nil
	}
	f.packets++
	b.one = Unit{Unit: session.Unit{Session: q.session, Place: f.place}, Gen: f.gen, Up: q.up}
	return &b.one
}

// newProgress is the place of a new one.
func (b *Breaker) newProgress() uint64 {
	n := b.n
	if b.n++; n/perProgress == uint64(len(b.all)) {
		b.all = append(b.all, new([perProgress]progress))
	}
	return n
}

// since is how long a time is behind another in nanoseconds, at least 0.
func since(now, before int64) int64 {
	d := now - before
	switch {
	case now < before:
		return 0
	case d < 0:
		return math.MaxInt64
	}
	return d
}

// spread keeps the units of one five-tuple apart in the index.
const spread = 0x9e3779b1
