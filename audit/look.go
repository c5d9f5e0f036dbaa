package audit

import "github.com/pcapmill/pcapmill/manifest"

// A Segment is bytes of a sample that one field wrote: From up to and without To.
type Segment struct {
	From, To int
	Packet   int    // place of the packet in the sample, from 0; -1: of none
	Field    string // such as "ip.ttl", without its packet; "payload", "padding" or "unknown"
}

// A Walker names the field of every byte of samples of a dataset of ours. It is for one
// goroutine.
type Walker struct{ w walker }

// NewWalker returns a walker for samples that were made with the settings of a manifest.
func NewWalker(m *manifest.Manifest) *Walker {
	return &Walker{walker{rules: rulesOf(m)}}
}

// Walk names the fields of a sample of which the first length bytes are content. The segments
// stand one behind the other and cover the sample.
func (k *Walker) Walk(sample []byte, length uint64) []Segment {
	k.w.walk(sample, int(min(length, uint64(len(sample)))))
	out := make([]Segment, 0, len(k.w.segs))
	packet := -1
	for _, g := range k.w.segs {
		s := Segment{From: int(g.from), To: int(g.to), Packet: -1, Field: kinds[g.field.kind()]}
		switch kind := g.field.kind(); {
		case kind < payload:
			packet = int(g.field / perPacket)
			s.Packet = packet
		case kind == payload: // a payload without headers before it is of no packet
			s.Packet = packet
		}
		out = append(out, s)
	}
	return out
}
