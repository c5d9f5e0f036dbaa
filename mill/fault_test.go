package mill_test

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

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// faultRun is a run that adds captures to a dataset, or makes one, with a commit after every capture.
type faultRun struct {
	name    string
	mode    sample.Dedup
	inPlace bool
	begun   int // captures that are in the dataset before
	variant bool

	o     mill.Options
	paths []string
	start map[string]string   // the directory before, nil if there is none
	whole []map[string]string // the dataset after so many captures
	cuts  map[string]bool     // states that a power cut left, and that were checked
}

// faultRuns are the runs whose every call is made to fail.
func faultRuns(t *testing.T) (runs []*faultRun) {
	all := []*faultRun{
		{name: "new, renamed, by sample", mode: sample.DedupSample},
		{name: "new, in place, by session", mode: sample.DedupSession, inPlace: true},
		{name: "added, renamed, by session", mode: sample.DedupSession, begun: 1},
		{name: "added, in place, by sample", mode: sample.DedupSample, inPlace: true, begun: 1},
		{name: "new, renamed, with a variant", mode: sample.DedupSample, variant: true},
		{name: "added, in place, with a variant", mode: sample.DedupSample, inPlace: true, begun: 1, variant: true},
	}
	if testing.Short() { // under -race: one that is added to in place, and one that is made with a variant
		all = all[3:5]
	}
	for _, r := range all {
		c, captures := sessionChoice(), 4
		if r.begun > 0 && r.inPlace {
			c, captures = large(r.mode), 2 // so that samples reach the file before they are committed
		}
		c.dedup = r.mode
		r.o = c.options()
		if r.o.Workers = 1; r.inPlace {
			r.o = mill.Parts(r.o, 2) // several goroutines write, at places
		}
		if r.variant {
			text, err := represent.Parse("hexwords:length=9")
			if err != nil {
				t.Fatal(err)
			}
			r.o.Variant, r.o.Variants = "first", []mill.Variant{{Name: "text", Mask: r.o.Mask, Form: text}}
		}
		r.paths = write(t, t.TempDir(), randomFiles(random(5), captures, testcap.Options{Sessions: 6, Clean: true}))
		for n := range len(r.paths) + 1 {
			out := filepath.Join(t.TempDir(), "out")
			if n > 0 {
				convert(t, r.paths[:n], out, r.o)
				r.whole = append(r.whole, dataset(t, out))
			} else {
				r.whole = append(r.whole, nil)
			}
			if n == r.begun && n > 0 {
				r.start = tree(t, out)
			}
		}
		runs = append(runs, r)
	}
	return runs
}

// place makes the directory as it is before the run, or only says where it will be.
func (r *faultRun) place(t *testing.T) (out string, remove func()) {
	t.Helper()
	dir, remove := tempDir(t)
	out = filepath.Join(dir, "deep", "out")
	if r.start != nil {
		if err := os.MkdirAll(out, 0o777); err != nil {
			t.Fatal(err)
		}
		lay(t, out, files(r.start))
	}
	return out, remove
}

// files are the files of a tree.
func files(tree map[string]string) map[string][]byte {
	only := map[string][]byte{}
	for name, text := range tree {
		if text != "/" {
			only[name] = []byte(text)
		}
	}
	return only
}

// run carries the run out on the given disk.
func (r *faultRun) run(t *testing.T, out string, disk fsys.FS) error {
	t.Helper()
	p, err := mill.Prepare(r.paths, out, r.o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = mill.RunEager(context.Background(), p, store.Backend{FS: disk, InPlace: r.inPlace})
	return err
}

// calls are those of a run in which none fails, into out, which is gone then.
func (r *faultRun) calls(t *testing.T) (calls []faulty.Call, out string) {
	t.Helper()
	out, remove := r.place(t)
	defer remove()
	disk := faulty.New(faulty.Unsynced{}, nil)
	if err := r.run(t, out, disk); err != nil {
		t.Fatal(err)
	}
	same(t, r.name+", no call fails", dataset(t, out), r.whole[len(r.paths)])
	return disk.Calls(), out
}

// complete runs again on a disk without faults, and compares with the run that never failed.
func (r *faultRun) complete(t *testing.T, what, out string) {
	t.Helper()
	if err := r.run(t, out, faulty.Unsynced{}); err != nil {
		t.Fatalf("%s, completed: %v", what, err)
	}
	same(t, what+", completed", dataset(t, out), r.whole[len(r.paths)])
	if _, err := verify.Verify(out); err != nil {
		t.Fatalf("%s, completed: %v", what, err)
	}
}

// opens checks that a directory opens as a dataset of whole captures, the first ones, and returns how many; -1 if there is no
// manifest yet.
func (r *faultRun) opens(t *testing.T, what, out string) int {
	t.Helper()
	found := tree(t, out)
	text, ok := found[manifest.Name]
	if !ok {
		return -1
	}
	m, err := manifest.Parse([]byte(text))
	if err == nil {
		err = m.Check()
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	// Who goes by the headers finds all that they count.
	images, err := idx.OpenImages(filepath.Join(out, idx.ImagesName))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer images.Close()
	labels, err := idx.OpenLabels(filepath.Join(out, idx.LabelsName))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer labels.Close()
	n := len(m.Captures)
	for _, f := range m.Files {
		if len(found[f.Name]) < int(f.Size) {
			t.Fatalf("%s: %s has %d bytes, the manifest says %d", what, f.Name, len(found[f.Name]), f.Size)
		}
		head := found[f.Name][:f.Size]
		if n > 0 && strings.HasSuffix(f.Name, ".bin") && head != r.whole[n][f.Name] ||
			n > 0 && strings.Contains(f.Name, ".idx") && head[8:] != r.whole[n][f.Name][8:] { // behind the count
			t.Fatalf("%s: %s is not that of %d captures", what, f.Name, n)
		}
	}
	return n
}

// everyFault reports whether to try all faults and all power cuts, which takes minutes.
func everyFault() bool { return full.Whole() || os.Getenv("PCAPMILL_TEST_FAULTS") != "" }

// oneOf returns of how many faults or power cuts one is tried: of some by default, of fewer with most.
func oneOf(some, most int) int {
	if everyFault() {
		return 1
	}
	return full.Of(some, most, 1)
}

// TestEveryCallFails lets every call of a run to the file system fail: not done, done nevertheless, and half done if it writes;
// once, and from then on for good. A run that says it failed has put the dataset back as it was, unless the disk stays broken:
// then it opens as whole captures. One that says it succeeded has. Either way the same command completes it.
func TestEveryCallFails(t *testing.T) {
	tried, failed := map[faulty.Op]int{}, 0
	for _, r := range faultRuns(t) {
		calls, _ := r.calls(t)
		for n, c := range calls {
			hows := []faulty.How{faulty.Undone, faulty.Done}
			if c.Op == faulty.Write {
				hows = append(hows, faulty.Half)
			}
			combination := 0
			for _, how := range hows {
				for _, sticky := range []bool{false, true} {
					nth := oneOf(6, 3)
					if combination++; combination%nth != n%nth {
						continue
					}
					fault := &faulty.Fault{At: n, How: how, Sticky: sticky}
					fault.Err = []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT}[n%3]
					if r.fails(t, fault) {
						failed++
					}
					tried[c.Op]++
				}
			}
		}
		t.Logf("%s: %d calls", r.name, len(calls))
	}
	total := 0
	for _, n := range tried {
		total += n
	}
	t.Logf("%d faults, %d runs failed: %v", total, failed, tried)
	for _, op := range []faulty.Op{faulty.Create, faulty.Open, faulty.Read, faulty.Write, faulty.Truncate, faulty.Sync, faulty.Close, faulty.Rename, faulty.SyncDir} {
		if tried[op] == 0 {
			t.Errorf("no %s failed", op)
		}
	}
}

// fails carries the run out with one fault and checks what it left. It reports whether the run failed.
func (r *faultRun) fails(t *testing.T, fault *faulty.Fault) (failed bool) {
	t.Helper()
	out, remove := r.place(t)
	defer remove()
	disk := faulty.New(faulty.Unsynced{}, fault)
	err := r.run(t, out, disk)
	c, _ := disk.Struck()
	what := fmt.Sprintf("%s: call %d (%v) %s, sticky %t", r.name, fault.At, c, fault.How, fault.Sticky)
	if !c.Failed {
		t.Fatalf("%s: not reached", what)
	}
	left := tree(t, out)
	if fault.Sticky || c.Op == faulty.Remove || c.Op == faulty.Create && fault.How == faulty.Done {
		left = visible(left) // a hidden file could not be removed, or nobody knows of it
	}
	if fault.Sticky && len(left) == 1 && r.start == nil {
		left = nil // a directory that could not be removed
	}
	switch n := len(r.paths); {
	case err == nil: // what failed did not matter
		same(t, what+", succeeded", visible(dataset(t, out)), r.whole[n])
	case !errors.Is(err, fault.Err):
		t.Fatalf("%s: error %v, want %v", what, err, fault.Err)
	case strings.Contains(err.Error(), "could not be put back"):
		if !fault.Sticky {
			t.Fatalf("%s: %v", what, err)
		}
		if k := r.opens(t, what, out); k < r.begun && k != -1 {
			t.Fatalf("%s: %d captures left", what, k)
		}
	default:
		same(t, what+", failed", left, r.start)
		if _, err := os.Stat(filepath.Dir(out)); (err == nil) != (r.start != nil) && !fault.Sticky && len(left) == len(visible(left)) && c.Op != faulty.Remove && c.Op != faulty.Create {
			t.Fatalf("%s: a directory of its own is left", what)
		}
	}
	r.complete(t, what, out)
	return err != nil
}

// visible is a tree without hidden files, such as a lock that could not be removed.
func visible(tree map[string]string) map[string]string {
	tree = maps.Clone(tree)
	maps.DeleteFunc(tree, func(name, _ string) bool { return name != "." && strings.HasPrefix(name, ".") })
	return tree
}
