package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

// build makes a dataset of 1x4 samples, two of each content, from two captures.
func build(t *testing.T, mode sample.Dedup, samples int) (string, *manifest.Manifest) {
	t.Helper()
	dir := t.TempDir()
	m := &manifest.Manifest{
		Format: manifest.Format, Version: manifest.Version, Rows: 1, Cols: 4, Samples: int64(samples),
		Settings: manifest.NewSettings(map[string]string{"length": "4", "dedup": mode.String()}), Classes: []manifest.Class{{Label: 0, Name: "a"}, {Label: 7, Name: "b"}},
		Captures: []manifest.Capture{{Name: "x", Digest: "d0"}, {Name: "y", Digest: "d1"}},
	}
	w, err := idx.Format{}.Open(dir, dataset.Spec{Rows: 1, Cols: 4}, 0)
	if err != nil {
		t.Fatal(err)
	}
	table, err := rows.Format{}.Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range samples {
		data := []byte{1, byte(i / 2), 0, 0}
		row := dataset.Row{Capture: uint32(i % 2), Session: uint64(i), Start: int64(i), Original: 4, Digest: dedup.OfSample(data)}
		if mode == sample.DedupSession {
			row.Digest = [16]byte{byte(i), 99}
		}
		_, err := table.Append(&row)
		if err := errors.Join(err, w.Append(dataset.Sample{Data: data, Label: uint16(i % 3 / 2 * 7)})); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Commit(), table.Commit(), w.Close(), table.Close(), storetest.Write(dir, m)); err != nil {
		t.Fatal(err)
	}
	return dir, m
}

var options = split.Options{Weights: split.Weights{2, 1, 1}, By: split.Session, Salt: "x", Fallback: split.UseSession}

// TestCompute: twins are on one side, whatever dedup compared; without the files, or with fewer samples than the manifest
// counts, there is an error.
func TestCompute(t *testing.T) {
	ctx := context.Background()
	for _, mode := range []sample.Dedup{sample.DedupSample, sample.DedupSession, sample.DedupNone} {
		dir, _ := build(t, mode, 9)
		r, err := open(t, dir).Compute(ctx, options, nil)
		if err != nil || r.Samples != 9 || r.Proof.Equal != 0 {
			t.Fatalf("%+v, %v", r, err)
		}
		for i := 1; i < 9; i += 2 { // their sessions differ
			if r.Assignment[i] != r.Assignment[i-1] {
				t.Errorf("dedup %s: samples %d and %d are equal, and on sides %s", mode, i-1, i, r.Assignment[i-1:i+1])
			}
		}
	}
	for _, name := range []string{idx.LabelsName, rows.Name, idx.ImagesName} {
		dir, _ := build(t, sample.DedupSession, 9)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, dir).Compute(ctx, options, nil); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without %s: error %v", name, err)
		}
	}
	for _, mode := range []sample.Dedup{sample.DedupSample, sample.DedupSession} {
		dir, m := build(t, mode, 9)
		m.Samples++
		write(t, dir, m)
		var mismatch *dataset.MismatchError
		if _, err := open(t, dir).Compute(ctx, options, nil); !errors.As(err, &mismatch) {
			t.Errorf("more samples than there are: error %v", err)
		}
	}
	dir, m := build(t, sample.DedupNone, 9)
	m.Captures = m.Captures[:1] // half of the rows are of the second
	write(t, dir, m)
	if _, err := open(t, dir).Compute(ctx, options, nil); err == nil || !strings.Contains(err.Error(), "capture 1 of 1") {
		t.Errorf("a row of no capture: error %v", err)
	}
}

func open(t *testing.T, dir string) *store.Dataset {
	t.Helper()
	d, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write(t *testing.T, dir string, m *manifest.Manifest) {
	t.Helper()
	if err := storetest.Write(dir, m); err != nil {
		t.Fatal(err)
	}
}

func divide(t *testing.T, dir string, o split.Options) *store.Divided {
	t.Helper()
	r, err := store.Divide(context.Background(), dir, o, false)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestDivide: what is recorded is read; the same again touches no file; what does not belong together is stale, in words.
func TestDivide(t *testing.T) {
	dir, _ := build(t, sample.DedupNone, 9)
	if _, err := open(t, dir).Split(); !errors.Is(err, store.ErrNotSplit) || open(t, dir).IsSplit() {
		t.Errorf("not split: error %v", err)
	}
	r := divide(t, dir, options)
	back, err := open(t, dir).Split()
	if err != nil || !reflect.DeepEqual(back, r.Record) || !open(t, dir).IsSplit() {
		t.Fatalf("%+v, %v", back, err)
	}
	m := open(t, dir).Manifest()
	if !m.Split.Equal(r.Manifest.Split) || m.Split.Samples != 9 {
		t.Errorf("%+v", m.Split)
	}

	path := filepath.Join(dir, split.Name)
	old := time.Unix(1e9, 0)
	for _, name := range []string{split.Name, manifest.Name} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	divide(t, dir, options)
	for _, name := range []string{split.Name, manifest.Name} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.ModTime().Equal(old) {
			t.Errorf("%s was written again: %v", name, err)
		}
	}

	stale := func(what string) {
		t.Helper()
		var e *store.StaleError
		if _, err := open(t, dir).Split(); !errors.As(err, &e) || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "pcapmill split") {
			t.Errorf("error %v, want %q", err, what)
		}
	}
	without := *m
	without.Split = nil
	write(t, dir, &without)
	stale("the manifest does not describe it")
	short := *m
	short.Samples = 8
	write(t, dir, &short)
	stale("it covers 9 samples of 8")
	write(t, dir, m)

	// Another record: by an earlier version, which wrote the two files one after the other, and was killed in between.
	o := options
	o.Salt = "y"
	next, err := open(t, dir).Compute(context.Background(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := next.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	stale("it is not the one that the manifest describes")
	divide(t, dir, o)
	if _, err := open(t, dir).Split(); err != nil {
		t.Errorf("completed: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	stale("it is missing, but the manifest describes it")
	if err := os.WriteFile(path, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Split(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("no record: error %v", err)
	}
}
