// Package fsys is what a dataset needs of a file system, as a value that is passed
// in: [OS] is the real one, and tests put others in its place, which fail at a
// chosen call or write down what was called.
//
// Everything that must survive a kill or a power cut goes through it: the data
// files, the table of samples, the manifest, temporary files and their renames.
// Reading a finished dataset does not.
//
// Names are paths of the operating system. Errors are those of package os: an
// [*fs.PathError] or [*os.LinkError] that names the file.
package fsys

import (
	"io"
	"io/fs"
	"os"
)

// FS is a file system. All of its methods may be used by any number of goroutines.
type FS interface {
	// OpenFile is os.OpenFile.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)

	// CreateTemp makes a new, empty file that is to replace or create the file at
	// path: in the same directory, under a name that is a dot, the file's own name
	// and a number. It gets the permissions of the file that is there, or else
	// perm before umask.
	CreateTemp(path string, perm fs.FileMode) (File, error)

	// Rename gives a file another name in the same directory, in one step, in place
	// of the file that has it.
	Rename(from, to string) error

	// Exchange lets two folders change their places in one step. done is false, and
	// nothing has changed, if the system cannot do that.
	Exchange(a, b string) (done bool, err error)

	// SyncAll makes durable all that stands on the file system of dir. done is false if
	// the system cannot do that.
	SyncAll(dir string) (done bool, err error)

	// Remove removes a file or an empty directory.
	Remove(name string) error

	// MkdirAll makes a directory and those above it, as far as they are missing.
	MkdirAll(name string, perm fs.FileMode) error

	// Stat and Lstat are those of package os.
	Stat(name string) (fs.FileInfo, error)
	Lstat(name string) (fs.FileInfo, error)

	// ReadDir lists a directory in the order of the names.
	ReadDir(name string) ([]fs.DirEntry, error)

	// SyncDir makes the names in a directory durable: a file that was created and
	// synced may still vanish in a power cut as long as its directory was not. On
	// systems other than Unix, which cannot do that, it does nothing.
	SyncDir(name string) error
}

// File is an open file. It is for one goroutine, but for ReadAt and for WriteAt to places
// that do not overlap.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.WriterAt
	io.Seeker
	io.Closer

	// Name is the path that the file was opened by.
	Name() string

	// Stat describes the open file, whatever its name now belongs to.
	Stat() (fs.FileInfo, error)

	// Sync makes the content durable.
	Sync() error

	// Truncate makes the file size bytes long.
	Truncate(size int64) error
}

// Or returns f, or the real file system if f is nil.
func Or(f FS) FS {
	if f == nil {
		return OS{}
	}
	return f
}

// OS is the file system of the operating system.
type OS struct{}

var _ FS = OS{}

// OpenFile implements [FS].
func (OS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	return opened(os.OpenFile(name, flag, perm))
}

// CreateTemp implements [FS].
func (OS) CreateTemp(path string, perm fs.FileMode) (File, error) {
	return opened(createTemp(path, perm))
}

// opened keeps a nil *os.File from becoming a File that is not nil.
func opened(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Rename implements [FS].
func (OS) Rename(from, to string) error { return rename(from, to) }

// Exchange implements [FS].
func (OS) Exchange(a, b string) (done bool, err error) { return exchange(a, b) }

// SyncAll implements [FS].
func (OS) SyncAll(dir string) (done bool, err error) { return syncAll(dir) }

// Remove implements [FS].
func (OS) Remove(name string) error { return os.Remove(name) }

// MkdirAll implements [FS].
func (OS) MkdirAll(name string, perm fs.FileMode) error { return os.MkdirAll(name, perm) }

// Stat implements [FS].
func (OS) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// Lstat implements [FS].
func (OS) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(name) }

// ReadDir implements [FS].
func (OS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

// SyncDir implements [FS].
func (OS) SyncDir(name string) error { return syncDir(name) }
