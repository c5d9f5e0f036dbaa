// Package testcap builds packets and capture files for tests, byte for byte and without a network.
//
// A packet is a list of layers, outermost first:
//
//	p := testcap.Packet{LinkType: testcap.Ethernet, Time: 1_000_000_000, Data: testcap.Build(
//		testcap.Eth{Src: macA, Dst: macB},
//		testcap.VLAN{ID: 7},
//		testcap.IPv4{Src: a, Dst: b},
//		testcap.TCP{SrcPort: 40000, DstPort: 443},
//		testcap.Payload("hello"),
//		testcap.Trailer(6), // link padding: outside every length field
//	)}
//
// Every field that follows from the layers inside (lengths, type fields, checksums, MPLS bottom of stack) is filled in. A field
// of pointer type overrides what would be filled in, so that a wrong value can be written on purpose: Length: testcap.U16(0).
//
// Files are values too: Pcap and NG describe a variant of the format and write it. Random makes whole captures from a seed and
// says which addresses, MACs and ports it used.
//
// The package writes what it is told to and never judges it: a frame may contradict itself, that is its use. It knows nothing
// of the product and imports none of its packages. All multi-byte fields of packets are in network byte order unless the link
// type says otherwise. Slices that functions return belong to the caller.
package testcap

import "encoding/binary"

// Link types as registered at tcpdump.org (LINKTYPE_ values), the ones that this package has a link layer for.
const (
	Null              = 0
	Ethernet          = 1
	SLIP              = 8
	PPP               = 9
	FDDI              = 10
	ATM11             = 11
	Raw12             = 12
	Raw14             = 14
	PPPHDLC           = 50
	PPPEther          = 51
	ATM               = 100
	Raw               = 101
	CHDLC             = 104
	Dot11             = 105
	FrameRelay        = 107
	Loop              = 108
	ENC               = 109
	LinuxSLL          = 113
	PFLOG             = 117
	Prism             = 119
	Radiotap          = 127
	ARCNET            = 129
	AVS               = 163
	PPPD              = 166
	PPI               = 192
	ERF               = 197
	PPPWithDir        = 204
	CHDLCWithDir      = 205
	FrameRelayWithDir = 206
	MPLSLink          = 219
	RawIPv4           = 228
	RawIPv6           = 229
	NFLOG             = 239
	NetAnalyzer       = 240
	NetTransparent    = 241
	IPoIB             = 242
	PKTAP             = 258
	LinuxSLL2         = 276
	BroadcomTag       = 281
	BroadcomPrepended = 282
	MarvellDSA        = 284
	MarvellEDSA       = 285
	USBLinux          = 189 // no link layer here: for packets of a link type that a reader does not support
)

// LinkTypes returns every link type that Link has a header for, in ascending order.
func LinkTypes() []uint16 {
	return []uint16{
		Null, Ethernet, SLIP, PPP, FDDI, ATM11, Raw12, Raw14, PPPHDLC, PPPEther, ATM, Raw, CHDLC, Dot11, FrameRelay, Loop, ENC, LinuxSLL,
		PFLOG, Prism, Radiotap, ARCNET, AVS, PPPD, PPI, ERF, PPPWithDir, CHDLCWithDir, FrameRelayWithDir, MPLSLink, RawIPv4, RawIPv6,
		NFLOG, NetAnalyzer, NetTransparent, IPoIB, PKTAP, LinuxSLL2, BroadcomTag, BroadcomPrepended, MarvellDSA, MarvellEDSA,
	}
}

// Packet is one record of a capture.
type Packet struct {
	Time     int64  // nanoseconds since the epoch, 0 or more; formats with coarser time cut it
	LinkType uint16 // LINKTYPE_ value
	Data     []byte // captured bytes
	OrigLen  uint32 // length on the wire; 0 means len(Data)
}

// Snap returns the packet cut to at most n captured bytes, its length on the wire unchanged.
func (p Packet) Snap(n int) Packet {
	p.OrigLen = p.original()
	if n < len(p.Data) {
		p.Data = p.Data[:n:n]
	}
	return p
}

func (p Packet) original() uint32 {
	if p.OrigLen == 0 {
		return uint32(len(p.Data))
	}
	return p.OrigLen
}

// Layer is one header (or payload) of a packet. The types of this package implement it.
type Layer interface {
	// build returns this layer followed by inner, the finished bytes of all layers inside it.
	build(c context, inner []byte) []byte
}

// context is what a layer may look at: all layers of the packet and its own place among them.
type context struct {
	layers []Layer
	at     int
}

// next returns the layer directly inside, nil for the innermost.
func (c context) next() Layer {
	for _, l := range c.layers[c.at+1:] {
		if _, ok := l.(Trailer); !ok {
			return l
		}
	}
	return nil
}

// ip returns the nearest IP layer outside, nil if there is none.
func (c context) ip() Layer {
	for i := c.at - 1; i >= 0; i-- {
		switch c.layers[i].(type) {
		case IPv4, IPv6:
			return c.layers[i]
		}
	}
	return nil
}

// Build returns the bytes of a packet made of the layers, outermost first. Trailers are put behind everything else, wherever
// in the list they stand.
func Build(layers ...Layer) []byte {
	var out, tail []byte
	for i := len(layers) - 1; i >= 0; i-- {
		if t, ok := layers[i].(Trailer); ok {
			tail = append(tail, t.bytes()...)
			continue
		}
		out = layers[i].build(context{layers, i}, out)
	}
	return append(out, tail...)
}

// Payload is bytes as they are.
type Payload []byte

func (p Payload) build(_ context, inner []byte) []byte { return join(p, inner) }

// Trailer is that many bytes of link padding behind the packet, counted by no length field. The bytes are 0xa5, not zero, so
// that padding taken for content shows.
type Trailer int

func (t Trailer) build(_ context, inner []byte) []byte { return inner }

func (t Trailer) bytes() []byte {
	b := make([]byte, max(0, int(t)))
	for i := range b {
		b[i] = 0xa5
	}
	return b
}

// U8 returns a pointer to v, for the fields that override what would be filled in.
func U8(v uint8) *uint8 { return &v }

// U16 returns a pointer to v, for the fields that override what would be filled in.
func U16(v uint16) *uint16 { return &v }

// U32 returns a pointer to v, for the fields that override what would be filled in.
func U32(v uint32) *uint32 { return &v }

func or[T any](override *T, v T) T {
	if override != nil {
		return *override
	}
	return v
}

func join(parts ...[]byte) []byte {
	out := []byte{}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

var be = binary.BigEndian

func be16(v ...uint16) []byte {
	var b []byte
	for _, x := range v {
		b = be.AppendUint16(b, x)
	}
	return b
}
