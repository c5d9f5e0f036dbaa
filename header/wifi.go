package header

import "encoding/binary"

// decodeRadiotap passes over the radiotap header to the 802.11 frame. Of its
// fields only one matters here: the flag for padding between the 802.11 header
// and its body.
func decodeRadiotap(data []byte, s *Stack) {
	if len(data) < 8 {
		s.stop(Malformed, 0)
		return
	}
	length := int(binary.LittleEndian.Uint16(data[2:]))
	if length < 8 || length > len(data) {
		s.stop(Malformed, 0)
		return
	}
	padded, ok := radiotapPads(data[:length])
	if !ok {
		s.stop(Malformed, 4)
		return
	}
	decodeWiFi(data, length, padded, s)
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

// decodeWiFi finds LLC/SNAP in an 802.11 data frame that starts at offset at.
// Frames without readable content (management, control, null data, protected,
// aggregated, later fragments) are not-ip.
func decodeWiFi(data []byte, at int, padded bool, s *Stack) {
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
