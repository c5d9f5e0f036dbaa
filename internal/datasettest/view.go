package datasettest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/pcapmill/pcapmill/dataset"
)

// A View is a dataset in memory for tests of exporters. The bytes that Each lends are
// other ones after the call.
type View struct {
	Shape   dataset.Spec
	Names   []string // of the classes
	Of      []string // names of the captures
	Split   []dataset.Side
	Samples []dataset.Entry

	// Err, if not nil, is what Each returns in the place of sample At.
	Err error
	At  int
}

// Spec implements [dataset.View].
func (v *View) Spec() dataset.Spec { return v.Shape }

// Len implements [dataset.View].
func (v *View) Len(s dataset.Side) (n int64) {
	if s == dataset.Whole {
		return int64(len(v.Samples))
	}
	for i := range v.Samples {
		if v.Samples[i].Side == s {
			n++
		}
	}
	return n
}

// Sides implements [dataset.View].
func (v *View) Sides() []dataset.Side {
	if v.Split == nil {
		return []dataset.Side{dataset.Whole}
	}
	return v.Split
}

// Folds implements [dataset.View].
func (v *View) Folds() int { return 0 }

// Classes implements [dataset.View].
func (v *View) Classes() []string { return v.Names }

// Unknown implements [dataset.View].
func (v *View) Unknown() int {
	if len(v.Names) > 255 {
		return 65535
	}
	return 255
}

// Captures implements [dataset.View].
func (v *View) Captures() []string { return v.Of }

// Each implements [dataset.View].
func (v *View) Each(ctx context.Context, side dataset.Side, f func(*dataset.Entry) error) error {
	lent := make([]byte, v.Shape.Size())
	for i := range v.Samples {
		e := v.Samples[i]
		if v.Err != nil && i == v.At {
			return v.Err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if side != dataset.Whole && side != e.Side {
			continue
		}
		copy(lent, e.Data)
		e.Data = lent
		if err := f(&e); err != nil {
			return err
		}
		for j := range lent {
			lent[j] = 0xee
		}
	}
	return nil
}

// MakeView returns a view of n samples that depend on the arguments only: from all
// bytes, some of them nothing but zeros, of all classes and some of none, on the sides
// in turn; nil sides make a dataset that is not split. The first ten samples and every
// third of the others have no row.
func MakeView(sp dataset.Spec, n, classes int, sides []dataset.Side, seed uint64) *View {
	random := rand.New(rand.NewPCG(seed, 0))
	v := &View{Shape: sp, Split: sides, Of: []string{"a.pcap", "day 2/b.pcap"}}
	for i := range classes {
		v.Names = append(v.Names, fmt.Sprintf("Class-%d", i))
	}
	for i := range n {
		e := dataset.Entry{Index: int64(i), Data: make([]byte, sp.Size()), Label: v.Unknown(), Side: dataset.Whole}
		if i%7 != 3 {
			for j := range e.Data {
				e.Data[j] = byte(random.Uint32())
			}
		}
		if l := random.IntN(classes + 1); l < classes {
			e.Label = l
		}
		if len(sides) > 0 {
			e.Side = sides[i%len(sides)]
		}
		e.Row.Capture = uint32(i * 2 / n)
		if i >= 10 && i%3 != 0 {
			e.Row = makeRow(e.Row.Capture, i)
		}
		v.Samples = append(v.Samples, e)
	}
	return v
}

func makeRow(capture uint32, i int) dataset.Row {
	u := uint64(i)
	r := dataset.Row{
		Capture: capture, Session: 2 * u, Start: 1763500000_000000000 + int64(i), Duration: 3 * int64(i), Packets: [2]uint64{u, u / 2},
		Bytes: [2]uint64{100 * u, 50 * u}, Original: 150 * u, Proto: 6 + 11*uint8(i%2),
	}
	binary.BigEndian.PutUint64(r.Digest[8:], u)
	if i%2 == 0 {
		binary.BigEndian.PutUint64(r.Host[:], u)
	}
	return r
}
