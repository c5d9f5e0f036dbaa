package header

// Layout says where the headers of a packet stand, in 28 bytes: all that masks
// and forms need of it. It is what travels with a packet once its key is taken.
// Stack.Layout makes one; there is no way back. The ports are not in it: they
// belong to the key.
//
// Offsets are in bytes from the start of the captured bytes. The zero Layout is
// that of no packet: all its offsets are 0.
type Layout struct {
	timeHigh  uint32 // halves, so that a Layout needs no padding
	timeLow   uint32
	network   uint32
	transport uint32
	end       uint32
	wire      uint32 // payload on the wire
	headerLen uint8  // of the transport header
	flags     uint8
}

const (
	up        = 1 << iota // from the lower endpoint to the higher one
	version6              // else IPv4
	udp                   // else TCP
	ethernet              // begins with an Ethernet header
	innerMACs             // MAC addresses behind the link header
	dns                   // Stack.IsDNS
)

// Layout returns the layout of a packet, given its time in nanoseconds since 1970
// and whether it goes from the lower endpoint of its session to the higher one.
// Unless s is what Decode made of the packet, with Reason OK, the result is the
// zero Layout.
func (s *Stack) Layout(time int64, fromLower bool) (l Layout) {
	s.SetLayout(&l, time, fromLower)
	return l
}

// SetLayout is Layout in place: what is written field by field need not be loaded again.
func (s *Stack) SetLayout(l *Layout, time int64, fromLower bool) {
	if s.Reason != OK {
		*l = Layout{}
		return
	}
	flags := s.flags
	if fromLower {
		flags |= up
	}
	if s.IsDNS() {
		flags |= dns
	}
	l.timeHigh, l.timeLow = uint32(uint64(time)>>32), uint32(time)
	l.network, l.transport, l.end = uint32(s.Network), uint32(s.Transport), uint32(s.End)
	l.wire, l.headerLen, l.flags = uint32(s.PayloadLen), uint8(s.Payload-s.Transport), flags
}

// Network is the offset of the IP header.
func (l *Layout) Network() int { return int(l.network) }

// Transport is the offset of the TCP or UDP header.
func (l *Layout) Transport() int { return int(l.transport) }

// Payload is the offset of the first byte behind the transport header.
func (l *Layout) Payload() int { return int(l.transport) + int(l.headerLen) }

// End is the offset of the first byte behind the packet: Payload <= End, and the
// bytes up to it were captured.
func (l *Layout) End() int { return int(l.end) }

// PayloadLen is the length of the payload on the wire; a snapped packet has
// captured less of it.
func (l *Layout) PayloadLen() int { return int(l.wire) }

// Time is the packet's time in nanoseconds since 1970.
func (l *Layout) Time() int64 { return int64(uint64(l.timeHigh)<<32 | uint64(l.timeLow)) }

// FromLower reports whether the packet goes from the lower endpoint of its session
// to the higher one.
func (l *Layout) FromLower() bool { return l.flags&up != 0 }

// IsIPv6 reports whether the packet is IPv6, not IPv4.
func (l *Layout) IsIPv6() bool { return l.flags&version6 != 0 }

// IsUDP reports whether the packet is UDP, not TCP.
func (l *Layout) IsUDP() bool { return l.flags&udp != 0 }

// IsEthernet reports whether the packet begins with an Ethernet header. Inside of
// other link headers (PPI, ERF, ...) it does not.
func (l *Layout) IsEthernet() bool { return l.flags&ethernet != 0 }

// IsDNS is what Stack.IsDNS said, and stays so whatever is written over the ports.
func (l *Layout) IsDNS() bool { return l.flags&dns != 0 }

// Addresses is where the source and, behind it, the destination address of the IP
// header stand, and how long each is.
func (l *Layout) Addresses() (at, length int) {
	if l.flags&version6 != 0 {
		return int(l.network) + 8, 16
	}
	return int(l.network) + 12, 4
}

// InnerMACs calls visit for every MAC address, 6 bytes at the given offset, that
// stands behind the Ethernet header in an inner frame (PBB). Few packets have any.
func (l *Layout) InnerMACs(data []byte, visit func(at int)) {
	if l.flags&(ethernet|innerMACs) == ethernet|innerMACs {
		tagAddresses(data, be16(data, 12), 14, func(at, _ int) { visit(at) })
	}
}
