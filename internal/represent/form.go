// Package represent turns the packets of a unit into what a model reads: an array of fixed
// size, or a line of text. Each form is defined at its type; kinds.go lists them.
//
// # A form
//
// A [Form] is an accumulator. Its state is plain bytes without pointers, at most
// [Form.Bound] of them, so whoever holds units can keep it in an arena, spill it, and send
// it to another machine. Add takes one more packet in; Merge joins the states of two
// neighbouring runs of packets; Render makes the sample. Merge is associative, the empty
// state is its neutral element, and any cut of a unit's packets into runs gives the same
// state, byte for byte: representtest tries it for every form.
//
// What the unit decides is not known while its packets come in runs: its first time, the
// direction of its session, the first values of relative numbers. A state therefore keeps
// times, directions and numbers as they are, and Render resolves them.
//
// What is shown of a packet is masked by the packet's Masker. What is told of it is not:
// sizes, times, directions and which packets are chosen are those of the packet as captured.
//
// A state may have come from elsewhere and be any bytes. To Merge and Render, one that the
// form cannot have made is one of no packets. Add takes it as it is, without a look at the
// whole for every packet; what it adds is then at most Bound once more.
//
// A form never changes, has no scratch memory of its own and may be used by several
// goroutines at once. Add, Merge and Render allocate nothing when the given memory suffices.
//
// # Adding a form
//
// One file with a type that implements Form and a function that makes it from its
// parameters, and one line in the table of kinds.go.
package represent

import (
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// Form is one way to show a unit. See the package comment.
type Form interface {
	// Spec is the type and shape of a sample.
	Spec() Spec
	// Facts say what its values mean.
	Facts() Facts
	// Cells say which header field stands at which place.
	Cells() Cells
	// Bound is the largest length of a state in bytes.
	Bound() int
	// Wide reports whether the form looks at Packet.Original, Packet.Link and the captured
	// bytes behind the packet's end; else they may be missing.
	Wide() bool
	// Grow is how many bytes longer Add makes the state at most.
	Grow(state []byte, p *Packet) int
	// Add returns the state with the unit's next packet in it. It changes state in
	// place and appends at most Grow bytes. A state of no packet is empty.
	Add(state []byte, p *Packet) []byte
	// Merge returns the state of two neighbouring runs. It changes earlier in place and
	// appends at most len(later) bytes; later stays as it is.
	Merge(earlier, later []byte) []byte
	// Render appends the sample: Spec.Size bytes, numbers big-endian, or the line of
	// text without a line end. Of an empty Outcome the sample has no meaning.
	Render(dst, state []byte, e *End) ([]byte, Outcome)
}

// Filling is a Form that is done with a unit at some time.
type Filling interface {
	Form
	// Full reports whether no further packet changes the state.
	Full(state []byte) bool
}

// Packet is a kept packet as a form sees it. It is lent for the call.
type Packet struct {
	Layout   *header.Layout  // where its headers stand; time, direction by endpoints, protocol
	Data     []byte          // the captured bytes, at least up to Layout.End; all of them if the form is Wide
	Original uint32          // length on the wire, if the form is Wide
	Link     header.LinkType // of the first of Data, if the form is Wide
	Masker   *mask.Masker    // of the calling goroutine, with the policy that the form was bound to
}

// End is what is known of a unit only when all of its packets are.
type End struct {
	// Own says that Add and Merge have made the state, here: it is taken as it is, without
	// a look at the whole.
	Own bool
	Up  bool // the first kept packet of the unit's session went from the lower endpoint to the higher
}

// Outcome says how a unit fits into a sample.
type Outcome struct {
	Counted uint64 // bytes or packets, as Facts.Counts says, before any cut
	Fit     sample.Fit
}

// fit compares what was counted with what a sample holds.
func fit(counted, room uint64) Outcome {
	switch {
	case counted == 0:
		return Outcome{0, sample.Empty}
	case counted < room:
		return Outcome{counted, sample.Padded}
	case counted == room:
		return Outcome{counted, sample.Exact}
	}
	return Outcome{counted, sample.Truncated}
}

// Type is the type of a sample's elements. Its value is that of the IDX format.
type Type uint8

// Types. Text is a line and no array.
const (
	Text Type = 0x00
	U8   Type = 0x08
	I8   Type = 0x09
	I16  Type = 0x0b
	F32  Type = 0x0d
)

// String is like "u8".
func (t Type) String() string {
	switch t {
	case Text:
		return "text"
	case U8:
		return "u8"
	case I8:
		return "i8"
	case I16:
		return "i16"
	}
	return "f32"
}

// Bytes is the size of an element, 0 of Text.
func (t Type) Bytes() int {
	switch t {
	case Text:
		return 0
	case U8, I8:
		return 1
	case I16:
		return 2
	}
	return 4
}

// Spec is the type and shape of the samples of a form. Of Text, Rows and Cols are 0.
type Spec struct {
	Type       Type
	Rows, Cols int
}

// Size is the length of a sample in bytes, 0 of Text.
func (s Spec) Size() int { return times(times(s.Rows, s.Cols), s.Type.Bytes()) }

// Facts say what the values of a form mean: for the manifest, the card and the docs.
type Facts struct {
	Axes      string // what rows and columns are: "row, column"
	Units     string // of the values
	Pad       string // what stands where nothing is; "" if that cannot be told from a value
	Start     string // where in a packet the form begins; "" if it shows no bytes
	Selection string // which packets
	Sizes     string // what its sizes are; "" if it has none
	Time      string // what its times are; "" if it has none
	Clip      string // how values are limited; "" if they are not
	Counts    string // "bytes" or "packets": what Outcome.Counted is
	Sentence  string // for people
	Legacy    string // why the form should not be used for new work; else ""
}

// view is the masked packet.
func (p *Packet) view() *mask.View { return p.Masker.View(p.Link, p.Data, p.Layout) }
