package testcap

import "encoding/binary"

// Numbers that one layer gives another. An innermost layer that is not known gets a number that no reader knows.
const (
	unknownEtherType = 0x88b5 // IEEE 802 local experimental
	unknownPPP       = 0xc021 // LCP
	unknownProto     = 253    // RFC 3692 experimental
)

func etherType(l Layer) uint16 {
	switch l := l.(type) {
	case IPv4:
		return 0x0800
	case IPv6:
		return 0x86dd
	case ARP:
		return 0x0806
	case VLAN:
		if l.TPID != 0 {
			return l.TPID
		}
		return 0x8100
	case PPPoE:
		return 0x8864
	case MPLS:
		return 0x8847
	}
	if t, ok := tagType(l); ok {
		return t
	}
	return unknownEtherType
}

func pppProto(l Layer) uint16 {
	switch l.(type) {
	case IPv4:
		return 0x0021
	case IPv6:
		return 0x0057
	case MPLS:
		return 0x0281
	}
	return unknownPPP
}

func family(l Layer, v6 uint32) uint32 {
	switch l.(type) {
	case IPv4:
		return 2
	case IPv6:
		return v6
	}
	return 7 // AF_NS
}

// Eth is the 14-byte Ethernet header.
type Eth struct {
	Dst, Src [6]byte
	Type     *uint16 // default: from the layer inside
}

func (e Eth) build(c context, inner []byte) []byte {
	return join(e.Dst[:], e.Src[:], be16(lengthOrType(e.Type, c.next(), inner)), inner)
}

// LLC is an 802.3 frame's 802.2 header, three bytes (or eight with SNAP). It belongs inside an Eth whose Type is a length.
type LLC struct {
	SNAP bool
	Type *uint16 // of SNAP; default: from the layer inside
}

func (l LLC) build(c context, inner []byte) []byte {
	if !l.SNAP {
		return join([]byte{0x42, 0x42, 0x03}, inner)
	}
	return join([]byte{0xaa, 0xaa, 0x03, 0, 0, 0}, be16(or(l.Type, etherType(c.next()))), inner)
}

// NullHeader is the BSD loopback header: a 4-byte address family in host byte order (link type 0) or network byte order (108).
type NullHeader struct {
	BigEndian bool
	Family    *uint32 // default: 2 for IPv4, V6Family for IPv6
	V6Family  uint32  // 0 means 30 (macOS); BSD has 24 and 28, Linux 10, Windows 23
}

func (n NullHeader) build(c context, inner []byte) []byte {
	v6 := n.V6Family
	if v6 == 0 {
		v6 = 30
	}
	b := make([]byte, 4)
	f := or(n.Family, family(c.next(), v6))
	if n.BigEndian {
		be.PutUint32(b, f)
	} else {
		binary.LittleEndian.PutUint32(b, f)
	}
	return join(b, inner)
}

// SLL is the 16-byte Linux cooked header version 1.
type SLL struct {
	Addr [6]byte
	Type *uint16 // default: from the layer inside
}

func (s SLL) build(c context, inner []byte) []byte {
	return join(be16(4, 1, 6), s.Addr[:], be16(0, or(s.Type, etherType(c.next()))), inner)
}

// SLL2 is the 20-byte Linux cooked header version 2.
type SLL2 struct {
	Addr [6]byte
	Type *uint16 // default: from the layer inside
}

func (s SLL2) build(c context, inner []byte) []byte {
	return join(be16(or(s.Type, etherType(c.next())), 0, 0, 3, 1), []byte{4, 6}, s.Addr[:], []byte{0, 0}, inner)
}

// PPPHeader is the PPP header of link types 9 and 50.
type PPPHeader struct {
	NoAddress bool    // leave out the address and control bytes ff 03
	Short     bool    // protocol in one byte where its number allows that
	Proto     *uint16 // default: from the layer inside
}

func (p PPPHeader) build(c context, inner []byte) []byte {
	var b []byte
	if !p.NoAddress {
		b = []byte{0xff, 0x03}
	}
	return join(b, pppField(or(p.Proto, pppProto(c.next())), p.Short), inner)
}

func pppField(proto uint16, short bool) []byte {
	if short && proto < 0x100 && proto&1 == 1 {
		return []byte{byte(proto)}
	}
	return be16(proto)
}

// CiscoHDLC is the 4-byte Cisco HDLC header of link type 104, also seen in link type 50.
type CiscoHDLC struct {
	Address byte    // 0 means 0x0f (unicast); 0x8f is multicast
	Type    *uint16 // default: from the layer inside
}

func (h CiscoHDLC) build(c context, inner []byte) []byte {
	a := h.Address
	if a == 0 {
		a = 0x0f
	}
	return join([]byte{a, 0}, be16(or(h.Type, etherType(c.next()))), inner)
}

// IPoIBHeader is the 40-byte pseudo header and 4-byte header of IP over InfiniBand (link type 242).
type IPoIBHeader struct {
	Type *uint16 // default: from the layer inside
}

func (h IPoIBHeader) build(c context, inner []byte) []byte {
	b := make([]byte, 40)
	for i := range b {
		b[i] = byte(0x11 * (i % 16))
	}
	return join(b, be16(or(h.Type, etherType(c.next())), 0), inner)
}

// NFLOGHeader is the Linux netfilter log header: family, version, resource, then TLVs of which the last holds the packet.
type NFLOGHeader struct {
	BigEndian bool   // TLV byte order; the capturing host's
	Family    *uint8 // default: 2 or 10 from the layer inside
	NoPayload bool   // leave the packet's TLV out
}

func (n NFLOGHeader) build(c context, inner []byte) []byte {
	b := []byte{or(n.Family, uint8(family(c.next(), 10))), 0, 0, 5}
	b = append(b, n.tlv(1, []byte{8, 0, 1, 0})...) // packet header: protocol, hook
	b = append(b, n.tlv(10, []byte("log\x00\x00"))...)
	if !n.NoPayload {
		b = append(b, n.tlv(9, inner)...)
	}
	return b
}

func (n NFLOGHeader) tlv(kind uint16, value []byte) []byte {
	var order binary.AppendByteOrder = binary.LittleEndian
	if n.BigEndian {
		order = binary.BigEndian
	}
	b := order.AppendUint16(nil, uint16(4+len(value)))
	b = append(order.AppendUint16(b, kind), value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
