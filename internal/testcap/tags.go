package testcap

// Tags between Ethernet and IP, beside VLAN, PPPoE and MPLS.

// VNTag is the 6-byte VN-Tag (8926) with the type of what is inside.
type VNTag struct{ Type *uint16 }

func (t VNTag) build(c context, inner []byte) []byte {
	return join([]byte{0x00, 0x00, 0x00, 0x14}, be16(or(t.Type, etherType(c.next()))), inner)
}

// HSR is the 6-byte tag of high-availability seamless redundancy (892f).
type HSR struct {
	Length *uint16 // 12 bits; default: of what is inside, the tag included
	Type   *uint16
}

func (h HSR) build(c context, inner []byte) []byte {
	return join(be16(0x1000|or(h.Length, uint16(len(inner)+6))&0xfff, 1, or(h.Type, etherType(c.next()))), inner)
}

// CiscoMeta is the 8-byte Cisco metadata header (8909).
type CiscoMeta struct {
	Length *uint8 // default 1
	Type   *uint16
}

func (m CiscoMeta) build(c context, inner []byte) []byte {
	return join([]byte{1, or(m.Length, 1)}, be16(1, 2, or(m.Type, etherType(c.next()))), inner)
}

// BRTag is the 8-byte E-TAG of 802.1BR (893f).
type BRTag struct{ Type *uint16 }

func (t BRTag) build(c context, inner []byte) []byte {
	return join(be16(0, 5, 0, or(t.Type, etherType(c.next()))), inner)
}

// PBB is the I-TAG of 802.1ah (88e7) and the addresses and type of the inner frame.
type PBB struct {
	Dst, Src [6]byte
	Type     *uint16
}

func (p PBB) build(c context, inner []byte) []byte {
	return join([]byte{0, 0, 0x30, 0x39}, p.Dst[:], p.Src[:], be16(lengthOrType(p.Type, c.next(), inner)), inner)
}

// lengthOrType is the field that says what is inside an 802.3 frame: a type, or the length of an LLC packet.
func lengthOrType(override *uint16, next Layer, inner []byte) uint16 {
	if _, ok := next.(LLC); ok {
		return or(override, uint16(min(len(inner), 1500)))
	}
	return or(override, etherType(next))
}

func tagType(l Layer) (uint16, bool) {
	switch l.(type) {
	case VNTag:
		return 0x8926, true
	case HSR:
		return 0x892f, true
	case CiscoMeta:
		return 0x8909, true
	case BRTag:
		return 0x893f, true
	case PBB:
		return 0x88e7, true
	}
	return 0, false
}
