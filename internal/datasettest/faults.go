package datasettest

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/internal/full"
)

// Faults checks what a writer promises about errors, for a format that takes its file
// system from outside: every call that it makes fails once, in every way. By default
// every other call fails, in one way; internal/full asks for all. After a failure every
// further Append, Prepare and Commit fails too, Close goes back to the last commit if
// it says that it could, and the dataset opens at that commit in any case and can be
// completed. spec is the shape of the samples, of which six should be more than the
// format holds back in memory when it writes in place.
func Faults(t *testing.T, spec dataset.Spec, newFormat func(disk fsys.FS) dataset.Format, read ReadFunc) {
	f := &faults{suite: &suite{func() dataset.Format { return newFormat(faulty.Unsynced{}) }, read, 0xff}, on: newFormat, spec: spec}
	f.samples = f.makeSamples(spec, faultSteps[len(faultSteps)-1].to, 30)
	begun := t.TempDir()
	f.write(t, begun, spec, 0, f.samples[:faultBegun])
	f.begun = snap(t, begun)
	whole := t.TempDir()
	f.write(t, whole, spec, 0, f.samples)
	f.whole = snap(t, whole)

	disk := faulty.New(faulty.Unsynced{}, nil)
	f.steps(t, "no fault", f.begun.restore(t), disk)
	calls, tried := disk.Calls(), 0
	for n, c := range calls {
		ways := []faulty.How{faulty.Undone, faulty.Done}
		if c.Op == faulty.Write {
			ways = append(ways, faulty.Half)
		}
		if !full.Asked() { // every other call, one way after the other
			if n%2 > 0 {
				continue
			}
			ways = ways[n/2%len(ways):][:1]
		}
		for _, how := range ways {
			f.fault(t, &faulty.Fault{At: n, How: how, Err: syscall.EIO})
			tried++
		}
	}
	t.Logf("%d faults of %d calls", tried, len(calls))
}

// faultBegun is how many samples are there before the writer that fails.
const faultBegun = 2

// faultSteps is what that writer does: append up to a number of samples, and then
// prepare, or commit, or neither.
var faultSteps = []struct {
	to              int
	prepare, commit bool
}{
	{3, true, false},
	{9, false, true},
	{10, false, true},
	{11, true, true},
	{12, true, false},
	{17, false, false},
}

type faults struct {
	*suite
	on           func(disk fsys.FS) dataset.Format
	spec         dataset.Spec
	samples      []dataset.Sample
	begun, whole snapshot
}

// steps carries them out on a disk until one fails. It returns the number of samples
// committed for certain, and the error, that of Close included.
func (f *faults) steps(t *testing.T, what, dir string, disk fsys.FS) (committed int, err error) {
	t.Helper()
	committed = faultBegun
	w, err := f.on(disk).Open(dir, f.spec, faultBegun)
	if err != nil {
		return committed, err
	}
	next := faultBegun
	for _, step := range faultSteps {
		for ; next < step.to && err == nil; next++ {
			err = w.Append(f.samples[next])
		}
		if err == nil && step.prepare {
			err = w.Prepare()
		}
		if err == nil && step.commit {
			if err = w.Commit(); err == nil {
				committed = next
			}
		}
	}
	if err != nil {
		for name, again := range map[string]error{"Append": w.Append(f.samples[0]), "Prepare": w.Prepare(), "Commit": w.Commit()} {
			if !errors.Is(again, syscall.EIO) {
				t.Fatalf("%s: %s after the error: %v, want %v", what, name, again, err)
			}
		}
	}
	closed := w.Close()
	if closed == nil {
		f.expect(t, dir, f.samples[:committed])
	}
	return committed, errors.Join(err, closed)
}

// fault carries the steps out with one call that fails.
func (f *faults) fault(t *testing.T, fault *faulty.Fault) {
	t.Helper()
	dir := f.begun.restore(t)
	disk := faulty.New(faulty.Unsynced{}, fault)
	what := fmt.Sprintf("call %d %s", fault.At, fault.How)
	committed, err := f.steps(t, what, dir, disk)
	c, ok := disk.Struck()
	what = fmt.Sprintf("%s (%v)", what, c)
	if !ok || err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatalf("%s: struck %t, error %v", what, ok, err)
	}
	w := f.open(t, dir, f.spec, committed)
	f.expect(t, dir, f.samples[:committed])
	appendAll(t, w, f.samples[committed:])
	commit(t, w)
	closeWriter(t, w)
	same(t, what+", completed", f.whole, snap(t, dir))
}
