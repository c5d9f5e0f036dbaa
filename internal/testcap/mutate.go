package testcap

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// Field is a place in a capture that a reader goes by: a length, a count, a type, an offset, a header field of a packet.
type Field struct {
	Name     string
	At, Size int // bytes: 1, 2, 4
	Big      bool
}

// Fields lists the fields of a plain pcap or pcapng: of the file header, of every record or block, and of the headers of
// every packet as far as they are where Ethernet or a bare IP header has them. It follows lengths while they make sense. Of
// other files it lists nothing.
func Fields(raw []byte) (fields []Field) {
	if len(raw) < 28 {
		return nil
	}
	switch binary.LittleEndian.Uint32(raw) {
	case 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34:
		return pcapFields(raw, false, binary.LittleEndian.Uint32(raw) == 0xa1b2cd34)
	}
	switch binary.BigEndian.Uint32(raw) {
	case 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34:
		return pcapFields(raw, true, binary.BigEndian.Uint32(raw) == 0xa1b2cd34)
	case 0x0a0d0d0a:
		return ngFields(raw)
	}
	return nil
}

func get(raw []byte, at int, big bool) int {
	if big {
		return int(binary.BigEndian.Uint32(raw[at:]))
	}
	return int(binary.LittleEndian.Uint32(raw[at:]))
}

func pcapFields(raw []byte, big, modified bool) (fields []Field) {
	add := func(name string, at, size int) { fields = append(fields, Field{name, at, size, big}) }
	add("magic", 0, 4)
	add("major", 4, 2)
	add("minor", 6, 2)
	add("snaplen", 16, 4)
	add("link type", 20, 4)
	head := 16
	if modified {
		head = 24
	}
	for at := 24; at+head <= len(raw); {
		for i, name := range []string{"second", "fraction", "captured", "original"} {
			add(name, at+4*i, 4)
		}
		n := get(raw, at+8, big)
		if n < 0 || n > len(raw)-at-head {
			break
		}
		fields = packetFields(fields, raw, at+head, n)
		at += head + n
	}
	return fields
}

func ngFields(raw []byte) (fields []Field) {
	big := false
	for at := 0; at+12 <= len(raw); {
		kind := get(raw, at, big)
		if kind == 0x0a0d0d0a {
			big = binary.BigEndian.Uint32(raw[at+8:]) == 0x1a2b3c4d
		}
		n := get(raw, at+4, big)
		if n < 12 || n%4 != 0 || n > len(raw)-at {
			break
		}
		add := func(name string, off, size int) {
			if off+size <= n {
				fields = append(fields, Field{name, at + off, size, big})
			}
		}
		add("block type", 0, 4)
		add("block length", 4, 4)
		add("second block length", n-4, 4)
		switch kind {
		case 0x0a0d0d0a:
			add("byte order", 8, 4)
			add("section length", 16, 4)
			add("option code", 24, 2)
			add("option length", 26, 2)
		case 1:
			add("link type", 8, 2)
			add("snaplen", 12, 4)
			add("option code", 16, 2)
			add("option length", 18, 2)
			add("option value", 20, 1)
		case 2, 6:
			add("interface", 8, 2)
			add("interface and drops", 8, 4)
			add("time", 12, 4)
			add("captured", 20, 4)
			add("original", 24, 4)
			fields = packetFields(fields, raw, at+28, min(n-32, get(raw, at+20, big)))
		case 3:
			add("original", 8, 4)
			fields = packetFields(fields, raw, at+12, n-16)
		}
		at += n
	}
	return fields
}

// packetFields adds those of the packet of n bytes at at.
func packetFields(fields []Field, raw []byte, at, n int) []Field {
	add := func(name string, off, size int) {
		if off >= 0 && off+size <= n {
			fields = append(fields, Field{name, at + off, size, true})
		}
	}
	for _, off := range []int{0, 1, 2, 3, 4, 6, 7} { // link headers of other types
		add("link header", off, 1)
	}
	ip := -1
	switch {
	case n >= 20 && (raw[at]>>4 == 4 || raw[at]>>4 == 6):
		ip = 0
	case n >= 14:
		ip = 14
		add("ether type", 12, 2)
		for ip+4 <= n && (raw[at+ip-2] == 0x81 || raw[at+ip-2] == 0x88) {
			add("inner ether type", ip+2, 2)
			ip += 4
		}
	}
	if ip < 0 || ip >= n {
		return fields
	}
	add("version and header length", ip, 1)
	if raw[at+ip]>>4 == 6 {
		add("payload length", ip+4, 2)
		add("next header", ip+6, 1)
		add("extension's next header", ip+40, 1)
		add("extension's length", ip+41, 1)
		return transportFields(fields, at, n, ip+40)
	}
	add("total length", ip+2, 2)
	add("fragment", ip+6, 2)
	add("protocol", ip+9, 1)
	return transportFields(fields, at, n, ip+4*int(raw[at+ip]&15))
}

func transportFields(fields []Field, at, n, l4 int) []Field {
	for _, f := range []Field{{"port", l4, 2, true}, {"port", l4 + 2, 2, true}, {"UDP length", l4 + 4, 2, true}, {"data offset", l4 + 12, 1, true}} {
		if f.At+f.Size <= n {
			f.At += at
			fields = append(fields, f)
		}
	}
	return fields
}

// Set writes a value into the field.
func (f Field) Set(raw []byte, v uint32) {
	for i := range f.Size {
		shift := 8 * i
		if f.Big {
			shift = 8 * (f.Size - 1 - i)
		}
		raw[f.At+i] = byte(v >> shift)
	}
}

// Get reads the field.
func (f Field) Get(raw []byte) (v uint32) {
	for i := range f.Size {
		shift := 8 * i
		if f.Big {
			shift = 8 * (f.Size - 1 - i)
		}
		v |= uint32(raw[f.At+i]) << shift
	}
	return v
}

// edges are values at which readers go wrong.
var edges = []uint32{
	0, 1, 2, 3, 4, 7, 8, 11, 12, 15, 16, 20, 27, 28, 32, 40, 0x45, 0x4f, 0x60, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
	256 << 20, 256<<20 + 1, 257 << 20, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff,
}

// Mutate returns a changed copy of a capture and what was changed: fields (see Fields, which the caller may keep for many
// calls) set to values at the edges, near what they were, or anything; bytes flipped; parts cut off, removed, repeated,
// put in or zeroed.
func Mutate(r *rand.Rand, raw []byte, fields []Field) (out []byte, what string) {
	out = append([]byte{}, raw...)
	if len(out) == 0 {
		return out, "empty"
	}
	if len(fields) > 0 && r.IntN(2) == 0 {
		for range 1 + r.IntN(3) {
			f := fields[r.IntN(len(fields))]
			v := f.Get(out)
			switch r.IntN(4) {
			case 0:
				v += uint32(r.IntN(17)) - 8
			case 1:
				v = r.Uint32()
			case 2:
				v = uint32(len(raw)-f.At) + uint32(r.IntN(9)) - 4 // to the end of the file, nearly
			default:
				v = edges[r.IntN(len(edges))]
			}
			f.Set(out, v)
			what += fmt.Sprintf("%s at %d = %#x; ", f.Name, f.At, v)
		}
		return out, what
	}
	from := r.IntN(len(out))
	to := from + r.IntN(min(len(out)-from, 400)+1)
	part := append([]byte{}, out[from:to]...)
	what = fmt.Sprintf("%d to %d ", from, to)
	switch r.IntN(6) {
	case 0:
		return out[:from], what + "cut"
	case 1:
		return append(out[:from], out[to:]...), what + "removed"
	case 2:
		return append(out[:to], append(part, raw[to:]...)...), what + "repeated"
	case 3:
		for i := range part {
			part[i] = byte(r.Uint32())
		}
		return append(out[:from], append(part, raw[from:]...)...), what + "put in"
	case 4:
		clear(out[from:to])
		return out, what + "zeroed"
	default:
		n := 1 + r.IntN(8)
		for range n {
			out[r.IntN(len(out))] ^= byte(1 + r.IntN(255))
		}
		return out, fmt.Sprintf("%d bytes flipped", n)
	}
}
