package datasettest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// An Item is a sample as it was read back.
type Item struct {
	Data  []byte
	Label int
}

// A ReadExportFunc reads the sides of the export in dir, in the order of the dataset,
// going by what the files say; of what is not split, the side Whole. v is what was
// exported: for what the format cannot say, such as which sides exist. It fails the
// test if the files cannot be read.
type ReadExportFunc func(t *testing.T, dir string, v dataset.View) map[dataset.Side][]Item

// RunExporter checks one exporter, in a subtest for each promise of [dataset.Exporter]:
// all samples come back, each on its side with its label; the same view is the same
// bytes; the list of files is right; what cannot be read or written, and a context that
// ends, is an error. ordered says that the format keeps the order of samples within a
// side.
func RunExporter(t *testing.T, newExporter func() dataset.Exporter, read ReadExportFunc, ordered bool) {
	s := &exporterSuite{newExporter, read, ordered}
	for _, check := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"NotSplit", s.notSplit},
		{"Split", s.split},
		{"LeftOut", s.leftOut},
		{"Shapes", s.shapes},
		{"Empty", s.empty},
		{"OneSample", s.oneSample},
		{"ManyClasses", s.manyClasses},
		{"OddNames", s.oddNames},
		{"Deterministic", s.deterministic},
		{"ChangedMeanwhile", s.changedMeanwhile},
		{"Unreadable", s.unreadable},
		{"Cancelled", s.cancelled},
		{"FullDisk", s.fullDisk},
	} {
		t.Run(check.name, check.run)
	}
}

// exporterSuite is an exporter under test.
type exporterSuite struct {
	newExporter func() dataset.Exporter
	read        ReadExportFunc
	ordered     bool
}

var (
	threeSides = []dataset.Side{dataset.Train, dataset.Validation, dataset.Test}
	twoSides   = []dataset.Side{dataset.Train, dataset.Test}
)

// export writes a view into a new directory, and compares the list of files with what
// is there.
func (s *exporterSuite) export(t *testing.T, v dataset.View) string {
	t.Helper()
	dir := t.TempDir()
	files, err := s.newExporter().Export(context.Background(), dataset.NewFolder(dir), v)
	if err != nil {
		t.Fatalf("Export: %v", err)
	}
	have := snap(t, dir)
	if len(files) == 0 {
		t.Error("the exporter names no files")
	}
	for _, f := range files {
		data, ok := have[f.Name]
		if !ok || int64(len(data)) != f.Size {
			t.Errorf("file %s has %d bytes (exists: %v), the exporter says %d", f.Name, len(data), ok, f.Size)
		}
		delete(have, f.Name)
	}
	for path := range have {
		t.Errorf("file %s is not among the exporter's files", path)
	}
	return dir
}

// roundTrip exports a view and compares what comes back.
func (s *exporterSuite) roundTrip(t *testing.T, v *View) {
	t.Helper()
	got := s.read(t, s.export(t, v), v)
	for _, side := range v.Sides() {
		var want []Item
		for _, e := range v.Samples {
			if side == dataset.Whole || side == e.Side {
				want = append(want, Item{e.Data, e.Label})
			}
		}
		s.compare(t, side, got[side], want)
		delete(got, side)
	}
	for side, items := range got {
		if len(items) > 0 {
			t.Errorf("%d samples on the side %v, which does not exist", len(items), side)
		}
	}
}

func (s *exporterSuite) compare(t *testing.T, side dataset.Side, got, want []Item) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("side %v: %d samples, want %d", side, len(got), len(want))
	}
	left := map[string]int{}
	for i := range want {
		if s.ordered && (string(got[i].Data) != string(want[i].Data) || got[i].Label != want[i].Label) {
			t.Fatalf("side %v: sample %d of %d is not the one that was given (label %d, want %d)", side, i, len(want), got[i].Label, want[i].Label)
		}
		left[fmt.Sprint(want[i].Label, " ", string(want[i].Data))]++
		left[fmt.Sprint(got[i].Label, " ", string(got[i].Data))]--
	}
	for item, n := range left {
		if label, _, _ := strings.Cut(item, " "); n != 0 {
			t.Fatalf("side %v: a sample with label %s comes back %d times too rarely", side, label, n)
		}
	}
}

func (s *exporterSuite) notSplit(t *testing.T) {
	if s.newExporter().Name() == "" {
		t.Error("the exporter has no name")
	}
	s.roundTrip(t, MakeView(spec, 300, 10, nil, 1))
}

func (s *exporterSuite) split(t *testing.T) {
	s.roundTrip(t, MakeView(spec, 100, 4, threeSides, 2))
	s.roundTrip(t, MakeView(spec, 100, 4, twoSides, 3))
	s.roundTrip(t, MakeView(spec, 20, 4, []dataset.Side{dataset.Test}, 4))

	v := MakeView(spec, 50, 4, twoSides, 5) // a side without samples, one without a class
	v.Split = threeSides
	for i := range v.Samples {
		if v.Samples[i].Side == dataset.Test && v.Samples[i].Label == 0 {
			v.Samples[i].Label = 1
		}
	}
	s.roundTrip(t, v)
}

// leftOut: a split may leave samples out, all of a class and all of a capture among
// them.
func (s *exporterSuite) leftOut(t *testing.T) {
	v := MakeView(spec, 60, 4, threeSides, 18)
	for i := range v.Samples {
		if e := &v.Samples[i]; i%5 == 0 || e.Label == 2 || e.Row.Capture == 1 {
			e.Side = dataset.Whole
		}
	}
	s.roundTrip(t, v)
}

func (s *exporterSuite) shapes(t *testing.T) {
	for _, sp := range []dataset.Spec{{Rows: 1, Cols: 1}, {Rows: 1, Cols: 1500}, {Rows: 2, Cols: 3}, {Rows: 3, Cols: 2}, {Rows: 600, Cols: 400}} {
		s.roundTrip(t, MakeView(sp, 3, 2, nil, 6))
	}
}

func (s *exporterSuite) empty(t *testing.T) {
	s.roundTrip(t, MakeView(spec, 0, 3, nil, 7))
	s.roundTrip(t, MakeView(spec, 0, 3, threeSides, 7))
	s.roundTrip(t, MakeView(spec, 0, 0, nil, 7))
}

func (s *exporterSuite) oneSample(t *testing.T) {
	s.roundTrip(t, MakeView(spec, 1, 1, nil, 8))
	s.roundTrip(t, MakeView(spec, 1, 1, threeSides, 9))
}

// manyClasses: as many as labels of one byte can tell, and more.
func (s *exporterSuite) manyClasses(t *testing.T) {
	small := dataset.Spec{Rows: 2, Cols: 2}
	for _, classes := range []int{255, 256, 300} {
		v := MakeView(small, 2*classes, classes, twoSides, 10)
		for i := range classes {
			v.Samples[i].Label = i
		}
		s.roundTrip(t, v)
	}
}

// oddNames: classes are called what people call them.
func (s *exporterSuite) oddNames(t *testing.T) {
	v := MakeView(dataset.Spec{Rows: 2, Cols: 2}, 200, 1, threeSides, 11)
	v.Names = []string{
		"Chat", "chat", "CHAT", "", " ", ".", "..", "a/b", `a\b`, "/", "../../up", "a:b", "%", "%2F", "a%", "c*?", `"<>|`, "tab\t", "line\nfeed",
		"\x00", "\xff\xfe", "CON", "nul.txt", "COM1", "grüße", "网络流量", "🙂", "unknown", "Unknown", strings.Repeat("n", 300), strings.Repeat("n", 299) + "m",
		strings.Repeat("ü", 150), "chat~1", ".hidden", "trailing.", "trailing ", "__pcapmill", "export.json", "'quote'", "<i>", "-rf", "turned\u202eround", "\x7f\u009b31m",
	}
	for i := range v.Samples {
		if v.Samples[i].Label = i % (len(v.Names) + 1); v.Samples[i].Label == len(v.Names) {
			v.Samples[i].Label = v.Unknown()
		}
	}
	v.Of = v.Names // captures, too
	s.roundTrip(t, v)
}

func (s *exporterSuite) deterministic(t *testing.T) {
	first := snap(t, s.export(t, MakeView(spec, 300, 5, threeSides, 12)))
	same(t, "the same view again", first, snap(t, s.export(t, MakeView(spec, 300, 5, threeSides, 12))))
}

// fails exports and wants an error.
func (s *exporterSuite) fails(t *testing.T, ctx context.Context, dir string, v dataset.View) error {
	t.Helper()
	files, err := s.newExporter().Export(ctx, dataset.NewFolder(dir), v)
	if err == nil {
		t.Fatalf("no error; files %v", files)
	}
	return err
}

// shrunk is a view that announces a sample more than it has.
type shrunk struct{ *View }

func (v shrunk) Len(s dataset.Side) int64 { return v.View.Len(s) + 1 }

func (s *exporterSuite) changedMeanwhile(t *testing.T) {
	s.fails(t, context.Background(), t.TempDir(), shrunk{MakeView(spec, 30, 5, nil, 13)})
}

func (s *exporterSuite) unreadable(t *testing.T) {
	for _, at := range []int{0, 17, 29} {
		v := MakeView(spec, 30, 5, threeSides, 14)
		v.Err, v.At = errors.New("disk of the dataset"), at
		if err := s.fails(t, context.Background(), t.TempDir(), v); !errors.Is(err, v.Err) {
			t.Errorf("error %v, want %v", err, v.Err)
		}
	}
}

// stopping is a view whose context ends while it is read.
type stopping struct {
	*View
	stop context.CancelFunc
}

func (v stopping) Each(ctx context.Context, side dataset.Side, f func(*dataset.Entry) error) error {
	return v.View.Each(ctx, side, func(e *dataset.Entry) error {
		if e.Index == 20 {
			v.stop()
		}
		return f(e)
	})
}

func (s *exporterSuite) cancelled(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	err := s.fails(t, ctx, t.TempDir(), stopping{MakeView(spec, 100, 5, nil, 15), stop})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// fullDisk is a disk on which one file cannot be written.
type fullDisk struct {
	fsys.OS
	path string
}

func (d fullDisk) OpenFile(name string, flag int, perm fs.FileMode) (fsys.File, error) {
	f, err := d.OS.OpenFile(name, flag, perm)
	if err == nil && name == d.path {
		f = fullFile{f}
	}
	return f, err
}

type fullFile struct{ fsys.File }

func (f fullFile) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
}

func (f fullFile) WriteAt([]byte, int64) (int, error) { return f.Write(nil) }

// fullDisk lets the disk be full when each file in turn is written.
func (s *exporterSuite) fullDisk(t *testing.T) {
	for _, v := range []*View{MakeView(dataset.Spec{Rows: 2, Cols: 2}, 4, 2, twoSides, 16), MakeView(dataset.Spec{Rows: 200, Cols: 200}, 6, 2, twoSides, 17)} {
		files, err := s.newExporter().Export(context.Background(), dataset.NewFolder(t.TempDir()), v)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			dir := t.TempDir()
			path := filepath.Join(dir, filepath.FromSlash(f.Name))
			files, err := s.newExporter().Export(context.Background(), dataset.NewFolderIn(fullDisk{path: path}, dir), v)
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: files %v, error %v", f.Name, files, err)
			}
		}
	}
}
