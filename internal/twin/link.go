package twin

import (
	"encoding/binary"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Decode finds the headers of a captured packet.
func Decode(linkType uint16, d []byte) Headers {
	switch linkType {
	case 0, 108:
		return null(d)
	case 1:
		var eth layers.Ethernet
		if eth.DecodeFromBytes(d, gopacket.NilDecodeFeedback) != nil {
			return left("malformed")
		}
		return byEtherType(d, 14, be16(d, 12))
	case 9:
		return ppp(d, skipFF03(d))
	case 50:
		if len(d) > 0 && (d[0] == 0x0f || d[0] == 0x8f) {
			return Decode(104, d)
		}
		return ppp(d, skipFF03(d))
	case 51:
		return pppoe(d, 0)
	case 12, 14, 101, 228, 229:
		return byNibble(d, 0)
	case 104:
		return fixed(d, 4, 2)
	case 105:
		return wifi(d, 0, false)
	case 113:
		return fixed(d, 16, 14)
	case 127:
		return radiotap(d, 0)
	case 192:
		return ppi(d)
	case 239:
		return nflog(d)
	case 242:
		return fixed(d, 44, 40)
	case 276:
		return fixed(d, 20, 0)
	}
	return left("unsupported-link")
}

// fixed is a link header of a fixed size with an EtherType in it.
func fixed(d []byte, size, typeAt int) Headers {
	if len(d) < size {
		return left("malformed")
	}
	return byEtherType(d, size, be16(d, typeAt))
}

// byEtherType goes on at offset at, where what the EtherType says begins.
func byEtherType(d []byte, at, etherType int) Headers {
	switch etherType {
	case 0x0800:
		return ip4(d, at)
	case 0x86dd:
		return ip6(d, at)
	case 0x8100, 0x88a8, 0x9100, 0x9200:
		var tag layers.Dot1Q
		if tag.DecodeFromBytes(d[at:], gopacket.NilDecodeFeedback) != nil {
			return left("malformed")
		}
		return byEtherType(d, at+4, int(tag.Type))
	case 0x8864:
		return pppoe(d, at)
	case 0x8847, 0x8848:
		return mpls(d, at)
	}
	return left("not-ip")
}

func byNibble(d []byte, at int) Headers {
	if len(d) <= at {
		return left("malformed")
	}
	switch d[at] >> 4 {
	case 4:
		return ip4(d, at)
	case 6:
		return ip6(d, at)
	}
	return left("not-ip")
}

func mpls(d []byte, at int) Headers {
	if len(d)-at < 4 {
		return left("malformed")
	}
	if d[at+2]&1 == 1 {
		return byNibble(d, at+4)
	}
	return mpls(d, at+4)
}

func pppoe(d []byte, at int) Headers {
	if len(d)-at < 6 {
		return left("malformed")
	}
	return ppp(d, at+6)
}

func skipFF03(d []byte) int {
	if len(d) >= 2 && d[0] == 0xff && d[1] == 0x03 {
		return 2
	}
	return 0
}

// ppp reads the PPP protocol field (RFC 1661) at offset at.
func ppp(d []byte, at int) Headers {
	if len(d) <= at {
		return left("malformed")
	}
	protocol := int(d[at])
	at++
	if protocol&1 == 0 {
		if len(d) <= at {
			return left("malformed")
		}
		protocol = protocol<<8 | int(d[at])
		at++
	}
	switch protocol {
	case 0x21:
		return ip4(d, at)
	case 0x57:
		return ip6(d, at)
	case 0x281, 0x283:
		return mpls(d, at)
	}
	return left("not-ip")
}

func null(d []byte) Headers {
	if len(d) < 4 {
		return left("malformed")
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(d) {
		case 2:
			return ip4(d, 4)
		case 10, 23, 24, 28, 30:
			return ip6(d, 4)
		}
	}
	return left("not-ip")
}

// nflog walks the TLVs of a netfilter log packet: length (of the four header bytes and the value), type, value, padding to four.
// A list without a packet in it counts as one that was cut before the packet.
func nflog(d []byte) Headers {
	if len(d) < 4 {
		return left("malformed")
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		at := 4
		for len(d)-at >= 4 {
			length, kind := int(order.Uint16(d[at:])), order.Uint16(d[at+2:])
			if length < 4 {
				break
			}
			if kind == 9 { // the packet; a short snap length may have cut it
				if d[0] != 2 && d[0] != 10 { // the family: AF_INET, AF_INET6
					return left("not-ip")
				}
				return byNibble(d[:min(len(d), at+length)], at+4)
			}
			at += (length + 3) / 4 * 4
		}
	}
	return left("malformed")
}
