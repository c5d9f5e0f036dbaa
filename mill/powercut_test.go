package mill_test

import (
	"testing"

	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
)

// TestPowerCut cuts the power after every call of a run to the file system, in every way of package faulty in which what was not
// synced may be lost or torn. Whatever is left opens as a dataset of whole captures, not fewer than were there before, and the
// same command completes it to the bytes of a run that had power.
func TestPowerCut(t *testing.T) {
	for _, r := range faultRuns(t) {
		calls, dir := r.calls(t)
		states, completed := 0, map[int]int{}
		faulty.Replay(dir, files(r.start), calls, func(where string, state faulty.Files) {
			states++
			if testing.Short() && states%7 > 0 {
				return
			}
			out, remove := tempDir(t)
			defer remove()
			lay(t, out, state)
			what := r.name + ": power cut " + where
			n := r.opens(t, what, out)
			if n < r.begun && (n != -1 || r.begun > 0) {
				t.Fatalf("%s: %d captures left, there were %d", what, n, r.begun)
			}
			completed[n]++
			r.complete(t, what, out)
		})
		t.Logf("%s: %d calls, %d states, by captures left: %v", r.name, len(calls), states, completed)
		for n := r.begun; n <= len(r.paths); n++ {
			if completed[n] == 0 {
				t.Errorf("%s: no power cut left %d captures", r.name, n)
			}
		}
	}
}
