// Package pcap parses the classic capture file format, records exactly as they
// stand in the file. It works on byte slices that the caller has read; it does
// no I/O, allocates nothing, and knows nothing about networks.
//
// Accepted dialects, told apart by the first four bytes:
//
//	magic       record header  time        written by
//	a1b2c3d4    16 bytes       seconds+µs  libpcap, most tools
//	a1b23c4d    16 bytes       seconds+ns  libpcap 1.5 and later
//	a1b2cd34    24 bytes       seconds+µs  Alexey Kuznetzov's modified libpcap
//
// each in both byte orders. The layout of the file header, 24 bytes:
//
//	0  magic          uint32
//	4  version major  uint16, minor uint16
//	8  time zone      int32   not used
//	12 accuracy       uint32  not used
//	16 snaplen        uint32  not enforced: longer records are real
//	20 link field     uint32  low 16 bits: link type; high bits: FCS length and reserved
//
// and of a record header, 16 bytes (24 in the modified dialect, which adds
// interface index, protocol and packet type):
//
//	0  seconds          uint32
//	4  micro/nanosecond uint32  values beyond one second are carried over
//	8  captured length  uint32  bytes that follow in the file
//	12 original length  uint32  bytes of the packet on the wire
//
// In files older than version 2.3 the two length fields stand in the other
// order; in version 2.3 they do wherever captured exceeds original.
//
// Two files joined by cat have a file header where a record is due. Record
// reports it as ErrJoined, if its version is 2.0 to 2.4 and its accuracy 0:
// read as a record it would be of the year 2055 and have an original length of
// 0. Record also reports a record header of nothing but zeros, as ErrZeros: the
// caller knows whether there is anything else behind it.
//
// Not judged: version numbers otherwise, snaplen, captured length beyond the
// original length. Source: libpcap's pcap-savefile(5) and sf-pcap.c,
// draft-ietf-opsawg-pcap.
package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// HeaderLen is the length of the file header in bytes.
const HeaderLen = 24

// MaxCaptured is the largest captured length in bytes that is believed, 256 MiB.
const MaxCaptured = 256 << 20

const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34
)

// ErrShort says that the bytes given end before the record does. The size
// returned beside it is what is needed to go on.
var ErrShort = errors.New("more bytes needed")

// ErrJoined says that another capture begins where a record is due: a file
// header (see Begins), or the section header of a pcapng.
var ErrJoined = errors.New("another capture begins here")

// ErrZeros says that the record header consists of zeros. If zeros are all there
// is up to the end of the file, it is no record; else ZeroRecord is its content.
var ErrZeros = errors.New("a record header of zeros")

// ErrMagic says that the bytes do not begin with the magic number of a pcap file.
var ErrMagic = errors.New("no magic number")

// LengthError reports a record whose captured length cannot be true.
type LengthError struct {
	Captured uint32 // bytes, as the record header says
}

func (e *LengthError) Error() string {
	return fmt.Sprintf("captured length %d is above the limit of %d bytes", e.Captured, MaxCaptured)
}

// Header is the file header. It is all the state that parsing a record needs,
// so that any part of a file can be parsed on its own.
type Header struct {
	BigEndian bool
	Nano      bool // record times are in nanoseconds, else microseconds
	Modified  bool // 24-byte record headers
	Major     uint16
	Minor     uint16
	Snaplen   uint32 // bytes; 0 and huge values occur and mean nothing
	LinkField uint32 // link type and flags as written

	recordLen int
	swap      swapRule
}

type swapRule uint8

const (
	swapNever swapRule = iota
	swapIfLonger
	swapAlways
)

// Record is one packet record.
type Record struct {
	Time     int64  // nanoseconds since 1970-01-01 UTC
	Original uint32 // length of the packet on the wire in bytes
	Data     []byte // captured bytes: a part of the slice that was parsed
}

// Sniff reports whether b, at least four bytes, begins like a pcap file.
func Sniff(b []byte) bool {
	_, _, ok := magic(b)
	return ok
}

// Begins reports whether b, at least eight bytes, begins like a file header that
// stands where a record or block is due. Unlike Sniff it looks at more than the
// magic number, as far as it is there: at the version and the accuracy.
func Begins(b []byte) bool {
	_, big, ok := magic(b)
	if !ok {
		return false
	}
	h := Header{BigEndian: big}
	if h.u16(b[4:]) != 2 || h.u16(b[6:]) > 4 {
		return false
	}
	return len(b) < 16 || h.u32(b[12:]) == 0
}

func magic(b []byte) (m uint32, big, ok bool) {
	if len(b) < 4 {
		return 0, false, false
	}
	m = binary.LittleEndian.Uint32(b)
	switch m {
	case magicMicro, magicNano, magicModified:
		return m, false, true
	}
	m = bits.ReverseBytes32(m)
	switch m {
	case magicMicro, magicNano, magicModified:
		return m, true, true
	}
	return 0, false, false
}

// ParseHeader reads the file header from the first HeaderLen bytes of b. It
// returns ErrMagic for other files and io.ErrUnexpectedEOF for a header that
// begins right and is cut off.
func ParseHeader(b []byte) (Header, error) {
	m, big, ok := magic(b)
	if !ok {
		return Header{}, ErrMagic
	}
	if len(b) < HeaderLen {
		return Header{}, io.ErrUnexpectedEOF
	}
	h := Header{BigEndian: big, Nano: m == magicNano, Modified: m == magicModified, recordLen: 16}
	if h.Modified {
		h.recordLen = 24
	}
	h.Major = h.u16(b[4:])
	h.Minor = h.u16(b[6:])
	h.Snaplen = h.u32(b[16:])
	h.LinkField = h.u32(b[20:])
	switch {
	case h.Major < 2 || h.Major == 2 && h.Minor < 3:
		h.swap = swapAlways
	case h.Major == 2 && h.Minor == 3:
		h.swap = swapIfLonger
	}
	return h, nil
}

// LinkType is the link type: the low 16 bits of the link field.
func (h *Header) LinkType() uint16 { return uint16(h.LinkField) }

// RecordHeaderLen is the length of a record header, 16 or 24 bytes.
func (h *Header) RecordHeaderLen() int { return h.recordLen }

func (h *Header) u16(b []byte) uint16 {
	if h.BigEndian {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func (h *Header) u32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if h.BigEndian {
		v = bits.ReverseBytes32(v)
	}
	return v
}

// Record parses the record at the start of b into r and returns its size in
// bytes, header and data. With ErrShort the size is what b must hold for the
// next attempt (first the header's, then the record's). ErrJoined and ErrZeros
// say that what is there may be no record. A *LengthError ends the file: nothing
// behind it can be found by length.
func (h *Header) Record(b []byte, r *Record) (size int, err error) {
	n := h.recordLen
	if len(b) < n {
		return n, ErrShort
	}
	captured, original := h.u32(b[8:]), h.u32(b[12:])
	if original == 0 {
		if Begins(b) {
			if len(b) < HeaderLen {
				return HeaderLen, ErrShort
			}
			return 0, ErrJoined
		}
		if captured == 0 && zeros(b[:n]) {
			return n, ErrZeros
		}
	}
	if h.swap != swapNever && (h.swap == swapAlways || captured > original) {
		captured, original = original, captured
	}
	if max(captured, original) > MaxCaptured && beginsNG(b) {
		return 0, ErrJoined
	}
	if captured > MaxCaptured {
		return 0, &LengthError{Captured: captured}
	}
	size = n + int(captured)
	if len(b) < size {
		return size, ErrShort
	}
	fraction := int64(h.u32(b[4:]))
	if !h.Nano {
		fraction *= 1000
	}
	r.Time = int64(h.u32(b))*1e9 + fraction
	r.Original = original
	r.Data = b[n:size:size]
	return size, nil
}

// ZeroRecord fills in r as Record does for a header of zeros.
func (h *Header) ZeroRecord(b []byte, r *Record) {
	n := h.recordLen
	*r = Record{Data: b[n:n:n]}
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// beginsNG reports whether b begins like a section header of a pcapng: its type,
// and its byte-order magic in either order.
func beginsNG(b []byte) bool {
	if binary.BigEndian.Uint32(b) != 0x0a0d0d0a {
		return false
	}
	order := binary.BigEndian.Uint32(b[8:])
	return order == 0x1a2b3c4d || order == 0x4d3c2b1a
}
