package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/store"
)

// chunked is a dataset of a type whose captures have 0, 1, 700, 0 and 1500 samples: more than a chunk takes, by their
// number or by their bytes.
func chunked(t *testing.T, element dataset.Type) string {
	t.Helper()
	f, sample := typed(element)
	if element == dataset.I16 {
		f.Spec.Rows = 200 // of 1200 bytes
		sample = func(i int64) []byte { return bytes.Repeat([]byte{byte(i)}, f.Spec.Size()) }
	}
	if element == dataset.Text {
		sample = func(i int64) []byte { return fmt.Appendf(nil, "%0*d\n", i%1500, i) }
	}
	dir := filepath.Join(t.TempDir(), "dataset")
	w, err := store.Create(dir, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{0, 1, 700, 0, 1500} {
		if err := addTyped(w, n, sample); err != nil {
			t.Fatal(w.Fail(err))
		}
	}
	if err := errors.Join(w.Commit(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestChunks: what Next reads, one after another, with the digests, for any number of workers; every capture has a last chunk.
func TestChunks(t *testing.T) {
	for _, element := range []dataset.Type{dataset.U8, dataset.I16, dataset.F32, dataset.Text} {
		d := opened(t, chunked(t, element))
		for _, workers := range []int{1, 2, 7} {
			s, err := d.Samples()
			if err != nil {
				t.Fatal(err)
			}
			next, last, chunks := int64(0), 0, 0
			err = d.Chunks(t.Context(), workers, true, func(c *store.Chunk) error {
				chunks++
				if c.First != next || c.Capture != last || len(c.Prints) != c.Len || len(c.Data) > 260<<10 {
					return fmt.Errorf("chunk %d of capture %d, %d samples, %d digests, %d bytes", c.First, c.Capture, c.Len, len(c.Prints), len(c.Data))
				}
				rest := c.Data
				for i := range c.Len {
					want, err := s.Next()
					if err != nil {
						return err
					}
					if !bytes.Equal(c.Sample(i), want) || c.Prints[i] != dedup.OfSample(want) {
						return fmt.Errorf("sample %d is %q, want %q", next, c.Sample(i), want)
					}
					rest = bytes.TrimPrefix(rest[len(want):], []byte{'\n'}[:map[bool]int{true: 1}[element == dataset.Text]])
					next++
				}
				if of := d.Manifest().Captures[c.Capture]; c.Last != (next == of.FirstSample+of.Samples) || len(rest) > 0 {
					return fmt.Errorf("capture %d, behind sample %d: last %t, %d bytes more", c.Capture, next, c.Last, len(rest))
				}
				if c.Last {
					last++
				}
				return nil
			})
			if err != nil || next != 2201 || last != 5 || chunks < 6 {
				t.Errorf("%v, %d workers: %v; %d samples of %d captures in %d chunks", element, workers, err, next, last, chunks)
			}
			if _, err := s.Next(); err != io.EOF {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestChunksEnd: with the first error, or when the context is done; and a manifest that counts what is not there is refused.
func TestChunksEnd(t *testing.T) {
	dir := chunked(t, dataset.U8)
	d := opened(t, dir)
	bad := errors.New("bad")
	for _, workers := range []int{1, 2, 7} {
		last := int64(0)
		err := d.Chunks(t.Context(), workers, false, func(c *store.Chunk) error {
			if last = c.First; c.Capture == 2 {
				return bad
			}
			return nil
		})
		if !errors.Is(err, bad) || last != 1 {
			t.Errorf("%d workers: %v at %d", workers, err, last)
		}
		ctx, stop := context.WithCancel(t.Context())
		err = d.Chunks(ctx, workers, false, func(*store.Chunk) error { stop(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
	m, err := storetest.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.Captures[4].Samples += 1 << 40
	if err := storetest.Write(dir, m); err != nil {
		t.Fatal(err)
	}
	if err := opened(t, dir).Chunks(t.Context(), 2, false, func(*store.Chunk) error { return nil }); err == nil {
		t.Error("more samples than there are, and no error")
	}
}
