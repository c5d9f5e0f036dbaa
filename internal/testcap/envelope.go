package testcap

import "encoding/binary"

// Prefix is bytes in front of a link header that no reader looks at: a direction, a switch's tag, a preamble.
type Prefix []byte

func (p Prefix) build(_ context, inner []byte) []byte { return join(p, inner) }

// FDDIHeader is the 13-byte FDDI header of link type 10. LLC belongs inside it.
type FDDIHeader struct {
	Dst, Src [6]byte
	Control  *uint8 // default 0x50: asynchronous LLC frame
}

func (f FDDIHeader) build(_ context, inner []byte) []byte {
	return join([]byte{or(f.Control, 0x50)}, f.Dst[:], f.Src[:], inner)
}

// FrameRelayHeader is the header of link type 107: an address of two to four bytes, control, NLPID or SNAP; or an EtherType.
type FrameRelayHeader struct {
	Address int     // bytes, 0 means 2
	Pad     bool    // a zero byte in front of the NLPID
	SNAP    bool    // NLPID 80 with organisation 000000 and an EtherType, even where there is a shorter way
	Cisco   bool    // an EtherType in place of control and NLPID
	Type    *uint16 // of SNAP and Cisco; default: from the layer inside
	NLPID   *uint8
}

func (f FrameRelayHeader) build(c context, inner []byte) []byte {
	b := []byte{0x18, 0x40, 0x02, 0x04}[:max(f.Address, 2)]
	b = append([]byte{}, b...)
	b[len(b)-1] |= 1
	if f.Cisco {
		return join(b, be16(or(f.Type, etherType(c.next()))), inner)
	}
	b = append(b, 3)
	if f.Pad {
		b = append(b, 0)
	}
	switch next := c.next().(type) {
	case IPv4:
		if !f.SNAP {
			return join(b, []byte{or(f.NLPID, 0xcc)}, inner)
		}
	case IPv6:
		if !f.SNAP {
			return join(b, []byte{or(f.NLPID, 0x8e)}, inner)
		}
	case PPPHeader:
		return join(b, []byte{or(f.NLPID, 0xcf)}, inner)
	case Eth: // bridged, without check sequence
		return join(b, []byte{or(f.NLPID, 0x80), 0, 0x80, 0xc2, 0, 7}, inner)
	default:
		_ = next
	}
	return join(b, []byte{or(f.NLPID, 0x80), 0, 0, 0}, be16(or(f.Type, etherType(c.next()))), inner)
}

// ENCHeader is the 12-byte header of OpenBSD's enc interface, link type 109.
type ENCHeader struct {
	BigEndian bool
	Family    *uint32 // default: 2 or 24 from the layer inside
}

func (e ENCHeader) build(c context, inner []byte) []byte {
	f := or(e.Family, family(c.next(), 24))
	if e.BigEndian {
		return join(be.AppendUint32(nil, f), make([]byte, 8), inner)
	}
	return join(binary.LittleEndian.AppendUint32(nil, f), make([]byte, 8), inner)
}

// PFLOGHeader is the header of a pf log, link type 117.
type PFLOGHeader struct {
	Length int    // without padding; 0 means 61
	Family *uint8 // default: 2 or 24 from the layer inside
	Src    []byte // with Length 100: the addresses from before a translation, 4 or 16 bytes
	Dst    []byte
	Says   *uint8 // the length that the header says
}

func (p PFLOGHeader) build(c context, inner []byte) []byte {
	n := p.Length
	if n == 0 {
		n = 61
	}
	b := make([]byte, (n+3)/4*4)
	b[0], b[1] = or(p.Says, uint8(n)), or(p.Family, uint8(family(c.next(), 24)))
	copy(b[4:], "em0")
	if n >= 100 {
		copy(b[64:], p.Src)
		copy(b[80:], p.Dst)
	}
	return join(b, inner)
}

// PrismHeader is the header of link type 119 in front of an 802.11 frame: 144 bytes, or AVS of 64.
type PrismHeader struct {
	AVS    bool
	Length *uint32 // of AVS
}

func (p PrismHeader) build(_ context, inner []byte) []byte {
	b := be16(0, 0x44, 0, 144)
	if p.AVS {
		return join(be.AppendUint32(be.AppendUint32(nil, 0x80211001), or(p.Length, 64)), make([]byte, 56), inner)
	}
	return join(b, make([]byte, 136), inner)
}

// ARCNETHeader is the header of link type 129.
type ARCNETHeader struct {
	Old      bool   // RFC 1051: no flag and sequence number; IPv4 only
	Flag     uint8  // of a fragment
	Protocol *uint8 // default: from the layer inside
}

func (a ARCNETHeader) build(c context, inner []byte) []byte {
	protocol := uint8(0xd5) // ARP
	switch c.next().(type) {
	case IPv4:
		protocol = 0xd4
	case IPv6:
		protocol = 0xc4
	}
	if _, v4 := c.next().(IPv4); v4 && a.Old {
		return join([]byte{1, 2, 0, 0, or(a.Protocol, 0xf0)}, inner)
	}
	return join([]byte{1, 2, 0, 0, or(a.Protocol, protocol), a.Flag, 0, 9}, inner)
}

// ERFHeader is the header of link type 197: 16 bytes, extension headers, and for Ethernet two bytes more.
type ERFHeader struct {
	Type       uint8 // 0 means 2, Ethernet
	Extensions int
}

func (e ERFHeader) build(_ context, inner []byte) []byte {
	kind := e.Type
	if kind == 0 {
		kind = 2
	}
	b := make([]byte, 8, 64)
	first := kind
	if e.Extensions > 0 {
		first |= 0x80
	}
	b = append(b, first, 4)
	b = append(b, be16(uint16(len(inner)+18), 0, uint16(len(inner)))...)
	for i := range e.Extensions {
		x := [8]byte{4, 1, 1, 1, 1, 1, 1, 1}
		if i+1 < e.Extensions {
			x[0] |= 0x80
		}
		b = append(b, x[:]...)
	}
	switch kind {
	case 2, 11, 16, 20:
		b = append(b, 0, 0)
	}
	return join(b, inner)
}

// PKTAPHeader is the header of link type 258 around a packet of another link type.
type PKTAPHeader struct {
	DLT    uint32
	Record *uint32 // default 1, a packet
	Length *uint32 // default 108
	Longer int     // bytes behind the 108
}

func (p PKTAPHeader) build(_ context, inner []byte) []byte {
	b := make([]byte, 108+p.Longer)
	binary.LittleEndian.PutUint32(b, or(p.Length, uint32(len(b))))
	binary.LittleEndian.PutUint32(b[4:], or(p.Record, 1))
	binary.LittleEndian.PutUint32(b[8:], p.DLT)
	copy(b[12:], "en0")
	return join(b, inner)
}

// SwitchTag is an Ethernet header with the tag of a switch's port in it: link types 281 and 284, and, Extended, 285.
type SwitchTag struct {
	Dst, Src [6]byte
	Extended bool
	Type     *uint16
}

func (s SwitchTag) build(c context, inner []byte) []byte {
	tag := []byte{0x20, 0, 0, 2}
	if s.Extended {
		tag = join([]byte{0xda, 0xda, 0, 0}, tag)
	}
	return join(s.Dst[:], s.Src[:], tag, be16(or(s.Type, etherType(c.next()))), inner)
}
