package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/internal/fsys"
)

// Content is what one file of a directory is to hold.
type Content struct {
	Name string
	Text []byte
}

// Together replaces or creates several files of a directory, or none of them: all are
// prepared, together with copies of the old ones, before the first is renamed, and after
// an error the old ones are put back. They become visible one after another, in their
// order, so a process that is killed in between leaves some; writing them again completes
// it. What is no regular file is refused, and so not replaced; so is an old file of more
// than limit bytes, which would have to be copied.
func Together(disk fsys.FS, dir string, files []Content) (err error) {
	t := &together{disk: disk, dir: dir}
	defer t.discard()
	for _, f := range files {
		if err := t.prepare(f); err != nil {
			return err
		}
	}
	for _, p := range t.next {
		if err := p.Rename(); err != nil {
			return t.back(err)
		}
	}
	if err := disk.SyncDir(dir); err != nil {
		return t.back(err)
	}
	return nil
}

// limit is more bytes than any file has that Together is for.
const limit = 64 << 20

type together struct {
	disk      fsys.FS
	dir       string
	next, old []*Pending // old: nil where there was no file
}

// prepare writes the new content, and a copy of the old one.
func (t *together) prepare(f Content) error {
	path := filepath.Join(t.dir, f.Name)
	if err := RemoveStale(t.disk, path); err != nil {
		return err
	}
	var old *Pending
	was, err := fsys.OpenInside(t.disk, t.dir, f.Name, os.O_RDONLY)
	switch {
	case err == nil:
		old, err = Prepare(t.disk, path, 0o666, func(f fsys.File) error {
			var n int64
			info, err := was.Stat()
			if err == nil && info.Size() <= limit {
				n, err = io.CopyN(f, was, limit+1) // it may have grown
			}
			if err == nil && max(n, info.Size()) > limit {
				return fmt.Errorf("the file that is there has more than %d bytes, so it was not written by pcapmill: move it away", int64(limit))
			}
			if err == io.EOF {
				err = nil
			}
			return err
		})
		if err = errors.Join(err, was.Close()); err != nil {
			old.Discard()
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	t.old = append(t.old, old)
	next, err := Prepare(t.disk, path, 0o666, func(to fsys.File) error {
		_, err := to.Write(f.Text)
		return err
	})
	t.next = append(t.next, next)
	return err
}

func (t *together) discard() {
	for _, p := range append(t.next, t.old...) {
		p.Discard()
	}
}

// back puts the old files back and returns the reason, together with why if that failed.
func (t *together) back(reason error) error {
	var errs []error
	for i, p := range t.next {
		if t.old[i] != nil {
			errs = append(errs, t.old[i].Rename())
		} else if err := t.disk.Remove(p.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(append(errs, t.disk.SyncDir(t.dir))...); err != nil {
		return fmt.Errorf("%w\nand the old files could not be put back: %w\nonce the cause is gone, the same command completes it", reason, err)
	}
	return reason
}
