package verify_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

const length = 64 // bytes of a sample here

// build converts a few captures, with equal sessions under several labels.
func build(t *testing.T, mode sample.Dedup) (dir string, files map[string][]byte) {
	t.Helper()
	o := mill.Default()
	o.Dedup, o.Drop, o.Shape = mode, header.DropNone, sample.Shape{Rows: 8, Cols: 8}
	in := t.TempDir()
	for i, name := range []string{"a_email", "b_email", "c_chat", "d_email", "e_whatever"} {
		r := rand.New(rand.NewPCG(uint64(i)/2, 0)) // a and b are one traffic in two files, so are c and d
		raw, _ := testcap.Random(r, testcap.Options{Sessions: 8, LinkTypes: []uint16{testcap.Ethernet}}).Capture(rand.New(rand.NewPCG(uint64(i), 9)))
		if err := os.WriteFile(filepath.Join(in, name), raw, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	dir = filepath.Join(t.TempDir(), "dataset")
	p, err := mill.Prepare([]string{in}, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mill.Run(context.Background(), p, mill.Events{}, nil); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return dir, files
}

func put(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGoodDatasets(t *testing.T) {
	for _, mode := range []sample.Dedup{sample.DedupSample, sample.DedupSession, sample.DedupNone} {
		dir, files := build(t, mode)
		v, err := verify.Verify(dir)
		if err != nil || len(v.Promises) != 6 {
			t.Fatalf("dedup %s: %v, %+v", mode, err, v)
		}
		if c := v.Manifest.Totals; c.Samples < 10 || c.Conflicts == 0 || mode == sample.DedupSample && c.Duplicates == 0 {
			t.Errorf("dedup %s: the dataset has too little in it: %+v", mode, c)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != len(files) {
			t.Errorf("Verify left something behind: %v, %v", entries, err)
		}
	}
	if _, err := verify.Verify(t.TempDir()); !errors.Is(err, store.ErrNone) {
		t.Errorf("empty directory: %v", err)
	}
}

// The promises, by a word of each.
const (
	laws, sizes, headers, pairing, table, duplicates = "agrees with itself", "sizes", "IDX headers", "label of its capture", "row of the table", "duplicates"
)

// TestDamageIsFound damages a dataset in every way that its promises cover, one at a time.
func TestDamageIsFound(t *testing.T) {
	dir, files := build(t, sample.DedupSession)
	const images, labels, rows = "session_output.idx3", "label_output.idx1", "sample_table.bin"
	flip := func(name string, at int) func(t *testing.T) {
		return func(t *testing.T) {
			b := bytes.Clone(files[name])
			b[at] ^= 1
			write(t, dir, name, b)
		}
	}
	edit := func(f func(m *manifest.Manifest)) func(t *testing.T) {
		return func(t *testing.T) {
			m, err := storetest.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			f(m)
			if err := storetest.Write(dir, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := len(files[images]) - 1
	for _, c := range []struct {
		name, promise string
		damage        func(t *testing.T)
	}{
		{"first byte of a sample", pairing, flip(images, 16)},
		{"last byte of a sample", pairing, flip(images, last)},
		{"a padding byte in the middle", pairing, flip(images, 16+length*5+length-1)},
		{"a label", pairing, flip(labels, 8+3)},
		{"images exchanged", pairing, func(t *testing.T) { write(t, dir, images, swap(t, files[images], 16, length)) }},
		{"labels exchanged", pairing, func(t *testing.T) { write(t, dir, labels, swap(t, files[labels], 8, 1)) }},
		{"count of the images", headers, flip(images, 7)},
		{"count of the labels", headers, flip(labels, 7)},
		{"magic of the images", headers, flip(images, 2)},
		{"dimensions of the labels", headers, flip(labels, 3)},
		{"rows", headers, flip(images, 11)},
		{"a row's session", table, flip(rows, 96)},
		{"a row's start", table, flip(rows, 96+8)},
		{"a row's original length", table, flip(rows, 96+56)},
		{"a row's digest", table, flip(rows, 96+64)},
		{"a row's host", table, flip(rows, 96+80)},
		{"a row's capture", table, flip(rows, 96+88)},
		{"rows exchanged", table, func(t *testing.T) { write(t, dir, rows, swap(t, files[rows], 0, 96)) }},
		{"images missing", sizes, remove(dir, images)},
		{"labels missing", sizes, remove(dir, labels)},
		{"table missing", sizes, remove(dir, rows)},
		{"tail of the images", sizes, func(t *testing.T) { write(t, dir, images, append(bytes.Clone(files[images]), 0)) }},
		{"tail of the labels", sizes, func(t *testing.T) { write(t, dir, labels, append(bytes.Clone(files[labels]), 0)) }},
		{"tail of the table", sizes, func(t *testing.T) { write(t, dir, rows, append(bytes.Clone(files[rows]), 0)) }},
		{"images cut", sizes, func(t *testing.T) { write(t, dir, images, files[images][:last]) }},
		{"file size", sizes, edit(func(m *manifest.Manifest) { m.Files[0].Size++ })},
		{"file list", sizes, edit(func(m *manifest.Manifest) { m.Files = m.Files[:2] })},
		{"a file of another name", sizes, edit(func(m *manifest.Manifest) { m.Files[1].Name = "../" + labels })},
		{"number of samples", laws, edit(func(m *manifest.Manifest) { m.Samples-- })},
		{"packets", laws, edit(func(m *manifest.Manifest) { m.Captures[1].Packets++ })},
		{"a total", laws, edit(func(m *manifest.Manifest) { m.Totals.Duplicates++ })},
		{"shape", laws, edit(func(m *manifest.Manifest) { m.Rows++ })},
		{"samples of a class", laws, edit(func(m *manifest.Manifest) { m.Classes[0].Samples++ })},
		{"a range", laws, edit(func(m *manifest.Manifest) { m.Captures[1].FirstSample++ })},
		{"conflicts of a capture", laws, edit(func(m *manifest.Manifest) { m.Captures[0].Conflicts++ })},
		{"conflicts, totals too", duplicates, edit(func(m *manifest.Manifest) { m.Captures[0].Conflicts++; m.Totals.Conflicts++ })},
		{"conflicts moved", duplicates, edit(func(m *manifest.Manifest) { moveConflict(t, m) })},
		{"a class's name", pairing, edit(func(m *manifest.Manifest) { m.Classes[m.Captures[0].Label].Name = "Other" })},
		{"a capture's class", pairing, edit(func(m *manifest.Manifest) { m.Captures[0].Class = "Other" })},
		{"a capture's digest", pairing, edit(func(m *manifest.Manifest) { m.Captures[0].SamplesDigest = m.Captures[1].SamplesDigest })},
		{"a capture's rows", table, edit(func(m *manifest.Manifest) { m.Captures[0].RowsDigest = "" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			put(t, dir, files)
			c.damage(t)
			_, err := verify.Verify(dir)
			var broken *verify.BrokenError
			if !errors.As(err, &broken) || !strings.Contains(broken.Promise, c.promise) || broken.Found == "" {
				t.Errorf("have %v, want the promise of %q broken", err, c.promise)
			}
			for _, workers := range []int{1, 2, 7} {
				if _, again := verify.WatchedBy(t.Context(), dir, new(atomic.Int64), workers); again == nil || again.Error() != err.Error() {
					t.Errorf("%d workers: %v, others %v", workers, again, err)
				}
			}
		})
	}
	put(t, dir, files)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, workers := range []int{1, 2, 7} {
		var read atomic.Int64
		if v, err := verify.WatchedBy(t.Context(), dir, &read, workers); err != nil || read.Load() != v.Manifest.Samples {
			t.Errorf("put back, %d workers: %v, %d samples read", workers, err, read.Load())
		}
		if _, err := verify.WatchedBy(stopped, dir, &read, workers); !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers, interrupted: %v", workers, err)
		}
	}
}

// TestRepeatedSampleIsFound: a dataset of --dedup none that claims to be one of --dedup sample.
func TestRepeatedSampleIsFound(t *testing.T) {
	dir, _ := build(t, sample.DedupNone)
	m, err := storetest.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.Settings = m.Settings.With("dedup", sample.DedupSample.String())
	if err := storetest.Write(dir, m); err != nil {
		t.Fatal(err)
	}
	var broken *verify.BrokenError
	if _, err := verify.Verify(dir); !errors.As(err, &broken) || !strings.Contains(broken.Found, "repeated") {
		t.Errorf("have %v", err)
	}
}

func write(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func remove(dir, name string) func(t *testing.T) {
	return func(t *testing.T) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// swap exchanges the first item with the last one, which must be different.
func swap(t *testing.T, b []byte, from, size int) []byte {
	t.Helper()
	first, last := b[from:from+size], b[len(b)-size:]
	if bytes.Equal(first, last) {
		t.Fatal("the first and the last item are the same")
	}
	return bytes.Join([][]byte{b[:from], last, b[from+size : len(b)-size], first}, nil)
}

// moveConflict counts one conflict for another capture, so that the totals stay right.
func moveConflict(t *testing.T, m *manifest.Manifest) {
	t.Helper()
	for i := range m.Captures {
		if m.Captures[i].Conflicts > 0 && m.Captures[0].Samples > m.Captures[0].Conflicts && i > 0 {
			m.Captures[i].Conflicts--
			m.Captures[0].Conflicts++
			return
		}
	}
	t.Fatalf("no conflict to move: %+v", m.Totals)
}

// TestBrokenReads: what was found comes first; the check that failed is named as one that failed.
func TestBrokenReads(t *testing.T) {
	err := &verify.BrokenError{Promise: "the files have their sizes", Found: "a.idx is missing"}
	if got, want := err.Error(), "a.idx is missing (failed check: the files have their sizes)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
