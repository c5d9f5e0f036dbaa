package arrow

import (
	"encoding/binary"
	"io"
)

// What the format's enumerations call things: https://github.com/apache/arrow/tree/main/format
const (
	metadataV5 = 4

	headerSchema = 1
	headerBatch  = 3

	typeInt  = 2
	typeText = 5
	typeBool = 6
	typeList = 12
)

// kind is the type of a column.
type kind struct {
	id     uint64 // typeInt, typeText, typeBool or typeList
	bits   uint64 // of an unsigned integer
	nested *kind  // of the elements of a list
}

var (
	u16     = &kind{id: typeInt, bits: 16}
	u32     = &kind{id: typeInt, bits: 32}
	u64     = &kind{id: typeInt, bits: 64}
	boolean = &kind{id: typeBool}
	words   = &kind{id: typeText}
)

func list(of *kind) *kind { return &kind{id: typeList, nested: of} }

// columns are those of the stream, in their order.
var columns = []struct {
	name string
	kind *kind
}{
	{"flow_duration", u64},
	{"burst_tokens", list(list(u16))},
	{"directions", list(boolean)},
	{"bytes", list(u32)},
	{"iats", list(u64)},
	{"counts", list(u32)},
	{"protocol", u16},
	{"labels", words},
}

// field writes the description of a column, or of the elements of a list.
func (f *flat) field(name string, k *kind) int {
	return f.table(
		ref(func() int { return f.text(name) }),
		num(1, 1), // may be null, as pyarrow has it unless told otherwise; none is
		num(1, k.id),
		ref(func() int {
			if k.id == typeInt {
				return f.table(num(4, k.bits)) // unsigned
			}
			return f.table()
		}),
		member{}, // no dictionary
		ref(func() int {
			if k.nested == nil {
				return f.tables(0, nil)
			}
			return f.tables(1, func(int) int { return f.field("item", k.nested) })
		}),
	)
}

// message writes the frame of a message of a kind, whose body has so many bytes.
func (f *flat) message(header, body uint64, content func() int) []byte {
	return f.root(func() int { return f.table(num(2, metadataV5), num(1, header), ref(content), num(8, body)) })
}

// stream writes an Arrow IPC stream. The first error of the writer stays.
type stream struct {
	w   io.Writer
	f   flat
	err error

	nodes, buffers [][2]int64
	body           []byte
}

func (s *stream) write(b []byte) {
	if s.err == nil {
		_, s.err = s.w.Write(b)
	}
}

// frame writes a message in front of its body.
func (s *stream) frame(metadata []byte) {
	s.write(binary.LittleEndian.AppendUint32([]byte{0xff, 0xff, 0xff, 0xff}, uint32(len(metadata))))
	s.write(metadata)
}

// schema begins the stream.
func (s *stream) schema() {
	s.frame(s.f.message(headerSchema, 0, func() int {
		return s.f.table(member{}, ref(func() int { // little-endian
			return s.f.tables(len(columns), func(i int) int { return s.f.field(columns[i].name, columns[i].kind) })
		}))
	}))
}

// end ends the stream.
func (s *stream) end() { s.write([]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}) }

// node begins a column, or the elements of a list, of n values of which none is null.
func (s *stream) node(n int) {
	s.nodes = append(s.nodes, [2]int64{int64(n), 0})
	s.buffer(nil) // all are valid
}

// buffer appends a buffer to the body, and pads to a multiple of eight bytes.
func (s *stream) buffer(b []byte) {
	s.buffers = append(s.buffers, [2]int64{int64(len(s.body)), int64(len(b))})
	s.body = append(s.body, b...)
	for len(s.body)%8 != 0 {
		s.body = append(s.body, 0)
	}
}

// batch writes rows: their number, and their columns by nodes and buffers.
func (s *stream) batch(rows int) {
	s.frame(s.f.message(headerBatch, uint64(len(s.body)), func() int {
		return s.f.table(
			num(8, uint64(rows)),
			ref(func() int { return s.f.pairs(s.nodes) }),
			ref(func() int { return s.f.pairs(s.buffers) }),
		)
	}))
	s.write(s.body)
	s.nodes, s.buffers, s.body = s.nodes[:0], s.buffers[:0], s.body[:0]
}
