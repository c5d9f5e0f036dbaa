//go:build unix

package atomicfile

import (
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// create makes the temporary file for path. The rest of what renameio does is not
// used: it would sync a second time when it renames.
func create(path string, perm os.FileMode) (*os.File, error) {
	// The directory is named because renameio would otherwise try $TMPDIR first,
	// with test files on both sides.
	p, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithPermissions(perm), renameio.WithExistingPermissions())
	if err != nil {
		return nil, err
	}
	return p.File, nil
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
