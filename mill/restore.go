package mill

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/dataset/rows"
	"github.com/pcapmill/pcapmill/manifest"
)

// close ends the run with the dataset as last committed.
func (s *store) close() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.rows != nil {
		errs = append(errs, s.rows.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Release())
	}
	return errors.Join(errs...)
}

// abandon ends the run with the dataset as it was before the run.
func (s *store) abandon() {
	if s.writer != nil {
		_ = s.writer.Close()
	}
	if s.rows != nil {
		_ = s.rows.Close()
	}
	if s.m != nil {
		s.restore()
	}
	if s.lock != nil {
		_ = s.lock.Release()
	}
	for _, dir := range s.made {
		_ = os.Remove(dir) // only if it is empty
	}
}

// restore puts the old manifest back and cuts the data to it; without one, it
// removes what this run made. Whatever fails here, the directory still opens
// as a dataset of whole captures: the last commit's.
func (s *store) restore() {
	if s.before == nil {
		for _, name := range []string{manifest.Name, idx.ImagesName, idx.LabelsName, rows.Name} {
			_ = os.Remove(filepath.Join(s.dir, name))
		}
		return
	}
	if s.changed && manifest.WriteText(s.dir, s.before) != nil {
		return
	}
	spec := dataset.Spec{Rows: s.o.Shape.Rows, Cols: s.o.Shape.Cols}
	if w, err := s.format.Open(s.dir, spec, s.base); err == nil {
		_ = w.Close()
	}
	if table, err := rows.Open(s.dir, s.base); err == nil {
		_ = table.Close()
	}
}

// missing lists the directories that have to be made for dir, deepest first.
func missing(dir string) (dirs []string) {
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			return dirs
		}
		dirs = append(dirs, dir)
	}
}
