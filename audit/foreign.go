package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/userfile"
	"github.com/pcapmill/pcapmill/manifest"
)

// mostClassNames bounds classes.json beside IDX files: 16 MiB, some 250 bytes for each of
// 65,535 classes.
const mostClassNames = 16 << 20

// pair is a file of images and the file of their labels.
type pair struct {
	images, labels string
	side           uint8
}

// OpenPair reads an IDX file of images and the file of its labels, each plain or in gzip.
func OpenPair(ctx context.Context, images, labels string) (*Data, error) {
	return openPairs(ctx, filepath.Dir(images), []pair{{images, labels, noSide}})
}

// OpenMNIST reads the IDX files under MNIST's names in a directory, each plain or with .gz:
// train, validation and t10k. With only one of the three there are no sides. It wraps
// fs.ErrNotExist if there is none of them.
func OpenMNIST(ctx context.Context, dir string) (*Data, error) {
	var pairs []pair
	for _, s := range []struct {
		name string
		side dataset.Side
	}{{"train", dataset.Train}, {"validation", dataset.Validation}, {"t10k", dataset.Test}} {
		images, err := oneOf(dir, s.name+"-images-idx3-ubyte")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		labels, err := oneOf(dir, s.name+"-labels-idx1-ubyte", s.name+"-labels-idx1-int")
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, pair{images, labels, uint8(s.side)})
	}
	if pairs == nil {
		return nil, fmt.Errorf("%s holds neither %s of a dataset nor train-images-idx3-ubyte of MNIST: %w", dir, manifest.Name, fs.ErrNotExist)
	}
	if len(pairs) == 1 {
		pairs[0].side = noSide
	}
	return openPairs(ctx, dir, pairs)
}

// oneOf is the first path in dir that exists, of the names and of the names with .gz.
func oneOf(dir string, names ...string) (string, error) {
	for _, name := range names {
		for _, path := range []string{filepath.Join(dir, name), filepath.Join(dir, name+".gz")} {
			_, err := os.Stat(path)
			if err == nil {
				return path, nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
		}
	}
	return "", &fs.PathError{Op: "open", Path: filepath.Join(dir, names[0]), Err: fs.ErrNotExist}
}

func openPairs(ctx context.Context, dir string, pairs []pair) (*Data, error) {
	d := &Data{}
	var labels []uint16
	wide := false
	for _, p := range pairs {
		n, err := d.fits(ctx, p.images)
		if err != nil {
			return nil, err
		}
		some, int32s, err := readLabels(ctx, p.labels)
		if err != nil {
			return nil, err
		}
		if int64(len(some)) != n {
			return nil, fmt.Errorf("%s has %d labels, but %s has %d images: they must be as many", p.labels, len(some), p.images, n)
		}
		wide = wide || int32s
		labels = append(labels, some...)
		if p.side != noSide {
			for range some {
				d.sides = append(d.sides, p.side)
			}
		}
	}
	unknown := uint16(255)
	if wide {
		unknown = 65535
	}
	names, err := classNames(ctx, dir)
	if err != nil {
		return nil, err
	}
	d.open = func(ctx context.Context) (rowReader, error) { return openFiles(ctx, pairs) }
	return d, d.take(labels, unknown, func(l uint16) string {
		if int(l) < len(names) && names[l] != "" {
			return names[l]
		}
		return strconv.Itoa(int(l))
	})
}

// fits checks a file of images and returns how many it holds. All files have one shape.
func (d *Data) fits(ctx context.Context, path string) (int64, error) {
	r, err := openIDX(ctx, path)
	if err != nil {
		return 0, err
	}
	defer r.Close() // read only
	h := r.Header()
	if len(h.Dims) != 3 || h.Type != idx.Uint8 {
		return 0, fmt.Errorf("%s holds %v: an audit needs images, which are uint8 of three dimensions", path, h)
	}
	if r.Len() == 0 {
		return 0, nil
	}
	spec := dataset.Spec{Rows: int(h.Dims[1]), Cols: int(h.Dims[2])}
	if err := spec.Check(); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	if spec.Size() > mostSample {
		return 0, fmt.Errorf("%s: samples of %d bytes; an audit takes at most %d", path, spec.Size(), mostSample)
	}
	if d.spec != (dataset.Spec{}) && d.spec != spec {
		return 0, fmt.Errorf("%s: images of %v, those of the files before are %v", path, spec, d.spec)
	}
	d.spec = spec
	return r.Len(), nil
}

// mostSample is the largest sample in bytes that is audited: 1 MiB.
const mostSample = 1 << 20

func readLabels(ctx context.Context, path string) (labels []uint16, wide bool, err error) {
	r, err := openIDX(ctx, path)
	if err != nil {
		return nil, false, err
	}
	defer r.Close() // read only
	h := r.Header()
	if len(h.Dims) != 1 || h.Type != idx.Uint8 && h.Type != idx.Int32 {
		return nil, false, fmt.Errorf("%s holds %v: an audit needs labels, which are uint8 or int32 of one dimension", path, h)
	}
	for i := int64(0); i < r.Len(); i++ {
		b, err := r.Next()
		if err != nil {
			return nil, false, err
		}
		if len(b) == 1 {
			labels = append(labels, uint16(b[0]))
			continue
		}
		if b[0] != 0 || b[1] != 0 {
			return nil, false, fmt.Errorf("%s: label %d is not within 0 to 65535 (offset %d)", path, i, h.Size()+4*i)
		}
		labels = append(labels, uint16(b[2])<<8|uint16(b[3]))
	}
	return labels, h.Type == idx.Int32, nil
}

// openIDX opens an IDX file, plain or in gzip, whatever its name.
func openIDX(ctx context.Context, path string) (*idx.Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var magic [2]byte
	_, err = io.ReadFull(f, magic[:])
	f.Close()
	if err == nil && magic == [2]byte{0x1f, 0x8b} {
		return idx.OpenGzip(ctx, path)
	}
	return idx.Open(path)
}

// files reads several files of images as one.
type files struct {
	parts []*idx.Reader
	now   int
}

func openFiles(ctx context.Context, pairs []pair) (rowReader, error) {
	f := &files{}
	for _, p := range pairs {
		r, err := openIDX(ctx, p.images)
		if err != nil {
			f.Close()
			return nil, err
		}
		f.parts = append(f.parts, r)
	}
	return f, nil
}

func (f *files) next() ([]byte, error) {
	for f.now < len(f.parts) {
		b, err := f.parts[f.now].Next()
		if err != io.EOF {
			return b, err
		}
		f.now++
	}
	return nil, io.EOF
}

func (f *files) at(dst []byte, place int64) error {
	for _, r := range f.parts {
		if place < r.Len() {
			return r.ReadAt(dst, place)
		}
		place -= r.Len()
	}
	return io.ErrUnexpectedEOF
}

// Close closes all files.
func (f *files) Close() error {
	var errs []error
	for _, r := range f.parts {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// formerClasses is where exports had dataset.ClassesName once, and where people put theirs.
const formerClasses = "classes.json"

// classNames reads the names beside the files: {"classes": [names by label]}. There need
// not be any.
func classNames(ctx context.Context, dir string) ([]string, error) {
	path := filepath.Join(dir, filepath.FromSlash(dataset.ClassesName))
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		path = filepath.Join(dir, formerClasses)
		info, err = os.Stat(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	text, err := userfile.Read(ctx, path, mostClassNames)
	if err != nil {
		return nil, err
	}
	var c struct {
		Classes []string `json:"classes"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c.Classes, nil
}
