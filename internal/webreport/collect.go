package webreport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/parallel"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// Report is all that a page says.
type Report struct {
	Title    string             // a name for the dataset
	Version  string             // of this program
	Audit    *audit.Report      // nil: there was nothing to audit
	Unjudged string             // why Audit is nil
	Manifest *manifest.Manifest // nil: IDX files of others

	spec     dataset.Spec
	classes  []classCount
	sides    bool // the dataset is split
	lengths  histogram
	packets  histogram
	pictures []classPicture
	scale    string // what their greys mean
	unshown  int    // classes without pictures
}

// classCount is a class with its samples by side; the last of bySide are those on no side.
type classCount struct {
	name   string
	label  uint16
	total  int64
	bySide [4]int64
}

// rows reads samples by place, whatever they come from.
type rows struct {
	spec    dataset.Spec
	n       int
	classOf func(row int) int
	each    func(ctx context.Context, f func(first int, samples []byte) error) error
	some    func(ctx context.Context, rows []uint32, f func(i int, sample []byte) error) error
}

// FromData collects what a page says about IDX files of others that were audited.
func FromData(ctx context.Context, title string, d *audit.Data, a *audit.Report, workers int) (*Report, error) {
	r := &Report{Title: title, Audit: a, spec: d.Spec()}
	for _, c := range d.Classes() {
		n := classCount{name: c.Name, label: c.Label, total: int64(c.Samples)}
		n.bySide[3] = n.total
		r.classes = append(r.classes, n)
	}
	err := r.draw(ctx, &rows{d.Spec(), d.Rows(), d.Class, d.Each, d.Some}, workers)
	return r, err
}

// FromDataset collects what a page says about a dataset. a may be nil.
func FromDataset(ctx context.Context, title string, s *store.Dataset, a *audit.Report, workers int) (*Report, error) {
	m := s.Manifest()
	r := &Report{Title: title, Audit: a, Manifest: m, spec: s.Spec()}
	place := map[uint16]int{}
	for i, c := range m.Classes {
		place[c.Label] = i
		r.classes = append(r.classes, classCount{name: c.Name, label: c.Label, total: c.Samples})
	}
	classOf, err := readLabels(ctx, s, place)
	if err != nil {
		return nil, err
	}
	if err := r.countSides(s, classOf); err != nil {
		return nil, err
	}
	if err := r.countRows(ctx, s); err != nil {
		return nil, err
	}
	err = r.draw(ctx, &rows{
		spec: s.Spec(), n: len(classOf), classOf: func(row int) int { return int(classOf[row]) },
		each: func(ctx context.Context, f func(int, []byte) error) error { return eachSample(ctx, s, f) },
		some: func(ctx context.Context, list []uint32, f func(int, []byte) error) error {
			return someSamples(ctx, s, list, f)
		},
	}, workers)
	return r, err
}

// readLabels is the place of each sample's class.
func readLabels(ctx context.Context, s *store.Dataset, place map[uint16]int) (out []uint16, err error) {
	labels, err := s.Labels()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, labels.Close()) }()
	for {
		l, err := labels.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		p, ok := place[l]
		if !ok {
			return nil, fmt.Errorf("%s: sample %d has label %d, which is in no class", s.Dir(), len(out), l)
		}
		if out = append(out, uint16(p)); len(out)%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// countSides counts samples by class and side.
func (r *Report) countSides(s *store.Dataset, classOf []uint16) error {
	var assignment []byte
	if s.IsSplit() {
		record, err := s.Split()
		if err != nil && !errors.Is(err, store.ErrNotSplit) {
			return err
		}
		if err == nil && record.Settings.Folds == 0 {
			r.sides = true
			assignment = []byte(record.Assignment)
		}
	}
	for i, c := range classOf {
		side := 3
		if i < len(assignment) && '0' <= assignment[i] && assignment[i] <= '2' {
			side = int(assignment[i] - '0')
		}
		r.classes[c].bySide[side]++
	}
	return nil
}

// countRows makes the histograms of what the table of samples says.
func (r *Report) countRows(ctx context.Context, s *store.Dataset) (err error) {
	if s.Len() == 0 {
		return nil
	}
	t, err := s.Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	var row dataset.Row
	for i := 0; ; i++ {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch err := t.Next(&row); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		r.lengths.add(row.Original)
		r.packets.add(row.Packets[0] + row.Packets[1])
	}
}

// blockBytes is about how many bytes of samples are worked on at a time.
const blockBytes = 1 << 20

// eachSample reads all samples of a dataset in blocks.
func eachSample(ctx context.Context, s *store.Dataset, f func(first int, samples []byte) error) (err error) {
	in, err := s.Samples()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	size := s.Spec().Size()
	step := max(1, blockBytes/size)
	block := make([]byte, 0, step*size)
	for first, row := 0, 0; ; {
		b, err := in.Next()
		if err != nil && err != io.EOF {
			return err
		}
		ended := err == io.EOF
		if !ended {
			block = append(block, b...)
			row++
		}
		if len(block) == step*size || ended && len(block) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(first, block); err != nil {
				return err
			}
			first, block = row, block[:0]
		}
		if ended {
			return nil
		}
	}
}

// someSamples reads single samples of a dataset.
func someSamples(ctx context.Context, s *store.Dataset, list []uint32, f func(i int, sample []byte) error) (err error) {
	in, err := s.Samples()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	x := make([]byte, s.Spec().Size())
	for i, row := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.At(x, int64(row)); err != nil {
			return err
		}
		if err := f(i, x); err != nil {
			return err
		}
	}
	return nil
}

// draw makes the pictures of the largest classes. Text has none.
func (r *Report) draw(ctx context.Context, from *rows, workers int) error {
	if from.spec.Type == dataset.Text || from.n == 0 {
		return nil
	}
	scale, err := newShades(ctx, from)
	if err != nil {
		return err
	}
	from, r.scale = scale.over(from), scale.says()
	size := cells(from.spec)
	order := make([]int, 0, len(r.classes))
	for c := range r.classes {
		if r.classes[c].total > 0 {
			order = append(order, c)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(r.classes[b].total - r.classes[a].total) })
	shown := min(len(order), mostPictured, max(1, mostSums/size))
	r.unshown = len(order) - shown
	order = order[:shown]
	slices.Sort(order)
	if shown == 0 {
		return nil
	}
	place := make([]int, len(r.classes)) // of a class's picture, from 1
	for i, c := range order {
		place[c] = i + 1
	}
	sums, err := addUp(ctx, from, place, shown, parallel.Workers(workers))
	if err != nil {
		return err
	}
	each := max(1, min(mostSamples, mostPixels/(shown*min(size, mostShown))))
	picked := pick(from, r.classes, place, each)
	out, err := paint(ctx, from, picked, shown, sums)
	if err != nil {
		return err
	}
	for i, c := range order {
		out[i].class = c
	}
	r.pictures = out
	return nil
}
