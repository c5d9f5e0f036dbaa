package idx

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
)

// The names of a dataset's two files.
const (
	ImagesName = "session_output.idx3"
	LabelsName = "label_output.idx1"
)

// bufferSize is how many bytes of images a Writer gathers before it writes them.
const bufferSize = 1 << 20

// Format writes datasets as a pair of IDX files, [ImagesName] and [LabelsName]. It
// implements [dataset.Format].
type Format struct{}

var _ dataset.Format = Format{}

// Name returns "idx".
func (Format) Name() string { return "idx" }

// Open opens the pair in dir for appending; see [dataset.Format]. Files that are no IDX
// files of this kind are refused with an *[Error], whatever samples is, so that a file
// which only happens to have the name is not lost. While nothing is committed, a pair
// that counts no samples takes any shape.
func (Format) Open(dir string, spec dataset.Spec, samples int64) (dataset.Writer, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	images := filepath.Join(dir, ImagesName)
	switch {
	case samples < 0:
		return nil, fmt.Errorf("idx: %s: %d committed samples", images, samples)
	case samples > MaxItems:
		return nil, &dataset.LimitError{File: images, What: "samples", Need: samples, Most: MaxItems}
	}
	w := &writer{dir: dir, spec: spec, committed: samples, samples: samples}
	if err := w.open(); err != nil {
		return nil, errors.Join(err, w.closeFiles())
	}
	return w, nil
}

// A writer is the pair. Between calls, samples = items in the files + items in the
// buffers, of either file, unless failed is set.
type writer struct {
	dir            string
	spec           dataset.Spec
	images, labels *file

	committed int64 // samples that stay whatever happens
	samples   int64 // and those appended
	cut       int64

	imageBuf, labelBuf []byte
	failed             error // what every further Append and Commit returns
	closed             bool
}

// open checks both files before it changes one of them.
func (w *writer) open() (err error) {
	shape := []uint32{uint32(w.spec.Rows), uint32(w.spec.Cols)}
	if w.images, err = openFile(filepath.Join(w.dir, ImagesName), shape, w.committed); err != nil {
		return err
	}
	if w.labels, err = openFile(filepath.Join(w.dir, LabelsName), nil, w.committed); err != nil {
		return err
	}
	for _, x := range w.files() {
		w.cut += max(x.found-x.offset(w.committed), 0)
	}
	if w.committed == 0 {
		return w.start()
	}
	return w.rewind()
}

// files returns both files, in the order in which everything is done to them.
func (w *writer) files() [2]*file { return [2]*file{w.images, w.labels} }

// each does one step to both files, the images first.
func (w *writer) each(step func(x *file) error) error {
	for _, x := range w.files() {
		if err := step(x); err != nil {
			return fmt.Errorf("idx: %w", err) // an *fs.PathError, which names the file
		}
	}
	return nil
}

// start makes both files whole and empty, and their names durable.
func (w *writer) start() error {
	for _, step := range []func(*file) error{
		(*file).begin,
		(*file).sync,
		func(x *file) error { return x.truncate(0) },
		(*file).sync,
	} {
		if err := w.each(step); err != nil {
			return err
		}
	}
	if err := dataset.SyncDir(w.dir); err != nil {
		return fmt.Errorf("idx: %w", err)
	}
	return nil
}

// rewind goes back to the committed samples: first the counts, so that no header ever
// counts what is not there, then the data. A pair that is in that state is not touched.
func (w *writer) rewind() error {
	dirty := false
	for _, x := range w.files() {
		info, err := x.f.Stat()
		if err != nil {
			return fmt.Errorf("idx: %w", err)
		}
		dirty = dirty || x.header.Count() != w.committed || info.Size() != x.offset(w.committed)
		x.items = w.committed
	}
	if !dirty {
		return nil
	}
	for _, step := range []func(*file) error{
		func(x *file) error { return x.writeCount(w.committed) },
		(*file).sync,
		func(x *file) error { return x.truncate(w.committed) },
		(*file).sync,
	} {
		if err := w.each(step); err != nil {
			return err
		}
	}
	return nil
}

// Append implements [dataset.Writer].
func (w *writer) Append(s dataset.Sample) error {
	switch {
	case w.closed:
		return dataset.ErrClosed
	case w.failed != nil:
		return w.failed
	case len(s.Data) != w.spec.Size():
		return &dataset.MismatchError{File: w.images.path, What: "bytes of a sample", Have: int64(len(s.Data)), Need: int64(w.spec.Size())}
	case w.samples >= MaxItems:
		return &dataset.LimitError{File: w.images.path, What: "samples", Need: w.samples + 1, Most: MaxItems}
	}
	if len(w.imageBuf) > 0 && len(w.imageBuf)+len(s.Data) > bufferSize {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.imageBuf == nil {
		w.imageBuf = make([]byte, 0, bufferSize)
	}
	w.imageBuf = append(w.imageBuf, s.Data...)
	w.labelBuf = append(w.labelBuf, s.Label)
	w.samples++
	return nil
}

// flush writes what was gathered: one write for the images, one for the labels.
func (w *writer) flush() error {
	if len(w.labelBuf) == 0 {
		return nil
	}
	err := w.images.writeItems(w.imageBuf)
	if err == nil {
		err = w.labels.writeItems(w.labelBuf)
	}
	if err != nil {
		return w.fail(err)
	}
	w.labelBuf = w.labelBuf[:0]
	if cap(w.imageBuf) > bufferSize {
		w.imageBuf = nil // it held one huge sample
	}
	w.imageBuf = w.imageBuf[:0]
	return nil
}

// fail remembers an error: after a failed write or sync nobody knows what is on disk,
// so nothing is built on it.
func (w *writer) fail(err error) error {
	w.failed = fmt.Errorf("idx: %w", err)
	return w.failed
}

// Commit implements [dataset.Writer].
func (w *writer) Commit() error {
	switch {
	case w.closed:
		return dataset.ErrClosed
	case w.failed != nil:
		return w.failed
	case w.samples == w.committed:
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	for _, step := range []func(*file) error{
		(*file).sync, // data first: a count on disk never runs ahead of it
		func(x *file) error { return x.writeCount(w.samples) },
		(*file).sync,
	} {
		if err := w.each(step); err != nil {
			w.failed = err
			return err
		}
	}
	w.committed = w.samples
	return nil
}

// Samples implements [dataset.Writer].
func (w *writer) Samples() int64 { return w.samples }

// Cut implements [dataset.Writer].
func (w *writer) Cut() int64 { return w.cut }

// Files implements [dataset.Writer]: the images, then the labels.
func (w *writer) Files() []dataset.File {
	return []dataset.File{
		{Name: ImagesName, Size: w.images.offset(w.committed)},
		{Name: LabelsName, Size: w.labels.offset(w.committed)},
	}
}

// Close implements [dataset.Writer].
func (w *writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	return errors.Join(w.rewind(), w.closeFiles())
}

func (w *writer) closeFiles() error {
	return errors.Join(w.images.close(), w.labels.close())
}
