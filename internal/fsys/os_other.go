//go:build !unix

package fsys

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// MayBeOpen says that a file may be replaced while it is open. Here it may not.
const MayBeOpen = false

// createTemp makes the temporary file for path.
func createTemp(path string, perm os.FileMode) (*os.File, error) {
	if info, err := os.Stat(path); err == nil {
		perm = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"*")
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(perm); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return f, nil
}

func rename(from, to string) error { return os.Rename(from, to) }

// syncDir does nothing: these systems cannot sync a directory.
func syncDir(string) error { return nil }

// NoFollow are no flags here: what has the name is looked at before it is opened.
const NoFollow = 0

// links is not known here.
func links(fs.FileInfo) uint64 { return 1 }
