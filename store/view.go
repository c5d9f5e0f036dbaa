package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
)

// A View is a dataset as exporters see it. It implements [dataset.View].
type View struct {
	d        *Dataset
	record   *split.Record // nil: the dataset is not split
	sides    []dataset.Side
	counts   map[dataset.Side]int64
	classes  []string
	captures []string
	tick     func()
}

var (
	_ dataset.View   = (*View)(nil)
	_ dataset.Formed = (*View)(nil)
	_ dataset.Tasked = (*View)(nil)
	_ dataset.Salted = (*View)(nil)
)

// View reads the split, if there is one, and checks that the manifest agrees with itself
// and with the headers of the files. A split that does not belong to the dataset as it is
// now is a *[StaleError].
func (d *Dataset) View() (*View, error) {
	path := filepath.Join(d.dir, manifest.Name)
	if err := d.m.Check(); err != nil {
		return nil, &pathError{path, err}
	}
	samples, err := d.Samples()
	if err != nil {
		return nil, err
	}
	labels, err := d.Labels()
	if err := errors.Join(err, samples.Close()); err != nil {
		return nil, err
	}
	if err := labels.Close(); err != nil {
		return nil, err
	}
	v := &View{d: d}
	if v.classes, err = classNames(d.m); err != nil {
		return nil, &pathError{path, err}
	}
	for i := range d.m.Captures {
		v.captures = append(v.captures, d.m.Captures[i].Name)
	}
	v.record, err = d.Split()
	if err != nil && !errors.Is(err, ErrNotSplit) {
		return nil, err
	}
	return v, v.countSides()
}

// classNames are the names by label, without that of samples of no class.
func classNames(m *manifest.Manifest) ([]string, error) {
	byLabel := map[int]string{}
	for _, c := range m.Classes {
		if c.Label != m.Unknown() {
			byLabel[int(c.Label)] = c.Name
		}
	}
	classes := make([]string, 0, len(byLabel))
	for label := range len(byLabel) {
		name, ok := byLabel[label]
		if !ok {
			return nil, fmt.Errorf("%d classes, but none has the label %d", len(byLabel), label)
		}
		classes = append(classes, name)
	}
	return classes, nil
}

// countSides counts the samples of each side.
func (v *View) countSides() error {
	v.counts = map[dataset.Side]int64{dataset.Whole: v.d.m.Samples}
	v.sides = []dataset.Side{dataset.Whole}
	if v.record == nil {
		return nil
	}
	if v.record.Settings.Folds > 0 {
		return nil
	}
	if v.sides = v.record.Parts(); v.sides == nil {
		v.sides = []dataset.Side{dataset.Whole}
		return nil
	}
	for i := range v.d.m.Samples {
		side := v.side(i)
		if side == dataset.Whole {
			continue
		}
		if !slices.Contains(v.sides, side) {
			return &pathError{filepath.Join(v.d.dir, split.Name), fmt.Errorf("sample %d is on the side %v, but the split has only %v", i, side, v.sides)}
		}
		v.counts[side]++
	}
	return nil
}

// side is the side of sample i; Whole if it is on none.
func (v *View) side(i int64) dataset.Side {
	if v.record != nil {
		if side, ok := v.record.Side(i); ok {
			return side
		}
	}
	return dataset.Whole
}

// fold is the fold of sample i; -1 if it is in none.
func (v *View) fold(i int64) int {
	if v.record != nil {
		if fold, ok := v.record.Fold(i); ok {
			return fold
		}
	}
	return -1
}

// Folds implements [dataset.View].
func (v *View) Folds() int {
	if v.record == nil {
		return 0
	}
	return v.record.Settings.Folds
}

// Dataset is the dataset that the view is of.
func (v *View) Dataset() *Dataset { return v.d }

// SplitDigest is the digest of the record of the split, "" if the dataset is not split.
func (v *View) SplitDigest() string {
	if v.record == nil {
		return ""
	}
	return v.d.m.Split.Digest
}

// Progress makes the view call f for every sample that it has handed out; nil ends that.
func (v *View) Progress(f func()) { v.tick = f }

// Spec implements [dataset.View].
func (v *View) Spec() dataset.Spec { return v.d.Spec() }

// Form implements [dataset.Formed].
func (v *View) Form() (name, parameters string) {
	if v.d.m.Form == nil {
		return "", ""
	}
	return v.d.m.Form.Name, v.d.m.Form.Parameters
}

// Salt implements [dataset.Salted].
func (v *View) Salt() string {
	if v.record == nil {
		return split.DefaultSalt
	}
	return cmp.Or(v.record.Settings.Salt, split.DefaultSalt)
}

// Len implements [dataset.View].
func (v *View) Len(s dataset.Side) int64 { return v.counts[s] }

// Sides implements [dataset.View].
func (v *View) Sides() []dataset.Side { return v.sides }

// Classes implements [dataset.View].
func (v *View) Classes() []string { return v.classes }

// Unknown implements [dataset.View].
func (v *View) Unknown() int { return int(v.d.m.Unknown()) }

// Captures implements [dataset.View].
func (v *View) Captures() []string { return v.captures }

// Tasks are the label columns, with the class of each capture.
func (v *View) Tasks() []dataset.Task {
	tasks := make([]dataset.Task, len(v.d.m.Tasks))
	for i := range tasks {
		tasks[i] = dataset.Task{Name: v.d.m.Tasks[i].Name, Of: make([]string, len(v.d.m.Captures))}
		for k := range v.d.m.Captures {
			tasks[i].Of[k] = v.d.m.Captures[k].Tasks[i] // Check has counted them
		}
	}
	return tasks
}

// Units reports whether rows say which unit a sample is of, and what its form counts.
func (v *View) Units() bool { return v.d.wide }

// Each implements [dataset.View]. A dataset whose manifest lists no table of samples has
// no rows.
func (v *View) Each(ctx context.Context, side dataset.Side, f func(*dataset.Entry) error) (err error) {
	samples, err := v.d.Samples()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, samples.Close()) }()
	labels, err := v.d.Labels()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, labels.Close()) }()
	var table *Rows
	if v.hasRows() {
		if table, err = v.d.Rows(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, table.Close()) }()
	}
	at := 0
	for i := range v.d.m.Samples {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i >= v.d.m.Captures[at].FirstSample+v.d.m.Captures[at].Samples {
			at++
		}
		e := dataset.Entry{Index: i, Side: v.side(i), Fold: v.fold(i), Row: dataset.Row{Capture: uint32(at)}}
		if err := v.read(&e, samples, labels, table); err != nil {
			return err
		}
		if side != dataset.Whole && side != e.Side {
			continue
		}
		if err := f(&e); err != nil {
			return err
		}
		if v.tick != nil {
			v.tick()
		}
	}
	return nil
}

func (v *View) hasRows() bool {
	return !v.d.isFirst() || slices.ContainsFunc(v.d.m.Files, func(f manifest.File) bool { return f.Name == rows.Name })
}

// read fills in the next sample.
func (v *View) read(e *dataset.Entry, samples *Samples, labels *Labels, table *Rows) error {
	var err error
	if e.Data, err = samples.Next(); err != nil {
		return cutOff(err)
	}
	id, err := labels.Next()
	if err != nil {
		return cutOff(err)
	}
	e.Label = int(id)
	if e.Label >= len(v.classes) && e.Label != v.Unknown() {
		return &pathError{filepath.Join(v.d.at, idx.LabelsName), fmt.Errorf("sample %d has label %d, which is no class of the manifest", e.Index, e.Label)}
	}
	if table == nil {
		return nil
	}
	capture := e.Row.Capture
	if err := table.Next(&e.Row); err != nil {
		return cutOff(err)
	}
	if e.Row.Capture != capture {
		return &pathError{filepath.Join(v.d.dir, rows.Name), fmt.Errorf("row %d is of capture %d, need %d", e.Index, e.Row.Capture, capture)}
	}
	return nil
}
