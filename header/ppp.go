package header

// decodePPPoE passes over the session header of RFC 2516. Its own length field
// is not needed: the IP length ends the packet.
func decodePPPoE(data []byte, at int, s *Stack) {
	if len(data) < at+6 {
		s.stop(Malformed, at)
		return
	}
	decodePPP(data, at+6, s)
}

// decodeFramedPPP reads PPP with or without the HDLC-like framing of RFC 1662:
// address ff and control 03.
func decodeFramedPPP(data []byte, at int, s *Stack) {
	if len(data) >= at+2 && data[at] == 0xff && data[at+1] == 0x03 {
		at += 2
	}
	decodePPP(data, at, s)
}

// decodeHDLC is PPP, or Cisco HDLC if the first byte is 0f or 8f (the LINKTYPE_
// registry).
func decodeHDLC(data []byte, at int, s *Stack) {
	if len(data) > at && (data[at] == 0x0f || data[at] == 0x8f) {
		if len(data) < at+4 {
			s.stop(Malformed, at)
			return
		}
		decodeEtherType(data, be16(data, at+2), at+4, s)
		return
	}
	decodeFramedPPP(data, at, s)
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

// frameRelay reads Q.922 address, control field and NLPID (RFC 2427, section 4),
// or the EtherType that Cisco writes in their place. et is the EtherType of what
// stands at offset next, or one of the two constants below.
func frameRelay(data []byte, at int) (et uint16, next int, r Reason) {
	const last = 1 // bit of an address byte; an address has two to four bytes
	begin, n := at, 0
	for ; n < 4; n++ {
		if len(data) <= at+n {
			return 0, begin, Malformed
		}
		if data[at+n]&last != 0 {
			break
		}
	}
	if n == 0 || n == 4 {
		return 0, begin, Malformed
	}
	at += n + 1
	if len(data) < at+2 {
		return 0, begin, Malformed
	}
	if data[at] != 3 { // no UI: an EtherType
		if et = be16(data, at); et <= longest {
			return 0, at, NotIP
		}
		return et, at + 2, OK
	}
	at++
	if data[at] == 0 { // padding
		at++
	}
	if len(data) <= at {
		return 0, begin, Malformed
	}
	switch data[at] {
	case 0xcc:
		return 0x0800, at + 1, OK
	case 0x8e:
		return 0x86dd, at + 1, OK
	case 0xcf:
		return frameRelayPPP, at + 1, OK
	case 0x80:
		return frameRelaySNAP(data, at+1)
	}
	return 0, at, NotIP
}

// What frameRelay gives for an EtherType where there is none.
const (
	frameRelayPPP     = 0
	frameRelayBridged = 1
)

// frameRelaySNAP reads a SNAP header: organisation 000000 and an EtherType, or
// 0080c2 and a bridged Ethernet frame, with its check sequence (1) or without (7).
func frameRelaySNAP(data []byte, at int) (et uint16, next int, r Reason) {
	if len(data) < at+5 {
		return 0, at, Malformed
	}
	et = be16(data, at+3)
	switch organisation := string(data[at : at+3]); {
	case organisation == "\x00\x00\x00" && et > longest:
		return et, at + 5, OK
	case organisation == "\x00\x80\xc2" && (et == 1 || et == 7):
		return frameRelayBridged, at + 5, OK
	}
	return 0, at, NotIP
}

func decodeFrameRelay(data []byte, at int, s *Stack) {
	switch et, next, r := frameRelay(data, at); {
	case r != OK:
		s.stop(r, next)
	case et == frameRelayPPP:
		decodePPP(data, next, s)
	case et == frameRelayBridged:
		decodeEthernet(data, next, s)
	default:
		decodeEtherType(data, et, next, s)
	}
}

func frameRelayAddresses(data []byte, at int, visit visitor) {
	switch et, next, r := frameRelay(data, at); {
	case r != OK || et == frameRelayPPP:
	case et == frameRelayBridged:
		ethernetAddresses(data, next, visit)
	default:
		tagAddresses(data, et, next, visit)
	}
}
