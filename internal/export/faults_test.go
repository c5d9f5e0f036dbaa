package export_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/store"
)

// contents are the visible files below dir with what they hold.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range tree(t, dir) {
		if !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, "/") {
			found[name] = content(t, dir, name)
		}
	}
	return found
}

// twice is a disk on which folders are exchanged, or are not.
type twice struct {
	faulty.Unsynced
	exchanges bool
}

func (d twice) Exchange(a, b string) (bool, error) {
	if !d.exchanges {
		return false, nil
	}
	return d.Unsynced.Exchange(a, b)
}

// TestEveryCallFails lets every call of a Render to the file system fail, those that read the dataset too, with and without an
// export that is there. After an error the folder is as it was, to the byte; if the disk stays broken, the folder is whole, the
// old or the new one. The same command makes it.
func TestEveryCallFails(t *testing.T) {
	dir := makeDataset(t, 3, 2)
	tried, failed, broken := 0, 0, 0
	for _, old := range []string{"", "one"} {
		for _, exchanges := range []bool{true, false} {
			base := twice{exchanges: exchanges}
			into := func() string {
				into := t.TempDir()
				if old != "" {
					render(t, open(t, dir), into, old)
				}
				return into
			}
			run := func(into string, disk fsys.FS) error {
				d, err := store.Backend{FS: disk}.Open(dir)
				if err != nil {
					return err
				}
				v, err := d.View()
				if err != nil {
					return err
				}
				_, err = export.RenderIn(context.Background(), disk, v, export.Job{Exporter: fake{text: "two"}, Workers: 1}, into)
				return err
			}
			first := into()
			start := contents(t, first)
			disk := faulty.New(base, nil)
			if err := run(first, disk); err != nil {
				t.Fatal(err)
			}
			end := contents(t, first)
			combination := 0
			for n, c := range disk.Calls() {
				for _, how := range []faulty.How{faulty.Undone, faulty.Done, faulty.Half} {
					for _, sticky := range []bool{false, true} {
						if combination++; how == faulty.Half && c.Op != faulty.Write || !full.Asked() && combination%5 != 0 {
							continue
						}
						tried++
						what := fmt.Sprintf("old %q, exchange %t: call %d (%v) %s, sticky %t", old, exchanges, n, c, how, sticky)
						into := into()
						cause := []error{syscall.EIO, syscall.ENOSPC}[n%2]
						err := run(into, faulty.New(base, &faulty.Fault{At: n, Err: cause, How: how, Sticky: sticky}))
						left := contents(t, into)
						switch {
						case err == nil:
							if !maps.Equal(left, end) {
								t.Fatalf("%s: no error, files %v", what, tree(t, into))
							}
						case !errors.Is(err, cause):
							t.Fatalf("%s: error %v", what, err)
						case strings.Contains(err.Error(), "could not be put back"):
							broken++
							if !sticky || len(left) > 0 && !maps.Equal(left, start) && !maps.Equal(left, end) {
								t.Fatalf("%s: %v; files %v", what, err, tree(t, into))
							}
						default:
							failed++
							if !maps.Equal(left, start) {
								t.Fatalf("%s: %v; files %v", what, err, tree(t, into))
							}
						}
						if err := run(into, base); err != nil || !maps.Equal(contents(t, into), end) {
							t.Fatalf("%s: completed: %v; files %v", what, err, tree(t, into))
						}
						if names, err := os.ReadDir(into); err != nil || len(names) != 1 {
							t.Fatalf("%s: completed: left %v (%v)", what, names, err)
						}
					}
				}
			}
		}
	}
	t.Logf("%d faults: %d went back, %d could not, the others did not matter", tried, failed, broken)
	if failed == 0 {
		t.Error("nothing failed")
	}
}

// TestHostileFolder: nothing outside of an export is read, written or removed through it.
func TestHostileFolder(t *testing.T) {
	v := open(t, makeDataset(t, 1))
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "b.txt"), []byte("2x3"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, plant := range map[string]func(dir string) error{
		"a folder that is a link": func(dir string) error {
			return errors.Join(os.RemoveAll(filepath.Join(dir, "sub")), os.Symlink(outside, filepath.Join(dir, "sub")))
		},
		"a file that is a link": func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "sub", "b.txt")), os.Symlink(filepath.Join(outside, "b.txt"), filepath.Join(dir, "sub", "b.txt")))
		},
		"a record that is a link": func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, export.RecordName), filepath.Join(outside, "record")), os.Symlink(filepath.Join(outside, "record"), filepath.Join(dir, export.RecordName)))
		},
	} {
		into := t.TempDir()
		r := render(t, v, into, "one")
		if err := plant(r.Dir); err != nil {
			t.Skip(err)
		}
		var special *fsys.SpecialError
		if err := export.Verify(context.Background(), r.Dir, 2); !errors.As(err, &special) || special.What != "a symbolic link" {
			t.Errorf("%s: Verify: %v", name, err)
		}
		before := contents(t, outside)
		_, _ = export.Render(context.Background(), v, export.Job{Exporter: fake{text: "two"}}, into) // it may replace what it made
		if !maps.Equal(contents(t, outside), before) {
			t.Errorf("%s: what is outside was changed", name)
		}
	}
}
