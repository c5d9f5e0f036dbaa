package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
)

// commitEvery is the least time between two commits, and so about what a kill
// loses of a small dataset.
const commitEvery = 200 * time.Millisecond

// Due reports whether it is time to commit: not so often that committing takes
// more than some five per cent of the run.
func (w *Writer) Due() bool {
	return w.pending > 0 && time.Since(w.last) > max(commitEvery, 20*w.took)
}

// Commit makes everything added so far part of the dataset. If that is nothing it
// touches no file, so a run that finds all of its captures in the dataset leaves
// every byte and every file's time as it was.
func (w *Writer) Commit() error {
	if w.pending == 0 {
		return nil
	}
	if err := w.reserve(); err != nil {
		return err
	}
	return w.commitNow()
}

// reserve puts the old manifest on disk, under a temporary name, while there is
// room for it: a run that fails on a full disk must be able to put it back.
func (w *Writer) reserve() (err error) {
	if w.undo == nil {
		w.undo, err = prepareText(w.disk, w.dir, manifest.Name, w.before)
	}
	return err
}

func (w *Writer) commitNow() error {
	start := time.Now()
	next, err := w.prepare()
	if err != nil {
		return err
	}
	defer next.Discard() // nothing, once it is published
	if err := w.show(next); err != nil {
		return err
	}
	w.pending, w.last = 0, time.Now()
	w.took = w.last.Sub(start)
	return nil
}

// prepare puts all that a commit needs on disk, the manifest included, and
// changes nothing that a reader would go by. It is what takes time.
func (w *Writer) prepare() (*atomicfile.Pending, error) {
	for i, p := range w.parts {
		files, err := p.prepare()
		if err != nil {
			return nil, err
		}
		if i > 0 {
			w.m.Variants[i-1].Files = files
			continue
		}
		if err := w.rows.Prepare(); err != nil {
			return nil, err
		}
		w.m.Files = slices.Insert(files, w.parts[0].samplesFiles(), manifest.File{Name: rows.Name, Size: w.rows.Size()})
	}
	text, err := w.text.encode(w.m)
	if err != nil {
		return nil, err
	}
	size := int64(0)
	for _, piece := range text {
		size += int64(len(piece))
	}
	if size > MaxManifest {
		return nil, fmt.Errorf("the manifest has %d bytes, need at most %d: put further captures into another directory", size, int64(MaxManifest))
	}
	if w.before == nil {
		w.before = slices.Concat(text...)
	}
	return prepareText(w.disk, w.dir, manifest.Name, text...)
}

// show makes visible what was prepared, the manifest last. Of a small dataset
// these are renames and nothing else; a kill between them leaves samples that
// the manifest does not know, which the next run cuts off.
func (w *Writer) show(next *atomicfile.Pending) error {
	w.changed = w.undo != nil
	for _, p := range w.parts {
		if err := p.commit(); err != nil {
			return err
		}
	}
	if err := w.rows.Commit(); err != nil {
		return err
	}
	return next.Publish()
}
