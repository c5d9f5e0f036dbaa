package fsys

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchange lets two folders change their places in one step. done is false, and nothing
// has changed, if the file system cannot do that.
func exchange(a, b string) (done bool, err error) {
	err = unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) {
		return false, nil
	}
	if err != nil {
		return false, &os.LinkError{Op: "exchange", Old: a, New: b, Err: err}
	}
	return true, nil
}

// syncAll syncs the file system that dir stands on.
func syncAll(dir string) (done bool, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return false, err
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		return false, &os.PathError{Op: "syncfs", Path: dir, Err: err}
	}
	return true, nil
}
