package export

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/manifest"
)

// Labels of samples that no class matches: of labels of one byte, and of wider ones.
const (
	unknown8  = 255
	unknown16 = 65535
)

// Source is what a dataset may have beside its samples. The zero value is a dataset
// without rows that is not split.
type Source struct {
	// Row returns the row of sample i; it is asked in rising order within one pass.
	// nil: there are none.
	Row func(i int64) (dataset.Row, error)
	// Sides are the sides that exist, in order, and Side says on which of them sample
	// i stands; Whole: on none, the split has left it out. Both nil: the dataset is not
	// split.
	Sides []dataset.Side
	Side  func(i int64) dataset.Side
	// SplitDigest stands for all that Side says: the same text, the same sides. It
	// goes into the fingerprint.
	SplitDigest string
}

// View reads a finished dataset from its directory. It implements [dataset.View].
type View struct {
	dir      string
	m        *manifest.Manifest
	src      Source
	classes  []string
	captures []string
	unknown  int
	sides    map[dataset.Side]int64
	tick     func()
}

// Open makes a view of the dataset in dir, as its manifest says it is now.
func Open(dir string, src Source) (*View, error) {
	m, err := manifest.Load(dir)
	if err != nil {
		return nil, err
	}
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, manifest.Name), err)
	}
	v := &View{dir: dir, m: m, src: src, sides: map[dataset.Side]int64{}}
	if err := v.look(); err != nil {
		return nil, err
	}
	for i := range m.Captures {
		v.captures = append(v.captures, m.Captures[i].Name)
	}
	return v, v.countSides()
}

// look compares the files with the manifest, and takes the class table from it.
func (v *View) look() error {
	images, labels, err := v.openFiles()
	if err != nil {
		return err
	}
	defer images.Close()
	defer labels.Close()
	v.unknown = unknown8
	if labels.ItemSize() > 1 {
		v.unknown = unknown16
	}
	names := map[int]string{}
	for _, c := range v.m.Classes {
		if int(c.Label) != v.unknown {
			names[int(c.Label)] = c.Name
		}
	}
	v.classes = make([]string, 0, len(names))
	for label := range len(names) {
		name, ok := names[label]
		if !ok {
			return fmt.Errorf("%s: %d classes, but none has the label %d", filepath.Join(v.dir, manifest.Name), len(names), label)
		}
		v.classes = append(v.classes, name)
	}
	return nil
}

// openFiles opens samples and labels, at their beginning.
func (v *View) openFiles() (images, labels *idx.Reader, err error) {
	m, err := idx.OpenImages(filepath.Join(v.dir, idx.ImagesName))
	if err != nil {
		return nil, nil, err
	}
	images = m.Reader
	if labels, err = idx.Open(filepath.Join(v.dir, idx.LabelsName)); err != nil {
		return nil, nil, errors.Join(err, images.Close())
	}
	switch n := labels.ItemSize(); {
	case n != 1 && n != 4:
		err = fmt.Errorf("%s: labels of %d bytes, need 1 or 4", filepath.Join(v.dir, idx.LabelsName), n)
	case m.Rows() != v.m.Rows || m.Cols() != v.m.Cols:
		err = fmt.Errorf("%s: samples of %dx%d, but the manifest says %dx%d", v.dir, m.Rows(), m.Cols(), v.m.Rows, v.m.Cols)
	case images.Len() < v.m.Samples || labels.Len() < v.m.Samples:
		err = fmt.Errorf("%s: %d images and %d labels, but the manifest counts %d samples", v.dir, images.Len(), labels.Len(), v.m.Samples)
	default:
		return images, labels, nil
	}
	return nil, nil, errors.Join(err, images.Close(), labels.Close())
}

// countSides counts the samples of each side.
func (v *View) countSides() error {
	v.sides[dataset.Whole] = v.m.Samples
	if v.src.Side == nil {
		v.src.Sides = []dataset.Side{dataset.Whole}
		return nil
	}
	exists := map[dataset.Side]bool{}
	for i, s := range v.src.Sides {
		if s >= dataset.Whole || i > 0 && s <= v.src.Sides[i-1] {
			return fmt.Errorf("%s: sides %v: need some of train, validation, test, in this order", v.dir, v.src.Sides)
		}
		exists[s] = true
	}
	for i := range v.m.Samples {
		s := v.src.Side(i)
		if s == dataset.Whole {
			continue
		}
		if !exists[s] {
			return fmt.Errorf("%s: sample %d stands on the side %v, but the split has only %v", v.dir, i, s, v.src.Sides)
		}
		v.sides[s]++
	}
	return nil
}

// Manifest is the manifest that the view goes by.
func (v *View) Manifest() *manifest.Manifest { return v.m }

// Progress makes the view call f for every sample that it has handed out.
func (v *View) Progress(f func()) { v.tick = f }

// Spec implements [dataset.View].
func (v *View) Spec() dataset.Spec { return dataset.Spec{Rows: v.m.Rows, Cols: v.m.Cols} }

// Len implements [dataset.View].
func (v *View) Len(s dataset.Side) int64 { return v.sides[s] }

// Sides implements [dataset.View].
func (v *View) Sides() []dataset.Side { return v.src.Sides }

// Classes implements [dataset.View].
func (v *View) Classes() []string { return v.classes }

// Unknown implements [dataset.View].
func (v *View) Unknown() int { return v.unknown }

// Captures implements [dataset.View].
func (v *View) Captures() []string { return v.captures }

// Each implements [dataset.View]. Without rows, Row.Capture is what the manifest says.
func (v *View) Each(ctx context.Context, side dataset.Side, f func(*dataset.Entry) error) error {
	images, labels, err := v.openFiles()
	if err != nil {
		return err
	}
	defer images.Close()
	defer labels.Close()
	capture := 0
	for i := range v.m.Samples {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i >= v.m.Captures[capture].FirstSample+v.m.Captures[capture].Samples {
			capture++
		}
		e := dataset.Entry{Index: i, Side: dataset.Whole, Row: dataset.Row{Capture: uint32(capture)}}
		if err := v.read(&e, images, labels); err != nil {
			return err
		}
		if side != dataset.Whole && side != e.Side {
			continue
		}
		if v.src.Row != nil {
			if e.Row, err = v.src.Row(i); err != nil {
				return err
			}
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

// read fills in the next sample.
func (v *View) read(e *dataset.Entry, images, labels *idx.Reader) error {
	var err error
	if e.Data, err = images.Next(); err != nil {
		return atEnd(err)
	}
	l, err := labels.Next()
	if err != nil {
		return atEnd(err)
	}
	e.Label = int(l[0])
	if len(l) == 4 {
		e.Label = int(binary.BigEndian.Uint32(l))
	}
	if e.Label >= len(v.classes) && e.Label != v.unknown {
		return fmt.Errorf("%s: sample %d has label %d, which is no class of the manifest", v.dir, e.Index, e.Label)
	}
	if v.src.Side != nil {
		e.Side = v.src.Side(e.Index)
	}
	return nil
}

// atEnd: a file that was long enough at first was cut meanwhile.
func atEnd(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
