package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

// division is a Divide that is disturbed.
type division struct {
	name   string
	start  map[string]string // the directory before
	o      split.Options
	before string            // sides before; "" if it was not split
	end    map[string]string // the directory after
	after  string            // sides after
}

// divisions are the first one of a dataset, another one of the same samples, and one that follows samples that were added.
func divisions(t *testing.T) []*division {
	t.Helper()
	other := options
	other.Salt = "another"
	var all []*division
	for _, d := range []*division{{name: "first", o: options}, {name: "another", o: other}, {name: "grown", o: options}} {
		dir := written(t, 7, 6)
		if d.name != "first" {
			d.before = divide(t, dir, options).Record.Assignment
		}
		if d.name == "grown" {
			w, err := store.Create(dir, form())
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(add(w, 5), w.Commit(), w.Close()); err != nil {
				t.Fatal(err)
			}
			d.before = "" // it does not cover the samples that were added
		}
		d.start = files(t, dir)
		d.after = divide(t, dir, d.o).Record.Assignment
		d.end = files(t, dir)
		all = append(all, d)
	}
	return all
}

// files are the visible files of a directory.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			found[e.Name()] = content(t, dir, e.Name())
		}
	}
	return found
}

func content(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lay makes a directory of files.
func lay[T string | []byte](t *testing.T, files map[string]T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (d *division) run(dir string, disk fsys.FS) error {
	_, err := store.Backend{FS: disk}.Divide(context.Background(), dir, d.o, false)
	return err
}

// whole checks that a directory is the dataset as it was before or as it is after: for whoever opens it, at any instant.
func (d *division) whole(t *testing.T, what, dir string) {
	t.Helper()
	opened, err := store.Open(dir)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	r, err := opened.Split()
	var stale *store.StaleError
	switch {
	case err == nil && (r.Assignment == d.before || r.Assignment == d.after):
	case errors.Is(err, store.ErrNotSplit) && d.before == "" && d.name == "first" && !opened.IsSplit():
	case errors.As(err, &stale) && d.name == "grown" && strings.Contains(stale.What, "covers 13 samples of 18"):
	default:
		t.Fatalf("%s: the split is neither the old nor the new one: %v", what, err)
	}
}

// complete divides again on a disk without faults.
func (d *division) complete(t *testing.T, what, dir string) {
	t.Helper()
	if err := d.run(dir, faulty.Unsynced{}); err != nil {
		t.Fatalf("%s, completed: %v", what, err)
	}
	if !maps.Equal(files(t, dir), d.end) {
		t.Fatalf("%s, completed: not the bytes of a run that never failed", what)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(d.end) {
		t.Fatalf("%s, completed: left %v (%v)", what, entries, err)
	}
}

// TestEveryCallOfDivideFails: not done, done nevertheless, half done; once, and from then on. After an error the dataset is as it
// was, to the byte, or, if the disk stays broken, opens at the old or the new split. The same command completes it.
func TestEveryCallOfDivideFails(t *testing.T) {
	tried, failed, broken := 0, 0, 0
	for _, d := range divisions(t) {
		dir := lay(t, d.start)
		disk := faulty.New(faulty.Unsynced{}, nil)
		if err := d.run(dir, disk); err != nil {
			t.Fatal(err)
		}
		combination := 0
		for n, c := range disk.Calls() {
			for _, how := range []faulty.How{faulty.Undone, faulty.Done, faulty.Half} {
				for _, sticky := range []bool{false, true} {
					if combination++; how == faulty.Half && c.Op != faulty.Write || !full.Asked() && combination%4 != 0 {
						continue
					}
					tried++
					what := fmt.Sprintf("%s: call %d (%v) %s, sticky %t", d.name, n, c, how, sticky)
					dir := lay(t, d.start)
					cause := []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT}[n%3]
					err := d.run(dir, faulty.New(faulty.Unsynced{}, &faulty.Fault{At: n, Err: cause, How: how, Sticky: sticky}))
					left := files(t, dir)
					switch {
					case err == nil, maps.Equal(left, d.end): // what failed did not matter, or only the lock's end did
						if !maps.Equal(left, d.end) || err != nil && c.Op != faulty.Remove && !sticky {
							t.Fatalf("%s: error %v", what, err)
						}
					case !errors.Is(err, cause):
						t.Fatalf("%s: error %v", what, err)
					case strings.Contains(err.Error(), "could not be put back"):
						broken++
						if !sticky {
							t.Fatalf("%s: %v", what, err)
						}
					default:
						failed++
						if !maps.Equal(left, d.start) {
							t.Fatalf("%s: %v, and the dataset is not as it was", what, err)
						}
					}
					d.whole(t, what, dir)
					d.complete(t, what, dir)
				}
			}
		}
	}
	t.Logf("%d faults: %d went back, %d could not, the others did not matter", tried, failed, broken)
	if failed == 0 || full.Asked() && broken == 0 {
		t.Error("nothing failed")
	}
}

// copying is a disk that calls at before each of its calls that changes something.
type copying struct {
	faulty.Unsynced
	at func()
}

func (c copying) OpenFile(name string, flag int, perm fs.FileMode) (fsys.File, error) {
	c.at()
	return c.Unsynced.OpenFile(name, flag, perm)
}

func (c copying) CreateTemp(path string, perm fs.FileMode) (fsys.File, error) {
	c.at()
	return c.Unsynced.CreateTemp(path, perm)
}

func (c copying) Rename(from, to string) error {
	c.at()
	return errors.Join(c.Unsynced.Rename(from, to), func() error { c.at(); return nil }())
}

func (c copying) Remove(name string) error {
	c.at()
	return c.Unsynced.Remove(name)
}

// TestKilledInDivide copies the directory, hidden files too, at every call of a Divide, as a kill would leave it. Each copy opens
// with the old or the new split, whole, and the same command completes it.
func TestKilledInDivide(t *testing.T) {
	for _, d := range divisions(t) {
		dir := lay(t, d.start)
		n := 0
		at := func() {
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]string{}
			for _, e := range entries {
				found[e.Name()] = content(t, dir, e.Name())
			}
			killed := lay(t, found)
			what := fmt.Sprintf("%s: killed at %d", d.name, n)
			d.whole(t, what, killed)
			if n++; full.Asked() || n%3 == 0 {
				d.complete(t, what, killed)
			}
		}
		if err := d.run(dir, copying{at: at}); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d states", d.name, n)
	}
}

// TestPowerCutInDivide cuts the power after every call of a Divide.
func TestPowerCutInDivide(t *testing.T) {
	for _, d := range divisions(t) {
		dir := lay(t, d.start)
		disk := faulty.New(faulty.Unsynced{}, nil)
		if err := d.run(dir, disk); err != nil {
			t.Fatal(err)
		}
		before := faulty.Files{}
		for name, text := range d.start {
			before[name] = []byte(text)
		}
		states := 0
		faulty.Replay(dir, before, disk.Calls(), func(_ int, where string, state faulty.Files) {
			if states++; !full.Asked() && states%8 != 0 {
				return
			}
			cut := lay(t, state)
			what := d.name + ": power cut " + where
			d.whole(t, what, cut)
			d.complete(t, what, cut)
		})
		t.Logf("%s: %d states", d.name, states)
	}
}
