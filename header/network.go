package header

// decodeIPv4 reads an IPv4 header at offset at (RFC 791).
func decodeIPv4(data []byte, at int, s *Stack) {
	s.Network, s.Version = at, 4
	if len(data) < at+20 {
		s.stop(Malformed, at)
		return
	}
	b := data[at:]
	headerLen := int(b[0]&0xf) * 4
	total := int(be16(b, 2))
	if b[0]>>4 != 4 || headerLen < 20 || headerLen > len(b) || total != 0 && total < headerLen {
		s.stop(Malformed, at)
		return
	}
	if be16(b, 6)&0x1fff != 0 {
		s.stop(Fragment, at)
		return
	}
	end, there := at+total, min(at+total, len(data))
	if total == 0 {
		end, there = max(int(s.wire), len(data)), len(data)
	}
	decodeTransport(data, b[9], at+headerLen, end, there, s)
}

// Numbers of the IPv6 extension headers that Decode passes over.
const (
	ExtHopByHop       = 0
	ExtRouting        = 43
	ExtFragment       = 44
	ExtAuthentication = 51
	ExtDestination    = 60
)

// decodeIPv6 reads an IPv6 header at offset at and walks its extension headers
// (RFC 8200, RFC 4302).
func decodeIPv6(data []byte, at int, s *Stack) {
	s.Network, s.Version = at, 6
	s.flags |= version6
	if len(data) < at+40 || data[at]>>4 != 6 {
		s.stop(Malformed, at)
		return
	}
	end, there := max(int(s.wire), len(data)), len(data)
	if n := int(be16(data, at+4)); n != 0 {
		end = at + 40 + n
		there = min(end, there)
	}
	next := data[at+6]
	at += 40
	for {
		var length int
		switch next {
		case ExtHopByHop, ExtRouting, ExtDestination, ExtFragment, ExtAuthentication:
			if at+8 > there {
				s.stop(Malformed, at)
				return
			}
		default:
			decodeTransport(data, next, at, end, there, s)
			return
		}
		switch next {
		case ExtFragment:
			if be16(data, at+2)&0xfff8 != 0 {
				s.stop(Fragment, at)
				return
			}
			length = 8
		case ExtAuthentication:
			length = (int(data[at+1]) + 2) * 4
		default:
			length = (int(data[at+1]) + 1) * 8
		}
		if at+length > there {
			s.stop(Malformed, at)
			return
		}
		next = data[at]
		at += length
	}
}

// decodeTransport reads the TCP or UDP header at offset at (RFC 9293, RFC 768).
// end is where the packet ends on the wire, there is where it ends in data.
func decodeTransport(data []byte, proto uint8, at, end, there int, s *Stack) {
	var headerLen int
	switch proto {
	case TCP:
		if at+20 > there {
			s.stop(Malformed, at)
			return
		}
		headerLen = int(data[at+12]>>4) * 4
		if headerLen < 20 || at+headerLen > there {
			s.stop(Malformed, at)
			return
		}
	case UDP:
		headerLen = 8
		s.flags |= udp
		if at+headerLen > there {
			s.stop(Malformed, at)
			return
		}
	default:
		s.stop(NotTCPUDP, at)
		return
	}
	s.Proto = proto
	s.SrcPort, s.DstPort = be16(data, at), be16(data, at+2)
	s.Transport, s.Payload, s.End = at, at+headerLen, there
	s.PayloadLen = end - s.Payload
}
