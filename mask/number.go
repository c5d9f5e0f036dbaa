package mask

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pcapmill/pcapmill/header"
)

// Kind is which number of a TCP header a Number is.
type Kind uint8

// Kinds of numbers. The first four are counted from their first value in a direction; an
// edge of a SACK option is counted from the first acknowledgement number.
const (
	Seq Kind = iota
	Ack
	TSval
	TSecr
	SACK
)

// Number is a number of a TCP header whose field is Relative. Its four bytes in the masked
// packet are zeros until the first packet of its direction is known, which may stand in an
// earlier run of the capture; then they get Firsts.Resolve.
type Number struct {
	At    int    // offset of its first byte in the bytes that it was given with
	Value uint32 // as captured
	Kind  Kind
}

// Firsts are the four first values of each direction of a unit: what its relative numbers
// are counted from. The zero value is that of no packets. Firsts are comparable.
type Firsts struct {
	have   [2]uint8 // by direction: bit k is set if the value of kind k is known
	values [2][4]uint32
}

// direction is 0 from the lower endpoint, 1 from the higher.
func direction(up bool) int {
	if up {
		return 0
	}
	return 1
}

// Note takes a number of the next packet; up says whether the packet goes from the lower
// endpoint to the higher one. An edge of a SACK option is no first value.
func (f *Firsts) Note(n Number, up bool) {
	d := direction(up)
	if bit := uint8(1) << n.Kind; n.Kind < SACK && f.have[d]&bit == 0 {
		f.have[d] |= bit
		f.values[d][n.Kind] = n.Value
	}
}

// Merge adds those of the run that follows. What f has already stays.
func (f *Firsts) Merge(later Firsts) {
	for d := range f.have {
		for k := range f.values[d] {
			if bit := uint8(1) << k; f.have[d]&bit == 0 && later.have[d]&bit != 0 {
				f.have[d] |= bit
				f.values[d][k] = later.values[d][k]
			}
		}
	}
}

// Resolve is what stands in the place of a number: its value minus the first one, modulo
// 2^32; 0 where there is no first value.
func (f *Firsts) Resolve(n Number, up bool) uint32 {
	d, k := direction(up), n.Kind
	if k == SACK {
		k = Ack
	}
	if f.have[d]>>k&1 == 0 {
		return 0
	}
	return n.Value - f.values[d][k]
}

// FirstsLen is the length of an encoding of Firsts in bytes.
const FirstsLen = 1 + 2*4*4

// AppendBinary appends the encoding: a byte with the known kinds of each direction, the
// lower endpoint's in the lower half, then the eight values, big-endian, those that are
// not known as zeros. Equal Firsts have equal encodings. The error is always nil.
func (f *Firsts) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, f.have[0]|f.have[1]<<4)
	for d := range f.values {
		for _, v := range f.values[d] {
			b = binary.BigEndian.AppendUint32(b, v)
		}
	}
	return b, nil
}

// DecodeFirsts reads the first FirstsLen bytes of b. It accepts what AppendBinary writes,
// and nothing else.
func DecodeFirsts(b []byte) (f Firsts, err error) {
	if len(b) < FirstsLen {
		return f, fmt.Errorf("first values: %d bytes, need %d", len(b), FirstsLen)
	}
	f.have = [2]uint8{b[0] & 0xf, b[0] >> 4}
	b = b[1:]
	for d := range f.values {
		for k := range f.values[d] {
			v := binary.BigEndian.Uint32(b)
			if b = b[4:]; v != 0 && f.have[d]>>k&1 == 0 {
				return Firsts{}, errors.New("first values: there is a value that is not known")
			}
			f.values[d][k] = v
		}
	}
	return f, nil
}

// PutNumber writes a number at offset at of b, as far as b reaches: one that b's end cuts
// shows its first bytes.
func PutNumber(b []byte, at int, value uint32) {
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], value)
	put(b, at, n[:])
}

// Relative reports whether any field of a TCP header is relative. Otherwise there are no
// Numbers.
func (p *Policy) Relative() bool {
	return p.Content == Packet && (p.Fields[TCPSeq] == Relative || p.Fields[TCPAck] == Relative || p.Fields[TCPTimestamps] == Relative)
}

// Numbers appends the relative numbers of a packet to buf, in the order of the header's
// bytes. Their offsets are those in what Append writes for it, which has zeros there.
func (m *Masker) Numbers(buf []Number, data []byte, l *header.Layout) []Number {
	if l.IsUDP() || !m.relative {
		return buf
	}
	shift := m.Start(l) // of offsets in data against those in the packet's contribution
	if m.IP == Remove {
		_, length := l.Addresses()
		shift += 2 * length
	}
	return m.numbers(buf, data, l, shift)
}

func (m *Masker) numbers(buf []Number, data []byte, l *header.Layout, shift int) []Number {
	const flagAck = 0x10
	at := l.Transport()
	acks := data[at+13]&flagAck != 0
	add := func(kind Kind, at int) {
		buf = append(buf, Number{At: at - shift, Value: binary.BigEndian.Uint32(data[at:]), Kind: kind})
	}
	if m.Fields[TCPSeq] == Relative {
		add(Seq, at+4)
	}
	if m.Fields[TCPAck] == Relative && acks {
		add(Ack, at+8)
	}
	if m.Fields[TCPOptions] != Keep || l.Payload() == at+20 {
		return buf
	}
	l.TCPOptions(data, func(kind uint8, at, length int) {
		switch {
		case kind == header.OptionSACK && m.Fields[TCPAck] == Relative:
			for edge := at + 2; edge+4 <= at+length; edge += 4 {
				add(SACK, edge)
			}
		case isTimestamps(kind, length) && m.Fields[TCPTimestamps] == Relative:
			add(TSval, at+2)
			if acks {
				add(TSecr, at+6)
			}
		}
	})
	return buf
}

func isTimestamps(kind uint8, length int) bool {
	return kind == header.OptionTimestamps && length == 10
}
