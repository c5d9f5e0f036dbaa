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
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

func TestViewNotSplit(t *testing.T) {
	v := view(t, makeDataset(t, 2, 0, 3))
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

// TestViewSplit: sides are those of the record; what it has left out is on none, and only in the whole.
func TestViewSplit(t *testing.T) {
	dir := written(t, 12)
	o := options
	o.MaxPerClass = 2
	r := divide(t, dir, o)
	v := view(t, dir)
	sides := &r.Record.Sides
	if h := fmt.Sprint(v.Sides(), v.Len(dataset.Train), v.Len(dataset.Validation), v.Len(dataset.Test), v.Len(dataset.Whole)); h != fmt.Sprintf("[train validation test] %d %d %d 12", sides.Train, sides.Validation, sides.Test) {
		t.Error(h)
	}
	if sides.Total() == 12 || sides.Train == 0 || v.SplitDigest() != r.Manifest.Split.Digest {
		t.Fatalf("nothing to see: %+v", sides)
	}
	for side, letter := range map[dataset.Side]string{dataset.Train: "0", dataset.Validation: "1", dataset.Test: "2", dataset.Whole: "012-"} {
		n := 0
		for _, e := range all(t, v, side) {
			n++
			if c := r.Record.Assignment[e.Index : e.Index+1]; !strings.Contains(letter, c) || (e.Side == dataset.Whole) != (c == "-") || e.Row.Session != uint64(e.Index) || e.Data[1] != byte(e.Index/2) {
				t.Errorf("side %v: sample %d of %q: %+v", side, e.Index, c, e)
			}
		}
		if int64(n) != v.Len(side) {
			t.Errorf("side %v: %d samples, announced %d", side, n, v.Len(side))
		}
	}
}

// TestViewRefusesSplits: a record that puts samples on a side it does not have, or that is not the manifest's.
func TestViewRefusesSplits(t *testing.T) {
	for name, change := range map[string]func(r *split.Record){
		"a side that has no share": func(r *split.Record) { r.Settings.Split = "100/0/0" },
		"fewer samples": func(r *split.Record) {
			r.Samples, r.Assignment, r.How, r.Rounds = 8, r.Assignment[:8], r.How[:8], []int64{8}
			r.Sides = sidesOf(r.Assignment)
		},
	} {
		dir := written(t, 9)
		r := divide(t, dir, options)
		change(r.Record)
		text, err := r.Record.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, split.Name), text, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, dir).View(); err == nil || !strings.Contains(err.Error(), "not the one that the manifest") {
			t.Errorf("%s: error %v", name, err)
		}
		m := open(t, dir).Manifest()
		m.Split = store.Summary(r.Record, text)
		write(t, dir, m)
		if _, err := open(t, dir).View(); err == nil || !strings.Contains(err.Error(), split.Name) {
			t.Errorf("%s, in both files: error %v", name, err)
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
		"fewer samples":  {patch(idx.LabelsName, 7, 1), "have 1, need 2"},
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
		if _, err := openView(dir); err == nil || !strings.Contains(err.Error(), test.want) {
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
	m := open(t, dir).Manifest()
	m.LabelType = manifest.LabelInt32
	for n := uint16(1); n < 256; n++ {
		m.Classes = append(m.Classes, manifest.Class{Label: n, Name: fmt.Sprint("class", n)})
	}
	write(t, dir, m)
	if _, err := openView(dir); err == nil || !strings.Contains(err.Error(), "need int32") {
		t.Errorf("labels of one byte: error %v", err)
	}
	b := idx.Header{Type: idx.Int32, Dims: []uint32{2}}.Append(nil)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, 65535)
	path := filepath.Join(dir, idx.LabelsName)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	v := view(t, dir)
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
	v := view(t, makeDataset(t, 5))
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
	ticks := 0
	v.Progress(func() { ticks++ })
	if all(t, v, dataset.Whole); ticks != 5 {
		t.Errorf("%d ticks, want 5", ticks)
	}
}

// TestViewCutMeanwhile: the files become shorter while they are read.
func TestViewCutMeanwhile(t *testing.T) {
	dir := makeDataset(t, 200)
	v := view(t, dir)
	if err := os.Truncate(filepath.Join(dir, idx.ImagesName), 16+100*6); err != nil {
		t.Fatal(err)
	}
	if err := v.Each(context.Background(), dataset.Whole, func(*dataset.Entry) error { return nil }); !errors.Is(err, idx.ErrTruncated) {
		t.Errorf("error %v, want %v", err, idx.ErrTruncated)
	}
}

// sidesOf counts an assignment.
func sidesOf(assignment string) split.Counts {
	n := func(letter string) int64 { return int64(strings.Count(assignment, letter)) }
	return split.Counts{Train: n("0"), Validation: n("1"), Test: n("2")}
}

func openView(dir string) (*store.View, error) {
	d, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	return d.View()
}

func view(t *testing.T, dir string) *store.View {
	t.Helper()
	v, err := openView(dir)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
