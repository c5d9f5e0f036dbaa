package view

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/parallel"
	"github.com/pcapmill/pcapmill/internal/webreport"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

const (
	blockBytes     = 1 << 20  // of samples that are read at a time
	mostCandidates = 16 << 20 // bytes of samples that are compared with one
	mostSums       = 16 << 20 // classes times positions of which means are kept
	noSide         = 3
)

// index is what is known of every sample.
type index struct {
	spec     dataset.Spec
	manifest *manifest.Manifest
	n        int
	split    bool
	class    []uint16 // place in classes
	side     []uint8  // 0 training, 1 validation, 2 test, noSide
	capture  []uint32
	length   []uint64 // bytes, or what the form counts, before the sample was cut or padded
	exact    bool     // length is known, and not only what it is near
	proto    []uint8
	packets  []uint32
	flags    []uint8
	first    []uint32 // the first sample with the same bytes
	classes  []manifest.Class
	cells    int // of a sample; 0: it is text
	shades   *webreport.Shades
	means    [][]uint64  // by class: sums by cell; nil: too many, or no bytes
	totals   [][]float64 // the same of cells that are no bytes
	sums     []int64     // by class: samples
	stride   int         // every so many samples one is a candidate
	near     []byte      // the candidates, one behind the other
	// Where packets stand in samples whose masks hide it: of sample i those up to ends[i].
	layouts []store.PacketLayout
	ends    []int // nil: the samples are walked
}

const (
	isRepeated = 1 << iota // equals another sample
	isConflict             // equals a sample of another class
	isAcross               // of the test side, and equals one of the training side
)

// read makes the index.
func read(ctx context.Context, s *store.Dataset, workers int) (*index, error) {
	if s.Len() > math.MaxInt32 {
		return nil, fmt.Errorf("%s: %d samples; a view takes at most %d", s.Dir(), s.Len(), math.MaxInt32)
	}
	m := s.Manifest()
	n := int(s.Len())
	x := &index{
		spec: s.Spec(), manifest: m, n: n, classes: m.Classes, class: make([]uint16, n), side: make([]uint8, n), capture: make([]uint32, n),
		length: make([]uint64, n), proto: make([]uint8, n), packets: make([]uint32, n), flags: make([]uint8, n), first: make([]uint32, n),
		sums: make([]int64, len(m.Classes)), means: make([][]uint64, len(m.Classes)), totals: make([][]float64, len(m.Classes)),
		cells: s.Spec().Rows * s.Spec().Cols,
	}
	if n == 0 {
		return x, nil
	}
	if err := x.readLabels(ctx, s); err != nil {
		return nil, err
	}
	if err := x.readSides(s); err != nil {
		return nil, err
	}
	if err := x.readRows(ctx, s); err != nil {
		return nil, err
	}
	if err := x.readLayouts(ctx, s); err != nil {
		return nil, err
	}
	if x.spec.Type == dataset.Text {
		return x, x.readLines(ctx, s)
	}
	var err error
	if x.shades, err = webreport.NewShades(ctx, s); err != nil {
		return nil, err
	}
	return x, x.readSamples(ctx, s, parallel.Workers(workers))
}

func (x *index) readLabels(ctx context.Context, s *store.Dataset) (err error) {
	place := map[uint16]uint16{}
	for i, c := range x.classes {
		place[c.Label] = uint16(i)
	}
	labels, err := s.Labels()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, labels.Close()) }()
	for i := range x.class {
		l, err := labels.Next()
		if err != nil {
			return unexpected(err)
		}
		p, ok := place[l]
		if !ok {
			return fmt.Errorf("%s: sample %d has label %d, which is in no class", s.Dir(), i, l)
		}
		x.class[i] = p
		x.sums[p]++
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// unexpected is the error of reading, where an end is one too.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (x *index) readSides(s *store.Dataset) error {
	assignment := ""
	if s.IsSplit() {
		record, err := s.Split()
		if err != nil && !errors.Is(err, store.ErrNotSplit) {
			return err
		}
		if err == nil && record.Settings.Folds == 0 {
			x.split = true
			assignment = record.Assignment
		}
	}
	for i := range x.side {
		x.side[i] = noSide
		if i < len(assignment) && '0' <= assignment[i] && assignment[i] <= '2' {
			x.side[i] = assignment[i] - '0'
		}
	}
	return nil
}

func (x *index) readRows(ctx context.Context, s *store.Dataset) (err error) {
	rows, err := s.Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var row dataset.Row
	for i := range x.capture {
		if err := rows.Next(&row); err != nil {
			return unexpected(err)
		}
		if int64(row.Capture) >= int64(len(x.manifest.Captures)) {
			return fmt.Errorf("%s: row %d of the table of samples names capture %d of %d", s.Dir(), i, row.Capture, len(x.manifest.Captures))
		}
		x.capture[i], x.proto[i] = row.Capture, row.Proto
		x.length[i], x.exact = s.Counted(&row)
		x.packets[i] = uint32(min(row.Packets[0]+row.Packets[1], math.MaxUint32))
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// readLayouts reads where packets stand, if the dataset says it: some 10 bytes a packet.
func (x *index) readLayouts(ctx context.Context, s *store.Dataset) (err error) {
	if !s.HasLayouts() {
		return nil
	}
	r, err := s.Layouts()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	x.ends = make([]int, x.n)
	for i := range x.ends {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		next, err := r.Next()
		if err != nil {
			return fmt.Errorf("%s: %s: sample %d: %w", s.Dir(), store.LayoutName, i, unexpected(err))
		}
		x.layouts = append(x.layouts, next...)
		x.ends[i] = len(x.layouts)
	}
	return nil
}

// walk names the fields of a sample.
func (x *index) walk(w *audit.Walker, i int, b []byte) []audit.Segment {
	if x.ends == nil {
		return w.Walk(b, x.length[i])
	}
	from := 0
	if i > 0 {
		from = x.ends[i-1]
	}
	return w.Given(b, x.layouts[from:x.ends[i]])
}

// readSamples goes over the samples once: digests, means, candidates.
func (x *index) readSamples(ctx context.Context, s *store.Dataset, workers int) error {
	size := x.spec.Size()
	for c := range x.means {
		switch {
		case (c+1)*x.cells > mostSums:
		case x.spec.Type == dataset.U8:
			x.means[c] = make([]uint64, x.cells)
		default:
			x.totals[c] = make([]float64, x.cells)
		}
	}
	most := max(1, mostCandidates/size)
	x.stride = (x.n + most - 1) / most
	x.near = make([]byte, 0, (x.n+x.stride-1)/x.stride*size)
	digests := make([][16]byte, x.n)
	err := eachBlock(ctx, s, func(first int, block []byte) error {
		n := len(block) / size
		for i := range n {
			if (first+i)%x.stride == 0 {
				x.near = append(x.near, block[i*size:(i+1)*size]...)
			}
		}
		return parallel.Each(ctx, workers, workers, func(_, part int) error {
			for i := part * n / workers; i < (part+1)*n/workers; i++ {
				sum := sha256.Sum256(block[i*size : (i+1)*size])
				copy(digests[first+i][:], sum[:])
			}
			low, high := part*x.cells/workers, (part+1)*x.cells/workers
			for i := range n {
				x.add(int(x.class[first+i]), block[i*size:(i+1)*size], low, high)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	x.group(digests)
	return nil
}

// add adds some cells of a sample to the sums of its class. Every cell is added up in the order
// of the samples, so the number of workers changes nothing.
func (x *index) add(class int, sample []byte, low, high int) {
	if sums := x.means[class]; sums != nil {
		sums = sums[low:high]
		for j, v := range sample[low:high] {
			sums[j] += uint64(v)
		}
	}
	if sums := x.totals[class]; sums != nil {
		for j := low; j < high; j++ {
			sums[j] += webreport.Value(x.spec, sample, j)
		}
	}
}

// mean is that of a cell of a class; ok is false if there is none.
func (x *index) mean(class, cell int) (v float64, ok bool) {
	switch n := float64(x.sums[class]); {
	case n == 0:
		return 0, false
	case x.means[class] != nil:
		return float64(x.means[class][cell]) / n, true
	case x.totals[class] != nil:
		return x.totals[class][cell] / n, true
	}
	return 0, false
}

// bytes reports whether the cells of samples are bytes.
func (x *index) bytes() bool { return x.spec.Type == dataset.U8 }

// unit is what a cell is called.
func (x *index) unit() string {
	if x.bytes() {
		return "byte"
	}
	return "cell"
}

// readLines goes over samples of text once: they have digests, and no means or candidates.
func (x *index) readLines(ctx context.Context, s *store.Dataset) (err error) {
	in, err := s.Samples()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	digests := make([][16]byte, x.n)
	for i := range digests {
		b, err := in.Next()
		if err != nil {
			return unexpected(err)
		}
		sum := sha256.Sum256(b)
		copy(digests[i][:], sum[:])
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	x.group(digests)
	return nil
}

// group finds equal samples.
func (x *index) group(digests [][16]byte) {
	place := make(map[[16]byte]uint32, len(digests))
	// By first sample of a group: what its samples have in common.
	repeated, conflict, trained := make([]bool, x.n), make([]bool, x.n), make([]bool, x.n)
	class := make([]int32, x.n) // from 1; 0: none of them has one
	unknown := x.manifest.Unknown()
	for i, d := range digests {
		first, ok := place[d]
		if !ok {
			first = uint32(i)
			place[d] = first
		} else {
			repeated[first] = true
		}
		if c := x.class[i]; x.classes[c].Label != unknown {
			if class[first] > 0 && class[first] != int32(c)+1 {
				conflict[first] = true
			}
			class[first] = int32(c) + 1
		}
		x.first[i] = first
		if x.side[i] == uint8(dataset.Train) {
			trained[first] = true
		}
	}
	for i, first := range x.first {
		if repeated[first] {
			x.flags[i] |= isRepeated
		}
		if conflict[first] {
			x.flags[i] |= isConflict
		}
		if x.side[i] == uint8(dataset.Test) && trained[first] {
			x.flags[i] |= isAcross
		}
	}
}

// eachBlock reads all samples of a dataset in blocks.
func eachBlock(ctx context.Context, s *store.Dataset, f func(first int, block []byte) error) (err error) {
	in, err := s.Samples()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	size := s.Spec().Size()
	step := max(1, blockBytes/size)
	n := int(s.Len())
	block := make([]byte, 0, step*size)
	first := 0
	for i := range n {
		b, err := in.Next()
		if err != nil {
			return unexpected(err)
		}
		block = append(block, b...)
		if len(block) == step*size || i == n-1 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(first, block); err != nil {
				return err
			}
			first, block = i+1, block[:0]
		}
	}
	return nil
}
