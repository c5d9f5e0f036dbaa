package represent

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/pcapmill/pcapmill/mask"
)

// tokens is numbers of the headers of the unit's first bursts, as a line of JSON (netFound).
//
// A packet more than gap after the one before in its direction begins a burst. The first
// bursts are shown, in the order of their first packets, and of each its first packets.
//
// State: count; then in place
//
//	earliest, latest  8 bytes each: times
//	directions        2 times (up, down): time of the last packet 8 bytes; its burst 2 bytes
//	                  (none yet, or beyond those that are kept); packets kept of that 2 bytes
//	begun             2 bytes: bursts so far, as far as they are kept
//	firsts            2 times (up, down): 1 byte of what is known, first seq, first ack 4 bytes each
//	packets           2 times: flags 1 byte, seq, ack 4 bytes each: of the first two of the unit
//
// then for each packet that is kept, in the order of the capture: burst 2 bytes, flags 1 byte,
// time 8 bytes, seq, ack and IP size 4 bytes each, header numbers 2 bytes each, and payload.
// Two bursts more are kept than shown, and the first one in each direction always: the first
// ones of a run can turn out to go on with a burst of the run before.
type tokens struct {
	bursts, packets int
	gap             uint64
	payload         int
	seq, ack        mask.Action
	length          bool // ip.length is kept
}

const (
	noBurst     = 0xffff
	beyondBurst = 0xfffe // not kept
	firstBeyond = 0xfffd // beyond, but kept: the first of its direction

	tokEarliest  = headLen
	tokLatest    = tokEarliest + 8
	tokDirection = tokLatest + 8
	tokDirLen    = 8 + 2 + 2
	tokBegun     = tokDirection + 2*tokDirLen
	tokFirsts    = tokBegun + 2
	tokFirstLen  = 1 + 4 + 4
	tokPackets   = tokFirsts + 2*tokFirstLen
	tokPacketLen = 1 + 4 + 4
	tokFixed     = tokPackets + 2*tokPacketLen

	recBurst = 0
	recFlags = 2
	recTime  = 3
	recSeq   = 11
	recAck   = 15
	recSize  = 19
	recWords = 23
	recFixed = recWords + 2*words
)

// Header numbers of a record.
const (
	wordHeader = iota
	wordTOS
	wordFlags // of IP
	wordTTL
	wordTCPFlags // of UDP: the length field
	wordWindow
	wordUrgent
	words
)

// Flags of packets.
const (
	tokThere = 1 << iota
	tokUp
	tokTCP
	tokACK
)

func makeTokens(p *params, b *binding) Form {
	b.wholePackets()
	f := &tokens{
		bursts:  p.number("bursts", 12, 1, 512),
		packets: p.number("packets", 6, 1, 512),
		gap:     uint64(p.duration("gap", 10*time.Millisecond, 0, 24*time.Hour)),
		payload: p.number("payload", 12, 0, 65536),
		seq:     b.policy.Fields[mask.TCPSeq],
		ack:     b.policy.Fields[mask.TCPAck],
		length:  b.policy.Fields[mask.IPLength] == mask.Keep,
	}
	if f.payload%2 != 0 {
		p.fail("payload", strconv.Itoa(f.payload), "an even number of bytes")
	}
	return f
}

func (f *tokens) Spec() Spec { return Spec{} }

func (f *tokens) Facts() Facts {
	return Facts{
		Units: "header numbers of 16 bits, microseconds, bytes", Start: "header numbers, then the payload",
		Selection: "the first packets of the first bursts of the unit", Counts: "packets",
		Sizes: "IP packet by the length fields, modulo 65536", Time: "microseconds between bursts, rounded half to even",
		Clip:     strconv.Itoa(f.bursts) + " bursts, " + strconv.Itoa(f.packets) + " packets of each",
		Sentence: "Header numbers of the packets of the unit's first bursts, a JSON object a line.",
	}
}

func (f *tokens) Wide() bool  { return false }
func (f *tokens) record() int { return recFixed + f.payload }

func (f *tokens) Bound() int { return tokFixed + times(times(f.bursts+3, f.packets), f.record()) }

// Grow: a packet of a burst that is not kept, or that has enough packets, adds nothing.
func (f *tokens) Grow(state []byte, p *Packet) int {
	if len(state) < tokFixed {
		return tokFixed + f.record()
	}
	if _, _, kept := f.burst(state, p.Layout.Time(), p.Layout.FromLower()); !kept {
		return 0
	}
	return f.record()
}

// dir is the part of a state about a direction.
type dir []byte

func direction(state []byte, up bool) dir {
	at := tokDirection
	if !up {
		at += tokDirLen
	}
	return dir(state[at : at+tokDirLen])
}

func (d dir) last() int64   { return int64(binary.LittleEndian.Uint64(d)) }
func (d dir) burst() uint16 { return binary.LittleEndian.Uint16(d[8:]) }
func (d dir) kept() int     { return int(binary.LittleEndian.Uint16(d[10:])) }

func (d dir) set(last int64, burst uint16, kept int) {
	binary.LittleEndian.PutUint64(d, uint64(last))
	binary.LittleEndian.PutUint16(d[8:], burst)
	binary.LittleEndian.PutUint16(d[10:], uint16(kept))
}

func begun(state []byte) int { return int(binary.LittleEndian.Uint16(state[tokBegun:])) }

func setBegun(state []byte, n int) { binary.LittleEndian.PutUint16(state[tokBegun:], uint16(n)) }

// burst tells which burst a packet that comes next belongs to, whether it begins it, and
// whether the packet is kept.
func (f *tokens) burst(state []byte, at int64, up bool) (burst uint16, begins, kept bool) {
	d := direction(state, up)
	if d.burst() != noBurst && since(d.last(), at) <= f.gap {
		return d.burst(), false, d.burst() != beyondBurst && d.kept() < f.packets
	}
	burst = f.next(begun(state), d.burst() == noBurst)
	return burst, true, burst != beyondBurst
}

// next is the number of the burst that begins behind n others; first says that it is the
// first one of its direction.
func (f *tokens) next(n int, first bool) uint16 {
	switch {
	case n < f.bursts+2:
		return uint16(n)
	case first:
		return firstBeyond
	}
	return beyondBurst
}

func (f *tokens) Add(state []byte, p *Packet) []byte {
	l := p.Layout
	up, at := l.FromLower(), l.Time()
	if len(state) < tokFixed {
		state = f.begin(state[:0], at)
	}
	state = counts(state, 1)
	flags, seq, ack := byte(tokThere), uint32(0), uint32(0)
	if up {
		flags |= tokUp
	}
	if !l.IsUDP() {
		t := p.Data[l.Transport():]
		seq, ack = binary.BigEndian.Uint32(t[4:]), binary.BigEndian.Uint32(t[8:])
		flags |= tokTCP
		if t[13]&0x10 != 0 {
			flags |= tokACK
		}
	}
	stretch(state, at, at)
	early(state, flags, seq, ack)
	burst, begins, kept := f.burst(state, at, up)
	d, n := direction(state, up), 0
	switch {
	case !begins:
		n = d.kept()
	case begun(state) < f.bursts+2:
		setBegun(state, begun(state)+1)
	}
	if kept {
		n++
	}
	d.set(at, burst, n)
	if !kept {
		return state
	}
	return f.append(state, burst, flags, seq, ack, p)
}

// begin is the state before the first packet, at the given time.
func (f *tokens) begin(state []byte, at int64) []byte {
	state = counts(state, 0)
	state, _ = extend(state, tokFixed-headLen)
	binary.LittleEndian.PutUint64(state[tokEarliest:], uint64(at))
	binary.LittleEndian.PutUint64(state[tokLatest:], uint64(at))
	direction(state, true).set(0, noBurst, 0)
	direction(state, false).set(0, noBurst, 0)
	return state
}

// stretch takes times into the span of the unit.
func stretch(state []byte, earliest, latest int64) {
	if earliest < recordTime(state[tokEarliest:]) {
		binary.LittleEndian.PutUint64(state[tokEarliest:], uint64(earliest))
	}
	if latest > recordTime(state[tokLatest:]) {
		binary.LittleEndian.PutUint64(state[tokLatest:], uint64(latest))
	}
}

// early takes what only the first packets of a unit, or of a direction, decide.
func early(state []byte, flags byte, seq, ack uint32) {
	for i := range 2 {
		q := state[tokPackets+i*tokPacketLen:]
		if q[0] == 0 {
			q[0] = flags
			binary.LittleEndian.PutUint32(q[1:], seq)
			binary.LittleEndian.PutUint32(q[5:], ack)
			break
		}
	}
	if flags&tokTCP == 0 {
		return
	}
	q := firstsOf(state, flags&tokUp != 0)
	if q[0]&1 == 0 {
		q[0] |= 1
		binary.LittleEndian.PutUint32(q[1:], seq)
	}
	if q[0]&2 == 0 && flags&tokACK != 0 {
		q[0] |= 2
		binary.LittleEndian.PutUint32(q[5:], ack)
	}
}

// firstsOf is what is known of a direction's first numbers.
func firstsOf(state []byte, up bool) []byte {
	if up {
		return state[tokFirsts : tokFirsts+tokFirstLen]
	}
	return state[tokFirsts+tokFirstLen : tokFirsts+2*tokFirstLen]
}

func (f *tokens) append(state []byte, burst uint16, flags byte, seq, ack uint32, p *Packet) []byte {
	v, l := p.view(), p.Layout
	ip, transport := v.Bytes[v.IP:], v.Bytes[v.Transport:]
	var w [words]uint16
	if l.IsIPv6() {
		w[wordHeader], w[wordTOS], w[wordTTL] = 40, uint16(ip[0]&15), uint16(ip[7])
	} else {
		w[wordHeader], w[wordTOS], w[wordTTL] = 4*uint16(ip[0]&15), uint16(ip[1]), uint16(ip[8])
		w[wordFlags] = uint16(ip[6] >> 5)
	}
	if l.IsUDP() {
		w[wordTCPFlags] = binary.BigEndian.Uint16(transport[4:])
	} else {
		w[wordTCPFlags], w[wordWindow], w[wordUrgent] = uint16(transport[13]), binary.BigEndian.Uint16(transport[14:]), binary.BigEndian.Uint16(transport[18:])
	}
	state = binary.LittleEndian.AppendUint16(state, burst)
	state = append(state, flags)
	state = binary.LittleEndian.AppendUint64(state, uint64(l.Time()))
	state = binary.LittleEndian.AppendUint32(state, seq)
	state = binary.LittleEndian.AppendUint32(state, ack)
	state = binary.LittleEndian.AppendUint32(state, uint32(ipSize(l)))
	for _, x := range w {
		state = binary.LittleEndian.AppendUint16(state, x)
	}
	payload := v.Bytes[v.Payload:min(v.End, v.Payload+f.payload)]
	state = append(state, payload...)
	state, _ = extend(state, f.payload-len(payload))
	return state
}
