// Package wds writes a dataset as WebDataset shards: TAR archives that training jobs
// stream from disks and object stores, one after another.
//
// # Files
//
//	train-000000.tar, train-000001.tar, …   so for validation, test; all, if not split
//	__pcapmill/classes.json                 names by label
//
// A side has Shards shards with as many samples each, to within one; one a sample if it has
// fewer, and one without a sample if it has none. So every worker of a loader has a shard
// of its own. A shard also ends before it would be longer than ShardSize bytes, and then
// there are more; one sample makes it longer only if it does not fit alone.
//
// # A sample
//
// is three files that stand together and share their name up to the dot, which is
// [dataset.Entry.Key]:
//
//	KEY.png    the picture: 8-bit grayscale, see package png
//	KEY.npy    in its place where elements are not unsigned bytes: the array, see package npy
//	KEY.cls    the label in decimal digits
//	KEY.json   the row of the table of samples, see below
//
// Source: the WebDataset format description (webdataset.github.io) and its library.
// Headers are POSIX ustar with mode 0644, user and group 0 without names, and time 0.
//
// # The row
//
// A JSON object of the columns of package table, without those that are null: index,
// label, class, split and capture always, the others if the dataset has a row about the
// sample; host only if it was made with a key. A time is a number of nanoseconds since
// 1970-01-01 UTC, and its name ends in _ns. No address and no port.
package wds

import (
	"context"
	"fmt"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/png"
	"github.com/pcapmill/pcapmill/internal/parallel"
)

// DefaultShardSize is used where none is given: 256 MiB, some 80 000 samples of 28x28.
const DefaultShardSize = 256 << 20

// DefaultShards is used where no number is given: as many as the workers of a loader that
// people usually start, and a multiple of the usual numbers of GPUs.
const DefaultShards = 8

// Format is the exporter.
type Format struct {
	Workers   int   // that make samples side by side; 0: one a core
	ShardSize int64 // of a shard in bytes, at most; 0: DefaultShardSize
	Shards    int   // of a side, at least, if it has as many samples; 0: DefaultShards
}

// Name implements [dataset.Exporter].
func (Format) Name() string { return "wds" }

// Export implements [dataset.Exporter].
func (f Format) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	x := &exporter{dir: dir, view: v, workers: f.Workers, most: f.ShardSize, shards: int64(f.Shards)}
	for range parallel.Workers(f.Workers) {
		m, err := newMaker(v)
		if err != nil {
			return nil, err
		}
		x.makers = append(x.makers, m)
	}
	if x.most <= 0 {
		x.most = DefaultShardSize
	}
	if x.shards <= 0 {
		x.shards = DefaultShards
	}
	for _, s := range v.Sides() {
		if err := x.side(ctx, s); err != nil {
			return nil, err
		}
	}
	classes, err := dir.WriteClasses(v)
	if err != nil {
		return nil, err
	}
	return append(x.files, classes), nil
}

// exporter writes the shards of a side, one after another.
type exporter struct {
	dir          dataset.Folder
	view         dataset.View
	workers      int
	makers       []*maker
	most, shards int64
	files        []dataset.File

	out    *dataset.Output // the shard that is open
	number int             // of the shard in its side
	any    bool            // it holds a sample
}

const (
	block   = 512
	trailer = 2 * block // at the end of an archive
)

func (x *exporter) side(ctx context.Context, s dataset.Side) error {
	x.number = 0
	if err := x.open(s); err != nil {
		return err
	}
	defer func() { x.out.Abort() }()
	line := parallel.Order[sample]{
		Workers: x.workers, Batch: png.Batch(x.view.Spec()),
		Work: func(worker int, m *sample) error { return x.makers[worker].members(m) },
		Emit: func(m *sample) error { return x.add(s, m) },
	}
	have := int64(0)
	need := x.view.Len(s)
	next, ends := int64(1), dataset.ShardEnd(0, x.shards, need)
	err := line.Run(ctx, func(add func(func(*sample)) error) error {
		return x.view.Each(ctx, s, func(e *dataset.Entry) error {
			begin := have == ends && have < need
			if begin {
				ends = dataset.ShardEnd(next, x.shards, need)
				next++
			}
			have++
			return add(func(m *sample) {
				m.data = append(m.data[:0], e.Data...)
				m.entry, m.begin = *e, begin
				m.entry.Data = m.data
			})
		})
	})
	if err == nil {
		err = dataset.CheckLen(x.view, s, have)
	}
	if err != nil {
		return err
	}
	return x.close()
}

func (x *exporter) open(s dataset.Side) error {
	out, err := x.dir.Create(fmt.Sprintf("%s-%06d.tar", s, x.number))
	if err != nil {
		return err
	}
	x.out, x.any = out, false
	x.number++
	return nil
}

func (x *exporter) close() error {
	if _, err := x.out.Write(make([]byte, trailer)); err != nil {
		return err
	}
	f, err := x.out.Close()
	x.files = append(x.files, f)
	return err
}

// add writes a sample, into the next shard if it begins one or this one is full.
func (x *exporter) add(s dataset.Side, m *sample) error {
	if m.begin || x.any && x.out.Size()+int64(len(m.tar))+trailer > x.most {
		if err := x.close(); err != nil {
			return err
		}
		if err := x.open(s); err != nil {
			return err
		}
	}
	x.any = true
	_, err := x.out.Write(m.tar)
	return err
}
