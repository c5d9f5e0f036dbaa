package represent

import (
	"encoding/binary"
	"slices"

	"github.com/pcapmill/pcapmill/mask"
)

// segments is one row a packet: its headers without both addresses and both ports, or its
// payload (TFE-GNN). What is not there is 256.
//
// State: count of chosen packets, then a chunk for each of the first ones.
type segments struct {
	spec           Spec
	payload        bool
	packets, width int
	blank          []byte // a row of a packet that shows nothing
	chunks         chunks
}

// noByte pads rows: no byte has it.
const noByte = 256

func makeSegments(p *params, b *binding) Form {
	b.wholePackets()
	b.fixedHeaders()
	f := &segments{payload: p.word("part", "header", "header", "payload") == "payload", chunks: b.chunks()}
	f.packets = p.number("packets", 50, 1, 65536)
	width := 40
	if f.payload {
		width, f.chunks = 150, plain
	}
	f.width = p.number("width", width, 1, 65536)
	f.spec = Spec{I16, f.packets, f.width}
	for range f.width {
		f.blank = binary.BigEndian.AppendUint16(f.blank, noByte)
	}
	return f
}

func (f *segments) Spec() Spec { return f.spec }

func (f *segments) Facts() Facts {
	x := Facts{
		Axes: "packet, byte", Units: "byte", Pad: "256", Start: "the IP header, without both addresses and both ports",
		Selection: "the first packets", Counts: "packets",
		Sentence: "The headers of the unit's first packets, without addresses and ports, a row for each packet.",
	}
	if f.payload {
		x.Start, x.Selection = "the payload", "the first packets of which payload was captured"
		x.Sentence = "The payload of the unit's first packets that have any, a row for each packet."
	}
	return x
}

func (f *segments) Wide() bool { return false }
func (f *segments) Bound() int { return headLen + times(f.packets, f.chunks.grow(f.width)) }

// shows is how many bytes of the packet the form shows at most; chosen, whether it has a row.
func (f *segments) shows(p *Packet) (n int, chosen bool) {
	l := p.Layout
	if f.payload {
		n = l.End() - l.Payload()
		return min(n, f.width), n > 0
	}
	return min(l.Payload()-l.Network(), f.width), true
}

func (f *segments) Grow(state []byte, p *Packet) int {
	n, chosen := f.shows(p)
	switch {
	case !chosen:
		return head(state)
	case count(state) >= uint64(f.packets):
		return 0
	}
	return head(state) + f.chunks.grow(n)
}

func (f *segments) Add(state []byte, p *Packet) []byte {
	if _, chosen := f.shows(p); !chosen {
		return counts(state, 0)
	}
	full := count(state) >= uint64(f.packets)
	state = counts(state, 1)
	if full {
		return state
	}
	v := p.view()
	if f.payload {
		return f.chunks.append(state, v, false, f.width, span{v.Payload, v.End})
	}
	behind := v.Addresses + 2*v.AddressLen
	return f.chunks.append(state, v, p.Layout.FromLower(), f.width,
		span{v.IP, v.Addresses}, span{behind, v.Transport}, span{v.Transport + 4, v.Payload})
}

func (f *segments) Merge(earlier, later []byte) []byte {
	return mergeChunks(trusted(f, earlier), trusted(f, later), f.packets, f.chunks)
}

// mergeChunks is Merge for states of a count and a chunk for each of the first packets.
func mergeChunks(earlier, later []byte, packets int, c chunks) []byte {
	if len(earlier) == 0 || len(later) == 0 {
		return append(earlier, later...)
	}
	room := uint64(packets) - min(count(earlier), uint64(packets))
	earlier = counts(earlier, count(later))
	b := body(later)
	return append(earlier, b[:c.length(b, room)]...)
}

func (f *segments) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	at := len(dst)
	dst = slices.Grow(dst, f.spec.Size())[:at+f.spec.Size()] // all of it is written
	out := dst[at:]
	state = rendered(f, state, e)
	var firsts mask.Firsts
	for b := body(state); len(b) > 0; out = out[2*f.width:] {
		var k chunk
		k, b = f.chunks.next(b)
		// Bytes first, in the second half of the row; then spread from the front.
		row := out[:2*f.width]
		n := k.write(row[2*f.width-len(k.bytes):], &firsts)
		spread(row, n)
		copy(row[2*n:], f.blank)
	}
	for ; len(out) > 0; out = out[2*f.width:] {
		copy(out, f.blank)
	}
	return dst, fit(count(state), uint64(f.packets))
}

// spread makes two bytes of each of the last n bytes of a row, from its front on.
func spread(row []byte, n int) {
	bytes := row[len(row)-n:]
	for i, x := range bytes {
		to := row[2*i : 2*i+2 : 2*i+2]
		to[0], to[1] = 0, x
	}
}
