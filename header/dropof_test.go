package header

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

// TestOfAsksEachKind: the kinds of a packet are those that are its reason where nothing else is asked for, and the first of
// them is the reason where all are.
func TestOfAsksEachKind(t *testing.T) {
	seen := map[Drop]int{}
	draw.Until(t, func() bool { return len(seen) == len(drops) }, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(rt, "seed"), 8))
		for range 20 { // so that each kind is met
			ports := []uint16{53, 123, 161, 1900, 3478, 5351, 6771, 443, 40000}
			data := make([]byte, 14+20+20+24)
			for i := range data {
				data[i] = byte(r.IntN(256))
			}
			if r.IntN(2) == 0 {
				copy(data, "\xff\xff\xff\xff\xff\xff")
			}
			copy(data[12:], "\x08\x00\x45\x00\x00")
			proto, header := byte(UDP), 8
			if r.IntN(2) == 0 {
				proto, header = TCP, 20
			}
			payload := []int{0, 24}[r.IntN(2)]
			data = data[:14+20+header+payload]
			data[14+3], data[14+6], data[14+7], data[14+9] = byte(len(data)-14), 0, 0, proto
			data[14+16] = []byte{10, 224, 239}[r.IntN(3)]
			from, to := ports[r.IntN(len(ports))], ports[r.IntN(len(ports))]
			data[34], data[35], data[36], data[37] = byte(from>>8), byte(from), byte(to>>8), byte(to)
			if proto == TCP {
				data[34+12] = 5 << 4
			} else if payload > 0 && r.IntN(2) == 0 {
				copy(data[42:], "\x00\x01\x00\x00\x21\x12\xa4\x42")
			}
			var s Stack
			Decode(LinkTypeEthernet, data, uint32(len(data)), &s)
			if s.Reason != OK {
				rt.Fatalf("% x: %v", data, s.Reason)
			}
			asked := Drop(r.IntN(1 << len(drops)))
			which := asked.Of(data, &s)
			for _, k := range drops {
				want := asked&k.bit != 0 && k.bit.ReasonOf(data, &s) == k.reason
				if (which&k.bit != 0) != want {
					rt.Fatalf("% x: asked for %v: %v", data, asked, which)
				}
				if which&k.bit != 0 {
					seen[k.bit]++
				}
			}
			if first := which.First(); first != asked.ReasonOf(data, &s) {
				rt.Fatalf("% x: the first of %v is %v, and the reason is %v", data, which, first, asked.ReasonOf(data, &s))
			}
			if !which.Known() || (which | 1<<len(drops)).Known() {
				rt.Fatalf("%#x", uint16(which))
			}
			s.Reason = Malformed
			if got := asked.Of(data, &s); got != DropNone {
				rt.Fatalf("of a packet that is left out in any case: %v", got)
			}
		}
	})
	if len(seen) != len(drops) {
		t.Errorf("only %v were met", seen)
	}
}
