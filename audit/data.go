package audit

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/parallel"
	"github.com/pcapmill/pcapmill/manifest"
)

// Data is what is audited: samples with labels. It holds some bytes a row, and no open file.
// Rows below are the labelled rows, in the order of the file, unless they are called places.
type Data struct {
	spec       dataset.Spec
	total      int      // places: samples of the files, unlabelled ones included
	places     []uint32 // by row; nil: row and place are the same
	class      []uint16 // by row: place of its class in classes
	classes    []class
	sides      []uint8  // by row: a dataset.Side, or noSide; nil: there are no sides
	captures   []uint32 // by row: its capture in the manifest; nil: IDX files of others
	lengths    []uint32 // by row: bytes before padding, at most the size of a sample
	manifest   *manifest.Manifest
	unlabelled int
	open       func(ctx context.Context) (rowReader, error)
	// layouts says where the packets of a row stand, where masks hide what the walk needs;
	// nil: the samples are walked.
	layouts func(row int) []packetLayout
	cache   []byte // all rows, once they were read, where they fit
	bins    *bins  // of the audit that runs; nil: cells are bytes
	codes   []byte // all rows by bins, as cache is
	workers int
}

type class struct {
	label uint16
	name  string
	rows  int
}

const (
	noSide = 0xff
	// mostCached is how many bytes of samples are kept in memory instead of being read again.
	mostCached = 128 << 20
	// blockBytes is about how many bytes of samples are worked on at a time.
	blockBytes = 1 << 20
)

// rowReader reads samples by place: in order by next, or at any place, in rising order.
type rowReader interface {
	next() ([]byte, error)
	at(dst []byte, place int64) error
	Close() error
}

// size is how many cells a sample has, and bytes by which it is scored.
func (d *Data) size() int { return d.spec.Rows * d.spec.Cols }

// rows is the number of labelled rows.
func (d *Data) rows() int { return len(d.class) }

// place is where a row stands in the files.
func (d *Data) place(row int) int {
	if d.places == nil {
		return row
	}
	return int(d.places[row])
}

// take keeps the rows that have a label, and lists the classes. Each slice is by place;
// sides, captures and lengths may be nil.
func (d *Data) take(labels []uint16, unknown uint16, name func(label uint16) string) error {
	if int64(len(labels)) > math.MaxInt32 {
		return fmt.Errorf("%d samples: an audit takes at most %d", len(labels), math.MaxInt32)
	}
	d.total = len(labels)
	counts := map[uint16]int{}
	for _, l := range labels {
		counts[l]++
	}
	d.unlabelled = counts[unknown]
	delete(counts, unknown)
	at := map[uint16]uint16{}
	for l, n := range counts {
		d.classes = append(d.classes, class{label: l, rows: n})
	}
	slices.SortFunc(d.classes, func(a, b class) int { return int(a.label) - int(b.label) })
	for i := range d.classes {
		c := &d.classes[i]
		c.name = name(c.label)
		at[c.label] = uint16(i)
	}
	if len(d.classes) == 0 {
		return fmt.Errorf("no sample has a label: there is nothing to audit")
	}
	kept := make([]uint16, 0, d.total-d.unlabelled)
	for i, l := range labels {
		if l == unknown {
			continue
		}
		row := len(kept)
		if d.unlabelled > 0 {
			d.places = append(d.places, uint32(i))
			if d.sides != nil {
				d.sides[row] = d.sides[i]
			}
			if d.captures != nil {
				d.captures[row] = d.captures[i]
			}
			if d.lengths != nil {
				d.lengths[row] = d.lengths[i]
			}
		}
		kept = append(kept, at[l])
	}
	d.class = kept
	d.sides = shorter(d.sides, len(kept))
	d.captures = shorter(d.captures, len(kept))
	d.lengths = shorter(d.lengths, len(kept))
	return nil
}

func shorter[T any](s []T, n int) []T {
	if s == nil {
		return nil
	}
	return s[:n]
}

// hasSides reports whether there are both training and test rows.
func (d *Data) hasSides() bool {
	return slices.Contains(d.sides, uint8(dataset.Train)) && slices.Contains(d.sides, uint8(dataset.Test))
}

// each calls f for blocks of rows in order: the first row, and the cells of the samples one
// behind the other, a byte each. They are lent.
func (d *Data) each(ctx context.Context, f func(first int, block []byte) error) error {
	b := d.bins
	if b == nil {
		return d.eachRaw(ctx, f)
	}
	size, n := d.size(), d.rows()
	step := max(1, blockBytes/size)
	if d.codes != nil {
		for first := 0; first < n; first += step {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(first, d.codes[first*size:min(first+step, n)*size]); err != nil {
				return err
			}
		}
		return nil
	}
	var all []byte
	if int64(n)*int64(size) <= mostCached {
		all = make([]byte, n*size)
	}
	var block []byte
	whole := d.spec.Size()
	err := d.eachRaw(ctx, func(first int, raw []byte) error {
		rows := len(raw) / whole
		if all != nil {
			block = all[first*size : (first+rows)*size]
		} else {
			block = append(block[:0], make([]byte, rows*size)...)
		}
		err := parallel.Each(ctx, d.workers, parts(rows), func(_, p int) error {
			from, to := part(p, rows)
			for i := from; i < to; i++ {
				b.code(block[i*size:(i+1)*size], raw[i*whole:(i+1)*whole])
			}
			return nil
		})
		if err != nil {
			return err
		}
		return f(first, block)
	})
	if err == nil && all != nil {
		d.codes, d.cache = all, nil
	}
	return err
}

// eachRaw calls f for blocks of rows in order: the first row, and the samples one behind the
// other. They are lent.
func (d *Data) eachRaw(ctx context.Context, f func(first int, block []byte) error) (err error) {
	size, n := d.spec.Size(), d.rows()
	step := max(1, blockBytes/size)
	if d.cache != nil {
		for first := 0; first < n; first += step {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(first, d.cache[first*size:min(first+step, n)*size]); err != nil {
				return err
			}
		}
		return nil
	}
	r, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if e := r.Close(); err == nil {
			err = e
		}
	}()
	var all []byte
	if int64(n)*int64(size) <= mostCached {
		all = make([]byte, 0, n*size)
	}
	block := make([]byte, 0, step*size)
	first, row := 0, 0
	for place := 0; row < n; place++ {
		b, err := r.next()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if d.place(row) != place {
			continue
		}
		block = append(block, b...)
		if row++; len(block) == step*size || row == n {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(first, block); err != nil {
				return err
			}
			if all != nil {
				all = append(all, block...)
			}
			first, block = row, block[:0]
		}
	}
	d.cache = all
	return nil
}

// some calls f for rows, in rising order, one after another. The cells of the sample, a byte
// each, are lent, and may be changed.
func (d *Data) some(ctx context.Context, rows []uint32, f func(i int, x []byte) error) error {
	b := d.bins
	if b == nil {
		return d.someRaw(ctx, rows, f)
	}
	size := d.size()
	x := make([]byte, size)
	if d.codes != nil {
		for i, row := range rows {
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			copy(x, d.codes[int(row)*size:])
			if err := f(i, x); err != nil {
				return err
			}
		}
		return nil
	}
	return d.someRaw(ctx, rows, func(i int, raw []byte) error {
		b.code(x, raw)
		return f(i, x)
	})
}

// someRaw calls f for rows, in rising order, one after another. The sample is lent, and may be
// changed.
func (d *Data) someRaw(ctx context.Context, rows []uint32, f func(i int, x []byte) error) (err error) {
	size := d.spec.Size()
	x := make([]byte, size)
	var r rowReader
	if d.cache == nil {
		if r, err = d.open(ctx); err != nil {
			return err
		}
		defer func() {
			if e := r.Close(); err == nil {
				err = e
			}
		}()
	}
	for i, row := range rows {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if r == nil {
			copy(x, d.cache[int(row)*size:])
		} else if err := r.at(x, int64(d.place(int(row)))); err != nil {
			return err
		}
		if err := f(i, x); err != nil {
			return err
		}
	}
	return nil
}

// spaced returns at most m of the rows, evenly spaced: rows floor(i*n/m).
func spaced(rows []uint32, m int) []uint32 {
	n := len(rows)
	if n <= m {
		return rows
	}
	out := make([]uint32, m)
	for i := range out {
		out[i] = rows[int(int64(i)*int64(n)/int64(m))]
	}
	return out
}

// allRows are the numbers of all rows.
func (d *Data) allRows() []uint32 {
	rows := make([]uint32, d.rows())
	for i := range rows {
		rows[i] = uint32(i)
	}
	return rows
}
