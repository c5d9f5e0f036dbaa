package represent

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"time"
)

// largestSize is the IP size, in bytes, that the last row of a picture begins to hold.
const largestSize = 1500

// leftOut marks a packet that is counted and not shown.
const leftOut = 0xffff

// picture is how many packets of the unit have a size and a time: one row a range of sizes,
// one column a range of times. All arithmetic is in integers.
//
// State: count, then for each of the first packets its time (8 bytes) and IP size (2 bytes,
// leftOut above what is shown).
type picture struct {
	spec    Spec
	size    int
	packets int
	span    uint64 // nanoseconds; 0: that of the unit
}

const pictureRecord = 8 + 2

func makeFlowPic(p *params, b *binding) Form {
	b.wholePackets()
	f := &picture{size: p.number("size", 1500, 1, 2048), packets: p.number("packets", 262144, 1, 1<<20)}
	f.spec = Spec{I16, f.size, f.size}
	return f
}

func makeMiniFlowPic(p *params, b *binding) Form {
	b.wholePackets()
	f := &picture{size: p.number("size", 32, 1, 2048)}
	f.span = uint64(p.duration("span", 15*time.Second, time.Nanosecond, 100*365*24*time.Hour))
	f.packets = p.number("packets", 262144, 1, 1<<20)
	f.spec = Spec{U8, f.size, f.size}
	return f
}

func (f *picture) Spec() Spec { return f.spec }

func (f *picture) Facts() Facts {
	x := Facts{
		Axes: "IP size, time", Units: "packets", Selection: fmt.Sprintf("the first %d packets; larger than %d bytes are left out", f.packets, largestSize),
		Sizes: "IP packet by the length fields; all sizes together have 1500 bytes", Counts: "packets",
		Time: "since the unit's first packet, scaled to the unit's span", Clip: "counts up to 32767",
		Sentence: "How many packets of the unit have a size and a time, over the unit's own span.",
	}
	if f.span > 0 {
		x.Selection = fmt.Sprintf("of the first %d packets those before %s", f.packets, spellTime(time.Duration(f.span)))
		x.Sizes = "IP packet by the length fields, at most 1500"
		x.Time = "since the unit's first packet; all columns together have " + spellTime(time.Duration(f.span))
		x.Clip = "counts up to 255"
		x.Sentence = "How many packets of the unit have a size and a time, over a fixed span."
	}
	return x
}

func (f *picture) Wide() bool { return false }
func (f *picture) Bound() int { return headLen + times(f.packets, pictureRecord) }

func (f *picture) Grow(state []byte, _ *Packet) int {
	if count(state) >= uint64(f.packets) {
		return 0
	}
	return head(state) + pictureRecord
}

func (f *picture) Add(state []byte, p *Packet) []byte {
	full := count(state) >= uint64(f.packets)
	state = counts(state, 1)
	if full {
		return state
	}
	size := ipSize(p.Layout)
	if size > largestSize {
		if size = largestSize; f.span == 0 {
			size = leftOut
		}
	}
	state = binary.LittleEndian.AppendUint64(state, uint64(p.Layout.Time()))
	return binary.LittleEndian.AppendUint16(state, uint16(size))
}

func (f *picture) Merge(earlier, later []byte) []byte {
	return mergeRecords(trusted(f, earlier), trusted(f, later), f.packets, pictureRecord)
}

func (f *picture) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	dst, out := extend(dst, f.spec.Size())
	b := body(rendered(f, state, e))
	if len(b) == 0 {
		return dst, Outcome{}
	}
	start, span := recordTime(b), f.span
	if span == 0 {
		for r := b; len(r) > 0; r = r[pictureRecord:] {
			span = max(span, since(start, recordTime(r)))
		}
	}
	shown := false
	for ; len(b) > 0; b = b[pictureRecord:] {
		t, s := since(start, recordTime(b)), int(binary.LittleEndian.Uint16(b[8:]))
		if s == leftOut || f.span > 0 && t >= f.span {
			continue
		}
		shown = true
		row := min(s*f.size/largestSize, f.size-1)
		i := row*f.size + f.column(t, span)
		if f.spec.Type == U8 {
			if out[i] < 255 {
				out[i]++
			}
		} else if n := binary.BigEndian.Uint16(out[2*i:]); n < 32767 {
			binary.BigEndian.PutUint16(out[2*i:], n+1)
		}
	}
	if !shown {
		return dst, Outcome{}
	}
	return dst, fit(count(state), uint64(f.packets))
}

// column is min(floor(t * size / span), size-1), and 0 if the span is.
func (f *picture) column(t, span uint64) int {
	if span == 0 {
		return 0
	}
	if t >= span {
		return f.size - 1
	}
	hi, lo := bits.Mul64(t, uint64(f.size))
	q, _ := bits.Div64(hi, lo, span) // t < span, so hi < span
	return int(q)
}
