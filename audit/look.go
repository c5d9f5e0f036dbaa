package audit

import (
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// A Segment is cells of a sample, bytes mostly, that one field wrote: From up to and without To.
type Segment struct {
	From, To int
	Packet   int    // place of the packet in the sample, from 0; -1: of none
	Field    string // such as "ip.ttl", without its packet; "payload", "padding" or "unknown"
}

// A Walker names the field of every cell of samples of a dataset of ours. It is for one
// goroutine.
type Walker struct {
	w     walker
	fixed []Segment // of forms whose cells have one field each, whatever the sample
}

// NewWalker returns a walker for samples that were made with the settings of a manifest.
func NewWalker(m *manifest.Manifest) *Walker {
	k := &Walker{w: walker{rules: rulesOf(m)}}
	if k.w.static() {
		k.fixed = k.w.segments()
	}
	return k
}

// segments are the fields of cells of which each has one.
func (r *rules) segments() (out []Segment) {
	at := 0
	for _, a := range r.areas {
		s := Segment{From: at, To: at + a.Cells, Packet: -1, Field: a.Field}
		if rest, ok := strings.CutPrefix(a.Field, "packet."); ok {
			number, name, _ := strings.Cut(rest, ".")
			s.Packet, _ = strconv.Atoi(number) // written by the form
			s.Field = name
		}
		out = append(out, s)
		at = s.To
	}
	return out
}

// Walk names the fields of a sample of which the first length bytes are content; of a form that
// counts packets, the first length packets. The segments stand one behind the other and cover
// the sample.
func (k *Walker) Walk(sample []byte, length uint64) []Segment {
	if k.fixed != nil {
		return k.fixed
	}
	k.w.walk(sample, int(min(length, uint64(len(sample)))))
	return k.segments()
}

// Given names the fields of a sample whose packets the file of layouts tells, because masks
// hide what a walk needs.
func (k *Walker) Given(sample []byte, packets []store.PacketLayout) []Segment {
	list := make([]packetLayout, 0, len(packets))
	for _, p := range packets {
		list = append(list, layoutOf(p))
	}
	k.w.given(sample, list)
	return k.segments()
}

func (k *Walker) segments() []Segment {
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
