package header

func decodeEthernet(data []byte, at int, s *Stack) {
	if len(data) < at+14 {
		s.stop(Malformed, at)
		return
	}
	decodeEtherType(data, be16(data, at+12), at+14, s)
}

// tag is the length in bytes of the tag that an EtherType announces, and where
// in it the next EtherType stands. The length is 0 if it announces none.
func tag(et uint16) (length, typeAt int) {
	switch et {
	case 0x8100, 0x88a8, 0x9100, 0x9200: // VLAN (IEEE 802.1Q, 802.1ad)
		return 4, 2
	case 0x8926, 0x892f: // VN-Tag; HSR (IEC 62439-3)
		return 6, 4
	case 0x8909, 0x893f: // Cisco metadata; 802.1BR E-TAG
		return 8, 6
	case pbb: // I-TAG, then the inner frame with its own two addresses
		return 18, 16
	}
	return 0, 0
}

// pbb is the EtherType of provider backbone bridges (IEEE 802.1ah).
const pbb = 0x88e7

// longest is the largest value of a type field that is a length (IEEE 802.3).
const longest = 0x05ff

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
		case 0x8847, 0x8848:
			decodeMPLS(data, at, s)
			return
		case 0x8864:
			decodePPPoE(data, at, s)
			return
		}
		length, typeAt := tag(et)
		switch {
		case length == 0 && et > longest:
			s.stop(NotIP, at)
			return
		case length == 0:
			if r := snap(data, at); r != OK {
				s.stop(r, at)
				return
			}
			length, typeAt = 8, 6
		case len(data) < at+length:
			s.stop(Malformed, at)
			return
		case et == pbb:
			s.flags |= innerMACs
		}
		et = be16(data, at+typeAt)
		at += length
	}
}

// tagAddresses visits the addresses that stand between a link header and the
// network header: those of the inner frame of PBB.
func tagAddresses(data []byte, et uint16, at int, visit visitor) {
	for {
		length, typeAt := tag(et)
		if length == 0 {
			if et > longest || snap(data, at) != OK {
				return
			}
			length, typeAt = 8, 6
		}
		if et == pbb {
			visit(at+4, 6)
			visit(at+10, 6)
		}
		if len(data) < at+length {
			return
		}
		et = be16(data, at+typeAt)
		at += length
	}
}

// snap reports whether LLC and SNAP with organisation 000000 stand at offset at
// (IEEE 802.2, RFC 1042): an EtherType follows at offset at+6. What is cut off
// before it can be told is malformed.
func snap(data []byte, at int) Reason {
	const llc = "\xaa\xaa\x03\x00\x00\x00"
	have := data[min(at, len(data)):min(at+len(llc), len(data))]
	switch {
	case string(have) != llc[:len(have)]:
		return NotIP
	case len(data) < at+8:
		return Malformed
	}
	return OK
}

// decodeLLC reads LLC and SNAP at offset at.
func decodeLLC(data []byte, at int, s *Stack) { decodeEtherType(data, 0, at, s) }

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
