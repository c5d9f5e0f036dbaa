package idx_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
)

// Files that were appended to one by one are those that a dataset writer makes.
func TestAppendEqualsWriter(t *testing.T) {
	samples := []dataset.Sample{sample(1, 1), sample(11, 255), sample(21, 0)}
	want := makePair(t, small, samples...)
	dir := t.TempDir()
	images, labels := filepath.Join(dir, idx.ImagesName), filepath.Join(dir, idx.LabelsName)
	if err := errors.Join(idx.AppendImages(images, small), idx.AppendLabels(labels)); err != nil {
		t.Fatal(err)
	}
	if got, empty := readFiles(t, dir), makePair(t, small); !bytes.Equal(got.images, empty.images) || !bytes.Equal(got.labels, empty.labels) {
		t.Errorf("nothing appended:\n% x\n% x", got.images, got.labels)
	}
	err := errors.Join(
		idx.AppendImages(images, small, samples[0].Data),
		idx.AppendImages(images, small),
		idx.AppendImages(images, small, samples[1].Data, samples[2].Data),
		idx.AppendLabels(labels, 1, 255),
		idx.AppendLabels(labels, 0),
	)
	if err != nil {
		t.Fatal(err)
	}
	if got := readFiles(t, dir); !bytes.Equal(got.images, want.images) || !bytes.Equal(got.labels, want.labels) {
		t.Errorf("appended:\n% x\n% x\nwant\n% x\n% x", got.images, got.labels, want.images, want.labels)
	}
}

func TestAppendCutsTheTail(t *testing.T) {
	want := makePair(t, small, sample(1, 1), sample(11, 2))
	path := filepath.Join(t.TempDir(), "x.idx3")
	one := makePair(t, small, sample(1, 1))
	if err := os.WriteFile(path, append(one.images, "a killed writer left more than one sample"...), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := idx.AppendImages(path, small, sample(11, 2).Data); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want.images) {
		t.Errorf("% x (%v)\nwant\n% x", got, err, want.images)
	}
}

func TestAppendRefuses(t *testing.T) {
	p := makePair(t, small, sample(1, 1), sample(11, 2))
	image := sample(1, 1).Data
	for name, test := range map[string]struct {
		content []byte
		append  func(path string) error
		want    any // pointer to an error type, or a sentinel
	}{
		"image of another size": {p.images, func(path string) error { return idx.AppendImages(path, small, image, image[:5]) }, new(*dataset.MismatchError)},
		"another shape":         {p.images, func(path string) error { return idx.AppendImages(path, dataset.Spec{Rows: 3, Cols: 2}, image) }, new(*dataset.MismatchError)},
		"impossible shape":      {p.images, func(path string) error { return idx.AppendImages(path, dataset.Spec{}, []byte{}) }, nil},
		"file cut short":        {p.images[:len(p.images)-1], func(path string) error { return idx.AppendImages(path, small, image) }, idx.ErrTruncated},
		"header cut short":      {p.images[:10], func(path string) error { return idx.AppendImages(path, small, image) }, idx.ErrTruncated},
		"labels for images":     {p.labels, func(path string) error { return idx.AppendImages(path, small, image) }, idx.ErrUnsupported},
		"images for labels":     {p.images, func(path string) error { return idx.AppendLabels(path, 1) }, idx.ErrUnsupported},
		"labels cut short":      {p.labels[:9], func(path string) error { return idx.AppendLabels(path, 1) }, idx.ErrTruncated},
		"no IDX file":           {[]byte("12,34\n"), func(path string) error { return idx.AppendLabels(path, 1) }, idx.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(path, test.content, 0o644); err != nil {
				t.Fatal(err)
			}
			err := test.append(path)
			switch want := test.want.(type) {
			case nil:
				if err == nil {
					t.Error("no error")
				}
			case error:
				if !errors.Is(err, want) {
					t.Errorf("error %v, want %v", err, want)
				}
			default:
				if !errors.As(err, want) {
					t.Errorf("error %v, want %T", err, want)
				}
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, test.content) {
				t.Errorf("the file was changed to % x (%v)", got, err)
			}
		})
	}
	if err := idx.AppendLabels(filepath.Join(t.TempDir(), "none", "x"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: error %v", err)
	}
}
