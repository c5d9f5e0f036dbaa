package twin

// span is a place of an address: n bytes at offset at.
type span struct{ at, n int }

// optionAddresses finds the addresses in IPv4 options or IPv6 extension headers; b is the packet from the IP header to the
// transport header.
func optionAddresses(b []byte, version int) []span {
	if version == 4 {
		return ip4Options(b)
	}
	return ip6Extensions(b)
}

func ip4Options(b []byte) (out []span) {
	for at := 20; at < len(b); {
		if b[at] == 0 {
			break
		}
		if b[at] == 1 {
			at++
			continue
		}
		if at+1 >= len(b) || b[at+1] < 2 || at+int(b[at+1]) > len(b) {
			break
		}
		option := b[at : at+int(b[at+1])]
		switch option[0] {
		case 7, 131, 137: // kind, length, pointer, slots of four bytes
			for i := 3; i+4 <= len(option); i += 4 {
				out = append(out, span{at + i, 4})
			}
		case 68: // kind, length, pointer, overflow and flag, pairs of address and time
			if len(option) < 4 || option[3]%16 != 1 && option[3]%16 != 3 {
				break
			}
			for i := 4; i+4 <= len(option); i += 8 {
				out = append(out, span{at + i, 4})
			}
		}
		at += len(option)
	}
	return out
}

func ip6Extensions(b []byte) (out []span) {
	kind := b[6]
	for at := 40; at < len(b); {
		size := 8 + 8*int(b[at+1])
		if kind == 44 {
			size = 8
		}
		if kind == 51 {
			size = 8 + 4*int(b[at+1])
		}
		header := b[at : at+size]
		switch kind {
		case 43:
			slots := (len(header) - 8) / 16
			if header[2] == 4 {
				slots = min(slots, int(header[4])+1)
			}
			if header[2] == 0 || header[2] == 2 || header[2] == 4 {
				for i := range slots {
					out = append(out, span{at + 8 + 16*i, 16})
				}
			}
		case 0, 60:
			for i := 2; i < len(header); {
				if header[i] == 0 {
					i++
					continue
				}
				if i+1 >= len(header) || i+2+int(header[i+1]) > len(header) {
					break
				}
				if header[i] == 201 && header[i+1] >= 16 {
					out = append(out, span{at + i + 2, 16})
				}
				i += 2 + int(header[i+1])
			}
		}
		kind = header[0]
		at += size
	}
	return out
}

// innerFrames finds the inner frames of PBB in an Ethernet packet: the offsets of their two addresses.
func innerFrames(d []byte) (out []int) {
	at := 14
	for {
		etherType := be16(d, at-2)
		size, _ := longTag(etherType)
		switch etherType {
		case 0x8100, 0x88a8, 0x9100, 0x9200:
			size = 4
		}
		if etherType < 0x600 {
			size = 8
		}
		if size == 0 {
			return out
		}
		if etherType == 0x88e7 {
			out = append(out, at+4)
		}
		at += size
	}
}
