package testcap

import (
	"math/rand/v2"
	"net/netip"
)

// Options shapes what Random makes. The zero value is ordinary traffic with everything in it that a reader must cope with,
// except bytes changed blindly.
type Options struct {
	Sessions  int      // 0 means between 1 and 12
	Packets   int      // most packets of one session; 0 means 8
	Payload   int      // most payload bytes of one packet; 0 means 400
	LinkTypes []uint16 // choose from these; nil means all of LinkTypes
	Mixed     bool     // every packet takes a link type of its own (a pcapng can hold that); else one for all
	Clean     bool     // no damaged headers, no snapped packets, no fragments
	Flips     bool     // change bytes blindly now and then. Addresses may then stand where no reader takes them for addresses
}

// Traffic is what Random made.
type Traffic struct {
	Packets []Packet
	// Every address, MAC and port of every header that a session can be made of. Every byte of an address or MAC is 0x80 or
	// more and no byte of payload, options, sequence numbers, labels or padding made by Random is, so that an address found in an output can
	// only have come from a header field. (Digests, checksums and lengths can hold such bytes; a chance of 2^-28 a place at most.)
	Addrs []netip.Addr
	MACs  [][6]byte
	Ports []uint16
}

// Random makes random traffic: several interleaved sessions of random encapsulation, some of them alike but for addresses, and
// between them packets that belong to none. The same generator state and options give the same traffic.
func Random(r *rand.Rand, o Options) *Traffic {
	g := newGenerator(r, o)
	n := o.Sessions
	if n <= 0 {
		n = 1 + r.IntN(12)
	}
	queues := make([][]Packet, 0, n)
	for range n {
		queues = append(queues, g.session())
	}
	g.interleave(queues)
	return g.t
}

// Capture writes the traffic as a file of a random variant: pcapng if the packets have several link types, else pcapng or any
// variant of pcap; compressed now and then. name says which.
func (t *Traffic) Capture(r *rand.Rand) (raw []byte, name string) {
	raw, name = t.plain(r)
	if r.IntN(4) == 0 {
		c := Compressions()[r.IntN(3)] // not xz: its writer allocates megabytes a file
		return c.Wrap(raw), name + " " + c.Name
	}
	return raw, name
}

func (t *Traffic) plain(r *rand.Rand) (raw []byte, name string) {
	big := r.IntN(3) == 0
	if t.mixed() || r.IntN(3) == 0 {
		return t.ng(r, big), "pcapng"
	}
	f := Pcap{BigEndian: big}
	if len(t.Packets) > 0 {
		f.LinkType = uint32(t.Packets[0].LinkType)
	}
	name = "pcap"
	switch r.IntN(6) {
	case 0:
		f.Nano, name = true, "pcap ns"
	case 1:
		f.Modified, name = true, "pcap modified"
	case 2:
		f.Version, name = [2]int{2, 2}, "pcap 2.2"
	case 3:
		f.Version, f.Swap, name = [2]int{2, 3}, true, "pcap 2.3"
	case 4:
		f.LinkType, name = f.LinkType|0x04000000, "pcap with high bits"
	}
	return f.File(t.Packets...), name
}

func (t *Traffic) mixed() bool {
	for _, p := range t.Packets {
		if p.LinkType != t.Packets[0].LinkType {
			return true
		}
	}
	return false
}

// ng spreads the packets over sections, interfaces and block types.
func (t *Traffic) ng(r *rand.Rand, big bool) []byte {
	f := NG{BigEndian: big}
	var numbers map[uint16]int
	for i, p := range t.Packets {
		if i == 0 || r.IntN(40) == 0 {
			f.BigEndian = r.IntN(2) == 0
			f.Section(Option{2, []byte("testcap")})
			numbers = map[uint16]int{}
		}
		n, ok := numbers[p.LinkType]
		if !ok || r.IntN(20) == 0 {
			n = f.Interface(Interface{LinkType: p.LinkType, SnapLen: uint32(r.IntN(2)) * 65535, Resol: U8(uint8(3 + r.IntN(7)))})
			numbers[p.LinkType] = n
		}
		switch {
		case r.IntN(8) == 0:
			f.Block(0x80000001, make([]byte, r.IntN(40)))
			f.Enhanced(n, p, Option{1, []byte("comment")})
		case r.IntN(8) == 0:
			f.Obsolete(n, p)
		case n == 0 && int(p.original()) == len(p.Data) && len(p.Data) <= 65535 && r.IntN(4) == 0:
			f.Simple(p)
		default:
			f.Enhanced(n, p)
		}
	}
	return f.Bytes()
}

// interleave mixes the sessions' packets, each session's own order kept, noise between them, times rising.
func (g *generator) interleave(queues [][]Packet) {
	now := int64(1_700_000_000_000_000_000)
	put := func(p Packet) {
		now += g.r.Int64N(5_000_000)
		p.Time = now
		g.t.Packets = append(g.t.Packets, p)
	}
	for len(queues) > 0 {
		if g.r.IntN(8) == 0 {
			put(g.noise())
		}
		i := g.r.IntN(len(queues))
		put(queues[i][0])
		if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
			queues = append(queues[:i], queues[i+1:]...)
		}
	}
}

func addr4(a, b, c, d byte) netip.Addr { return netip.AddrFrom4([4]byte{a, b, c, d}) }
