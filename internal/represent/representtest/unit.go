// Package representtest is the suite that every form of package represent passes: [Run].
package representtest

import (
	"math/rand/v2"
	"net/netip"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
)

// Ends are the values of header fields that masks hide: two units that differ in nothing
// else look the same under a mask that hides them.
type Ends struct {
	A, B         netip.Addr // A is the lower one
	PortA, PortB uint16
	Option       [4]byte // an address in an IPv4 option
	Sum          uint16  // every checksum
	MAC          byte    // of both
	Seq, Ack     uint32  // added to all numbers
	TS           uint32  // added to all timestamps
}

// Unit makes the packets of a unit at random: of TCP or UDP over IPv4 or IPv6, with options
// and trailers, snapped ones, ones without payload, and times that stand still, jump, or run
// backwards. The same seed and ends give the same packets.
func Unit(seed uint64, ends func(six bool) Ends) []testcap.Packet {
	r := rand.New(rand.NewPCG(seed, 1))
	six, udp := r.IntN(3) == 0, r.IntN(3) == 0
	e := ends(six)
	link := []uint16{testcap.Ethernet, testcap.Ethernet, testcap.Raw, testcap.LinuxSLL}[r.IntN(4)]
	n := 1 + r.IntN(14)
	if r.IntN(8) == 0 {
		n = 60 + r.IntN(20)
	}
	now := int64(1_600_000_000_000_000_000) + r.Int64N(1e9)
	var all []testcap.Packet
	for range n {
		now += []int64{0, 1, 999, 500, 1_000_000, 9_999_999, 10_000_000, 10_000_001, 400_000_000, -30_000_000, 20_000_000_000}[r.IntN(11)]
		all = append(all, packet(r, e, link, six, udp, now))
	}
	return all
}

func packet(r *rand.Rand, e Ends, link uint16, six, udp bool, now int64) testcap.Packet {
	src, dst, from, to := e.A, e.B, e.PortA, e.PortB
	if r.IntN(2) == 0 {
		src, dst, from, to = dst, src, to, from
	}
	payload := make([]byte, []int{0, 1, 2, 30, 300, 1400}[r.IntN(6)])
	for i := range payload {
		payload[i] = byte(r.Uint32())
	}
	var layers []testcap.Layer
	mac := [6]byte{2, e.MAC, e.MAC, e.MAC, e.MAC, e.MAC}
	switch link {
	case testcap.Ethernet:
		layers = append(layers, testcap.Eth{Dst: mac, Src: mac})
		if r.IntN(6) == 0 {
			layers = append(layers, testcap.VLAN{ID: 9})
		}
	case testcap.LinuxSLL:
		layers = append(layers, testcap.SLL{Addr: mac})
	}
	snapped := 0
	if r.IntN(6) == 0 {
		snapped = 1 + r.IntN(40)
	}
	var length *uint16
	if r.IntN(9) == 0 {
		length = testcap.U16(0)
	}
	if six {
		layers = append(layers, testcap.IPv6{Src: src, Dst: dst, FlowLabel: r.Uint32() & 0xfffff, HopLimit: uint8(1 + r.IntN(200)), Length: length})
		if r.IntN(5) == 0 {
			layers = append(layers, testcap.Ext{Kind: 60, Body: []byte{1, 2, 0, 0}})
		}
	} else {
		ip := testcap.IPv4{
			Src: src, Dst: dst, ID: uint16(r.Uint32()), TTL: uint8(1 + r.IntN(200)), DontFragment: r.IntN(2) == 0,
			Checksum: testcap.U16(e.Sum), Length: length,
		}
		if r.IntN(5) == 0 {
			ip.Options = append([]byte{7, 7, 4}, append(e.Option[:], 0)...)
		}
		layers = append(layers, ip)
	}
	if udp {
		layers = append(layers, testcap.UDP{SrcPort: from, DstPort: to, Checksum: testcap.U16(e.Sum)})
	} else {
		flags := []uint8{2, 0x12, 0x10, 0x18, 0x11, 4}[r.IntN(6)]
		seq, ack := r.Uint32()>>r.IntN(32)+e.Seq, e.Ack
		if r.IntN(4) > 0 {
			ack += r.Uint32()
		}
		tcp := testcap.TCP{
			SrcPort: from, DstPort: to, Seq: seq, Ack: ack, Flags: flags, Window: uint16(r.Uint32()),
			Checksum: testcap.U16(e.Sum),
		}
		add := func(option ...byte) {
			if len(tcp.Options)+len(option) <= 40 {
				tcp.Options = append(tcp.Options, option...)
			}
		}
		if r.IntN(3) == 0 {
			add(2, 4, 5, 0xb4)
		}
		if r.IntN(2) == 0 {
			add(1, 1)
			v := r.Uint32() + e.TS
			w := v + 1
			add(8, 10, byte(v>>24), byte(v>>16), byte(v>>8), byte(v), byte(w>>24), byte(w>>16), byte(w>>8), byte(w))
		}
		if r.IntN(4) == 0 {
			edge := ack + 1000
			add(1, 1)
			add(5, 10, byte(edge>>24), byte(edge>>16), byte(edge>>8), byte(edge), byte(edge>>24), byte(edge>>16), byte(edge>>8), byte(edge))
		}
		for len(tcp.Options)%4 != 0 {
			tcp.Options = append(tcp.Options, 0)
		}
		layers = append(layers, tcp)
	}
	layers = append(layers, testcap.Payload(payload))
	if link == testcap.Ethernet && snapped == 0 && length == nil && r.IntN(3) == 0 {
		layers = append(layers, testcap.Trailer(1+r.IntN(6)))
	}
	p := testcap.Packet{LinkType: link, Time: now, Data: testcap.Build(layers...)}
	if snapped = min(snapped, len(payload)); snapped > 0 {
		return p.Snap(len(p.Data) - snapped)
	}
	p.OrigLen = uint32(len(p.Data))
	return p
}

// Packets are what forms are given of a unit's packets, by a masker of the policy.
func Packets(unit []testcap.Packet, m *mask.Masker, lower netip.Addr) ([]represent.Packet, bool) {
	all := make([]represent.Packet, 0, len(unit))
	for _, p := range unit {
		var s header.Stack
		header.Decode(header.LinkType(p.LinkType), p.Data, p.OrigLen, &s)
		if s.Reason != header.OK {
			return nil, false
		}
		n, at := 4, s.Network+12
		if s.Version == 6 {
			n, at = 16, s.Network+8
		}
		src, _ := netip.AddrFromSlice(p.Data[at : at+n])
		l := s.Layout(p.Time, src == lower)
		all = append(all, represent.Packet{
			Layout: &l, Data: p.Data, Original: p.OrigLen, Link: header.LinkType(p.LinkType), Masker: m,
		})
	}
	return all, true
}
