package store_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

// dataFiles are those of a dataset that is split, in the order of the fuzz target's arguments.
var dataFiles = []string{manifest.Name, "session_output.idx3", "label_output.idx1", "sample_table.bin", split.Name}

// FuzzOpen takes any bytes for the files of a dataset. Whatever they are, each read ends with a clear error or within what the
// files hold: nothing is allocated by a number that stands in them, and nothing panics.
func FuzzOpen(f *testing.F) {
	seed := f.TempDir()
	good := seedDataset(f, filepath.Join(seed, "dataset"))
	f.Add(good[0], good[1], good[2], good[3], good[4])
	for i := range good {
		cut, none := append([][]byte(nil), good...), append([][]byte(nil), good...)
		cut[i], none[i] = good[i][:len(good[i])/2], nil
		f.Add(cut[0], cut[1], cut[2], cut[3], cut[4])
		f.Add(none[0], none[1], none[2], none[3], none[4])
	}
	for _, change := range []func(m map[string]any){
		func(m map[string]any) { m["samples"] = int64(1 << 32) },
		func(m map[string]any) { m["samples"] = -1 },
		func(m map[string]any) { m["rows"], m["columns"] = 1<<31-1, 1<<31-1 },
		func(m map[string]any) { m["captures"].([]any)[0].(map[string]any)["first_sample"] = int64(1 << 60) },
		func(m map[string]any) { m["captures"].([]any)[0].(map[string]any)["samples"] = -5 },
		func(m map[string]any) { m["files"].([]any)[0].(map[string]any)["name"] = "../../etc/passwd" },
		func(m map[string]any) { m["classes"].([]any)[0].(map[string]any)["samples"] = int64(1 << 62) },
		func(m map[string]any) { m["captures"] = []any{map[string]any{}, map[string]any{}} },
		func(m map[string]any) { m["split"].(map[string]any)["file"] = "/etc/passwd" },
		func(m map[string]any) { m["label_type"] = "int32" },
	} {
		var m map[string]any
		if err := json.Unmarshal(good[0], &m); err != nil {
			f.Fatal(err)
		}
		change(m)
		text, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, good[1], good[2], good[3], good[4])
	}
	f.Fuzz(func(t *testing.T, m, images, labels, rows, record []byte) {
		dir := t.TempDir()
		total := 0
		for i, b := range [][]byte{m, images, labels, rows, record} {
			total += len(b)
			if b == nil {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, dataFiles[i]), b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		readAll(t, dir, int64(total))
		runtime.ReadMemStats(&after)
		// Buffers of readers, a few times over, and what JSON becomes in memory.
		if took, most := after.TotalAlloc-before.TotalAlloc, uint64(64<<20+500*total); took > most {
			t.Errorf("%d bytes of files took %d bytes of memory", total, took)
		}
	})
}

// readAll reads all of a dataset in every way. size is the size of all its files.
func readAll(t *testing.T, dir string, size int64) {
	d, err := store.Open(dir)
	if err != nil {
		return
	}
	_, _, _ = d.CheckSizes(), d.CheckHeaders(), d.IsSplit()
	if s, err := d.Samples(); err == nil {
		n := int64(0)
		for b, err := s.Next(); err == nil; b, err = s.Next() {
			n += int64(len(b))
		}
		if n > size {
			t.Errorf("%d bytes of samples in files of %d", n, size)
		}
		_ = s.At(make([]byte, 4), -1)
		_ = s.At(make([]byte, 4), 1<<40)
		_ = s.Close()
	}
	if l, err := d.Labels(); err == nil {
		for _, err := l.Next(); err == nil; _, err = l.Next() {
		}
		_ = l.Close()
	}
	if r, err := d.Rows(); err == nil {
		var row dataset.Row
		for err := r.Next(&row); err == nil; err = r.Next(&row) {
		}
		_ = r.Close()
	}
	if places, err := d.Pick(3); err == nil {
		for _, at := range places {
			if len(at) > 3 {
				t.Errorf("picked %d of 3", len(at))
			}
		}
	}
	r, err := d.Split()
	if err == nil && r.Samples != d.Len() {
		t.Errorf("a split of %d samples, of %d", r.Samples, d.Len())
	}
	_, _ = d.Compute(context.Background(), options, r)
	if v, err := d.View(); err == nil {
		n := int64(0)
		err := v.Each(context.Background(), dataset.Whole, func(*dataset.Entry) error { n++; return nil })
		if n > d.Len() || err == io.EOF {
			t.Errorf("%d samples of %d, error %v", n, d.Len(), err)
		}
	}
}

// seedDataset makes a dataset that is split and returns its files.
func seedDataset(f *testing.F, dir string) (files [][]byte) {
	w, err := store.Create(dir, form())
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range []int{5, 4} {
		if err := add(w, n); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	if _, err := store.Divide(context.Background(), dir, options, false); err != nil {
		f.Fatal(err)
	}
	for _, name := range dataFiles {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, b)
	}
	return files
}
