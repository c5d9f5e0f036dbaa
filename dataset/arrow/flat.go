package arrow

import "encoding/binary"

// flat writes a FlatBuffer from its beginning to its end: what is referred to stands behind
// what refers to it. Positions count from the beginning, which is aligned to eight bytes.
// https://flatbuffers.dev/internals/
type flat struct{ b []byte }

// member is a member of a table: a number of size bytes, or the object that child writes, of
// which it returns the position. A member of size 0 is absent.
type member struct {
	size  int
	value uint64
	child func() int
}

func num(size int, value uint64) member { return member{size: size, value: value} }
func ref(child func() int) member       { return member{size: 4, child: child} }

// root writes the buffer whose root table child writes.
func (f *flat) root(child func() int) []byte {
	f.b = append(f.b[:0], 0, 0, 0, 0)
	f.point(0, child())
	f.align(8, 0)
	return f.b
}

// align pads until the position that is so many bytes on is a multiple of n.
func (f *flat) align(n, on int) {
	for (len(f.b)+on)%n != 0 {
		f.b = append(f.b, 0)
	}
}

// point makes the reference at a position one to another position, behind it.
func (f *flat) point(at, to int) { binary.LittleEndian.PutUint32(f.b[at:], uint32(to-at)) }

// put stores the low size bytes of v at a position.
func (f *flat) put(at, size int, v uint64) {
	for i := range size {
		f.b[at+i] = byte(v >> (8 * i))
	}
}

// table writes a table with its vtable in front.
func (f *flat) table(members ...member) (at int) {
	offsets, size := make([]int, len(members)), 4
	for i, m := range members {
		if m.size > 0 {
			size = (size + m.size - 1) / m.size * m.size
			offsets[i] = size
			size += m.size
		}
	}
	lead := 4 + 2*len(members)
	f.align(8, lead)
	f.b = binary.LittleEndian.AppendUint16(f.b, uint16(lead))
	f.b = binary.LittleEndian.AppendUint16(f.b, uint16(size))
	for _, o := range offsets {
		f.b = binary.LittleEndian.AppendUint16(f.b, uint16(o))
	}
	at = len(f.b)
	f.b = append(f.b, make([]byte, size)...)
	f.put(at, 4, uint64(lead))
	for i, m := range members {
		switch {
		case m.child != nil:
			f.point(at+offsets[i], m.child())
		case m.size > 0:
			f.put(at+offsets[i], m.size, m.value)
		}
	}
	return at
}

// text writes a string.
func (f *flat) text(s string) (at int) {
	f.align(4, 0)
	at = len(f.b)
	f.b = binary.LittleEndian.AppendUint32(f.b, uint32(len(s)))
	f.b = append(append(f.b, s...), 0)
	return at
}

// tables writes a vector of n tables, each by child.
func (f *flat) tables(n int, child func(i int) int) (at int) {
	f.align(4, 0)
	at = len(f.b)
	f.b = binary.LittleEndian.AppendUint32(f.b, uint32(n))
	f.b = append(f.b, make([]byte, 4*n)...)
	for i := range n {
		f.point(at+4+4*i, child(i))
	}
	return at
}

// pairs writes a vector of structs of two 64-bit numbers.
func (f *flat) pairs(list [][2]int64) (at int) {
	f.align(8, 4)
	at = len(f.b)
	f.b = binary.LittleEndian.AppendUint32(f.b, uint32(len(list)))
	for _, p := range list {
		f.b = binary.LittleEndian.AppendUint64(f.b, uint64(p[0]))
		f.b = binary.LittleEndian.AppendUint64(f.b, uint64(p[1]))
	}
	return at
}
