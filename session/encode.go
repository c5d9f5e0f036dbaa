package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/pcapmill/pcapmill/header"
)

// EncodingVersion is the version of the encoding that [Session.AppendBinary] writes.
// [Decode] refuses every other one.
const EncodingVersion = 3

// MaxEncoded is the largest number of bytes that the encoding of a session takes.
func (k Keep) MaxEncoded() int { return encodedHead + k.Bound() }

// encodedHead is the largest number of bytes that stand before a prefix or state.
const encodedHead = 4 + 2 + 2*(16+2) + (10+3)*binary.MaxVarintLen64 + 16

const (
	flagUp    = 1 << iota // Partial.Up
	flagSix               // IPv6 addresses
	flagPrint             // there is a Print: it is not the zero value
	flagUnit              // there is a Unit
)

// AppendBinary appends the encoding of a session's key and partial to b. Encodings carry
// their length and can stand one after the other:
//
//	length      4 bytes, big-endian: of all that follows
//	lead        1 byte: EncodingVersion in the upper half, flags in the lower: 1 Up, 2 IPv6, 4 Print, 8 Unit
//	protocol    1 byte: 6 (TCP) or 17 (UDP)
//	endpoints   the lower, then the higher: address (4 or 16 bytes), port (2 bytes, big-endian)
//	numbers     Gen, First, Packets (2), Sizes (2), Bytes, Matched: uvarint each
//	Start       varint: zig-zag
//	Last-Start  uvarint, modulo 2^64
//	Print       16 bytes, as Print.Bytes, with flag 4 only
//	Unit        Session, Place, Start-Earliest: uvarint each, the last modulo 2^64; with flag 8 only
//	Prefix      all that is left; or the State of a form
//
// Every number has its shortest form, so two sessions are equal if and only if their
// encodings are. The error says that the prefix or state is too
// long for the length.
func (s *Session) AppendBinary(b []byte) ([]byte, error) {
	if uint64(len(s.Prefix)+len(s.State)) > math.MaxUint32-encodedHead {
		return b, fmt.Errorf("a prefix or state of %d bytes is too long to be encoded", len(s.Prefix)+len(s.State))
	}
	at, n := len(b), 4
	lead := byte(EncodingVersion << 4)
	if s.Up {
		lead |= flagUp
	}
	if s.Key.version == 6 {
		lead, n = lead|flagSix, 16
	}
	if s.Print != (Print{}) {
		lead |= flagPrint
	}
	if s.Unit.Session != 0 {
		lead |= flagUnit
	}
	b = append(b, 0, 0, 0, 0, lead, s.Key.proto)
	for i := range s.Key.addr {
		b = append(b, s.Key.addr[i][:n]...)
		b = binary.BigEndian.AppendUint16(b, s.Key.port[i])
	}
	b = binary.AppendUvarint(b, s.Gen)
	b = binary.AppendUvarint(b, s.First)
	for d := range s.Packets {
		b = binary.AppendUvarint(b, s.Packets[d])
	}
	for d := range s.Sizes {
		b = binary.AppendUvarint(b, s.Sizes[d])
	}
	b = binary.AppendUvarint(b, s.Bytes)
	b = binary.AppendUvarint(b, uint64(s.Matched))
	b = binary.AppendVarint(b, s.Start)
	b = binary.AppendUvarint(b, uint64(s.Last)-uint64(s.Start))
	if lead&flagPrint != 0 {
		b = binary.BigEndian.AppendUint64(b, s.Print.a)
		b = binary.BigEndian.AppendUint64(b, s.Print.b)
	}
	if lead&flagUnit != 0 {
		b = binary.AppendUvarint(b, s.Unit.Session)
		b = binary.AppendUvarint(b, s.Unit.Place)
		b = binary.AppendUvarint(b, uint64(s.Start)-uint64(s.Unit.Earliest))
	}
	b = append(append(b, s.Prefix...), s.State...)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b, nil
}

// ErrEncoding is what every error of [Decode] about the bytes wraps.
var ErrEncoding = errors.New("not the encoding of a session")

// Decode reads one session from the beginning of b and returns what follows it. k is what it
// was made with: without a form, a prefix has exactly the first min(Bytes, k.Limit) bytes,
// and a state has at most the bytes of its bound. Prefix or state of s is memory of b.
// Nothing is allocated.
//
// It accepts what AppendBinary writes for a run of at least one packet, and nothing else,
// but that a state may be any bytes of that length: Decode does not look into it. The forms
// that pcapmill has bear that: to Merge and rendering, a state that the form cannot have made
// is one of no packets; they neither fail nor pass their bounds. One that it can have made
// but did not, with other numbers in it, shows those. Other bytes give an error that wraps
// [ErrEncoding] and leave s undefined.
func (k Keep) Decode(b []byte, s *Session) (rest []byte, err error) {
	if len(b) < 4 {
		return nil, bad("%d bytes, need 4 for the length", len(b))
	}
	length := uint64(binary.BigEndian.Uint32(b))
	if length > uint64(len(b)-4) {
		return nil, bad("it announces %d bytes, and %d follow", length, len(b)-4)
	}
	r := reader{b: b[4 : 4+length]}
	if rest = b[4+length:]; len(r.b) < 2 {
		return nil, bad("%d bytes, need a lead and a protocol", len(r.b))
	}
	lead, proto, n := r.b[0], r.b[1], 4
	switch {
	case lead>>4 != EncodingVersion:
		return nil, bad("version %d, need %d", lead>>4, EncodingVersion)
	case proto != header.TCP && proto != header.UDP:
		return nil, bad("protocol %d, need %d or %d", proto, header.TCP, header.UDP)
	}
	r.b = r.b[2:]
	*s = Session{Key: FiveTuple{version: 4, proto: proto}}
	if lead&flagSix != 0 {
		s.Key.version, n = 6, 16
	}
	for i := range s.Key.addr {
		copy(s.Key.addr[i][:n], r.take(n))
		if port := r.take(2); port != nil {
			s.Key.port[i] = binary.BigEndian.Uint16(port)
		}
	}
	s.Gen, s.Up = r.number(), lead&flagUp != 0
	s.First = r.number()
	s.Packets = [2]uint64{r.number(), r.number()}
	s.Sizes = [2]uint64{r.number(), r.number()}
	s.Bytes = r.number()
	matched := r.number()
	s.Matched = header.Drop(matched)
	start := r.number()
	s.Start = int64(start>>1) ^ -int64(start&1)
	s.Last = s.Start + int64(r.number())
	if lead&flagPrint != 0 {
		if p := r.take(16); p != nil {
			s.Print = Print{binary.BigEndian.Uint64(p), binary.BigEndian.Uint64(p[8:])}
		}
	}
	if lead&flagUnit != 0 {
		s.Unit.Session, s.Unit.Place = r.number(), r.number()
		s.Unit.Earliest = s.Start - int64(r.number())
	}
	if k.Form != nil {
		s.State = r.b
	} else {
		s.Prefix = r.b
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case s.Key.swapped():
		return nil, bad("its endpoints stand in the wrong order")
	case s.First == 0 || s.Packets[0]|s.Packets[1] == 0:
		return nil, bad("a run without packets")
	case matched != uint64(s.Matched) || !s.Matched.Known():
		return nil, bad("kinds of packets that there are not: %#x", matched)
	case s.Last < s.Start:
		return nil, bad("its last packet is earlier than its first")
	case s.Print.a >= prime || s.Print.b >= prime || lead&flagPrint != 0 && s.Print == Print{}:
		return nil, bad("a fingerprint that no bytes have")
	case lead&flagUnit != 0 && (s.Unit.Session == 0 || s.Unit.Session > s.First || s.Unit.Earliest > s.Start):
		return nil, bad("a unit that cannot be: session from packet %d on, unit from %d on", s.Unit.Session, s.First)
	case k.Form != nil && len(s.State) > k.Form.Bound():
		return nil, bad("a state of %d bytes, need at most %d", len(s.State), k.Form.Bound())
	case k.Form == nil && uint64(len(s.Prefix)) != min(s.Bytes, uint64(k.Bound())):
		return nil, bad("a prefix of %d bytes, need %d: the first of %d, at most %d", len(s.Prefix), min(s.Bytes, uint64(k.Bound())), s.Bytes, k.Limit)
	}
	return rest, nil
}

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrEncoding, fmt.Sprintf(format, args...))
}

// reader takes the parts of an encoding from b, until one is not there.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) (part []byte) {
	if r.err == nil && len(r.b) < n {
		r.err = bad("it ends early")
	}
	if r.err != nil {
		return nil
	}
	part, r.b = r.b[:n], r.b[n:]
	return part
}

func (r *reader) number() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 || n > 1 && r.b[n-1] == 0 { // cut, above 64 bits, or not the shortest form
		r.err = bad("a number cannot be read")
		return 0
	}
	r.b = r.b[n:]
	return v
}
