package idx

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
)

// readAhead is the largest buffer of a Reader in bytes; a smaller file gets a smaller
// one.
const readAhead = 1 << 18

// A Reader reads the items of one IDX file of any type and number of dimensions, one
// after another by Next or any of them by ReadAt and ReadItems. Items are handed out as they
// stand in the file, big-endian. ReadAt and ReadItems may be used by any number of goroutines, Next
// by one.
type Reader struct {
	name   string
	src    io.ReaderAt
	closer io.Closer // nil if src belongs to the caller
	header Header
	item   int64 // size of an item in bytes
	tail   int64

	seq  *bufio.Reader // from item next on
	next int64
	buf  []byte // the item that Next lent
}

// Open opens a file. All of its announced bytes must be there: a shorter file is an
// *[Error] of kind ErrTruncated. It must be a regular file.
func Open(path string) (*Reader, error) {
	// Before opening: a pipe would be waited for.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, err
	}
	r, err := NewReader(f, info.Size(), path)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.closer = f
	return r, nil
}

// NewReader reads from src, which holds size bytes; name is for messages. src stays
// the caller's.
func NewReader(src io.ReaderAt, size int64, name string) (*Reader, error) {
	h, err := ReadHeader(io.NewSectionReader(src, 0, size))
	if err != nil {
		return nil, inFile(name, err)
	}
	item, _ := h.ItemSize()
	data, _ := h.DataSize() // at most 2^63-1, but with the header it may be more
	if have := size - h.Size(); have < data {
		return nil, &Error{
			Path: name, Kind: ErrTruncated, Offset: size,
			What: fmt.Sprintf("bytes of data for %v", h), Have: have, Need: data,
		}
	}
	return &Reader{name: name, src: src, header: h, item: item, tail: size - h.Size() - data}, nil
}

// Header returns the file's header. Its dimensions are a copy.
func (r *Reader) Header() Header {
	return Header{Type: r.header.Type, Dims: slices.Clone(r.header.Dims)}
}

// Len returns the number of items.
func (r *Reader) Len() int64 { return r.header.Count() }

// ItemSize returns the size of an item in bytes.
func (r *Reader) ItemSize() int { return int(r.item) }

// Tail returns how many bytes the file has behind its last item.
func (r *Reader) Tail() int64 { return r.tail }

// ReadAt fills dst with item i, 0 <= i < Len. dst must have the size of an item; i and
// dst out of range are errors, and so is a file that became shorter.
func (r *Reader) ReadAt(dst []byte, i int64) error {
	if int64(len(dst)) != r.item {
		return fmt.Errorf("%s: item %d: have room for %d bytes, need %d", r.name, i, len(dst), r.item)
	}
	return r.ReadItems(dst, i)
}

// ReadItems fills dst, which has the size of one or more items, with those from item i on.
// What ReadAt says about errors and goroutines holds.
func (r *Reader) ReadItems(dst []byte, i int64) error {
	n := int64(len(dst)) / max(1, r.item)
	if i < 0 || i >= r.Len() {
		return fmt.Errorf("%s: item %d of %d", r.name, i, r.Len())
	}
	if n*r.item != int64(len(dst)) || n > r.Len()-i {
		return fmt.Errorf("%s: item %d: have room for %d bytes, need one to %d times %d", r.name, i, len(dst), r.Len()-i, r.item)
	}
	at := r.header.Size() + i*r.item
	return inFile(r.name, readFull(io.NewSectionReader(r.src, at, int64(len(dst))), dst, at))
}

// Next returns the next item, beginning with the first. The bytes are lent until the
// next call. At the end it returns io.EOF.
func (r *Reader) Next() ([]byte, error) {
	if r.next >= r.Len() {
		return nil, io.EOF
	}
	at := r.header.Size() + r.next*r.item
	if r.seq == nil {
		data := r.item * r.Len() // which the file was seen to hold
		r.buf = make([]byte, r.item)
		r.seq = bufio.NewReaderSize(io.NewSectionReader(r.src, at, data), int(min(data, readAhead)))
	}
	if err := readFull(r.seq, r.buf, at); err != nil {
		return nil, inFile(r.name, err)
	}
	r.next++
	return r.buf, nil
}

// Close closes the file. A Reader from NewReader has none.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// want refuses files of another type or number of dimensions.
func (r *Reader) want(t Type, dims int, what string) error {
	if r.header.Type == t && len(r.header.Dims) == dims {
		return nil
	}
	return &Error{
		Path: r.name, Kind: ErrUnsupported, Offset: 2, What: "type and dimensions of " + what,
		Have: magic(r.header), Need: magic(Header{Type: t, Dims: make([]uint32, dims)}),
		Hint: fmt.Sprintf("the file holds %v", r.header),
	}
}

// Images is a file of arrays: three dimensions, of a type that datasets have.
type Images struct{ *Reader }

// OpenImages opens a file of images. What Open says holds.
func OpenImages(path string) (*Images, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	m, err := AsImages(r)
	if err != nil {
		r.Close()
	}
	return m, err
}

// AsImages reads what r reads as images. A file of another kind is an *[Error].
func AsImages(r *Reader) (*Images, error) {
	t := r.header.Type
	if _, ok := t.element(); !ok {
		t = Uint8
	}
	if err := r.want(t, 3, "images"); err != nil {
		return nil, err
	}
	return &Images{r}, nil
}

// AsArrays reads what r reads as arrays of a type. A file of another kind is an *[Error].
func AsArrays(r *Reader, t dataset.Type) (*Images, error) {
	if err := r.want(TypeOf(t), 3, "samples"); err != nil {
		return nil, err
	}
	return &Images{r}, nil
}

// Rows returns the second dimension.
func (m *Images) Rows() int { return int(m.header.Dims[1]) }

// Cols returns the third dimension.
func (m *Images) Cols() int { return int(m.header.Dims[2]) }

// Spec returns the shape as datasets have it. Its Check fails if the file holds no
// images and has a dimension of 0.
func (m *Images) Spec() dataset.Spec {
	t, _ := m.header.Type.element()
	return dataset.Spec{Rows: m.Rows(), Cols: m.Cols(), Type: t}
}

// Labels is a file of labels: one dimension, unsigned bytes or 32-bit integers.
type Labels struct{ *Reader }

// OpenLabels opens a file of labels of either type. What Open says holds.
func OpenLabels(path string) (*Labels, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	l, err := AsLabels(r)
	if err != nil {
		r.Close()
	}
	return l, err
}

// AsLabels reads what r reads as labels. A file of another kind is an *[Error].
func AsLabels(r *Reader) (*Labels, error) {
	t := Uint8
	if r.header.Type == Int32 {
		t = Int32
	}
	if err := r.want(t, 1, "labels"); err != nil {
		return nil, err
	}
	return &Labels{r}, nil
}

// At returns label i, 0 <= i < Len. One that is not within 0 to 65535 is an *[Error].
func (l *Labels) At(i int64) (uint16, error) {
	var b [4]byte
	if err := l.ReadAt(b[len(b)-int(l.item):], i); err != nil {
		return 0, err
	}
	return l.label(b, i)
}

// Next returns the next label, beginning with the first, and io.EOF at the end.
func (l *Labels) Next() (uint16, error) {
	var b [4]byte
	item, err := l.Reader.Next()
	if err != nil {
		return 0, err
	}
	copy(b[len(b)-len(item):], item)
	return l.label(b, l.next-1)
}

// All returns all labels, as many as the file was seen to hold.
func (l *Labels) All() ([]uint16, error) {
	all := make([]uint16, l.Len())
	again := &Labels{&Reader{name: l.name, src: l.src, header: l.header, item: l.item}}
	for i := range all {
		var err error
		if all[i], err = again.Next(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// label is what stands in b, of item i.
func (l *Labels) label(b [4]byte, i int64) (uint16, error) {
	v := int32(binary.BigEndian.Uint32(b[:]))
	if v < 0 || v > math.MaxUint16 {
		return 0, &Error{
			Path: l.name, Kind: ErrMalformed, Offset: l.header.Size() + i*l.item, What: "label", Have: int64(v), Need: math.MaxUint16,
			Hint: "labels are 0 to 65535",
		}
	}
	return uint16(v), nil
}
