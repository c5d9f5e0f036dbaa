package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/lines"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/internal/version"
	"github.com/pcapmill/pcapmill/manifest"
)

// Form is what all samples of a dataset have in common. Captures are added only to a
// dataset of the same form.
type Form struct {
	Settings  manifest.Settings
	Spec      dataset.Spec
	Form      *manifest.Form   // of the manifest; nil: the first bytes of whole sessions
	Layouts   bool             // batches say where the packets of each sample stand
	Variant   string           // name of these samples, where there are variants
	Variants  []Variant        // the others
	LabelType string           // of the manifest: "" or manifest.LabelInt32
	Classes   []manifest.Class // the class table, without counts
	Tasks     []manifest.Task  // of the class table

	// Differ lists how a dataset differs from this form; none: captures may be added. nil
	// compares settings and classes.
	Differ func(have *manifest.Manifest) []string

	// Recall is called for the row and label of every sample that the dataset holds, in
	// order, before Create changes anything. It may be nil.
	Recall func(row *dataset.Row, label uint16) error
}

// differ lists how a dataset differs from the form.
func (f *Form) differ(have *manifest.Manifest) []string {
	if f.Differ != nil {
		return f.Differ(have)
	}
	lines := append(manifest.Diff(have.Settings, f.Settings), manifest.DiffClasses(have.Classes, f.Classes)...)
	lines = append(lines, manifest.DiffTasks(have.Tasks, f.Tasks)...)
	return append(lines, manifest.DiffVariants(have, f.Variant, f.variants())...)
}

// A SettingsError reports that a dataset was made with other settings.
type SettingsError struct {
	Dir   string
	Lines []string // the differences
}

// Error names the directory and the differences.
func (e *SettingsError) Error() string {
	return fmt.Sprintf("%s was made with other settings, and one dataset has one kind of sample:\n  %s\nuse the same settings, or another directory",
		e.Dir, strings.Join(e.Lines, "\n  "))
}

// Paths returns the directory.
func (e *SettingsError) Paths() []string { return []string{e.Dir} }

// A Batch is some samples of one capture.
type Batch struct {
	Data   []byte // of whole samples, one after another; of text lines, each with its LF
	Labels []uint16
	Rows   []dataset.Row // Row.Capture is that of Writer.Captures

	Layouts []byte // one record of AppendLayout a sample, if the Form has Layouts

	Others []Other // the same of the Form's Variants

	records []byte   // of Rows, see encode
	sums    []string // of records and of the samples of all parts, if it was packed
}

// Other is what a Batch holds of a variant.
type Other struct{ Data, Layouts []byte }

// A Writer adds captures to a dataset, one after another. Each is a number of Append
// and one EndCapture, and becomes part of the dataset by the next Commit. A Writer ends
// with Close, or with Fail. It is for one goroutine at a time.
type Writer struct {
	to      Backend
	disk    fsys.FS
	dir     string
	form    Form
	dirs    []string // directories that this run made, deepest first
	lock    *DirLock
	parts   []*part // of the dataset, then of its variants
	rows    *rows.Log
	m       *manifest.Manifest
	text    manifestText        // of m
	before  []byte              // the manifest's text as it was, or of the empty dataset that the run made
	made    bool                // the run made the dataset
	base    int64               // samples that before counts
	undo    *atomicfile.Pending // before, on disk, ready to be the manifest again
	changed bool                // the run began to replace before, or files
	unclean bool                // a file did not close as it should
	have    map[content]bool

	appended int64 // samples of the capture in hand
	records  *manifest.Sum
	packed   []string // sums of the batch that is the capture in hand; nil: there is none

	cut     int64 // bytes of an unfinished run that were cut off
	pending int64 // captures since the last commit
	last    time.Time
	took    time.Duration // what the last commit took
}

// content identifies a capture in a dataset.
type content struct {
	digest string
	label  uint16
}

// Create opens the dataset in dir to add captures to it, or makes an empty one, with the
// directories above it. It locks the directory and cuts off what an unfinished run left.
// Errors: a *[LockedError], a *[SettingsError], files that are not those of a dataset.
// Nothing is changed then.
func Create(dir string, f Form) (*Writer, error) { return Backend{}.Create(dir, f) }

// Create is the function [Create] on this file system.
func (b Backend) Create(dir string, f Form) (_ *Writer, err error) {
	w := &Writer{
		to: b, disk: b.disk(), dir: dir, form: f, have: map[content]bool{}, last: time.Now(), records: manifest.NewSum(),
	}
	w.parts = w.partsOf(&f)
	w.dirs = missing(dir)
	defer func() {
		if err != nil {
			err = w.abandon(err)
		}
	}()
	if info, err := w.disk.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, need a directory for the dataset", dir)
	}
	if err := w.disk.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	for _, made := range w.dirs {
		if err := w.disk.SyncDir(filepath.Dir(made)); err != nil {
			return nil, err
		}
	}
	if w.lock, err = lockIn(w.disk, dir); err != nil {
		return nil, err
	}
	if err := w.loadManifest(); err != nil {
		return nil, err
	}
	for i, p := range w.parts {
		p.placed = sizeOf(w.filesOf(i), LayoutName)
		if err := p.open(w.m.Samples, w.made); err != nil {
			return nil, err
		}
		w.cut += p.cut()
	}
	if w.rows, err = w.rowFormat().Open(dir, w.m.Samples); err != nil {
		return nil, err
	}
	w.cut += w.rows.Cut()
	if w.made { // from here on the directory is an empty dataset
		if err := w.commitNow(); err != nil {
			return nil, err
		}
	}
	for i := range w.m.Captures {
		c := &w.m.Captures[i]
		w.have[content{c.Digest, c.Label}] = true
	}
	return w, nil
}

func (w *Writer) rowFormat() rows.Format {
	return rows.Format{FS: w.disk, RewriteLimit: w.to.limit(), Wide: w.form.Settings.Wide()}
}

// limit is the largest file that a commit writes anew; 0 is the usual one.
func (b Backend) limit() int64 {
	if b.InPlace {
		return -1
	}
	return 0
}

// loadManifest reads the manifest and compares settings, or makes the first one.
func (w *Writer) loadManifest() error {
	d, err := w.to.Open(w.dir)
	switch {
	case errors.Is(err, ErrNone):
		if err := removeStale(w.disk, w.dir, manifest.Name); err != nil {
			return err
		}
		if err := w.refuseForeign(); err != nil {
			return err
		}
		w.m = &manifest.Manifest{
			Format: manifest.Format, Version: manifest.Version,
			Settings: w.form.Settings, Rows: w.form.Spec.Rows, Cols: w.form.Spec.Cols,
			Form: w.form.Form, Variant: w.form.Variant, Variants: w.form.variants(), LabelType: w.form.LabelType, Classes: w.form.Classes, Tasks: w.form.Tasks, Captures: []manifest.Capture{},
		}
		w.m.Totals.LeftOut = map[string]int64{}
		w.made = true
	case err != nil:
		return err
	default:
		if err := d.settle(); err != nil {
			return err
		}
		if lines := w.form.differ(d.m); lines != nil {
			return &SettingsError{Dir: w.dir, Lines: lines}
		}
		if err := d.recall(w.form.Recall); err != nil {
			return err
		}
		w.m, w.before, w.base = d.m, d.text, d.m.Samples
	}
	w.m.Tool = manifest.Tool{Name: "pcapmill", Version: version.String()}
	return nil
}

// refuseForeign looks for data files where there is no manifest. Ours can only
// be empty ones, of a run that was killed before it wrote its first manifest.
func (w *Writer) refuseForeign() error {
	foreign := func(what string) error {
		return fmt.Errorf("%s holds %s but no %s: pcapmill did not make it, and will not change it; use another directory", w.dir, what, manifest.Name)
	}
	for _, p := range w.parts {
		for name, empty := range map[string]int64{idx.ImagesName: 16, idx.LabelsName: 8, rows.Name: 0, lines.Name: 0, lines.IndexName: 0, LayoutName: 0} {
			info, err := os.Lstat(filepath.Join(p.dir, name))
			if err == nil {
				p.found = append(p.found, name)
			}
			if err == nil && (!info.Mode().IsRegular() || info.Size() > empty) {
				return foreign(filepath.ToSlash(filepath.Join(p.name, name)))
			}
		}
	}
	return nil
}

// Manifest is the manifest as the next Commit writes it. The caller must not change it.
func (w *Writer) Manifest() *manifest.Manifest { return w.m }

// Cut is how many bytes of an unfinished run Create cut off.
func (w *Writer) Cut() int64 { return w.cut }

// Has reports whether the content of a capture is in the dataset under that label.
func (w *Writer) Has(digest string, label uint16) bool { return w.have[content{digest, label}] }

// Captures is the number of captures that the dataset holds: the place of the next one.
func (w *Writer) Captures() int { return len(w.m.Captures) }

// recall looks at all files before one of them is cut or written to, and calls f, unless it
// is nil, for every row.
func (d *Dataset) recall(f func(row *dataset.Row, label uint16) error) error {
	if d.m.Samples == 0 {
		return nil
	}
	samples, err := d.Samples()
	if err != nil {
		return err
	}
	labels, err := d.Labels()
	if err := errors.Join(err, samples.Close()); err != nil {
		return err
	}
	table, err := d.Rows()
	if err != nil {
		return errors.Join(err, labels.Close())
	}
	if f == nil {
		f = func(*dataset.Row, uint16) error { return nil }
	}
	return errors.Join(d.eachRow(table, labels, f), table.Close(), labels.Close())
}

func (d *Dataset) eachRow(table *Rows, labels *Labels, f func(row *dataset.Row, label uint16) error) (err error) {
	bySession := slices.ContainsFunc(d.m.Captures, func(c manifest.Capture) bool { return c.Class == manifest.BySession })
	var row dataset.Row
	for i := range d.m.Captures {
		c := &d.m.Captures[i]
		id := c.Label
		for range c.Samples {
			if bySession { // else the captures tell
				if id, err = labels.Next(); err != nil {
					return cutOff(err)
				}
			}
			if err := table.Next(&row); err != nil {
				return cutOff(err)
			}
			if int64(row.Capture) != int64(i) {
				return &pathError{
					filepath.Join(d.dir, rows.Name),
					fmt.Errorf("a row of capture %d (%s) says capture %d: the file was changed; make the dataset anew", i, c.Name, row.Capture),
				}
			}
			if err := f(&row, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// Append adds samples to the capture in hand. What the batch holds is copied or written
// before it returns. A batch that was packed, see [Packer], is all of its capture.
func (w *Writer) Append(b *Batch) error {
	packed := b.sums != nil
	if w.packed != nil || packed && w.appended > 0 {
		return errors.New("a packed batch is not all of its capture")
	}
	if !packed {
		b.encode(w.rows.Encode)
	}
	if err := w.rows.Log.Append(b.records); err != nil {
		return err
	}
	if len(b.Others) != len(w.parts)-1 && len(b.Rows) > 0 {
		return fmt.Errorf("a batch of %d variants, need %d", len(b.Others)+1, len(w.parts))
	}
	for i, p := range w.parts {
		layouts := b.Layouts
		if i > 0 && len(b.Rows) > 0 {
			layouts = b.Others[i-1].Layouts
		}
		if err := p.append(b.of(i), layouts, b.Labels); err != nil {
			return err
		}
	}
	if packed {
		w.packed = b.sums
	} else {
		w.Filled(b)
	}
	w.appended += int64(len(b.Rows))
	return nil
}

// EndCapture enters the capture whose samples were appended since the last one into the
// manifest. It fills in what follows from them: their range and digests, and the mean.
func (w *Writer) EndCapture(c *manifest.Capture) error {
	if w.appended != c.Samples {
		return fmt.Errorf("capture %s: %d samples were appended, but it counts %d", c.Name, w.appended, c.Samples)
	}
	c.FirstSample = w.m.Samples
	if sums := w.packed; sums != nil {
		c.RowsDigest, c.SamplesDigest, c.Variants = sums[0], sums[1], slices.Clone(sums[2:])
		w.packed = nil
	} else {
		c.RowsDigest, c.SamplesDigest, c.Variants = w.records.Text(), w.parts[0].sum(), nil
		for _, p := range w.parts[1:] {
			c.Variants = append(c.Variants, p.sum())
		}
		w.records = manifest.NewSum()
	}
	w.appended = 0
	c.Settle()
	w.m.Samples += c.Samples
	w.m.Totals.Add(&c.Counts)
	w.m.Captures = append(w.m.Captures, *c)
	w.have[content{c.Digest, c.Label}] = true
	w.pending++
	if c.Class != manifest.BySession {
		w.count(c.Label, c.Samples)
		return nil
	}
	for _, l := range c.Labels {
		w.count(l.Label, l.Samples)
	}
	return nil
}

// count adds samples to a class. The one that is not in the table is unknown.
func (w *Writer) count(id uint16, samples int64) {
	for i := range w.m.Classes {
		if w.m.Classes[i].Label == id {
			w.m.Classes[i].Samples += samples
			return
		}
	}
	w.m.Classes = append(w.m.Classes, manifest.Class{Label: id, Name: manifest.UnknownName, Samples: samples})
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
