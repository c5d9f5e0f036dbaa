package represent

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// ustc is the first bytes of a capture file that holds the unit's packets (USTC-TK2016,
// layout "all"): a big-endian pcap header with the link type of the first packet, then for
// each packet its record header and its masked frame, with what stands behind its end.
//
// State: count, without the file header; link type, 4 bytes; then for each packet, until
// length bytes are there, a chunk of its frame behind a record header of 16 bytes, which is
// cut with it.
type ustc struct {
	spec   Spec
	length int
	chunks chunks
}

const (
	fileHeaderLen   = 24
	recordHeaderLen = 16
	linkLen         = 4
)

func makeUSTC(p *params, b *binding) Form {
	b.wholePackets()
	b.fixedHeaders()
	b.linkHeaders("a capture file")
	if b.policy.IP == mask.Remove || b.policy.Fields[mask.PayloadBytes] == mask.Remove {
		b.refuse("a capture file keeps the length of its packets; nothing can be removed from them")
	}
	f := &ustc{length: p.number("length", sample.DefaultLength, fileHeaderLen+1, sample.MaxLength), chunks: b.chunks()}
	f.spec = b.shaped(f.length)
	return f
}

func (f *ustc) Spec() Spec { return f.spec }

func (f *ustc) Facts() Facts {
	return Facts{
		Axes: "row, column", Units: "byte", Pad: "0", Start: "a pcap file header, then the frame of each packet",
		Selection: "all packets", Counts: "bytes", Sizes: "captured and original length of the record", Time: "seconds and microseconds since 1970",
		Sentence: "The first bytes of a capture file of the unit: headers of file and records, and whole frames.",
		Legacy:   "it holds the times of the capture, which tell classes apart that were captured one after the other",
	}
}

func (f *ustc) Wide() bool { return true }

// Bound: the records are as many as record headers fit.
func (f *ustc) Bound() int {
	return headLen + linkLen + f.length + times(f.length/recordHeaderLen+1, f.chunks.grow(0))
}

// room is how many bytes fit behind those that were counted.
func (f *ustc) room(counted uint64) int {
	room := f.length - fileHeaderLen
	return room - int(min(counted, uint64(room)))
}

func (f *ustc) Grow(state []byte, p *Packet) int {
	n := head(state)
	if n > 0 {
		n += linkLen
	}
	if room := f.room(count(state)); room > 0 {
		n += f.chunks.grow(min(room, recordHeaderLen+len(p.Data)))
	}
	return n
}

func (f *ustc) Add(state []byte, p *Packet) []byte {
	room, begin := f.room(count(state)), head(state) > 0
	state = counts(state, uint64(recordHeaderLen+len(p.Data)))
	if begin {
		state = binary.LittleEndian.AppendUint32(state, uint32(p.Link))
	}
	if room == 0 {
		return state
	}
	v := p.view()
	// The record header stands in the chunk, before the frame.
	t := p.Layout.Time()
	seconds, micros := t/1e9, t%1e9/1e3
	if t%1e9 < 0 {
		seconds, micros = seconds-1, (t%1e9+1e9)/1e3
	}
	var h [recordHeaderLen]byte
	binary.BigEndian.PutUint32(h[0:], uint32(seconds))
	binary.BigEndian.PutUint32(h[4:], uint32(micros))
	binary.BigEndian.PutUint32(h[8:], uint32(len(p.Data)))
	binary.BigEndian.PutUint32(h[12:], p.Original)
	return f.chunks.headed(state, h[:], v, p.Layout.FromLower(), room, span{0, len(v.Bytes)})
}

func (f *ustc) Merge(earlier, later []byte) []byte {
	earlier, later = trusted(f, earlier), trusted(f, later)
	if len(earlier) == 0 || len(later) == 0 {
		return append(earlier, later...)
	}
	room := f.room(count(earlier))
	earlier = counts(earlier, count(later))
	for b := body(later)[linkLen:]; len(b) > 0 && room > 0; {
		var k chunk
		k, b = f.chunks.next(b)
		earlier = f.chunks.again(earlier, k, room)
		room -= min(room, len(k.bytes))
	}
	return earlier
}

func (f *ustc) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	dst, out := extend(dst, f.length)
	state = rendered(f, state, e)
	if len(state) == 0 {
		return dst, Outcome{}
	}
	b := body(state)
	binary.BigEndian.PutUint32(out[0:], 0xa1b2c3d4)
	binary.BigEndian.PutUint32(out[4:], 0x00020004)
	binary.BigEndian.PutUint32(out[16:], 0xffff)
	binary.BigEndian.PutUint32(out[20:], binary.LittleEndian.Uint32(b))
	out, b = out[fileHeaderLen:], b[linkLen:]
	var firsts mask.Firsts
	for len(b) > 0 {
		var k chunk
		k, b = f.chunks.next(b)
		out = out[k.write(out, &firsts):]
	}
	return dst, fit(fileHeaderLen+count(state), uint64(f.length))
}
