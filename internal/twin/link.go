package twin

import (
	"encoding/binary"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Decode finds the headers of a captured packet. original is its length on the wire, where a packet whose length field is zero
// ends.
func Decode(linkType uint16, d []byte, original int) Headers {
	h := decode(linkType, d)
	if h.Reason == "" && h.AnnEnd == unknown {
		h.AnnEnd = max(original, len(d))
	}
	return h
}

// unknown is the announced end of a packet whose length field is zero.
const unknown = -1

func decode(linkType uint16, d []byte) Headers {
	switch linkType {
	case 0, 108:
		return null(d)
	case 1:
		var eth layers.Ethernet
		if eth.DecodeFromBytes(d, gopacket.NilDecodeFeedback) != nil {
			return left("malformed")
		}
		return byEtherType(d, 14, be16(d, 12))
	case 8:
		return behind(d, 16, byNibble)
	case 9:
		return ppp(d, skipFF03(d, 0))
	case 10:
		return fddi(d)
	case 11, 100:
		return llc(d, 0)
	case 50:
		if len(d) > 0 && (d[0] == 0x0f || d[0] == 0x8f) {
			return decode(104, d)
		}
		return ppp(d, skipFF03(d, 0))
	case 51:
		return pppoe(d, 0)
	case 12, 14, 101, 228, 229:
		return byNibble(d, 0)
	case 104:
		return fixed(d, 4, 2)
	case 105:
		return wifi(d, 0, false)
	case 107:
		return frameRelay(d, 0)
	case 109:
		return behind(d, 12, func(d []byte, at int) Headers { return family(d, d[:4], at) })
	case 113:
		return fixed(d, 16, 14)
	case 117:
		return pflog(d)
	case 119, 163:
		return prism(d)
	case 127:
		return radiotap(d, 0)
	case 129:
		return arcnet(d)
	case 166, 204:
		return behind(d, 1, func(d []byte, at int) Headers { return ppp(d, skipFF03(d, at)) })
	case 192:
		return ppi(d)
	case 197:
		return erf(d)
	case 205:
		return fixed(d, 5, 3)
	case 206:
		return behind(d, 1, frameRelay)
	case 219:
		return mpls(d, 0)
	case 239:
		return nflog(d)
	case 240, 282: // four bytes, then Ethernet
		return behind(d, 4, func(d []byte, at int) Headers { return shifted(decode(1, d[at:]), at) })
	case 241: // four bytes, preamble and start of frame, then Ethernet
		return behind(d, 12, func(d []byte, at int) Headers { return shifted(decode(1, d[at:]), at) })
	case 242:
		return fixed(d, 44, 40)
	case 258:
		return pktap(d)
	case 276:
		return fixed(d, 20, 0)
	case 281, 284: // two addresses, a tag of four bytes, EtherType
		return fixed(d, 18, 16)
	case 285: // two addresses, dada 0000, a tag of four bytes, EtherType
		return fixed(d, 22, 20)
	}
	return left("unsupported-link")
}

// behind goes on behind n bytes that are passed over.
func behind(d []byte, n int, next func([]byte, int) Headers) Headers {
	if len(d) < n {
		return left("malformed")
	}
	return next(d, n)
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
	if size, typeAt := longTag(etherType); size > 0 {
		if len(d)-at < size {
			return left("malformed")
		}
		return byEtherType(d, at+size, be16(d, at+typeAt))
	}
	if etherType < 0x600 {
		return llc(d, at)
	}
	return left("not-ip")
}

// longTag says how long the tag behind such an EtherType is and where in it the next EtherType stands.
func longTag(etherType int) (size, typeAt int) {
	switch etherType {
	case 0x8926: // VN-Tag
		return 6, 4
	case 0x892f: // HSR: path and size, sequence number, EtherType
		return 6, 4
	case 0x8909: // Cisco metadata: version, length, option, group, EtherType
		return 8, 6
	case 0x893f: // 802.1BR
		return 8, 6
	case 0x88e7: // PBB: service, destination, source, EtherType
		return 18, 16
	}
	return 0, 0
}

// llc reads LLC aa aa 03, organisation 000000, EtherType. What is cut is malformed as long as it can still become that.
func llc(d []byte, at int) Headers {
	for i, want := range []byte{0xaa, 0xaa, 3, 0, 0, 0} {
		if at+i >= len(d) {
			return left("malformed")
		}
		if d[at+i] != want {
			return left("not-ip")
		}
	}
	if len(d)-at < 8 {
		return left("malformed")
	}
	return byEtherType(d, at+8, be16(d, at+6))
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

func skipFF03(d []byte, at int) int {
	if len(d)-at >= 2 && d[at] == 0xff && d[at+1] == 0x03 {
		return at + 2
	}
	return at
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
	return family(d, d[:4], 4)
}

// family goes on at offset at with what an address family of four bytes, in either byte order, says.
func family(d, number []byte, at int) Headers {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(number) {
		case 2:
			return ip4(d, at)
		case 10, 23, 24, 28, 30:
			return ip6(d, at)
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
				h := byNibble(d[:min(len(d), at+length)], at+4)
				if h.Reason == "" && h.AnnEnd == unknown {
					h.AnnEnd = at + length
				}
				return h
			}
			at += (length + 3) / 4 * 4
		}
	}
	return left("malformed")
}
