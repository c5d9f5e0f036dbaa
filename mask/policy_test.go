package mask_test

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
)

// TestNoShorter: under a policy that says so no packet is shorter.
func TestNoShorter(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		some := func() mask.Policy {
			p := mask.Policy{MAC: mask.Action(r.IntN(4)), IP: mask.Action(r.IntN(4)), UDPPad: r.IntN(2) == 0, Content: mask.Content(r.IntN(2))}
			p.Fields[mask.PayloadBytes] = []mask.Action{mask.Keep, mask.Zero, mask.Remove}[r.IntN(3)]
			return p
		}
		p, o := some(), some()
		if r.IntN(4) > 0 { // all but one thing is the same
			other := o
			if o = p; r.IntN(2) == 0 {
				o.UDPPad = !p.UDPPad
			} else {
				o.MAC, o.IP = other.MAC, other.IP
			}
		}
		for _, packet := range testcap.Random(r, testcap.Options{Mixed: true, Sessions: 5}).Packets {
			var s header.Stack
			header.Decode(header.LinkType(packet.LinkType), packet.Data, uint32(len(packet.Data)), &s)
			if s.Reason != header.OK {
				continue
			}
			l := s.Layout(0, true)
			if p.NoShorter(&o) && p.Len(&l) < o.Len(&l) {
				t.Fatalf("%+v and %+v: %d and %d bytes", p, o, p.Len(&l), o.Len(&l))
			}
		}
	})
}
