package mill_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
)

// TestPreparedCaptures: very many small captures, whose samples the workers make, give the bytes of captures that are read in one
// loop and stored by one goroutine, also where a worker cannot know the place of its capture in the dataset: behind one that is in
// it already, and one that was removed when the run began. Sessions that several captures have are duplicates.
func TestPreparedCaptures(t *testing.T) {
	for _, mode := range []sample.Dedup{sample.DedupSample, sample.DedupSession, sample.DedupNone} {
		r := random(uint64(mode) + 40)
		dir := t.TempDir()
		c := defaultChoice()
		c.dedup = mode
		files := randomFiles(r, 60, testcap.Options{Mixed: true, Sessions: 12})
		paths := write(t, dir, files)
		removed := paths[20]
		var want map[string]string
		for _, workers := range []int{0, 1, 2, 5} { // 0: the slow twin
			o := c.options()
			o.Workers = workers
			if workers == 0 {
				o = mill.Serial(o)
			}
			if err := os.WriteFile(removed, files[20].raw, 0o666); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(dir, fmt.Sprint("out", workers))
			p, err := mill.Prepare(paths, out, o)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(removed); err != nil {
				t.Fatal(err)
			}
			result := run(t, p)
			known := 0
			for i := range result.Outcomes {
				if result.Outcomes[i].Known {
					known++
				}
			}
			if known == 0 || result.Outcomes[20].Err == nil || mode != sample.DedupNone && result.Added.Duplicates == 0 {
				t.Fatalf("%d captures were known, %d duplicates: nothing is tested", known, result.Added.Duplicates)
			}
			if want == nil {
				want = dataset(t, out)
				continue
			}
			same(t, fmt.Sprintf("dedup %v, %d workers", mode, workers), dataset(t, out), want)
			run(t, p) // all are known now
			same(t, "the same again", dataset(t, out), want)
		}
	}
}
