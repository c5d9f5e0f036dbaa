// Package atomicfile writes a file so that it is either the old one or the new one,
// whole, at every instant, a power cut included.
//
// The data goes to a temporary file in the same directory, is synced to disk, takes
// the file's name by rename, and the directory is synced, so that when Write returns
// nil the new content is there to stay. Rename is atomic on the local file systems
// of Unix; on network file systems, and on systems other than Unix (where the
// directory is not synced either), it is as good as the system makes it.
package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
)

// Write replaces or creates the file at path with data. A new file gets perm (before
// umask), an existing one keeps its permissions. If path is a symbolic link, the link
// is replaced, not what it points to. The directory must exist. After an error the
// old file is as it was, unless the error is of the last step, the sync of the
// directory: then the new file is in place but may not survive a power cut.
//
// A process that is killed meanwhile may leave a temporary file behind; its name is
// a dot, the file's name and a number.
func Write(path string, data []byte, perm os.FileMode) error {
	if err := replace(path, data, perm); err != nil {
		return fmt.Errorf("atomicfile: %s: %w", path, err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("atomicfile: %s: %w", path, err)
	}
	return nil
}
