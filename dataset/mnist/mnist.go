// Package mnist writes a dataset as IDX files under the names of MNIST, for the
// many programs that open nothing else: torchvision's MNIST class, idx2numpy, readers
// of their own by offset.
//
// # Files
//
//	train-images-idx3-ubyte       the samples of the train side: uint8, count x rows x columns
//	train-labels-idx1-ubyte       their labels: uint8, count; 255 is unknown
//	t10k-images-idx3-ubyte        the test side (the name is MNIST's, whatever the count)
//	t10k-labels-idx1-ubyte
//	validation-images-idx3-ubyte  the validation side, if there is one
//	validation-labels-idx1-ubyte
//	__pcapmill/classes.json       names by label
//
// Package idx says what is in an IDX file. With Gzip each of the IDX files is
// compressed, as the originals are, and its name ends in ".gz"; the gzip header has no
// name and no time. With Raw the IDX files stand in MNIST/raw/, where
// torchvision.datasets.MNIST(root) looks for them below its root.
//
// # What is not split
//
// A dataset that is not split stands in the train pair, whole. The t10k pair is written
// in any case, with a count of zero if there is no test side: torchvision refuses to
// open the one without the other.
//
// # More than 255 classes
//
// Labels then are int32 (IDX type 0x0c, as in QMNIST) and the names end in
// "-labels-idx1-int". torchvision's MNIST class refuses such files; idx2numpy reads
// them. Unknown is 65535 then.
package mnist

import (
	"context"
	"encoding/binary"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
)

// Format is the exporter. Its zero value writes plain files into the folder itself.
type Format struct {
	Gzip bool // compress the IDX files
	Raw  bool // IDX files in MNIST/raw/
}

// Name implements [dataset.Exporter].
func (Format) Name() string { return "mnist" }

// part is the beginning of the names of a side's files.
func part(s dataset.Side) string {
	switch s {
	case dataset.Test:
		return "t10k"
	case dataset.Validation:
		return "validation"
	}
	return "train"
}

// sides are those that get files: the view's, and train and test in any case.
func sides(v dataset.View) []dataset.Side {
	have := map[dataset.Side]bool{}
	for _, s := range v.Sides() {
		have[s] = true
	}
	out := []dataset.Side{dataset.Train}
	if have[dataset.Whole] {
		out[0] = dataset.Whole
	}
	if have[dataset.Validation] {
		out = append(out, dataset.Validation)
	}
	return append(out, dataset.Test)
}

// Export implements [dataset.Exporter].
func (f Format) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	var files []dataset.File
	for _, s := range sides(v) {
		pair, err := f.side(ctx, dir, v, s)
		if err != nil {
			return nil, err
		}
		files = append(files, pair...)
	}
	classes, err := dir.WriteClasses(v)
	if err != nil {
		return nil, err
	}
	return append(files, classes), nil
}

// side writes the two files of a side. One that the view does not have is without
// samples.
func (f Format) side(ctx context.Context, dir dataset.Folder, v dataset.View, s dataset.Side) ([]dataset.File, error) {
	wide := v.Unknown() > 255
	images, labels := f.names(part(s), wide)
	n := v.Len(s)
	if n > idx.MaxItems {
		return nil, &dataset.LimitError{File: images, What: "samples", Need: n, Most: idx.MaxItems}
	}
	x, err := f.create(dir, images, idx.Header{Type: idx.Uint8, Dims: []uint32{uint32(n), uint32(v.Spec().Rows), uint32(v.Spec().Cols)}})
	if err != nil {
		return nil, err
	}
	defer x.out.Abort()
	kind := idx.Uint8
	if wide {
		kind = idx.Int32
	}
	y, err := f.create(dir, labels, idx.Header{Type: kind, Dims: []uint32{uint32(n)}})
	if err != nil {
		return nil, err
	}
	defer y.out.Abort()

	have := int64(0)
	if n > 0 {
		err = v.Each(ctx, s, func(e *dataset.Entry) error {
			have++
			if _, err := x.w.Write(e.Data); err != nil {
				return err
			}
			_, err := y.w.Write(appendLabel(nil, e.Label, wide))
			return err
		})
	}
	if err == nil {
		err = dataset.CheckLen(v, s, have)
	}
	if err != nil {
		return nil, err
	}
	first, err := x.close()
	if err != nil {
		return nil, err
	}
	second, err := y.close()
	return []dataset.File{first, second}, err
}

func appendLabel(b []byte, label int, wide bool) []byte {
	if wide {
		return binary.BigEndian.AppendUint32(b, uint32(label))
	}
	return append(b, uint8(label))
}

func (f Format) names(part string, wide bool) (images, labels string) {
	folder, end := "", ""
	if f.Raw {
		folder = "MNIST/raw/"
	}
	if f.Gzip {
		end = ".gz"
	}
	kind := "ubyte"
	if wide {
		kind = "int"
	}
	return folder + part + "-images-idx3-ubyte" + end, folder + part + "-labels-idx1-" + kind + end
}

// file is one IDX file that is being written.
type file struct {
	out *dataset.Output
	zip *gzip.Writer // nil: not compressed
	w   io.Writer    // one of the two
}

func (f Format) create(dir dataset.Folder, name string, h idx.Header) (*file, error) {
	out, err := dir.Create(name)
	if err != nil {
		return nil, err
	}
	x := &file{out: out, w: out}
	if f.Gzip {
		x.zip = gzip.NewWriter(out)
		x.zip.ModTime = time.Unix(0, 0) // written as 0, which means none
		x.w = x.zip
	}
	if _, err := x.w.Write(h.Append(nil)); err != nil {
		out.Abort()
		return nil, err
	}
	return x, nil
}

func (x *file) close() (dataset.File, error) {
	if x.zip != nil {
		if err := x.zip.Close(); err != nil {
			return dataset.File{}, err
		}
	}
	return x.out.Close()
}
