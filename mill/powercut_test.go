package mill_test

import (
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
)

// cut cuts the power after each of some calls, the first of them aside, and checks every nth state that is left. It returns how many
// states there were, and those checked by captures left.
func (r *faultRun) cut(t *testing.T, title string, calls []faulty.Call, first, nth int, dir string) (states int, left map[int]int) {
	t.Helper()
	left = map[int]int{}
	if r.cuts == nil {
		r.cuts = map[string]bool{}
	}
	faulty.Replay(dir, files(r.start), calls, func(n int, where string, state faulty.Files) {
		if n < first || r.cuts[state.Key()] {
			return
		}
		r.cuts[state.Key()] = true
		states++
		if states%nth > 0 {
			return
		}
		out, remove := tempDir(t)
		defer remove()
		lay(t, out, state)
		what := title + ": power cut " + where
		k := r.opens(t, what, out)
		if k < r.begun && (k != -1 || r.begun > 0) {
			t.Fatalf("%s: %d captures left, there were %d", what, k, r.begun)
		}
		left[k]++
		r.complete(t, what, out)
	})
	return states, left
}

// TestPowerCut cuts the power after every call of a run to the file system, in every way of package faulty in which what was not
// synced may be lost or torn. Whatever is left opens as a dataset of whole captures, not fewer than were there before, and the
// same command completes it to the bytes of a run that had power.
func TestPowerCut(t *testing.T) {
	for _, r := range faultRuns(t) {
		calls, dir := r.calls(t)
		states, left := r.cut(t, r.name, calls, 0, oneOf(4, 2), dir)
		t.Logf("%s: %d calls, %d states, by captures left: %v", r.name, len(calls), states, left)
		for n := r.begun; n <= len(r.paths); n++ {
			if left[n] == 0 && everyFault() {
				t.Errorf("%s: no power cut left %d captures", r.name, n)
			}
		}
	}
}

// TestPowerCutWhileGoingBack is TestPowerCut for runs that fail, each at another rename, and put the dataset back.
func TestPowerCutWhileGoingBack(t *testing.T) {
	for _, r := range faultRuns(t) {
		calls, _ := r.calls(t)
		all, faults := 0, 0
		for n, c := range calls {
			if c.Op != faulty.Rename && (c.Op != faulty.SyncDir || n < len(calls)/2) {
				continue
			}
			if faults++; faults%oneOf(3, 1) > 0 {
				continue
			}
			out, remove := r.place(t)
			disk := faulty.New(faulty.Unsynced{}, &faulty.Fault{At: n, Err: syscall.EIO})
			if err := r.run(t, out, disk); err == nil {
				t.Fatalf("%s: call %d failed, the run did not", r.name, n)
			}
			remove()
			states, _ := r.cut(t, r.name+", going back", disk.Calls(), n, oneOf(4, 6), out)
			all += states
		}
		t.Logf("%s: %d faults, %d states", r.name, faults, all)
	}
}
