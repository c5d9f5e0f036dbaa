package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/pcapmill/pcapmill/internal/fsys"
)

// list returns the names in dir.
func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func expect(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, text := range []string{"first", "", "a longer second"} {
		if err := Write(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		expect(t, path, text)
	}
	if names := list(t, dir); len(names) != 1 {
		t.Errorf("directory holds %q, want only the file", names)
	}
}

func TestWriteRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := Write("a", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, "a", "x")
}

// Whoever has the old file open keeps it: the new one is another file.
func TestWriteLeavesTheOldFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if os.SameFile(before, after) {
		t.Error("the file was written in place")
	}
}

func TestWritePermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no Unix permissions")
	}
	path := filepath.Join(t.TempDir(), "a")
	check := func(want fs.FileMode) {
		t.Helper()
		if err := Write(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("permissions %v, want %v", got, want)
		}
	}
	check(0o600) // a new file gets what was asked for
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	check(0o644) // an old one keeps what it has
}

func TestWriteFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := Write(filepath.Join(dir, "none", "a"), []byte("x"), 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such directory: error %v", err)
	}
	sub := filepath.Join(dir, "sub")
	if err := os.MkdirAll(filepath.Join(sub, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(sub, []byte("x"), 0o600); err == nil {
		t.Error("a directory was replaced by a file")
	}
	if names := list(t, dir); len(names) != 1 || names[0] != "sub" {
		t.Errorf("directory holds %q, want only sub", names)
	}
}

// Prepared content is not the file's before it is renamed, and is nothing once it was discarded.
func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	prepare := func(text string) *Pending {
		t.Helper()
		p, err := Prepare(fsys.OS{}, path, 0o600, func(f fsys.File) error {
			_, err := f.Write([]byte(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := prepare("first")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || len(list(t, dir)) != 1 {
		t.Errorf("prepared: %q (%v)", list(t, dir), err)
	}
	if err := first.Rename(); err != nil {
		t.Fatal(err)
	}
	expect(t, path, "first")
	first.Discard() // it is the file now
	second, third := prepare("second"), prepare("third")
	expect(t, path, "first")
	second.Discard()
	second.Discard()
	if err := third.Publish(); err != nil {
		t.Fatal(err)
	}
	expect(t, path, "third")
	(*Pending)(nil).Discard()
	broken := errors.New("broken")
	if _, err := Prepare(fsys.OS{}, path, 0o600, func(fsys.File) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if err := second.Rename(); err == nil {
		t.Error("what was discarded was renamed")
	}
	expect(t, path, "third")
	if names := list(t, dir); len(names) != 1 {
		t.Errorf("directory holds %q, want only the file", names)
	}
}

// Only what Prepare leaves goes.
func TestRemoveStale(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := Write(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Prepare(fsys.OS{}, path, 0o600, func(fsys.File) error { return nil }); err != nil { // and killed
		t.Fatal(err)
	}
	for _, name := range []string{".a", ".a1x", ".ab1", "a1", ".b1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".a2"), 0o700); err != nil {
		t.Fatal(err)
	}
	if n := len(list(t, dir)); n != 8 {
		t.Fatalf("%d names before", n)
	}
	if err := RemoveStale(fsys.OS{}, path); err != nil {
		t.Fatal(err)
	}
	if got := list(t, dir); len(got) != 7 {
		t.Errorf("left: %q", got)
	}
	expect(t, path, "x")
	if err := RemoveStale(fsys.OS{}, filepath.Join(dir, "none", "a")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such directory: %v", err)
	}
}
