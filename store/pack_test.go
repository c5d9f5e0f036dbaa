package store_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// end enters a capture of n samples.
func end(w *store.Writer, n int) error {
	c := manifest.Capture{Name: fmt.Sprint(w.Captures()), Digest: fmt.Sprint(w.Captures()), Class: "b", Label: 1}
	c.Sessions, c.Samples = int64(n), int64(n)
	return w.EndCapture(&c)
}

// TestPacked: captures whose batches were packed, beside others, are the dataset of batches that were not, whatever a commit
// writes anew.
func TestPacked(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		captures := rapid.SliceOfN(rapid.IntRange(0, 30), 1, 9).Draw(rt, "samples")
		inPlace := rapid.Bool().Draw(rt, "in place")
		packed := rapid.SliceOfN(rapid.Bool(), 9, 9).Draw(rt, "packed")
		write := func(dir string, pack bool) {
			f := form()
			w, err := store.Backend{InPlace: inPlace}.Create(dir, f)
			if err != nil {
				rt.Fatal(err)
			}
			p := f.Packer()
			used := &store.Batch{}
			for k, n := range captures {
				b := batchOf(w, 0, n)
				if pack && packed[k] { // in a batch that was used before
					used.Data, used.Labels, used.Rows = b.Data, b.Labels, b.Rows
					b = used
					p.Pack(b)
				}
				if err := errors.Join(w.Append(b), end(w, n)); err != nil {
					rt.Fatal(err)
				}
				if k%3 == 2 {
					if err := w.Commit(); err != nil {
						rt.Fatal(err)
					}
				}
			}
			if err := errors.Join(w.Commit(), w.Close()); err != nil {
				rt.Fatal(err)
			}
		}
		one, other := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "other")
		write(one, false)
		write(other, true)
		if !maps.Equal(files(t, one), files(t, other)) {
			rt.Fatal("not the bytes of batches that were not packed")
		}
	})
}

// TestPackedIsWhole: what is packed is all of its capture.
func TestPackedIsWhole(t *testing.T) {
	f := form()
	w, err := store.Create(filepath.Join(t.TempDir(), "out"), f)
	if err != nil {
		t.Fatal(err)
	}
	pack := func(from, to int) *store.Batch {
		b := batchOf(w, from, to)
		f.Packer().Pack(b)
		return b
	}
	if err := w.Append(batchOf(w, 0, 2)); err != nil {
		t.Fatal(err)
	}
	if w.Append(pack(2, 4)) == nil {
		t.Error("a packed batch behind another one")
	}
	if err := errors.Join(end(w, 2), w.Append(pack(0, 3))); err != nil {
		t.Fatal(err)
	}
	if w.Append(batchOf(w, 3, 5)) == nil || w.Append(pack(3, 5)) == nil {
		t.Error("a batch behind a packed one")
	}
	if _, _, err := w.Reserve(1); err == nil {
		t.Error("places behind a packed one")
	}
	if err := errors.Join(end(w, 3), w.Append(batchOf(w, 0, 1)), end(w, 1), w.Commit(), w.Close()); err != nil {
		t.Error(err)
	}
}
