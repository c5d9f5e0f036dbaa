package loops

import "github.com/gopacket/gopacket/layers"

// sampleLen is what of a session is kept, in bytes.
const sampleLen = 784

// packet is what a loop has found: one of each pair, or nothing.
type packet struct {
	ip4 *layers.IPv4
	ip6 *layers.IPv6
	tcp *layers.TCP
	udp *layers.UDP
}

// key is a five-tuple with its endpoints in order.
type key struct {
	low, high endpoint
	version   uint8
	proto     uint8
}

type endpoint struct {
	addr [16]byte
	port uint16
}

func (e *endpoint) above(o *endpoint) bool {
	if e.addr != o.addr {
		for i := range e.addr {
			if e.addr[i] != o.addr[i] {
				return e.addr[i] > o.addr[i]
			}
		}
	}
	return e.port > o.port
}

// session is the masked beginning of a session, with zeros behind.
type session struct {
	sample [sampleLen]byte
	filled int
	bytes  int64
}

type table struct {
	index map[key]*session
	order []*session // by first kept packet
}

func newTable() *table { return &table{index: map[key]*session{}} }

// add drops the packet or adds it to its session.
func (t *table) add(p *packet) {
	if p.tcp == nil && p.udp == nil || p.ip4 == nil && p.ip6 == nil || p.dropped() {
		return
	}
	k := p.key()
	s, ok := t.index[k]
	if !ok {
		s = &session{}
		t.index[k] = s
		t.order = append(t.order, s)
	}
	p.contribute(s)
}

// dropped is the default of --drop.
func (p *packet) dropped() bool {
	if p.tcp != nil {
		return p.tcp.SrcPort == 53 || p.tcp.DstPort == 53 || len(p.tcp.Payload) == 0
	}
	return p.udp.SrcPort == 53 || p.udp.DstPort == 53 || background(p.udp.SrcPort) || background(p.udp.DstPort)
}

func background(port layers.UDPPort) bool {
	switch port {
	case 67, 68, 123, 137, 138, 546, 547, 1900, 3702, 5353, 5355:
		return true
	}
	return false
}

func (p *packet) key() key {
	k := key{version: 4, proto: 17}
	if p.ip4 != nil {
		copy(k.low.addr[:], p.ip4.SrcIP)
		copy(k.high.addr[:], p.ip4.DstIP)
	} else {
		k.version = 6
		copy(k.low.addr[:], p.ip6.SrcIP)
		copy(k.high.addr[:], p.ip6.DstIP)
	}
	if p.tcp != nil {
		k.proto = 6
		k.low.port, k.high.port = uint16(p.tcp.SrcPort), uint16(p.tcp.DstPort)
	} else {
		k.low.port, k.high.port = uint16(p.udp.SrcPort), uint16(p.udp.DstPort)
	}
	if k.low.above(&k.high) {
		k.low, k.high = k.high, k.low
	}
	return k
}

// contribute adds the masked bytes from the IP header to the packet's end, as
// far as there is room, header by header.
func (p *packet) contribute(s *session) {
	start := s.filled
	var length int
	if p.ip4 != nil {
		length = s.put(p.ip4.Contents)
		s.zero(start+10, 2)
		s.zero(start+12, 8)
	} else {
		length = s.put(p.ip6.Contents)
		s.zero(start+8, 32)
	}
	transport := start + length
	if p.tcp != nil {
		length += s.put(p.tcp.Contents)
		s.zero(transport, 4)
		s.zero(transport+16, 2)
		length += s.put(p.tcp.Payload)
	} else {
		length += s.put(p.udp.Contents)
		s.zero(transport, 4)
		s.zero(transport+6, 2)
		length += s.put(p.udp.Payload)
	}
	s.bytes += int64(length)
}

func (s *session) put(b []byte) int {
	s.filled += copy(s.sample[s.filled:], b)
	return len(b)
}

func (s *session) zero(at, length int) {
	if at < sampleLen {
		clear(s.sample[at:min(at+length, sampleLen)])
	}
}
