package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/lines"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
)

// Close ends the run with the dataset as last committed; or, if a file cannot be
// closed, with the dataset as it was before the run, and the error.
func (w *Writer) Close() error {
	if err := w.closeFiles(); err != nil {
		return w.Fail(err)
	}
	w.undo.Discard()
	w.release()
	return nil
}

// closeFiles closes the writers. What they cannot undo then is undone by opening
// the files again.
func (w *Writer) closeFiles() error {
	var errs []error
	for _, p := range w.parts {
		errs = append(errs, p.close())
	}
	if w.rows != nil {
		errs = append(errs, w.rows.Close())
	}
	err := errors.Join(errs...)
	w.unclean = w.unclean || err != nil
	return err
}

// release gives up the lock. A lock file that cannot be removed blocks nobody: the
// lock is the process's and ends with it.
func (w *Writer) release() {
	if w.lock != nil {
		_ = w.lock.Release()
	}
}

// Fail ends the run with the dataset as it was before the run, and says so in the error
// that it returns, which wraps err.
func (w *Writer) Fail(err error) error {
	text := err.Error()
	if err = w.abandon(err); err.Error() != text {
		return err
	}
	return fmt.Errorf("%w\nthe dataset is as it was before this run", err)
}

// abandon ends the run, for the given reason, with the dataset as it was before the
// run. It returns the reason; if that could not be done, together with why. Then the
// directory opens as a dataset of whole captures nevertheless: those of the last
// commit.
func (w *Writer) abandon(reason error) error {
	_ = w.closeFiles() // see there
	var err error
	if w.m != nil {
		err = w.restore()
	}
	w.undo.Discard()
	w.release()
	for _, dir := range w.dirs {
		_ = w.disk.Remove(dir) // only if it is empty
	}
	if err == nil {
		return reason
	}
	return fmt.Errorf("%w\nand the dataset could not be put back as it was before this run: %w\n"+
		"it opens with the whole captures that its manifest lists; once the cause is gone, the same command completes it", reason, err)
}

// restore puts the old manifest back and cuts the data to it; then, if this run
// made the dataset, it removes it. A kill at any step leaves what opens.
func (w *Writer) restore() error {
	if w.changed {
		if err := w.undo.Publish(); err != nil {
			return err
		}
	}
	if w.changed || w.unclean {
		if err := w.cutBack(); err != nil {
			return err
		}
	}
	if !w.made {
		return nil
	}
	var errs []error
	for i := range w.parts { // the manifest first: without it nothing is a dataset
		errs = append(errs, w.removePart(w.parts[i], i == 0))
		if i == 0 && len(w.parts) > 1 {
			errs = append(errs, w.disk.SyncDir(w.dir))
		}
	}
	for _, p := range slices.Backward(w.parts) { // the first of them has made the directory of all
		for _, dir := range p.dirs {
			_ = w.disk.Remove(dir) // only if it is empty
		}
	}
	return errors.Join(errs...)
}

// removePart removes the files of a part, and of the first one the manifest.
func (w *Writer) removePart(p *part, first bool) error {
	if _, err := w.disk.Lstat(p.dir); errors.Is(err, fs.ErrNotExist) {
		return nil // the run came to no such place
	}
	names := []string{idx.ImagesName, idx.LabelsName, rows.Name, lines.Name, lines.IndexName, LayoutName}
	if first {
		names = append([]string{manifest.Name}, names...)
	}
	var errs []error
	for _, name := range names {
		if p.images == nil && slices.Contains(p.found, name) {
			continue // who knows whose it is
		}
		path := filepath.Join(p.dir, name)
		// A temporary file that could not be discarded would keep the directory.
		errs = append(errs, atomicfile.RemoveStale(w.disk, path))
		if err := w.disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// cutBack cuts the data to what was there before the run.
func (w *Writer) cutBack() error {
	for _, p := range w.parts {
		if err := p.cutBack(w.base); err != nil {
			return err
		}
	}
	table, err := w.rowFormat().Open(w.dir, w.base)
	if err != nil {
		return err
	}
	return table.Close()
}
