package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/lines"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
)

// Samples reads the samples of a dataset. It is for one goroutine.
type Samples struct {
	f    fsys.File
	r    *idx.Images
	text *lines.Reader // of text, and no file and no images
	n    int64         // that the manifest counts
	next int64
}

// Samples opens the samples. The caller closes them.
func (d *Dataset) Samples() (*Samples, error) {
	if d.Spec().Type == dataset.Text {
		r, err := lines.NewReader(d.disk, d.at, d.m.Samples)
		if err != nil {
			return nil, err
		}
		return &Samples{text: r, n: d.m.Samples}, nil
	}
	f, r, err := d.openIDX(idx.ImagesName)
	if err != nil {
		return nil, err
	}
	images, err := idx.AsArrays(r, d.Spec().Type)
	if err == nil {
		err = d.fits(images)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Samples{f: f, r: images, n: d.m.Samples}, nil
}

// openIDX opens one of the IDX files, which has at least the samples of the manifest.
func (d *Dataset) openIDX(name string) (fsys.File, *idx.Reader, error) {
	f, err := fsys.OpenInside(d.disk, d.dir, d.inside(name), os.O_RDONLY)
	if err != nil {
		return nil, nil, err
	}
	r, err := d.readIDX(f)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, r, nil
}

func (d *Dataset) readIDX(f fsys.File) (*idx.Reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r, err := idx.NewReader(f, info.Size(), f.Name())
	if err != nil {
		return nil, err
	}
	if r.Len() < d.m.Samples {
		return nil, &dataset.MismatchError{
			File: f.Name(), What: "samples in the header", Have: r.Len(), Need: d.m.Samples,
			Hint: "the file is not the one of the manifest, or is damaged",
		}
	}
	return r, nil
}

// fits compares the shape with the manifest's. An empty file may have any.
func (d *Dataset) fits(r *idx.Images) error {
	if r.Rows() == d.m.Rows && r.Cols() == d.m.Cols {
		return nil
	}
	return &pathError{filepath.Join(d.at, idx.ImagesName), fmt.Errorf("samples of %dx%d, but the manifest says %v", r.Rows(), r.Cols(), d.Spec())}
}

// Next returns the next sample, beginning with the first, and io.EOF behind the last: of
// text a line without its end. The bytes are lent until the next call.
func (s *Samples) Next() ([]byte, error) {
	if s.next >= s.n {
		return nil, io.EOF
	}
	next := s.nextLine
	if s.text == nil {
		next = s.r.Next
	}
	b, err := next()
	if err != nil {
		return nil, cutOff(err)
	}
	s.next++
	return b, nil
}

func (s *Samples) nextLine() ([]byte, error) { return s.text.Next() }

// At fills dst, which has the size of a sample, with sample i, 0 <= i < Len of the
// dataset. Lines of text have no common size: see Line.
func (s *Samples) At(dst []byte, i int64) error {
	if i >= s.n {
		return fmt.Errorf("sample %d of %d", i, s.n)
	}
	if s.text != nil {
		return errors.New("samples of text have no common size")
	}
	return s.r.ReadAt(dst, i)
}

// Line appends sample i of text, 0 <= i < Len of the dataset, to dst.
func (s *Samples) Line(dst []byte, i int64) ([]byte, error) {
	if s.text == nil {
		return dst, errors.New("the samples are arrays, and no text")
	}
	return s.text.At(dst, i)
}

// Offset is where sample i begins in the file of samples, in bytes; of arrays only.
func (s *Samples) Offset(i int64) int64 { return s.r.Header().Size() + i*int64(s.r.ItemSize()) }

// Close closes the file.
func (s *Samples) Close() error {
	if s.text != nil {
		return s.text.Close()
	}
	return s.f.Close()
}

// Labels reads the labels of a dataset in order. It is for one goroutine.
type Labels struct {
	f    fsys.File
	r    *idx.Labels
	n    int64
	next int64
}

// Labels opens the labels. The caller closes them.
func (d *Dataset) Labels() (*Labels, error) {
	f, r, err := d.openIDX(idx.LabelsName)
	if err != nil {
		return nil, err
	}
	labels, err := idx.AsLabels(r)
	if have := r.Header().Type; err == nil && have != d.labelType() {
		err = &pathError{f.Name(), fmt.Errorf("labels of type %v, but the manifest's %d classes need %v", have, len(d.m.Classes), d.labelType())}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Labels{f: f, r: labels, n: d.m.Samples}, nil
}

// labelType is the type that the manifest gives the labels.
func (d *Dataset) labelType() idx.Type { return typeOf(d.m.LabelType) }

func typeOf(labelType string) idx.Type {
	if labelType == manifest.LabelInt32 {
		return idx.Int32
	}
	return idx.Uint8
}

// Next returns the next label, beginning with the first, and io.EOF behind the last.
func (l *Labels) Next() (uint16, error) {
	if l.next >= l.n {
		return 0, io.EOF
	}
	id, err := l.r.Next()
	if err != nil {
		return 0, cutOff(err)
	}
	l.next++
	return id, nil
}

// Close closes the file.
func (l *Labels) Close() error { return l.f.Close() }

// cutOff keeps the end of a file that was long enough before from passing for the end of
// the dataset.
func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Rows reads the table of samples in order. It is for one goroutine.
type Rows struct{ r *rows.Reader }

// Rows opens the table of samples. The caller closes it.
func (d *Dataset) Rows() (*Rows, error) {
	r, err := d.rowFormat().NewReader(d.dir, d.m.Samples)
	if err != nil {
		return nil, err
	}
	return &Rows{r}, nil
}

func (d *Dataset) rowFormat() rows.Format {
	return rows.Format{FS: d.disk, Wide: d.wide}
}

// Next reads the next row; behind the last it returns io.EOF.
func (r *Rows) Next(row *dataset.Row) error { return r.r.Next(row) }

// Raw is the row that Next read last, as it stands in the file. It is lent until the next
// call.
func (r *Rows) Raw() []byte { return r.r.Raw() }

// Close closes the file.
func (r *Rows) Close() error { return r.r.Close() }

// CheckSizes compares the sizes of the data files with those that the manifest lists, and
// these with the number of samples.
func (d *Dataset) CheckSizes() error {
	want := map[string]int64{
		idx.LabelsName: 8 + d.m.Samples*int64(d.labelType().Size()),
	}
	if d.isFirst() {
		want[rows.Name] = d.m.Samples * d.rowFormat().RecordLen()
	}
	if d.Spec().Type == dataset.Text {
		r, err := lines.NewReader(d.disk, d.at, d.m.Samples)
		if err != nil {
			return err
		}
		want[lines.Name], want[lines.IndexName] = r.Size(), d.m.Samples*lines.EntryLen
		if err := r.Close(); err != nil {
			return err
		}
	} else {
		want[idx.ImagesName] = 16 + d.m.Samples*int64(d.Spec().Size())
	}
	if d.HasLayouts() {
		if err := d.checkLayouts(); err != nil {
			return err
		}
		want[LayoutName] = sizeOf(d.m.Files, LayoutName)
	}
	if len(d.m.Files) != len(want) {
		return fmt.Errorf("the manifest lists %d files, need %d", len(d.m.Files), len(want))
	}
	for _, f := range d.m.Files {
		if want[f.Name] != f.Size {
			return fmt.Errorf("the manifest says %d bytes for %s, but %d samples need %d", f.Size, f.Name, d.m.Samples, want[f.Name])
		}
		have, err := d.size(f.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s is missing", d.inside(f.Name))
		case err != nil:
			return err
		case have > f.Size:
			return fmt.Errorf("%s: have %d bytes, need %d: an unfinished run left %d bytes behind; run the same convert again to complete it",
				d.inside(f.Name), have, f.Size, have-f.Size)
		case have < f.Size:
			return fmt.Errorf("%s: have %d bytes, need %d", d.inside(f.Name), have, f.Size)
		}
	}
	return nil
}

// size is the size of a file in bytes.
func (d *Dataset) size(name string) (n int64, err error) {
	f, err := fsys.OpenInside(d.disk, d.dir, d.inside(name), os.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// CheckHeaders compares what the headers of the data files say with the manifest.
func (d *Dataset) CheckHeaders() (err error) {
	s, err := d.Samples()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	l, err := d.Labels()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	have := d.m.Samples // of text there is no header
	if s.text == nil {
		have = s.r.Len()
	}
	if have != d.m.Samples || l.r.Len() != d.m.Samples {
		return fmt.Errorf("%d images and %d labels, but %d samples", have, l.r.Len(), d.m.Samples)
	}
	return nil
}
