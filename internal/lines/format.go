package lines

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/bytelog"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// The names of the two files.
const (
	Name      = "session_output.txt"
	IndexName = "session_index.bin"
)

// EntryLen is the length of an entry of the index in bytes.
const EntryLen = 8

// DefaultRewriteLimit is the largest text in bytes that a commit writes anew: 16 MiB.
const DefaultRewriteLimit = idx.DefaultRewriteLimit

// MaxLine is the longest line in bytes that is read, without its end: 64 MiB.
const MaxLine = 64 << 20

// Format writes datasets of text. It implements [dataset.Format].
type Format struct {
	// RewriteLimit is the largest text in bytes that a commit writes anew; 0 is
	// [DefaultRewriteLimit], a negative limit is always in place. It does not change the
	// bytes of a dataset.
	RewriteLimit int64

	// Labels is the type of the labels, as in [idx.Format].
	Labels idx.Type

	// FS is the file system; nil is the real one.
	FS fsys.FS
}

var _ dataset.Format = Format{}

// Name returns "lines".
func (Format) Name() string { return "lines" }

// Open implements [dataset.Format].
func (f Format) Open(dir string, spec dataset.Spec, samples int64) (dataset.Writer, error) {
	disk := fsys.Or(f.FS)
	limit := f.RewriteLimit
	if limit == 0 {
		limit = DefaultRewriteLimit
	}
	switch {
	case spec != dataset.Spec{Type: dataset.Text}:
		return nil, fmt.Errorf("%s: samples of %v: need text", filepath.Join(dir, Name), spec)
	case samples < 0 || samples > idx.MaxItems:
		return nil, &dataset.LimitError{File: filepath.Join(dir, Name), What: "samples", Need: samples, Most: idx.MaxItems}
	}
	end, err := lastEnd(disk, dir, samples)
	if err != nil {
		return nil, err
	}
	w := &writer{samples: samples, end: uint64(end)}
	// The labels first: they refuse what is not theirs, and nothing is changed then.
	if w.labels, err = (idx.Format{RewriteLimit: f.RewriteLimit, Labels: f.Labels, FS: f.FS}).Open(dir, spec, samples); err != nil {
		return nil, err
	}
	if w.text, err = bytelog.Open(disk, dir, Name, end, limit); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if w.index, err = bytelog.Open(disk, dir, IndexName, samples*EntryLen, limit/8); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// lastEnd is where the last committed line ends.
func lastEnd(disk fsys.FS, dir string, samples int64) (end int64, err error) {
	if samples == 0 {
		return 0, nil
	}
	f, err := fsys.OpenInside(disk, dir, IndexName, os.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() < samples*EntryLen {
		return 0, bytelog.Short(f.Name(), info.Size(), samples*EntryLen)
	}
	var b [EntryLen]byte
	if _, err := f.ReadAt(b[:], (samples-1)*EntryLen); err != nil {
		return 0, err
	}
	if end = int64(binary.LittleEndian.Uint64(b[:])); end < samples { // each line has its LF
		return 0, &dataset.MismatchError{File: f.Name(), What: "end of the last line", Have: end, Need: samples, Hint: "the file is damaged; restore it, or make the dataset anew"}
	}
	return end, nil
}

type writer struct {
	labels      dataset.Writer
	text, index *bytelog.Log
	samples     int64
	end         uint64 // behind the last line
	entry       [EntryLen]byte
	closed      bool
}

// Append implements [dataset.Writer]: s.Data is the line without its end.
func (w *writer) Append(s dataset.Sample) error {
	if bytes.IndexByte(s.Data, '\n') >= 0 || len(s.Data) > MaxLine {
		return fmt.Errorf("%s: sample %d: a line of text with a line end in it, or of more than %d bytes", Name, w.samples, MaxLine)
	}
	if err := w.labels.Append(s); err != nil {
		return err
	}
	w.end += uint64(len(s.Data)) + 1
	binary.LittleEndian.PutUint64(w.entry[:], w.end)
	w.samples++
	if err := w.text.Append(s.Data); err != nil {
		return err
	}
	if err := w.text.Append([]byte{'\n'}); err != nil {
		return err
	}
	return w.index.Append(w.entry[:])
}

// Prepare implements [dataset.Writer].
func (w *writer) Prepare() error { return w.each((*bytelog.Log).Prepare, dataset.Writer.Prepare) }

// Commit implements [dataset.Writer].
func (w *writer) Commit() error {
	if err := w.Prepare(); err != nil {
		return err
	}
	return w.each((*bytelog.Log).Commit, dataset.Writer.Commit)
}

// each does the same to all files, the labels last.
func (w *writer) each(step func(*bytelog.Log) error, labels func(dataset.Writer) error) error {
	if err := step(w.text); err != nil {
		return err
	}
	if err := step(w.index); err != nil {
		return err
	}
	return labels(w.labels)
}

// Samples implements [dataset.Writer].
func (w *writer) Samples() int64 { return w.samples }

// Cut implements [dataset.Writer].
func (w *writer) Cut() int64 { return w.text.Cut() + w.index.Cut() + w.labels.Cut() }

// Files implements [dataset.Writer].
func (w *writer) Files() []dataset.File {
	return append([]dataset.File{{Name: Name, Size: w.text.Size()}, {Name: IndexName, Size: w.index.Size()}}, w.labels.Files()...)
}

// Close implements [dataset.Writer].
func (w *writer) Close() (err error) {
	if w.closed {
		return nil
	}
	w.closed = true
	for _, l := range []*bytelog.Log{w.text, w.index} {
		if l != nil {
			err = errors.Join(err, l.Close())
		}
	}
	return errors.Join(err, w.labels.Close())
}
