package mill_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// TestAgainChangesNothing: the same command on a finished dataset leaves every byte, every file and its time as it was, the
// manifest too, and makes no file but its lock.
func TestAgainChangesNothing(t *testing.T) {
	for _, inPlace := range []bool{false, true} {
		for _, mode := range []sample.Dedup{sample.DedupSample, sample.DedupSession, sample.DedupNone} {
			c := sessionChoice()
			c.dedup = mode
			r := &faultRun{o: c.options(), inPlace: inPlace}
			r.paths, _ = some(t, 4, r.o)
			out := filepath.Join(t.TempDir(), "out")
			if err := r.run(t, out, fsys.OS{}); err != nil {
				t.Fatal(err)
			}
			before, infos := tree(t, out), stats(t, out)
			disk := faulty.New(fsys.OS{}, nil)
			if err := r.run(t, out, disk); err != nil {
				t.Fatal(err)
			}
			for _, c := range disk.Calls() {
				switch c.Op {
				case faulty.Create, faulty.Write, faulty.Truncate, faulty.Rename, faulty.Remove, faulty.Mkdir:
					if filepath.Base(c.Path) != store.LockName && c.Op != faulty.Mkdir {
						t.Errorf("in place %t, dedup %s: %v", inPlace, mode, c)
					}
				}
			}
			same(t, "the same again", tree(t, out), before)
			for name, info := range stats(t, out) {
				if was := infos[name]; !os.SameFile(was, info) || !was.ModTime().Equal(info.ModTime()) {
					t.Errorf("in place %t, dedup %s: %s was replaced or changed", inPlace, mode, name)
				}
			}
			convert(t, r.paths, out, r.o) // as Run writes
			same(t, "the same again", tree(t, out), before)
		}
	}
}

// stats describes the files of a directory.
func stats(t *testing.T, dir string) map[string]os.FileInfo {
	t.Helper()
	found := map[string]os.FileInfo{}
	for name := range files(tree(t, dir)) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		found[name] = info
	}
	return found
}
