package sessions

import "github.com/pcapmill/pcapmill/session"

// Merge adds the table of the run that follows in the same capture. Both must
// have been made with the same arguments; later is not changed.
func (t *Table) Merge(later *Table) {
	for i := range later.Len() {
		s := later.Session(i)
		t.MergeSession(&s)
	}
}

// MergeSession adds what a later run adds up to for one session, and returns its
// place. The prefix is copied.
func (t *Table) MergeSession(s *session.Session) uint32 {
	var tuple [1]six
	q := t.packetOf(s, &tuple[0])
	u := &Unit{Unit: s.Unit, Gen: s.Gen, Up: s.Up}
	if !t.Units {
		u = nil
	}
	id, ok := t.find(&q, tuple[:], u)
	var before session.Partial
	if ok {
		before = t.At(int(id))
	} else {
		if q.b == mark6 {
			q.a = uint64(len(t.six))
			t.six = append(t.six, tuple[0])
		}
		id = t.append(q.a, q.b, q.hash)
		t.hot[id/perBlock][id%perBlock].gen = q.gen
		if t.Units {
			*t.unit(id) = Unit{Gen: s.Gen}
		}
	}
	if t.Units {
		of := t.unit(id)
		of.Unit = of.Join(s.Unit)
	}
	if t.Form != nil {
		t.Hold(id, t.Form.Merge(t.Lend(id, len(s.State)), s.State))
	} else {
		copy(t.Room(id, len(s.Prefix)), s.Prefix)
	}
	p := s.Partial
	before.Prefix, p.Prefix, before.State, p.State = nil, nil, nil, nil // what is left are counters
	t.put(id, session.Merge(before, p, 0))
	return id
}

// packetOf is what Run.Add and Breaker make of the five-tuple of a session's packets. An
// IPv6 one is put into tuple, and the packet refers to the first of some tuples.
func (t *Table) packetOf(s *session.Session, tuple *six) Packet {
	p := Packet{gen: uint16(s.Gen), hash: uint32(s.Gen) * spread}
	if s.Key.Version() == 4 {
		p.a, p.b = packKey(s.Key)
		p.hash += uint32(t.seed.mix(p.a, p.b))
		return p
	}
	*tuple, p.b = sixFrom(s.Key), mark6
	p.hash += uint32(t.seed.six(tuple))
	return p
}

// put stores the counters of a merged partial.
func (t *Table) put(id uint32, p session.Partial) {
	h, c := t.at(id)
	h.bytes, h.last, h.up, h.sizes = p.Bytes, p.Last, p.Up, p.Sizes
	c.first, c.start = p.First, p.Start
	for d := range p.Packets {
		h.packets[d], c.more[d] = uint32(p.Packets[d]), uint32(p.Packets[d]>>32)
	}
	if t.Matches {
		*t.matched(id) = p.Matched
	}
	if t.Prints {
		t.print[id/perBlock][id%perBlock] = p.Print
	}
}
