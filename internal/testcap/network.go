package testcap

import "net/netip"

// VLAN is a 4-byte 802.1Q tag.
type VLAN struct {
	TPID uint16 // the type that announces this tag; 0 means 8100. Others: 88a8, 9100, 9200
	ID   uint16
	Type *uint16 // default: from the layer inside
}

func (v VLAN) build(c context, inner []byte) []byte {
	return join(be16(v.ID, lengthOrType(v.Type, c.next(), inner)), inner)
}

// PPPoE is the 6-byte PPPoE session header and the PPP protocol field behind it.
type PPPoE struct {
	Code    uint8 // 0 is session data
	Session uint16
	Short   bool // one-byte protocol
	Proto   *uint16
	Length  *uint16
}

func (p PPPoE) build(c context, inner []byte) []byte {
	proto := pppField(or(p.Proto, pppProto(c.next())), p.Short)
	n := or(p.Length, uint16(len(proto)+len(inner)))
	return join([]byte{0x11, p.Code}, be16(p.Session, n), proto, inner)
}

// MPLS is one 4-byte label; its bottom-of-stack bit is set unless the layer inside is MPLS too.
type MPLS struct {
	Label    uint32 // 20 bits
	NoBottom bool   // leave the bit clear on the last label
}

func (m MPLS) build(c context, inner []byte) []byte {
	v := m.Label<<12 | 64
	if _, more := c.next().(MPLS); !more && !m.NoBottom {
		v |= 1 << 8
	}
	return join(be.AppendUint32(nil, v), inner)
}

// ARP is an ARP request for IPv4 over Ethernet.
type ARP struct {
	SrcMAC [6]byte
	Src    netip.Addr // IPv4
	Dst    netip.Addr // IPv4
}

func (a ARP) build(_ context, inner []byte) []byte {
	src, dst := a.Src.As4(), a.Dst.As4()
	return join(be16(1, 0x0800), []byte{6, 4, 0, 1}, a.SrcMAC[:], src[:], make([]byte, 6), dst[:], inner)
}

// IPv4 is an IPv4 header (RFC 791).
type IPv4 struct {
	Src, Dst      netip.Addr // both IPv4; the zero Addr is written as 0.0.0.0
	ID            uint16
	MoreFragments bool
	DontFragment  bool
	FragOffset    uint16 // in units of 8 bytes
	Options       []byte // length a multiple of 4, at most 40
	TTL           uint8  // 0 means 64
	Version       *uint8 // default 4
	IHL           *uint8 // default from Options
	Proto         *uint8 // default: from the layer inside; give it for a non-first fragment
	Length        *uint16
	Checksum      *uint16
}

func (p IPv4) build(c context, inner []byte) []byte {
	b := make([]byte, 20+len(p.Options))
	b[0] = or(p.Version, 4)<<4 | or(p.IHL, uint8(len(b)/4))&0x0f
	be.PutUint16(b[2:], or(p.Length, uint16(len(b)+len(inner))))
	be.PutUint16(b[4:], p.ID)
	flags := p.FragOffset & 0x1fff
	if p.MoreFragments {
		flags |= 0x2000
	}
	if p.DontFragment {
		flags |= 0x4000
	}
	be.PutUint16(b[6:], flags)
	b[8] = p.TTL
	if b[8] == 0 {
		b[8] = 64
	}
	b[9] = or(p.Proto, ipProto(c.next(), false))
	copy(b[12:], bytesOf(p.Src, 4))
	copy(b[16:], bytesOf(p.Dst, 4))
	copy(b[20:], p.Options)
	be.PutUint16(b[10:], or(p.Checksum, checksum(b)))
	return join(b, inner)
}

// IPv6 is the fixed IPv6 header (RFC 8200); extension headers are layers of their own.
type IPv6 struct {
	Src, Dst   netip.Addr // both IPv6; the zero Addr is written as ::
	HopLimit   uint8      // 0 means 64
	FlowLabel  uint32     // 20 bits
	Version    *uint8     // default 6
	NextHeader *uint8     // default: from the layer inside
	Length     *uint16
}

func (p IPv6) build(c context, inner []byte) []byte {
	b := be.AppendUint32(nil, uint32(or(p.Version, 6))<<28|p.FlowLabel&0xfffff)
	b = be.AppendUint16(b, or(p.Length, uint16(len(inner))))
	hop := p.HopLimit
	if hop == 0 {
		hop = 64
	}
	b = append(b, or(p.NextHeader, ipProto(c.next(), true)), hop)
	return join(b, bytesOf(p.Src, 16), bytesOf(p.Dst, 16), inner)
}

// Ext is an IPv6 extension header of the general form: hop-by-hop (0), routing (43), destination (60), authentication (51).
// Its body is padded to the unit that its kind is counted in.
type Ext struct {
	Kind       uint8
	Body       []byte // behind the next-header and length bytes; cut or padded with zeros to a whole number of units
	NextHeader *uint8
	Length     *uint8 // the length byte; default: what fits
}

func (e Ext) build(c context, inner []byte) []byte {
	b := join([]byte{or(e.NextHeader, ipProto(c.next(), true)), 0}, e.Body)
	unit, least := 8, 8
	if e.Kind == 51 {
		unit, least = 4, 12
	}
	for len(b) < least || len(b)%unit != 0 {
		b = append(b, 0)
	}
	n := len(b)/8 - 1
	if e.Kind == 51 {
		n = len(b)/4 - 2
	}
	b[1] = or(e.Length, uint8(n))
	return join(b, inner)
}

// Frag6 is the IPv6 fragment header.
type Frag6 struct {
	Offset     uint16 // in units of 8 bytes
	More       bool
	ID         uint32
	NextHeader *uint8
}

func (f Frag6) build(c context, inner []byte) []byte {
	v := f.Offset << 3
	if f.More {
		v |= 1
	}
	b := join([]byte{or(f.NextHeader, ipProto(c.next(), true)), 0}, be16(v))
	return join(be.AppendUint32(b, f.ID), inner)
}

func ipProto(l Layer, v6 bool) uint8 {
	switch l := l.(type) {
	case TCP:
		return 6
	case UDP:
		return 17
	case ICMP:
		if v6 {
			return 58
		}
		return 1
	case Ext:
		return l.Kind
	case Frag6:
		return 44
	case IPv4:
		return 4
	case IPv6:
		return 41
	case nil:
		if v6 {
			return 59
		}
	}
	return unknownProto
}

func bytesOf(a netip.Addr, n int) []byte {
	if !a.IsValid() {
		return make([]byte, n)
	}
	return a.AsSlice()
}
