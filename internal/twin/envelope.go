package twin

import "encoding/binary"

// within decodes a packet inside the header of another link type. Such a header is not looked for inside another one.
func within(linkType int, d []byte) Headers {
	switch linkType {
	case 192, 197, 258:
		return left("unsupported-link")
	}
	if linkType > 0xffff {
		return left("unsupported-link")
	}
	return decode(uint16(linkType), d)
}

// pktap reads the header of link type 258: length, record type, link type, all little-endian, 108 bytes at least.
func pktap(d []byte) Headers {
	if len(d) < 12 {
		return left("malformed")
	}
	length, record, link := binary.LittleEndian.Uint32(d), binary.LittleEndian.Uint32(d[4:]), binary.LittleEndian.Uint32(d[8:])
	if length < 108 || int64(length) > int64(len(d)) {
		return left("malformed")
	}
	if record != 1 {
		return left("not-ip")
	}
	return shifted(within(int(min(link, 0x10000)), d[length:]), int(length))
}

// erf reads the header of link type 197: 16 bytes, of which the ninth is the record type, then extension headers.
func erf(d []byte) Headers {
	if len(d) < 16 {
		return left("malformed")
	}
	at := 16
	for more := d[8]; more >= 0x80; at += 8 {
		if len(d) < at+8 {
			return left("malformed")
		}
		more = d[at]
	}
	switch d[8] % 0x80 {
	case 1, 10, 15, 19:
		return shifted(decode(50, d[at:]), at)
	case 2, 11, 16, 20:
		if len(d) < at+2 {
			return left("malformed")
		}
		return shifted(decode(1, d[at+2:]), at+2)
	case 22, 23:
		return byNibble(d, at)
	}
	return left("unsupported-link")
}

// pflog reads the header of link type 117: its length, padded to a multiple of four, and the address family.
func pflog(d []byte) Headers {
	if len(d) < 2 || d[0] < 45 {
		return left("malformed")
	}
	length := int(d[0])
	for length%4 != 0 {
		length++
	}
	if len(d) < length {
		return left("malformed")
	}
	return family(d, []byte{0, 0, 0, d[1]}, length)
}

// fddi reads frame control, destination, source, LLC.
func fddi(d []byte) Headers {
	if len(d) > 0 && d[0]>>4 != 5 { // not an asynchronous LLC frame
		return left("not-ip")
	}
	if len(d) < 13 {
		return left("malformed")
	}
	return llc(d, 13)
}

// arcnet reads the header of link type 129. f0 is IP as in RFC 1051, d4 and c4 are IPv4 and IPv6 as in RFC 1201.
func arcnet(d []byte) Headers {
	if len(d) < 5 {
		return left("malformed")
	}
	switch d[4] {
	case 0xf0:
		return ip4(d, 5)
	case 0xd4, 0xc4:
	default:
		return left("not-ip")
	}
	if len(d) < 8 {
		return left("malformed")
	}
	if d[5] != 0 { // a fragment
		return left("not-ip")
	}
	if d[4] == 0xd4 {
		return ip4(d, 8)
	}
	return ip6(d, 8)
}

// frameRelay reads a Q.922 address of two to four bytes, then either 03, padding and an NLPID (RFC 2427), or an EtherType.
func frameRelay(d []byte, at int) Headers {
	size := 0
	for {
		if at+size >= len(d) {
			return left("malformed")
		}
		size++
		if d[at+size-1]%2 == 1 {
			break
		}
		if size == 4 {
			return left("malformed")
		}
	}
	if size == 1 {
		return left("malformed")
	}
	at += size
	if len(d) < at+2 {
		return left("malformed")
	}
	if d[at] != 3 {
		if be16(d, at) < 0x600 {
			return left("not-ip")
		}
		return byEtherType(d, at+2, be16(d, at))
	}
	at++
	if d[at] == 0 {
		at++
	}
	if len(d) <= at {
		return left("malformed")
	}
	nlpid := d[at]
	at++
	switch nlpid {
	case 0xcc:
		return ip4(d, at)
	case 0x8e:
		return ip6(d, at)
	case 0xcf:
		return ppp(d, at)
	case 0x80: // SNAP
	default:
		return left("not-ip")
	}
	if len(d) < at+5 {
		return left("malformed")
	}
	kind := be16(d, at+3)
	switch string(d[at : at+3]) {
	case "\x00\x00\x00":
		if kind >= 0x600 {
			return byEtherType(d, at+5, kind)
		}
	case "\x00\x80\xc2": // bridged Ethernet
		if kind == 1 || kind == 7 {
			return shifted(decode(1, d[at+5:]), at+5)
		}
	}
	return left("not-ip")
}
