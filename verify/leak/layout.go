package leak

import (
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mask"
)

// layout says which bytes a packet contributes to its session and which header
// fields they are, under a policy. It is written from the specification (parts 5
// and 11) and shares no code with the mask that it is to judge: of package mask it
// takes the words only.
type layout struct {
	mask.Policy
}

// segment is one packet's part of a session. Offsets are in bytes of the packet,
// but for at.
type segment struct {
	at                                      int32 // of its first byte in the session
	start, network, transport, payload, end int32
	version, proto                          uint8
	ether                                   bool    // it begins with an Ethernet header
	macs, options                           []int32 // addresses in an inner frame, and in options; few packets have any
	spots                                   []spot  // what --mask acts on
}

// udpPad is what --udp-pad inserts: TCP's 20 bytes less UDP's 8.
const udpPad = 12

func (l *layout) segment(data []byte, h *header.Stack, at int) segment {
	g := segment{
		at: int32(at), start: int32(h.Network), network: int32(h.Network), transport: int32(h.Transport),
		payload: int32(h.Payload), end: int32(h.End), version: h.Version, proto: h.Proto,
	}
	switch {
	case l.Content == mask.Payload:
		g.start = g.payload
	case l.Fields[mask.PayloadBytes] == mask.Remove:
		g.end = g.payload
	}
	switch {
	case l.Content == mask.Payload:
	case h.Link == header.LinkTypeEthernet && l.MAC != mask.Remove:
		g.start, g.ether = 0, true
		h.Link.Addresses(data, func(at, length int) {
			if at >= 12 && at+length <= h.Network {
				g.macs = append(g.macs, int32(at))
			}
		})
	}
	if l.Content == mask.Packet && l.Fields[mask.IPOptions] == mask.Keep {
		g.options = optionAddresses(data, g.version, g.network, g.transport)
	}
	return g
}

// addresses is where the two IP addresses stand in the packet, and how long each
// is.
func (g *segment) addresses() (at, length int32) {
	if g.version == 4 {
		return g.network + 12, 4
	}
	return g.network + 8, 16
}

func (l *layout) pads(g *segment) bool {
	return l.UDPPad && l.Content == mask.Packet && g.proto == header.UDP
}

// to is where in the session byte o of the packet stands. o must not be cut out.
func (l *layout) to(g *segment, o int32) int {
	x := g.at + o - g.start
	if at, length := g.addresses(); l.Content == mask.Packet && l.IP == mask.Remove && o >= at+2*length {
		x -= 2 * length
	}
	if l.pads(g) && o >= g.payload {
		x += udpPad
	}
	return int(x)
}

// original appends what the packet contributes, with the original bytes in all
// fields that are not cut out.
func (l *layout) original(dst, data []byte, g *segment) []byte {
	if l.Content == mask.Payload {
		return append(dst, data[g.start:g.end]...)
	}
	from := g.start
	if l.IP == mask.Remove {
		at, length := g.addresses()
		dst = append(dst, data[from:at]...)
		from = at + 2*length
	}
	dst = append(dst, data[from:g.payload]...)
	if l.pads(g) {
		dst = append(dst, make([]byte, udpPad)...)
	}
	return append(dst, data[g.payload:g.end]...)
}

// field is a header field that a mask acts on. at is in bytes of the session.
type field struct {
	kind   Kind
	at     int
	length int
	action mask.Action
	bits   byte   // of one byte; 0: all of all bytes
	want   uint32 // Relative: what must stand there
}

// fields appends the fields of a packet that stand in its session, in order.
func (l *layout) fields(out []field, g *segment) []field {
	for _, s := range g.spots {
		out = append(out, field{Masked, l.to(g, s.at), int(s.length), s.action, s.bits, s.want})
	}
	if l.Content == mask.Payload {
		return out
	}
	add := func(kind Kind, at, length int, action mask.Action) {
		out = append(out, field{kind: kind, at: at, length: length, action: action})
	}
	if g.ether {
		add(MAC, int(g.at), 6, l.MAC)
		add(MAC, int(g.at)+6, 6, l.MAC)
		for _, at := range g.macs {
			add(MAC, l.to(g, at), 6, l.MAC)
		}
	}
	if g.version == 4 {
		add(Checksum, l.to(g, g.network+10), 2, l.Checksums)
	}
	kind, action := IPv4, l.IP
	if g.version == 6 {
		kind = IPv6
	}
	at, length := g.addresses()
	if l.IP == mask.Remove { // cuts out these two, and zeroes others in place
		action = mask.Zero
	} else {
		add(kind, l.to(g, at), int(length), l.IP)
		add(kind, l.to(g, at+length), int(length), l.IP)
	}
	for _, at := range g.options {
		add(kind, l.to(g, at), int(length), action)
	}
	add(Ports, l.to(g, g.transport), 4, l.Ports)
	checksum := g.transport + 6
	if g.proto == header.TCP {
		checksum = g.transport + 16
	}
	add(Checksum, l.to(g, checksum), 2, l.Checksums)
	return out
}
