package represent

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// firstBytes is the form bytes: what the unit's packets contribute (docs/spec.md, part 5),
// one behind the other, cut or padded with zeros.
//
// State: count (at most one more than length), then the first length bytes; if the policy has relative numbers or hides
// lengths, a chunk for each packet instead, until those bytes are there. With hidden lengths
// the packet's entry of AppendPlaces stands before its chunk.
type firstBytes struct {
	spec     Spec
	length   int
	numbers  bool // there is a chunk for each packet
	places   bool // and its places, because lengths are hidden
	chunks   chunks
	payload  bool // --content payload
	smallest int  // what a packet contributes at least, if numbers
	pair     int  // relative numbers of every TCP packet at most
	options  bool // and there may be some in its options
}

func makeBytes(p *params, b *binding) Form {
	f := &firstBytes{length: p.number("length", sample.DefaultLength, 1, sample.MaxLength), chunks: b.chunks()}
	f.spec = b.shaped(f.length)
	f.payload = b.policy.Content == mask.Payload
	f.places = b.policy.HidesLengths()
	f.numbers = f.chunks.numbers && !f.payload || f.places
	f.smallest = 8 // IPv6 without addresses, and UDP
	relative := func(field mask.Field) bool { return b.policy.Fields[field] == mask.Relative }
	for _, field := range []mask.Field{mask.TCPSeq, mask.TCPAck} {
		if relative(field) {
			f.pair++
		}
	}
	f.options = b.policy.Fields[mask.TCPOptions] == mask.Keep && (relative(mask.TCPAck) || relative(mask.TCPTimestamps))
	return f
}

func (f *firstBytes) Spec() Spec { return f.spec }

func (f *firstBytes) Facts() Facts {
	x := Facts{
		Axes: "row, column", Units: "byte", Pad: "0", Start: "where mac says: the IP header, or the frame",
		Selection: "all packets", Counts: "bytes",
		Sentence: "The first bytes of all packets of the unit, one packet behind the other.",
	}
	if f.payload {
		x.Start = "the payload"
	}
	return x
}

func (f *firstBytes) Wide() bool { return false }

func (f *firstBytes) Bound() int {
	if !f.numbers {
		return headLen + f.length
	}
	return headLen + f.length + times(f.length/f.smallest+1, f.chunkLen(0, f.inChunk()))
}

// inChunk is how many relative numbers any packet has at most.
func (f *firstBytes) inChunk() int {
	if f.options {
		return mostInside
	}
	return f.pair
}

func (f *firstBytes) Grow(state []byte, p *Packet) int {
	room := f.room(count(state))
	n := min(p.Masker.Len(p.Layout), room)
	if f.numbers && n > 0 {
		n = f.chunkLen(n, f.inside(p.Layout))
	}
	return head(state) + n
}

// chunkLen is how many bytes a packet takes of which n bytes and some numbers are kept.
func (f *firstBytes) chunkLen(n, numbers int) int {
	n += f.placeLen() + lengthLen
	if f.chunks.numbers {
		n += 1 + numbers*numberLen
	}
	return n
}

// inside is how many relative numbers a packet has at most.
func (f *firstBytes) inside(l *header.Layout) int {
	switch {
	case l.IsUDP():
		return 0
	case f.options:
		return f.pair + (l.Payload()-l.Transport()-20)/4
	}
	return f.pair
}

// counts counts n more bytes, up to one more than a sample has: what counts then is that
// there are more. So the state of a unit with many packets stays as it is; see Enough.
func (f *firstBytes) counts(state []byte, n uint64) []byte {
	return counts(state, min(n, f.Enough()-min(count(state), f.Enough())))
}

// Enough is how many bytes a unit must have contributed so that no further packet changes
// its state.
func (f *firstBytes) Enough() uint64 { return uint64(f.length) + 1 }

// Full implements Filling.
func (f *firstBytes) Full(state []byte) bool { return count(state) >= f.Enough() }

// room is how many bytes fit behind those that were counted.
func (f *firstBytes) room(counted uint64) int {
	return f.length - int(min(counted, uint64(f.length)))
}

func (f *firstBytes) Add(state []byte, p *Packet) []byte {
	n, room := p.Masker.Len(p.Layout), f.room(count(state))
	state = f.counts(state, uint64(n))
	take := min(n, room)
	switch {
	case take == 0:
		return state
	case !f.numbers:
		at := len(state)
		state = state[:at+take]
		p.Masker.Write(state[at:], p.Data, p.Layout)
		return state
	}
	if f.places {
		state = appendPlace(state, p.Layout, p.Masker)
	}
	at := len(state) + lengthLen
	state = state[:at+take]
	binary.LittleEndian.PutUint32(state[at-lengthLen:], uint32(take))
	p.Masker.Write(state[at:], p.Data, p.Layout)
	if !f.chunks.numbers {
		return state
	}
	var list [mostInside]mask.Number
	return appendNumbers(state, p.Masker.Numbers(list[:0], p.Data, p.Layout), p.Layout.FromLower())
}

// appendNumbers ends a chunk with the numbers of a packet whose places are those in the chunk.
func appendNumbers(state []byte, list []mask.Number, up bool) []byte {
	list = list[:min(len(list), mostInside)]
	state = append(state, byte(len(list)))
	for _, x := range list {
		state = appendNumber(state, int32(x.At), x, up)
	}
	return state
}

func (f *firstBytes) Merge(earlier, later []byte) []byte {
	earlier, later = trusted(f, earlier), trusted(f, later)
	if len(earlier) == 0 || len(later) == 0 {
		return append(earlier, later...)
	}
	room := f.room(count(earlier))
	earlier = f.counts(earlier, count(later))
	if !f.numbers {
		b := body(later)
		return append(earlier, b[:min(room, len(b))]...)
	}
	for b := body(later); len(b) > 0 && room > 0; {
		var k chunk
		earlier = append(earlier, b[:f.placeLen()]...)
		k, b = f.chunks.next(b[f.placeLen():])
		earlier = f.chunks.again(earlier, k, room)
		room -= min(room, len(k.bytes))
	}
	return earlier
}

func (f *firstBytes) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	dst, out := extend(dst, f.length)
	state = rendered(f, state, e)
	if b := body(state); !f.numbers {
		copy(out, b)
	} else {
		var firsts mask.Firsts
		for len(b) > 0 {
			var k chunk
			k, b = f.chunks.next(b[f.placeLen():])
			out = out[k.write(out, &firsts):]
		}
	}
	return dst, fit(count(state), uint64(f.length))
}
