package idx_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// temporary returns the paths of the files of a commit that is not done.
func temporary(t *testing.T, dir, name string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "."+name+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func open(t *testing.T, dir string, f idx.Format, samples int64) dataset.Writer {
	t.Helper()
	w, err := f.Open(dir, small, samples)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// Up to the limit, the files that readers see are the last commit's, byte for byte,
// until the next one; beyond, samples reach them before.
func TestNothingVisibleBeforeCommit(t *testing.T) {
	const commits, each = 5, 400000 // 2.4 MB each: more than the buffer
	limit := int64(16 + 3*each*6)   // so the fourth commit is in place
	dir := t.TempDir()
	w := open(t, dir, idx.Format{RewriteLimit: limit}, 0)
	s := sample(7, 7)
	for n := range commits {
		before := readFiles(t, dir)
		changed := false
		look := func() {
			now := readFiles(t, dir)
			changed = changed || !bytes.Equal(now.images, before.images) || !bytes.Equal(now.labels, before.labels)
		}
		for i := range each {
			if err := w.Append(s); err != nil {
				t.Fatal(err)
			}
			if i%(each/4) == 0 {
				look()
			}
		}
		look()
		if err := w.Prepare(); err != nil {
			t.Fatal(err)
		}
		look()
		rewriting := n < 3
		if changed == rewriting {
			t.Errorf("commit %d: the files changed before it: %t", n, changed)
		}
		if left := temporary(t, dir, idx.ImagesName); (len(left) == 1) != rewriting {
			t.Errorf("commit %d: prepared %q", n, left)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		if now := readFiles(t, dir); len(now.images) != 16+(n+1)*each*6 || len(now.labels) != 8+(n+1)*each {
			t.Errorf("commit %d: %d and %d bytes", n, len(now.images), len(now.labels))
		}
	}
}

// A kill between the two renames leaves new images and old labels; so does a rename that
// fails, and there Close goes back by itself.
func TestHalfOfTheRenames(t *testing.T) {
	dir := t.TempDir()
	makePair(t, small, sample(1, 1)).write(t, dir)
	before := readFiles(t, dir)
	w := open(t, dir, idx.Format{}, 1)
	if err := errors.Join(w.Append(sample(2, 2)), w.Prepare()); err != nil {
		t.Fatal(err)
	}
	for _, path := range temporary(t, dir, idx.LabelsName) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Commit: %v", err)
	}
	if err := w.Append(sample(3, 3)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Append behind a failed Commit: %v", err)
	}
	half := readFiles(t, dir)
	if len(half.images) != len(before.images)+6 || !bytes.Equal(half.labels, before.labels) {
		t.Errorf("%d bytes of images, %d of labels", len(half.images), len(half.labels))
	}
	killed := t.TempDir()
	half.write(t, killed)
	again := open(t, killed, idx.Format{}, 1)
	if got := readFiles(t, killed); again.Cut() != 6 || !bytes.Equal(got.images, before.images) {
		t.Errorf("opened after a kill: %d bytes cut off\n% x", again.Cut(), got.images)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := readFiles(t, dir); !bytes.Equal(got.images, before.images) || !bytes.Equal(got.labels, before.labels) {
		t.Errorf("after Close\n% x\n% x", got.images, got.labels)
	}
}

// Permissions of the files outlive a commit. Links and special files are never written through.
func TestFilesKeepWhatTheyAre(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no Unix permissions, and links need a privilege")
	}
	dir, elsewhere := t.TempDir(), t.TempDir()
	makePair(t, small, sample(1, 1)).write(t, dir)
	images, labels := filepath.Join(dir, idx.ImagesName), filepath.Join(dir, idx.LabelsName)
	if err := os.Chmod(images, 0o640); err != nil {
		t.Fatal(err)
	}
	w := open(t, dir, idx.Format{}, 1)
	if err := errors.Join(w.Append(sample(2, 2)), w.Commit(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(images); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("permissions %v (%v)", info.Mode(), err)
	}
	target := filepath.Join(elsewhere, "labels")
	if err := errors.Join(os.Rename(labels, target), os.Symlink(target, labels)); err != nil {
		t.Fatal(err)
	}
	refused := func(what string) {
		t.Helper()
		var special *fsys.SpecialError
		if _, err := (idx.Format{}).Open(dir, small, 2); !errors.As(err, &special) || special.Path != labels {
			t.Errorf("%s: error %v", what, err)
		}
	}
	refused("a symbolic link")
	if b, err := os.ReadFile(target); err != nil || len(b) != 8+2 {
		t.Errorf("the linked file has %d bytes (%v)", len(b), err)
	}
	if err := errors.Join(os.Remove(labels), os.Link(target, labels)); err != nil {
		t.Fatal(err)
	}
	refused("a hard link")
}
