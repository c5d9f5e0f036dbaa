package inflate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

var (
	// ErrHeader says that a gzip header cannot be: it begins with other bytes, has
	// reserved flags, a name without end or a wrong checksum of its own.
	ErrHeader = errors.New("gzip: invalid header")
	// ErrChecksum says that the CRC-32 or the length of a gzip member are not
	// those of its content. All of it was read before.
	ErrChecksum = errors.New("gzip: invalid checksum")
	// ErrTrailing says that something stands behind a gzip member that is neither
	// another one nor zeros.
	ErrTrailing = errors.New("bytes behind the end that are neither a gzip member nor zeros")
)

// Flags of a gzip header (RFC 1952, 2.3.1).
const (
	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
	flagsReserved = 0xe0
)

// maxText is how long a name or comment in a header may be, its zero included:
// what compress/gzip takes.
const maxText = 512

// parseHeader returns the length of the gzip header that b begins with. Short
// says that b ends before the header does.
func parseHeader(b []byte) (n int, short bool, err error) {
	if len(b) < 10 {
		return 0, true, nil
	}
	if b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 {
		return 0, false, ErrHeader
	}
	flags := b[3]
	n = 10
	if flags&flagExtra != 0 {
		if len(b) < n+2 {
			return 0, true, nil
		}
		n += 2 + int(binary.LittleEndian.Uint16(b[n:]))
		if len(b) < n {
			return 0, true, nil
		}
	}
	for _, f := range []byte{flagName, flagComment} {
		if flags&f == 0 {
			continue
		}
		i := bytes.IndexByte(b[n:min(len(b), n+maxText)], 0)
		switch {
		case i >= 0:
			n += i + 1
		case len(b) < n+maxText:
			return 0, true, nil
		default:
			return 0, false, ErrHeader
		}
	}
	if flags&flagHeaderCRC != 0 {
		if len(b) < n+2 {
			return 0, true, nil
		}
		if binary.LittleEndian.Uint16(b[n:]) != uint16(crc32.ChecksumIEEE(b[:n])) {
			return 0, false, ErrHeader
		}
		n += 2
	}
	if flags&flagsReserved != 0 {
		return 0, false, ErrHeader
	}
	return n, false, nil
}

// isBGZF tells whether a header is one of BGZF, whose extra field has the
// length of the member (SAM specification, 4.1).
func isBGZF(b []byte) bool {
	return len(b) >= 18 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8 && b[3] == flagExtra &&
		b[10] == 6 && b[11] == 0 && b[12] == 'B' && b[13] == 'C' && b[14] == 2 && b[15] == 0
}

// trailer is the end of a member.
type trailer struct {
	crc, size uint32
	at        int64 // byte of the stream behind it
}

// What members is at.
const (
	atHeader = iota // or behind the last member
	inData
	atTrailer
)

// More ways in which decoding stops, beside those of decoder.
const (
	memberBegins status = 100 + iota // a header was read: no distance reaches further back
	memberEnds                       // a trailer was read
	badFraming                       // members.err says why
)

// members decodes a row of gzip members (RFC 1952, 2.2), or one raw stream.
type members struct {
	decoder
	place uint8
	raw   bool
	begun bool // a member was read before: zeros may stand before the next one
	bgzf  bool // the member's header was one of BGZF
	end   trailer
	err   error

	// The input is measured at the beginning of each block and, within one, at
	// the first symbol behind each markEvery bytes: places that do not depend on
	// how the work is divided.
	inBlock  int   // bytes that the block has given
	nextMark int   // of inBlock: where it is measured next
	mark     int64 // byte of the stream where it was measured last; -1: taken
}

const markEvery = 1 << 20

// step goes on until it stops, like run.
func step[T symbol](m *members, out []T, o, limit, low int) (int, status) {
	switch m.place {
	case atHeader:
		return o, m.header()
	case atTrailer:
		return o, m.trailer()
	}
	switch {
	case m.kind == betweenBlocks:
		m.inBlock, m.nextMark, m.mark = 0, markEvery, m.at()
	case m.inBlock >= m.nextMark:
		m.nextMark += markEvery
		m.mark = m.at()
	}
	before := o
	o, s := run(&m.decoder, out, o, min(limit, o+m.nextMark-m.inBlock), low)
	m.inBlock += o - before
	if s == atEnd {
		m.align()
		m.place = atTrailer
	}
	return o, s
}

// at is the byte of the stream that the next bit is in.
func (m *members) at() int64 { return m.base + int64(m.bit()>>3) }

// skipZeros goes to a whole byte and passes over padding behind a member.
func (m *members) skipZeros() {
	m.align()
	for m.begun && m.pos < len(m.in) && m.in[m.pos] == 0 {
		m.pos++
	}
}

// header reads what stands before the next member, and its header.
func (m *members) header() status {
	m.skipZeros()
	b := m.in[m.pos:]
	if m.begun && (len(b) > 0 && b[0] != 0x1f || len(b) > 1 && b[1] != 0x8b) {
		m.err = ErrTrailing
		return badFraming
	}
	n, short, err := parseHeader(b)
	switch {
	case short:
		return needInput
	case err != nil:
		m.err = err
		return badFraming
	}
	m.bgzf = isBGZF(b)
	m.begin(m.pos + n)
	return memberBegins
}

// reset goes to a place at a byte of the input, behind other members.
func (m *members) reset(at int, place uint8) {
	m.place, m.begun, m.bgzf, m.err = place, true, false, nil
	m.pos, m.buf, m.n = at, 0, 0
	m.kind, m.final = betweenBlocks, false
	m.mark = -1
}

// begin goes to the data of a member at a byte of the input.
func (m *members) begin(at int) {
	m.place, m.begun = inData, true
	m.seek(at * 8)
}

func (m *members) trailer() status {
	if m.raw {
		return memberEnds
	}
	m.align()
	if len(m.in)-m.pos < 8 {
		return needInput
	}
	m.end.crc = binary.LittleEndian.Uint32(m.in[m.pos:])
	m.end.size = binary.LittleEndian.Uint32(m.in[m.pos+4:])
	m.pos += 8
	m.end.at = m.at()
	m.place = atHeader
	return memberEnds
}
