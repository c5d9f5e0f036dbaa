package idx_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
)

// Every type of a dataset's elements has its number in the file, comes back, and is not
// taken for another one.
func TestTypes(t *testing.T) {
	for element, number := range map[dataset.Type]byte{dataset.U8: 0x08, dataset.I8: 0x09, dataset.I16: 0x0b, dataset.F32: 0x0d} {
		spec := dataset.Spec{Rows: 2, Cols: 3, Type: element}
		dir := t.TempDir()
		w, err := idx.Format{}.Open(dir, spec, 0)
		if err != nil {
			t.Fatal(err)
		}
		var data []byte
		for i := range 2 * 3 * element.Size() {
			data = append(data, byte(i)|0x80)
		}
		if err := errors.Join(w.Append(dataset.Sample{Data: data, Label: 7}), w.Commit(), w.Close()); err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(filepath.Join(dir, idx.ImagesName))
		if want := append([]byte{0, 0, number, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, data...); err != nil || !bytes.Equal(have, want) {
			t.Errorf("%v: % x (%v), want % x", element, have, err, want)
		}
		m, err := idx.OpenImages(filepath.Join(dir, idx.ImagesName))
		if err != nil {
			t.Fatal(err)
		}
		if m.Spec() != spec {
			t.Errorf("%v reads back as %v", spec, m.Spec())
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		for _, other := range []dataset.Type{dataset.U8, dataset.I8, dataset.I16, dataset.F32} {
			spec.Type = other
			w, err := idx.Format{}.Open(dir, spec, 1)
			if (err == nil) != (other == element) {
				t.Errorf("%v opened as %v: %v", element, other, err)
			}
			if err == nil {
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// Of text the format writes labels alone.
func TestTextHasLabelsOnly(t *testing.T) {
	for _, limit := range []int64{0, -1} {
		dir := t.TempDir()
		w, err := idx.Format{RewriteLimit: limit}.Open(dir, dataset.Spec{Type: dataset.Text}, 0)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(w.Append(dataset.Sample{Data: []byte("a line"), Label: 7}), w.Commit(), w.Append(dataset.Sample{Label: 8}), w.Commit(), w.Close())
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(filepath.Join(dir, idx.LabelsName))
		if want := []byte{0, 0, 8, 1, 0, 0, 0, 2, 7, 8}; err != nil || !bytes.Equal(have, want) {
			t.Errorf("% x (%v), want % x", have, err, want)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
			t.Errorf("%v (%v)", names, err)
		}
		if files := w.Files(); len(files) != 1 || files[0].Name != idx.LabelsName || files[0].Size != 10 {
			t.Errorf("files %v", files)
		}
	}
}
