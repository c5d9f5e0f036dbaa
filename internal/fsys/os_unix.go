//go:build unix

package fsys

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// MayBeOpen says that a file may be replaced while it is open, as on every Unix.
const MayBeOpen = true

// createTemp makes the temporary file for path. The rest of what renameio does is not
// used: it would sync a second time when it renames.
func createTemp(path string, perm os.FileMode) (*os.File, error) {
	// The directory is named because renameio would otherwise try $TMPDIR first,
	// with test files on both sides.
	p, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithPermissions(perm), renameio.WithExistingPermissions())
	if err != nil {
		return nil, err
	}
	return p.File, nil
}

// rename is os.Rename without its look at what it replaces, for the sake of whoever is
// killed between two renames.
func rename(from, to string) error {
	for {
		err := syscall.Rename(from, to)
		switch err {
		case nil:
			return nil
		case syscall.EINTR:
			continue
		}
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// NoFollow are flags by which opening neither follows a link nor waits for the other
// end of a FIFO. With a regular file they do nothing.
const NoFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// links is how many names a file has; 1 if that is not known.
func links(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}
