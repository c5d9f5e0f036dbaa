//go:build unix

package find

import (
	"io/fs"
	"syscall"
)

// fileID tells files apart whatever path leads to them.
type fileID struct {
	device, inode uint64
	name          string // where the system has no inode numbers
}

func identify(path string, info fs.FileInfo) fileID {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fileID{device: uint64(st.Dev), inode: st.Ino}
	}
	return fileID{name: path}
}
