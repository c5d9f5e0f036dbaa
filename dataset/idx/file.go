package idx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// MaxItems is the largest number of items of a file: the first dimension has 32 bits.
const MaxItems = math.MaxUint32

// countOffset is where the first dimension stands.
const countOffset = prefixSize

// A file is one IDX file that items are appended to. The caller knows
// how many items shall stay if the run ends now.
type file struct {
	disk   fsys.FS
	f      fsys.File // nil as long as there is no file, or it need not be open
	path   string
	header Header // its first dimension is the count that stands in the file
	item   int64  // size of an item in bytes, at least 1
	items  int64  // items written, counted or not
	found  int64  // size of the file in bytes when it was opened

	gathered gather              // whole items behind those written
	next     *atomicfile.Pending // the file that shall replace this one, or nil
	replaced fsys.File           // the file that this one replaced, if it is still open
}

// openFile opens a file for the committed number of items and refuses what does not
// fit, without changing a byte. t is the type of the elements, dims are the dimensions
// behind the first. If nothing is committed there need not be a file; one that is shorter than a header, as a run
// leaves it that was killed while it began the file, and one that counts no items, are
// taken for new. Otherwise the shape must be the same.
func openFile(disk fsys.FS, path string, t Type, dims []uint32, committed int64) (*file, error) {
	x := &file{disk: disk, path: path, header: Header{Type: t, Dims: append([]uint32{0}, dims...)}}
	x.item, _ = x.header.ItemSize()
	f, err := openToWrite(disk, path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && committed == 0:
		return x, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the file of %d committed samples is missing: %w", committed, err)
	case err != nil:
		return nil, err
	}
	x.f = f
	if err := x.look(committed); err != nil {
		f.Close()
		return nil, err
	}
	return x, nil
}

// openToWrite opens a file that is there. Links and special files are refused.
func openToWrite(disk fsys.FS, path string) (fsys.File, error) {
	return fsys.OpenInside(disk, filepath.Dir(path), filepath.Base(path), os.O_RDWR)
}

// look reads the header that is there and compares.
func (x *file) look(committed int64) error {
	info, err := x.f.Stat()
	if err != nil {
		return err
	}
	x.found = info.Size()
	if committed == 0 && x.found <= x.header.Size() && x.isBeginning() {
		return nil
	}
	if need := x.offset(committed); committed > 0 && x.found < need {
		if h, err := ReadHeader(x.f); err == nil && h.Type != x.header.Type {
			return x.sameShape(h) // not cut short, but another kind of file
		}
		return &dataset.MismatchError{File: x.path, What: "bytes", Have: x.found, Need: need, Hint: "the file is cut short; restore it, or make the dataset anew"}
	}
	h, err := ReadHeader(x.f)
	if err != nil {
		return inFile(x.path, err)
	}
	if committed == 0 && h.Count() == 0 && slices.Contains(x.types(), h.Type) && len(h.Dims) == len(x.header.Dims) {
		return nil // of which shape and type no item is, nobody cares
	}
	if err := x.sameShape(h); err != nil {
		return err
	}
	if have := h.Count(); have < committed {
		return &dataset.MismatchError{File: x.path, What: "samples in the header", Have: have, Need: committed, Hint: "the file is not the one of the manifest, or is damaged"}
	}
	x.header.Dims[0] = h.Dims[0]
	return nil
}

// isBeginning says whether the whole file, which is no longer than a header, is the
// beginning of one that counts nothing, or zeros, which a power cut leaves on some file
// systems. Anything else that short is somebody else's.
func (x *file) isBeginning() bool {
	have := make([]byte, x.found)
	if _, err := x.f.ReadAt(have, 0); err != nil {
		return false
	}
	if len(bytes.Trim(have, "\x00")) == 0 {
		return true
	}
	n := min(len(have), countOffset+dimSize) // the shape behind may be another one
	return slices.ContainsFunc(x.types(), func(t Type) bool {
		return bytes.Equal(have[:n], Header{Type: t, Dims: x.header.Dims}.Append(nil)[:n])
	})
}

// types are those that an empty file in this place may have.
func (x *file) types() []Type {
	if len(x.header.Dims) == 1 {
		return []Type{Uint8, Int32}
	}
	return []Type{Uint8, Int8, Int16, Float32}
}

// sameShape compares the header that was found with the one that is needed.
func (x *file) sameShape(h Header) error {
	if h.Type != x.header.Type || len(h.Dims) != len(x.header.Dims) {
		return &Error{
			Path: x.path, Kind: ErrUnsupported, Offset: 2, What: "type and dimensions",
			Have: magic(h), Need: magic(x.header), Hint: fmt.Sprintf("the file holds %v", h),
		}
	}
	for i, name := range []string{"rows", "columns"}[:len(h.Dims)-1] {
		if have, need := h.Dims[i+1], x.header.Dims[i+1]; have != need {
			return &dataset.MismatchError{File: x.path, What: name, Have: int64(have), Need: int64(need), Hint: "use the shape of the dataset, or another directory"}
		}
	}
	return nil
}

// magic returns type and number of dimensions as the number by which files of images
// (2051) and labels (2049, of four bytes 3073) are known.
func magic(h Header) int64 { return int64(h.Type)<<8 | int64(len(h.Dims)) }

// offset returns where item n starts.
func (x *file) offset(n int64) int64 { return x.header.Size() + n*x.item }

// begin makes the file, if there is none, and writes the whole header, with a count of
// zero.
func (x *file) begin() error {
	if x.f == nil {
		f, err := x.disk.OpenFile(x.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		x.f = f
	}
	x.header.Dims[0] = 0
	_, err := x.f.WriteAt(x.header.Append(nil), 0)
	return err
}

// writeCount makes the header count n items, which must have been written and synced.
func (x *file) writeCount(n int64) error {
	var b [dimSize]byte
	binary.BigEndian.PutUint32(b[:], uint32(n))
	if _, err := x.f.WriteAt(b[:], countOffset); err != nil {
		return err
	}
	x.header.Dims[0] = uint32(n)
	return nil
}

// truncate cuts the file behind item n-1. The header must not count more than n.
func (x *file) truncate(n int64) error {
	if err := x.f.Truncate(x.offset(n)); err != nil {
		return err
	}
	x.items = n
	return nil
}

func (x *file) sync() error { return x.f.Sync() }

// close closes the file, and the one that it replaced, if they are open.
func (x *file) close() error {
	if x == nil {
		return nil
	}
	err := x.closeReplaced()
	if x.f != nil {
		err = errors.Join(err, x.f.Close())
		x.f = nil
	}
	if err != nil {
		return err
	}
	return nil
}
