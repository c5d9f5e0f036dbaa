package fsys

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestErrorsHaveNoFile: a nil *os.File in a File would not be nil.
func TestErrorsHaveNoFile(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none", "a")
	if f, err := (OS{}).OpenFile(none, os.O_RDWR, 0); f != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenFile: %v, %v", f, err)
	}
	if f, err := (OS{}).CreateTemp(none, 0o666); f != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("CreateTemp: %v, %v", f, err)
	}
	if err := (OS{}).Rename(none, none+"b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Rename: %v", err)
	}
}

func TestOr(t *testing.T) {
	if Or(nil) != (OS{}) {
		t.Error("nil is not the real file system")
	}
	type other struct{ OS }
	if Or(other{}) != (other{}) {
		t.Error("another file system was replaced")
	}
}

// TestTempBesideItsFile: in the same directory, hidden, with a number behind.
func TestTempBesideItsFile(t *testing.T) {
	dir := t.TempDir()
	f, err := OS{}.CreateTemp(filepath.Join(dir, "a"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if ok, err := filepath.Match(filepath.Join(dir, ".a[0-9]*"), f.Name()); !ok || err != nil {
		t.Errorf("temporary file %s", f.Name())
	}
	if err := (OS{}).SyncDir(dir); err != nil {
		t.Error(err)
	}
}
