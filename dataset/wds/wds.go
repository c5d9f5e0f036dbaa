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
	"archive/tar"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/npy"
	"github.com/pcapmill/pcapmill/dataset/png"
)

// DefaultShardSize is used where none is given: 256 MiB, some 80 000 samples of 28x28.
const DefaultShardSize = 256 << 20

// DefaultShards is used where no number is given: as many as the workers of a loader that
// people usually start, and a multiple of the usual numbers of GPUs.
const DefaultShards = 8

// Format is the exporter.
type Format struct {
	ShardSize int64 // of a shard in bytes, at most; 0: DefaultShardSize
	Shards    int   // of a side, at least, if it has as many samples; 0: DefaultShards
}

// Name implements [dataset.Exporter].
func (Format) Name() string { return "wds" }

// Export implements [dataset.Exporter].
func (f Format) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	x := &exporter{dir: dir, view: v, spec: v.Spec(), rows: newRower(v), most: f.ShardSize, shards: int64(f.Shards)}
	switch descr := npy.Descr(x.spec.Type); {
	case descr == "":
		return nil, fmt.Errorf("%w: samples of %v, need arrays", dataset.ErrUnfit, x.spec.Type)
	case x.spec.Type == dataset.U8:
		var err error
		if x.enc, err = png.NewEncoder(x.spec); err != nil {
			return nil, err
		}
	default:
		x.array = npy.Header(descr, int64(x.spec.Rows), int64(x.spec.Cols))
		x.header = len(x.array)
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
	spec         dataset.Spec
	enc          *png.Encoder // of U8, else nil
	array        []byte       // else the NPY file of a sample: header bytes of its header, and numbers
	header       int
	rows         *rower
	most, shards int64
	files        []dataset.File

	out    *dataset.Output // the shard that is open
	tar    *tar.Writer
	number int  // of the shard in its side
	any    bool // it holds a sample
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
	have := int64(0)
	need := x.view.Len(s)
	next, ends := int64(1), dataset.ShardEnd(0, x.shards, need)
	err := x.view.Each(ctx, s, func(e *dataset.Entry) error {
		begin := have == ends && have < need
		if begin {
			ends = dataset.ShardEnd(next, x.shards, need)
			next++
		}
		have++
		return x.add(s, e, begin)
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
	x.out, x.tar, x.any = out, tar.NewWriter(out), false
	x.number++
	return nil
}

func (x *exporter) close() error {
	if err := x.tar.Close(); err != nil {
		return err
	}
	f, err := x.out.Close()
	x.files = append(x.files, f)
	return err
}

// add writes a sample, into the next shard if it begins one or this one is full.
func (x *exporter) add(s dataset.Side, e *dataset.Entry, begin bool) error {
	name, picture, err := x.sample(e.Data)
	if err != nil {
		return err
	}
	row, err := x.rows.row(e)
	if err != nil {
		return err
	}
	members := []struct {
		end  string
		data []byte
	}{{name, picture}, {".cls", strconv.AppendInt(nil, int64(e.Label), 10)}, {".json", row}}
	need := int64(trailer)
	for _, m := range members {
		need += block + (int64(len(m.data))+block-1)/block*block
	}
	if begin || x.any && x.out.Size()+need > x.most {
		if err := x.close(); err != nil {
			return err
		}
		if err := x.open(s); err != nil {
			return err
		}
	}
	for _, m := range members {
		if err := x.member(e.Key()+m.end, m.data); err != nil {
			return err
		}
	}
	x.any = true
	return x.tar.Flush() // its padding, so that Size is right
}

// sample is the first file of a sample, and what its name ends in.
func (x *exporter) sample(data []byte) (name string, file []byte, err error) {
	if x.enc != nil {
		file, err = x.enc.Encode(data)
		return ".png", file, err
	}
	x.array = append(x.array[:x.header], data...)
	x.spec.Type.Swap(x.array[x.header:], x.array[x.header:])
	return ".npy", x.array, nil
}

func (x *exporter) member(name string, data []byte) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
	if err := x.tar.WriteHeader(h); err != nil {
		return err
	}
	_, err := x.tar.Write(data)
	return err
}
