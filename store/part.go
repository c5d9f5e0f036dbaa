package store

import (
	"bytes"
	"errors"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/bytelog"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/lines"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
)

// Variant is another sample of every unit of a dataset, see [manifest.Variant].
type Variant struct {
	Name     string
	Settings manifest.Settings
	Spec     dataset.Spec
	Form     *manifest.Form
	Layouts  bool // batches say where the packets of each sample stand
}

// variants are the variants but the first, as the manifest has them before there are files.
func (f *Form) variants() []manifest.Variant {
	var list []manifest.Variant
	for i := range f.Variants {
		v := &f.Variants[i]
		list = append(list, manifest.Variant{Name: v.Name, Settings: v.Settings, Rows: v.Spec.Rows, Cols: v.Spec.Cols, Form: v.Form})
	}
	return list
}

// part is the files of samples and labels of a dataset, or of one of its variants.
type part struct {
	to        Backend
	disk      fsys.FS
	root      string // the dataset's directory
	name      string // of the part's directory in it; "" is that itself
	dir       string // both
	spec      dataset.Spec
	labelType string
	placing   bool     // it has a file of layouts
	placed    int64    // bytes of layouts before the run
	found     []string // data files without a manifest that stood there, all of them empty
	dirs      []string // that this run made, deepest first

	images  dataset.Writer
	layouts *bytelog.Log
	samples *manifest.Sum // of the capture in hand
}

// partsOf are the parts of a dataset of the form.
func (w *Writer) partsOf(f *Form) []*part {
	of := func(name string, spec dataset.Spec, placing bool) *part {
		return &part{
			to: w.to, disk: w.disk, root: w.dir, name: name, dir: filepath.Join(w.dir, name), spec: spec, labelType: f.LabelType, placing: placing,
			samples: manifest.NewSum(),
		}
	}
	parts := []*part{of("", f.Spec, f.Layouts)}
	for i := range f.Variants {
		v := &f.Variants[i]
		parts = append(parts, of(filepath.Join(manifest.VariantsName, v.Name), v.Spec, v.Layouts))
	}
	return parts
}

// filesOf are the files of part i that the manifest lists.
func (w *Writer) filesOf(i int) []manifest.File {
	if i == 0 {
		return w.m.Files
	}
	return w.m.Variants[i-1].Files
}

// format is how samples and labels are written.
func (p *part) format() dataset.Format {
	if p.spec.Type == dataset.Text {
		return lines.Format{FS: p.disk, RewriteLimit: p.to.limit(), Labels: typeOf(p.labelType)}
	}
	return idx.Format{FS: p.disk, RewriteLimit: p.to.limit(), Labels: typeOf(p.labelType)}
}

// open opens the files at their committed sizes. Directories of variants are made only for
// a dataset that is made.
func (p *part) open(samples int64, make bool) (err error) {
	if p.name != "" && make {
		p.dirs = missing(p.dir)
		if err := p.disk.MkdirAll(p.dir, 0o777); err != nil {
			return err
		}
		for _, made := range p.dirs {
			if err := p.disk.SyncDir(filepath.Dir(made)); err != nil {
				return err
			}
		}
	}
	if p.name != "" {
		if err := fsys.Folders(p.disk, p.root, p.name); err != nil {
			return err
		}
	}
	if p.images, err = p.format().Open(p.dir, p.spec, samples); err != nil {
		return err
	}
	if p.placing {
		p.layouts, err = p.openLayouts()
	}
	return err
}

// openLayouts opens the file of layouts at its committed size.
func (p *part) openLayouts() (*bytelog.Log, error) {
	limit := p.to.limit()
	if limit == 0 {
		limit = rows.DefaultRewriteLimit
	}
	return bytelog.Open(p.disk, p.dir, LayoutName, p.placed, limit)
}

// cut is how many bytes of an unfinished run open cut off.
func (p *part) cut() int64 {
	n := p.images.Cut()
	if p.layouts != nil {
		n += p.layouts.Cut()
	}
	return n
}

// appender is a format that many samples can be appended to at once, see idx.
type appender interface {
	AppendAll(data []byte, labels []uint16) error
}

// append adds samples with their labels. They are in their sum.
func (p *part) append(data, layouts []byte, labels []uint16) error {
	if a, ok := p.images.(appender); ok && p.spec.Type != dataset.Text {
		if err := a.AppendAll(data, labels); err != nil {
			return err
		}
	} else if err := p.appendEach(data, labels); err != nil {
		return err
	}
	if p.layouts == nil {
		return nil
	}
	return p.layouts.Append(layouts)
}

func (p *part) appendEach(data []byte, labels []uint16) error {
	size := p.spec.Size()
	for _, label := range labels {
		var sample []byte
		if p.spec.Type == dataset.Text {
			sample, data, _ = bytes.Cut(data, []byte{'\n'})
		} else {
			sample, data = data[:size], data[size:]
		}
		if err := p.images.Append(dataset.Sample{Data: sample, Label: label}); err != nil {
			return err
		}
	}
	return nil
}

// sum is the digest of what was appended since the last sum.
func (p *part) sum() string {
	text := p.samples.Text()
	p.samples = manifest.NewSum()
	return text
}

// prepare puts what was appended on disk, and returns the files.
func (p *part) prepare() (files []manifest.File, err error) {
	if err := p.images.Prepare(); err != nil {
		return nil, err
	}
	for _, f := range p.images.Files() {
		files = append(files, manifest.File{Name: f.Name, Size: f.Size})
	}
	if p.layouts != nil {
		if err := p.layouts.Prepare(); err != nil {
			return nil, err
		}
		files = append(files, manifest.File{Name: LayoutName, Size: p.layouts.Size()})
	}
	return files, nil
}

// samplesFiles is how many files prepare returns before that of layouts.
func (p *part) samplesFiles() int { return len(p.images.Files()) }

// commit makes visible what was prepared. The manifest comes behind it, in the dataset's
// directory; what was renamed in another one must be there first.
func (p *part) commit() error {
	if err := p.images.Commit(); err != nil {
		return err
	}
	if p.layouts != nil {
		if err := p.layouts.Commit(); err != nil {
			return err
		}
	}
	if p.name == "" {
		return nil
	}
	return p.disk.SyncDir(p.dir)
}

// close closes the files.
func (p *part) close() error {
	var errs []error
	if p.images != nil {
		errs = append(errs, p.images.Close())
	}
	if p.layouts != nil {
		errs = append(errs, p.layouts.Close())
	}
	return errors.Join(errs...)
}

// cutBack cuts the files to what was there before the run.
func (p *part) cutBack(samples int64) error {
	images, err := p.format().Open(p.dir, p.spec, samples)
	if err != nil {
		return err
	}
	err = images.Close()
	if p.layouts == nil {
		return err
	}
	layouts, e := p.openLayouts()
	if e != nil {
		return errors.Join(err, e)
	}
	return errors.Join(err, layouts.Close())
}
