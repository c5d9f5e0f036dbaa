package idx_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
)

func TestReadHeader(t *testing.T) {
	for want, b := range map[string][]byte{
		"uint8 60000x28x28":                   {0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28},
		"uint8 5":                             {0, 0, 8, 1, 0, 0, 0, 5},
		"int8 1":                              {0, 0, 9, 1, 0, 0, 0, 1},
		"int16 2x3":                           {0, 0, 11, 2, 0, 0, 0, 2, 0, 0, 0, 3},
		"int32 1":                             {0, 0, 12, 1, 0, 0, 0, 1},
		"float32 1":                           {0, 0, 13, 1, 0, 0, 0, 1},
		"float64 1":                           {0, 0, 14, 1, 0, 0, 0, 1},
		"uint8 0x0x28":                        {0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28}, // no items of no size
		"uint8 4294967295x2147483647":         {0, 0, 8, 2, 255, 255, 255, 255, 127, 255, 255, 255},
		"uint8 0x4294967295x1":                {0, 0, 8, 3, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 1},
		"float64 4294967295x268435455":        {0, 0, 14, 2, 255, 255, 255, 255, 15, 255, 255, 255},
		"uint8 1x1x1x1x1x1x1x1x1x1x1x1x1x1x1": append([]byte{0, 0, 8, 15}, bytes.Repeat([]byte{0, 0, 0, 1}, 15)...),
	} {
		r := bytes.NewReader(append(bytes.Clone(b), 0xaa))
		h, err := idx.ReadHeader(r)
		if err != nil || h.String() != want {
			t.Errorf("% x: %v, %v, want %s", b, h, err, want)
			continue
		}
		if r.Len() != 1 || h.Size() != int64(len(b)) {
			t.Errorf("%s: size %d, %d bytes left", want, h.Size(), r.Len())
		}
		if again := h.Append([]byte{1}); !bytes.Equal(again[1:], b) || again[0] != 1 {
			t.Errorf("%s: Append gave % x, want % x", want, again, b)
		}
		for n := range b {
			var e *idx.Error
			if _, err := idx.ReadHeader(bytes.NewReader(b[:n])); !errors.As(err, &e) || !errors.Is(err, idx.ErrTruncated) || e.Offset != int64(n) || e.Have != int64(n) {
				t.Errorf("%s, %d bytes: error %v, want truncated at %d", want, n, err, n)
			}
		}
	}
}

func TestReadHeaderErrors(t *testing.T) {
	max := bytes.Repeat([]byte{255}, 4)
	for name, test := range map[string]struct {
		b    []byte
		want idx.Error
	}{
		"little endian": {[]byte{3, 8, 0, 0, 0, 0, 0, 1}, idx.Error{Kind: idx.ErrMalformed, Offset: 0, What: "first two bytes", Have: 0x308, Need: 0, Hint: "the file is no IDX file"}},
		"gzip":          {[]byte{0x1f, 0x8b, 8, 0}, idx.Error{Kind: idx.ErrMalformed, Offset: 0, What: "first two bytes", Have: 0x1f8b, Need: 0, Hint: "the file is compressed by gzip; decompress it first"}},
		"type":          {[]byte{0, 0, 10, 1, 0, 0, 0, 1}, idx.Error{Kind: idx.ErrUnsupported, Offset: 2, What: "type of elements", Have: 10, Need: 8}},
		"scalar":        {[]byte{0, 0, 8, 0}, idx.Error{Kind: idx.ErrUnsupported, Offset: 3, What: "number of dimensions", Have: 0, Need: 1}},
		"no rows":       {[]byte{0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 28}, idx.Error{Kind: idx.ErrMalformed, Offset: 8, What: "dimension 1 of 4294967295 items", Have: 0, Need: 1}},
		"2^64 bytes":    {[]byte{0, 0, 12, 2, 128, 0, 0, 0, 128, 0, 0, 0}, idx.Error{Kind: idx.ErrMalformed, Offset: 4, What: "bits of the data size", Have: 65, Need: 63, Hint: "int32 2147483648x2147483648 is larger than any file"}},
		"2^63 bytes":    {[]byte{0, 0, 11, 2, 128, 0, 0, 0, 128, 0, 0, 0}, idx.Error{Kind: idx.ErrMalformed, Offset: 4, What: "bits of the data size", Have: 64, Need: 63, Hint: "int16 2147483648x2147483648 is larger than any file"}},
		"many":          {append([]byte{0, 0, 14, 4}, bytes.Repeat(max, 4)...), idx.Error{Kind: idx.ErrMalformed, Offset: 4, What: "bits of the data size", Have: 131, Need: 63, Hint: "float64 4294967295x4294967295x4294967295x4294967295 is larger than any file"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := idx.ReadHeader(bytes.NewReader(test.b))
			var e *idx.Error
			if !errors.As(err, &e) || !errors.Is(err, test.want.Kind) {
				t.Fatalf("error %v, want %v", err, &test.want)
			}
			if got, want := e.Error(), test.want.Error(); got != want {
				t.Errorf("error %q\nwant  %q", got, want)
			}
		})
	}
}

// write makes a file and returns its path.
func write(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReaderItems(t *testing.T) {
	// Three items of 2x2 int16, and two bytes that do not belong to them.
	h := idx.Header{Type: idx.Int16, Dims: []uint32{3, 2, 2}}
	var data []byte
	for i := range 24 {
		data = append(data, byte(i+1))
	}
	r, err := idx.Open(write(t, append(append(h.Append(nil), data...), 0xaa, 0xbb)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if diff := cmp.Diff(h, r.Header()); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	if r.Len() != 3 || r.ItemSize() != 8 || r.Tail() != 2 {
		t.Errorf("%d items of %d bytes, %d behind, want 3 of 8, 2 behind", r.Len(), r.ItemSize(), r.Tail())
	}
	for i := range int64(3) {
		item, err := r.Next()
		if err != nil || !bytes.Equal(item, data[8*i:][:8]) {
			t.Errorf("item %d: % x, %v", i, item, err)
		}
	}
	for range 2 {
		if item, err := r.Next(); err != io.EOF {
			t.Errorf("behind the last item: % x, %v, want io.EOF", item, err)
		}
	}
	for _, i := range []int64{2, 0, 1} {
		dst := make([]byte, 8)
		if err := r.ReadAt(dst, i); err != nil || !bytes.Equal(dst, data[8*i:][:8]) {
			t.Errorf("ReadAt(%d): % x, %v", i, dst, err)
		}
	}
	for _, i := range []int64{-1, 3, math.MaxInt64, math.MinInt64} {
		if err := r.ReadAt(make([]byte, 8), i); err == nil {
			t.Errorf("ReadAt(%d) succeeded", i)
		}
	}
	for _, n := range []int{0, 7, 9} {
		if err := r.ReadAt(make([]byte, n), 0); err == nil {
			t.Errorf("ReadAt into %d bytes succeeded", n)
		}
	}
}

func TestOpenImagesAndLabels(t *testing.T) {
	p := makePair(t, small, sample(1, 7), sample(11, 255))
	images, err := idx.OpenImages(write(t, p.images))
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	if images.Spec() != small || images.Len() != 2 || images.Rows() != 2 || images.Cols() != 3 || images.Tail() != 0 {
		t.Errorf("%v", images.Header())
	}
	labels, err := idx.OpenLabels(write(t, p.labels))
	if err != nil {
		t.Fatal(err)
	}
	defer labels.Close()
	if all, err := labels.All(); err != nil || !slices.Equal(all, []uint16{7, 255}) {
		t.Errorf("labels %v, %v", all, err)
	}
	if l, err := labels.At(1); err != nil || l != 255 {
		t.Errorf("label 1 is %d, %v", l, err)
	}
	if _, err := labels.At(2); err == nil {
		t.Error("label 2 of 2 was read")
	}
}

func TestOpenErrors(t *testing.T) {
	p := makePair(t, small, sample(1, 7), sample(11, 255))
	open := func(path string) error {
		r, err := idx.OpenImages(path)
		if err == nil {
			r.Close()
		}
		return err
	}
	var e *idx.Error
	path := write(t, p.images[:len(p.images)-1])
	if err := open(path); !errors.As(err, &e) || !errors.Is(err, idx.ErrTruncated) || e.Path != path || e.Offset != 27 || e.Have != 11 || e.Need != 12 {
		t.Errorf("one byte short: error %v, want truncated at 27, have 11, need 12", err)
	}
	// A header that promises 4 TB is only compared with the file.
	path = write(t, idx.Header{Type: idx.Uint8, Dims: []uint32{math.MaxUint32, 32, 32}}.Append(nil))
	if err := open(path); !errors.As(err, &e) || e.Need != math.MaxUint32*1024 || e.Have != 0 {
		t.Errorf("header only: error %v", err)
	}
	path = write(t, p.labels)
	if err := open(path); !errors.As(err, &e) || !errors.Is(err, idx.ErrUnsupported) || e.Have != 2049 || e.Need != 2051 {
		t.Errorf("labels as images: error %v", err)
	}
	if _, err := idx.OpenLabels(write(t, p.images)); !errors.Is(err, idx.ErrUnsupported) {
		t.Errorf("images as labels: error %v", err)
	}
	if err := open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: error %v", err)
	}
	if err := open(t.TempDir()); err == nil {
		t.Error("a directory was opened")
	}
}

// A file that becomes shorter while it is read is damage, not a panic and not an end.
func TestFileShrinksWhileRead(t *testing.T) {
	spec := dataset.Spec{Rows: 100, Cols: 100}
	var samples []dataset.Sample
	for i := range 50 { // 500 kB, more than is read ahead
		samples = append(samples, dataset.Sample{Data: make([]byte, spec.Size()), Label: uint16(i)})
	}
	path := write(t, makePair(t, spec, samples...).images)
	images, err := idx.OpenImages(path)
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	if _, err := images.Next(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 16+45*10_000+123); err != nil {
		t.Fatal(err)
	}
	n := 1
	for ; err == nil; n++ {
		_, err = images.Next()
	}
	var e *idx.Error
	if !errors.As(err, &e) || !errors.Is(err, idx.ErrTruncated) || e.Path != path || e.Offset != 16+45*10_000+123 {
		t.Errorf("call %d: error %v, want truncated at %d", n, err, 16+45*10_000+123)
	}
	if err := images.ReadAt(make([]byte, spec.Size()), 49); !errors.Is(err, idx.ErrTruncated) {
		t.Errorf("ReadAt: error %v, want ErrTruncated", err)
	}
}

// The pair that others made from ISCX-VPN2016 and published.
func TestPublishedPair(t *testing.T) {
	const dir = "../../../shared/captures/iscx/idx/6class/VpnSessionAllLayers"
	unpacked := func(name string) string {
		b, err := gunzip(filepath.Join(dir, name))
		if err != nil {
			t.Skipf("no published data set: %v", err)
		}
		return write(t, b)
	}
	images, err := idx.OpenImages(unpacked("train-images-idx3-ubyte.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	labels, err := idx.OpenLabels(unpacked("train-labels-idx1-ubyte.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer labels.Close()
	all, err := labels.All()
	if err != nil {
		t.Fatal(err)
	}
	// 0x2c08 sessions by the file's own header; six classes by the folder's name.
	if images.Len() != 0x2c08 || labels.Len() != images.Len() || images.Spec() != (dataset.Spec{Rows: 28, Cols: 28}) || images.Tail() != 0 {
		t.Errorf("%v and %v", images.Header(), labels.Header())
	}
	for i, l := range all {
		if l > 5 {
			t.Fatalf("label %d is %d of six classes", i, l)
		}
	}
	for n := int64(0); ; n++ {
		m, err := images.Next()
		if err == io.EOF && n == images.Len() {
			break
		}
		if err != nil || len(m) != 784 {
			t.Fatalf("image %d: %d bytes, %v", n, len(m), err)
		}
	}
}
