package header

// HasOptions reports whether IPv4 options or IPv6 extension headers stand between
// the IP header and the transport header. Most packets have none.
func (l *Layout) HasOptions() bool {
	if l.flags&version6 != 0 {
		return l.transport-l.network != 40
	}
	return l.transport-l.network != 20
}

// OptionAddresses calls visit for every address in IPv4 options and IPv6 extension
// headers, 4 or 16 bytes at the given offset, in the order in which they stand:
//
//	IPv4 options 7, 131, 137  record route, loose and strict source route:
//	                          every whole slot behind the pointer
//	IPv4 option 68            timestamp with flag 1 or 3: the address of each pair
//	IPv6 routing header 0, 2  every whole slot; type 4: as many segments as its
//	                          last entry says
//	IPv6 option 201           home address
//
// data are the packet's captured bytes. Options are read one by one up to the
// first that cannot be: one that is shorter than two bytes or longer than its
// header. Sources: RFC 791, RFC 6275, RFC 5095, RFC 8754.
func (l *Layout) OptionAddresses(data []byte, visit func(at int)) {
	if l.flags&version6 != 0 {
		l.extensionAddresses(data, visit)
		return
	}
	const (
		endOfList, noOperation                = 0, 1
		recordRoute, timestamp, loose, strict = 7, 68, 131, 137
	)
	end := int(l.transport)
	for at := int(l.network) + 20; at < end; {
		switch data[at] {
		case endOfList:
			return
		case noOperation:
			at++
			continue
		}
		if at+2 > end {
			return
		}
		length := int(data[at+1])
		if length < 2 || at+length > end {
			return
		}
		switch data[at] {
		case recordRoute, loose, strict:
			slots(at+3, at+length, 4, 4, visit)
		case timestamp:
			if length >= 4 && (data[at+3]&0xf == 1 || data[at+3]&0xf == 3) {
				slots(at+4, at+length, 4, 8, visit)
			}
		}
		at += length
	}
}

// slots visits addresses of the given length, one every step bytes, as far as they
// fit whole between from and to.
func slots(from, to, length, step int, visit func(at int)) {
	for ; from+length <= to; from += step {
		visit(from)
	}
}

// Extensions calls visit for every IPv6 extension header in the order in which they
// stand: its number, where it begins, and its length, which lies within the captured
// bytes. An IPv4 packet has none. data are the packet's captured bytes.
func (l *Layout) Extensions(data []byte, visit func(number uint8, at, length int)) {
	if l.flags&version6 == 0 {
		return
	}
	next, end := data[l.network+6], int(l.transport)
	for at := int(l.network) + 40; at < end; {
		length := (int(data[at+1]) + 1) * 8
		switch next {
		case ExtFragment:
			length = 8
		case ExtAuthentication:
			length = (int(data[at+1]) + 2) * 4
		}
		visit(next, at, length)
		next = data[at]
		at += length
	}
}

func (l *Layout) extensionAddresses(data []byte, visit func(at int)) {
	l.Extensions(data, func(number uint8, at, length int) {
		switch to := at + length; number {
		case ExtRouting:
			switch data[at+2] {
			case 0, 2:
				slots(at+8, to, 16, 16, visit)
			case 4:
				slots(at+8, min(to, at+8+16*(int(data[at+4])+1)), 16, 16, visit)
			}
		case ExtDestination, ExtHopByHop:
			homeAddresses(data, at+2, to, visit)
		}
	})
}

// homeAddresses walks the options between from and to.
func homeAddresses(data []byte, from, to int, visit func(at int)) {
	const padOne, homeAddress = 0, 201
	for at := from; at < to; {
		if data[at] == padOne {
			at++
			continue
		}
		if at+2 > to {
			return
		}
		length := int(data[at+1])
		if at+2+length > to {
			return
		}
		if data[at] == homeAddress && length >= 16 {
			visit(at + 2)
		}
		at += 2 + length
	}
}

// Kinds of TCP options that hold numbers of the connection.
const (
	OptionSACK       = 5 // selective acknowledgement (RFC 2018): edges of 4 bytes
	OptionTimestamps = 8 // RFC 7323: TSval and TSecr, length 10
)

// TCPOptions calls visit for every option of a TCP header that is longer than one byte:
// its kind, where it begins, and its length, kind and length byte included. Options are
// read one by one up to the first that cannot be: kind 0, or a length below two or beyond
// the header. A UDP packet has none. data are the packet's captured bytes.
func (l *Layout) TCPOptions(data []byte, visit func(kind uint8, at, length int)) {
	const endOfList, noOperation = 0, 1
	end := l.Payload()
	for at := int(l.transport) + 20; at < end; {
		kind := data[at]
		if kind == noOperation {
			at++
			continue
		}
		if kind == endOfList || at+2 > end {
			return
		}
		length := int(data[at+1])
		if length < 2 || at+length > end {
			return
		}
		visit(kind, at, length)
		at += length
	}
}
