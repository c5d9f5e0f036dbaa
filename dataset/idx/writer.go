package idx

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// The names of a dataset's two files.
const (
	ImagesName = "session_output.idx3"
	LabelsName = "label_output.idx1"
)

// bufferSize is how many bytes of images a Writer gathers before it writes them in place.
const bufferSize = 1 << 20

// DefaultRewriteLimit is the largest file of images, in bytes, that a commit writes anew:
// 16 MiB, 21000 images of 28x28. A disk takes that in a fraction of a second and it is all
// that a writer then keeps in memory; what is larger would be copied again and again.
const DefaultRewriteLimit = 16 << 20

// Format writes datasets as a pair of IDX files, [ImagesName] and [LabelsName]. It
// implements [dataset.Format]. Of text it writes the labels alone: the format holds no
// text, which stands elsewhere.
type Format struct {
	// RewriteLimit is the largest file of images, in bytes, that a commit writes anew
	// and renames; beyond, samples are appended in place. 0 is [DefaultRewriteLimit],
	// a negative limit is always in place. It does not change the bytes of a dataset.
	RewriteLimit int64

	// Labels is the type of the labels: Uint8, which 0 means too, for labels up to
	// 255, or Int32. A dataset keeps the type that it was made with: Open refuses it
	// with another one.
	Labels Type

	// FS is the file system; nil is the real one.
	FS fsys.FS
}

var _ dataset.Format = Format{}

// Name returns "idx".
func (Format) Name() string { return "idx" }

// Open opens the pair in dir for appending; see [dataset.Format]. It removes temporary
// files that a killed writer left. Files that are no IDX
// files of this kind are refused with an *[Error], whatever samples is, so that a file
// which only happens to have the name is not lost. While nothing is committed, a pair
// that counts no samples takes any shape.
func (f Format) Open(dir string, spec dataset.Spec, samples int64) (dataset.Writer, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	images := filepath.Join(dir, ImagesName)
	switch {
	case samples < 0:
		return nil, fmt.Errorf("%s: %d committed samples", images, samples)
	case samples > MaxItems:
		return nil, &dataset.LimitError{File: images, What: "samples", Need: samples, Most: MaxItems}
	}
	w := &writer{disk: fsys.Or(f.FS), dir: dir, spec: spec, limit: f.RewriteLimit, committed: samples, samples: samples, prepared: samples}
	if w.limit == 0 {
		w.limit = DefaultRewriteLimit
	}
	labels := f.Labels
	switch labels {
	case 0:
		labels = Uint8
	case Uint8, Int32:
	default:
		return nil, fmt.Errorf("labels of type %v: need %v or %v", labels, Uint8, Int32)
	}
	if err := w.open(labels); err != nil {
		return nil, errors.Join(err, w.closeFiles())
	}
	return w, nil
}

// A writer is the pair. Between calls, samples = items in the files + items gathered,
// of either file, unless failed is set.
//
// It starts by rewriting: whatever is appended is gathered, Prepare writes new files
// beside the old ones, and Commit renames them. Once the images outgrow the limit it
// goes on in place: data behind the committed samples, then counts.
type writer struct {
	disk           fsys.FS
	dir            string
	spec           dataset.Spec
	limit          int64
	images, labels *file

	committed int64 // samples that stay whatever happens
	prepared  int64 // those that a Commit need only make visible
	samples   int64 // and those appended
	cut       int64

	one        [1]uint16 // the label of Append
	labelBytes []byte    // as the file has them, of the last call

	inPlace bool
	renamed bool // the directory was not synced since

	failed  error      // what every further Append, Prepare and Commit returns
	filling sync.Mutex // guards failed while places are filled
	closed  bool
}

// open checks both files before it changes one of them.
func (w *writer) open(labels Type) (err error) {
	if t := TypeOf(w.spec.Type); t != 0 {
		shape := []uint32{uint32(w.spec.Rows), uint32(w.spec.Cols)}
		if w.images, err = openFile(w.disk, filepath.Join(w.dir, ImagesName), t, shape, w.committed); err != nil {
			return err
		}
	}
	if w.labels, err = openFile(w.disk, filepath.Join(w.dir, LabelsName), labels, nil, w.committed); err != nil {
		return err
	}
	for _, x := range w.files() {
		w.cut += max(x.found-x.offset(w.committed), 0)
	}
	if err := w.each(func(x *file) error { return atomicfile.RemoveStale(w.disk, x.path) }); err != nil {
		return err
	}
	if w.committed == 0 {
		return w.start()
	}
	return w.rewind()
}

// files returns both files, in the order in which everything is done to them. Of text there
// are labels only.
func (w *writer) files() []*file {
	both := [...]*file{w.images, w.labels}
	if w.images == nil {
		return both[1:]
	}
	return both[:]
}

// first is the file that decides when to write: of both the larger one.
func (w *writer) first() *file { return w.files()[0] }

// each does one step to both files, the images first.
func (w *writer) each(step func(x *file) error) error {
	for _, x := range w.files() {
		if err := step(x); err != nil {
			return err // an *fs.PathError, which names the file
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
	if err := w.disk.SyncDir(w.dir); err != nil {
		return err
	}
	return nil
}

// rewind goes back to the committed samples: first the counts, so that no header ever
// counts what is not there, then the data. A pair that is in that state is not touched.
func (w *writer) rewind() error {
	dirty := false
	for _, x := range w.files() {
		if err := x.reopen(); err != nil {
			return err
		}
		info, err := x.f.Stat()
		if err != nil {
			return err
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
	w.one[0] = s.Label
	return w.AppendAll(s.Data, w.one[:])
}

// AppendAll is Append for several samples, one after another in data.
func (w *writer) AppendAll(data []byte, labels []uint16) error {
	n := int64(len(labels))
	switch {
	case w.closed:
		return dataset.ErrClosed
	case w.failed != nil:
		return w.failed
	case n == 0:
		return nil
	case w.images != nil && int64(len(data)) != n*w.images.item:
		what := "bytes of a sample"
		if n > 1 {
			what = "bytes of samples"
		}
		return &dataset.MismatchError{File: w.images.path, What: what, Have: int64(len(data)), Need: n * w.images.item}
	case n > MaxItems-w.samples:
		return &dataset.LimitError{File: w.first().path, What: "samples", Need: w.samples + n, Most: MaxItems}
	}
	var err error
	if w.labelBytes, err = w.column(w.labelBytes[:0], labels); err != nil {
		return err
	}
	if err := w.do((*file).closeReplaced); err != nil {
		return err
	}
	if !w.inPlace && w.first().offset(w.samples+n) > w.limit {
		w.leaveRewriting()
	}
	if size := w.first().gathered.size; w.inPlace && size > 0 && int64(size)+n*w.first().item > bufferSize {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.images != nil {
		w.images.gathered.add(data)
	}
	w.labels.gathered.add(w.labelBytes)
	w.samples += n
	return nil
}

// flush writes in place what was gathered.
func (w *writer) flush() error {
	return w.do((*file).reopen, (*file).writeGathered)
}

// Samples implements [dataset.Writer].
func (w *writer) Samples() int64 { return w.samples }

// Cut implements [dataset.Writer].
func (w *writer) Cut() int64 { return w.cut }

// Files implements [dataset.Writer]: the images, then the labels.
func (w *writer) Files() (list []dataset.File) {
	for _, x := range w.files() {
		list = append(list, dataset.File{Name: filepath.Base(x.path), Size: x.offset(w.prepared)})
	}
	return list
}

// Close implements [dataset.Writer].
func (w *writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.discard()
	var err error
	if w.inPlace || w.failed != nil { // else nothing visible was touched
		// Closed first: if a rename failed, what is open may not be the file any more.
		err = errors.Join(w.closeFiles(), w.rewind())
	}
	if w.renamed {
		err = errors.Join(err, w.disk.SyncDir(w.dir))
	}
	return errors.Join(err, w.closeFiles())
}

func (w *writer) closeFiles() error {
	return errors.Join(w.images.close(), w.labels.close())
}
