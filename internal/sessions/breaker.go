package sessions

import "github.com/pcapmill/pcapmill/session"

// Breaker numbers the sessions of each five-tuple of a table. What it keeps is
// never spilled: some 60 bytes a five-tuple (IPv6: 90).
type Breaker struct {
	session.Breaks
	four map[[2]uint64]course
	six  map[six]course
}

// course is how far a five-tuple has come.
type course struct {
	last    int64 // time of its last kept packet
	gen     uint16
	ended   bool // FIN or RST was seen in this session
	restart bool // and a SYN behind it: the next kept packet begins a session
}

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
	return int64(len(b.four))*60 + int64(len(b.six))*90
}

// Number says which session of its five-tuple the packet belongs to, from 0, and
// notes that in it. keep is false for packets that only tell of a beginning or
// an end. Packets come in the order of the capture.
func (b *Breaker) Number(p *Packet, tuples []six) (keep bool) {
	var c course
	var known bool
	k := [2]uint64{p.a, p.b}
	if p.b == mark6 {
		c, known = b.six[tuples[p.a]]
	} else {
		c, known = b.four[k]
	}
	keep = p.flags&silent == 0
	if !known && !keep {
		return false // nothing has begun that could end
	}
	if b.Restart && p.flags&synned != 0 && c.ended {
		c.restart = true
	}
	if keep {
		if known && (c.restart || b.Idle > 0 && p.Layout.Time()-c.last > b.Idle) && c.gen < session.MostSessions-1 {
			c.gen++
			c.ended, c.restart = false, false
		}
		c.last = p.Layout.Time()
		p.gen = c.gen
		p.hash += uint32(c.gen) * spread
	}
	if p.flags&ended != 0 {
		c.ended = true
	}
	if p.b == mark6 {
		b.six[tuples[p.a]] = c
	} else {
		b.four[k] = c
	}
	return keep
}

// spread keeps the sessions of one five-tuple apart in the index.
const spread = 0x9e3779b1
