package mask_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
)

// noted is a number of a packet that goes up or not.
type noted struct {
	mask.Number
	up bool
}

func firstsOf(list []noted) (f mask.Firsts) {
	for _, n := range list {
		f.Note(n.Number, n.up)
	}
	return f
}

// TestFirstsMerge: however the packets of a unit are cut into runs, the first values are those of the whole, through an encoding
// too, and none is that of an edge.
func TestFirstsMerge(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		list := make([]noted, r.IntN(12))
		for i := range list {
			list[i] = noted{mask.Number{Value: uint32(r.IntN(4)), Kind: mask.Kind(r.IntN(5))}, r.IntN(2) == 0}
		}
		want, have := firstsOf(list), mask.Firsts{}
		for rest := list; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			run := firstsOf(rest[:n])
			b, _ := run.AppendBinary(nil)
			again, err := mask.DecodeFirsts(b)
			if err != nil || again != run || len(b) != mask.FirstsLen {
				t.Fatalf("%+v is read back as %+v, %v", run, again, err)
			}
			have.Merge(again)
			rest = rest[n:]
		}
		if have != want {
			t.Fatalf("%+v, want %+v", have, want)
		}
		for _, n := range list {
			base, known := uint32(0), false
			kind := n.Kind
			if kind == mask.SACK {
				kind = mask.Ack
			}
			for _, other := range list {
				if other.up == n.up && other.Kind == kind {
					base, known = other.Value, true
					break
				}
			}
			result := have.Resolve(n.Number, n.up)
			if known && result != n.Value-base || !known && result != 0 {
				t.Fatalf("%+v of %+v is %d", n, list, result)
			}
		}
	})
}

// TestDecodeFirstsIsCanonical: what is accepted has these bytes for an encoding.
func TestDecodeFirstsIsCanonical(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		b := draw.Slice(rapid.SampledFrom([]byte{0, 0, 0, 1, 15, 16, 255}), 0, 40).Draw(t, "bytes")
		f, err := mask.DecodeFirsts(b)
		if err != nil {
			return
		}
		if again, _ := f.AppendBinary(nil); !bytes.Equal(again, b[:mask.FirstsLen]) {
			t.Fatalf("% x: again % x", b, again)
		}
	})
}

// TestNumbersStandWhereTheyAre: each relative number has its value in the packet and zeros in the masked bytes, in what Append
// writes and in a View, whatever is cut out or put in.
func TestNumbersStandWhereTheyAre(t *testing.T) {
	found := map[mask.Kind]int{}
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 0))
		p := policy(r)
		p.Content = mask.Packet
		for _, f := range []mask.Field{mask.TCPSeq, mask.TCPAck, mask.TCPTimestamps} {
			p.Fields[f] = mask.Relative
		}
		p.Fields[mask.TCPOptions] = mask.Keep
		m := mask.New(p, referenceKey)
		options := []byte{1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 5, 10, 9, 9, 9, 9, 8, 8, 8, 8, 0, 8, 10}
		data := testcap.Build(testcap.Eth{}, testcap.IPv6{Src: addr("2001:db8::1"), Dst: addr("2001:db8::2")},
			testcap.TCP{Seq: 0x81828384, Ack: 0x91929394, Flags: 0x10, Options: options}, testcap.Payload("pay"), testcap.Trailer(3))
		var s header.Stack
		header.Decode(header.LinkTypeEthernet, data, uint32(len(data)), &s)
		l := s.Layout(0, true)
		whole := m.Append(nil, data, &l)
		numbers := m.Numbers(nil, data, &l)
		view := m.View(header.LinkTypeEthernet, data, &l)
		if len(numbers) != 6 || len(view.Numbers) != 6 {
			t.Fatalf("%+v: numbers %v, in the view %v", p, numbers, view.Numbers)
		}
		for i, n := range numbers {
			var want [4]byte
			binary.BigEndian.PutUint32(want[:], n.Value)
			v := view.Numbers[i]
			if !bytes.Equal(whole[n.At:n.At+4], make([]byte, 4)) || !bytes.Equal(view.Bytes[v.At:v.At+4], make([]byte, 4)) || v.Kind != n.Kind || v.Value != n.Value {
				t.Fatalf("%+v: number %+v, in the view %+v, in % x", p, n, v, whole)
			}
			if bytes.Count(data, want[:]) != 1 || bytes.Contains(whole, want[:]) {
				t.Fatalf("%+v: number %+v is none of the packet's, or still there", p, n)
			}
			found[n.Kind]++
		}
		// put back, they make what is written where they are kept
		for _, f := range []mask.Field{mask.TCPSeq, mask.TCPAck, mask.TCPTimestamps} {
			p.Fields[f] = mask.Keep
		}
		for _, n := range numbers {
			mask.PutNumber(whole, n.At, n.Value)
		}
		if kept := mask.New(p, referenceKey).Append(nil, data, &l); !bytes.Equal(whole, kept) {
			t.Fatalf("%+v:\n% x with the numbers put back,\n% x with them kept", p, whole, kept)
		}
	})
	if len(found) != 5 {
		t.Errorf("only kinds %v", found)
	}
}

// TestCutNumber: what the end of a sample cuts shows the first bytes of the whole result.
func TestCutNumber(t *testing.T) {
	for n, want := range []string{"", "\x01", "\x01\x02", "\x01\x02\x03", "\x01\x02\x03\x04", "\x01\x02\x03\x04\x00"} {
		b := make([]byte, 2+n)
		if mask.PutNumber(b, 2, 0x01020304); string(b[2:]) != want {
			t.Errorf("%d bytes: % x", n, b)
		}
	}
	mask.PutNumber(nil, 5, 1) // behind the end: nothing
}
