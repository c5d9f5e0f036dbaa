package sessions

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/pcapmill/pcapmill/header"
)

// Packet is what a Table needs to know of one kept packet: its five-tuple and its layout,
// in 64 bytes. It travels from the goroutine that decodes a stretch of a capture to the one
// that adds up the sessions.
type Packet struct {
	a, b   uint64        // IPv4: the five-tuple, see pack4; IPv6: place in Run.tuples, and mark6
	Layout header.Layout // where its headers stand
	hash   uint32        // of the five-tuple, under the seed
	Number uint32        // in its run, from 0
	At     uint32        // where its captured bytes stand in Run.Data
	Gives  uint32        // bytes that it contributes to its session, for the caller
	gen    uint16        // which unit of its five-tuple, see Breaker: the low bits
	flags  uint16        // synned and so on, and above matchShift the kinds of Run.Match
}

const (
	synned = 1 << iota // TCP SYN without ACK
	ended              // TCP FIN or RST
	silent             // left out: tells a Breaker of a beginning or an end, and nothing else
)

// matchShift is where the kinds of a packet begin in its flags: there is room for 13, as a test knows.
const matchShift = 3

// match are the kinds of the packet, for which its session is left out.
func (p *Packet) match() header.Drop { return header.Drop(p.flags >> matchShift) }

// mark6 in b tells an IPv6 session from one of IPv4, whose b has 48 bits.
const mark6 = 1 << 63

// Seed makes the hashes of five-tuples unpredictable, so that no capture can be
// made whose sessions all fall into one place. It changes no output.
type Seed struct{ x, y uint64 }

// NewSeed draws a seed.
func NewSeed() Seed { return Seed{rand.Uint64() | 1, rand.Uint64() | 1} }

func (s *Seed) mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^s.x, b^s.y)
	hi, lo = bits.Mul64(hi^s.y, lo^s.x)
	return hi ^ lo
}

func (s *Seed) six(t *six) uint64 {
	h := s.mix(uint64(t.port[0])<<32|uint64(t.port[1])<<16|uint64(t.proto), mark6)
	for i := range t.addr {
		h = s.mix(h^binary.LittleEndian.Uint64(t.addr[i][:]), binary.LittleEndian.Uint64(t.addr[i][8:]))
	}
	return h
}

// Wide is what some forms want to know of a packet besides.
type Wide struct {
	Captured uint32 // bytes
	Original uint32 // length on the wire
	Link     header.LinkType
}

// A Run is a contiguous run of packets of a capture, decoded, and dealt out to
// tables by the hash of their five-tuple: what belongs to one session goes to
// one table, in the order of the capture.
type Run struct {
	Data    []byte     // what Packet.At refers to
	First   uint64     // number in the capture of the packet with Number 0
	Packets [][]Packet // by table
	Wides   [][]Wide   // of the same packets, if Wide is set before Reset
	Wide    bool
	Next    Wide        // of the packet that is added next, if Wide is set
	Match   header.Drop // kinds of the packet that is added next, for which its session is left out
	tuples  [][]six
}

// Reset empties the run for the given number of tables, a power of two.
func (r *Run) Reset(tables int) {
	if len(r.Packets) != tables {
		r.Packets, r.tuples = make([][]Packet, tables), make([][]six, tables)
	}
	if r.Wide && len(r.Wides) != tables {
		r.Wides = make([][]Wide, tables)
	}
	for i := range r.Wides {
		r.Wides[i] = r.Wides[i][:0]
	}
	for i := range r.Packets {
		r.Packets[i], r.tuples[i] = r.Packets[i][:0], r.tuples[i][:0]
	}
	r.Data, r.First, r.Match = nil, 0, header.DropNone
}

// Tuples are the IPv6 five-tuples that packets of table i refer to.
func (r *Run) Tuples(i int) []six { return r.tuples[i] }

// Add appends a kept packet. data is a part of r.Data that begins at offset at;
// number counts the run's packets, kept or not, from 0.
// The packet is valid until the next call.
func (r *Run) Add(seed *Seed, data []byte, s *header.Stack, at int, number uint32, time int64) *Packet {
	return r.add(seed, data, s, at, number, time, 0)
}

// AddSilent appends a TCP packet that is left out, for a Breaker, if it tells of
// the beginning or the end of a connection.
func (r *Run) AddSilent(seed *Seed, data []byte, s *header.Stack, at int, number uint32, time int64) {
	if s.Proto == header.TCP && tcpFlags(data[s.Transport+13]) != 0 {
		r.add(seed, data, s, at, number, time, silent)
	}
}

func (r *Run) add(seed *Seed, data []byte, s *header.Stack, at int, number uint32, time int64, flags uint16) *Packet {
	if s.Proto == header.TCP {
		flags |= tcpFlags(data[s.Transport+13])
	}
	var a, b, h uint64
	var fromLower bool
	if s.Version == 4 {
		a, b, fromLower = pack4(data, s)
		h = seed.mix(a, b)
	} else {
		a, h, fromLower = r.add6(seed, data, s)
		b = mark6
	}
	i := h >> 32 & uint64(len(r.Packets)-1)
	to := r.Packets[i]
	if len(to) == cap(to) {
		to = slices.Grow(to, 1)
	}
	to = to[:len(to)+1]
	r.Packets[i] = to
	// In place: a copy would load in one what has just been stored in parts, and wait for it.
	p := &to[len(to)-1]
	p.a, p.b = a, b
	s.SetLayout(&p.Layout, time, fromLower)
	p.hash, p.Number, p.At, p.Gives = uint32(h), number, uint32(at), 0
	p.gen, p.flags = 0, flags|uint16(r.Match)<<matchShift
	if r.Wide {
		r.addWide(i)
	}
	return p
}

// addWide is apart so that add stays small.
//
//go:noinline
func (r *Run) addWide(table uint64) { r.Wides[table] = append(r.Wides[table], r.Next) }

func tcpFlags(b byte) (f uint16) {
	const fin, syn, rst, ack = 1, 2, 4, 16
	if b&(syn|ack) == syn {
		f = synned
	}
	if b&(fin|rst) != 0 {
		f |= ended
	}
	return f
}

// add6 notes the five-tuple of an IPv6 packet in r.tuples, and returns its place.
func (r *Run) add6(seed *Seed, data []byte, s *header.Stack) (place, hash uint64, fromLower bool) {
	t, fromLower := sixOf(data, s)
	h := seed.six(&t)
	i := h >> 32 & uint64(len(r.Packets)-1)
	place = uint64(len(r.tuples[i]))
	r.tuples[i] = append(r.tuples[i], t)
	return place, h, fromLower
}
