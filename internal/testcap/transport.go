package testcap

// TCP is a TCP header (RFC 9293).
type TCP struct {
	SrcPort, DstPort uint16
	Seq, Ack         uint32
	Flags            uint8 // 0 means ACK|PSH; bits as in the header, FIN is 1
	Window           uint16
	Options          []byte // length a multiple of 4, at most 40
	DataOffset       *uint8 // in words; default from Options
	Checksum         *uint16
}

func (t TCP) build(c context, inner []byte) []byte {
	b := make([]byte, 20+len(t.Options))
	be.PutUint16(b[0:], t.SrcPort)
	be.PutUint16(b[2:], t.DstPort)
	be.PutUint32(b[4:], t.Seq)
	be.PutUint32(b[8:], t.Ack)
	b[12] = or(t.DataOffset, uint8(len(b)/4)) << 4
	b[13] = t.Flags
	if t.Flags == 0 {
		b[13] = 0x18
	}
	be.PutUint16(b[14:], t.Window)
	copy(b[20:], t.Options)
	out := join(b, inner)
	be.PutUint16(out[16:], or(t.Checksum, pseudoChecksum(c.ip(), 6, out)))
	return out
}

// UDP is a UDP header (RFC 768).
type UDP struct {
	SrcPort, DstPort uint16
	Length           *uint16
	Checksum         *uint16
}

func (u UDP) build(c context, inner []byte) []byte {
	b := join(be16(u.SrcPort, u.DstPort, or(u.Length, uint16(8+len(inner))), 0), inner)
	sum := pseudoChecksum(c.ip(), 17, b)
	if sum == 0 {
		sum = 0xffff // RFC 768: zero on the wire means none
	}
	be.PutUint16(b[6:], or(u.Checksum, sum))
	return b
}

// ICMP is an echo request (ICMPv6 inside IPv6).
type ICMP struct {
	ID, Seq uint16
}

func (i ICMP) build(c context, inner []byte) []byte {
	if _, v6 := c.ip().(IPv6); v6 {
		b := join([]byte{128, 0, 0, 0}, be16(i.ID, i.Seq), inner)
		be.PutUint16(b[2:], pseudoChecksum(c.ip(), 58, b))
		return b
	}
	b := join([]byte{8, 0, 0, 0}, be16(i.ID, i.Seq), inner)
	be.PutUint16(b[2:], checksum(b))
	return b
}

// checksum is the ones' complement sum of RFC 1071.
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for i := 0; i < len(b); i += 2 {
		sum += uint32(b[i]) << 8
		if i+1 < len(b) {
			sum += uint32(b[i+1])
		}
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// pseudoChecksum sums the pseudo header of the IP layer and the segment, whose own checksum field must still be zero.
func pseudoChecksum(ip Layer, proto uint8, segment []byte) uint16 {
	var pseudo []byte
	switch ip := ip.(type) {
	case IPv4:
		pseudo = join(bytesOf(ip.Src, 4), bytesOf(ip.Dst, 4), []byte{0, proto}, be16(uint16(len(segment))))
	case IPv6:
		n := be.AppendUint32(nil, uint32(len(segment)))
		pseudo = join(bytesOf(ip.Src, 16), bytesOf(ip.Dst, 16), n, []byte{0, 0, 0, proto})
	}
	return checksum(join(pseudo, segment))
}
