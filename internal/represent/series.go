package represent

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pcapmill/pcapmill/header"
)

// series is one row a channel, one column a packet (CESNET's per-packet information).
//
// State: count of chosen packets, then for each of the first ones its time (8 bytes), flags
// (TCP's, 1 byte), direction (1 byte: 1 for up), and the sizes that the channels need (4
// bytes each).
type series struct {
	spec     Spec
	packets  int
	channels []channel
	all      bool // select=all
	floor    bool // time=ms-floor
	has      [3]bool
	record   int // bytes of a packet
}

type channel uint8

const (
	channelIPT channel = iota
	channelTime
	channelDir
	channelSize
	channelSignedSize
	channelIPSize
	channelFrameSize
	channelPush
	channelFlags
)

var channelNames = []string{"ipt", "time", "dir", "size", "signed-size", "ip-size", "frame-size", "push", "flags"}

// The sizes of a record, in this order.
const (
	sizePayload = iota
	sizeIP
	sizeFrame
)

const seriesFixed = 8 + 1 + 1

func makeSeries(p *params, b *binding) Form {
	b.wholePackets()
	f := &series{packets: p.number("packets", 30, 1, 1<<20), record: seriesFixed}
	for _, name := range p.list("channels", "ipt+dir+size+push", channelNames...) {
		for i, n := range channelNames {
			if n == name {
				f.channels = append(f.channels, channel(i))
			}
		}
	}
	f.all = p.word("select", "payload", "payload", "all") == "all"
	f.floor = p.word("time", "ms", "ms", "ms-floor") == "ms-floor"
	for _, c := range f.channels {
		switch c {
		case channelSize, channelSignedSize:
			f.has[sizePayload] = true
		case channelIPSize:
			f.has[sizeIP] = true
		case channelFrameSize:
			f.has[sizeFrame] = true
		}
	}
	for _, has := range f.has {
		if has {
			f.record += 4
		}
	}
	f.spec = Spec{F32, len(f.channels), f.packets}
	return f
}

func (f *series) Spec() Spec { return f.spec }

func (f *series) Facts() Facts {
	names := make([]string, len(f.channels))
	for i, c := range f.channels {
		names[i] = channelNames[c]
	}
	x := Facts{
		Axes:  fmt.Sprintf("channel (%s), packet", strings.Join(names, ", ")),
		Units: "sizes in bytes, times in milliseconds, directions 1 and -1, flags as a number",
		Pad:   "0", Selection: "the first packets with payload", Counts: "packets",
		Sizes:    "size: payload by the length fields; ip-size: IP packet by the length fields; frame-size: original length",
		Time:     "milliseconds, rounded to the nearest float32",
		Sentence: "Times, directions and sizes of the unit's first packets, a row for each channel.",
	}
	if f.all {
		x.Selection = "the first packets"
	}
	if f.floor {
		x.Time = "whole milliseconds, rounded down"
	}
	return x
}

func (f *series) Wide() bool { return f.has[sizeFrame] }
func (f *series) Bound() int { return headLen + times(f.packets, f.record) }

func (f *series) chosen(l *header.Layout) bool { return f.all || l.PayloadLen() > 0 }

func (f *series) Grow(state []byte, p *Packet) int {
	switch {
	case !f.chosen(p.Layout):
		return head(state)
	case count(state) >= uint64(f.packets):
		return 0
	}
	return head(state) + f.record
}

func (f *series) Add(state []byte, p *Packet) []byte {
	l := p.Layout
	if !f.chosen(l) {
		return counts(state, 0)
	}
	full := count(state) >= uint64(f.packets)
	state = counts(state, 1)
	if full {
		return state
	}
	state = binary.LittleEndian.AppendUint64(state, uint64(l.Time()))
	flags, up := byte(0), byte(0)
	if !l.IsUDP() {
		flags = p.Data[l.Transport()+13]
	}
	if l.FromLower() {
		up = 1
	}
	state = append(state, flags, up)
	for i, size := range [3]uint32{uint32(l.PayloadLen()), uint32(ipSize(l)), p.Original} {
		if f.has[i] {
			state = binary.LittleEndian.AppendUint32(state, size)
		}
	}
	return state
}

// ipSize is the length of the packet from its IP header on by the length fields.
func ipSize(l *header.Layout) int { return l.Payload() - l.Network() + l.PayloadLen() }

func (f *series) Merge(earlier, later []byte) []byte {
	return mergeRecords(trusted(f, earlier), trusted(f, later), f.packets, f.record)
}

// mergeRecords is Merge for states of a count and records of one length each.
func mergeRecords(earlier, later []byte, packets, record int) []byte {
	if len(earlier) == 0 || len(later) == 0 {
		return append(earlier, later...)
	}
	room := packets - int(min(count(earlier), uint64(packets)))
	earlier = counts(earlier, count(later))
	b := body(later)
	return append(earlier, b[:min(len(b), room*record)]...)
}

func (f *series) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	dst, out := extend(dst, f.spec.Size())
	state = rendered(f, state, e)
	b := body(state)
	for i := 0; len(b) > 0; i, b = i+1, b[f.record:] {
		at := recordTime(b)
		first, before := at, at
		if i > 0 {
			first, before = recordTime(body(state)), recordTime(body(state)[(i-1)*f.record:])
		}
		dir := float32(-1)
		if (b[9] == 1) == e.Up {
			dir = 1
		}
		var sizes [3]float32
		next := seriesFixed
		for s, has := range f.has {
			if has {
				sizes[s] = float32(binary.LittleEndian.Uint32(b[next:]))
				next += 4
			}
		}
		for row, c := range f.channels {
			v := float32(0)
			switch c {
			case channelIPT:
				v = f.millis(before, at)
			case channelTime:
				v = f.millis(first, at)
			case channelDir:
				v = dir
			case channelSize:
				v = sizes[sizePayload]
			case channelSignedSize:
				v = dir * sizes[sizePayload]
			case channelIPSize:
				v = sizes[sizeIP]
			case channelFrameSize:
				v = sizes[sizeFrame]
			case channelPush:
				v = float32(b[8] >> 3 & 1)
			case channelFlags:
				v = float32(b[8])
			}
			if v == 0 {
				v = 0 // dir times a size of zero is no negative zero
			}
			binary.BigEndian.PutUint32(out[4*(row*f.packets+i):], math.Float32bits(v))
		}
	}
	return dst, fit(count(state), uint64(f.packets))
}

// recordTime is the time at the beginning of a record.
func recordTime(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) }

// since is the time from a to b in nanoseconds, 0 if b is earlier.
func since(a, b int64) uint64 {
	if b <= a {
		return 0
	}
	return uint64(b) - uint64(a)
}

// millis is the time from a to b in milliseconds.
func (f *series) millis(a, b int64) float32 {
	ns := since(a, b)
	if f.floor {
		return float32(ns / uint64(time.Millisecond))
	}
	return float32(float64(ns) / 1e6)
}
