package fsys

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// Walk calls f for what stands below dir, folders before what is in them, each in the
// order of their names. Links are not followed. name has slashes and is relative to dir,
// which is not among them.
func Walk(disk FS, dir string, f func(name string, e fs.DirEntry) error) error {
	return walk(disk, dir, "", f)
}

func walk(disk FS, dir, below string, f func(name string, e fs.DirEntry) error) error {
	entries, err := disk.ReadDir(filepath.Join(dir, filepath.FromSlash(below)))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if below != "" {
			name = below + "/" + name
		}
		if err := f(name, e); err != nil {
			return err
		}
		if e.IsDir() {
			if err := walk(disk, dir, name, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// RemoveAll removes what stands at path, with all that is below it, if there is anything.
// Links are removed and not followed.
func RemoveAll(disk FS, path string) error {
	info, err := disk.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		entries, err := disk.ReadDir(path)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := RemoveAll(disk, filepath.Join(path, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
