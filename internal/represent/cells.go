package represent

import (
	"fmt"

	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// Cells say what stands in the elements of a form's samples, its cells.
type Cells struct {
	// Areas stand one behind the other, in the order of the elements, and cover the sample.
	// A text has none.
	Areas []Area
	// Room is how many of what Facts.Counts counts a sample shows; 0: it has no such bound.
	Room uint64
}

// Area is cells of a sample, one behind the other.
type Area struct {
	Cells  int
	Holds  Holds
	Packet int    // whose they are, from 0 in the order of the sample; -1: of none, or of several
	Field  string // of Named: the field that alone decides these cells
	Behind int    // of PayloadOf: the cells before that hold this packet's headers
}

// Holds is what stands in an area.
type Holds uint8

// What an area holds. Where the fields of bytes stand is told by the bytes themselves: by a
// walk over the headers that are in the sample.
const (
	Named        Holds = iota // one field: a bit of a header, or a number that is no byte
	Packets                   // what packets contribute (docs/spec.md, part 5), one behind the other, then padding
	Payloads                  // payload, then padding
	PayloadOf                 // payload of the packet whose headers stand before, then padding
	Headers                   // IP header and transport header of a packet, then padding
	ShortHeaders              // the same, without both addresses and both ports
	OnePacket                 // a packet from its IP header on, then padding
	CaptureFile               // a capture file's beginning, then padding
)

// covering is one area that is the whole sample.
func covering(s Spec, h Holds, packet int) []Area {
	return []Area{{Cells: s.Rows * s.Cols, Holds: h, Packet: packet}}
}

func (f *firstBytes) Cells() Cells {
	h := Packets
	if f.payload {
		h = Payloads
	}
	return Cells{covering(f.spec, h, -1), uint64(f.length)}
}

func (f *ustc) Cells() Cells { return Cells{covering(f.spec, CaptureFile, -1), uint64(f.length)} }

func (f *packetBytes) Cells() Cells {
	h := OnePacket
	if f.payload {
		h = Payloads
	}
	return Cells{covering(f.spec, h, 0), uint64(f.length)}
}

func (f *matrix) Cells() Cells {
	c := Cells{Room: uint64(f.packets)}
	for k := range f.packets {
		if f.header > 0 {
			c.Areas = append(c.Areas, Area{Cells: f.header, Holds: Headers, Packet: k})
		}
		if f.payload > 0 {
			c.Areas = append(c.Areas, Area{Cells: f.payload, Holds: PayloadOf, Packet: k, Behind: f.header})
		}
	}
	return c
}

func (f *segments) Cells() Cells {
	h := ShortHeaders
	if f.payload {
		h = Payloads
	}
	c := Cells{Room: uint64(f.packets)}
	for k := range f.packets {
		c.Areas = append(c.Areas, Area{Cells: f.width, Holds: h, Packet: k})
	}
	return c
}

// cellField is the name of a field of packet k.
func cellField(k int, name string) string { return fmt.Sprintf("packet.%d.%s", k, name) }

func (f *series) Cells() Cells {
	c := Cells{Room: uint64(f.packets)}
	for _, channel := range f.channels {
		for k := range f.packets {
			c.Areas = append(c.Areas, Area{Cells: 1, Holds: Named, Packet: k, Field: cellField(k, channelNames[channel])})
		}
	}
	return c
}

// Cells: a row is a range of sizes, and all of a row have one name.
func (f *picture) Cells() Cells {
	c := Cells{Room: uint64(f.packets)}
	for row := range f.size {
		// Sizes s with s*size/largestSize = row.
		from := (row*largestSize + f.size - 1) / f.size
		to := ((row+1)*largestSize+f.size-1)/f.size - 1
		if row == f.size-1 {
			to = largestSize
		}
		c.Areas = append(c.Areas, Area{Cells: f.size, Holds: Named, Packet: -1, Field: fmt.Sprintf("size.%d-%d", from, to)})
	}
	return c
}

// bitField is a field of a header and how many bits it has.
type bitField struct {
	name  string
	bytes int
}

// layerFields are the fields of each layer; together they have its bytes.
var layerFields = [layers][]bitField{
	layerEth: {{"eth.destination", 6}, {"eth.source", 6}, {"eth.type", 2}},
	layerIPv4: {
		{"ip.version", 1},
		{"ip.tos", 1},
		{"ip.length", 2},
		{"ip.id", 2},
		{"ip.fragment", 2},
		{"ip.ttl", 1},
		{"ip.protocol", 1},
		{"ip.checksum", 2},
		{"ip.source", 4},
		{"ip.destination", 4},
		{"ip.options", 40},
	},
	layerIPv6: {
		{"ip6.version", 1}, {"ip6.flow", 3}, {"ip6.length", 2}, {"ip6.next", 1}, {"ip6.hops", 1}, {"ip6.source", 16}, {"ip6.destination", 16},
	},
	layerTCP: {
		{"tcp.sport", 2},
		{"tcp.dport", 2},
		{"tcp.seq", 4},
		{"tcp.ack", 4},
		{"tcp.offset", 1},
		{"tcp.flags", 1},
		{"tcp.window", 2},
		{"tcp.checksum", 2},
		{"tcp.urgent", 2},
		{"tcp.options", 40},
	},
	layerUDP:  {{"udp.sport", 2}, {"udp.dport", 2}, {"udp.length", 2}, {"udp.checksum", 2}},
	layerICMP: {{"icmp.header", 8}},
}

func (f *nprint) Cells() Cells {
	c := Cells{Room: uint64(f.packets)}
	for k := range f.packets {
		for _, l := range f.layers {
			for _, b := range layerFields[l] {
				c.Areas = append(c.Areas, Area{Cells: 8 * b.bytes, Holds: Named, Packet: k, Field: cellField(k, b.name)})
			}
		}
		if f.payload > 0 {
			c.Areas = append(c.Areas, Area{Cells: 8 * f.payload, Holds: Named, Packet: k, Field: "payload"})
		}
	}
	return c
}

func (f *hexWords) Cells() Cells { return Cells{Room: uint64(f.length)} }
func (f *bigrams) Cells() Cells  { return Cells{Room: uint64(f.packets)} }
func (f *tokens) Cells() Cells   { return Cells{} }

// CellsOf says what stands in the cells of samples of a form, made under a policy. Only what
// the policy cuts out or puts in matters of it.
func CellsOf(form string, policy mask.Policy) (Cells, error) {
	c, err := Parse(form)
	if err != nil {
		return Cells{}, err
	}
	f, err := c.Bind(policy, sample.Shape{})
	if err != nil {
		return Cells{}, err
	}
	return f.Cells(), nil
}
