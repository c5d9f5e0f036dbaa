package represent

import (
	"encoding/binary"
	"math"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mask"
)

// Placer is a Form that can say where the packets of its samples stand.
type Placer interface {
	Form
	// Places reports whether it must be said: whether the policy hides what a walk from
	// packet to packet needs. Otherwise AppendPlaces appends nothing.
	Places() bool
	// AppendPlaces appends, little-endian, the number of packets that reach into the sample
	// (2 bytes), then for each the lengths of what it contributed: link header, IP header,
	// transport header, payload (2 bytes each, 65535 if longer), IP version, protocol.
	AppendPlaces(dst, state []byte) []byte
}

// entryLen is the length of a packet's entry.
const entryLen = 10

func (f *firstBytes) Places() bool { return f.places }

// placeLen is how many bytes stand before a chunk.
func (f *firstBytes) placeLen() int {
	if f.places {
		return entryLen
	}
	return 0
}

func (f *firstBytes) AppendPlaces(dst, state []byte) []byte {
	if !f.places {
		return dst
	}
	state = trusted(f, state)
	at := len(dst)
	dst = append(dst, 0, 0)
	n := 0
	for b := body(state); len(b) > 0 && n < math.MaxUint16; n++ {
		dst = append(dst, b[:entryLen]...)
		_, b = f.chunks.next(b[entryLen:])
	}
	binary.LittleEndian.PutUint16(dst[at:], uint16(n))
	return dst
}

// appendPlace appends the entry of a packet that contributes what the masker says.
func appendPlace(state []byte, l *header.Layout, m *mask.Masker) []byte {
	link, network, transport := l.Network()-m.Start(l), l.Transport()-l.Network(), l.Payload()-l.Transport()
	payload := l.End() - l.Payload()
	if whole := m.Len(l); whole != link+network+transport+payload {
		// Addresses are cut out, or a UDP header is padded.
		if m.IP == mask.Remove {
			_, length := l.Addresses()
			network -= 2 * length
		}
		transport = whole - link - network - payload
	}
	for _, n := range [...]int{link, network, transport, payload} {
		state = binary.LittleEndian.AppendUint16(state, uint16(min(n, math.MaxUint16)))
	}
	version, proto := byte(4), byte(header.TCP)
	if l.IsIPv6() {
		version = 6
	}
	if l.IsUDP() {
		proto = header.UDP
	}
	return append(state, version, proto)
}
