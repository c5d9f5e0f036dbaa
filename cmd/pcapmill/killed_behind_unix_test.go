//go:build unix

package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/internal/full"
)

// TestKilledBehind kills the program at random moments of a split, an export and a card. Whatever it left, the dataset verifies: with
// the old split or the new one, the old export or the new one. The same command completes it, to the bytes of one that was not
// killed.
func TestKilledBehind(t *testing.T) {
	kills := full.Of(2, 10, 40)
	in := manyCaptures(t, 60, 5)
	base := filepath.Join(t.TempDir(), "data")
	mustExit(t, exitDone, "convert", in, "-o", base, "--drop", "none", "--split", "70/10/20", "--split-by", "session", "--format", "npz", "--card")
	for name, args := range map[string][]string{
		"split":  {"split", "DIR", "--split", "50/50", "--split-by", "session", "--split-salt", "x"},
		"export": {"export", "DIR", "--format", "mnist,npz"},
		"card":   {"card", "DIR", "--name", "another", "--replace"},
	} {
		t.Run(name, func(t *testing.T) {
			in := func(dir string) []string {
				args := append([]string(nil), args...)
				args[1] = dir
				return args
			}
			whole := copyTree(t, base)
			start := time.Now()
			mustExit(t, exitDone, in(whole)...)
			took := time.Since(start)
			before, end := treeText(t, base), treeText(t, whole)
			landed := map[string]int{}
			for n := 0; n < kills; {
				dir := copyTree(t, base)
				after := rand.N(took)
				if !killed(t, after, in(dir)...) {
					landed["after the end"]++
					if landed["after the end"] > 100*kills {
						t.Fatal("no kill hit")
					}
					continue
				}
				n++
				left := treeText(t, dir)
				switch {
				case maps.Equal(left, before):
					landed["before anything was visible"]++
				case maps.Equal(left, end):
					landed["when all was visible"]++
				default:
					landed["in between"]++
				}
				what := fmt.Sprintf("killed after %v", after)
				mustExit(t, exitDone, "verify", dir)
				mustExit(t, exitDone, in(dir)...)
				sameData(t, what+", completed", treeText(t, dir), end)
				mustExit(t, exitDone, "verify", dir)
				if left := hidden(t, dir); left != nil {
					t.Errorf("%s, completed: left %v", what, left)
				}
			}
			t.Logf("%d kills within %v: %v", kills, took.Round(time.Millisecond), landed)
		})
	}
}

// hidden are the hidden files and folders of a dataset.
func hidden(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// treeText are the files below a directory with what they hold, but for hidden ones.
func treeText(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		found[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
