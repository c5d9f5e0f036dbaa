// Package header finds the headers of a packet: where the network header, the
// transport header and the payload start and where the packet ends, as offsets
// into the captured bytes.
//
// Decode copies nothing, allocates nothing and cannot fail: what it cannot
// finish, or what forms no session, gets a Reason and the offset at which it
// stopped. It never looks at port numbers to guess a protocol, and it takes
// tunnels (GRE, VXLAN, GTP-U, 6in4, ...) by their outer headers.
//
// Between link and network it passes over any number of VLAN tags (EtherTypes
// 8100, 88a8, 9100, 9200), a PPPoE session header (8864) and MPLS labels
// (8847, 8848). It understands these link types:
//
//	1             Ethernet II; 802.3 length and LLC are not-ip
//	12 14 101 228 229  raw IP, by its version nibble
//	0 108         BSD null and loop: family in either byte order
//	113 276       Linux cooked v1 and v2
//	9 50 51       PPP, PPP in HDLC framing, PPPoE
//	104           Cisco HDLC
//	105 127 192   802.11, radiotap, PPI: unprotected data frames with LLC/SNAP
//	239           NFLOG
//	242           IP over InfiniBand
//
// The packet ends at the IP total length (IPv6: 40 + payload length), or at the
// last captured byte if that comes first; what stands behind is link padding
// and takes part in nothing. A length field of zero (segmentation offload,
// jumbogram) means: to the last captured byte.
//
// Sources: RFC 791, RFC 8200, RFC 4302, RFC 9293, RFC 768, RFC 2516, RFC 1661,
// RFC 3032, IEEE 802.1Q, IEEE 802.11, the LINKTYPE_ registry, radiotap.org.
package header

import "github.com/pcapmill/pcapmill/capture"

// Protocol numbers of the transports that form sessions.
const (
	TCP = 6
	UDP = 17
)

// Stack is what Decode finds. Offsets are in bytes from the start of the
// captured bytes. When Reason is not OK, only Link, Reason and At are valid,
// and Network and Version where the network header was reached.
type Stack struct {
	Link       capture.LinkType
	Reason     Reason // OK: all the other fields are valid
	Version    uint8  // of IP: 4 or 6
	Proto      uint8  // TCP or UDP
	SrcPort    uint16
	DstPort    uint16
	Network    int // start of the IP header
	Transport  int // start of the TCP or UDP header
	Payload    int // first byte behind the transport header
	End        int // first byte behind the packet; Payload <= End <= captured
	PayloadLen int // payload by the length fields; above End-Payload in a snapped packet
	At         int // where decoding stopped when Reason is not OK
}

// Decode fills s from the captured bytes of a packet of link type lt.
func Decode(lt capture.LinkType, data []byte, s *Stack) {
	*s = Stack{Link: lt}
	switch lt {
	case capture.LinkTypeEthernet:
		if len(data) < 14 {
			s.stop(Malformed, 0)
			return
		}
		decodeEtherType(data, be16(data, 12), 14, s)
	case capture.LinkTypeRaw, capture.LinkTypeRaw12, capture.LinkTypeRaw14,
		capture.LinkTypeIPv4, capture.LinkTypeIPv6:
		decodeByNibble(data, 0, s)
	default:
		decodeLink(lt, data, s)
	}
}

func (s *Stack) stop(r Reason, at int) { s.Reason, s.At = r, at }

func be16(b []byte, i int) uint16 { return uint16(b[i])<<8 | uint16(b[i+1]) }

// decodeEtherType passes over tags to the network header. et says what stands
// at offset at.
func decodeEtherType(data []byte, et uint16, at int, s *Stack) {
	for {
		switch et {
		case 0x0800:
			decodeIPv4(data, at, s)
			return
		case 0x86dd:
			decodeIPv6(data, at, s)
			return
		case 0x8100, 0x88a8, 0x9100, 0x9200: // VLAN: tag, then the next EtherType
			if len(data) < at+4 {
				s.stop(Malformed, at)
				return
			}
			et = be16(data, at+2)
			at += 4
		case 0x8847, 0x8848:
			decodeMPLS(data, at, s)
			return
		case 0x8864:
			decodePPPoE(data, at, s)
			return
		default:
			s.stop(NotIP, at)
			return
		}
	}
}

// decodeMPLS passes over labels to the bottom of the stack (RFC 3032). What
// follows has no type field; IP is told by its version.
func decodeMPLS(data []byte, at int, s *Stack) {
	for {
		if len(data) < at+4 {
			s.stop(Malformed, at)
			return
		}
		bottom := data[at+2]&1 != 0
		at += 4
		if bottom {
			decodeByNibble(data, at, s)
			return
		}
	}
}

func decodeByNibble(data []byte, at int, s *Stack) {
	if len(data) <= at {
		s.stop(Malformed, at)
		return
	}
	switch data[at] >> 4 {
	case 4:
		decodeIPv4(data, at, s)
	case 6:
		decodeIPv6(data, at, s)
	default:
		s.stop(NotIP, at)
	}
}

// decodePPPoE passes over the session header of RFC 2516. Its own length field
// is not needed: the IP length ends the packet.
func decodePPPoE(data []byte, at int, s *Stack) {
	if len(data) < at+6 {
		s.stop(Malformed, at)
		return
	}
	decodePPP(data, at+6, s)
}

// decodePPP reads the protocol field of RFC 1661, one byte if compressed.
func decodePPP(data []byte, at int, s *Stack) {
	if len(data) <= at {
		s.stop(Malformed, at)
		return
	}
	protocol := uint16(data[at])
	start := at
	at++
	if protocol&1 == 0 {
		if len(data) <= at {
			s.stop(Malformed, start)
			return
		}
		protocol = protocol<<8 | uint16(data[at])
		at++
	}
	switch protocol {
	case 0x0021:
		decodeIPv4(data, at, s)
	case 0x0057:
		decodeIPv6(data, at, s)
	case 0x0281, 0x0283:
		decodeMPLS(data, at, s)
	default:
		s.stop(NotIP, start)
	}
}
