package header

import (
	"encoding/binary"
	"math/bits"

	"github.com/pcapmill/pcapmill/capture"
)

// decodeLink handles the link types that are rarer than Ethernet and raw IP.
func decodeLink(lt capture.LinkType, data []byte, s *Stack) {
	switch lt {
	case capture.LinkTypeNull, capture.LinkTypeLoop:
		decodeNull(data, s)
	case capture.LinkTypeSLL:
		decodeTyped(data, 14, 16, s)
	case capture.LinkTypeSLL2:
		decodeTyped(data, 0, 20, s)
	case capture.LinkTypeCHDLC:
		decodeTyped(data, 2, 4, s)
	case capture.LinkTypeIPoIB:
		// tcpdump print-ipoib.c: 40 bytes of global routing header, EtherType, reserved.
		decodeTyped(data, 40, 44, s)
	case capture.LinkTypePPP:
		decodePPP(data, addressAndControl(data), s)
	case capture.LinkTypePPPHDLC:
		// The registry: Cisco HDLC if the first byte is 0f or 8f.
		if len(data) > 0 && (data[0] == 0x0f || data[0] == 0x8f) {
			decodeTyped(data, 2, 4, s)
			return
		}
		decodePPP(data, addressAndControl(data), s)
	case capture.LinkTypePPPEther:
		decodePPPoE(data, 0, s)
	case capture.LinkTypeWiFi:
		decodeWiFi(data, 0, false, s)
	case capture.LinkTypeRadiotap:
		decodeRadiotap(data, s)
	case capture.LinkTypePPI:
		decodePPI(data, s)
	case capture.LinkTypeNFLOG:
		decodeNFLOG(data, s)
	default:
		s.stop(UnsupportedLink, 0)
	}
}

// decodeTyped is any link header of fixed length with an EtherType in it.
func decodeTyped(data []byte, typeAt, length int, s *Stack) {
	if len(data) < length {
		s.stop(Malformed, 0)
		return
	}
	decodeEtherType(data, be16(data, typeAt), length, s)
}

// addressAndControl is the length of the HDLC-like framing of RFC 1662 in
// front of PPP, if it is there.
func addressAndControl(data []byte) int {
	if len(data) >= 2 && data[0] == 0xff && data[1] == 0x03 {
		return 2
	}
	return 0
}

// decodeNull reads the four-byte address family of BSD loopbacks: in the byte
// order of the machine that captured (null), or of the network (loop). Either
// order is accepted for both: family numbers are small, so one fits at most.
func decodeNull(data []byte, s *Stack) {
	if len(data) < 4 {
		s.stop(Malformed, 0)
		return
	}
	family := binary.BigEndian.Uint32(data)
	if family > 0xffff {
		family = bits.ReverseBytes32(family)
	}
	switch family {
	case 2:
		decodeIPv4(data, 4, s)
	case 10, 23, 24, 28, 30: // Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin
		decodeIPv6(data, 4, s)
	default:
		s.stop(NotIP, 0)
	}
}

// decodePPI passes over the per-packet information header (CACE PPI 1.0.10):
// version, flags, length (little endian), link type of the rest.
func decodePPI(data []byte, s *Stack) {
	if len(data) < 8 {
		s.stop(Malformed, 0)
		return
	}
	length := int(binary.LittleEndian.Uint16(data[2:]))
	inner := binary.LittleEndian.Uint32(data[4:])
	if length < 8 || length > len(data) {
		s.stop(Malformed, 0)
		return
	}
	if inner > 0xffff || capture.LinkType(inner) == capture.LinkTypePPI {
		s.stop(UnsupportedLink, 4)
		return
	}
	Decode(capture.LinkType(inner), data[length:], s)
	s.Link = capture.LinkTypePPI
	s.shift(length)
}

// shift moves all offsets by n: what was decoded began n bytes into the packet.
func (s *Stack) shift(n int) {
	if s.Reason != OK {
		s.At += n
		if s.Version != 0 {
			s.Network += n
		}
		return
	}
	s.Network += n
	s.Transport += n
	s.Payload += n
	s.End += n
}

// decodeNFLOG walks the attributes of a Linux netfilter log packet to its
// payload. They are written in the byte order of the machine that captured.
func decodeNFLOG(data []byte, s *Stack) {
	if len(data) < 4 {
		s.stop(Malformed, 0)
		return
	}
	at, length, ok := nflogPayload(data, binary.LittleEndian)
	if !ok {
		at, length, ok = nflogPayload(data, binary.BigEndian)
	}
	if !ok {
		s.stop(Malformed, 4)
		return
	}
	switch family := data[0]; family {
	case 2, 10:
		decodeByNibble(data[:at+length], at, s)
	default:
		s.stop(NotIP, at)
	}
}

// nflogPayload finds the attribute NFULA_PAYLOAD (9). The last attribute may
// be cut by the snaplen.
func nflogPayload(data []byte, order binary.ByteOrder) (at, length int, ok bool) {
	for at = 4; at+4 <= len(data); {
		n, typ := int(order.Uint16(data[at:])), order.Uint16(data[at+2:])
		if n < 4 {
			return 0, 0, false
		}
		if typ == 9 {
			return at + 4, min(n-4, len(data)-at-4), true
		}
		at += (n + 3) &^ 3
	}
	return 0, 0, false
}
