package header

import "encoding/binary"

// decodeRadiotap passes over the radiotap header to the 802.11 frame. Of its
// fields only one matters here: the flag for padding between the 802.11 header
// and its body.
func decodeRadiotap(data []byte, at int, s *Stack) {
	length, ok := radiotapLength(data, at)
	if !ok {
		s.stop(Malformed, at)
		return
	}
	padded, ok := radiotapPads(data[at : at+length])
	if !ok {
		s.stop(Malformed, at+4)
		return
	}
	decodeFrame(data, at+length, padded, s)
}

func radiotapLength(data []byte, at int) (n int, ok bool) {
	if len(data) < at+8 {
		return 0, false
	}
	n = int(binary.LittleEndian.Uint16(data[at+2:]))
	return n, n >= 8 && at+n <= len(data)
}

func radiotapAddresses(data []byte, at int, visit visitor) {
	if n, ok := radiotapLength(data, at); ok {
		wifiAddresses(data, at+n, visit)
	}
}

// prismLength is the length of a Prism header (144 bytes), or of the AVS header
// that can stand in its place: magic number and length, big endian.
func prismLength(data []byte, at int) (n int, ok bool) {
	if len(data) < at+8 {
		return 0, false
	}
	n = 144
	if magic := binary.BigEndian.Uint32(data[at:]); magic == 0x80211001 || magic == 0x80211002 {
		length := binary.BigEndian.Uint32(data[at+4:])
		if length < 8 || uint64(length) > uint64(len(data)-at) {
			return 0, false
		}
		n = int(length)
	}
	return n, at+n <= len(data)
}

// decodePrism passes over a Prism or AVS header to the 802.11 frame.
func decodePrism(data []byte, at int, s *Stack) {
	n, ok := prismLength(data, at)
	if !ok {
		s.stop(Malformed, at)
		return
	}
	decodeFrame(data, at+n, false, s)
}

func prismAddresses(data []byte, at int, visit visitor) {
	if n, ok := prismLength(data, at); ok {
		wifiAddresses(data, at+n, visit)
	}
}

// radiotapPads reads the data-pad flag (0x20) of the flags field, which stands
// behind the presence words and the eight-byte-aligned TSFT field. ok is false
// if one of them does not fit into the header's announced length.
func radiotapPads(radiotap []byte) (pads, ok bool) {
	const (
		hasTSFT  = 1 << 0
		hasFlags = 1 << 1
		more     = 1 << 31
	)
	present := binary.LittleEndian.Uint32(radiotap[4:])
	at := 8
	for word := present; word&more != 0; at += 4 {
		if at+4 > len(radiotap) {
			return false, false
		}
		word = binary.LittleEndian.Uint32(radiotap[at:])
	}
	if present&hasFlags == 0 {
		return false, true
	}
	if present&hasTSFT != 0 {
		at = (at+7)&^7 + 8
	}
	if at >= len(radiotap) {
		return false, false
	}
	return radiotap[at]&0x20 != 0, true
}

// decodeWiFi reads an 802.11 frame without padding behind its header.
func decodeWiFi(data []byte, at int, s *Stack) { decodeFrame(data, at, false, s) }

// decodeFrame finds LLC/SNAP in an 802.11 data frame that starts at offset at.
// Frames without readable content (management, control, null data, protected,
// aggregated, later fragments) are not-ip.
func decodeFrame(data []byte, at int, padded bool, s *Stack) {
	const (
		toDS, fromDS  = 0x01, 0x02
		protected     = 0x40
		order         = 0x80
		null, qos     = 0x4, 0x8 // bits of the subtype
		aggregateBit  = 0x80
		typeData      = 2
		addressLength = 6
	)
	if len(data) < at+2 {
		s.stop(Malformed, at)
		return
	}
	control, flags := data[at], data[at+1]
	subtype := control >> 4
	if control&3 != 0 || control>>2&3 != typeData || subtype&null != 0 || flags&protected != 0 {
		s.stop(NotIP, at)
		return
	}
	length := 24
	if flags&(toDS|fromDS) == toDS|fromDS {
		length += addressLength
	}
	qosAt := at + length
	if subtype&qos != 0 {
		length += 2
		if flags&order != 0 {
			length += 4 // HT control
		}
	}
	if padded {
		length = (length + 3) &^ 3
	}
	if len(data) < at+length {
		s.stop(Malformed, at)
		return
	}
	fragment := data[at+22] & 0xf
	if fragment != 0 || subtype&qos != 0 && data[qosAt]&aggregateBit != 0 {
		s.stop(NotIP, at)
		return
	}
	decodeSNAP(data, at+length, s)
}

// decodeSNAP reads LLC and SNAP (RFC 1042, and 802.1H bridge tunnels).
func decodeSNAP(data []byte, at int, s *Stack) {
	if len(data) < at+8 {
		s.stop(Malformed, at)
		return
	}
	llc := data[at : at+8]
	rfc1042 := llc[0] == 0xaa && llc[1] == 0xaa && llc[2] == 3 && llc[3] == 0 && llc[4] == 0 && (llc[5] == 0 || llc[5] == 0xf8)
	if !rfc1042 {
		s.stop(NotIP, at)
		return
	}
	decodeEtherType(data, be16(llc, 6), at+8, s)
}

// wifiAddresses visits the addresses of an 802.11 frame (IEEE 802.11, 9.2.4.3):
// one to four, by type and subtype. A frame of less than ten bytes has none whole.
func wifiAddresses(data []byte, at int, visit visitor) {
	if len(data) < at+10 {
		return
	}
	const management, control, payload = 0, 1, 2
	count := 0
	switch kind, subtype := data[at]>>2&3, data[at]>>4; kind {
	case management:
		count = 3
	case payload:
		count = 3
		if data[at+1]&3 == 3 { // to and from a distribution system
			count = 4
		}
	case control:
		count = 1
		switch subtype {
		case 8, 9, 10, 11, 14: // block acknowledgements, PS-Poll, RTS, CF-End
			count = 2
		}
	}
	for _, offset := range []int{4, 10, 16, 24}[:count] {
		visit(at+offset, 6)
	}
}
