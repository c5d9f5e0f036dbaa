package represent

import "github.com/pcapmill/pcapmill/mask"

// matrix is the headers and the payload of the unit's first packets, each cut or padded to
// a length of its own (YaTC, NetMamba). No packet is skipped; missing ones are zeros.
//
// State: count, then for each packet a chunk of its headers and one of its payload.
type matrix struct {
	spec            Spec
	packets         int
	header, payload int
	chunks          chunks
}

func makeMatrix(p *params, b *binding) Form {
	b.wholePackets()
	f := &matrix{
		packets: p.number("packets", 5, 1, 65536),
		header:  p.number("header", 80, 0, 65536),
		payload: p.number("payload", 240, 0, 1<<20),
		chunks:  b.chunks(),
	}
	if f.header+f.payload == 0 {
		p.fail("payload", "0", "a header or a payload of at least 1 byte")
		f.payload = 1
	}
	f.spec = b.shaped(times(f.packets, f.header+f.payload))
	return f
}

func (f *matrix) Spec() Spec { return f.spec }

func (f *matrix) Facts() Facts {
	return Facts{
		Axes: "row, column", Units: "byte", Pad: "0", Start: "the IP header",
		Selection: "the unit's first packets, those without payload too", Counts: "packets",
		Sentence: "The headers and the payload of the unit's first packets, each cut or padded to its own length.",
	}
}

func (f *matrix) Wide() bool { return false }

// plain is how payload stands in a state: no numbers are in it.
var plain = chunks{}

func (f *matrix) Bound() int {
	return headLen + times(f.packets, f.chunks.grow(f.header)+plain.grow(f.payload))
}

func (f *matrix) Grow(state []byte, p *Packet) int {
	if count(state) >= uint64(f.packets) {
		return 0
	}
	payload := min(f.payload, p.Layout.End()-p.Layout.Payload())
	return head(state) + f.chunks.grow(f.header) + plain.grow(payload)
}

func (f *matrix) Add(state []byte, p *Packet) []byte {
	full := count(state) >= uint64(f.packets)
	state = counts(state, 1)
	if full {
		return state
	}
	v := p.view()
	state = f.chunks.append(state, v, p.Layout.FromLower(), f.header, span{v.IP, v.Payload})
	return plain.append(state, v, false, f.payload, span{v.Payload, v.End})
}

func (f *matrix) Merge(earlier, later []byte) []byte {
	earlier, later = trusted(f, earlier), trusted(f, later)
	if len(earlier) == 0 || len(later) == 0 {
		return append(earlier, later...)
	}
	room := uint64(f.packets) - min(count(earlier), uint64(f.packets))
	earlier = counts(earlier, count(later))
	b := body(later)
	rest := b
	for ; room > 0 && len(rest) > 0; room-- {
		_, rest = f.chunks.next(rest)
		_, rest = plain.next(rest)
	}
	return append(earlier, b[:len(b)-len(rest)]...)
}

func (f *matrix) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	dst, out := extend(dst, f.spec.Size())
	state = rendered(f, state, e)
	var firsts mask.Firsts
	for b := body(state); len(b) > 0; out = out[f.header+f.payload:] {
		var k chunk
		k, b = f.chunks.next(b)
		k.write(out[:f.header], &firsts)
		k, b = plain.next(b)
		copy(out[f.header:f.header+f.payload], k.bytes)
	}
	return dst, fit(count(state), uint64(f.packets))
}
