package sessionfiles

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/header"
)

// snapLen is what libpcap takes for the largest packet.
const snapLen = 262144

var le = binary.LittleEndian

// record is a packet of a file.
type record struct {
	time     int64 // nanoseconds since 1970
	link     header.LinkType
	data     []byte
	original int    // length on the wire
	comment  string // pcapng
}

// appendPcapHeader appends the header of a pcap file in microseconds.
func appendPcapHeader(b []byte, link header.LinkType) []byte {
	b = le.AppendUint32(b, 0xa1b2c3d4)
	b = le.AppendUint16(b, 2) // version 2.4
	b = le.AppendUint16(b, 4)
	b = le.AppendUint64(b, 0) // time zone, accuracy: nobody uses them
	b = le.AppendUint32(b, snapLen)
	return le.AppendUint32(b, uint32(link))
}

func appendPcap(b []byte, r *record) []byte {
	sec, nano := seconds(r.time)
	b = le.AppendUint32(b, uint32(sec))
	b = le.AppendUint32(b, uint32(nano/1000))
	b = le.AppendUint32(b, uint32(len(r.data)))
	b = le.AppendUint32(b, uint32(r.original))
	return append(b, r.data...)
}

// seconds divides a time into whole seconds and 0 to 999999999 nanoseconds.
func seconds(t int64) (sec, nano int64) {
	sec, nano = t/1e9, t%1e9
	if nano < 0 {
		sec, nano = sec-1, nano+1e9
	}
	return sec, nano
}

// Block types and options of pcapng.
const (
	sectionHeader  = 0x0a0d0d0a
	interfaceBlock = 1
	enhancedPacket = 6

	optComment = 1
	optTsresol = 9
)

// appendSection appends the header of a pcapng section.
func appendSection(b []byte) []byte {
	body := le.AppendUint32(nil, 0x1a2b3c4d)
	body = le.AppendUint16(body, 1) // version 1.0
	body = le.AppendUint16(body, 0)
	body = le.AppendUint64(body, 1<<64-1) // length not given
	return appendBlock(b, sectionHeader, body)
}

// appendInterface appends an interface with times in nanoseconds.
func appendInterface(b []byte, link header.LinkType) []byte {
	body := le.AppendUint16(nil, uint16(link))
	body = le.AppendUint16(body, 0)
	body = le.AppendUint32(body, snapLen)
	return appendBlock(b, interfaceBlock, appendOption(body, optTsresol, []byte{9}))
}

// appendEnhanced appends a packet of an interface.
func appendEnhanced(b []byte, face int, r *record) []byte {
	body := le.AppendUint32(nil, uint32(face))
	body = le.AppendUint32(body, uint32(uint64(r.time)>>32))
	body = le.AppendUint32(body, uint32(r.time))
	body = le.AppendUint32(body, uint32(len(r.data)))
	body = le.AppendUint32(body, uint32(r.original))
	body = pad(append(body, r.data...))
	return appendBlock(b, enhancedPacket, appendOption(body, optComment, []byte(r.comment)))
}

// appendOption appends one option and the end of options.
func appendOption(b []byte, code uint16, value []byte) []byte {
	b = le.AppendUint16(b, code)
	b = le.AppendUint16(b, uint16(len(value)))
	return append(pad(append(b, value...)), 0, 0, 0, 0)
}

// appendBlock appends a block; the length of its body is a multiple of 4.
func appendBlock(b []byte, kind uint32, body []byte) []byte {
	b = le.AppendUint32(b, kind)
	b = le.AppendUint32(b, uint32(len(body)+12))
	b = append(b, body...)
	return le.AppendUint32(b, uint32(len(body)+12))
}

// pad makes a length a multiple of 4.
func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
