package traffic

import "encoding/binary"

const maxFrame = 1514

// frame writes the Ethernet frame of a segment to the maker's buffer and
// returns it.
func (m *maker) frame(x *session, g segment) []byte {
	b := m.buf[:maxFrame]
	from := 0
	if g.back {
		from = 1
	}
	at := m.ethernet(b, x, from)
	transport := 8
	if x.proto == 6 {
		transport = m.tcpLen(x, g)
	}
	payload := g.payload
	at = m.network(b, at, x, from, transport, &payload)
	if x.proto == 6 {
		m.tcp(b[at:], x, g, from, transport)
		x.seq[from] += uint32(payload)
	} else {
		m.ports(b[at:], x, from)
		binary.BigEndian.PutUint16(b[at+4:], uint16(8+payload))
		binary.BigEndian.PutUint16(b[at+6:], m.checksum())
	}
	at += transport
	if m.shape.real {
		m.fillReal(b[at:at+payload], x)
	} else {
		m.fill(b[at:at+payload], x.text)
	}
	return pad(b, at+payload)
}

// pad fills up to the 60 bytes that an Ethernet frame has at least.
func pad(b []byte, n int) []byte {
	if n < 60 {
		clear(b[n:60])
		n = 60
	}
	return b[:n]
}

func (m *maker) ethernet(b []byte, x *session, from int) int {
	client, server := uint64(0x02_00_00_00_00_00)|uint64(x.client), uint64(0x02_11_22_33_44_55)
	if from == 1 {
		client, server = server, client
	}
	put48(b[0:], server)
	put48(b[6:], client)
	et := uint16(0x0800)
	if x.v6 {
		et = 0x86dd
	}
	binary.BigEndian.PutUint16(b[12:], et)
	return 14
}

func put48(b []byte, v uint64) {
	binary.BigEndian.PutUint16(b, uint16(v>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(v))
}

// network writes the IP header and cuts the payload to what fits a frame.
func (m *maker) network(b []byte, at int, x *session, from, transport int, payload *int) int {
	length := 20
	if x.v6 {
		length = 40
	}
	*payload = min(*payload, maxFrame-at-length-transport)
	rest := transport + *payload
	ip := b[at : at+length]
	if x.v6 {
		binary.BigEndian.PutUint32(ip, 0x60000000)
		binary.BigEndian.PutUint16(ip[4:], uint16(rest))
		ip[6], ip[7] = x.proto, 64
		m.address6(ip[8+16*from:], x.client, false)
		m.address6(ip[24-16*from:], x.server, true)
		return at + length
	}
	m.id++
	binary.BigEndian.PutUint16(ip, 0x4500)
	binary.BigEndian.PutUint16(ip[2:], uint16(length+rest))
	binary.BigEndian.PutUint16(ip[4:], m.id)
	binary.BigEndian.PutUint16(ip[6:], 0x4000)
	ip[8], ip[9] = 64, x.proto
	binary.BigEndian.PutUint16(ip[10:], m.checksum())
	binary.BigEndian.PutUint32(ip[12+4*from:], 10<<24|x.client)
	binary.BigEndian.PutUint32(ip[16-4*from:], 198<<24|x.server>>8)
	return at + length
}

// address6 is of the documentation prefix, 2001:db8::/32.
func (m *maker) address6(b []byte, host uint32, server bool) {
	binary.BigEndian.PutUint64(b, 0x20010db8_00000000)
	if server {
		b[7] = 1
	}
	binary.BigEndian.PutUint64(b[8:], mix(uint64(host)))
}

func (m *maker) tcpLen(x *session, g segment) int {
	switch {
	case g.options:
		return 40
	case x.stamps:
		return 32
	}
	return 20
}

func (m *maker) ports(b []byte, x *session, from int) {
	binary.BigEndian.PutUint16(b, x.ports[from])
	binary.BigEndian.PutUint16(b[2:], x.ports[1-from])
}

func (m *maker) tcp(b []byte, x *session, g segment, from, length int) {
	m.ports(b, x, from)
	binary.BigEndian.PutUint32(b[4:], x.seq[from])
	binary.BigEndian.PutUint32(b[8:], x.seq[1-from])
	b[12], b[13] = uint8(length/4)<<4, g.flags
	binary.BigEndian.PutUint16(b[14:], 0xfaf0)
	binary.BigEndian.PutUint16(b[16:], m.checksum())
	binary.BigEndian.PutUint16(b[18:], 0)
	o := b[20:length]
	switch length {
	case 40: // MSS, SACK permitted, timestamps, NOP, window scale
		copy(o, "\x02\x04\x05\xb4\x04\x02\x08\x0a")
		m.stamps(o[8:])
		copy(o[16:], "\x01\x03\x03\x07")
	case 32: // NOP, NOP, timestamps
		copy(o, "\x01\x01\x08\x0a")
		m.stamps(o[4:])
	}
}

func (m *maker) stamps(b []byte) {
	ms := uint32(m.time / 1e6)
	binary.BigEndian.PutUint32(b, ms)
	binary.BigEndian.PutUint32(b[4:], ms-20)
}

// noise is an ARP request or an ICMP echo: what no session is made of.
func (m *maker) noise() []byte {
	b := m.buf[:maxFrame]
	x := session{client: uint32(m.r.below(4096)), server: uint32(m.r.next()), proto: 1}
	at := m.ethernet(b, &x, 0)
	if m.r.chance(32768) {
		b[12], b[13] = 0x08, 0x06
		copy(b[at:], "\x00\x01\x08\x00\x06\x04\x00\x01")
		m.fill(b[at+8:at+28], false)
		return pad(b, at+28)
	}
	payload := 56
	at = m.network(b, at, &x, 0, 8, &payload)
	binary.BigEndian.PutUint64(b[at:], 0x0800<<48|m.r.next()>>16)
	m.fill(b[at+8:at+8+payload], true)
	return pad(b, at+8+payload)
}
