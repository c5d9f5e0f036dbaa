package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// place is where an export goes: its folder, the new one beside it, and, where two folders
// cannot change places, the old one for a moment.
type place struct {
	disk             fsys.FS
	name             string // of the format
	final, next, old string
	keep             bool // next could not be put back and holds the old export
}

func newPlace(disk fsys.FS, into, name string) *place {
	return &place{
		disk: disk, name: name, final: filepath.Join(into, name),
		next: filepath.Join(into, "."+name+".new"), old: filepath.Join(into, "."+name+".old"),
	}
}

// prepare removes what a killed run left, looks whether the folder that is there may be
// replaced, and makes the new one.
func (p *place) prepare() error {
	if _, err := p.disk.Lstat(p.final); errors.Is(err, fs.ErrNotExist) {
		if err := p.disk.Rename(p.old, p.final); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := errors.Join(fsys.RemoveAll(p.disk, p.old), fsys.RemoveAll(p.disk, p.next)); err != nil {
		return err
	}
	if err := p.mayReplace(); err != nil {
		return err
	}
	err := p.disk.MkdirAll(p.next, 0o777)
	if err != nil {
		p.clean()
	}
	return err
}

// clean removes the folder that was not published, or the one that was replaced. If it
// stays, the next run removes it.
func (p *place) clean() {
	if !p.keep {
		_ = fsys.RemoveAll(p.disk, p.next)
	}
}

// A ForeignError reports a folder that holds what no export has made, so that it must not
// be replaced by one.
type ForeignError struct{ Path, Reason string }

// Error names the path and the reason.
func (e *ForeignError) Error() string { return e.Path + ": " + e.Reason }

// Paths are the paths that the error names.
func (e *ForeignError) Paths() []string { return []string{e.Path} }

// Hint says what to do about it.
func (e *ForeignError) Hint() string {
	return "an export replaces its folder as a whole, and pcapmill removes only what it made; move that elsewhere, or export --into another directory"
}

// mayReplace refuses a folder that is not an export of the same format with its own
// files and no others.
func (p *place) mayReplace() error {
	dir := p.final
	info, err := p.disk.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return &ForeignError{dir, "is not a folder"}
	}
	if entries, err := p.disk.ReadDir(dir); err != nil || len(entries) == 0 {
		return err
	}
	ours := map[string]bool{RecordName: true, formerRecordName: true}
	record, err := read(p.disk, dir, func(f File) error {
		ours[f.Name] = true
		return nil
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &ForeignError{dir, "is no export: it holds files but no " + RecordName}
	case err != nil:
		return err
	case record.Name != p.name:
		return &ForeignError{dir, "is an export of another format: " + record.Name}
	}
	return fsys.Walk(p.disk, dir, func(name string, e fs.DirEntry) error {
		if e.IsDir() || ours[name] {
			return nil
		}
		return &ForeignError{filepath.Join(dir, filepath.FromSlash(name)), "is not a file of the export there"}
	})
}

// oneByOne is how many files are synced each on its own. Where there are more, and the
// system can, their whole file system is synced once, which takes less time than
// thousands of single ones.
const oneByOne = 64

// sync makes the files of the new folder, and the folders that they stand in, durable.
func (p *place) sync(files []dataset.File) error {
	if len(files) > oneByOne {
		if done, err := p.disk.SyncAll(p.next); done || err != nil {
			return err
		}
	}
	for _, f := range append([]dataset.File{{Name: RecordName}}, files...) {
		if err := p.syncFile(f.Name); err != nil {
			return err
		}
	}
	err := fsys.Walk(p.disk, p.next, func(name string, e fs.DirEntry) error {
		if !e.IsDir() {
			return nil
		}
		return p.disk.SyncDir(filepath.Join(p.next, filepath.FromSlash(name)))
	})
	return errors.Join(err, p.disk.SyncDir(p.next))
}

func (p *place) syncFile(name string) error {
	f, err := fsys.OpenInside(p.disk, p.next, name, os.O_RDWR)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// publish makes the new folder the export, durably. The old one has its place then, or is
// gone. After an error the old one is the export again.
func (p *place) publish() error {
	made, err := p.disk.Lstat(p.next)
	if err != nil {
		return err
	}
	err = p.show()
	if err == nil {
		err = p.disk.SyncDir(filepath.Dir(p.final))
	}
	if err == nil {
		_ = fsys.RemoveAll(p.disk, p.old) // if it stays, the next run removes it
		return nil
	}
	if back := p.back(made); back != nil {
		p.keep = true
		return fmt.Errorf("%w\nand %s could not be put back as it was: %w\nonce the cause is gone, the same command makes it anew", err, p.final, back)
	}
	return err
}

// show gives the new folder its name.
func (p *place) show() error {
	err := p.disk.Rename(p.next, p.final) // if there is none, or an empty one
	if err == nil {
		return nil
	}
	switch _, none := p.disk.Lstat(p.final); {
	case errors.Is(none, fs.ErrNotExist):
		return err
	case none != nil:
		return none
	}
	if _, gone := p.disk.Lstat(p.next); errors.Is(gone, fs.ErrNotExist) {
		return err // it was renamed nevertheless
	}
	if done, e := p.disk.Exchange(p.next, p.final); done || e != nil {
		return e
	}
	return p.replace()
}

// replace is an exchange for systems that have none.
func (p *place) replace() error {
	if err := p.disk.Rename(p.final, p.old); err != nil {
		return err
	}
	return p.disk.Rename(p.next, p.final)
}

// back puts the old folder in its place again, wherever a failure has left the two. made
// is the new one.
func (p *place) back(made fs.FileInfo) error {
	there, err := p.disk.Lstat(p.final)
	switch {
	case err == nil && !os.SameFile(there, made):
		return nil // it was not replaced
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	was := p.old
	if _, err := p.disk.Lstat(was); errors.Is(err, fs.ErrNotExist) {
		was = p.next
	}
	info, err := p.disk.Lstat(was)
	if errors.Is(err, fs.ErrNotExist) || err == nil && os.SameFile(info, made) { // there was none
		if there == nil {
			return nil
		}
		return p.disk.Rename(p.final, p.next)
	}
	if err != nil {
		return err
	}
	if there != nil {
		aside := p.next
		if was == p.next {
			aside = p.old
		}
		if err := p.disk.Rename(p.final, aside); err != nil {
			return err
		}
	}
	if err := p.disk.Rename(was, p.final); err != nil {
		return err
	}
	if was == p.next {
		_ = fsys.RemoveAll(p.disk, p.old) // the new one; if it stays, the next run removes it
	}
	return p.disk.SyncDir(filepath.Dir(p.final))
}
