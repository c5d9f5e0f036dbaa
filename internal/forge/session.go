package forge

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/header"
)

// line is what is known of a session: made when a packet needs it, and kept while no other
// session of the cache takes its place. Zero numbers are not known yet: none is 0.
type line struct {
	key        key
	id         uint16
	ttl        [2]uint8 // by d
	seq, stamp [2]uint32
	ends       [2][16]byte    // pseudonyms of the addresses, by the direction of which they are the source
	link, as   [2][2 * 6]byte // by d: link addresses of the packet before, and their pseudonyms
	known      uint8          // bits of what follows
}

const (
	knownLink = 1 << iota // by d
	_
	knownEnds
)

// key tells sessions apart as S does, in words: lower endpoint, higher endpoint, and what is
// no address.
type key [5]uint64

const cacheLines = 1 << 12

// lineOf is the line of a packet's session.
func (f *Forger) lineOf(data []byte, l *header.Layout) *line {
	k := keyOf(data, l)
	sum := uint64(0)
	for _, word := range k {
		sum = (sum ^ word) * 0x9e3779b97f4a7c15
		sum ^= sum >> 32
	}
	if f.cache == nil {
		f.cache = make([]line, cacheLines)
	}
	x := &f.cache[sum%cacheLines]
	if x.key != k {
		*x = line{key: k}
	}
	return x
}

func keyOf(data []byte, l *header.Layout) (k key) {
	at, length := l.Addresses()
	ports := binary.BigEndian.Uint32(data[l.Transport():])
	if !l.FromLower() {
		ports = ports<<16 | ports>>16
	}
	k[4] = uint64(ports)<<16 | 4<<8 // no key of a packet is zero
	if l.IsUDP() {
		k[4] |= 1
	}
	if length == 4 {
		k[0], k[2] = uint64(binary.BigEndian.Uint32(data[at:])), uint64(binary.BigEndian.Uint32(data[at+4:]))
	} else {
		k[4] |= 6 << 8
		for i := range 4 {
			k[i] = binary.BigEndian.Uint64(data[at+8*i:])
		}
	}
	if !l.FromLower() {
		k[0], k[1], k[2], k[3] = k[2], k[3], k[0], k[1]
	}
	return k
}

// number is n of one of a session's numbers: that of the session, or with d of 0 and 1 of a
// direction.
func (f *Forger) number(name string, data []byte, l *header.Layout, d int, m uint64) uint64 {
	var s [2 + 2*18 + 1]byte
	n := tuple((*[2 + 2*18]byte)(s[:]), data, l)
	if d >= 0 {
		s[n] = byte(d)
		n++
	}
	return f.n(name, s[:n], m)
}

func (f *Forger) id(x *line, data []byte, l *header.Layout) uint64 {
	if x.id == 0 {
		x.id = uint16(f.number("ip.id", data, l, -1, 65534))
	}
	return uint64(x.id)
}

func (f *Forger) ttl(x *line, data []byte, l *header.Layout, d int) uint64 {
	if x.ttl[d] == 0 {
		x.ttl[d] = uint8(f.number("ip.ttl", data, l, d, 254))
	}
	return uint64(x.ttl[d])
}

func (f *Forger) seq(x *line, data []byte, l *header.Layout, d int) uint32 {
	if x.seq[d] == 0 {
		x.seq[d] = uint32(f.number("tcp.seq", data, l, d, 1<<32-1))
	}
	return x.seq[d]
}

func (f *Forger) stamp(x *line, data []byte, l *header.Layout, d int) uint32 {
	if x.stamp[d] == 0 {
		x.stamp[d] = uint32(f.number("tcp.timestamps", data, l, d, 1<<32-1))
	}
	return x.stamp[d]
}

// tuple writes S and returns its length.
func tuple(b *[2 + 2*18]byte, data []byte, l *header.Layout) int {
	b[0], b[1] = 4, header.TCP
	if l.IsIPv6() {
		b[0] = 6
	}
	if l.IsUDP() {
		b[1] = header.UDP
	}
	at, length := l.Addresses()
	low, high := b[2:2+length+2], b[2+length+2:2+2*(length+2)]
	if !l.FromLower() {
		low, high = high, low
	}
	copy(low, data[at:at+length])
	copy(low[length:], data[l.Transport():l.Transport()+2])
	copy(high, data[at+length:at+2*length])
	copy(high[length:], data[l.Transport()+2:l.Transport()+4])
	return 2 + 2*(length+2)
}

// addresses rewrites the addresses of the IP header.
func (f *Forger) addresses(x *line, l *header.Layout, d int) {
	at, length := l.Addresses()
	if x.known&knownEnds == 0 {
		x.known |= knownEnds
		f.address(at, length)
		f.address(at+length, length)
		copy(x.ends[d][:], f.out[at:at+length])
		copy(x.ends[1-d][:], f.out[at+length:at+2*length])
		return
	}
	if length == 4 {
		copy(f.out[at:at+4], x.ends[d][:4])
		copy(f.out[at+4:at+8], x.ends[1-d][:4])
		return
	}
	copy(f.out[at:at+16], x.ends[d][:])
	copy(f.out[at+16:at+32], x.ends[1-d][:])
}

// ethernet rewrites the addresses of an Ethernet header. The packets of a session in one
// direction mostly have the same two.
func (f *Forger) ethernet(x *line, d int) {
	b := (*[2 * 6]byte)(f.out)
	if x.known>>d&knownLink != 0 && x.link[d] == *b {
		*b = x.as[d]
		return
	}
	x.link[d], x.known = *b, x.known|knownLink<<d
	f.linkAddress(0, 6)
	f.linkAddress(6, 6)
	x.as[d] = *b
}
