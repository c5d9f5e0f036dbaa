package store_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// batchOf is samples from..to-1 of the capture in hand.
func batchOf(w *store.Writer, from, to int) *store.Batch {
	b := &store.Batch{}
	for i := from; i < to; i++ {
		b.Data = append(b.Data, 1, byte(i), byte(i>>8), byte(w.Captures()))
		b.Labels = append(b.Labels, 1)
		b.Rows = append(b.Rows, dataset.Row{Capture: uint32(w.Captures()), Session: uint64(i), Start: int64(i), Original: 4})
	}
	return b
}

// TestPlaces: samples that several goroutines write to their places, in any order, beside samples that are appended, are the
// dataset of samples that are all appended; its digests too. So they are in files that a commit
// has written anew before, if more samples are expected than it would.
func TestPlaces(t *testing.T) {
	placed := 0
	draw.Until(t, func() bool { return placed > 0 }, func(rt *rapid.T) {
		captures := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 30), 0, 9), 1, 3).Draw(rt, "batches")
		appended := rapid.SliceOfN(rapid.Bool(), 9, 9).Draw(rt, "appended")
		expected := rapid.SliceOfN(rapid.Bool(), 3, 3).Draw(rt, "expected")
		write := func(dir string, places bool) {
			w, err := store.Backend{InPlace: places && !expected[0]}.Create(dir, form())
			if err != nil {
				rt.Fatal(err)
			}
			for k, batches := range captures {
				n := 0
				if places && expected[k] {
					if err := w.Expect(16 << 20); err != nil {
						rt.Fatal(err)
					}
					if _, ok, err := w.Reserve(0); !ok || err != nil {
						rt.Fatalf("no places for what is expected: %v", err)
					}
				}
				for at := 0; at < len(batches); {
					to := at + 1
					if places && !appended[at] {
						to = min(at+4, len(batches))
					}
					var some []*store.Batch
					from, total := n, 0
					for _, size := range batches[at:to] {
						some = append(some, batchOf(w, from, from+size))
						from, total = from+size, total+size
					}
					n = from
					place, ok, err := int64(0), false, error(nil)
					if places && !appended[at] {
						place, ok, err = w.Reserve(int64(total))
					}
					switch {
					case err != nil:
						rt.Fatal(err)
					case ok:
						var wait sync.WaitGroup
						errs := make([]error, len(some))
						for i, b := range some {
							at := place
							wait.Go(func() { errs[i] = w.Fill(at, b) })
							place += int64(len(b.Rows))
							placed += len(b.Rows)
						}
						wait.Wait()
						err = errors.Join(errs...)
					}
					for _, b := range some {
						if ok {
							w.Filled(b)
						} else {
							err = errors.Join(err, w.Append(b))
						}
					}
					if err != nil {
						rt.Fatal(err)
					}
					at = to
				}
				c := manifest.Capture{Name: fmt.Sprint(k), Digest: fmt.Sprint(k), Class: "b", Label: 1}
				c.Sessions, c.Samples = int64(n), int64(n)
				if err := errors.Join(w.EndCapture(&c), w.Commit()); err != nil {
					rt.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				rt.Fatal(err)
			}
		}
		one, other := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "other")
		write(one, false)
		write(other, true)
		if !maps.Equal(files(t, one), files(t, other)) {
			rt.Fatal("not the bytes of samples that were appended")
		}
	})
	if placed == 0 {
		t.Error("no sample was written to its place")
	}
}

// TestExpectFew: what is expected to stay small is written anew by commits, as ever, and what
// fails has failed.
func TestExpectFew(t *testing.T) {
	w, err := store.Create(t.TempDir(), form())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Expect(100); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := w.Reserve(100); ok || err != nil {
		t.Errorf("places in a file of 100 samples: %v, %v", ok, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Expect(16 << 20); !errors.Is(err, dataset.ErrClosed) {
		t.Errorf("Expect behind Close: %v", err)
	}
}
