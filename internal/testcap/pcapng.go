package testcap

import "encoding/binary"

// Option is one option of a pcapng block (draft-ietf-opsawg-pcapng, section 3.5).
type Option struct {
	Code  uint16
	Value []byte
}

// Interface describes one interface of a pcapng section.
type Interface struct {
	LinkType uint16
	SnapLen  uint32   // 0 is unlimited
	Resol    *uint8   // if_tsresol; default: not written, microseconds
	Offset   *int64   // if_tsoffset in seconds; default: not written
	Options  []Option // further options, before those
}

// NG writes a pcapng file block by block. The zero value is an empty little-endian file; begin with Section.
//
//	var f testcap.NG
//	f.Section()
//	f.Interface(testcap.Interface{LinkType: testcap.Ethernet})
//	f.Enhanced(0, p)
//	raw := f.Bytes()
type NG struct {
	BigEndian bool // byte order of the blocks written from now on; change it only before Section
	out       []byte
	ifaces    []Interface // of this section
}

// Bytes returns the file as written so far. It is the writer's own buffer: valid until the next write.
func (f *NG) Bytes() []byte { return f.out }

func (f *NG) order() binary.AppendByteOrder {
	if f.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// Block writes a block of any type with this body, padded to a multiple of four.
func (f *NG) Block(kind uint32, body []byte) {
	o := f.order()
	padded := pad4(body)
	n := uint32(12 + len(padded))
	f.out = o.AppendUint32(f.out, kind)
	f.out = o.AppendUint32(f.out, n)
	f.out = append(f.out, padded...)
	f.out = o.AppendUint32(f.out, n)
}

// Raw writes bytes as they are: broken blocks.
func (f *NG) Raw(b []byte) { f.out = append(f.out, b...) }

// Section writes a section header block and forgets the interfaces of the section before.
func (f *NG) Section(options ...Option) {
	o := f.order()
	b := o.AppendUint32(nil, 0x1a2b3c4d)
	b = o.AppendUint16(b, 1)
	b = o.AppendUint16(b, 0)
	b = o.AppendUint64(b, ^uint64(0)) // section length not given
	f.Block(0x0a0d0d0a, append(b, f.options(options)...))
	f.ifaces = nil
}

// Interface writes an interface description block and returns the interface's number in its section.
func (f *NG) Interface(i Interface) int {
	o := f.order()
	b := o.AppendUint16(nil, i.LinkType)
	b = o.AppendUint16(b, 0)
	b = o.AppendUint32(b, i.SnapLen)
	opts := append([]Option{}, i.Options...)
	if i.Resol != nil {
		opts = append(opts, Option{9, []byte{*i.Resol}})
	}
	if i.Offset != nil {
		opts = append(opts, Option{14, o.AppendUint64(nil, uint64(*i.Offset))})
	}
	f.Block(1, append(b, f.options(opts)...))
	f.ifaces = append(f.ifaces, i)
	return len(f.ifaces) - 1
}

// Enhanced writes an enhanced packet block. The interface number is not checked; the time is written in the resolution of
// that interface (microseconds if there is none).
func (f *NG) Enhanced(iface int, p Packet, options ...Option) {
	o := f.order()
	ts := f.timestamp(iface, p.Time)
	b := o.AppendUint32(nil, uint32(iface))
	b = o.AppendUint32(b, uint32(ts>>32))
	b = o.AppendUint32(b, uint32(ts))
	b = o.AppendUint32(b, uint32(len(p.Data)))
	b = o.AppendUint32(b, p.original())
	b = append(b, pad4(p.Data)...)
	f.Block(6, append(b, f.options(options)...))
}

// Simple writes a simple packet block: interface 0, no time. A packet with fewer captured bytes than its length on the wire
// needs a first interface with that snap length, else the block says something else than the packet.
func (f *NG) Simple(p Packet) {
	b := f.order().AppendUint32(nil, p.original())
	f.Block(3, append(b, p.Data...))
}

// Obsolete writes a packet block (type 2), the enhanced packet block's predecessor.
func (f *NG) Obsolete(iface int, p Packet, options ...Option) {
	o := f.order()
	ts := f.timestamp(iface, p.Time)
	b := o.AppendUint16(nil, uint16(iface))
	b = o.AppendUint16(b, 0xffff) // drops unknown
	b = o.AppendUint32(b, uint32(ts>>32))
	b = o.AppendUint32(b, uint32(ts))
	b = o.AppendUint32(b, uint32(len(p.Data)))
	b = o.AppendUint32(b, p.original())
	b = append(b, pad4(p.Data)...)
	f.Block(2, append(b, f.options(options)...))
}

func (f *NG) options(list []Option) []byte {
	if len(list) == 0 {
		return nil
	}
	o := f.order()
	var b []byte
	for _, opt := range append(append([]Option{}, list...), Option{}) {
		b = o.AppendUint16(b, opt.Code)
		b = o.AppendUint16(b, uint16(len(opt.Value)))
		b = append(b, pad4(opt.Value)...)
	}
	return b
}

func (f *NG) timestamp(iface int, ns int64) uint64 {
	resol := uint8(6)
	if iface < len(f.ifaces) {
		i := f.ifaces[iface]
		resol = or(i.Resol, resol)
		ns -= or(i.Offset, 0) * 1e9
	}
	sec, frac := uint64(ns)/1e9, uint64(ns)%1e9
	if resol&0x80 != 0 {
		bits := resol & 0x7f
		return sec<<bits + frac<<bits/1e9
	}
	if resol > 9 {
		ticks := uint64(1)
		for range resol - 9 {
			ticks *= 10
		}
		return uint64(ns) * ticks
	}
	ticks := uint64(1e9)
	for range resol {
		ticks /= 10
	}
	return uint64(ns) / ticks
}

// NGFile returns a one-section pcapng of enhanced packet blocks, nanosecond times, one interface for each link type in the
// order of their first packets.
func NGFile(bigEndian bool, packets ...Packet) []byte {
	f := NG{BigEndian: bigEndian}
	f.Section()
	numbers := map[uint16]int{}
	for _, p := range packets {
		n, ok := numbers[p.LinkType]
		if !ok {
			n = f.Interface(Interface{LinkType: p.LinkType, Resol: U8(9)})
			numbers[p.LinkType] = n
		}
		f.Enhanced(n, p)
	}
	return f.Bytes()
}

func pad4(b []byte) []byte {
	out := append([]byte{}, b...)
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	return out
}
