package arrow_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"testing"
)

// read1 is a row with its class.
type read1 struct {
	want
	label string
}

// A table of a FlatBuffer: the buffer and where it stands. It is read by its vtable, as any reader does.
type table struct {
	b  []byte
	at int
}

func root(b []byte) table { return table{b, int(binary.LittleEndian.Uint32(b))} }

// slot is the position of a member, 0 if it is absent.
func (t table) slot(i int) int {
	vtable := t.at - int(int32(binary.LittleEndian.Uint32(t.b[t.at:])))
	if 4+2*i >= int(binary.LittleEndian.Uint16(t.b[vtable:])) {
		return 0
	}
	if o := int(binary.LittleEndian.Uint16(t.b[vtable+4+2*i:])); o > 0 {
		return t.at + o
	}
	return 0
}

// number is a member of so many bytes.
func (t table) number(i, size int) (v int64) {
	at := t.slot(i)
	if at == 0 {
		return 0
	}
	if at%size != 0 {
		panic(fmt.Sprintf("a number of %d bytes stands at %d", size, at))
	}
	for k := size - 1; k >= 0; k-- {
		v = v<<8 | int64(t.b[at+k])
	}
	return v
}

func (t table) child(i int) table {
	at := t.slot(i)
	return table{t.b, at + int(binary.LittleEndian.Uint32(t.b[at:]))}
}

// vector is where the elements of a vector begin, and how many there are.
func (t table) vector(i int) (at, n int) {
	c := t.child(i)
	return c.at + 4, int(binary.LittleEndian.Uint32(t.b[c.at:]))
}

func (t table) text(i int) string {
	at, n := t.vector(i)
	if t.b[at+n] != 0 {
		panic("a string without a zero behind it")
	}
	return string(t.b[at : at+n])
}

// message is the metadata and body of the next message, and what follows; nil at the end of the stream.
func message(t *testing.T, b []byte) (metadata, body, rest []byte) {
	t.Helper()
	if binary.LittleEndian.Uint32(b) != 0xffffffff {
		t.Fatalf("no message begins with % x", b[:4])
	}
	n := int(binary.LittleEndian.Uint32(b[4:]))
	if n == 0 {
		return nil, nil, b[8:]
	}
	metadata, rest = b[8:8+n], b[8+n:]
	m := root(metadata)
	length := int(m.number(3, 8))
	if m.number(0, 2) != 4 || n%8 != 0 || length%8 != 0 {
		t.Fatalf("version %d, metadata of %d bytes, body of %d", m.number(0, 2), n, length)
	}
	return metadata, rest[:length], rest[length:]
}

// schemaOf are the columns of a schema with their types.
func schemaOf(metadata []byte) (all []string) {
	m := root(metadata)
	if m.number(1, 1) != 1 {
		panic("no schema")
	}
	s := m.child(2)
	at, n := s.vector(1)
	for i := range n {
		p := at + 4*i
		f := table{s.b, p + int(binary.LittleEndian.Uint32(s.b[p:]))}
		all = append(all, f.text(0), typeOf(f))
	}
	return all
}

func typeOf(f table) string {
	if f.number(1, 1) != 1 {
		panic("a column that cannot be null")
	}
	at, n := f.vector(5)
	switch kind := f.number(2, 1); {
	case kind == 2 && n == 0 && f.child(3).number(1, 1) == 0:
		return fmt.Sprint("u", f.child(3).number(0, 4))
	case kind == 5 && n == 0:
		return "utf8"
	case kind == 6 && n == 0:
		return "bool"
	case kind == 12 && n == 1:
		return "list<" + typeOf(table{f.b, at + int(binary.LittleEndian.Uint32(f.b[at:]))}) + ">"
	default:
		panic(fmt.Sprintf("type %d with %d children", kind, n))
	}
}

// batch is a record batch that is read buffer by buffer.
type batch struct {
	t       *testing.T
	body    []byte
	nodes   [][2]int64
	buffers [][2]int64
}

func pairs(t table, i int) (all [][2]int64) {
	at, n := t.vector(i)
	if at%8 != 0 {
		panic("structs that are not aligned")
	}
	for k := range n {
		p := t.b[at+16*k:]
		all = append(all, [2]int64{int64(binary.LittleEndian.Uint64(p)), int64(binary.LittleEndian.Uint64(p[8:]))})
	}
	return all
}

// node is the number of values of the next column, or of the elements of a list.
func (b *batch) node() int {
	n := b.nodes[0]
	b.nodes = b.nodes[1:]
	if n[1] != 0 || len(b.buffer()) != 0 {
		b.t.Fatal("there are nulls")
	}
	return int(n[0])
}

func (b *batch) buffer() []byte {
	p := b.buffers[0]
	b.buffers = b.buffers[1:]
	if p[0]%8 != 0 {
		b.t.Fatalf("a buffer begins at %d", p[0])
	}
	return b.body[p[0] : p[0]+p[1]]
}

// numbers are the next n numbers of so many bytes.
func (b *batch) numbers(n, size int) (all []uint64) {
	raw := b.buffer()
	if len(raw) != n*size {
		b.t.Fatalf("%d numbers of %d bytes in %d", n, size, len(raw))
	}
	for i := range n {
		v := uint64(0)
		for k := size - 1; k >= 0; k-- {
			v = v<<8 | uint64(raw[i*size+k])
		}
		all = append(all, v)
	}
	return all
}

// list is a column of lists of numbers of so many bytes, 0 for bits.
func (b *batch) list(size int) (all [][]uint64) {
	rows := b.node()
	ends := b.numbers(rows+1, 4)
	n := b.node()
	var values []uint64
	if size == 0 {
		raw := b.buffer()
		if len(raw) != (n+7)/8 {
			b.t.Fatalf("%d bits in %d bytes", n, len(raw))
		}
		for i := range n {
			values = append(values, uint64(raw[i/8]>>(i%8)&1))
		}
	} else {
		values = b.numbers(n, size)
	}
	for i := range rows {
		all = append(all, values[ends[i]:ends[i+1]])
	}
	return all
}

// readFile reads a stream to its end.
func readFile(t *testing.T, path string) (all []read1) {
	t.Helper()
	rest, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	metadata, body, rest := message(t, rest)
	if len(body) != 0 || len(schemaOf(metadata)) != 16 {
		t.Fatalf("a schema of %d columns with %d bytes", len(schemaOf(metadata))/2, len(body))
	}
	for {
		metadata, body, rest = message(t, rest)
		if metadata == nil {
			if len(rest) != 0 {
				t.Fatalf("%d bytes behind the end", len(rest))
			}
			return all
		}
		m := root(metadata)
		if m.number(1, 1) != 3 {
			t.Fatalf("message %d", m.number(1, 1))
		}
		c := m.child(2)
		b := &batch{t, body, pairs(c, 1), pairs(c, 2)}
		all = append(all, b.rows(int(c.number(0, 8)))...)
		if len(b.nodes)+len(b.buffers) > 0 {
			t.Fatalf("%d nodes and %d buffers are left", len(b.nodes), len(b.buffers))
		}
	}
}

func (b *batch) rows(n int) []read1 {
	all := make([]read1, n)
	for i, v := range b.numbers(b.node(), 8) {
		all[i].Duration = v
	}
	rows := b.node()
	bursts := b.numbers(rows+1, 4)
	inner := b.list(2)
	for i := range all {
		all[i].Tokens = [][]uint16{}
		for _, burst := range inner[bursts[i]:bursts[i+1]] {
			numbers := []uint16{}
			for _, v := range burst {
				numbers = append(numbers, uint16(v))
			}
			all[i].Tokens = append(all[i].Tokens, numbers)
		}
	}
	directions, sizes, iats, counts := b.list(0), b.list(4), b.list(8), b.list(4)
	for i := range all {
		all[i].Directions, all[i].Bytes, all[i].IATs, all[i].Counts = []bool{}, []uint32{}, append([]uint64{}, iats[i]...), []uint32{}
		for k := range directions[i] {
			all[i].Directions = append(all[i].Directions, directions[i][k] == 1)
			all[i].Bytes, all[i].Counts = append(all[i].Bytes, uint32(sizes[i][k])), append(all[i].Counts, uint32(counts[i][k]))
		}
	}
	for i, v := range b.numbers(b.node(), 2) {
		all[i].Protocol = uint16(v)
	}
	ends := b.numbers(b.node()+1, 4)
	text := b.buffer()
	for i := range all {
		all[i].label = string(text[ends[i]:ends[i+1]])
	}
	return all
}
