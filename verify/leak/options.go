package leak

// optionAddresses is where in a packet the addresses of its IPv4 options or IPv6
// extension headers stand, as SPEC part 5 lists them. from and to are the offsets
// of the IP header and of the header behind it, as far as it was captured.
func optionAddresses(data []byte, version uint8, from, to int32) (at []int32) {
	if to = min(to, int32(len(data))); version == 6 {
		return routedAddresses(data, from, to)
	}
	for i := from + 20; i < to && data[i] != 0; {
		if data[i] == 1 {
			i++
			continue
		}
		if to-i < 2 || data[i+1] < 2 || int32(data[i+1]) > to-i {
			break
		}
		end := i + int32(data[i+1])
		first, step := end, int32(4)
		switch data[i] {
		case 7, 131, 137:
			first = i + 3
		case 68:
			if flag := data[min(i+3, end-1)] & 15; end-i > 3 && (flag == 1 || flag == 3) {
				first, step = i+4, 8
			}
		}
		for ; first+4 <= end; first += step {
			at = append(at, first)
		}
		i = end
	}
	return at
}

// routedAddresses goes through IPv6 extension headers up to the first that does
// not fit.
func routedAddresses(data []byte, from, to int32) (at []int32) {
	if to-from < 40 {
		return nil
	}
	kind, i := data[from+6], from+40
	for to-i >= 8 {
		n := 8 * (1 + int32(data[i+1]))
		switch kind {
		case 0, 43, 60:
		case 44:
			n = 8
		case 51:
			n = 8 + 4*int32(data[i+1])
		default:
			return at
		}
		end := min(i+n, to)
		switch {
		case kind == 43 && (data[i+2] == 0 || data[i+2] == 2 || data[i+2] == 4):
			most := int32(len(data))
			if data[i+2] == 4 {
				most = 1 + int32(data[i+4])
			}
			for slot := i + 8; slot+16 <= end && most > 0; slot += 16 {
				at = append(at, slot)
				most--
			}
		case kind == 0 || kind == 60:
			for o := i + 2; o < end; {
				if data[o] == 0 {
					o++
					continue
				}
				if end-o < 2 || int32(data[o+1])+2 > end-o {
					break
				}
				if data[o] == 201 && data[o+1] >= 16 {
					at = append(at, o+2)
				}
				o += 2 + int32(data[o+1])
			}
		}
		kind, i = data[i], i+n
	}
	return at
}
