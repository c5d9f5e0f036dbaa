package idx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"

	"github.com/pcapmill/pcapmill/dataset"
)

// A Type is the type of a file's elements, the third byte of the file.
type Type uint8

// The types of the format. There are no others: no unsigned numbers of more than one
// byte, no text.
const (
	Uint8   Type = 0x08
	Int8    Type = 0x09
	Int16   Type = 0x0b
	Int32   Type = 0x0c
	Float32 Type = 0x0d
	Float64 Type = 0x0e
)

// TypeOf returns the type of a dataset's elements, 0 for text, which the format cannot hold.
func TypeOf(t dataset.Type) Type {
	switch t {
	case dataset.U8:
		return Uint8
	case dataset.I8:
		return Int8
	case dataset.I16:
		return Int16
	case dataset.F32:
		return Float32
	}
	return 0
}

// element is the inverse of TypeOf.
func (t Type) element() (_ dataset.Type, ok bool) {
	for _, e := range []dataset.Type{dataset.U8, dataset.I8, dataset.I16, dataset.F32} {
		if TypeOf(e) == t {
			return e, true
		}
	}
	return 0, false
}

// Size returns the size of an element in bytes, 0 if the format has no such type.
func (t Type) Size() int {
	switch t {
	case Uint8, Int8:
		return 1
	case Int16:
		return 2
	case Int32, Float32:
		return 4
	case Float64:
		return 8
	}
	return 0
}

// String returns the type's name as Go has it, such as "uint8".
func (t Type) String() string {
	switch t {
	case Uint8:
		return "uint8"
	case Int8:
		return "int8"
	case Int16:
		return "int16"
	case Int32:
		return "int32"
	case Float32:
		return "float32"
	case Float64:
		return "float64"
	}
	return fmt.Sprintf("type 0x%02x", uint8(t))
}

const (
	prefixSize = 4   // zero, zero, type, number of dimensions
	dimSize    = 4   // one dimension
	maxDims    = 255 // the number of dimensions is one byte
)

// A Header is what stands in front of the elements.
type Header struct {
	// Type is the type of the elements.
	Type Type
	// Dims are the sizes of the dimensions, the slowest first: 1 to 255 of them.
	Dims []uint32
}

// Count returns the number of items, which is the first dimension.
func (h Header) Count() int64 { return int64(h.Dims[0]) }

// Size returns the size of the header itself in bytes.
func (h Header) Size() int64 { return prefixSize + dimSize*int64(len(h.Dims)) }

// ItemSize returns the size of an item in bytes: the product of all dimensions but the
// first, times the size of an element. The headers that ReadHeader returns have one
// that fits; of others, ok says whether it does.
func (h Header) ItemSize() (size int64, ok bool) {
	size = int64(h.Type.Size())
	for _, d := range h.Dims[1:] {
		if d != 0 && size > math.MaxInt64/int64(d) {
			return 0, false
		}
		size *= int64(d)
	}
	return size, true
}

// DataSize returns the size of all items in bytes; ok as for ItemSize.
func (h Header) DataSize() (size int64, ok bool) {
	size, ok = h.ItemSize()
	if !ok || size != 0 && h.Count() > math.MaxInt64/size {
		return 0, false
	}
	return size * h.Count(), true
}

// Append appends the bytes of the header to b.
func (h Header) Append(b []byte) []byte {
	b = append(b, 0, 0, byte(h.Type), byte(len(h.Dims)))
	for _, d := range h.Dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return b
}

// String returns the type and the dimensions: "uint8 60000x28x28".
func (h Header) String() string {
	s := h.Type.String() + " "
	for i, d := range h.Dims {
		if i > 0 {
			s += "x"
		}
		s += fmt.Sprint(d)
	}
	return s
}

// ReadHeader reads a header of any type and number of dimensions from r, and nothing
// behind it. What is wrong with it is an *[Error] without a path: it ends early, does
// not start with two zero bytes, has an unknown type or no dimension, describes more
// than 2^63-1 bytes, or counts items of which each has no elements. Errors of r other
// than its end are returned as they are.
func ReadHeader(r io.Reader) (Header, error) {
	var buf [prefixSize + dimSize*maxDims]byte
	if err := readFull(r, buf[:prefixSize], 0); err != nil {
		return Header{}, err
	}
	h, err := parsePrefix(buf[:prefixSize])
	if err != nil {
		return Header{}, err
	}
	dims := buf[prefixSize:][:dimSize*len(h.Dims)]
	if err := readFull(r, dims, prefixSize); err != nil {
		return Header{}, err
	}
	for i := range h.Dims {
		h.Dims[i] = binary.BigEndian.Uint32(dims[dimSize*i:])
	}
	return h, h.check()
}

// parsePrefix checks the first four bytes and makes room for the dimensions.
func parsePrefix(b []byte) (Header, error) {
	if zero := binary.BigEndian.Uint16(b); zero != 0 {
		return Header{}, &Error{Kind: ErrMalformed, Offset: 0, What: "first two bytes", Have: int64(zero), Need: 0, Hint: hintNotIDX(b)}
	}
	h := Header{Type: Type(b[2])}
	if h.Type.Size() == 0 {
		return Header{}, &Error{Kind: ErrUnsupported, Offset: 2, What: "type of elements", Have: int64(b[2]), Need: int64(Uint8)}
	}
	if b[3] == 0 {
		return Header{}, &Error{Kind: ErrUnsupported, Offset: 3, What: "number of dimensions", Have: 0, Need: 1}
	}
	h.Dims = make([]uint32, b[3])
	return h, nil
}

// check refuses dimensions that no file can have.
func (h Header) check() error {
	if _, ok := h.DataSize(); !ok {
		return &Error{
			Kind: ErrMalformed, Offset: prefixSize, What: "bits of the data size", Have: int64(h.dataBits()), Need: 63,
			Hint: h.String() + " is larger than any file",
		}
	}
	if h.Count() == 0 {
		return nil
	}
	for i, d := range h.Dims {
		if d == 0 {
			// Else a count of 4294967295 would be nobody's lie: it takes no bytes.
			return &Error{Kind: ErrMalformed, Offset: prefixSize + dimSize*int64(i), What: fmt.Sprintf("dimension %d of %d items", i, h.Count()), Have: 0, Need: 1}
		}
	}
	return nil
}

// dataBits returns the number of bits of the data size, for messages about sizes that
// fit no integer.
func (h Header) dataBits() int {
	size := big.NewInt(int64(h.Type.Size()))
	for _, d := range h.Dims {
		size.Mul(size, big.NewInt(int64(d)))
	}
	return size.BitLen()
}

func hintNotIDX(b []byte) string {
	if b[0] == 0x1f && b[1] == 0x8b {
		return "the file is compressed by gzip; decompress it first"
	}
	return "the file is no IDX file"
}

// readFull fills b from r; at is the offset of b's first byte. An end of r is reported
// as a truncated file at the offset where it ends.
func readFull(r io.Reader, b []byte, at int64) error {
	n, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Kind: ErrTruncated, Offset: at + int64(n), What: "bytes", Have: at + int64(n), Need: at + int64(len(b))}
	}
	return err
}
