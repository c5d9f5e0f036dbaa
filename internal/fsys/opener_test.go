package fsys_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/internal/fsys"
)

// TestOpener: in any order of names, what OpenInside opens and what it refuses.
func TestOpener(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	err := errors.Join(os.MkdirAll(filepath.Join(dir, "a", "b"), 0o777), os.MkdirAll(outside, 0o777))
	for _, name := range []string{"f", "a/f", "a/g", "a/b/f"} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte("in "+name), 0o666))
	}
	if err := errors.Join(err, os.WriteFile(filepath.Join(outside, "f"), nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "link")), os.Symlink("f", filepath.Join(dir, "a", "s"))); err != nil {
		t.Skip(err)
	}
	names := []string{"f", "a/f", "a/g", "a/./f", "a/.", "a/b/f", "a/..", "a/../f", "../f", "link/f", "link/none", "a/s", "a/none", "a/b", "a//f", "", "a/", "/f"}
	o := fsys.Opener{Disk: fsys.OS{}, Dir: dir}
	opened := 0
	for _, first := range names {
		for _, name := range []string{first, first, "a/f"} {
			want, wrong := fsys.OpenInside(fsys.OS{}, dir, name, os.O_RDONLY)
			have, info, err := o.Open(name)
			if (err == nil) != (wrong == nil) || err != nil && err.Error() != wrong.Error() {
				t.Fatalf("%q: %v, want %v", name, err, wrong)
			}
			if err != nil {
				continue
			}
			opened++
			a, err1 := io.ReadAll(have)
			b, err2 := io.ReadAll(want)
			if err := errors.Join(err1, err2, have.Close(), want.Close()); err != nil || string(a) != string(b) || info.Size() != int64(len(a)) {
				t.Fatalf("%q: %q of %d bytes, want %q; %v", name, a, info.Size(), b, err)
			}
		}
	}
	if opened < len(names) {
		t.Errorf("%d files were opened", opened)
	}
}
