package twin

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Headers says where the headers of a packet are, as offsets from its first byte.
type Headers struct {
	Reason    string // "" for TCP or UDP with whole headers; else as in SPEC 2
	IP        int    // first byte of the IP header
	Version   int    // 4 or 6
	Protocol  int    // 6 or 17
	Src, Dst  netip.Addr
	Transport int // first byte of the TCP or UDP header
	SrcPort   uint16
	DstPort   uint16
	Payload   int // first byte behind the TCP or UDP header
	End       int // behind the packet's last captured byte
	AnnEnd    int // behind the packet's last byte as its length field announces it, captured or not; if that is zero, on the wire
}

// left ends the decoding of a packet with a reason.
func left(reason string) Headers { return Headers{Reason: reason} }

func be16(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }

// ip4 reads the IPv4 header (RFC 791) at offset at.
func ip4(d []byte, at int) Headers {
	if len(d)-at < 20 || d[at]>>4 != 4 {
		return left("malformed")
	}
	headerLen := int(d[at]&15) * 4
	total := be16(d, at+2)
	if headerLen < 20 || len(d)-at < headerLen || (total != 0 && total < headerLen) {
		return left("malformed")
	}
	if be16(d, at+6)&0x1fff != 0 {
		return left("fragment")
	}
	announced, end := at+total, min(at+total, len(d))
	if total == 0 {
		announced, end = unknown, len(d)
	}
	h := Headers{
		IP: at, Version: 4, Protocol: int(d[at+9]), AnnEnd: announced, End: end,
		Src: netip.AddrFrom4([4]byte(d[at+12 : at+16])), Dst: netip.AddrFrom4([4]byte(d[at+16 : at+20])),
	}
	return transport(d, at+headerLen, h)
}

// ip6 reads the IPv6 header and its extension headers (RFC 8200, RFC 4302) at offset at.
func ip6(d []byte, at int) Headers {
	var ip layers.IPv6
	if len(d)-at < 40 {
		return left("malformed")
	}
	// gopacket fills all fixed fields before it judges what follows; its judgement is not ours.
	_ = ip.DecodeFromBytes(d[at:], gopacket.NilDecodeFeedback)
	if ip.Version != 6 {
		return left("malformed")
	}
	announced := at + 40 + int(ip.Length)
	end := min(announced, len(d))
	if ip.Length == 0 {
		announced, end = unknown, len(d)
	}
	src, _ := netip.AddrFromSlice(ip.SrcIP)
	dst, _ := netip.AddrFromSlice(ip.DstIP)
	h := Headers{IP: at, Version: 6, AnnEnd: announced, End: end, Src: src, Dst: dst}
	next := int(ip.NextHeader)
	at += 40
	for {
		size := 0
		switch next {
		case 0, 43, 60, 51:
			if h.End-at < 2 {
				return left("malformed")
			}
			size = (int(d[at+1]) + 1) * 8
			if next == 51 {
				size = (int(d[at+1]) + 2) * 4
			}
		case 44:
			size = 8
		default:
			h.Protocol = next
			return transport(d, at, h)
		}
		if h.End-at < size {
			return left("malformed")
		}
		if next == 44 && be16(d, at+2)>>3 != 0 {
			return left("fragment")
		}
		next = int(d[at])
		at += size
	}
}

// transport reads the TCP or UDP header (RFC 9293, RFC 768) at offset at.
func transport(d []byte, at int, h Headers) Headers {
	size := 0
	switch h.Protocol {
	case 6:
		if h.End-at < 20 {
			return left("malformed")
		}
		size = int(d[at+12]>>4) * 4
		if size < 20 || h.End-at < size {
			return left("malformed")
		}
	case 17:
		size = 8
		if h.End-at < size {
			return left("malformed")
		}
	default:
		return left("not-tcp-udp")
	}
	h.Transport, h.Payload = at, at+size
	h.SrcPort, h.DstPort = uint16(be16(d, at)), uint16(be16(d, at+2))
	return h
}

// isBackground reports the ports of DHCP, NTP, NetBIOS, DHCPv6, SSDP, WS-Discovery, mDNS and LLMNR.
func isBackground(port uint16) bool {
	switch port {
	case 67, 68, 123, 137, 138, 546, 547, 1900, 3702, 5353, 5355:
		return true
	}
	return false
}

// dropped returns the reason for leaving the packet out, "" to keep it.
func (h Headers) dropped(drop []string, d []byte, link uint16) string {
	if h.Reason != "" {
		return h.Reason
	}
	dns := h.SrcPort == 53 || h.DstPort == 53
	if dns && slices.Contains(drop, "dns") {
		return "dns"
	}
	background := h.Protocol == 17 && (isBackground(h.SrcPort) || isBackground(h.DstPort))
	if background && slices.Contains(drop, "background") {
		return "background"
	}
	control := h.Protocol == 6 && h.AnnEnd-h.Payload == 0
	if control && slices.Contains(drop, "tcp-control") {
		return "tcp-control"
	}
	ports := func(list ...uint16) bool { return slices.Contains(list, h.SrcPort) || slices.Contains(list, h.DstPort) }
	udp, stun := h.Protocol == 17, false
	if p := d[h.Payload:h.End]; udp && len(p) >= 20 {
		stun = p[0] < 64 && p[3]%4 == 0 && string(p[4:8]) == "\x21\x12\xa4\x42"
	}
	all := netip.MustParseAddr("255.255.255.255")
	multicast4, multicast6 := netip.MustParsePrefix("224.0.0.0/4"), netip.MustParsePrefix("ff00::/8") // of their own version only
	for _, k := range []struct {
		name string
		is   bool
	}{
		{"stun", ports(3478, 5349) || stun},
		{"snmp", udp && ports(161, 162)},
		{"nat-pmp", udp && ports(5350, 5351)},
		{"lsd", udp && ports(6771)},
		{"ssdp", udp && ports(1900)},
		{"multicast", multicast4.Contains(h.Dst) || multicast6.Contains(h.Dst)},
		{"broadcast", h.Dst == all || link == 1 && string(d[:6]) == "\xff\xff\xff\xff\xff\xff"},
	} {
		if k.is && slices.Contains(drop, k.name) {
			return k.name
		}
	}
	return ""
}

// Key returns a string that two packets have in common exactly if they belong to one session: IP version, protocol, and the
// two endpoints, the smaller first.
func (h Headers) Key() string {
	a := netip.AddrPortFrom(h.Src, h.SrcPort)
	b := netip.AddrPortFrom(h.Dst, h.DstPort)
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return string(rune('0'+h.Version)) + " " + string(rune('0'+h.Protocol)) + " " + a.String() + " " + b.String()
}
