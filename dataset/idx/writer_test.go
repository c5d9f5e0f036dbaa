package idx_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
)

var small = dataset.Spec{Rows: 2, Cols: 3}

// sample makes a 2x3 sample whose bytes count up from first.
func sample(first uint8, label uint16) dataset.Sample {
	s := dataset.Sample{Data: make([]byte, 6), Label: label}
	for i := range s.Data {
		s.Data[i] = first + uint8(i)
	}
	return s
}

// pair is the contents of both files.
type pair struct{ images, labels []byte }

func readFiles(t *testing.T, dir string) pair {
	t.Helper()
	images, err := os.ReadFile(filepath.Join(dir, idx.ImagesName))
	if err != nil {
		t.Fatal(err)
	}
	labels, err := os.ReadFile(filepath.Join(dir, idx.LabelsName))
	if err != nil {
		t.Fatal(err)
	}
	return pair{images, labels}
}

func (p pair) write(t *testing.T, dir string) {
	t.Helper()
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, idx.ImagesName), p.images, 0o644),
		os.WriteFile(filepath.Join(dir, idx.LabelsName), p.labels, 0o644))
	if err != nil {
		t.Fatal(err)
	}
}

// makePair returns the files of a dataset with these samples.
func makePair(t *testing.T, spec dataset.Spec, samples ...dataset.Sample) pair {
	t.Helper()
	dir := t.TempDir()
	w, err := idx.Format{}.Open(dir, spec, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Commit(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return readFiles(t, dir)
}

// A commit is a few writes and syncs. A power cut may keep any part of what was not yet
// synced: any prefix of the new data in either file and, once the data is down, either
// count new or old. From each such state the dataset opens at the last manifest.
func TestEveryTornCommitOpens(t *testing.T) {
	before := makePair(t, small, sample(1, 1), sample(11, 2))
	after := makePair(t, small, sample(1, 1), sample(11, 2), sample(21, 3), sample(31, 4))
	states := []pair{}
	for i := len(before.images); i <= len(after.images); i++ { // appending: old counts, data of any length
		for l := len(before.labels); l <= len(after.labels); l++ {
			states = append(states, pair{
				append(bytes.Clone(before.images), after.images[len(before.images):i]...),
				append(bytes.Clone(before.labels), after.labels[len(before.labels):l]...),
			})
		}
	}
	for _, images := range [][]byte{before.images[:16], after.images[:16]} { // all data, counts in any combination
		for _, labels := range [][]byte{before.labels[:8], after.labels[:8]} {
			states = append(states, pair{
				append(bytes.Clone(images), after.images[16:]...),
				append(bytes.Clone(labels), after.labels[8:]...),
			})
		}
	}
	for i, state := range states {
		dir := t.TempDir()
		state.write(t, dir)
		w, err := idx.Format{}.Open(dir, small, 2)
		if err != nil {
			t.Fatalf("state %d: %v", i, err)
		}
		if want := int64(len(state.images) - len(before.images) + len(state.labels) - len(before.labels)); w.Cut() != want {
			t.Errorf("state %d: Cut() is %d, want %d", i, w.Cut(), want)
		}
		if got := readFiles(t, dir); !bytes.Equal(got.images, before.images) || !bytes.Equal(got.labels, before.labels) {
			t.Fatalf("state %d: opened as\n% x\n% x", i, got.images, got.labels)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A run may be killed while it makes the files, and a power cut may leave zeros.
func TestEveryTornBeginningOpens(t *testing.T) {
	whole := makePair(t, small)
	zeros := pair{make([]byte, 16), make([]byte, 8)}
	for i := range len(whole.images) + 1 {
		for l := -1; l <= len(whole.labels); l++ { // -1: no file
			for _, from := range []pair{whole, zeros} {
				dir := t.TempDir()
				state := pair{images: from.images[:i]}
				if l >= 0 {
					state.labels = from.labels[:l]
				}
				state.write(t, dir)
				if l < 0 {
					os.Remove(filepath.Join(dir, idx.LabelsName))
				}
				w, err := idx.Format{}.Open(dir, small, 0)
				if err != nil {
					t.Fatalf("%d and %d bytes: %v", i, l, err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if got := readFiles(t, dir); !bytes.Equal(got.images, whole.images) || !bytes.Equal(got.labels, whole.labels) {
					t.Fatalf("%d and %d bytes: opened as\n% x\n% x", i, l, got.images, got.labels)
				}
			}
		}
	}
}

// Nothing is committed and the files count nothing: they take any shape.
func TestEmptyPairTakesAnyShape(t *testing.T) {
	dir := t.TempDir()
	makePair(t, small).write(t, dir)
	other := dataset.Spec{Rows: 5, Cols: 7}
	w, err := idx.Format{}.Open(dir, other, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	images, err := idx.OpenImages(filepath.Join(dir, idx.ImagesName))
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	if images.Spec() != other || images.Len() != 0 {
		t.Errorf("%v", images.Header())
	}
}

// Whatever else has the name of an output file is refused, even by a new dataset, and
// the pair stays as it is: the other file is not made either.
func TestForeignFilesAreRefused(t *testing.T) {
	good := makePair(t, small, sample(1, 1))
	for name, foreign := range map[string][]byte{
		"text":        []byte("my results\n"),
		"short text":  []byte("x"),
		"labels file": good.labels,
		"floats":      idx.Header{Type: idx.Float64, Dims: []uint32{0, 2, 3}}.Append(nil),
		"two dims":    append(idx.Header{Type: idx.Uint8, Dims: []uint32{1, 6}}.Append(nil), 1, 2, 3, 4, 5, 6),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, idx.ImagesName)
			if err := os.WriteFile(path, foreign, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := idx.Format{}.Open(dir, small, 0)
			var e *idx.Error
			if !errors.As(err, &e) || e.Path != path || e.Have == e.Need {
				t.Errorf("error %v, want *idx.Error about %s", err, path)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, foreign) {
				t.Errorf("the file was changed to % x (%v)", got, err)
			}
			if _, err := os.Lstat(filepath.Join(dir, idx.LabelsName)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the other file was made: %v", err)
			}
		})
	}
	t.Run("images as labels", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, idx.LabelsName)
		if err := os.WriteFile(path, good.images, 0o644); err != nil {
			t.Fatal(err)
		}
		var e *idx.Error
		if _, err := (idx.Format{}).Open(dir, small, 0); !errors.As(err, &e) || !errors.Is(err, idx.ErrUnsupported) {
			t.Errorf("error %v, want ErrUnsupported", err)
		}
		if _, err := os.Lstat(filepath.Join(dir, idx.ImagesName)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the other file was made: %v", err)
		}
	})
	t.Run("directory", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, idx.LabelsName), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := (idx.Format{}).Open(dir, small, 0); err == nil {
			t.Error("a directory was taken for a file")
		}
	})
}

// The header counts less than the manifest although the data is there.
func TestHeaderCountsLess(t *testing.T) {
	p := makePair(t, small, sample(1, 1), sample(11, 2))
	for _, file := range []string{"images", "labels"} {
		q := pair{bytes.Clone(p.images), bytes.Clone(p.labels)}
		if file == "images" {
			q.images[7] = 1
		} else {
			q.labels[7] = 1
		}
		dir := t.TempDir()
		q.write(t, dir)
		_, err := idx.Format{}.Open(dir, small, 2)
		var mismatch *dataset.MismatchError
		if !errors.As(err, &mismatch) || mismatch.Have != 1 || mismatch.Need != 2 {
			t.Errorf("%s: error %v, want *dataset.MismatchError 1, 2", file, err)
		}
	}
}

// sparse makes a file of that size, without its blocks, that starts with the header.
func sparse(t *testing.T, path string, h idx.Header) {
	t.Helper()
	if err := os.WriteFile(path, h.Append(nil), 0o644); err != nil {
		t.Fatal(err)
	}
	size, ok := h.DataSize()
	if !ok {
		t.Fatalf("%v has no size", h)
	}
	if err := os.Truncate(path, h.Size()+size); err != nil {
		t.Skipf("no sparse file of %d bytes: %v", size, err)
	}
}

func TestCountFitsItsFourBytes(t *testing.T) {
	dir := t.TempDir()
	one := dataset.Spec{Rows: 1, Cols: 1}
	var limit *dataset.LimitError
	if _, err := (idx.Format{}).Open(dir, one, math.MaxUint32+1); !errors.As(err, &limit) || limit.Most != math.MaxUint32 {
		t.Errorf("Open with 2^32 samples: error %v, want *dataset.LimitError", err)
	}

	// All but one sample are there.
	sparse(t, filepath.Join(dir, idx.ImagesName), idx.Header{Type: idx.Uint8, Dims: []uint32{math.MaxUint32 - 1, 1, 1}})
	sparse(t, filepath.Join(dir, idx.LabelsName), idx.Header{Type: idx.Uint8, Dims: []uint32{math.MaxUint32 - 1}})
	w, err := idx.Format{}.Open(dir, one, math.MaxUint32-1)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(dataset.Sample{Data: []byte{7}, Label: 8}); err != nil {
		t.Fatalf("the last sample that fits: %v", err)
	}
	if err := w.Append(dataset.Sample{Data: []byte{9}, Label: 9}); !errors.As(err, &limit) || limit.Need != 1<<32 {
		t.Errorf("one more: error %v, want *dataset.LimitError", err)
	}
	if err := errors.Join(w.Commit(), w.Close()); err != nil { // the one that fits is not lost
		t.Fatal(err)
	}
	images, err := idx.OpenImages(filepath.Join(dir, idx.ImagesName))
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	var last [1]byte
	if err := images.ReadAt(last[:], math.MaxUint32-1); err != nil || last[0] != 7 || images.Len() != math.MaxUint32 {
		t.Errorf("last of %d images is %d (%v), want 7", images.Len(), last[0], err)
	}
	err = idx.AppendLabels(filepath.Join(dir, idx.LabelsName), 1)
	if !errors.As(err, &limit) || limit.Need != 1<<32 {
		t.Errorf("AppendLabels to a full file: error %v, want *dataset.LimitError", err)
	}
}

// After a write that failed nothing more is taken, and Close goes back.
func TestFailedWrite(t *testing.T) {
	for file, name := range []string{idx.ImagesName, idx.LabelsName} {
		dir := t.TempDir()
		makePair(t, small, sample(1, 1)).write(t, dir)
		before := readFiles(t, dir)
		w, err := idx.Format{RewriteLimit: -1}.Open(dir, small, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append(sample(2, 2)); err != nil {
			t.Fatal(err)
		}
		var broken *fs.PathError
		err = idx.WithReadOnly(w, file, func() {
			if err := w.Commit(); !errors.As(err, &broken) || filepath.Base(broken.Path) != name {
				t.Errorf("Commit: error %v, want one about %s", err, name)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		// The disk is well again, but nobody knows what is on it.
		if err := w.Append(sample(3, 3)); !errors.Is(err, broken) {
			t.Errorf("Append: error %v, want %v", err, broken)
		}
		if err := w.Commit(); !errors.Is(err, broken) {
			t.Errorf("second Commit: error %v, want %v", err, broken)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := readFiles(t, dir); !bytes.Equal(got.images, before.images) || !bytes.Equal(got.labels, before.labels) {
			t.Errorf("after Close\n% x\n% x", got.images, got.labels)
		}
	}
}

// A sample may be larger than the buffer.
func TestSampleLargerThanTheBuffer(t *testing.T) {
	spec := dataset.Spec{Rows: 1500, Cols: 1000}
	var samples []dataset.Sample
	for i := range 3 {
		samples = append(samples, dataset.Sample{Data: bytes.Repeat([]byte{byte(i + 1)}, spec.Size()), Label: uint16(i)})
	}
	dir := t.TempDir()
	makePair(t, spec, samples...).write(t, dir)
	got, labels := readPair(t, dir)
	for i, s := range samples {
		if !bytes.Equal(got[i], s.Data) || labels[i] != s.Label {
			t.Errorf("sample %d is not the one that was written", i)
		}
	}
}
