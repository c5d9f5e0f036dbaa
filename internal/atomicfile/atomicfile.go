// Package atomicfile writes a file so that it is either the old one or the new one,
// whole, at every instant, a power cut included.
//
// The data goes to a temporary file in the same directory, is synced to disk, takes
// the file's name by rename, and the directory is synced, so that when [Write] returns
// nil the new content is there to stay. [Prepare] does the first half, which takes
// long, so that several files can then change in as many renames, which do not. Rename
// is atomic on the local file systems of Unix; on network file systems, and on systems
// other than Unix (where the directory is not synced either), it is as good as the
// system makes it.
//
// A process that is killed meanwhile may leave a temporary file behind; its name is a
// dot, the file's name and a number. [RemoveStale] removes it.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/pcapmill/pcapmill/internal/fsys"
)

// Write replaces or creates the file at path with data. A new file gets perm (before
// umask), an existing one keeps its permissions. If path is a symbolic link, the link
// is replaced, not what it points to. The directory must exist. After an error the
// old file is as it was, unless the error is of the last step, the sync of the
// directory: then the new file is in place but may not survive a power cut.
func Write(path string, data []byte, perm fs.FileMode) error {
	return WriteIn(fsys.OS{}, path, data, perm)
}

// WriteIn is [Write] in another file system.
func WriteIn(disk fsys.FS, path string, data []byte, perm fs.FileMode) error {
	p, err := Prepare(disk, path, perm, func(f fsys.File) error {
		_, err := f.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	defer p.Discard() // nothing, once it is published
	return p.Publish()
}

// A Pending is the next content of a file: whole and synced to disk, but under a
// temporary name. It holds no open file.
type Pending struct {
	disk fsys.FS
	path string
	temp string // empty once it was renamed or discarded
}

// Prepare writes what will replace or create the file at path; see [Write] for perm
// and links. write writes all of it to a new file. After an error nothing is left.
func Prepare(disk fsys.FS, path string, perm fs.FileMode, write func(f fsys.File) error) (*Pending, error) {
	f, err := disk.CreateTemp(path, perm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = disk.Remove(f.Name())
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Pending{disk, path, f.Name()}, nil
}

// Rename gives the content the file's name: visible at once, and durable when the
// directory is synced next. If somebody has the old file open on Unix, Rename need not
// wait until the system has freed what was in it; see [fsys.MayBeOpen].
func (p *Pending) Rename() error {
	if err := p.disk.Rename(p.temp, p.path); err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	p.temp = ""
	return nil
}

// Publish renames and syncs the directory, and with it every earlier rename there.
func (p *Pending) Publish() error {
	if err := p.Rename(); err != nil {
		return err
	}
	if err := p.disk.SyncDir(filepath.Dir(p.path)); err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	return nil
}

// Discard removes the temporary file. It does nothing with a nil Pending, and with one
// that was renamed.
func (p *Pending) Discard() {
	if p == nil || p.temp == "" {
		return
	}
	_ = p.disk.Remove(p.temp) // what stays is removed with the stale ones
	p.temp = ""
}

// RemoveStale removes the temporary files that killed processes left of the file at
// path. The caller makes sure that nobody is writing that file meanwhile.
func RemoveStale(disk fsys.FS, path string) error {
	dir, prefix := filepath.Dir(path), "."+filepath.Base(path)
	entries, err := disk.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok || number == "" || strings.Trim(number, "0123456789") != "" || !e.Type().IsRegular() {
			continue
		}
		if err := disk.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
