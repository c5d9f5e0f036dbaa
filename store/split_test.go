package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/internal/splitfile"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/split"
)

// build makes a dataset of 1x4 samples, two of each content, from two captures.
func build(t *testing.T, mode sample.Dedup, samples int) (string, *manifest.Manifest) {
	t.Helper()
	dir := t.TempDir()
	m := &manifest.Manifest{
		Format: manifest.Format, Version: manifest.Version, Rows: 1, Cols: 4, Samples: int64(samples),
		Settings: manifest.Settings{Length: 4, Dedup: mode.String()}, Classes: []manifest.Class{{Label: 0, Name: "a"}, {Label: 7, Name: "b"}},
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

// TestInput: labels, rows and prints are those of the dataset, whatever dedup compared, as often as one asks.
func TestInput(t *testing.T) {
	for _, mode := range []sample.Dedup{sample.DedupSample, sample.DedupSession, sample.DedupNone} {
		dir, m := build(t, mode, 9)
		in, err := splitfile.Input(dir, m)
		if err != nil || !reflect.DeepEqual(in.Captures, []string{"d0", "d1"}) || !reflect.DeepEqual(in.Classes, []split.ClassName{{Label: 0, Name: "a"}, {Label: 7, Name: "b"}}) {
			t.Fatalf("%+v, %v", in, err)
		}
		for range 2 {
			i := 0
			err := in.Each(func(s *split.Sample) error {
				if s.Label != uint16(i%3/2*7) || s.Row.Session != uint64(i) || s.Print != dedup.OfSample([]byte{1, byte(i / 2), 0, 0}) {
					t.Errorf("dedup %s: sample %d is %+v", mode, i, s)
				}
				i++
				return nil
			})
			if err != nil || i != 9 {
				t.Fatalf("%d samples, %v", i, err)
			}
		}
		stop := errors.New("stop")
		if err := in.Each(func(*split.Sample) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("error %v", err)
		}
		// Twins are on one side, though their sessions differ.
		r, err := splitfile.Compute(dir, m, options, nil)
		if err != nil || r.Proof.Equal != 0 {
			t.Errorf("%+v, %v", r, err)
		}
		for i := 1; i < 9; i += 2 {
			if r.Assignment[i] != r.Assignment[i-1] {
				t.Errorf("dedup %s: samples %d and %d are equal, and on sides %s", mode, i-1, i, r.Assignment[i-1:i+1])
			}
		}
	}
	for _, name := range []string{idx.LabelsName, rows.Name, idx.ImagesName} {
		dir, m := build(t, sample.DedupSession, 9)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := splitfile.Compute(dir, m, options, nil); err == nil {
			t.Errorf("computed without %s", name)
		}
	}
	for _, mode := range []sample.Dedup{sample.DedupSample, sample.DedupSession} {
		dir, m := build(t, mode, 9)
		m.Samples++
		var mismatch *dataset.MismatchError
		if _, err := splitfile.Compute(dir, m, options, nil); !errors.As(err, &mismatch) {
			t.Errorf("more samples than there are: error %v", err)
		}
	}
}

// TestSaveAndLoad: what is saved is loaded; the same again touches no file; what does not belong together is stale, in words.
func TestSaveAndLoad(t *testing.T) {
	dir, m := build(t, sample.DedupNone, 9)
	if _, err := splitfile.Load(dir, m); !errors.Is(err, splitfile.ErrNone) {
		t.Errorf("not split: error %v", err)
	}
	r, err := splitfile.Compute(dir, m, options, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := splitfile.Save(fsys.OS{}, dir, m, r); err != nil {
		t.Fatal(err)
	}
	back, err := splitfile.Load(dir, m)
	if err != nil || !reflect.DeepEqual(back, r) {
		t.Fatalf("%+v, %v", back, err)
	}
	onDisk, err := storetest.Load(dir)
	if err != nil || !onDisk.Split.Equal(m.Split) || onDisk.Split.Samples != 9 {
		t.Errorf("%+v, %v", onDisk, err)
	}

	path := filepath.Join(dir, split.Name)
	old := time.Unix(1e9, 0)
	for _, name := range []string{split.Name, manifest.Name} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := splitfile.Save(fsys.OS{}, dir, m, r); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{split.Name, manifest.Name} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.ModTime().Equal(old) {
			t.Errorf("%s was written again: %v", name, err)
		}
	}

	stale := func(what string, m *manifest.Manifest) {
		t.Helper()
		var e *splitfile.StaleError
		if _, err := splitfile.Load(dir, m); !errors.As(err, &e) || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "pcapmill split") {
			t.Errorf("error %v, want %q", err, what)
		}
	}
	grown := *m
	grown.Samples = 12
	stale("it covers 9 samples of 12", &grown)
	without := *m
	without.Split = nil
	stale("the manifest does not describe it", &without)

	// A kill behind the first file: the record is whole, the manifest describes the one before.
	o := options
	o.Salt = "y"
	next, err := splitfile.Compute(dir, m, o, nil)
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
	stale("it is not the one that the manifest describes", m)
	if err := splitfile.Save(fsys.OS{}, dir, m, next); err != nil {
		t.Fatal(err)
	}
	if _, err := splitfile.Load(dir, m); err != nil {
		t.Errorf("completed: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	stale("it is missing, but the manifest describes it", m)
	if err := os.WriteFile(path, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := splitfile.Load(dir, m); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("no record: error %v", err)
	}
}
