package sessions

import (
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/session"
)

// Table adds up the packets of one run of a capture, session by session. It is
// not safe for concurrent use.
//
// State per session: the prefix in a slot of fitting size (at most limit bytes,
// see arena), 64 bytes that every packet touches, 24 that only the first one
// does, 16 of fingerprint if asked for, and 11 to 21 of index. No pointers: the
// collector passes over it.
//
// The index is not a map, because it is looked up in batches: Touch asks memory for the
// cache lines of many packets at once.
type Table struct {
	limit  int
	prints bool
	seed   Seed

	slots []uint64 // hash<<32 | place of the session + 1; 0 is free
	n     int      // sessions
	hot   []*[perBlock]hot
	cold  []*[perBlock]cold
	print []*[perBlock]session.Print
	six   []six // of IPv6 sessions, by a
	arena arena

	digests [][16]byte // of Seal

	sink uint64 // keeps Touch from being optimised away
	one  Run    // of Note
}

// perBlock is how many sessions the blocks of state hold.
const perBlock = 512

// hot is what every packet of a session touches: one cache line.
type hot struct {
	a, b    uint64    // five-tuple as in Packet; IPv6: a is the place in six
	bytes   uint64    // contributed
	last    int64     // latest time
	sizes   [2]uint64 // by direction: from the lower endpoint, from the higher
	packets [2]uint32 // by direction, carried over into cold.more
	place   uint32    // of the prefix in the arena, 0 for none
	class   uint8     // of its slot
	up      bool      // direction of the first packet
	gen     uint16    // which session of its five-tuple
}

type cold struct {
	first uint64
	start int64
	more  [2]uint32
}

// NewTable returns an empty table whose sessions keep prefixes of at most limit
// bytes, and fingerprints of all bytes if prints is set. Tables that share the
// packets of a capture need the same seed.
func NewTable(limit int, prints bool, seed Seed) *Table {
	return &Table{limit: limit, prints: prints, seed: seed, slots: make([]uint64, 64), arena: newArena(limit)}
}

// Reset empties the table and keeps its memory for the next capture, unless
// that is more than keep bytes.
func (t *Table) Reset(keep int64) {
	if t.Bytes() > keep {
		*t = *NewTable(t.limit, t.prints, t.seed)
		return
	}
	clear(t.slots)
	t.n, t.six, t.digests = 0, t.six[:0], t.digests[:0]
	t.arena.reset()
}

// Len is the number of sessions.
func (t *Table) Len() int { return t.n }

// Bytes is the memory that the table holds.
func (t *Table) Bytes() int64 {
	perSession := 64 + 24
	if t.prints {
		perSession += 16
	}
	return int64(len(t.slots))*8 + int64(len(t.hot)*perBlock*perSession) + int64(cap(t.six))*38 + int64(t.arena.bytes())
}

// Used is how much of that memory sessions fill; the rest takes further ones.
func (t *Table) Used() int64 {
	return int64(len(t.slots))*8 + int64(t.n)*96 + int64(t.arena.now<<t.arena.shift+t.arena.used)
}

// Touch loads what Add will need for each of some packets (16 to 64), so that
// their cache misses overlap instead of following each other.
func (t *Table) Touch(packets []Packet) {
	mask := uint32(len(t.slots) - 1)
	sum := uint64(0)
	for i := range packets {
		sum += t.slots[packets[i].hash&mask]
	}
	for i := range packets {
		p := &packets[i]
		if s := t.slots[p.hash&mask]; uint32(s>>32) == p.hash && s != 0 {
			id := uint32(s) - 1
			sum += t.hot[id/perBlock][id%perBlock].bytes
		}
	}
	t.sink = sum
}

// Add counts a packet for its session and returns the session's place in the
// table. tuples and first are those of the packet's Run; packets come in the
// order of the capture. What the packet contributes is for Room and Contribute.
func (t *Table) Add(p *Packet, tuples []six, first uint64) uint32 {
	id, ok := t.find(p, tuples)
	if !ok {
		a := p.a
		if p.b == mark6 {
			a = uint64(len(t.six))
			t.six = append(t.six, tuples[p.a])
		}
		id = t.append(a, p.b, p.hash)
		h, c := t.at(id)
		h.gen = p.gen
		c.first, c.start = first+uint64(p.Number), p.Layout.Time()
		h.last, h.up = c.start, p.Layout.FromLower()
	}
	h := &t.hot[id/perBlock][id%perBlock]
	d := 0
	if !p.Layout.FromLower() {
		d = 1
	}
	h.sizes[d&1] += uint64(p.Layout.End() - p.Layout.Network())
	h.packets[d&1]++
	if h.packets[d&1] == 0 {
		t.cold[id/perBlock][id%perBlock].more[d&1]++
	}
	h.last = max(h.last, p.Layout.Time())
	return id
}

// find looks for the session of a packet.
func (t *Table) find(p *Packet, tuples []six) (id uint32, ok bool) {
	mask := uint32(len(t.slots) - 1)
	for i := p.hash & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return 0, false
		}
		if uint32(s>>32) != p.hash {
			continue
		}
		id := uint32(s) - 1
		h := &t.hot[id/perBlock][id%perBlock]
		switch {
		case h.b != p.b || h.gen != p.gen:
		case p.b == mark6:
			if t.six[h.a] == tuples[p.a] {
				return id, true
			}
		case h.a == p.a:
			return id, true
		}
	}
}

func (t *Table) at(id uint32) (*hot, *cold) {
	return &t.hot[id/perBlock][id%perBlock], &t.cold[id/perBlock][id%perBlock]
}

// append makes room for a new session.
func (t *Table) append(a, b uint64, hash uint32) uint32 {
	id := uint32(t.n)
	if t.n++; t.n > len(t.slots)*3/4 {
		t.grow()
	}
	t.enter(hash, id)
	if int(id/perBlock) == len(t.hot) {
		t.hot = append(t.hot, new([perBlock]hot))
		t.cold = append(t.cold, new([perBlock]cold))
		if t.prints {
			t.print = append(t.print, new([perBlock]session.Print))
		}
	}
	h, c := t.at(id)
	*h, *c = hot{a: a, b: b}, cold{}
	if t.prints {
		t.print[id/perBlock][id%perBlock] = session.Print{}
	}
	return id
}

func (t *Table) enter(hash, id uint32) {
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = uint64(hash)<<32 | uint64(id+1)
}

func (t *Table) grow() {
	old := t.slots
	t.slots = make([]uint64, 2*len(old))
	for _, s := range old {
		if s != 0 {
			t.enter(uint32(s>>32), uint32(s)-1)
		}
	}
}

// Room is where the next n bytes of a session's prefix go, or as many of them
// as it still needs: none when the session is full. Contribute must follow.
func (t *Table) Room(id uint32, n int) []byte {
	h := &t.hot[id/perBlock][id%perBlock]
	if h.bytes >= uint64(t.limit) || n == 0 {
		return nil
	}
	filled := int(h.bytes)
	want := min(filled+n, t.limit)
	switch {
	case h.place == 0:
		h.class = t.arena.class(want)
		h.place = t.arena.get(h.class)
	case want > t.arena.sizes[h.class]:
		class := t.arena.class(want)
		place := t.arena.get(class)
		copy(t.arena.slot(place, class), t.arena.slot(h.place, h.class)[:filled])
		t.arena.put(h.place, h.class)
		h.place, h.class = place, class
	}
	return t.arena.slot(h.place, h.class)[filled:want:want]
}

// Contribute counts n bytes, of which the first have been written to Room. With
// fingerprints, all must hold the n bytes; else it is not looked at.
func (t *Table) Contribute(id uint32, n int, all []byte) {
	t.hot[id/perBlock][id%perBlock].bytes += uint64(n)
	if t.prints {
		p := &t.print[id/perBlock][id%perBlock]
		*p = p.Append(all[:n])
	}
}

// Full reports whether a session needs no more bytes.
func (t *Table) Full(id uint32) bool {
	return t.hot[id/perBlock][id%perBlock].bytes >= uint64(t.limit)
}

// Note is Add for a packet that comes alone: data and s are its captured bytes
// and headers, number is its number in the capture, from 1.
func (t *Table) Note(data []byte, s *header.Stack, number uint64, time int64) uint32 {
	id, _ := t.NoteBroken(nil, data, s, number, time, true)
	return id
}

// NoteBroken is Note with a Breaker, which may be nil, also for packets that are
// left out (kept is false). l is nil if the packet belongs to no session; else it
// is valid until the next call.
func (t *Table) NoteBroken(b *Breaker, data []byte, s *header.Stack, number uint64, time int64, kept bool) (id uint32, l *header.Layout) {
	t.one.Reset(1)
	if kept {
		t.one.Add(&t.seed, data, s, 0, 0, time)
	} else {
		t.one.AddSilent(&t.seed, data, s, 0, 0, time)
	}
	for i := range t.one.Packets[0] {
		p := &t.one.Packets[0][i]
		if b == nil && kept || b != nil && b.Number(p, t.one.tuples[0]) {
			return t.Add(p, t.one.tuples[0], number), &p.Layout
		}
	}
	return 0, nil
}

// At returns the partial of the session at place id, 0 <= id < Len. Its prefix
// is the table's memory.
func (t *Table) At(id int) (p session.Partial) {
	h, c := t.at(uint32(id))
	p = session.Partial{First: c.first, Up: h.up, Start: c.start, Last: h.last, Sizes: h.sizes, Bytes: h.bytes}
	for d := range p.Packets {
		p.Packets[d] = uint64(c.more[d])<<32 | uint64(h.packets[d])
	}
	p.Prefix = t.prefix(id)
	if t.prints {
		p.Print = t.print[id/perBlock][id%perBlock]
	}
	return p
}

// Gen tells which session of its five-tuple the one at place id is, from 0.
func (t *Table) Gen(id int) uint16 { return t.hot[id/perBlock][id%perBlock].gen }

// Key is the five-tuple of the session at place id.
func (t *Table) Key(id int) session.FiveTuple {
	h := &t.hot[id/perBlock][id%perBlock]
	if h.b&mark6 != 0 {
		return t.six[h.a].key()
	}
	return unpack4(h.a, h.b)
}

// Merge adds the table of the run that follows in the same capture. Both must
// have been made with the same arguments; later is not changed.
func (t *Table) Merge(later *Table) {
	for i := range later.Len() {
		s := session.Session{Key: later.Key(i), Gen: later.Gen(i), Partial: later.At(i)}
		t.MergeSession(&s)
	}
}

// MergeSession adds what a later run adds up to for one session, and returns its
// place. The prefix is copied.
func (t *Table) MergeSession(s *session.Session) uint32 {
	var tuple [1]six
	q := t.packetOf(s, &tuple[0])
	id, ok := t.find(&q, tuple[:])
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
	}
	copy(t.Room(id, len(s.Prefix)), s.Prefix)
	p := s.Partial
	before.Prefix, p.Prefix = nil, nil // what is left are counters
	t.put(id, session.Merge(before, p, 0))
	return id
}

// packetOf is what Run.Add and Breaker make of the five-tuple of a session's packets. An
// IPv6 one is put into tuple, and the packet refers to the first of some tuples.
func (t *Table) packetOf(s *session.Session, tuple *six) Packet {
	p := Packet{gen: s.Gen, hash: uint32(s.Gen) * spread}
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
	if t.prints {
		t.print[id/perBlock][id%perBlock] = p.Print
	}
}

// prefix is the session's prefix, in the table's memory.
func (t *Table) prefix(id int) []byte {
	h := &t.hot[id/perBlock][id%perBlock]
	if h.place == 0 {
		return nil
	}
	n := min(h.bytes, uint64(t.limit))
	return t.arena.slot(h.place, h.class)[:n:n]
}

// Sample writes the session's prefix in full length into dst, which has limit
// bytes: its first bytes, and zeros behind.
func (t *Table) Sample(id int, dst []byte) { clear(dst[copy(dst, t.prefix(id)):]) }
