package leak

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/names"
	"github.com/pcapmill/pcapmill/mask"
)

// spot is a place in a packet that --mask acts on: length bytes at offset at of the packet,
// or the given bits of one byte.
type spot struct {
	at, length int32
	bits       byte // of one byte; 0: all of all bytes
	action     mask.Action
	want       uint32 // Relative: what must stand there
}

// firsts are the first values of the numbers of a session's packets, by direction and kind.
type firsts [2][4]struct {
	value uint32
	known bool
}

// spots appends what --mask acts on in a packet. up is the packet's direction; f has the
// first values of the packets before it in its session, and takes those of this one.
func (l *layout) spots(out []spot, data []byte, h *header.Stack, up bool, f *firsts) []spot {
	if l.Content == mask.Packet {
		out = l.networkSpots(out, data, h)
		if h.Proto == header.TCP {
			d := 0
			if up {
				d = 1
			}
			w := tcpSpots{layout: l, out: out, data: data, h: h, first: &f[d]}
			w.fixed()
			w.options()
			out = w.out
		} else {
			out = l.zero(out, mask.UDPLength, h.Transport+4, 2)
		}
	}
	return l.payloadSpots(out, data, h)
}

// zero appends a place if its field is masked.
func (l *layout) zero(out []spot, f mask.Field, at, length int) []spot {
	if l.Fields[f] != mask.Keep && length > 0 {
		out = append(out, spot{at: int32(at), length: int32(length), action: mask.Zero})
	}
	return out
}

// bits appends bits of one byte if their field is masked.
func (l *layout) bits(out []spot, f mask.Field, at int, bits byte) []spot {
	if l.Fields[f] != mask.Keep {
		out = append(out, spot{at: int32(at), length: 1, bits: bits, action: mask.Zero})
	}
	return out
}

func (l *layout) networkSpots(out []spot, data []byte, h *header.Stack) []spot {
	at := h.Network
	if h.Version == 4 {
		out = l.zero(out, mask.IPTos, at+1, 1)
		out = l.zero(out, mask.IPLength, at+2, 2)
		out = l.zero(out, mask.IPID, at+4, 2)
		out = l.zero(out, mask.IPFragment, at+6, 2)
		out = l.zero(out, mask.IPTTL, at+8, 1)
		return l.zero(out, mask.IPOptions, at+20, h.Transport-at-20)
	}
	out = l.bits(out, mask.IPTos, at, 0x0f)
	out = l.bits(out, mask.IPTos, at+1, 0xf0)
	out = l.bits(out, mask.IPFlowLabel, at+1, 0x0f)
	out = l.zero(out, mask.IPFlowLabel, at+2, 2)
	out = l.zero(out, mask.IPLength, at+4, 2)
	out = l.zero(out, mask.IPTTL, at+7, 1)
	const fragment, authentication = 44, 51
	next := data[at+6]
	for at += 40; at < h.Transport; {
		field, length := mask.IPOptions, 8*int(data[at+1])+8
		switch next {
		case fragment:
			field, length = mask.IPFragment, 8
		case authentication:
			length = 4*int(data[at+1]) + 8
		}
		out = l.zero(out, field, at+2, length-2)
		next = data[at]
		at += length
	}
	return out
}

// tcpSpots goes through a TCP header.
type tcpSpots struct {
	*layout
	out   []spot
	data  []byte
	h     *header.Stack
	first *[4]struct {
		value uint32
		known bool
	}
}

// Places of first values.
const (
	seqFirst = iota
	ackFirst
	valFirst
	ecrFirst
)

func (w *tcpSpots) acks() bool { return w.data[w.h.Transport+13]&0x10 != 0 }

// number appends a number of four bytes if its field is masked. An edge of a SACK option
// is no first value.
func (w *tcpSpots) number(f mask.Field, at, first int, there, edge bool) {
	action := w.Fields[f]
	if action == mask.Keep {
		return
	}
	s := spot{at: int32(at), length: 4, action: action}
	if base := &w.first[first]; action == mask.Relative && there {
		value := binary.BigEndian.Uint32(w.data[at:])
		if !base.known && !edge {
			base.value, base.known = value, true
		}
		if base.known {
			s.want = value - base.value
		}
	}
	w.out = append(w.out, s)
}

func (w *tcpSpots) fixed() {
	at := w.h.Transport
	w.number(mask.TCPSeq, at+4, seqFirst, true, false)
	w.number(mask.TCPAck, at+8, ackFirst, w.acks(), false)
	w.out = w.bits(w.out, mask.TCPFlags, at+12, 0x01)
	w.out = w.zero(w.out, mask.TCPFlags, at+13, 1)
	w.out = w.zero(w.out, mask.TCPWindow, at+14, 2)
	w.out = w.zero(w.out, mask.TCPUrgent, at+18, 2)
}

func (w *tcpSpots) options() {
	at, end := w.h.Transport+20, w.h.Payload
	if w.Fields[mask.TCPOptions] != mask.Keep {
		w.out = w.zero(w.out, mask.TCPOptions, at, end-at)
		return
	}
	for at < end && w.data[at] != 0 {
		if w.data[at] == 1 {
			at++
			continue
		}
		if at+1 == end {
			return
		}
		length := int(w.data[at+1])
		if length < 2 || at+length > end {
			return
		}
		switch {
		case w.data[at] == 8 && length == 10:
			w.number(mask.TCPTimestamps, at+2, valFirst, true, false)
			w.number(mask.TCPTimestamps, at+6, ecrFirst, w.acks(), false)
		case w.data[at] == 5:
			for edge := at + 2; edge+4 <= at+length; edge += 4 {
				w.number(mask.TCPAck, edge, ackFirst, true, true)
			}
		}
		at += length
	}
}

// payloadSpots are the payload, or the names in it. What a name is is said by the package
// that the mask goes by, too: a name that it does not find is found as text, if it is one
// that the search looks for.
func (l *layout) payloadSpots(out []spot, data []byte, h *header.Stack) []spot {
	if action := l.Fields[mask.PayloadBytes]; action != mask.Keep {
		if action != mask.Remove && h.End > h.Payload {
			out = append(out, spot{at: int32(h.Payload), length: int32(h.End - h.Payload), action: action})
		}
		return out
	}
	payload := data[h.Payload:h.End]
	hide := func(at, length int) {
		out = append(out, spot{at: int32(h.Payload + at), length: int32(length), action: mask.Zero})
	}
	if l.Fields[mask.TLSSNI] != mask.Keep {
		names.SNI(payload, hide)
	}
	if l.Fields[mask.HTTPHost] != mask.Keep {
		names.Host(payload, hide)
	}
	if l.Fields[mask.DNSNames] != mask.Keep && h.IsDNS() {
		names.DNS(payload, h.Proto == header.UDP, hide)
	}
	return out
}

// masksFields reports whether --mask acts on any field.
func (l *layout) masksFields() bool { return l.Masked() != "" }

// clear zeroes the field in a copy of a sample.
func (f *field) clear(b []byte) {
	to := min(f.at+f.length, len(b))
	if f.bits != 0 {
		b[f.at] &^= f.bits
		return
	}
	clear(b[f.at:to])
}

// broken reports whether the bytes of a field in a sample are not as its mask promises, and
// whether that could be judged. original is what stands there in the capture.
func (f *field) broken(have, original []byte) (bad, judged bool) {
	switch {
	case f.action == mask.Zero && f.bits != 0:
		return have[0]&f.bits != 0, true
	case f.action == mask.Zero:
		return !zeros(have), true
	case f.action == mask.Ones:
		for _, c := range have {
			bad = bad || c != 0xff
		}
		return bad, true
	case f.action == mask.Relative:
		var want [4]byte
		binary.BigEndian.PutUint32(want[:], f.want)
		return string(have) != string(want[:len(have)]), true
	case len(have) == f.length: // a pseudonym; of one that is cut off, little can be said
		return string(have) == string(original), true
	}
	return false, false
}
