package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"

	"github.com/pcapmill/pcapmill/internal/fsys"
)

// LockName is the name of the lock file inside a dataset's directory.
const LockName = ".pcapmill.lock"

// A DirLock keeps other processes, and other goroutines of this one, from locking
// the same directory until it is released.
type DirLock struct {
	disk     fsys.FS
	flock    *flock.Flock
	released bool
}

// A Holder is the process that holds a lock, as its lock file says. The file is
// written right after the lock is taken, so for a moment it may say nothing: then
// PID is 0.
type Holder struct {
	PID  int    `json:"pid"`
	Host string `json:"host"`
	// Since is when the lock was taken.
	Since time.Time `json:"since"`
}

// String returns "process 17 on host since 2026-11-23T09:30:00Z".
func (h Holder) String() string {
	if h.PID == 0 {
		return "another process that has not said who it is"
	}
	return fmt.Sprintf("process %d on %s since %s", h.PID, h.Host, h.Since.Format(time.RFC3339))
}

// A LockedError says that a directory is locked by somebody else.
type LockedError struct {
	Dir    string
	Holder Holder
}

// Error names the directory and the holder.
func (e *LockedError) Error() string {
	return fmt.Sprintf("%s: locked by %v; hint: wait for it or write to another directory", e.Dir, e.Holder)
}

// Paths are the paths that the error names.
func (e *LockedError) Paths() []string { return []string{e.Dir} }

// Lock locks the directory, which must exist, for writing. It does not wait: if the
// directory is locked, the error is a *[LockedError].
//
// The lock belongs to the open file [LockName] and not to the file's existence. The
// operating system drops it when its process ends, however that comes about, so a
// lock file that was left behind blocks nobody and needs no cleaning up. (On network
// file systems the lock holds as far as the file system's own locks reach.)
func Lock(dir string) (*DirLock, error) { return lockIn(fsys.OS{}, dir) }

// lockIn is [Lock] in another file system, whose directories are real ones: the lock
// itself is the operating system's.
func lockIn(disk fsys.FS, dir string) (*DirLock, error) {
	path := filepath.Join(dir, LockName)
	// Release removes the file. Whoever opened it just before that gets a lock on a
	// file that has no name any more, and has to try again with the new one.
	for range 100 {
		l, err := lockOnce(disk, dir, path)
		if l != nil || err != nil {
			return l, err
		}
	}
	return nil, &LockedError{Dir: dir, Holder: readHolder(path)}
}

// lockOnce returns neither a lock nor an error if the lock file was removed meanwhile.
func lockOnce(disk fsys.FS, dir, path string) (*DirLock, error) {
	// Opening a FIFO would wait for somebody at its other end, and the file is written to.
	if info, err := os.Lstat(path); err == nil {
		if err := fsys.Regular(path, info, os.O_RDWR); err != nil {
			return nil, err
		}
	}
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|fsys.NoFollow), flock.SetPermissions(0o666))
	ok, err := l.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("lock %s: no such directory: %w", dir, err)
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	case !ok:
		return nil, &LockedError{Dir: dir, Holder: readHolder(path)}
	}
	if !isNamed(l, path) {
		l.Unlock()
		return nil, nil
	}
	if err := writeHolder(disk, path); err != nil {
		_ = (&DirLock{disk: disk, flock: l}).Release()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return &DirLock{disk: disk, flock: l}, nil
}

// isNamed says whether the locked file is the one that path names.
func isNamed(l *flock.Flock, path string) bool {
	locked, err := l.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(locked, named)
}

// writeHolder writes this process into the lock file, in place: the lock is on the
// file and not on its name.
func writeHolder(disk fsys.FS, path string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	text, err := json.Marshal(Holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	f, err := fsys.OpenInside(disk, filepath.Dir(path), LockName, os.O_WRONLY)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}

// readHolder reads what the holder wrote; nothing if that cannot be read or makes no
// sense.
func readHolder(path string) Holder {
	var h Holder
	text, err := fsys.ReadText(fsys.OS{}, filepath.Dir(path), LockName, 4096)
	if err != nil || json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}

// Release removes the lock file and gives up the lock. Only the first call does
// anything.
func (l *DirLock) Release() error {
	if l.released {
		return nil
	}
	l.released = true
	path := l.flock.Path()
	if runtime.GOOS == "windows" {
		// An open file cannot be removed there. If somebody takes the lock in
		// between, the file is his, and open.
		err := l.flock.Unlock()
		_ = l.disk.Remove(path)
		return wrapRelease(path, err)
	}
	// Removed while it is still locked: later it might be somebody else's.
	err := l.disk.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return wrapRelease(path, errors.Join(err, l.flock.Unlock()))
}

func wrapRelease(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("release %s: %w", path, err)
}
