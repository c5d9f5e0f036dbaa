package mill

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
)

// close ends the run with the dataset as last committed; or, if a file cannot be
// closed, with the dataset as it was before the run, and the error.
func (s *store) close() error {
	if err := s.closeFiles(); err != nil {
		return s.fail(err)
	}
	s.undo.Discard()
	s.release()
	return nil
}

// closeFiles closes the writers. What they cannot undo then is undone by opening
// the files again.
func (s *store) closeFiles() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.rows != nil {
		errs = append(errs, s.rows.Close())
	}
	err := errors.Join(errs...)
	s.unclean = s.unclean || err != nil
	return err
}

// release gives up the lock. A lock file that cannot be removed blocks nobody: the
// lock is the process's and ends with it.
func (s *store) release() {
	if s.lock != nil {
		_ = s.lock.Release()
	}
}

// fail ends the run with the dataset as it was before the run, and says so.
func (s *store) fail(err error) error {
	text := err.Error()
	if err = s.abandon(err); err.Error() != text {
		return err
	}
	return fmt.Errorf("%w\nthe dataset is as it was before this run", err)
}

// abandon ends the run, for the given reason, with the dataset as it was before the
// run. It returns the reason; if that could not be done, together with why. Then the
// directory opens as a dataset of whole captures nevertheless: those of the last
// commit.
func (s *store) abandon(reason error) error {
	_ = s.closeFiles() // see there
	var err error
	if s.m != nil {
		err = s.restore()
	}
	s.undo.Discard()
	s.release()
	for _, dir := range s.dirs {
		_ = s.to.disk.Remove(dir) // only if it is empty
	}
	if err == nil {
		return reason
	}
	return fmt.Errorf("%w\nand the dataset could not be put back as it was before this run: %w\n"+
		"it opens with the whole captures that its manifest lists; once the cause is gone, the same command completes it", reason, err)
}

// restore puts the old manifest back and cuts the data to it; then, if this run
// made the dataset, it removes it. A kill at any step leaves what opens.
func (s *store) restore() error {
	if s.changed {
		if err := s.undo.Publish(); err != nil {
			return err
		}
	}
	if s.changed || s.unclean {
		if err := s.cutBack(); err != nil {
			return err
		}
	}
	if !s.made {
		return nil
	}
	var errs []error
	for _, name := range []string{manifest.Name, idx.ImagesName, idx.LabelsName, rows.Name} {
		if s.writer == nil && slices.Contains(s.found, name) {
			continue // who knows whose it is
		}
		path := filepath.Join(s.dir, name)
		// A temporary file that could not be discarded would keep the directory.
		errs = append(errs, atomicfile.RemoveStale(s.to.disk, path))
		if err := s.to.disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// cutBack cuts the data to what was there before the run.
func (s *store) cutBack() error {
	w, err := s.to.format.Open(s.dir, dataset.Spec{Rows: s.o.Shape.Rows, Cols: s.o.Shape.Cols}, s.base)
	if err != nil {
		return err
	}
	table, err := s.to.table.Open(s.dir, s.base)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	return errors.Join(w.Close(), table.Close())
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
