package session

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/header"
)

// Table adds up the packets of one run of a capture, session by session. It is
// not safe for concurrent use.
//
// State per session: the prefix in full length (limit bytes, zeros behind what
// is filled, so that it serves as the sample), 24 bytes of counters, 16 of
// fingerprint if asked for, and the map entry of the five-tuple (IPv4: 25 bytes
// at a load of 44 to 88 %, IPv6: 45). No pointers: the collector passes over it.
type Table struct {
	limit    int
	prints   bool
	perSlab  int
	index4   map[key4]uint32
	index6   map[FiveTuple]uint32
	counters []counters
	print    []Print
	slabs    [][]byte
	last4    key4 // the session found last: packets come in trains
	lastID   uint32
}

type counters struct {
	first   uint64
	packets uint64
	bytes   uint64
}

// key4 is the five-tuple of IPv4 in two words: addresses, and ports with the
// protocol. The general FiveTuple costs three times as much to hash.
type key4 struct {
	addrs uint64
	rest  uint64 // 0 for no session: the protocol is never 0
}

// slabLen is the size in bytes that slabs of prefixes aim at.
const slabLen = 64 << 10

// NewTable returns an empty table whose sessions keep prefixes of at most limit
// bytes, and fingerprints of all bytes if prints is set.
func NewTable(limit int, prints bool) *Table {
	return &Table{
		limit: limit, prints: prints, perSlab: max(1, slabLen/max(1, limit)),
		index4: map[key4]uint32{}, index6: map[FiveTuple]uint32{},
	}
}

// Len is the number of sessions.
func (t *Table) Len() int { return len(t.counters) }

// Add counts a packet for its session and returns the session's place in the
// table. packet is the packet's number in its capture, from 1, and increases
// from call to call. What the packet contributes is for Room and Contribute.
func (t *Table) Add(data []byte, s *header.Stack, packet uint64) uint32 {
	id, ok := t.find(data, s)
	if !ok {
		id = t.append(packet)
		if s.Version == 4 {
			t.index4[t.last4] = id
		} else {
			t.index6[KeyOf(data, s)] = id
		}
	}
	if s.Version == 4 {
		t.lastID = id
	}
	t.counters[id].packets++
	return id
}

func (t *Table) find(data []byte, s *header.Stack) (id uint32, ok bool) {
	if s.Version != 4 {
		id, ok = t.index6[KeyOf(data, s)]
		return id, ok
	}
	k := keyOf4(data, s)
	if k == t.last4 {
		return t.lastID, true
	}
	t.last4 = k
	id, ok = t.index4[k]
	return id, ok
}

// keyOf4 packs what KeyOf takes from an IPv4 packet.
func keyOf4(data []byte, s *header.Stack) key4 {
	addrs := binary.BigEndian.Uint64(data[s.Network+12:])
	a := addrs>>32<<16 | uint64(s.SrcPort)
	b := addrs&0xffffffff<<16 | uint64(s.DstPort)
	if a > b {
		a, b = b, a
	}
	return key4{
		addrs: a>>16<<32 | b>>16,
		rest:  a&0xffff<<32 | b&0xffff<<16 | uint64(s.Proto),
	}
}

func (k key4) fiveTuple() FiveTuple {
	t := FiveTuple{version: 4, proto: uint8(k.rest)}
	binary.BigEndian.PutUint32(t.addr[0][:], uint32(k.addrs>>32))
	binary.BigEndian.PutUint32(t.addr[1][:], uint32(k.addrs))
	t.port = [2]uint16{uint16(k.rest >> 32), uint16(k.rest >> 16)}
	return t
}

func (t FiveTuple) key4() key4 {
	return key4{
		addrs: uint64(binary.BigEndian.Uint32(t.addr[0][:]))<<32 | uint64(binary.BigEndian.Uint32(t.addr[1][:])),
		rest:  uint64(t.port[0])<<32 | uint64(t.port[1])<<16 | uint64(t.proto),
	}
}

// append makes room for a new session.
func (t *Table) append(first uint64) uint32 {
	id := len(t.counters)
	t.counters = append(t.counters, counters{first: first})
	if t.prints {
		t.print = append(t.print, Print{})
	}
	if id%t.perSlab == 0 {
		t.slabs = append(t.slabs, make([]byte, t.perSlab*t.limit))
	}
	return uint32(id)
}

// slot is the full-length prefix of a session.
func (t *Table) slot(id uint32) []byte {
	at := int(id) % t.perSlab * t.limit
	return t.slabs[int(id)/t.perSlab][at : at+t.limit : at+t.limit]
}

// Room is the part of a session's prefix that is still free: empty when the
// session is full. Bytes go there before Contribute tells how many.
func (t *Table) Room(id uint32) []byte {
	filled := t.counters[id].bytes
	if filled >= uint64(t.limit) {
		return nil
	}
	return t.slot(id)[filled:]
}

// Contribute counts n bytes, of which the first min(n, len(Room)) have been
// written to Room. With fingerprints, all must hold the n bytes; else it is not
// looked at.
func (t *Table) Contribute(id uint32, n int, all []byte) {
	t.counters[id].bytes += uint64(n)
	if t.prints {
		t.print[id] = t.print[id].Append(all[:n])
	}
}

// At returns the partial of the session at place id, 0 <= id < Len. Its prefix
// is the table's memory, with the table's limit as capacity and zeros behind.
func (t *Table) At(id int) Partial {
	c := &t.counters[id]
	p := Partial{First: c.first, Packets: c.packets, Bytes: c.bytes}
	p.Prefix = t.slot(uint32(id))[:min(c.bytes, uint64(t.limit))]
	if t.prints {
		p.Print = t.print[id]
	}
	return p
}

// Keys are the five-tuples of all sessions, by place in the table.
func (t *Table) Keys() []FiveTuple {
	keys := make([]FiveTuple, t.Len())
	for k, id := range t.index4 {
		keys[id] = k.fiveTuple()
	}
	for k, id := range t.index6 {
		keys[id] = k
	}
	return keys
}

// Merge adds the table of the run that follows in the same capture. Both must
// have been made with the same arguments; later is not changed.
func (t *Table) Merge(later *Table) {
	for i, key := range later.Keys() {
		p := later.At(i)
		id, ok := t.place(key)
		if !ok {
			id = t.append(p.First)
			if key.version == 4 {
				t.index4[key.key4()] = id
			} else {
				t.index6[key] = id
			}
			copy(t.slot(id), p.Prefix)
			t.put(id, p)
			continue
		}
		t.put(id, Merge(t.At(int(id)), p, t.limit))
	}
}

func (t *Table) place(key FiveTuple) (id uint32, ok bool) {
	if key.version == 4 {
		id, ok = t.index4[key.key4()]
	} else {
		id, ok = t.index6[key]
	}
	return id, ok
}

// put stores the counters of a merged partial; its prefix already stands in
// the slot, because Merge appends in place.
func (t *Table) put(id uint32, p Partial) {
	t.counters[id] = counters{first: p.First, packets: p.Packets, bytes: p.Bytes}
	if t.prints {
		t.print[id] = p.Print
	}
}

// Sample is the session's prefix in full length: its first bytes and zeros up
// to the limit. It is the table's memory.
func (t *Table) Sample(id int) []byte { return t.slot(uint32(id)) }
