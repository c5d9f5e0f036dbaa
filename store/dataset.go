package store

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/lines"
	"github.com/pcapmill/pcapmill/internal/typo"
	"github.com/pcapmill/pcapmill/manifest"
)

// MaxManifest is the largest manifest in bytes that is read or written: 2 GiB, some two
// million captures.
const MaxManifest = 2 << 30

// The names of the files of samples: of arrays, or of lines of text. See Dataset.SamplesFile.
const (
	SamplesName = idx.ImagesName
	LinesName   = lines.Name
)

// ErrNone is wrapped when a directory holds no dataset, which is when it has no manifest.
var ErrNone = errors.New("no dataset: there is no " + manifest.Name)

// A Dataset is a finished dataset, as its manifest was when it was opened. It holds no
// open file. It is for one goroutine.
type Dataset struct {
	disk fsys.FS
	dir  string
	at   string // directory of samples and labels: dir, but of a variant
	wide bool   // what the table of samples says, see manifest.Settings.Wide
	m    *manifest.Manifest
	text []byte // of the manifest
}

// Open opens the dataset in dir. It reads the manifest and checks that its numbers can be
// those of a dataset; package verify checks the rest. It wraps [ErrNone] if there is
// none.
func Open(dir string) (*Dataset, error) { return Backend{}.Open(dir) }

// A Backend is the file system that a dataset is on. The zero value is the real one; only
// tests need another.
type Backend struct {
	FS fsys.FS // nil: the real one

	// InPlace makes a Writer append in place from the first sample on, and not only when
	// a file is large. The bytes are the same.
	InPlace bool
}

func (b Backend) disk() fsys.FS { return fsys.Or(b.FS) }

// Open is the function [Open] on this file system.
func (b Backend) Open(dir string) (*Dataset, error) {
	d := &Dataset{disk: b.disk(), dir: dir, at: dir}
	path := filepath.Join(dir, manifest.Name)
	var err error
	d.text, err = fsys.ReadText(d.disk, dir, manifest.Name, MaxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &pathError{path, ErrNone}
	}
	if err != nil {
		return nil, err
	}
	if d.m, err = manifest.Parse(d.text); err != nil {
		return nil, &pathError{path, err}
	}
	if _, err := dataset.ParseType(d.m.DType()); err != nil {
		return nil, &pathError{path, err}
	}
	switch err := d.Spec().Check(); {
	case err != nil:
		return nil, &pathError{path, err}
	case d.m.Samples < 0 || d.m.Samples > idx.MaxItems:
		return nil, &pathError{path, fmt.Errorf("%d samples, need 0 to %d", d.m.Samples, int64(idx.MaxItems))}
	}
	d.wide = d.m.Settings.Wide()
	return d, nil
}

// Variant is the dataset with the samples of another variant: its manifest is that of
// [manifest.Manifest.Of], and table of samples and split are this one's. The name of the
// first variant is this dataset. Errors: there is no such variant; its folder is none.
func (d *Dataset) Variant(name string) (*Dataset, error) {
	names := d.m.VariantNames()
	switch i := slices.Index(names, name); {
	case names == nil:
		return nil, &pathError{d.dir, fmt.Errorf("it has no variants, and so none that is called %q", name)}
	case i < 0:
		return nil, &pathError{d.dir, fmt.Errorf("no variant %q: have %s%s", name, strings.Join(names, ", "), typo.DidYouMean(name, names))}
	case i == 0:
		return d, nil
	default:
		if err := d.m.CheckVariants(); err != nil {
			return nil, &pathError{filepath.Join(d.dir, manifest.Name), err}
		}
		v := *d
		v.m = d.m.Of(i - 1)
		v.at = filepath.Join(d.dir, manifest.VariantsName, name)
		if err := fsys.Folders(d.disk, d.dir, manifest.VariantsName+"/"+name); err != nil {
			return nil, err
		}
		if _, err := dataset.ParseType(v.m.DType()); err != nil {
			return nil, &pathError{filepath.Join(d.dir, manifest.Name), err}
		}
		if err := v.Spec().Check(); err != nil {
			return nil, &pathError{filepath.Join(d.dir, manifest.Name), err}
		}
		return &v, nil
	}
}

// All is the dataset with the samples of each variant, the first one, which is this
// dataset, first.
func (d *Dataset) All() ([]*Dataset, error) {
	all := []*Dataset{d}
	for i := range d.m.Variants {
		v, err := d.Variant(d.m.Variants[i].Name)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// OpenVariant is [Open] and then [Dataset.Variant]; "" is the first one.
func OpenVariant(dir, name string) (*Dataset, error) {
	d, err := Open(dir)
	if err != nil || name == "" {
		return d, err
	}
	return d.Variant(name)
}

// Place is the directory of samples, labels and exports: Dir, but of a variant.
func (d *Dataset) Place() string { return d.at }

// Counted is how much of what the form counts, bytes or packets, the unit of a row has, before
// its sample is cut or padded. The table of samples says it of the first variant only. Of
// another one exact is false, and n is as near as the table comes: packets of the unit; of
// first bytes, those under the masks of the first variant; of other bytes as many as there are.
func (d *Dataset) Counted(row *dataset.Row) (n uint64, exact bool) {
	f := d.m.Form
	switch first, formed := d.isFirst(), f != nil && f.Name != "bytes"; {
	case !formed:
		return row.Original, first
	case first:
		return row.Counted, true
	case f.Counts == "packets":
		return row.Packets[0] + row.Packets[1], false
	}
	return math.MaxUint64, false
}

// isFirst reports whether the samples are those of the dataset itself.
func (d *Dataset) isFirst() bool { return d.at == d.dir }

// inside is the name of a file beside the samples, below dir, with slashes.
func (d *Dataset) inside(name string) string {
	if d.isFirst() {
		return name
	}
	return manifest.VariantsName + "/" + filepath.Base(d.at) + "/" + name
}

// Dir is the directory that the dataset was opened by.
func (d *Dataset) Dir() string { return d.dir }

// Manifest is the dataset's manifest. The caller must not change it.
func (d *Dataset) Manifest() *manifest.Manifest { return d.m }

// Spec is the type and shape of every sample.
func (d *Dataset) Spec() dataset.Spec {
	t, _ := dataset.ParseType(d.m.DType()) // Open has seen it
	return dataset.Spec{Rows: d.m.Rows, Cols: d.m.Cols, Type: t}
}

// SamplesFile is the name of the file of samples, for messages about places in it.
func (d *Dataset) SamplesFile() string {
	if d.Spec().Type == dataset.Text {
		return lines.Name
	}
	return idx.ImagesName
}

// Len is the number of samples.
func (d *Dataset) Len() int64 { return d.m.Samples }

// pathError is what is wrong with the file at a path.
type pathError struct {
	path  string
	cause error
}

func (e *pathError) Error() string   { return e.path + ": " + e.cause.Error() }
func (e *pathError) Unwrap() error   { return e.cause }
func (e *pathError) Paths() []string { return []string{e.path} }
