package traffic

// session is an open session: who talks, and how much is still to come.
type session struct {
	style  style
	proto  uint8
	v6     bool
	stamps bool // TCP timestamps in every segment, as most systems have them
	text   bool // what its payload is made of
	kept   bool // the default filter has kept a packet
	client uint32
	server uint32
	ports  [2]uint16 // client, server
	seq    [2]uint32
	total  int
	done   int
}

// segment is what a session sends next.
type segment struct {
	back    bool // from the server
	flags   uint8
	payload int  // bytes
	options bool // the long header of a SYN
}

const (
	fin = 1 << iota
	syn
	_
	psh
	ack
)

const fullSegment = 1448 // bytes: 1500 less IP, TCP and timestamps

// open starts session number n. The number is spread over client addresses and
// ports without repeating one, so five-tuples are unique.
func (s *shape) start(r *random, n uint64) session {
	who := uint32(n*0x9e3779b1) & (1<<28 - 1) // an odd factor: a permutation of 28 bits
	x := session{
		style: s.pick(r), proto: 6, v6: r.chance(s.v6), stamps: r.chance(40000), text: r.chance(32768),
		client: who >> 15, server: uint32(mix(uint64(r.below(1 << r.between(2, 13))))),
		ports: [2]uint16{32768 + uint16(who&0x7fff), 0}, seq: [2]uint32{uint32(r.next()), uint32(r.next())},
		total: r.pareto(s.least, s.longer, s.doublings),
	}
	switch x.style {
	case stream, voice:
		x.proto = 17
		x.ports[1] = []uint16{443, 3478, 17500}[r.below(3)]
	case lookup:
		x.proto, x.ports[1], x.total = 17, 53, 2
	case background:
		x.proto, x.ports[1] = 17, []uint16{123, 5353, 1900, 67}[r.below(4)]
		x.total = r.between(1, 4)
	case tiny:
		if r.chance(40000) {
			x.proto = 17
		}
		x.ports[1] = uint16(r.between(6000, 30000))
	default:
		x.ports[1] = []uint16{443, 443, 443, 80, 993, 5222, 8080, 22}[r.below(8)]
	}
	return x
}

// next is what the session sends after what it has sent.
func (x *session) next(r *random) segment {
	i, last := x.done, x.total-x.done
	if x.proto == 17 {
		return x.datagram(r, i)
	}
	if x.style == tiny {
		return x.tinySegment(r, i)
	}
	switch {
	case i == 0:
		return segment{flags: syn, options: true}
	case i == 1:
		return segment{back: true, flags: syn | ack, options: true}
	case i == 2:
		return segment{flags: ack}
	case last == 2:
		return segment{flags: fin | ack}
	case last == 1:
		return segment{back: true, flags: fin | ack}
	case i == 3:
		return segment{flags: psh | ack, payload: r.between(80, 600)}
	}
	switch x.style {
	case transfer:
		if r.chance(4550) {
			return segment{flags: ack}
		}
		return segment{back: true, flags: ack, payload: fullSegment}
	case talk:
		if i%3 == 0 {
			return segment{back: r.chance(32768), flags: ack}
		}
		return segment{back: i%3 == 1, flags: psh | ack, payload: r.pareto(24, 30000, 5)}
	default:
		data := segment{back: x.style == download, flags: ack, payload: fullSegment}
		if i%3 == 0 {
			return segment{back: !data.back, flags: ack}
		}
		if r.chance(9000) {
			data.flags, data.payload = psh|ack, r.between(1, fullSegment)
		}
		return data
	}
}

func (x *session) datagram(r *random, i int) segment {
	switch x.style {
	case stream:
		if i == 0 || r.chance(16000) {
			return segment{payload: r.between(33, 90)}
		}
		return segment{back: true, payload: 1250 - r.below(2)*r.below(600)}
	case voice:
		return segment{back: i%2 == 1, payload: 172}
	case lookup:
		return segment{back: i == 1, payload: r.between(28, 60) + i*r.between(16, 140)}
	case background:
		return segment{payload: r.between(48, 300)}
	default:
		return segment{back: i%2 == 1, payload: r.between(12, 96)}
	}
}

// tinySegment: a session of one packet is a scan now and then, else data at
// once, as captures show that began in the middle.
func (x *session) tinySegment(r *random, i int) segment {
	switch {
	case x.total == 1 && r.chance(13000), x.total > 1 && i == 0:
		return segment{flags: syn, options: true}
	case i%4 == 3:
		return segment{back: true, flags: ack}
	default:
		return segment{back: i%2 == 0, flags: psh | ack, payload: r.between(4, 64)}
	}
}

// keeps reports whether the default filter keeps the segment.
func (x *session) keeps(g segment) bool {
	return x.style != lookup && x.style != background && (x.proto == 17 || g.payload > 0)
}
