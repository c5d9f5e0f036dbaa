package store_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/manifest"
)

func TestViewNotSplit(t *testing.T) {
	v := open(t, makeDataset(t, 2, 0, 3), export.Source{})
	if v.Spec() != (dataset.Spec{Rows: 2, Cols: 3}) || v.Len(dataset.Whole) != 5 || v.Len(dataset.Train) != 0 || v.Unknown() != 255 {
		t.Errorf("shape %v, %d samples, %d of them for training, unknown %d", v.Spec(), v.Len(dataset.Whole), v.Len(dataset.Train), v.Unknown())
	}
	if h := fmt.Sprint(v.Sides(), v.Classes(), v.Captures()); h != "[all] [first second third] [first.pcap second.pcap third.pcap]" {
		t.Error(h)
	}
	for range 2 { // as often as needed
		got := all(t, v, dataset.Whole)
		if len(got) != 5 {
			t.Fatalf("%d samples, want 5", len(got))
		}
		for i, e := range got {
			want := 0
			if i >= 2 {
				want = 2
			}
			if e.Index != int64(i) || e.Data[0] != byte(i) || len(e.Data) != 6 || e.Label != want || e.Side != dataset.Whole || e.Row.Capture != uint32(want) || e.HasRow() {
				t.Errorf("sample %d: %+v", i, e)
			}
		}
	}
}

func TestViewSplit(t *testing.T) {
	sides := []dataset.Side{dataset.Test, dataset.Train, dataset.Train, dataset.Test, dataset.Train, dataset.Whole} // the last is left out
	v := open(t, makeDataset(t, 2, 4), export.Source{
		Sides: []dataset.Side{dataset.Train, dataset.Validation, dataset.Test},
		Side:  func(i int64) dataset.Side { return sides[i] },
		Row: func(i int64) (dataset.Row, error) {
			return dataset.Row{Capture: uint32(i / 2), Session: uint64(10 * i), Packets: [2]uint64{1, 0}}, nil
		},
	})
	if h := fmt.Sprint(v.Sides(), v.Len(dataset.Train), v.Len(dataset.Validation), v.Len(dataset.Test), v.Len(dataset.Whole)); h != "[train validation test] 3 0 2 6" {
		t.Error(h)
	}
	for side, want := range map[dataset.Side]string{dataset.Train: "1 2 4 ", dataset.Validation: "", dataset.Test: "0 3 ", dataset.Whole: "0 1 2 3 4 5 "} {
		have := ""
		for _, e := range all(t, v, side) {
			have += fmt.Sprint(e.Index, " ")
			if e.Side != sides[e.Index] || e.Row.Session != uint64(10*e.Index) || !e.HasRow() || e.Data[0] != byte(e.Index) {
				t.Errorf("%+v", e)
			}
		}
		if have != want {
			t.Errorf("side %v: %s, want %s", side, have, want)
		}
	}
}

func TestViewRefusesSplits(t *testing.T) {
	dir := makeDataset(t, 2)
	train := func(int64) dataset.Side { return dataset.Train }
	for name, src := range map[string]export.Source{
		"a side that is not listed": {Sides: []dataset.Side{dataset.Test}, Side: train},
		"no sides":                  {Side: train},
		"no such side":              {Sides: []dataset.Side{dataset.Train}, Side: func(int64) dataset.Side { return 77 }},
		"sides out of order":        {Sides: []dataset.Side{dataset.Test, dataset.Train}, Side: train},
		"all as a side":             {Sides: []dataset.Side{dataset.Train, dataset.Whole}, Side: train},
		"a side twice":              {Sides: []dataset.Side{dataset.Train, dataset.Train}, Side: train},
	} {
		if _, err := export.Open(dir, src); err == nil || !strings.Contains(err.Error(), "side") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestViewRefusesDatasets(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"no manifest":    {func(dir string) error { return os.Remove(filepath.Join(dir, manifest.Name)) }, "manifest.json"},
		"no labels":      {func(dir string) error { return os.Remove(filepath.Join(dir, idx.LabelsName)) }, idx.LabelsName},
		"no images":      {func(dir string) error { return os.Remove(filepath.Join(dir, idx.ImagesName)) }, idx.ImagesName},
		"images cut":     {func(dir string) error { return os.Truncate(filepath.Join(dir, idx.ImagesName), 20) }, idx.ImagesName},
		"fewer samples":  {patch(idx.LabelsName, 7, 1), "2 images and 1 labels, but the manifest counts 2"},
		"another shape":  {patch(idx.ImagesName, 11, 3, 0, 0, 0, 2), "samples of 3x2, but the manifest says 2x3"},
		"a wide label":   {patch(idx.LabelsName, 2, 0x0e), idx.LabelsName},
		"unlawful":       {edit(`"packets_used": 2`, `"packets_used": 1`), "2 packets, but 1 used"},
		"a class apart":  {edit(`"label": 0`, `"label": 7`), "none has the label 0"},
		"future version": {edit(`"version": 1`, `"version": 99`), "newer pcapmill"},
	} {
		dir := makeDataset(t, 2)
		if err := test.damage(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := export.Open(dir, export.Source{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

func patch(name string, at int64, b ...byte) func(dir string) error {
	return func(dir string) error {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteAt(b, at)
		return errors.Join(err, f.Close())
	}
}

func edit(from, to string) func(dir string) error {
	return func(dir string) error {
		path := filepath.Join(dir, manifest.Name)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !strings.Contains(string(text), from) {
			return errors.New("no " + from)
		}
		return os.WriteFile(path, []byte(strings.ReplaceAll(string(text), from, to)), 0o666)
	}
}

// TestViewWideLabels: a pair of more than 255 classes has labels of four bytes.
func TestViewWideLabels(t *testing.T) {
	dir := makeDataset(t, 2)
	b := idx.Header{Type: idx.Int32, Dims: []uint32{2}}.Append(nil)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, 65535)
	path := filepath.Join(dir, idx.LabelsName)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	v := open(t, dir, export.Source{})
	if got := all(t, v, dataset.Whole); v.Unknown() != 65535 || got[0].Label != 0 || got[1].Label != 65535 {
		t.Errorf("unknown %d, labels %d and %d", v.Unknown(), got[0].Label, got[1].Label)
	}
	binary.BigEndian.PutUint32(b[12:], 300) // no class, and not what stands for none
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	err := v.Each(context.Background(), dataset.Whole, func(*dataset.Entry) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "sample 1 has label 300") {
		t.Errorf("error %v", err)
	}
}

func TestViewEnds(t *testing.T) {
	v := open(t, makeDataset(t, 5), export.Source{})
	ctx, stop := context.WithCancel(context.Background())
	n := 0
	err := v.Each(ctx, dataset.Whole, func(*dataset.Entry) error {
		if n++; n == 2 {
			stop()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n != 2 {
		t.Errorf("after %d samples: %v", n, err)
	}
	mine := errors.New("mine")
	if err := v.Each(context.Background(), dataset.Whole, func(*dataset.Entry) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("error %v, want %v", err, mine)
	}
	rows := open(t, makeDataset(t, 5), export.Source{Row: func(int64) (dataset.Row, error) { return dataset.Row{}, mine }})
	if err := rows.Each(context.Background(), dataset.Whole, func(*dataset.Entry) error { return nil }); !errors.Is(err, mine) {
		t.Errorf("error %v, want %v", err, mine)
	}
	ticks := 0
	v.Progress(func() { ticks++ })
	if all(t, v, dataset.Whole); ticks != 5 {
		t.Errorf("%d ticks, want 5", ticks)
	}
}

// TestViewCutMeanwhile: the files become shorter while they are read.
func TestViewCutMeanwhile(t *testing.T) {
	dir := makeDataset(t, 200)
	v := open(t, dir, export.Source{})
	if err := os.Truncate(filepath.Join(dir, idx.ImagesName), 16+100*6); err != nil {
		t.Fatal(err)
	}
	if err := v.Each(context.Background(), dataset.Whole, func(*dataset.Entry) error { return nil }); !errors.Is(err, idx.ErrTruncated) {
		t.Errorf("error %v, want %v", err, idx.ErrTruncated)
	}
}
