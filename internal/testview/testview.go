// Package testview makes datasets in memory for the tests of exporters: a
// [dataset.View] whose every sample is a function of its place, so that a test knows
// what must come out.
package testview

import (
	"context"

	"github.com/pcapmill/pcapmill/dataset"
)

// View is a dataset in memory. Fill the fields; Entries gives what it holds.
type View struct {
	Shape   dataset.Spec
	N       int64
	Parts   []dataset.Side // as Sides returns them
	Names   []string       // classes
	From    []string       // captures
	NoRows  bool           // the row log is missing
	Lie     int64          // Len says this many more
	Folded  int            // folds; with them Parts is Whole alone
	Tasking []dataset.Task // label columns
	Failing error          // what Each returns after the first entry
}

// New is a view of n samples of 4x7 in two classes, two captures and the given sides.
func New(n int64, sides ...dataset.Side) *View {
	if len(sides) == 0 {
		sides = []dataset.Side{dataset.Whole}
	}
	return &View{
		Shape: dataset.Spec{Rows: 4, Cols: 7}, N: n, Parts: sides,
		Names: []string{"Chat", "VPN, \"Chat\""}, From: []string{"a/chat.pcap", "b\nvpn\xff.pcap"},
	}
}

// Entry is the sample at place i: samples of one side in turn with those of the next,
// every fifth of an unknown class.
func (v *View) Entry(i int64) dataset.Entry {
	e := dataset.Entry{Index: i, Data: make([]byte, v.Shape.Size()), Label: int(i) % max(1, len(v.Names)), Side: v.Parts[i%int64(len(v.Parts))], Fold: -1}
	if v.Folded > 0 && i%4 != 3 { // every fourth is in none
		e.Fold = int(i) % v.Folded
	}
	for k := range e.Data {
		e.Data[k] = byte(int(i)*31 + k*k)
	}
	if i%5 == 4 {
		e.Label = v.Unknown()
	}
	capture := uint32(i % int64(len(v.From)))
	if e.Row.Capture = capture; v.NoRows {
		return e
	}
	e.Row = dataset.Row{
		Capture: capture, Session: uint64(i / 2), Start: 1_700_000_000_123_456_789 + i, Duration: i * 1000,
		Packets: [2]uint64{uint64(i) + 1, uint64(i) % 3}, Bytes: [2]uint64{uint64(i) * 100, uint64(i)}, Original: uint64(v.Shape.Size()) + uint64(i)%3 - 1,
		Proto: [...]uint8{6, 17, 0}[i%3], Digest: [16]byte{byte(i), 15: 0xff},
	}
	if i%2 == 1 {
		e.Row.Host = [8]byte{0xab, 7: byte(i)}
	}
	return e
}

// Spec is Shape.
func (v *View) Spec() dataset.Spec { return v.Shape }

// Sides are Parts.
func (v *View) Sides() []dataset.Side { return v.Parts }

// Folds are Folded.
func (v *View) Folds() int { return v.Folded }

// Tasks are Tasking.
func (v *View) Tasks() []dataset.Task { return v.Tasking }

// Classes are Names.
func (v *View) Classes() []string { return v.Names }

// Captures are From.
func (v *View) Captures() []string { return v.From }

// Unknown is 255, or 65535 where a class has that id.
func (v *View) Unknown() int {
	if len(v.Names) > 255 {
		return 65535
	}
	return 255
}

// Len counts.
func (v *View) Len(side dataset.Side) int64 {
	n := v.Lie
	for i := range v.N {
		if side == dataset.Whole || v.Parts[i%int64(len(v.Parts))] == side {
			n++
		}
	}
	return n
}

// Each lends each entry and then overwrites it, so that who keeps one is found out.
func (v *View) Each(ctx context.Context, side dataset.Side, f func(*dataset.Entry) error) error {
	for i := range v.N {
		e := v.Entry(i)
		if side != dataset.Whole && e.Side != side {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(&e); err != nil {
			return err
		}
		for k := range e.Data {
			e.Data[k] = 0xee
		}
		if v.Failing != nil {
			return v.Failing
		}
	}
	return nil
}
