package represent

import "github.com/pcapmill/pcapmill/mask"

// nprint is the header bits of the unit's first packets, most significant first, a row for
// each packet (nPrint). A layer that a packet does not have, and what a mask removed, is -1.
//
// State: count, then for each of the first packets its flags, the length of its IP header and
// that of its transport header (1 byte each), and a chunk of its layers, in the order eth, IP,
// transport, payload, as far as the form shows them.
type nprint struct {
	spec    Spec
	packets int
	layers  []layer
	shows   [layers]bool
	payload int
	removed bool // ip=remove
	chunks  chunks
}

type layer uint8

const (
	layerEth layer = iota
	layerIPv4
	layerIPv6
	layerTCP
	layerUDP
	layerICMP
	layers
)

var (
	layerNames = []string{"eth", "ipv4", "ipv6", "tcp", "udp", "icmp"}
	layerBytes = [layers]int{14, 60, 40, 60, 8, 8}
)

// Flags of a record.
const (
	recordSix = 1 << iota
	recordUDP
	recordEth
)

const nprintFixed = 3

func makeNPrint(p *params, b *binding) Form {
	b.wholePackets()
	b.fixedHeaders()
	f := &nprint{packets: p.number("packets", 1, 1, 65536), chunks: b.chunks(), removed: b.policy.IP == mask.Remove}
	bits := 0
	for _, name := range p.list("layers", "ipv4+tcp+udp", layerNames...) {
		for i, n := range layerNames {
			if n == name {
				f.layers = append(f.layers, layer(i))
				f.shows[i] = true
				bits += 8 * layerBytes[i]
			}
		}
	}
	if f.shows[layerEth] {
		b.linkHeaders("layer eth")
	}
	f.payload = p.number("payload", 0, 0, 65536)
	f.spec = Spec{I8, f.packets, bits + 8*f.payload}
	return f
}

func (f *nprint) Spec() Spec { return f.spec }

func (f *nprint) Facts() Facts {
	return Facts{
		Axes: "packet, bit", Units: "bit", Pad: "-1", Start: "the headers, each layer at its own place",
		Selection: "the unit's first packets", Counts: "packets",
		Sentence: "The header bits of the unit's first packets, each header field at its own place.",
	}
}

func (f *nprint) Wide() bool { return f.shows[layerEth] }

// most is the most bytes that a packet shows.
func (f *nprint) most() int {
	n := max(layerBytes[layerIPv4], layerBytes[layerIPv6]) + layerBytes[layerTCP] + f.payload
	if f.shows[layerEth] {
		n += layerBytes[layerEth]
	}
	return n
}

func (f *nprint) Bound() int { return headLen + times(f.packets, nprintFixed+f.chunks.grow(f.most())) }

func (f *nprint) Grow(state []byte, _ *Packet) int {
	if count(state) >= uint64(f.packets) {
		return 0
	}
	return head(state) + nprintFixed + f.chunks.grow(f.most())
}

func (f *nprint) Add(state []byte, p *Packet) []byte {
	full := count(state) >= uint64(f.packets)
	state = counts(state, 1)
	if full {
		return state
	}
	v, l := p.view(), p.Layout
	var parts [4]span
	flags, ip, transport := byte(0), 0, 0
	if f.shows[layerEth] && l.IsEthernet() {
		flags |= recordEth
		parts[0] = span{0, layerBytes[layerEth]}
	}
	ipLayer, transportLayer := layerIPv4, layerTCP
	if ip = v.Transport - v.IP; l.IsIPv6() {
		flags |= recordSix
		ipLayer, ip = layerIPv6, layerBytes[layerIPv6]
		if f.removed {
			ip -= 32
		}
	}
	if l.IsUDP() {
		flags |= recordUDP
		transportLayer = layerUDP
	}
	if !f.shows[ipLayer] {
		ip = 0
	}
	parts[1] = span{v.IP, v.IP + ip}
	if f.shows[transportLayer] {
		transport = v.Payload - v.Transport
	}
	parts[2] = span{v.Transport, v.Transport + transport}
	parts[3] = span{v.Payload, min(v.End, v.Payload+f.payload)}
	state = append(state, flags, byte(ip), byte(transport))
	return f.chunks.append(state, v, l.FromLower(), f.most(), parts[0], parts[1], parts[2], parts[3])
}

func (f *nprint) Merge(earlier, later []byte) []byte {
	earlier, later = trusted(f, earlier), trusted(f, later)
	if len(earlier) == 0 || len(later) == 0 {
		return append(earlier, later...)
	}
	room := uint64(f.packets) - min(count(earlier), uint64(f.packets))
	earlier = counts(earlier, count(later))
	b := body(later)
	rest := b
	for ; room > 0 && len(rest) > 0; room-- {
		_, rest = f.chunks.next(rest[nprintFixed:])
	}
	return append(earlier, b[:len(b)-len(rest)]...)
}

func (f *nprint) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	dst, out := extend(dst, f.spec.Size())
	state = rendered(f, state, e)
	for i := range out {
		out[i] = 0xff
	}
	var firsts mask.Firsts
	var buffer [256]byte
	for b := body(state); len(b) > 0; out = out[f.spec.Cols:] {
		flags, ip, transport := b[0], int(b[1]), int(b[2])
		var k chunk
		k, b = f.chunks.next(b[nprintFixed:])
		// Headers have numbers in them; payload has none.
		headers := buffer[:min(len(buffer), len(k.bytes))]
		k.write(headers, &firsts)
		at := 0
		take := func(n int) []byte {
			at += n
			return headers[at-n : at]
		}
		var found [layers][]byte
		if flags&recordEth != 0 {
			found[layerEth] = take(layerBytes[layerEth])
		}
		ipLayer, transportLayer, addresses, gap := shape(flags)
		found[ipLayer], found[transportLayer] = take(ip), take(transport)
		column := out
		for _, l := range f.layers {
			h := found[l]
			if f.removed && l == ipLayer && len(h) > 0 {
				putBits(column, h[:addresses])
				putBits(column[8*(addresses+gap):], h[addresses:])
			} else {
				putBits(column, h)
			}
			column = column[8*layerBytes[l]:]
		}
		putBits(column, k.bytes[at:])
	}
	return dst, fit(count(state), uint64(f.packets))
}

// shape is what the flags of a record say of its headers: the layers, and in the IP header
// the bytes before the addresses and those of the addresses.
func shape(flags byte) (ip, transport layer, addresses, gap int) {
	ip, transport, addresses, gap = layerIPv4, layerTCP, 12, 8
	if flags&recordSix != 0 {
		ip, addresses, gap = layerIPv6, 8, 32
	}
	if flags&recordUDP != 0 {
		transport = layerUDP
	}
	return ip, transport, addresses, gap
}

// putBits writes the bits of b, an element each.
func putBits(dst, b []byte) {
	for i, x := range b {
		for bit := range 8 {
			dst[8*i+bit] = x >> (7 - bit) & 1
		}
	}
}
