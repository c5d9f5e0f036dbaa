package sessions

import (
	"encoding/binary"
	"net/netip"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/session"
)

// Inside of tables a five-tuple is two words for IPv4 and a six for IPv6: what a packet
// costs least to compare. They become a session.FiveTuple where a session leaves the table.

// pack4 packs the five-tuple of an IPv4 packet into two words, and tells whether the
// packet comes from the lower endpoint.
func pack4(data []byte, s *header.Stack) (hi, lo uint64, fromLow bool) {
	addrs := binary.BigEndian.Uint64(data[s.Network+12:])
	a := addrs>>32<<16 | uint64(s.SrcPort)
	b := addrs&0xffffffff<<16 | uint64(s.DstPort)
	fromLow = a <= b
	a, b = min(a, b), max(a, b)
	return a>>16<<32 | b>>16, a&0xffff<<32 | b&0xffff<<16 | uint64(s.Proto), fromLow
}

// packKey packs an IPv4 key in the same way.
func packKey(key session.FiveTuple) (hi, lo uint64) {
	low, high := key.Endpoints()
	a, b := low.Addr().As4(), high.Addr().As4()
	return uint64(binary.BigEndian.Uint32(a[:]))<<32 | uint64(binary.BigEndian.Uint32(b[:])),
		uint64(low.Port())<<32 | uint64(high.Port())<<16 | uint64(key.Proto())
}

func unpack4(hi, lo uint64) session.FiveTuple {
	var a, b [4]byte
	binary.BigEndian.PutUint32(a[:], uint32(hi>>32))
	binary.BigEndian.PutUint32(b[:], uint32(hi))
	return session.NewFiveTuple(uint8(lo), netip.AddrPortFrom(netip.AddrFrom4(a), uint16(lo>>32)), netip.AddrPortFrom(netip.AddrFrom4(b), uint16(lo>>16)))
}

// six is an IPv6 five-tuple, the lower endpoint first.
type six struct {
	addr  [2][16]byte
	port  [2]uint16
	proto uint8
}

// sixOf takes the five-tuple of an IPv6 packet, and tells whether the packet comes from
// the lower endpoint.
func sixOf(data []byte, s *header.Stack) (t six, fromLow bool) {
	t = six{
		addr: [2][16]byte{[16]byte(data[s.Network+8:]), [16]byte(data[s.Network+24:])},
		port: [2]uint16{s.SrcPort, s.DstPort}, proto: s.Proto,
	}
	if fromLow = t.inOrder(); !fromLow {
		t.addr[0], t.addr[1] = t.addr[1], t.addr[0]
		t.port[0], t.port[1] = t.port[1], t.port[0]
	}
	return t, fromLow
}

func (t *six) inOrder() bool {
	for i := 0; i < 16; i += 8 {
		a, b := binary.BigEndian.Uint64(t.addr[0][i:]), binary.BigEndian.Uint64(t.addr[1][i:])
		if a != b {
			return a < b
		}
	}
	return t.port[0] <= t.port[1]
}

func sixFrom(key session.FiveTuple) six {
	low, high := key.Endpoints()
	return six{
		addr: [2][16]byte{low.Addr().As16(), high.Addr().As16()},
		port: [2]uint16{low.Port(), high.Port()}, proto: key.Proto(),
	}
}

func (t *six) key() session.FiveTuple {
	return session.NewFiveTuple(t.proto, netip.AddrPortFrom(netip.AddrFrom16(t.addr[0]), t.port[0]), netip.AddrPortFrom(netip.AddrFrom16(t.addr[1]), t.port[1]))
}
