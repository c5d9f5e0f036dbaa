//go:build !unix

package find

import (
	"io/fs"
	"path/filepath"
)

// fileID tells files apart; here by their cleaned absolute path.
type fileID struct{ name string }

func identify(path string, _ fs.FileInfo) fileID {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return fileID{name: filepath.Clean(path)}
}
