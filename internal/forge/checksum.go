package forge

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/header"
)

// checksums puts the checksums of f.out right by what changed against data.
func (f *Forger) checksums(data []byte, l *header.Layout) {
	ip, transport, payload := l.Network(), l.Transport(), l.Payload()
	if !l.IsIPv6() {
		update(f.out[ip+10:], sum(0, data[ip:transport]), sum(0, f.out[ip:transport]))
	}
	source, destination, length := ends(data, l)
	covered := func(b []byte) uint64 {
		s := sum(0, b[source:source+length])
		s = sum(s, b[destination:destination+length])
		return sum(s, b[transport:payload])
	}
	if !l.IsUDP() {
		update(f.out[transport+16:], covered(data), covered(f.out))
		return
	}
	if at := f.out[transport+6:]; binary.BigEndian.Uint16(at) != 0 {
		update(at, covered(data), covered(f.out))
		if binary.BigEndian.Uint16(at) == 0 { // would say that there is none (RFC 768)
			binary.BigEndian.PutUint16(at, 0xffff)
		}
	}
}

// sum adds the 16-bit words of b, whose length is even, to a sum.
func sum(s uint64, b []byte) uint64 {
	for ; len(b) >= 2; b = b[2:] {
		s += uint64(binary.BigEndian.Uint16(b))
	}
	return s
}

// update changes a checksum as its words changed (RFC 1624, equation 3). Both sums may
// have the checksum itself in them, as it was before.
func update(at []byte, before, after uint64) {
	if before == after {
		return
	}
	s := uint64(^binary.BigEndian.Uint16(at)) + uint64(^fold(before)) + after
	binary.BigEndian.PutUint16(at, ^fold(s))
}

// fold adds the carries of a sum to its lower 16 bits.
func fold(s uint64) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

// ends is where the addresses stand that a transport checksum covers, each length bytes
// long: those of the IP header, or the packet's last destination where a route is not at its
// end (RFC 791, RFC 8200, RFC 8754), and its home address (RFC 6275).
func ends(data []byte, l *header.Layout) (source, destination, length int) {
	source, length = l.Addresses()
	destination = source + length
	if !l.HasOptions() {
		return source, destination, length
	}
	if !l.IsIPv6() {
		return source, lastHop(data, l, destination), length
	}
	l.Extensions(data, func(number uint8, at, size int) {
		switch {
		case number == header.ExtRouting && data[at+3] > 0: // segments left
			switch slots := (size - 8) / 16; {
			case slots == 0:
			case data[at+2] == 0 || data[at+2] == 2:
				destination = at + 8 + 16*(slots-1)
			case data[at+2] == 4:
				destination = at + 8
			}
		case number == header.ExtDestination:
			home(data, at+2, at+size, func(at int) { source = at })
		}
	})
	return source, destination, length
}

// lastHop is where the last address of a source route stands whose pointer is not behind
// it; else the header's destination.
func lastHop(data []byte, l *header.Layout, destination int) int {
	end := l.Transport()
	for at := l.Network() + 20; at < end && data[at] != 0; {
		if data[at] == 1 {
			at++
			continue
		}
		if at+2 > end {
			break
		}
		length := int(data[at+1])
		if length < 2 || at+length > end {
			break
		}
		if slots := (length - 3) / 4; (data[at] == 131 || data[at] == 137) && slots > 0 && int(data[at+2]) <= length {
			destination = at + 3 + 4*(slots-1)
		}
		at += length
	}
	return destination
}

// home visits the home-address option between two offsets.
func home(data []byte, from, to int, visit func(at int)) {
	for at := from; at < to; {
		if data[at] == 0 {
			at++
			continue
		}
		if at+2 > to || at+2+int(data[at+1]) > to {
			return
		}
		if data[at] == 201 && data[at+1] >= 16 {
			visit(at + 2)
		}
		at += 2 + int(data[at+1])
	}
}
