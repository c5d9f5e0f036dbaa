package datasettest

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
)

// The checks of what must be refused, and of what that leaves behind: everything.

// refused opens and expects an error that leaves the directory as it was.
func (s *suite) refused(t *testing.T, dir string, sp dataset.Spec, samples int) error {
	t.Helper()
	before := snap(t, dir)
	w, err := s.newFormat().Open(dir, sp, int64(samples))
	if err == nil {
		w.Close()
		t.Fatalf("Open(%v, %d samples) succeeded", sp, samples)
	}
	same(t, "after the refusal", before, snap(t, dir))
	return err
}

// expectMismatch wants a *dataset.MismatchError that says what it is about.
func expectMismatch(t *testing.T, err error) {
	t.Helper()
	var mismatch *dataset.MismatchError
	switch {
	case !errors.As(err, &mismatch):
		t.Errorf("error %v (%T), want *dataset.MismatchError", err, err)
	case mismatch.File == "" || mismatch.What == "" || mismatch.Have == mismatch.Need:
		t.Errorf("error %+v does not say what differs, and where", mismatch)
	}
}

func (s *suite) wrongSampleSize(t *testing.T) {
	dir := t.TempDir()
	samples := s.makeSamples(spec, 2, 10)
	w := s.open(t, dir, spec, 0)
	appendAll(t, w, samples[:1])
	for _, size := range []int{0, 1, spec.Size() - 1, spec.Size() + 1, 2 * spec.Size()} {
		expectMismatch(t, w.Append(dataset.Sample{Data: make([]byte, size)}))
	}
	// Nothing happened: the writer goes on.
	appendAll(t, w, samples[1:])
	commit(t, w)
	closeWriter(t, w)
	s.expect(t, dir, samples)
}

func (s *suite) wrongShape(t *testing.T) {
	dir := t.TempDir()
	samples := s.makeSamples(spec, 3, 11)
	s.write(t, dir, spec, 0, samples)
	for _, sp := range []dataset.Spec{{Rows: 32, Cols: 28}, {Rows: 28, Cols: 32}, {Rows: 1, Cols: 784}, {Rows: 784, Cols: 1}, {Rows: 14, Cols: 56}} {
		expectMismatch(t, s.refused(t, dir, sp, 3))
	}
	s.expect(t, dir, samples)
}

func (s *suite) fewerThanCommitted(t *testing.T) {
	dir := t.TempDir()
	samples := s.makeSamples(spec, 3, 12)
	s.write(t, dir, spec, 0, samples)
	for _, n := range []int{4, 5, 1000} {
		expectMismatch(t, s.refused(t, dir, spec, n))
	}

	none := t.TempDir()
	s.write(t, none, spec, 0, nil)
	expectMismatch(t, s.refused(t, none, spec, 1))
}

// Each file in turn has lost its last byte, its second half, everything.
func (s *suite) cutShort(t *testing.T) {
	dir := t.TempDir()
	samples := s.makeSamples(spec, 3, 13)
	files := s.write(t, dir, spec, 0, samples)
	whole := snap(t, dir)
	for _, f := range files {
		for _, left := range []int64{f.Size - 1, f.Size / 2, 0} {
			damaged := whole.restore(t)
			if err := os.Truncate(filepath.Join(damaged, filepath.FromSlash(f.Name)), left); err != nil {
				t.Fatal(err)
			}
			expectMismatch(t, s.refused(t, damaged, spec, 3))
		}
	}
}

func (s *suite) missingFile(t *testing.T) {
	dir := t.TempDir()
	files := s.write(t, dir, spec, 0, s.makeSamples(spec, 3, 14))
	whole := snap(t, dir)
	for _, f := range files {
		damaged := whole.restore(t)
		if err := os.Remove(filepath.Join(damaged, filepath.FromSlash(f.Name))); err != nil {
			t.Fatal(err)
		}
		if err := s.refused(t, damaged, spec, 3); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without %s: error %v, want one that wraps fs.ErrNotExist", f.Name, err)
		}
	}
	if err := s.refused(t, t.TempDir(), spec, 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty directory: error %v, want one that wraps fs.ErrNotExist", err)
	}
}

func (s *suite) impossibleSpec(t *testing.T) {
	for _, sp := range []dataset.Spec{{}, {Rows: 28}, {Cols: 28}, {Rows: -28, Cols: -28}, {Rows: math.MaxInt32, Cols: math.MaxInt32}} {
		dir := t.TempDir()
		s.refused(t, dir, sp, 0)
	}
	s.refused(t, t.TempDir(), spec, -1)
}
