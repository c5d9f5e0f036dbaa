package datasettest

import (
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
)

// The checks of what happens to samples that were not committed.

// The files hold more than the manifest says: the run committed, but was killed before
// it wrote the manifest.
func (s *suite) tailIsCut(t *testing.T) {
	samples := s.makeSamples(spec, 50, 20)
	short := t.TempDir()
	s.write(t, short, spec, 0, samples[:20])
	want := snap(t, short)

	dir := t.TempDir()
	s.write(t, dir, spec, 0, samples)
	w := s.open(t, dir, spec, 20)
	if least := int64(30 * spec.Size()); w.Cut() < least {
		t.Errorf("Cut() is %d after 30 samples of %d bytes were cut", w.Cut(), spec.Size())
	}
	s.expect(t, dir, samples[:20])
	same(t, "after Open", want, snap(t, dir))

	// Running the same again completes it.
	appendAll(t, w, samples[20:])
	commit(t, w)
	closeWriter(t, w)
	s.expect(t, dir, samples)
}

func (s *suite) closeWithoutCommit(t *testing.T) {
	samples := s.makeSamples(spec, 10+many, 21)
	dir := t.TempDir()
	s.write(t, dir, spec, 0, samples[:10])
	want := snap(t, dir)

	w := s.open(t, dir, spec, 10)
	appendAll(t, w, samples[10:])
	closeWriter(t, w)
	same(t, "closed without Commit", want, snap(t, dir))
	s.expect(t, dir, samples[:10])

	// The same in a writer that did commit, and in a new dataset.
	w = s.open(t, dir, spec, 10)
	appendAll(t, w, samples[10:11])
	commit(t, w)
	appendAll(t, w, samples[11:])
	closeWriter(t, w)
	s.expect(t, dir, samples[:11])

	fresh := t.TempDir()
	w = s.open(t, fresh, spec, 0)
	appendAll(t, w, samples)
	closeWriter(t, w)
	s.expect(t, fresh, nil)
}

// A copy of the directory, taken while samples are appended and prepared, is what a
// killed process leaves.
func (s *suite) killedBeforeCommit(t *testing.T) {
	samples := s.makeSamples(spec, many, 22)
	dir := t.TempDir()
	s.write(t, dir, spec, 0, samples[:10])
	want := snap(t, dir)

	w := s.open(t, dir, spec, 10)
	for from := 10; from < many; from += 665 { // six times
		appendAll(t, w, samples[from:from+665])
		if from%2 == 0 { // more samples may follow what was prepared
			prepare(t, w)
		}
		killed := snap(t, dir)
		s.expect(t, killed.restore(t), samples[:10]) // a reader does not see them
		s.resume(t, killed, want, samples[:10])
	}
	closeWriter(t, w)
	same(t, "closed", want, snap(t, dir))
}

// What is prepared is on disk, has a size, and is not part of the dataset yet.
func (s *suite) preparedOnly(t *testing.T) {
	samples := s.makeSamples(spec, many, 27)
	oneGo := t.TempDir()
	s.write(t, oneGo, spec, 0, samples)
	dir := t.TempDir()
	w := s.open(t, dir, spec, 0)
	have, before := 0, snap(t, dir)
	for _, next := range []int{5, 9, many - 1} {
		appendAll(t, w, samples[have:next])
		prepare(t, w)
		prepare(t, w) // does nothing
		files, killed := w.Files(), snap(t, dir)
		s.expect(t, killed.restore(t), samples[:have])
		s.resume(t, killed, before, samples[:have])
		commit(t, w)
		have, before = next, snap(t, dir)
		s.expect(t, dir, samples[:have])
		same(t, "after Commit: temporary files", before.visible(), before)
		for _, f := range files {
			if len(before[f.Name]) != int(f.Size) {
				t.Errorf("%s has %d bytes, the prepared writer said %d", f.Name, len(before[f.Name]), f.Size)
			}
		}
	}
	appendAll(t, w, samples[have:])
	prepare(t, w)
	closeWriter(t, w)
	same(t, "prepared and closed", before, snap(t, dir))

	// A Commit after further samples is one of all of them.
	w = s.open(t, dir, spec, 0)
	appendAll(t, w, samples[:many/2])
	prepare(t, w)
	appendAll(t, w, samples[many/2:])
	commit(t, w)
	closeWriter(t, w)
	same(t, "prepared halfway", snap(t, oneGo), snap(t, dir))
}

// resume opens what a killed process left, wants the last committed state back, and
// goes on from there.
func (s *suite) resume(t *testing.T, killed, want snapshot, committed []dataset.Sample) {
	t.Helper()
	dir := killed.restore(t)
	w := s.open(t, dir, spec, len(committed))
	lost := int64(0)
	for path, data := range killed.visible() {
		lost += int64(len(data) - len(want[path]))
	}
	if (lost > 0) != (w.Cut() > 0) {
		t.Errorf("Cut() is %d, while the files were %d bytes longer than committed", w.Cut(), lost)
	}
	same(t, "opened after a kill", want, snap(t, dir))
	more := s.makeSamples(spec, 3, 23)
	appendAll(t, w, more)
	commit(t, w)
	closeWriter(t, w)
	s.expect(t, dir, append(committed[:len(committed):len(committed)], more...))
}

// The process was killed between Commit and the manifest, for each of several commits.
func (s *suite) killedBeforeManifest(t *testing.T) {
	samples := s.makeSamples(spec, 90, 24)
	dir := t.TempDir()
	w := s.open(t, dir, spec, 0)
	before, committed := snap(t, dir), 0
	for next := 30; next <= 90; next += 30 {
		appendAll(t, w, samples[committed:next])
		commit(t, w)
		after := snap(t, dir)
		if committed > 0 {
			s.resume(t, after, before, samples[:committed])
		}
		before, committed = after, next
	}
	closeWriter(t, w)
}

// A first run was killed; nothing is committed, and whatever is there makes way.
func (s *suite) newAfterKill(t *testing.T) {
	samples := s.makeSamples(spec, many, 25)
	dir := t.TempDir()
	w := s.open(t, dir, spec, 0)
	empty := snap(t, dir)
	s.resume(t, empty, empty, nil)
	appendAll(t, w, samples)
	s.resume(t, snap(t, dir), empty, nil)
	commit(t, w)
	s.resume(t, snap(t, dir), empty, nil)
	closeWriter(t, w)
}

func (s *suite) closed(t *testing.T) {
	samples := s.makeSamples(spec, 2, 26)
	dir := t.TempDir()
	w := s.open(t, dir, spec, 0)
	appendAll(t, w, samples)
	commit(t, w)
	closeWriter(t, w)
	before := snap(t, dir)
	if err := w.Append(samples[0]); err == nil {
		t.Error("Append after Close succeeded")
	}
	if err := w.Prepare(); err == nil {
		t.Error("Prepare after Close succeeded")
	}
	if err := w.Commit(); err == nil {
		t.Error("Commit after Close succeeded")
	}
	if err := w.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	same(t, "after calls behind Close", before, snap(t, dir))
}
