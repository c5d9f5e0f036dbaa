package record

import (
	"encoding/binary"
	"time"
)

// snapLength is tcpdump's default: no packet of the lab is longer.
const snapLength = 262144

// classic is the format of tcpdump and libpcap: a file header of 24 bytes, then a record header of 16 bytes before each packet.
type classic struct {
	unit time.Duration // of the second time field
}

func (c classic) start(l LinkType) []byte {
	magic := uint32(0xa1b2c3d4)
	if c.unit == time.Nanosecond {
		magic = 0xa1b23c4d
	}
	b := binary.LittleEndian.AppendUint32(nil, magic)
	b = binary.LittleEndian.AppendUint16(b, 2) // version 2.4
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = binary.LittleEndian.AppendUint64(b, 0) // time zone and accuracy, always 0
	b = binary.LittleEndian.AppendUint32(b, snapLength)
	return binary.LittleEndian.AppendUint32(b, uint32(l))
}

func (c classic) packet(dst []byte, at time.Time, data []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(at.Unix()))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(at.Nanosecond()/int(c.unit)))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(data)))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(data)))
	return append(dst, data...)
}

// nextGeneration is Wireshark's format: blocks with their length in front and behind.
type nextGeneration struct{}

// The blocks and options used here.
const (
	sectionHeader  = 0x0a0d0d0a
	interfaceBlock = 1
	enhancedPacket = 6

	optionEnd         = 0
	sectionUserAppl   = 4
	interfaceName     = 2
	interfaceTimeUnit = 9
)

func (*nextGeneration) start(l LinkType) []byte {
	body := binary.LittleEndian.AppendUint32(nil, 0x1a2b3c4d)
	body = binary.LittleEndian.AppendUint16(body, 1) // version 1.0
	body = binary.LittleEndian.AppendUint16(body, 0)
	body = binary.LittleEndian.AppendUint64(body, 1<<64-1) // section length not given
	body = option(body, sectionUserAppl, []byte("pcapmill lab"))
	body = option(body, optionEnd, nil)
	b := block(nil, sectionHeader, body)

	name := "eth0"
	if l == RawIP {
		name = "tun0"
	}
	body = binary.LittleEndian.AppendUint16(nil, uint16(l))
	body = binary.LittleEndian.AppendUint16(body, 0)
	body = binary.LittleEndian.AppendUint32(body, snapLength)
	body = option(body, interfaceName, []byte(name))
	body = option(body, interfaceTimeUnit, []byte{9}) // 10^-9 seconds
	body = option(body, optionEnd, nil)
	return block(b, interfaceBlock, body)
}

func (*nextGeneration) packet(dst []byte, at time.Time, data []byte) []byte {
	ns := uint64(at.UnixNano())
	body := binary.LittleEndian.AppendUint32(nil, 0) // interface
	body = binary.LittleEndian.AppendUint32(body, uint32(ns>>32))
	body = binary.LittleEndian.AppendUint32(body, uint32(ns))
	body = binary.LittleEndian.AppendUint32(body, uint32(len(data)))
	body = binary.LittleEndian.AppendUint32(body, uint32(len(data)))
	return block(dst, enhancedPacket, pad(append(body, data...)))
}

// block appends a block around body, whose length must be a multiple of four.
func block(dst []byte, kind uint32, body []byte) []byte {
	length := uint32(len(body) + 12)
	dst = binary.LittleEndian.AppendUint32(dst, kind)
	dst = binary.LittleEndian.AppendUint32(dst, length)
	dst = append(dst, body...)
	return binary.LittleEndian.AppendUint32(dst, length)
}

// option appends an option: code, length, value, padding.
func option(dst []byte, code uint16, value []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, code)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(value)))
	return pad(append(dst, value...))
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
