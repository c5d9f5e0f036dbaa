package represent

import "github.com/pcapmill/pcapmill/mask"

// first is the bytes of the unit's first packet, as an array or a text.
//
// State: count, then a chunk of the first length bytes.
type first struct {
	length  int // bytes that are kept
	trailer bool
	payload bool // --content payload
	chunks  chunks
}

func (f *first) Wide() bool { return f.trailer }
func (f *first) Bound() int { return headLen + f.chunks.grow(f.length) }

func (f *first) Grow(state []byte, p *Packet) int {
	if len(state) > 0 {
		return 0
	}
	// --udp-pad adds 12 bytes at most.
	return headLen + f.chunks.grow(min(f.length, len(p.Data)-p.Layout.Network()+12))
}

// Full implements Filling.
func (f *first) Full(state []byte) bool { return len(state) > 0 }

func (f *first) Add(state []byte, p *Packet) []byte {
	if len(state) > 0 {
		return state
	}
	v := p.view()
	from, to := v.IP, v.End
	if f.payload {
		from = v.Payload
	}
	if f.trailer {
		to = len(v.Bytes)
	}
	state = counts(state, uint64(to-from))
	return f.chunks.append(state, v, p.Layout.FromLower(), f.length, span{from, to})
}

func (f *first) Merge(earlier, later []byte) []byte {
	earlier, later = trusted(f, earlier), trusted(f, later)
	if len(earlier) == 0 {
		return append(earlier, later...)
	}
	return earlier
}

// write copies what is kept to dst, as far as dst reaches, and returns how many bytes that are.
func (f *first) write(dst, state []byte) int {
	if len(state) == 0 {
		return 0
	}
	k, _ := f.chunks.next(body(state))
	return k.write(dst, &mask.Firsts{})
}

func (f *first) start() string {
	if f.payload {
		return "the payload"
	}
	return "the IP header"
}

// packetBytes is the unit's first packet, cut or padded with zeros (Deep Packet).
type packetBytes struct {
	first
	spec Spec
}

func makePacketBytes(p *params, b *binding) Form {
	f := &packetBytes{first: first{
		length:  p.number("length", 1500, 1, 1<<20),
		trailer: b.trailer(p),
		payload: b.policy.Content == mask.Payload,
		chunks:  b.chunks(),
	}}
	f.spec = b.shaped(f.length)
	return f
}

func (f *packetBytes) Spec() Spec { return f.spec }

func (f *packetBytes) Facts() Facts {
	return Facts{
		Axes: "row, column", Units: "byte", Pad: "0", Start: f.start(),
		Selection: "the unit's first packet", Counts: "bytes",
		Sentence: "The bytes of the unit's first packet, cut or padded.",
	}
}

func (f *packetBytes) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	dst, out := extend(dst, f.length)
	state = rendered(f, state, e)
	f.write(out, state)
	return dst, fit(count(state), uint64(f.length))
}
