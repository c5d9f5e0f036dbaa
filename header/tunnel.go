package header

// Ports of the tunnels that Tunnel knows.
const (
	portVXLAN    = 4789
	portVXLANOld = 8472 // Linux, before the number was assigned
	portGeneve   = 6081
	portGTPU     = 2152
)

// Tunnel finds the packet inside the UDP payload of a tunnel: what it begins with
// and where, in data, which are the captured bytes that s was decoded from. VXLAN
// (RFC 7348) and Geneve (RFC 8926) are told by the destination port, GTP-U (3GPP TS
// 29.281) by either. ok is false for other packets. Such headers are content: no
// mask acts on them, and sessions go by the outer ones.
func (s *Stack) Tunnel(data []byte) (inner LinkType, at int, ok bool) {
	if s.Proto != UDP || s.DstPort != portVXLAN && s.DstPort != portVXLANOld && s.DstPort != portGeneve && s.DstPort != portGTPU && s.SrcPort != portGTPU {
		return 0, 0, false // few packets are looked at
	}
	return s.tunnel(data)
}

func (s *Stack) tunnel(data []byte) (inner LinkType, at int, ok bool) {
	switch payload := data[s.Payload:s.End]; {
	case s.DstPort == portVXLAN || s.DstPort == portVXLANOld:
		inner, at = vxlan(payload)
	case s.DstPort == portGeneve:
		inner, at = geneve(payload)
	case s.DstPort == portGTPU || s.SrcPort == portGTPU:
		inner, at = gtpu(payload)
	}
	return inner, s.Payload + at, at != 0
}

// vxlan needs the flag for a valid network identifier.
func vxlan(b []byte) (LinkType, int) {
	if len(b) <= 8 || b[0]&0x08 == 0 {
		return 0, 0
	}
	return LinkTypeEthernet, 8
}

// geneve passes over the options, which are counted in four bytes.
func geneve(b []byte) (LinkType, int) {
	if len(b) < 8 || b[0]>>6 != 0 {
		return 0, 0
	}
	at := 8 + 4*int(b[0]&0x3f)
	if len(b) <= at {
		return 0, 0
	}
	switch be16(b, 2) {
	case 0x6558:
		return LinkTypeEthernet, at
	case 0x0800, 0x86dd:
		return LinkTypeRaw, at
	}
	return 0, 0
}

// gtpu passes over the optional fields and extension headers of a message that
// carries a packet (G-PDU, version 1).
func gtpu(b []byte) (LinkType, int) {
	const options, extended = 0x07, 0x04
	if len(b) < 8 || b[0]>>4 != 3 || b[1] != 255 {
		return 0, 0
	}
	at := 8
	if b[0]&options != 0 {
		at += 4
	}
	if b[0]&extended != 0 {
		for at <= len(b) && b[at-1] != 0 { // the type of the header that begins at offset at
			if at == len(b) || b[at] == 0 {
				return 0, 0
			}
			at += 4 * int(b[at])
		}
	}
	if len(b) <= at {
		return 0, 0
	}
	return LinkTypeRaw, at
}
