package idx_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
)

// wide are labels of four bytes.
var wide = idx.Format{Labels: idx.Int32}

// appendTo opens the dataset in dir, appends one sample with the label, and commits.
func appendTo(f idx.Format, dir string, have int64, label uint16) error {
	w, err := f.Open(dir, small, have)
	if err != nil {
		return err
	}
	return errors.Join(w.Append(sample(1, label)), w.Commit(), w.Close())
}

// The file of labels, byte for byte: IDX has no unsigned type of two bytes.
func TestWideLabels(t *testing.T) {
	dir := t.TempDir()
	want := []byte{0, 0, 0x0c, 1, 0, 0, 0, 0}
	for i, label := range []uint16{0, 255, 256, 65535} {
		if err := appendTo(wide, dir, int64(i), label); err != nil {
			t.Fatal(err)
		}
		want = append(want, 0, 0, byte(label>>8), byte(label))
		want[7]++
		if got := readFiles(t, dir).labels; !bytes.Equal(got, want) {
			t.Fatalf("% x\nwant\n% x", got, want)
		}
	}
	labels, err := idx.OpenLabels(filepath.Join(dir, idx.LabelsName))
	if err != nil {
		t.Fatal(err)
	}
	defer labels.Close()
	if first, err := labels.Next(); first != 0 || err != nil {
		t.Errorf("first label %d, %v", first, err)
	}
	if all, err := labels.All(); !slices.Equal(all, []uint16{0, 255, 256, 65535}) || err != nil {
		t.Errorf("labels %v, %v", all, err)
	}
	if l, err := labels.At(2); l != 256 || err != nil {
		t.Errorf("label 2 is %d, %v", l, err)
	}
	if second, err := labels.Next(); second != 255 || err != nil {
		t.Errorf("second label %d, %v", second, err) // All does not move what Next reads
	}
}

// A dataset keeps its label type; an empty one has none yet.
func TestLabelTypeStays(t *testing.T) {
	var limit *dataset.LimitError
	dir := t.TempDir()
	w, err := idx.Format{}.Open(dir, small, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(sample(1, 256)); !errors.As(err, &limit) || limit.Need != 256 || limit.Most != 255 {
		t.Errorf("label 256 in a byte: error %v, want *dataset.LimitError", err)
	}
	if err := errors.Join(w.Append(sample(1, 255)), w.Commit(), w.Close()); err != nil {
		t.Errorf("after a refused label: %v", err)
	}
	before := readFiles(t, dir)
	var e *idx.Error
	if err := appendTo(wide, dir, 1, 3); !errors.As(err, &e) || !errors.Is(err, idx.ErrUnsupported) || e.Have != 0x801 || e.Need != 0xc01 {
		t.Errorf("four bytes behind one: error %v", err)
	}
	if err := appendTo(wide, dir, 0, 3); !errors.Is(err, idx.ErrUnsupported) {
		t.Errorf("a file that counts a label was taken for new: error %v", err)
	}
	if after := readFiles(t, dir); !bytes.Equal(before.labels, after.labels) || !bytes.Equal(before.images, after.images) {
		t.Error("a refusal has changed the files")
	}

	for _, labels := range [][]byte{makePair(t, small).labels, {0, 0, 8, 1, 0}} { // of a run that was killed at once
		dir := t.TempDir()
		pair{makePair(t, small).images, labels}.write(t, dir)
		if err := appendTo(wide, dir, 0, 700); err != nil {
			t.Errorf("% x: %v", labels, err)
		}
	}
	if _, err := (idx.Format{Labels: idx.Int16}).Open(t.TempDir(), small, 0); err == nil {
		t.Error("labels of int16 were opened")
	}
}

// Labels that no dataset has are damage, with their place.
func TestWideLabelsOutOfRange(t *testing.T) {
	for _, b := range [][]byte{{0xff, 0xff, 0xff, 0xff}, {0, 1, 0, 0}} {
		path := filepath.Join(t.TempDir(), "labels")
		if err := os.WriteFile(path, append([]byte{0, 0, 0x0c, 1, 0, 0, 0, 2, 0, 0, 0, 1}, b...), 0o666); err != nil {
			t.Fatal(err)
		}
		labels, err := idx.OpenLabels(path)
		if err != nil {
			t.Fatal(err)
		}
		defer labels.Close()
		var e *idx.Error
		for name, read := range map[string]func() error{
			"At":   func() error { _, err := labels.At(1); return err },
			"All":  func() error { _, err := labels.All(); return err },
			"Next": func() error { _, err1 := labels.Next(); _, err2 := labels.Next(); return errors.Join(err1, err2) },
		} {
			if err := read(); !errors.As(err, &e) || !errors.Is(err, idx.ErrMalformed) || e.Offset != 12 || e.Path != path {
				t.Errorf("%s of % x: error %v", name, b, err)
			}
		}
	}
}
