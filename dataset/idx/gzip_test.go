package idx_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/pcapmill/pcapmill/dataset/idx"
)

func packed(t *testing.T, parts ...[]byte) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, p := range parts {
		if _, err := z.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.gz")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOpenGzip: items in any order are those of the plain file; what is missing, damaged or
// behind is seen.
func TestOpenGzip(t *testing.T) {
	h := idx.Header{Type: idx.Uint8, Dims: []uint32{5, 2, 3}}
	plain := h.Append(nil)
	for i := range byte(30) {
		plain = append(plain, i)
	}
	ctx := context.Background()
	r, err := idx.OpenGzip(ctx, packed(t, plain, []byte("xy")))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Len() != 5 || r.ItemSize() != 6 || r.Tail() != 2 {
		t.Errorf("%v, tail %d", r.Header(), r.Tail())
	}
	for _, i := range []int64{0, 3, 1, 4, 4, 2} {
		b := make([]byte, 6)
		if err := r.ReadAt(b, i); err != nil || !bytes.Equal(b, plain[16+6*i:22+6*i]) {
			t.Errorf("item %d: %v, %v", i, b, err)
		}
	}
	for i := range 5 {
		if b, err := r.Next(); err != nil || b[0] != byte(6*i) {
			t.Errorf("next %d: %v, %v", i, b, err)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	var e *idx.Error
	if _, err := idx.OpenGzip(ctx, packed(t, plain[:len(plain)-1])); !errors.As(err, &e) || e.Kind != idx.ErrTruncated {
		t.Errorf("a byte is missing: %v", err)
	}
	path := packed(t, plain)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := idx.OpenGzip(ctx, path); err == nil {
			r.Close()
			t.Errorf("cut at byte %d: opened", cut)
		}
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := idx.OpenGzip(done, packed(t, plain)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestOpenGzipIsBounded: 256 MiB of zeros behind a header that announces them take no memory
// to speak of, and none that it announces are believed.
func TestOpenGzipIsBounded(t *testing.T) {
	parts := [][]byte{idx.Header{Type: idx.Uint8, Dims: []uint32{256, 1024, 1024}}.Append(nil)}
	for range 256 {
		parts = append(parts, make([]byte, 1<<20))
	}
	var before, after runtime.MemStats
	path := packed(t, parts...)
	parts = nil
	runtime.ReadMemStats(&before)
	r, err := idx.OpenGzip(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	r.Close()
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
	huge := idx.Header{Type: idx.Float64, Dims: []uint32{1 << 31, 1 << 20}}.Append(nil)
	if _, err := idx.OpenGzip(context.Background(), packed(t, huge)); err == nil {
		t.Error("bytes that are not there were announced and believed")
	}
}
