package idx_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"

	"github.com/pcapmill/pcapmill/dataset/idx"
)

// FuzzReader takes any bytes for a file. It is refused at an offset that exists, or all
// its items are read, by both ways alike, and are the bytes behind the header; and
// nothing of the size that a header promises is allocated before that.
func FuzzReader(f *testing.F) {
	f.Add([]byte{})
	for _, h := range []idx.Header{
		{Type: idx.Uint8, Dims: []uint32{2, 2, 3}},
		{Type: idx.Uint8, Dims: []uint32{3}},
		{Type: idx.Int16, Dims: []uint32{2, 1, 1, 1, 2}},
		{Type: idx.Float64, Dims: []uint32{1}},
		{Type: idx.Uint8, Dims: []uint32{0, 28, 28}},
		{Type: idx.Uint8, Dims: []uint32{math.MaxUint32, 28, 28}},
		{Type: idx.Float64, Dims: []uint32{math.MaxUint32, math.MaxUint32, math.MaxUint32}},
		{Type: idx.Uint8, Dims: []uint32{math.MaxUint32, 0, 28}},
		{Type: idx.Uint8},
		{Type: 7, Dims: []uint32{1}},
		{Type: idx.Uint8, Dims: make([]uint32, 255)},
	} {
		f.Add(append(h.Append(nil), "twelve bytes of data"[:12]...))
	}
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Add([]byte{0, 0, 8, 3, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := idx.NewReader(bytes.NewReader(b), int64(len(b)), "fuzz")
		if err != nil {
			checkError(t, err, int64(len(b)))
			return
		}
		h := r.Header()
		if head := h.Append(nil); !bytes.HasPrefix(b, head) || int64(len(head)) != h.Size() {
			t.Fatalf("header %v is % x, the file starts % x", h, head, b[:min(len(b), len(head))])
		}
		data := b[h.Size() : int64(len(b))-r.Tail()]
		if int64(len(data)) != r.Len()*int64(r.ItemSize()) {
			t.Fatalf("%v: %d bytes of data", h, len(data))
		}
		checkItems(t, r, data)
	})
}

func checkItems(t *testing.T, r *idx.Reader, data []byte) {
	t.Helper()
	for i := range r.Len() {
		want := data[i*int64(r.ItemSize()):][:r.ItemSize()]
		item, err := r.Next()
		if err != nil || !bytes.Equal(item, want) {
			t.Fatalf("Next, item %d: % x, %v, want % x", i, item, err, want)
		}
		dst := make([]byte, r.ItemSize())
		if err := r.ReadAt(dst, i); err != nil || !bytes.Equal(dst, want) {
			t.Fatalf("ReadAt, item %d: % x, %v, want % x", i, dst, err, want)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatalf("behind the last item: %v, want io.EOF", err)
	}
}

func checkError(t *testing.T, err error, size int64) {
	t.Helper()
	var e *idx.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v of type %T, want *idx.Error", err, err)
	}
	kinds := 0
	for _, kind := range []error{idx.ErrTruncated, idx.ErrMalformed, idx.ErrUnsupported} {
		if errors.Is(err, kind) {
			kinds++
		}
	}
	if kinds != 1 || e.Path != "fuzz" || e.Offset < 0 || e.Offset > size {
		t.Fatalf("error %v: %d kinds, offset %d of %d bytes", err, kinds, e.Offset, size)
	}
	if errors.Is(err, idx.ErrTruncated) && (e.Offset != size || e.Have >= e.Need) {
		t.Fatalf("error %v about a file of %d bytes", err, size)
	}
}
