package testcap

import "math/rand/v2"

// damage is one thing that is wrong with a packet's headers. Each leaves the addresses where they belong, so that what must not
// appear in an output stays known.
type damage uint8

const (
	noDamage    damage = iota
	badVersion         // IP version nibble 5
	badIHL             // IPv4 header length 4; IPv6: payload length shorter than the headers
	hugeIHL            // IPv4 header length beyond the packet's headers; IPv6: an extension header that runs past the end
	shortTotal         // total (or payload) length too short for the transport header
	longTotal          // total length beyond the captured bytes: legal, as a snapped packet
	badOffset          // TCP data offset 4
	hugeOffset         // TCP data offset 15
	otherProto         // a protocol that is not TCP or UDP
	cutLink            // captured bytes end inside the link header
	cutIP              // or inside the IP header
	noBytes            // or before the first byte
	unknownLink        // a link type that nobody reads
	lastDamage
)

const damages = lastDamage - 1

// packet builds one packet of the script.
func (s script) packet(st step, from, to end) Packet {
	layers, _ := LinkVariant(s.link, s.variant, from.mac, to.mac)
	outside := len(Build(append(append([]Layer{}, layers...), s.outer...)...))
	layers = append(layers, s.outer...)
	if s.v6 {
		layers = append(layers, s.ip6(st, from, to)...)
	} else {
		layers = append(layers, s.ip4(st, from, to))
	}
	if st.fragment == 2 {
		layers = append(layers, Payload(st.payload))
	} else {
		layers = append(layers, s.transport(st, from, to), Payload(st.payload))
	}
	if s.link != NFLOG { // its TLVs leave no room for link padding
		layers = append(layers, Trailer(st.trailer))
	}
	p := Packet{LinkType: s.link, Data: Build(layers...)}
	p.OrigLen = uint32(len(p.Data))
	switch st.damage {
	case cutLink:
		p = p.Snap(max(0, outside-1))
	case cutIP:
		p = p.Snap(outside + 11) // before the addresses of IPv4
	case noBytes:
		p = p.Snap(0)
	case unknownLink:
		p.LinkType = USBLinux
	}
	if st.snap >= 0 {
		p = p.Snap(st.snap)
	}
	flip(p.Data, st)
	return p
}

func flip(b []byte, st step) {
	r := rand.New(rand.NewPCG(st.flipState, 1))
	for range st.flip {
		if len(b) > 0 {
			b[r.IntN(min(len(b), 80))] ^= byte(1 << r.IntN(8))
		}
	}
}

func (s script) protocol() uint8 {
	if s.udp {
		return 17
	}
	return 6
}

func (s script) ip4(st step, from, to end) IPv4 {
	ip := IPv4{Src: from.addr, Dst: to.addr, Options: s.ipOptions, ID: 0x1234, Proto: U8(s.protocol())}
	headers := uint16(20 + len(s.ipOptions))
	switch st.fragment {
	case 1:
		ip.MoreFragments = true
	case 2:
		ip.FragOffset = 8
	}
	if st.noLength {
		ip.Length = U16(0)
	}
	switch st.damage {
	case badVersion:
		ip.Version = U8(5)
	case badIHL:
		ip.IHL = U8(4)
	case hugeIHL:
		ip.IHL = U8(15)
	case shortTotal:
		ip.Length = U16(headers + 7)
	case longTotal:
		ip.Length = U16(60000)
	case otherProto:
		ip.Proto = U8(132)
	}
	return ip
}

func (s script) ip6(st step, from, to end) []Layer {
	ip := IPv6{Src: from.addr, Dst: to.addr}
	ext := append([]Layer{}, s.ext...)
	switch st.fragment {
	case 1:
		ext = append(ext, Frag6{More: true, ID: 7})
	case 2:
		ext = append(ext, Frag6{Offset: 8, ID: 7, NextHeader: U8(s.protocol())})
	}
	if st.noLength {
		ip.Length = U16(0)
	}
	switch st.damage {
	case badVersion:
		ip.Version = U8(5)
	case badIHL, shortTotal:
		ip.Length = U16(7)
	case hugeIHL:
		ext = append(ext, Ext{Kind: 60, Length: U8(127)})
	case longTotal:
		ip.Length = U16(60000)
	case otherProto:
		ext = append(ext, Ext{Kind: 60, NextHeader: U8(132)})
	}
	return append([]Layer{ip}, ext...)
}

func (s script) transport(st step, from, to end) Layer {
	if s.udp {
		return UDP{SrcPort: from.port, DstPort: to.port}
	}
	t := TCP{SrcPort: from.port, DstPort: to.port, Seq: st.seq, Options: st.options}
	switch st.damage {
	case badOffset:
		t.DataOffset = U8(4)
	case hugeOffset:
		t.DataOffset = U8(15)
	}
	return t
}
