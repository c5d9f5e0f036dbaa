package represent

import (
	"encoding/binary"
	"strconv"

	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// shownBurst is a burst of a finished unit.
type shownBurst struct {
	from, to int // of its records, in the state
	up       bool
	time     int64 // of its first packet
	bytes    uint64
	count    int
	iat      uint64 // microseconds
}

func (f *tokens) Render(dst, state []byte, e *End) ([]byte, Outcome) {
	if state = rendered(f, state, e); len(state) == 0 {
		return dst, Outcome{}
	}
	var few [16]shownBurst
	bursts := few[:0]
	if f.bursts > len(few) {
		bursts = make([]shownBurst, 0, f.bursts)
	}
	bursts = f.shown(bursts, state)
	ours := state[tokPackets]&tokUp != 0 // direction of packet 0
	shown := 0
	dst = append(dst, `{"burst_tokens":[`...)
	for i := range bursts {
		dst = append(comma(dst, i), '[')
		for at, n := bursts[i].from, 0; at < bursts[i].to; at += f.record() {
			if r := state[at : at+f.record()]; int(binary.LittleEndian.Uint16(r)) == i {
				dst = f.numbers(dst, state, r, at == tokFixed, n)
				n++
			}
		}
		dst = append(dst, ']')
		shown += bursts[i].count
	}
	dst = append(dst, `],"bytes":[`...)
	for i := range bursts {
		dst = strconv.AppendUint(comma(dst, i), bursts[i].bytes, 10)
	}
	dst = append(dst, `],"counts":[`...)
	for i := range bursts {
		dst = strconv.AppendInt(comma(dst, i), int64(bursts[i].count), 10)
	}
	dst = append(dst, `],"directions":[`...)
	for i := range bursts {
		dst = strconv.AppendBool(comma(dst, i), bursts[i].up == ours)
	}
	dst = append(dst, `],"flow_duration":`...)
	dst = strconv.AppendUint(dst, since(recordTime(state[tokEarliest:]), recordTime(state[tokLatest:]))/1000, 10)
	dst = append(dst, `,"iats":[`...)
	for i := range bursts {
		dst = strconv.AppendUint(comma(dst, i), bursts[i].iat, 10)
	}
	protocol := `],"protocol":17}`
	if state[tokPackets]&tokTCP != 0 {
		protocol = `],"protocol":6}`
	}
	dst = append(dst, protocol...)
	o := Outcome{Counted: count(state), Fit: sample.Padded}
	switch {
	case uint64(shown) < o.Counted:
		o.Fit = sample.Truncated
	case shown == f.bursts*f.packets:
		o.Fit = sample.Exact
	}
	return dst, o
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

// shown appends the bursts that are shown.
func (f *tokens) shown(bursts []shownBurst, state []byte) []shownBurst {
	var before [2]int64 // first packet of the burst before, by direction
	var any [2]bool
	for at := tokFixed; at < len(state); at += f.record() {
		r := state[at:]
		n := int(binary.LittleEndian.Uint16(r))
		if n >= f.bursts {
			continue
		}
		if n == len(bursts) {
			b := shownBurst{from: at, up: r[recFlags]&tokUp != 0, time: recordTime(r[recTime:])}
			d := 0
			if !b.up {
				d = 1
			}
			if any[d] {
				b.iat = micros(since(before[d], b.time))
			}
			before[d], any[d] = b.time, true
			bursts = append(bursts, b)
		}
		b := &bursts[n]
		b.to = at + f.record()
		b.count++
		b.bytes += uint64(binary.LittleEndian.Uint32(r[recSize:]))
	}
	return bursts
}

// micros is nanoseconds in microseconds, rounded half to even.
func micros(ns uint64) uint64 {
	q, r := ns/1000, ns%1000
	if r > 500 || r == 500 && q%2 == 1 {
		q++
	}
	return q
}

// numbers appends those of a packet; zeroth says that it is the unit's first one, n how many
// of its burst stand before it.
func (f *tokens) numbers(dst, state, r []byte, zeroth bool, n int) []byte {
	flags := r[recFlags]
	size := uint64(0)
	if f.length {
		size = uint64(uint16(binary.LittleEndian.Uint32(r[recSize:])))
	}
	dst = word(comma(dst, n), r, wordHeader)
	dst = word(append(dst, ','), r, wordTOS)
	dst = strconv.AppendUint(append(dst, ','), size, 10)
	dst = word(append(dst, ','), r, wordFlags)
	dst = word(append(dst, ','), r, wordTTL)
	dst = word(append(dst, ','), r, wordTCPFlags)
	if flags&tokTCP != 0 {
		dst = word(append(dst, ','), r, wordWindow)
		seq, ack := f.relatives(state, r, zeroth)
		dst = halves(halves(dst, seq), ack)
		dst = word(append(dst, ','), r, wordUrgent)
	}
	for p := r[recFixed:f.record()]; len(p) > 0; p = p[2:] {
		dst = strconv.AppendUint(append(dst, ','), uint64(binary.BigEndian.Uint16(p)), 10)
	}
	return dst
}

func word(dst, r []byte, i int) []byte {
	return strconv.AppendUint(dst, uint64(binary.LittleEndian.Uint16(r[recWords+2*i:])), 10)
}

func halves(dst []byte, v uint32) []byte {
	dst = strconv.AppendUint(append(dst, ','), uint64(v>>16), 10)
	return strconv.AppendUint(append(dst, ','), uint64(v&0xffff), 10)
}

// relatives are the sequence and acknowledgement number of a packet as they are shown:
// relative as a mask says, or as netFound does.
func (f *tokens) relatives(state, r []byte, zeroth bool) (seq, ack uint32) {
	first, second := state[tokPackets:], state[tokPackets+tokPacketLen:]
	a, b := binary.LittleEndian.Uint32(first[1:]), binary.LittleEndian.Uint32(first[5:])
	if b == 0 && !zeroth {
		b = binary.LittleEndian.Uint32(second[1:]) // of a packet that is there, as this one is not the first
	}
	flags := r[recFlags]
	seq, ack = binary.LittleEndian.Uint32(r[recSeq:]), binary.LittleEndian.Uint32(r[recAck:])
	s, k := seq-b, ack-a
	if flags&tokUp == first[0]&tokUp {
		if s, k = seq-a, ack-b; b == 0 {
			k = 0
		}
	}
	known := firstsOf(state, flags&tokUp != 0)
	switch f.seq {
	case mask.Zero:
		s = 0
	case mask.Relative:
		s = seq - binary.LittleEndian.Uint32(known[1:])
	}
	switch f.ack {
	case mask.Zero:
		k = 0
	case mask.Relative:
		if k = 0; flags&tokACK != 0 {
			k = ack - binary.LittleEndian.Uint32(known[5:])
		}
	}
	return s, k
}
