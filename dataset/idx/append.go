package idx

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// appendBuffer is the buffer of the stand-alone helpers in bytes.
const appendBuffer = 1 << 16

// AppendImages appends images to the file at path, which is created if there is none,
// even without images. Every image must have spec.Size() bytes, and a file that holds
// images must have that shape: else the error is a *[dataset.MismatchError] and nothing
// is changed. The images are synced to disk before the header counts them. Bytes behind
// the last image that the header counts, left by a writer that was killed, are cut off.
//
// A dataset is a pair of files; to append to both use [Format], which keeps them in
// step.
func AppendImages(path string, spec dataset.Spec, images ...[]byte) error {
	if err := spec.Check(); err != nil {
		return err
	}
	for i, m := range images {
		if len(m) != spec.Size() {
			return &dataset.MismatchError{File: path, What: fmt.Sprintf("bytes of image %d", i), Have: int64(len(m)), Need: int64(spec.Size())}
		}
	}
	return appendTo(path, []uint32{uint32(spec.Rows), uint32(spec.Cols)}, images, len(images))
}

// AppendLabels appends labels to the file at path, which has one byte a label. What
// AppendImages says holds.
func AppendLabels(path string, labels ...uint8) error {
	return appendTo(path, nil, [][]byte{labels}, len(labels))
}

// appendTo appends n items, which may be spread over any number of runs.
func appendTo(path string, dims []uint32, runs [][]byte, n int) error {
	x, err := openFile(fsys.OS{}, path, Uint8, dims, 0)
	if err != nil {
		return err
	}
	err = x.check(n)
	if err == nil {
		err = x.appendRuns(runs)
	}
	return errors.Join(err, x.close())
}

// check refuses a file that has less than it counts, and to count further than one can.
func (x *file) check(n int) error {
	have := x.header.Count()
	if want := have + int64(n); want > MaxItems {
		return &dataset.LimitError{File: x.path, What: "items", Need: want, Most: MaxItems}
	}
	if need := x.offset(have); have > 0 && x.found < need {
		return &Error{Path: x.path, Kind: ErrTruncated, Offset: x.found, What: fmt.Sprintf("bytes for %d items", have), Have: x.found, Need: need}
	}
	return nil
}

// appendRuns writes runs of items behind those that the header counts, syncs them, and
// counts them.
func (x *file) appendRuns(runs [][]byte) error {
	have := x.header.Count()
	if have == 0 {
		if err := x.begin(); err != nil {
			return err
		}
	}
	items, err := x.writeRuns(have, runs)
	if err == nil && have == 0 {
		err = x.disk.SyncDir(filepath.Dir(x.path))
	}
	if err == nil && items > have {
		err = x.writeCount(items)
		if err == nil {
			err = x.sync()
		}
	}
	if err != nil {
		return err
	}
	return nil
}

// writeRuns writes and syncs the runs behind the first have items, and returns how many
// items there are then.
func (x *file) writeRuns(have int64, runs [][]byte) (items int64, err error) {
	if err := x.truncate(have); err != nil {
		return 0, err
	}
	size := int64(0)
	out := bufio.NewWriterSize(io.NewOffsetWriter(x.f, x.offset(have)), appendBuffer)
	for _, b := range runs {
		if _, err := out.Write(b); err != nil {
			return 0, err
		}
		size += int64(len(b))
	}
	if err := out.Flush(); err != nil {
		return 0, err
	}
	return have + size/x.item, x.sync()
}
