package twin

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"

	klauspost "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// maxCaptured is the captured length above which a record cannot be true (SPEC 1).
const maxCaptured = 256 << 20

// File is a capture as read.
type File struct {
	Format       string // "pcap LE us", "pcap BE ns", "pcapng LE", ... as in captures/INDEX.tsv
	Records      []Record
	Plain        []byte // the file's bytes, uncompressed as far as possible
	Damage       string // "", truncated, malformed (the compressed stream too)
	DamageOffset int64  // of the record or block that could not be read, in Plain
	NotCapture   bool
}

// Record is one packet of a capture.
type Record struct {
	Time     int64 // nanoseconds since the epoch; 0 if the capture has none
	LinkType uint16
	Data     []byte
	OrigLen  uint32
	Offset   int64 // of the record's or block's first byte, in Plain
}

// Packets reads a capture, pcap or pcapng, plain or compressed.
func Packets(raw []byte) File {
	plain, failed := decompress(raw)
	f := File{Plain: plain}
	switch {
	case len(plain) >= 4 && (isPcap(plain) || binary.BigEndian.Uint32(plain) == 0x0a0d0d0a):
		f.read()
	default:
		f.NotCapture = true
		return f
	}
	if failed == nil {
		return f
	}
	// The stream ended early. Where the records end is where the damage is; if they end between two records, it is there.
	if f.Damage == "" {
		f.Damage, f.DamageOffset = "truncated", int64(len(plain))
	}
	if !errors.Is(failed, io.ErrUnexpectedEOF) { // not cut but broken
		f.Damage = "malformed"
	}
	return f
}

// decompress returns the plain bytes, and the error that ended them early.
func decompress(raw []byte) ([]byte, error) {
	var r io.Reader
	var err error
	in := bytes.NewReader(raw)
	switch {
	case bytes.HasPrefix(raw, []byte{0x1f, 0x8b}):
		return gunzip(raw)
	case bytes.HasPrefix(raw, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		r, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
	case bytes.HasPrefix(raw, []byte{0x04, 0x22, 0x4d, 0x18}):
		r = lz4.NewReader(in)
	case bytes.HasPrefix(raw, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		r, err = xz.NewReader(in)
	case bytes.HasPrefix(raw, []byte("BZh")):
		r = bzip2.NewReader(in)
	default:
		return raw, nil
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// gunzip reads members of gzip. How far a decoder gets in the last bytes of a cut stream is its own affair: SPEC is silent, and
// docs/decisions/061-inflate.md says that it is as far as klauspost/compress gets, which wants to see a few bits more than the
// standard library before it believes a symbol.
func gunzip(raw []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(r)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		return plain, err
	}
	cut, noHeader := klauspost.NewReader(bytes.NewReader(raw))
	if noHeader != nil {
		return nil, err
	}
	plain, _ = io.ReadAll(cut) // in the header of a further member it says that all is well
	return plain, err
}

func (f *File) damaged(how string, at int) {
	f.Damage, f.DamageOffset = how, int64(at)
}

func isPcap(b []byte) bool {
	_, _, ok := pcapMagic(b)
	return ok
}

// pcapMagic returns the byte order and the variant that the first four bytes announce: "us", "ns" or "modified".
func pcapMagic(b []byte) (binary.ByteOrder, string, bool) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(b) {
		case 0xa1b2c3d4:
			return order, "us", true
		case 0xa1b23c4d:
			return order, "ns", true
		case 0xa1b2cd34:
			return order, "modified", true
		}
	}
	return nil, "", false
}

func orderName(o binary.ByteOrder) string {
	if o == binary.ByteOrder(binary.BigEndian) {
		return "BE"
	}
	return "LE"
}

// read reads one capture after the other: where a record or block is due, another capture may begin, as cat leaves it.
func (f *File) read() {
	at, joined := 0, true
	for joined {
		if len(f.Plain)-at >= 4 && isPcap(f.Plain[at:]) {
			at, joined = f.readPcap(at)
		} else {
			at, joined = f.readPcapNG(at)
		}
	}
}

// pcapBegins tells whether b is the file header of a pcap rather than a record or block that looks like one: of version 2.0 to
// 2.4 and with an accuracy of zero. What is cut off is judged as far as it is there.
func pcapBegins(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	order, _, ok := pcapMagic(b)
	if !ok || order.Uint16(b[4:]) != 2 || order.Uint16(b[6:]) > 4 {
		return false
	}
	return len(b) < 16 || order.Uint32(b[12:]) == 0
}

// pcapngBegins tells whether b begins with the section header of a pcapng.
func pcapngBegins(b []byte) bool {
	if len(b) < 12 || binary.BigEndian.Uint32(b) != 0x0a0d0d0a {
		return false
	}
	order := binary.BigEndian.Uint32(b[8:])
	return order == 0x1a2b3c4d || order == 0x4d3c2b1a
}

// onlyZeros tells whether b is nothing but zeros.
func onlyZeros(b []byte) bool {
	return len(bytes.Trim(b, "\x00")) == 0
}

// readPcap reads pcap-savefile(5) from start on. It returns where another capture begins, if one does.
func (f *File) readPcap(start int) (at int, joined bool) {
	b := f.Plain
	order, variant, _ := pcapMagic(b[start:])
	if start == 0 {
		f.Format = "pcap " + orderName(order) + " " + variant
	}
	if len(b)-start < 24 {
		f.damaged("truncated", start)
		return 0, false
	}
	major, minor := order.Uint16(b[start+4:]), order.Uint16(b[start+6:])
	linkType := uint16(order.Uint32(b[start+20:])) // the low 16 bits
	headerLen := 16
	if variant == "modified" {
		headerLen = 24
	}
	unit := int64(1000)
	if variant == "ns" {
		unit = 1
	}
	for at = start + 24; at < len(b); {
		if len(b)-at < headerLen || onlyZeros(b[at:]) {
			f.damaged("truncated", at)
			return 0, false
		}
		if pcapBegins(b[at:]) || pcapngBegins(b[at:]) {
			return at, true
		}
		captured, original := order.Uint32(b[at+8:]), order.Uint32(b[at+12:])
		older := major < 2 || (major == 2 && minor < 3)
		if older || (major == 2 && minor == 3 && captured > original) {
			captured, original = original, captured
		}
		if captured > maxCaptured {
			f.damaged("malformed", at)
			return 0, false
		}
		if len(b)-at-headerLen < int(captured) {
			f.damaged("truncated", at)
			return 0, false
		}
		f.Records = append(f.Records, Record{
			Time:     int64(order.Uint32(b[at:]))*1_000_000_000 + int64(order.Uint32(b[at+4:]))*unit,
			LinkType: linkType,
			Data:     b[at+headerLen : at+headerLen+int(captured)],
			OrigLen:  original,
			Offset:   int64(at),
		})
		at += headerLen + int(captured)
	}
	return 0, false
}
