package header

import (
	"encoding/binary"
	"math/bits"
)

// decodeNull reads the four-byte address family of BSD loopbacks: in the byte
// order of the machine that captured (null), or of the network (loop).
func decodeNull(data []byte, at int, s *Stack) {
	if len(data) < at+4 {
		s.stop(Malformed, at)
		return
	}
	decodeFamily(data, binary.BigEndian.Uint32(data[at:]), at, at+4, s)
}

// decodeENC reads the header of OpenBSD's enc interface: address family in the
// byte order of the machine that captured, index, flags.
func decodeENC(data []byte, at int, s *Stack) {
	if len(data) < at+12 {
		s.stop(Malformed, at)
		return
	}
	decodeFamily(data, binary.BigEndian.Uint32(data[at:]), at, at+12, s)
}

// decodeFamily reads what an address family announces, at offset next. Either
// byte order is accepted: family numbers are small, so one fits at most. at is
// where the family stands.
func decodeFamily(data []byte, family uint32, at, next int, s *Stack) {
	if family > 0xffff {
		family = bits.ReverseBytes32(family)
	}
	switch family {
	case 2:
		decodeIPv4(data, next, s)
	case 10, 23, 24, 28, 30: // Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin
		decodeIPv6(data, next, s)
	default:
		s.stop(NotIP, at)
	}
}

// pflogLen is the least length in bytes of the header of a pf log: that of
// OpenBSD 3.4 without padding.
const pflogLen = 45

// decodePFLOG passes over the header of a pf log: length without padding, address
// family, and more. It is padded to a multiple of four.
func decodePFLOG(data []byte, at int, s *Stack) {
	if len(data) < at+2 || data[at] < pflogLen {
		s.stop(Malformed, at)
		return
	}
	next := at + (int(data[at])+3)&^3
	if len(data) < next {
		s.stop(Malformed, at)
		return
	}
	decodeFamily(data, uint32(data[at+1]), at, next, s)
}

// pflogAddresses: the header of OpenBSD 4.9 and later (100 bytes) holds the two
// addresses from before a translation, of the family at offset 1.
func pflogAddresses(data []byte, at int, visit visitor) {
	if len(data) < at+2 || data[at] < 100 {
		return
	}
	length := 16
	if data[at+1] == 2 {
		length = 4
	}
	visit(at+64, length)
	visit(at+80, length)
}

// decodeFDDI reads frame control, two addresses, LLC. Frames that are no
// asynchronous LLC frames are not-ip.
func decodeFDDI(data []byte, at int, s *Stack) {
	const classAndFormat, llcAsync = 0xf0, 0x50
	switch {
	case len(data) > at && data[at]&classAndFormat != llcAsync:
		s.stop(NotIP, at)
	case len(data) < at+13:
		s.stop(Malformed, at)
	default:
		decodeLLC(data, at+13, s)
	}
}

// decodeARCNET reads the ARCNET header as Linux hands it out: source and
// destination of one byte, two bytes of offset, protocol; behind that, but for the
// protocols of RFC 1051, a flag for fragments and a sequence number (RFC 1201).
// Fragments are not-ip.
func decodeARCNET(data []byte, at int, s *Stack) {
	if len(data) < at+5 {
		s.stop(Malformed, at)
		return
	}
	protocol := data[at+4]
	if protocol == 0xf0 {
		decodeIPv4(data, at+5, s)
		return
	}
	if protocol != 0xd4 && protocol != 0xc4 {
		s.stop(NotIP, at)
		return
	}
	switch {
	case len(data) < at+8:
		s.stop(Malformed, at)
	case data[at+5] != 0:
		s.stop(NotIP, at)
	case protocol == 0xd4:
		decodeIPv4(data, at+8, s)
	default:
		decodeIPv6(data, at+8, s)
	}
}

// insidePPI passes over the per-packet information header (CACE PPI 1.0.10):
// version, flags, length (little endian), link type of the rest.
func insidePPI(data []byte) (inner LinkType, at int, r Reason) {
	if len(data) < 8 {
		return 0, 0, Malformed
	}
	length, link := int(binary.LittleEndian.Uint16(data[2:])), binary.LittleEndian.Uint32(data[4:])
	if length < 8 || length > len(data) {
		return 0, 0, Malformed
	}
	return narrow(link, length)
}

// insidePKTAP passes over the header of Darwin's PKTAP: length, record type (1:
// packet), link type, all little endian, and more.
func insidePKTAP(data []byte) (inner LinkType, at int, r Reason) {
	const least = 108 // struct pktap_header
	if len(data) < 12 {
		return 0, 0, Malformed
	}
	length, record, link := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:]), binary.LittleEndian.Uint32(data[8:])
	switch {
	case length < least || uint64(length) > uint64(len(data)):
		return 0, 0, Malformed
	case record != 1:
		return 0, 4, NotIP
	}
	return narrow(link, int(length))
}

// narrow is a link type read from 32 bits.
func narrow(link uint32, at int) (LinkType, int, Reason) {
	if link > 0xffff {
		return 0, at, UnsupportedLink
	}
	return LinkType(link), at, OK
}

// insideERF passes over the Extensible Record Format's header of 16 bytes and its
// extension headers of 8, the last of which has the high bit clear.
func insideERF(data []byte) (inner LinkType, at int, r Reason) {
	const more = 0x80
	if len(data) < 16 {
		return 0, 0, Malformed
	}
	kind := data[8]
	at = 16
	for next := kind; next&more != 0; at += 8 {
		if len(data) < at+8 {
			return 0, at, Malformed
		}
		next = data[at]
	}
	switch kind &^ more {
	case 1, 10, 15, 19: // HDLC, and with a color, for DSM, with a hash
		return 50, at, OK
	case 2, 11, 16, 20: // Ethernet, likewise; two bytes of offset and padding in front
		if len(data) < at+2 {
			return 0, at, Malformed
		}
		return LinkTypeEthernet, at + 2, OK
	case 22, 23: // IPv4, IPv6
		return LinkTypeRaw, at, OK
	}
	return 0, at, UnsupportedLink
}

// decodeNFLOG walks the attributes of a Linux netfilter log packet to its
// payload. They are written in the byte order of the machine that captured.
func decodeNFLOG(data []byte, at int, s *Stack) {
	if len(data) < at+4 {
		s.stop(Malformed, at)
		return
	}
	family := data[at]
	at, length, ok := nflogPayload(data, at+4, binary.LittleEndian)
	if !ok {
		at, length, ok = nflogPayload(data, at, binary.BigEndian)
	}
	if !ok {
		s.stop(Malformed, at)
		return
	}
	switch family {
	case 2, 10:
		s.wire = uint32(at + length)
		decodeByNibble(data[:min(at+length, len(data))], at, s)
	default:
		s.stop(NotIP, at)
	}
}

// nflogPayload finds the attribute NFULA_PAYLOAD (9) in a list that begins at
// offset at, and gives that offset back if it finds none. The last attribute may
// be cut by the snaplen.
func nflogPayload(data []byte, at int, order binary.ByteOrder) (payload, length int, ok bool) {
	for next := at; next+4 <= len(data); {
		n, typ := int(order.Uint16(data[next:])), order.Uint16(data[next+2:])
		if n < 4 {
			return at, 0, false
		}
		if typ == 9 {
			return next + 4, n - 4, true
		}
		next += (n + 3) &^ 3
	}
	return at, 0, false
}

// nflogAddresses visits NFULA_HWADDR (8: length, two bytes of padding, eight of
// address) and NFULA_HWHEADER (16: the link header, here of Ethernet). In the byte
// order that is not the capturing machine's the lengths make no sense, and the
// walk ends at once.
func nflogAddresses(data []byte, at int, visit visitor) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for at := at + 4; at+4 <= len(data); {
			n, kind := int(order.Uint16(data[at:])), order.Uint16(data[at+2:])
			if n < 4 || at+n > len(data) {
				break
			}
			switch {
			case kind == 8 && n >= 16 && be16(data, at+4) == 6:
				visit(at+8, 6)
			case kind == 16 && n >= 18:
				ethernetAddresses(data[:at+n], at+4, visit)
			}
			at += (n + 3) &^ 3
		}
	}
}
