package testcap

import "encoding/binary"

// Pcap describes one variant of the classic capture file (libpcap savefile format, pcap-savefile(5)). The zero value is a
// little-endian microsecond file of version 2.4 with link type 0.
type Pcap struct {
	BigEndian bool
	Nano      bool   // magic a1b23c4d
	Modified  bool   // Kuznetzov's magic a1b2cd34 with 24-byte record headers; not together with Nano
	Version   [2]int // major, minor; zero means 2.4. Before 2.3 the two lengths of a record are written swapped
	Swap      bool   // write the two lengths swapped whatever the version (as some 2.3 files have them)
	SnapLen   uint32 // 0 means 262144; use Zero to write a zero
	ZeroSnap  bool   // write snap length 0
	LinkType  uint32 // the header's whole 32-bit field: link type in the low 16 bits
}

// File returns a capture of the packets. Their LinkType is not looked at: a classic capture has only the one in its header.
func (f Pcap) File(packets ...Packet) []byte {
	b := f.Header()
	for _, p := range packets {
		b = append(b, f.Record(p)...)
	}
	return b
}

func (f Pcap) order() binary.AppendByteOrder {
	if f.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (f Pcap) version() (major, minor int) {
	if f.Version == [2]int{} {
		return 2, 4
	}
	return f.Version[0], f.Version[1]
}

// Header returns the 24-byte file header.
func (f Pcap) Header() []byte {
	magic, snap := uint32(0xa1b2c3d4), f.SnapLen
	if f.Nano {
		magic = 0xa1b23c4d
	}
	if f.Modified {
		magic = 0xa1b2cd34
	}
	if snap == 0 && !f.ZeroSnap {
		snap = 262144
	}
	major, minor := f.version()
	o := f.order()
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(b, uint16(major))
	b = o.AppendUint16(b, uint16(minor))
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // time zone and accuracy, always zero
	b = o.AppendUint32(b, snap)
	return o.AppendUint32(b, f.LinkType)
}

// Record returns one record: its header and the packet's captured bytes.
func (f Pcap) Record(p Packet) []byte {
	fraction := p.Time % 1e9
	if !f.Nano {
		fraction /= 1000
	}
	first, second := uint32(len(p.Data)), p.original()
	if major, minor := f.version(); f.Swap || major < 2 || (major == 2 && minor < 3) {
		first, second = second, first
	}
	o := f.order()
	b := o.AppendUint32(nil, uint32(p.Time/1e9))
	b = o.AppendUint32(b, uint32(fraction))
	b = o.AppendUint32(b, first)
	b = o.AppendUint32(b, second)
	if f.Modified {
		b = o.AppendUint32(b, 3)      // interface index
		b = o.AppendUint16(b, 0x0800) // protocol
		b = append(b, 4, 0)           // packet type, padding
	}
	return append(b, p.Data...)
}
