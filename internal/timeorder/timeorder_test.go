package timeorder

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

// TestOrder compares a Sorter of any room with sorting in memory.
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	draw.Check(t, func(t *rapid.T) {
		s := New(dir, 0)
		s.room = rapid.IntRange(1, 3000).Draw(t, "room")
		defer s.Close()
		var want []Packet
		captures := rapid.IntRange(1, 4).Draw(t, "captures")
		for c := range captures {
			at := int64(rapid.IntRange(-3, 3).Draw(t, "begin"))
			for n := range rapid.IntRange(0, 300).Draw(t, "packets") {
				if rapid.IntRange(0, 3).Draw(t, "kind") > 0 {
					at += int64(rapid.IntRange(0, 2).Draw(t, "step"))
				} else {
					at = int64(rapid.IntRange(-20, 20).Draw(t, "jump"))
				}
				p := Packet{
					Time: at, Capture: uint32(c), Number: uint64(n), Link: uint16(n), Original: uint32(c + n), Flags: uint32(3 * n),
					Data: bytes.Repeat([]byte{byte(n)}, n%7),
				}
				want = append(want, p)
				if err := s.Add(&p); err != nil {
					t.Fatal(err)
				}
			}
		}
		slices.SortFunc(want, func(a, b Packet) int { return a.compare(&b) })
		i := 0
		err := s.Each(func(p *Packet) error {
			w := &want[i]
			i++
			if p.compare(w) != 0 || p.Link != w.Link || p.Original != w.Original || p.Flags != w.Flags || !bytes.Equal(p.Data, w.Data) {
				t.Fatalf("packet %d is %+v, need %+v", i, p, w)
			}
			return nil
		})
		if err != nil || i != len(want) {
			t.Fatalf("%d packets, %v; need %d", i, err, len(want))
		}
	})
}

// TestRunsContinue: packets in order are one run, whatever does not fit into the buffer.
func TestRunsContinue(t *testing.T) {
	s := New(t.TempDir(), 0)
	s.room = 1000
	defer s.Close()
	for n := range 1000 {
		if err := s.Add(&Packet{Time: int64(n / 3), Number: uint64(n), Data: make([]byte, 50)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.flush(); err != nil || len(s.runs) != 1 {
		t.Fatalf("%d runs, %v; need 1", len(s.runs), err)
	}
}
