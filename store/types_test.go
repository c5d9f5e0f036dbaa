package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// typed is the form of samples of a type, and how sample i of it is added.
func typed(t dataset.Type) (store.Form, func(i int64) []byte) {
	f := form()
	f.Form = &manifest.Form{Name: "test", Unit: "session", DType: t.String()}
	f.Spec = dataset.Spec{Rows: 2, Cols: 3, Type: t}
	if t == dataset.Text {
		f.Spec = dataset.Spec{Type: t}
		return f, func(i int64) []byte { return fmt.Appendf(nil, "%0*d\n", i%7, i) }
	}
	return f, func(i int64) []byte { return bytes.Repeat([]byte{byte(i)}, f.Spec.Size()) }
}

func addTyped(w *store.Writer, n int64, sample func(i int64) []byte) error {
	c := manifest.Capture{Name: fmt.Sprint("c", w.Captures()), Digest: fmt.Sprint("d", w.Captures()), Class: "a"}
	c.Packets, c.Used, c.Sessions, c.Samples, c.Exact, c.OriginalBytes = n, n, n, n, n, 4*n
	b := &store.Batch{}
	for i := range n {
		b.Data = append(b.Data, sample(w.Manifest().Samples+i)...)
		b.Labels = append(b.Labels, 0)
		b.Rows = append(b.Rows, dataset.Row{Capture: uint32(w.Captures()), Session: uint64(i), Original: 4, Packets: [2]uint64{1, 0}})
	}
	if err := w.Append(b); err != nil {
		return err
	}
	return w.EndCapture(&c)
}

// TestTypes: samples of every type, and text, are written, appended to in another run, read
// back in order and one by one, and what an unfinished run left is cut off. In place and
// renamed the bytes are the same.
func TestTypes(t *testing.T) {
	for _, element := range []dataset.Type{dataset.U8, dataset.I8, dataset.I16, dataset.F32, dataset.Text} {
		t.Run(element.String(), func(t *testing.T) {
			files := map[string][]byte{}
			for _, inPlace := range []bool{false, true} {
				b := store.Backend{InPlace: inPlace}
				dir := filepath.Join(t.TempDir(), "dataset")
				f, sample := typed(element)
				for run := range 2 {
					w, err := b.Create(dir, f)
					if err != nil {
						t.Fatal(err)
					}
					if run == 1 && w.Cut() != 4 {
						t.Errorf("cut off %d bytes, want 4", w.Cut())
					}
					if err := errors.Join(addTyped(w, 9, sample), w.Commit(), addTyped(w, 4, sample), w.Commit(), w.Close()); err != nil {
						t.Fatal(err)
					}
					if run == 0 {
						d := opened(t, dir)
						appendTo(t, filepath.Join(dir, d.SamplesFile()), "rest")
						if err := d.CheckSizes(); err == nil {
							t.Error("bytes behind the samples, and nobody says so")
						}
					}
				}
				d := opened(t, dir)
				if err := errors.Join(d.CheckSizes(), d.CheckHeaders()); err != nil {
					t.Fatal(err)
				}
				check(t, d, f.Spec, sample)
				for _, file := range d.Manifest().Files {
					text, err := os.ReadFile(filepath.Join(dir, file.Name))
					if err != nil {
						t.Fatal(err)
					}
					if before, ok := files[file.Name]; ok && !bytes.Equal(before, text) {
						t.Errorf("%s is not the same in place", file.Name)
					}
					files[file.Name] = text
				}
				other, _ := typed((element + 1) % 5)
				if w, err := b.Create(dir, other); err == nil {
					t.Error("another type was accepted")
					_ = w.Close()
				}
			}
		})
	}
}

func opened(t *testing.T, dir string) *store.Dataset {
	t.Helper()
	d, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, d *store.Dataset, spec dataset.Spec, sample func(i int64) []byte) {
	t.Helper()
	v, err := d.View()
	if err != nil {
		t.Fatal(err)
	}
	if v.Spec() != spec || d.Len() != 26 {
		t.Fatalf("%v, %d samples", v.Spec(), d.Len())
	}
	s, err := d.Samples()
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range all(t, v, dataset.Whole) {
		want := sample(int64(i))
		var one []byte
		if spec.Type == dataset.Text {
			want = bytes.TrimSuffix(want, []byte("\n"))
			one, err = s.Line(nil, int64(i))
		} else {
			one = make([]byte, spec.Size())
			err = s.At(one, int64(i))
		}
		if err != nil || !bytes.Equal(e.Data, want) || !bytes.Equal(one, want) {
			t.Errorf("sample %d is %q and %q (%v), want %q", i, e.Data, one, err, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
