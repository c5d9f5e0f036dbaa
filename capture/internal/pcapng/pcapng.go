// Package pcapng parses the pcapng capture file format block by block, packets
// exactly as they stand in the file. It works on byte slices that the caller
// has read; it does no I/O and knows nothing about networks.
//
// A file is a row of blocks, each with its type, its total length at both
// ends, and a body in between. A section header block starts a section with a
// byte order and an empty list of interfaces; interface description blocks
// append to that list; packets name their interface by its place in it.
//
//	block                    type      what is taken
//	section header           0a0d0d0a  byte order; the interface list starts anew
//	interface description    00000001  link type, snaplen, if_tsresol (9), if_tsoffset (14)
//	packet (obsolete)        00000002  interface, time, lengths, data
//	simple packet            00000003  data; interface 0, no time
//	enhanced packet          00000006  interface, time, lengths, data
//	any other                          skipped by its length
//
// A snaplen of zero means unlimited. A time that nanoseconds in 64 bits cannot
// tell is the nearest that they can. Not judged: version numbers, the section
// length, the second copy of the block length, options other than the two
// named (a broken option list ends at the break). Cannot be true, and ends the
// file: a block length below 12 (28 for a section header) or not a multiple of
// four, a byte-order magic that is none, a packet of an interface that was not
// described, a captured length that does not fit its block or is above 256 MiB.
//
// Source: draft-ietf-opsawg-pcapng.
package pcapng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// Block types that the parser understands.
const (
	TypeSectionHeader  = 0x0a0d0d0a
	TypeInterface      = 0x00000001
	TypePacket         = 0x00000002
	TypeSimplePacket   = 0x00000003
	TypeEnhancedPacket = 0x00000006
)

// MaxCaptured is the largest captured length in bytes that is believed, 256 MiB.
const MaxCaptured = 256 << 20

// MaxKnownBlock bounds a block that must be in memory as a whole: the largest
// packet and a mebibyte of options.
const MaxKnownBlock = MaxCaptured + 1<<20

// maxInterfaces bounds the interface list of one section. Interface ids of the
// obsolete packet block have 16 bits; no tool writes more.
const maxInterfaces = 1 << 16

// MinBlock is the length in bytes of the shortest block.
const MinBlock = 12

// blockHeader is what Next needs to see of any block: type and length.
const blockHeader = 8

// ErrShort says that the bytes given end before the block does. The size
// returned beside it is what is needed to go on.
var ErrShort = errors.New("more bytes needed")

// FormatError says why a block cannot be true.
type FormatError string

func (e FormatError) Error() string { return string(e) }

// Interface is what an interface description block says.
type Interface struct {
	LinkType uint16
	Snaplen  uint32 // bytes, 0 = unlimited
	clock    clock
}

// Packet is one packet of the file.
type Packet struct {
	Interface int    // place in the section's interface list
	LinkType  uint16 // of that interface
	Time      int64  // nanoseconds since 1970-01-01 UTC, 0 for simple packets
	Original  uint32 // length of the packet on the wire in bytes
	Data      []byte // captured bytes: a part of the slice that was parsed
	At        int    // where in that slice it begins
	options   []byte // behind the data, of a block that has any
}

// Kind says what Next has found.
type Kind uint8

// Kinds of blocks.
const (
	Skip        Kind = iota // nothing to take: pass over size bytes, which need not be in memory
	IsPacket                // the Packet is filled in
	IsInterface             // an interface was appended
	TooLong                 // a packet or interface block longer than is believed
)

// Parser holds the state of the current section: byte order and interfaces.
// The zero value is ready for the first block of a file.
type Parser struct {
	BigEndian  bool
	Interfaces []Interface
	Sections   int // section headers so far
	// Sealed passes over interface descriptions until the next section header:
	// behind a gap nobody knows which number they have.
	Sealed bool
}

// Sniff reports whether b, at least four bytes, begins like a pcapng file.
func Sniff(b []byte) bool {
	return len(b) >= 4 && binary.BigEndian.Uint32(b) == TypeSectionHeader
}

func (p *Parser) u16(b []byte) uint16 {
	if p.BigEndian {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func (p *Parser) u32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if p.BigEndian {
		v = bits.ReverseBytes32(v)
	}
	return v
}

// Next parses the block at the start of b. It returns the block's total size
// in bytes and what kind of block it is; for IsPacket, pkt is filled in. With
// ErrShort the size is what b must hold for the next attempt. A FormatError
// ends the file.
func (p *Parser) Next(b []byte, pkt *Packet) (size int64, kind Kind, err error) {
	if len(b) < blockHeader {
		return blockHeader, Skip, ErrShort
	}
	typ := p.u32(b)
	if typ == TypeSectionHeader { // the same in both byte orders
		if len(b) < MinBlock {
			return MinBlock, Skip, ErrShort
		}
		size, err = p.section(b)
		return size, Skip, err
	}
	length := p.u32(b[4:])
	if length < MinBlock || length%4 != 0 {
		return 0, Skip, FormatError(fmt.Sprintf("block length %d, need a multiple of 4 of at least %d", length, MinBlock))
	}
	size = int64(length)
	switch {
	case typ == TypeInterface && !p.Sealed, typ == TypePacket, typ == TypeSimplePacket, typ == TypeEnhancedPacket:
	default:
		return size, Skip, nil
	}
	if int64(len(b)) < size {
		// What else the block says is judged when it is all there, so that the
		// answer does not depend on how much of it was read at a time.
		if length > MaxKnownBlock {
			return size, TooLong, nil
		}
		return size, Skip, ErrShort
	}
	body := b[8 : size-4]
	switch typ {
	case TypeEnhancedPacket:
		return size, IsPacket, p.enhanced(body, pkt)
	case TypeSimplePacket:
		return size, IsPacket, p.simple(body, pkt)
	case TypePacket:
		return size, IsPacket, p.obsolete(body, pkt)
	default:
		return size, IsInterface, p.describe(body)
	}
}

func fits(captured uint32, room int) error {
	if captured > MaxCaptured {
		return FormatError(fmt.Sprintf("captured length %d is above the limit of %d bytes", captured, MaxCaptured))
	}
	if int(captured) > room {
		return FormatError(fmt.Sprintf("captured length %d, but the block has room for %d bytes", captured, max(room, 0)))
	}
	return nil
}

func (p *Parser) section(b []byte) (int64, error) {
	switch binary.LittleEndian.Uint32(b[8:]) {
	case byteOrderMagic:
		p.BigEndian = false
	case bits.ReverseBytes32(byteOrderMagic):
		p.BigEndian = true
	default:
		return 0, FormatError(fmt.Sprintf("section header with byte-order magic %x, need 1a2b3c4d in one order", b[8:12]))
	}
	length := p.u32(b[4:])
	if length < 28 || length%4 != 0 {
		return 0, FormatError(fmt.Sprintf("section header of %d bytes, need a multiple of 4 of at least 28", length))
	}
	p.Interfaces = p.Interfaces[:0:0] // a copy of this Parser may still use the list
	p.Sealed = false
	p.Sections++
	return int64(length), nil
}

func (p *Parser) describe(body []byte) error {
	if len(body) < 8 {
		return FormatError(fmt.Sprintf("interface description of %d bytes, need 8", len(body)))
	}
	if len(p.Interfaces) == maxInterfaces {
		return FormatError(fmt.Sprintf("more than %d interfaces in one section", maxInterfaces))
	}
	ifc := Interface{LinkType: p.u16(body), Snaplen: p.u32(body[4:])}
	resolution, offset := byte(6), int64(0)
	for opts := body[8:]; len(opts) >= 4; {
		code, n := p.u16(opts), int(p.u16(opts[2:]))
		if code == 0 || 4+n > len(opts) {
			break
		}
		value := opts[4 : 4+n]
		switch {
		case code == 9 && n >= 1:
			resolution = value[0]
		case code == 14 && n >= 8:
			hi, lo := p.u32(value), p.u32(value[4:])
			if !p.BigEndian {
				hi, lo = lo, hi
			}
			offset = int64(uint64(hi)<<32 | uint64(lo))
		}
		opts = opts[min(4+(n+3)&^3, len(opts)):]
	}
	ifc.clock = newClock(resolution, offset)
	p.Interfaces = append(p.Interfaces, ifc)
	return nil
}

func (p *Parser) known(id uint32) error {
	if uint64(id) >= uint64(len(p.Interfaces)) {
		return FormatError(fmt.Sprintf("packet of interface %d, but the section has described %d", id, len(p.Interfaces)))
	}
	return nil
}

func (p *Parser) enhanced(body []byte, pkt *Packet) error {
	if len(body) < 20 {
		return FormatError(fmt.Sprintf("enhanced packet block with a body of %d bytes, need 20", len(body)))
	}
	return p.fill(p.u32(body), body, pkt)
}

func (p *Parser) obsolete(body []byte, pkt *Packet) error {
	if len(body) < 20 {
		return FormatError(fmt.Sprintf("packet block with a body of %d bytes, need 20", len(body)))
	}
	return p.fill(uint32(p.u16(body)), body, pkt)
}

// fill takes what enhanced and obsolete packet blocks have at the same places.
func (p *Parser) fill(id uint32, body []byte, pkt *Packet) error {
	if err := p.known(id); err != nil {
		return err
	}
	captured := p.u32(body[12:])
	if err := fits(captured, len(body)-20); err != nil {
		return err
	}
	ifc := &p.Interfaces[id]
	pkt.Interface, pkt.LinkType = int(id), ifc.LinkType
	pkt.Time = ifc.clock.nanoseconds(uint64(p.u32(body[4:]))<<32 | uint64(p.u32(body[8:])))
	pkt.Original = p.u32(body[16:])
	end := 20 + int(captured)
	pkt.Data, pkt.At = body[20:end:end], 8+20
	pkt.options = body[min((end+3)&^3, len(body)):]
	return nil
}

// optComment is the code of a comment, in the options of any block.
const optComment = 1

// Comments appends the comments of the packet that Next has filled in last. They are parts of
// the slice that was parsed. A list of options that breaks counts up to the break.
func (p *Parser) Comments(to [][]byte, pkt *Packet) [][]byte {
	for opts := pkt.options; len(opts) >= 4; {
		code, n := p.u16(opts), int(p.u16(opts[2:]))
		if code == 0 || 4+n > len(opts) {
			break
		}
		if code == optComment {
			to = append(to, opts[4:4+n])
		}
		opts = opts[min(4+(n+3)&^3, len(opts)):]
	}
	return to
}

func (p *Parser) simple(body []byte, pkt *Packet) error {
	if len(body) < 4 {
		return FormatError(fmt.Sprintf("simple packet block with a body of %d bytes, need 4", len(body)))
	}
	if err := p.known(0); err != nil {
		return err
	}
	ifc := &p.Interfaces[0]
	original := p.u32(body)
	captured := original
	if ifc.Snaplen != 0 {
		captured = min(captured, ifc.Snaplen)
	}
	if err := fits(captured, len(body)-4); err != nil {
		return err
	}
	end := 4 + int(captured)
	*pkt = Packet{LinkType: ifc.LinkType, Original: original, Data: body[4:end:end], At: 8 + 4}
	return nil
}
