package faulty

import (
	"io/fs"

	"github.com/pcapmill/pcapmill/internal/fsys"
)

// Unsynced is the real file system without its syncs, which do nothing: for tests
// that make thousands of datasets, of which none has to survive a power cut.
type Unsynced struct{ fsys.OS }

// unsynced is a file whose Sync does nothing.
type unsynced struct{ fsys.File }

// Sync does nothing.
func (unsynced) Sync() error { return nil }

// SyncDir does nothing.
func (Unsynced) SyncDir(string) error { return nil }

// OpenFile implements [fsys.FS].
func (u Unsynced) OpenFile(name string, flag int, perm fs.FileMode) (fsys.File, error) {
	f, err := u.OS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return unsynced{f}, nil
}

// CreateTemp implements [fsys.FS].
func (u Unsynced) CreateTemp(path string, perm fs.FileMode) (fsys.File, error) {
	f, err := u.OS.CreateTemp(path, perm)
	if err != nil {
		return nil, err
	}
	return unsynced{f}, nil
}
