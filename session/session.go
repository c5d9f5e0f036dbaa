package session

import (
	"fmt"
	"slices"
)

// Session is a session of a capture or a unit of one, or what a run of its packets adds up
// to for it.
type Session struct {
	Key  FiveTuple
	Gen  uint64 // which unit of its five-tuple in the capture, from 0; see [Breaks]
	Unit Unit   // zero where every session is one unit
	Partial
}

// Unit says where a unit stands, if a session can have several. Direction in the partial is
// then that of the session: Up is said of the session's first kept packet.
type Unit struct {
	Session  uint64 // number of the first kept packet of its session; 0: there are no units
	Place    uint64 // of the unit in its session, from 0, in the order of first kept packets
	Earliest int64  // time of its earliest kept packet
}

// Join adds what a later run tells of the same unit.
func (u Unit) Join(later Unit) Unit {
	if u.Session == 0 {
		return later
	}
	if later.Session != 0 {
		u.Earliest = min(u.Earliest, later.Earliest)
	}
	return u
}

// Sample writes the session's prefix in full length into dst, which has the length that
// bounds prefixes: its first bytes, and zeros behind.
func (s *Session) Sample(dst []byte) { clear(dst[copy(dst, s.Prefix):]) }

// Breaks says where a session ends although its five-tuple goes on, and what its units are.
// The zero value is the default: a session never ends, and is one unit. What goes on is the
// next session of the five-tuple.
//
// All is decided packet by packet, in the order of the capture and by the times of kept
// packets in nanoseconds; a time that runs backwards counts as no time. First it is settled
// whether a packet begins a session, then whether it begins a unit, then whether its unit's
// window leaves it out.
type Breaks struct {
	Idle    int64 // a pause of more than so many nanoseconds since the kept packet before; 0: never
	Restart bool  // a TCP SYN (without ACK) behind a FIN or RST, kept or not

	Of         Units
	MaxPackets uint64 // a unit with so many packets is full, the next one begins another; 0: never
	Active     int64  // a packet so long after its unit's first begins another, ns; 0: never
	Slice      int64  // unit k has the packets from k Slices after the first of the session (or flow) on, ns; 0: no slices
	Window     int64  // packets so long after their unit's first are left out, ns; 0: none
}

// Several reports whether a session can have several units, or a unit leave packets out.
func (b *Breaks) Several() bool {
	return b.Of != WholeSessions || b.MaxPackets > 0 || b.Active > 0 || b.Slice > 0 || b.Window > 0
}

// Units is what the units of a session are, before limits.
type Units uint8

// Kinds of units.
const (
	WholeSessions Units = iota
	Flows               // each direction
	Packets             // each kept packet
)

var unitNames = []string{"session", "flow", "packet"}

// String is the word that [ParseUnits] reads.
func (u Units) String() string { return unitNames[u] }

// ParseUnits reads "session", "flow" or "packet".
func ParseUnits(text string) (Units, error) {
	if i := slices.Index(unitNames, text); i >= 0 {
		return Units(i), nil
	}
	return 0, fmt.Errorf("no unit %q: have session, flow, packet", text)
}
