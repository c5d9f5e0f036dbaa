package datasettest

import (
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
)

// The checks of what is written: it comes back, and the same samples are the same bytes.

func (s *suite) roundTrip(t *testing.T) {
	if s.newFormat().Name() == "" {
		t.Error("the format has no name")
	}
	dir := t.TempDir()
	samples := s.makeSamples(spec, many, 1)
	files := s.write(t, dir, spec, 0, samples)
	s.expect(t, dir, samples)

	have := snap(t, dir)
	if len(files) == 0 {
		t.Error("the writer names no files")
	}
	for _, f := range files {
		data, ok := have[f.Name]
		if !ok || int64(len(data)) != f.Size {
			t.Errorf("file %s has %d bytes (exists: %v), the writer says %d", f.Name, len(data), ok, f.Size)
		}
		delete(have, f.Name)
	}
	for path := range have {
		t.Errorf("file %s is not among the writer's files", path)
	}
}

func (s *suite) shapes(t *testing.T) {
	for _, sp := range []dataset.Spec{{Rows: 1, Cols: 1}, {Rows: 1, Cols: 1500}, {Rows: 2, Cols: 3}, {Rows: 3, Cols: 2}, {Rows: 1200, Cols: 1200}} {
		dir := t.TempDir()
		samples := s.makeSamples(sp, 3, 2)
		s.write(t, dir, sp, 0, samples)
		s.expect(t, dir, samples)
	}
}

func (s *suite) empty(t *testing.T) {
	dir := t.TempDir()
	w := s.open(t, dir, spec, 0)
	s.expect(t, dir, nil) // whole and empty as soon as it is open
	opened := snap(t, dir)
	commit(t, w)
	closeWriter(t, w)
	s.expect(t, dir, nil)
	same(t, "empty dataset after Commit and Close", opened, snap(t, dir))

	samples := s.makeSamples(spec, 2, 3)
	s.write(t, dir, spec, 0, samples)
	s.expect(t, dir, samples)
}

func (s *suite) oneSample(t *testing.T) {
	dir := t.TempDir()
	samples := s.makeSamples(spec, 1, 4)
	s.write(t, dir, spec, 0, samples)
	s.expect(t, dir, samples)
}

// A converter reuses the memory of its samples.
func (s *suite) samplesAreCopied(t *testing.T) {
	dir := t.TempDir()
	want := s.makeSamples(spec, 20, 5)
	w := s.open(t, dir, spec, 0)
	lent := make([]byte, spec.Size())
	for _, sample := range want {
		copy(lent, sample.Data)
		appendAll(t, w, []dataset.Sample{{Data: lent, Label: sample.Label}})
		for i := range lent {
			lent[i] = 0xee
		}
	}
	commit(t, w)
	closeWriter(t, w)
	s.expect(t, dir, want)
}

// However the samples arrive, the files are those of one go.
func (s *suite) appendEqualsOneGo(t *testing.T) {
	samples := s.makeSamples(spec, many, 6)
	oneGo := t.TempDir()
	s.write(t, oneGo, spec, 0, samples)
	want := snap(t, oneGo)

	reopened := t.TempDir()
	have := 0
	for _, next := range []int{1, 2, 2, 100, 2500, many} { // once without any
		s.write(t, reopened, spec, have, samples[have:next])
		have = next
		s.expect(t, reopened, samples[:have])
	}
	same(t, "in six runs", want, snap(t, reopened))

	commits := t.TempDir()
	w := s.open(t, commits, spec, 0)
	for from := 0; from < many; from += 250 {
		appendAll(t, w, samples[from:from+250])
		commit(t, w)
		s.expect(t, commits, samples[:from+250]) // readable while the writer is open
	}
	closeWriter(t, w)
	same(t, "in sixteen commits", want, snap(t, commits))
}

func (s *suite) deterministic(t *testing.T) {
	var first snapshot
	for range 2 {
		dir := t.TempDir()
		s.write(t, dir, spec, 0, s.makeSamples(spec, 300, 7))
		if first == nil {
			first = snap(t, dir)
			continue
		}
		same(t, "the same samples again", first, snap(t, dir))
	}
}

func (s *suite) commitWithoutSamples(t *testing.T) {
	dir := t.TempDir()
	samples := s.makeSamples(spec, 5, 8)
	s.write(t, dir, spec, 0, samples)
	before := snap(t, dir)
	w := s.open(t, dir, spec, 5)
	commit(t, w)
	commit(t, w)
	closeWriter(t, w)
	same(t, "after commits of nothing", before, snap(t, dir))
}
