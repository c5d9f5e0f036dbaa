// Package datasettest is the suite that every dataset format must pass. A format's own
// test calls [Run] with the format and with a way to read a dataset back that shares no
// code with the writer, as far as that is possible:
//
//	func TestConformance(t *testing.T) {
//		datasettest.Run(t, func() dataset.Format { return idx.Format{} }, readBack)
//	}
//
// What the suite checks is the contract in package dataset: what is written comes back
// in order; appending in any number of commits, runs and reopenings gives the same
// bytes; what was not committed, prepared or not, is gone after Close, after a kill (a copy of the
// directory taken while the writer is open stands in for the disk that a killed process
// leaves) and after a manifest that was never written; what does not fit is refused and
// nothing is changed by that; the writer's numbers are right; and a writer that is
// closed says so. It cannot check the order of syncs: nothing short of a power cut shows
// them.
//
// The datasets are of a few megabytes at most and stand in t.TempDir.
package datasettest

import (
	"errors"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pcapmill/pcapmill/dataset"
)

// A ReadFunc reads all samples and labels of the dataset in dir, going by what the files
// say. It fails the test if they cannot be read, or if there are not as many labels as
// samples.
type ReadFunc func(t *testing.T, dir string) (samples [][]byte, labels []uint16)

// Run checks one format, in a subtest for each promise. newFormat is called for every
// dataset that is opened.
func Run(t *testing.T, newFormat func() dataset.Format, read ReadFunc) {
	run(t, &suite{newFormat, read, 0xff})
}

// RunWide is Run with labels up to 65535, for a format that has been told so.
func RunWide(t *testing.T, newFormat func() dataset.Format, read ReadFunc) {
	run(t, &suite{newFormat, read, 0xffff})
}

func run(t *testing.T, s *suite) {
	for _, check := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"RoundTrip", s.roundTrip},
		{"Shapes", s.shapes},
		{"Empty", s.empty},
		{"OneSample", s.oneSample},
		{"SamplesAreCopied", s.samplesAreCopied},
		{"AppendEqualsOneGo", s.appendEqualsOneGo},
		{"Deterministic", s.deterministic},
		{"CommitWithoutSamples", s.commitWithoutSamples},
		{"WrongSampleSize", s.wrongSampleSize},
		{"WrongShape", s.wrongShape},
		{"FewerThanCommitted", s.fewerThanCommitted},
		{"CutShort", s.cutShort},
		{"MissingFile", s.missingFile},
		{"ImpossibleSpec", s.impossibleSpec},
		{"TailIsCut", s.tailIsCut},
		{"CloseWithoutCommit", s.closeWithoutCommit},
		{"KilledBeforeCommit", s.killedBeforeCommit},
		{"Prepared", s.preparedOnly},
		{"KilledBeforeManifest", s.killedBeforeManifest},
		{"NewAfterKill", s.newAfterKill},
		{"Closed", s.closed},
	} {
		t.Run(check.name, check.run)
	}
}

// A suite is a format under test.
type suite struct {
	newFormat func() dataset.Format
	read      ReadFunc
	labels    uint16 // the largest, all ones
}

// spec is the shape of most datasets here.
var spec = dataset.Spec{Rows: 28, Cols: 28}

// many is a number of samples of that shape that is more than any sensible buffer holds:
// 3.1 MB. So a writer in place has data on disk before it is told to commit.
const many = 4000

// makeSamples returns n samples that depend on seed only, from all bytes and all labels,
// some of them nothing but zeros.
func (s *suite) makeSamples(sp dataset.Spec, n int, seed uint64) []dataset.Sample {
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	samples := make([]dataset.Sample, n)
	for i := range samples {
		data := make([]byte, sp.Size())
		if i%7 != 3 {
			random.Read(data)
		}
		samples[i] = dataset.Sample{Data: data, Label: uint16(random.Uint64()) & s.labels}
	}
	return samples
}

// open opens the dataset in dir and fails the test if that fails.
func (s *suite) open(t *testing.T, dir string, sp dataset.Spec, samples int) dataset.Writer {
	t.Helper()
	w, err := s.newFormat().Open(dir, sp, int64(samples))
	if err != nil {
		t.Fatalf("Open(%d samples): %v", samples, err)
	}
	if got := w.Samples(); got != int64(samples) {
		t.Errorf("Samples() after Open is %d, want %d", got, samples)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// write appends, commits and closes. It returns the files that the writer names.
func (s *suite) write(t *testing.T, dir string, sp dataset.Spec, have int, samples []dataset.Sample) []dataset.File {
	t.Helper()
	w := s.open(t, dir, sp, have)
	if w.Cut() != 0 {
		t.Errorf("Open cut %d bytes off a dataset that was closed", w.Cut())
	}
	appendAll(t, w, samples)
	commit(t, w)
	files := w.Files()
	closeWriter(t, w)
	return files
}

func appendAll(t *testing.T, w dataset.Writer, samples []dataset.Sample) {
	t.Helper()
	before := w.Samples()
	for i, sample := range samples {
		if err := w.Append(sample); err != nil {
			t.Fatalf("Append of sample %d: %v", before+int64(i), err)
		}
	}
	if got, want := w.Samples(), before+int64(len(samples)); got != want {
		t.Errorf("Samples() after Append is %d, want %d", got, want)
	}
}

func prepare(t *testing.T, w dataset.Writer) {
	t.Helper()
	if err := w.Prepare(); err != nil {
		t.Fatalf("Prepare: %v", err)
	}
}

func commit(t *testing.T, w dataset.Writer) {
	t.Helper()
	if err := w.Commit(); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

func closeWriter(t *testing.T, w dataset.Writer) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

// expect reads the dataset and compares.
func (s *suite) expect(t *testing.T, dir string, want []dataset.Sample) {
	t.Helper()
	samples, labels := s.read(t, dir)
	if len(samples) != len(want) || len(labels) != len(want) {
		t.Fatalf("dataset holds %d samples and %d labels, want %d", len(samples), len(labels), len(want))
	}
	for i := range want {
		if string(samples[i]) != string(want[i].Data) || labels[i] != want[i].Label {
			t.Fatalf("sample %d of %d is not the one that was written (label %d, want %d)", i, len(want), labels[i], want[i].Label)
		}
	}
}

// A snapshot is what a directory holds: contents by slash-separated path.
type snapshot map[string]string

func snap(t *testing.T, dir string) snapshot {
	t.Helper()
	files := snapshot{}
	err := walkFiles(os.DirFS(dir), func(path string, data []byte) { files[path] = string(data) })
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// restore writes the snapshot into a new directory.
func (files snapshot) restore(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for path, data := range files {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(data), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// same compares two states of a directory, by sizes first: contents are long.
func same(t *testing.T, what string, want, got snapshot) {
	t.Helper()
	if diff := cmp.Diff(want.sizes(), got.sizes()); diff != "" {
		t.Fatalf("%s: files and sizes (-want +got):\n%s", what, diff)
	}
	for path := range want {
		if want[path] == got[path] {
			continue
		}
		for i := range len(want[path]) {
			if want[path][i] != got[path][i] {
				t.Fatalf("%s: %s differs at offset %d: have 0x%02x, need 0x%02x", what, path, i, got[path][i], want[path][i])
			}
		}
	}
}

// visible leaves out temporary files: what is left is what readers know by name.
func (files snapshot) visible() snapshot {
	rest := snapshot{}
	for name, data := range files {
		if !strings.HasPrefix(path.Base(name), ".") {
			rest[name] = data
		}
	}
	return rest
}

func (files snapshot) sizes() map[string]int {
	sizes := make(map[string]int)
	for path, data := range files {
		sizes[path] = len(data)
	}
	return sizes
}
