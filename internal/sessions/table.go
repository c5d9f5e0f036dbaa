package sessions

import (
	"math"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/pages"
	"github.com/pcapmill/pcapmill/session"
)

// Table adds up the packets of one run of a capture, session by session. It is
// not safe for concurrent use.
//
// State per session: the prefix in a slot of fitting size (at most limit bytes,
// see arena), 64 bytes that every packet touches, 24 that only the first one
// does, 16 of fingerprint and 2 of matches if asked for, 40 of units where there are any, and 11 to 21 of
// index. A form's state has 16 bytes in front of it. No pointers: the collector passes over it.
//
// The index is not a map, because it is looked up in batches: Touch asks memory for the
// cache lines of many packets at once.
type Table struct {
	Kind
	limit  int    // of a prefix, or of a slot that holds a state
	enough uint64 // bytes contributed, after which a session needs none of a further packet
	seed   Seed

	slots []uint64 // hash<<32 | place of the session + 1; 0 is free
	n     int      // sessions
	hot   []*[perBlock]hot
	cold  []*[perBlock]cold
	print []*[perBlock]session.Print
	units []*[perBlock]Unit
	match []*[perBlock]header.Drop // with Kind.Matches
	six   []six                    // of IPv6 sessions, by a
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
	gen     uint16    // which unit of its five-tuple: the low bits
}

type cold struct {
	first uint64
	start int64
	more  [2]uint32
}

// Unit is one of the units of a five-tuple, as a Breaker numbers them.
type Unit struct {
	session.Unit
	Gen uint64 // which one of its five-tuple, from 0
	Up  bool   // direction of its session's first kept packet
}

// Kind is what a table keeps of each session.
type Kind struct {
	session.Keep
	Prints bool // fingerprints of all bytes
	Units  bool // sessions may have several units
	// Matches says that packets can have kinds for which their session is left out.
	Matches bool
}

// NewTable returns an empty table whose sessions keep prefixes of at most limit
// bytes, and fingerprints of all bytes if prints is set. Tables that share the
// packets of a capture need the same seed.
func NewTable(limit int, prints bool, seed Seed) *Table {
	return New(Kind{Keep: session.Keep{Limit: limit}, Prints: prints}, seed)
}

// New returns an empty table of a kind.
func New(k Kind, seed Seed) *Table {
	t := &Table{Kind: k, limit: k.Limit, enough: uint64(k.Limit), seed: seed, slots: make([]uint64, 64)}
	if k.Form != nil {
		t.limit, t.enough = stateHead+k.Form.Bound(), math.MaxUint64
		if f, ok := k.Form.(interface{ Enough() uint64 }); ok {
			t.enough = f.Enough()
		}
	}
	t.arena = newArena(t.limit)
	return t
}

// Reset empties the table and keeps its memory for the next capture, unless
// that is more than keep bytes.
func (t *Table) Reset(keep int64) {
	if t.Bytes() > keep {
		*t = *New(t.Kind, t.seed)
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
	if t.Prints {
		perSession += 16
	}
	if t.Units {
		perSession += 40
	}
	if t.Matches {
		perSession += 2
	}
	return int64(len(t.slots))*8 + int64(len(t.hot)*perBlock*perSession) + int64(cap(t.six))*38 + int64(t.arena.bytes())
}

// Used is how much of that memory sessions fill; the rest takes further ones.
func (t *Table) Used() int64 {
	perSession := 96
	if t.Units {
		perSession += 40
	}
	return int64(len(t.slots))*8 + int64(t.n*perSession) + int64(t.arena.now<<t.arena.shift+t.arena.used)
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
	return t.AddUnit(p, tuples, first, nil)
}

// AddUnit is Add for a packet of which a Breaker has said in which unit it is; nil is the
// only one of its five-tuple.
func (t *Table) AddUnit(p *Packet, tuples []six, first uint64, u *Unit) uint32 {
	id, ok := t.find(p, tuples, u)
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
		if t.Units {
			t.begin(id, u)
		}
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
	if t.Matches {
		*t.matched(id) |= p.match()
	}
	if t.Units {
		of := t.unit(id)
		of.Earliest = min(of.Earliest, p.Layout.Time())
	}
	return id
}

// begin notes where a new unit stands. u is nil for the only one of its five-tuple.
func (t *Table) begin(id uint32, u *Unit) {
	h, c := t.at(id)
	of := t.unit(id)
	if *of = (Unit{}); u != nil {
		*of, h.up = *u, u.Up
	}
	if of.Session == 0 {
		of.Session = c.first
	}
	of.Earliest = c.start
}

func (t *Table) matched(id uint32) *header.Drop { return &t.match[id/perBlock][id%perBlock] }

func (t *Table) unit(id uint32) *Unit { return &t.units[id/perBlock][id%perBlock] }

// find looks for the session of a packet, or for its unit u.
func (t *Table) find(p *Packet, tuples []six, u *Unit) (id uint32, ok bool) {
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
		case u != nil && t.unit(id).Gen != u.Gen: // equal in the low bits
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
		if t.Prints {
			t.print = append(t.print, new([perBlock]session.Print))
		}
		if t.Units {
			t.units = append(t.units, new([perBlock]Unit))
		}
		if t.Matches {
			t.match = append(t.match, new([perBlock]header.Drop))
		}
	}
	h, c := t.at(id)
	*h, *c = hot{a: a, b: b}, cold{}
	if t.Prints {
		t.print[id/perBlock][id%perBlock] = session.Print{}
	}
	if t.Matches {
		*t.matched(id) = header.DropNone
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
	t.slots = pages.Zeros[uint64](2 * len(old))
	for _, s := range old {
		if s != 0 {
			t.enter(uint32(s>>32), uint32(s)-1)
		}
	}
}

// Note is Add for a packet that comes alone: data and s are its captured bytes
// and headers, number is its number in the capture, from 1.
func (t *Table) Note(data []byte, s *header.Stack, number uint64, time int64) uint32 {
	id, _ := t.NoteBroken(nil, data, s, number, time, true, header.DropNone)
	return id
}

// NoteBroken is Note with a Breaker, which may be nil, also for packets that are
// left out (kept is false). match is as Run.Match. l is nil if the packet belongs to no session; else it
// is valid until the next call.
func (t *Table) NoteBroken(b *Breaker, data []byte, s *header.Stack, number uint64, time int64, kept bool, match header.Drop) (id uint32, l *header.Layout) {
	t.one.Reset(1)
	t.one.Match = match
	if kept {
		t.one.Add(&t.seed, data, s, 0, 0, time)
	} else {
		t.one.AddSilent(&t.seed, data, s, 0, 0, time)
	}
	for i := range t.one.Packets[0] {
		p := &t.one.Packets[0][i]
		if b == nil {
			if kept {
				return t.Add(p, t.one.tuples[0], number), &p.Layout
			}
			continue
		}
		if u := b.Number(p, t.one.tuples[0], number); u != nil {
			return t.AddUnit(p, t.one.tuples[0], number, u), &p.Layout
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
	if t.Form != nil {
		p.State = t.state(id)
	} else {
		p.Prefix = t.prefix(id)
	}
	if t.Prints {
		p.Print = t.print[id/perBlock][id%perBlock]
	}
	if t.Matches {
		p.Matched = *t.matched(uint32(id))
	}
	return p
}

// Session is the session at place id, with its partial as At returns it.
func (t *Table) Session(id int) (s session.Session) {
	s.Key, s.Partial = t.Key(id), t.At(id)
	if t.Units {
		u := t.unit(uint32(id))
		s.Gen, s.Unit = u.Gen, u.Unit
	}
	return s
}

// Key is the five-tuple of the session at place id.
func (t *Table) Key(id int) session.FiveTuple {
	h := &t.hot[id/perBlock][id%perBlock]
	if h.b&mark6 != 0 {
		return t.six[h.a].key()
	}
	return unpack4(h.a, h.b)
}
