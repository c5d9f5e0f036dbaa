package card_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/internal/card"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/internal/full"
)

// TestEveryCallFails lets every call of writing a card to the file system fail, those that read the dataset's files too, where
// there is no card and where there is one. After an error the three files are as they were: all or none. The same again
// completes it.
func TestEveryCallFails(t *testing.T) {
	tried, failed, broken := 0, 0, 0
	for _, old := range []bool{false, true} {
		begin := func() string {
			dir := directory(t)
			for _, name := range []string{card.ReadmeName, card.CroissantName, card.SumsName} {
				if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
			if old {
				in := example()
				in.About.Name = "the old one"
				if err := card.Write(dir, in, false); err != nil {
					t.Fatal(err)
				}
			}
			return dir
		}
		run := func(dir string, disk fsys.FS) error {
			in := example()
			var err error
			if in.Files, err = card.CollectIn(t.Context(), disk, dir); err != nil {
				return err
			}
			return card.WriteIn(disk, dir, in, false)
		}
		read := func(dir string) map[string]string {
			found := map[string]string{}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if b, err := os.ReadFile(filepath.Join(dir, e.Name())); err == nil && !strings.HasPrefix(e.Name(), ".") {
					found[e.Name()] = string(b)
				}
			}
			return found
		}
		dir := begin()
		start := read(dir)
		disk := faulty.New(faulty.Unsynced{}, nil)
		if err := run(dir, disk); err != nil {
			t.Fatal(err)
		}
		end := read(dir)
		combination := 0
		for n, c := range disk.Calls() {
			for _, how := range []faulty.How{faulty.Undone, faulty.Done, faulty.Half} {
				for _, sticky := range []bool{false, true} {
					if combination++; how == faulty.Half && c.Op != faulty.Write || !full.Asked() && combination%5 != 0 {
						continue
					}
					tried++
					what := fmt.Sprintf("old %t: call %d (%v) %s, sticky %t", old, n, c, how, sticky)
					dir := begin()
					err := run(dir, faulty.New(faulty.Unsynced{}, &faulty.Fault{At: n, Err: syscall.ENOSPC, How: how, Sticky: sticky}))
					left := read(dir)
					switch {
					case err == nil:
						if !maps.Equal(left, end) {
							t.Fatalf("%s: no error, and not the new card", what)
						}
					case !errors.Is(err, syscall.ENOSPC):
						t.Fatalf("%s: error %v", what, err)
					case strings.Contains(err.Error(), "could not be put back"):
						broken++
						if !sticky {
							t.Fatalf("%s: %v", what, err)
						}
					default:
						failed++
						if !maps.Equal(left, start) {
							t.Fatalf("%s: %v, and the card is not as it was", what, err)
						}
					}
					if sticky && err != nil {
						continue // some may be new: only --replace goes on then
					}
					if err := run(dir, faulty.Unsynced{}); err != nil || !maps.Equal(read(dir), end) {
						t.Fatalf("%s: completed: %v", what, err)
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

// TestVastOldFiles: an old file that nobody of ours wrote, however large it says it is, is neither copied nor replaced.
func TestVastOldFiles(t *testing.T) {
	for _, name := range []string{card.ReadmeName, card.CroissantName, card.SumsName} {
		dir := directory(t)
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Truncate(1<<38), f.Close()); err != nil {
			t.Skipf("no sparse files here: %v", err)
		}
		before := count(t, dir)
		err = card.Write(dir, example(), true)
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("%s of 256 GiB: %v, want a refusal that names it", name, err)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() != 1<<38 {
			t.Errorf("%s is not as it was: %v", name, err)
		}
		if after := count(t, dir); after != before {
			t.Errorf("%s: %d entries, there were %d", name, after, before)
		}
	}
}

// count is the number of entries of a directory.
func count(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
