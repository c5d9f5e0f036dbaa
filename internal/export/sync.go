package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
)

// oneByOne is how many files are synced each on its own. Where there are more, and the
// system can, their whole file system is synced once, which takes less time than
// thousands of single ones.
const oneByOne = 64

// syncTree makes the files of an export, and the folders that they stand in, durable.
func syncTree(dir string, files []dataset.File) error {
	if len(files) > oneByOne {
		if done, err := syncFileSystem(dir); done || err != nil {
			return err
		}
	}
	for _, f := range append([]dataset.File{{Name: RecordName}}, files...) {
		if err := syncFile(filepath.Join(dir, filepath.FromSlash(f.Name))); err != nil {
			return err
		}
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return dataset.SyncDir(path)
	})
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
