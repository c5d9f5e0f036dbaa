package twin

import "encoding/binary"

// ppi reads the Per-Packet Information header (link type 192), which says the link type of what follows.
func ppi(d []byte) Headers {
	if len(d) < 8 {
		return left("malformed")
	}
	length := int(binary.LittleEndian.Uint16(d[2:]))
	inner := binary.LittleEndian.Uint32(d[4:])
	if length < 8 || length > len(d) {
		return left("malformed")
	}
	return shifted(within(int(inner), d[length:]), length)
}

// shifted counts the offsets of a packet from n bytes earlier.
func shifted(h Headers, n int) Headers {
	if h.Reason != "" {
		return h
	}
	h.IP += n
	h.Transport += n
	h.Payload += n
	h.End += n
	if h.AnnEnd != unknown {
		h.AnnEnd += n
	}
	return h
}

// radiotap reads the header of link type 127 (radiotap.org): version, pad, length, present words, fields.
func radiotap(d []byte, at int) Headers {
	if len(d)-at < 8 {
		return left("malformed")
	}
	length := int(binary.LittleEndian.Uint16(d[at+2:]))
	if length < 8 || length > len(d)-at {
		return left("malformed")
	}
	header := d[at : at+length]
	first := binary.LittleEndian.Uint32(header[4:])
	fields := 8
	for more := first; more&(1<<31) != 0; fields += 4 {
		if fields+4 > length {
			return left("malformed")
		}
		more = binary.LittleEndian.Uint32(header[fields:])
	}
	if first&1 != 0 { // TSFT: eight bytes, aligned to eight
		fields = (fields+7)/8*8 + 8
	}
	padded := false
	if first&2 != 0 { // flags: one byte
		if fields >= length {
			return left("malformed")
		}
		padded = header[fields]&0x20 != 0
	}
	return wifi(d, at+length, padded)
}

// wifi reads an IEEE 802.11 frame at offset at.
func wifi(d []byte, at int, padded bool) Headers {
	f := d[at:]
	if len(f) < 2 {
		return left("malformed")
	}
	version, kind, subtype := f[0]&3, f[0]>>2&3, f[0]>>4
	toDS, fromDS, protected, order := f[1]&1 != 0, f[1]&2 != 0, f[1]&0x40 != 0, f[1]&0x80 != 0
	qos, noBody := subtype&8 != 0, subtype&4 != 0
	if version != 0 || kind != 2 || noBody || protected {
		return left("not-ip")
	}
	size := 24
	if toDS && fromDS {
		size += 6
	}
	control := size
	if qos {
		size += 2
		if order {
			size += 4
		}
	}
	if padded {
		size = (size + 3) / 4 * 4
	}
	if len(f) < size {
		return left("malformed")
	}
	if f[22]&15 != 0 { // a later fragment
		return left("not-ip")
	}
	if qos && f[control]&0x80 != 0 { // an A-MSDU
		return left("not-ip")
	}
	if len(f) < size+8 {
		return left("malformed")
	}
	switch string(f[size : size+6]) {
	case "\xaa\xaa\x03\x00\x00\x00", "\xaa\xaa\x03\x00\x00\xf8":
		return byEtherType(d, at+size+8, be16(f, size+6))
	}
	return left("not-ip")
}

// prism reads the header of link type 119: 144 bytes, or the AVS header, which begins with its version and says its length.
func prism(d []byte) Headers {
	if len(d) < 8 {
		return left("malformed")
	}
	size := 144
	if string(d[:4]) == "\x80\x21\x10\x01" || string(d[:4]) == "\x80\x21\x10\x02" {
		size = int(binary.BigEndian.Uint32(d[4:]))
		if size < 8 {
			return left("malformed")
		}
	}
	if len(d) < size {
		return left("malformed")
	}
	return wifi(d, size, false)
}
