// Package session says what the packets of one five-tuple add up to.
//
// A [FiveTuple] names a session: IP version, transport protocol, and the two (address,
// port) endpoints ordered as pairs, so that both directions have the same name and no two
// conversations share one. It is taken from the packet before anything is masked.
//
// A [Partial] is what any contiguous run of packets of a capture adds up to for one
// five-tuple: the number of the first kept packet, packets, bytes, the bounded prefix, and
// (where asked for) a fingerprint of all bytes. [Merge] joins two neighbouring runs. It is
// associative, and cutting the prefix early is safe: whatever a part drops, the whole would
// have dropped too. So it does not matter how a capture is cut into runs, or where the runs
// were added up.
//
// A [Session] is a five-tuple with its partial. [Session.AppendBinary] and [Decode] carry
// it from one process to another.
package session

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/pcapmill/pcapmill/header"
)

// FiveTuple names a session within one capture. It is comparable, without
// pointers, and holds original addresses: it must not reach any output.
type FiveTuple struct {
	addr    [2][16]byte // IPv4 in the first four bytes, the rest zero
	port    [2]uint16
	version uint8
	proto   uint8
}

// KeyOf takes the five-tuple of a decoded packet. s must come from
// header.Decode on the same data and have Reason header.OK.
func KeyOf(data []byte, s *header.Stack) FiveTuple {
	t := FiveTuple{version: s.Version, proto: s.Proto}
	if s.Version == 4 {
		copy(t.addr[0][:4], data[s.Network+12:])
		copy(t.addr[1][:4], data[s.Network+16:])
	} else {
		t.addr[0] = [16]byte(data[s.Network+8:])
		t.addr[1] = [16]byte(data[s.Network+24:])
	}
	t.port = [2]uint16{s.SrcPort, s.DstPort}
	t.order()
	return t
}

// NewFiveTuple is the five-tuple of packets between a and b, in either direction. proto is
// header.TCP or header.UDP; both addresses are of the same IP version.
func NewFiveTuple(proto uint8, a, b netip.AddrPort) FiveTuple {
	t := FiveTuple{version: 6, proto: proto, port: [2]uint16{a.Port(), b.Port()}}
	if a.Addr().Is4() && b.Addr().Is4() {
		t.version = 4
		x, y := a.Addr().As4(), b.Addr().As4()
		copy(t.addr[0][:], x[:])
		copy(t.addr[1][:], y[:])
	} else {
		t.addr = [2][16]byte{a.Addr().As16(), b.Addr().As16()}
	}
	t.order()
	return t
}

// order puts the lower endpoint first.
func (t *FiveTuple) order() {
	if t.swapped() {
		t.addr[0], t.addr[1] = t.addr[1], t.addr[0]
		t.port[0], t.port[1] = t.port[1], t.port[0]
	}
}

// swapped reports whether the endpoints stand in the wrong order.
func (t *FiveTuple) swapped() bool {
	for i := 0; i < 16; i += 8 {
		a, b := binary.BigEndian.Uint64(t.addr[0][i:]), binary.BigEndian.Uint64(t.addr[1][i:])
		if a != b {
			return a > b
		}
	}
	return t.port[0] > t.port[1]
}

// Version is the IP version, 4 or 6.
func (t FiveTuple) Version() int { return int(t.version) }

// Proto is the transport protocol, header.TCP or header.UDP.
func (t FiveTuple) Proto() uint8 { return t.proto }

// Endpoints are the two ends in their fixed order, the lower pair first.
func (t FiveTuple) Endpoints() (low, high netip.AddrPort) {
	return t.endpoint(0), t.endpoint(1)
}

func (t *FiveTuple) endpoint(i int) netip.AddrPort {
	if t.version == 4 {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(t.addr[i][:4])), t.port[i])
	}
	return netip.AddrPortFrom(netip.AddrFrom16(t.addr[i]), t.port[i])
}

// String is for people and tests: "TCP 10.0.0.1:80 10.0.0.2:5000".
func (t FiveTuple) String() string {
	name := "TCP"
	if t.proto == header.UDP {
		name = "UDP"
	}
	low, high := t.Endpoints()
	return fmt.Sprintf("%s %s %s", name, low, high)
}
