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
// 8100, 88a8, 9100, 9200), VN-Tag (8926), Cisco metadata (8909), HSR (892f),
// 802.1BR (893f), PBB with its inner frame (88e7), LLC/SNAP with organisation
// 000000, a PPPoE session header (8864) and MPLS labels (8847, 8848). It
// understands these link types; linktype.go has the table:
//
//	1                  Ethernet II and 802.3
//	12 14 101 228 229  raw IP, by its version nibble
//	0 108              BSD null and loop: family in either byte order
//	113 276            Linux cooked v1 and v2
//	9 50 51 166 204    PPP, PPP in HDLC framing, PPPoE, PPP with direction
//	104 205            Cisco HDLC
//	107 206            Frame Relay
//	105 127 119 163    Wi-Fi, radiotap, Prism, AVS: unprotected data frames with LLC/SNAP
//	192 197 258        PPI, ERF, PKTAP: headers around a packet of another link type
//	109 117 239        OpenBSD enc and pflog, NFLOG
//	8 10 129 219       SLIP, FDDI, ARCNET of Linux, MPLS
//	11 100             ATM RFC 1483 with LLC
//	240 241            netANALYZER
//	242                IP over InfiniBand
//	281 282 284 285    Ethernet with a switch's tag: Broadcom, Marvell
//
// The packet ends at the IP total length (IPv6: 40 + payload length), or at the
// last captured byte if that comes first; what stands behind is link padding
// and takes part in nothing. A length field of zero (segmentation offload,
// jumbogram) means: to the last captured byte; where a length is judged and no
// byte taken, to the original length.
//
// A Stack is for whoever decodes: reasons, ports, keys. What travels on with a
// packet is a Layout, which only a packet of Reason OK has.
//
// Sources: RFC 791, RFC 8200, RFC 4302, RFC 9293, RFC 768, RFC 2516, RFC 1661,
// RFC 3032, RFC 2427, IEEE 802.1Q, 802.1ad, 802.1ah, 802.1BR, 802.2, 802.11, IEC
// 62439-3, the LINKTYPE_ registry, radiotap.org; for what has no standard,
// tcpdump's and Wireshark's readers.
package header

// Protocol numbers of the transports that form sessions.
const (
	TCP = 6
	UDP = 17
)

// Stack is what Decode finds. Offsets are in bytes from the start of the
// captured bytes. When Reason is not OK, only Link, Reason and At are valid,
// and Network and Version where the network header was reached.
type Stack struct {
	Link       LinkType
	Reason     Reason // OK: all the other fields are valid
	Version    uint8  // of IP: 4 or 6
	Proto      uint8  // TCP or UDP
	SrcPort    uint16
	DstPort    uint16
	flags      uint8  // of the Layout, without up
	wire       uint32 // where a packet without a length field ends on the wire
	Network    int    // start of the IP header
	Transport  int    // start of the TCP or UDP header
	Payload    int    // first byte behind the transport header
	End        int    // first byte behind the packet; Payload <= End <= captured
	PayloadLen int    // payload on the wire; above End-Payload in a snapped packet
	At         int    // where decoding stopped when Reason is not OK
}

// Decode fills s from the captured bytes of a packet of link type lt. original
// is the packet's length on the wire; one below len(data) counts as len(data).
func Decode(lt LinkType, data []byte, original uint32, s *Stack) {
	*s = Stack{Link: lt, wire: original}
	if lt == LinkTypeEthernet {
		s.flags = ethernet
		if len(data) >= 14 { // most packets by far: no look at the table
			switch be16(data, 12) {
			case 0x0800:
				decodeIPv4(data, 14, s)
				return
			case 0x86dd:
				decodeIPv6(data, 14, s)
				return
			}
		}
	}
	decodeLink(lt, data, s)
}

// IsDNS reports whether the packet has a port at which DNS messages are looked for: 53
// (DNS), 5355 (LLMNR) and, over UDP, 5353 (mDNS).
func (s *Stack) IsDNS() bool { return s.dnsPort(s.SrcPort) || s.dnsPort(s.DstPort) }

func (s *Stack) dnsPort(port uint16) bool {
	return port == 53 || port == 5355 || port == 5353 && s.Proto == UDP
}

func (s *Stack) stop(r Reason, at int) { s.Reason, s.At = r, at }

func be16(b []byte, i int) uint16 { return uint16(b[i])<<8 | uint16(b[i+1]) }
