package dataset

import (
	"fmt"
	"math"
)

// MaxSampleSize is the largest size of a sample in bytes. It keeps the product of a
// sample's size and any 32-bit count within 63 bits.
const MaxSampleSize = math.MaxInt32

// A Type is the type of a sample's elements. Numbers of more than one byte are
// big-endian.
type Type uint8

// Types. Text is a line of UTF-8 text without a line end, of any length, and no array.
const (
	U8  Type = iota
	I8       // two's complement
	I16      // two's complement
	F32      // IEEE 754
	Text
	types
)

var (
	typeNames = [types]string{"u8", "i8", "i16", "f32", "text"}
	typeSizes = [types]int{1, 1, 2, 4, 0}
)

// String returns the name by which a manifest knows the type: u8, i8, i16, f32, text.
func (t Type) String() string { return typeNames[min(t, Text)] }

// Size returns the size of an element in bytes, 0 of Text.
func (t Type) Size() int { return typeSizes[min(t, Text)] }

// ParseType returns the type of a name. The empty name is that of U8.
func ParseType(name string) (Type, error) {
	if name == "" {
		return U8, nil
	}
	for t, n := range typeNames {
		if n == name {
			return Type(t), nil
		}
	}
	return 0, fmt.Errorf("elements of type %q: need one of %q", name, typeNames)
}

// A Spec is the type and shape of every sample of a dataset: Rows times Cols elements,
// row after row; of Text, neither.
type Spec struct {
	Rows, Cols int // both at least 1; of Text both 0
	Type       Type
}

// Size returns the size of a sample in bytes, 0 of Text. It is meaningful if Check
// returns nil.
func (s Spec) Size() int { return s.Rows * s.Cols * s.Type.Size() }

// Check returns an error unless both sides are at least 1 and a sample has at most
// MaxSampleSize bytes.
func (s Spec) Check() error {
	switch {
	case s.Type >= types:
		return fmt.Errorf("elements of type %d: need 0 to %d", s.Type, types-1)
	case s.Type == Text:
		if s.Rows != 0 || s.Cols != 0 {
			return fmt.Errorf("text with %d rows and %d columns: need neither", s.Rows, s.Cols)
		}
		return nil
	case s.Rows < 1 || s.Cols < 1:
		return fmt.Errorf("shape %v: both sides must be at least 1", s)
	case s.Rows > MaxSampleSize/s.Type.Size()/s.Cols:
		return fmt.Errorf("shape %v: a sample has at most %d bytes", s, MaxSampleSize)
	}
	return nil
}

// String returns the shape as rows x columns, and the type unless that is U8: "28x28",
// "4x30 f32", "text".
func (s Spec) String() string {
	switch s.Type {
	case U8:
		return fmt.Sprintf("%dx%d", s.Rows, s.Cols)
	case Text:
		return s.Type.String()
	}
	return fmt.Sprintf("%dx%d %v", s.Rows, s.Cols, s.Type)
}

// A Sample is one array and its label.
type Sample struct {
	// Data holds Spec.Size() bytes, row after row; of Text, the line.
	Data []byte
	// Label is the class id, or what stands for unknown: 255, or 65535 in a dataset
	// with more than 255 classes. A format may have to be told that labels go beyond
	// 255; one that was not refuses them with a *LimitError.
	Label uint16
}

// A File is one file of a dataset, as a manifest lists it.
type File struct {
	// Name is the file's path inside the dataset's directory, with slashes.
	Name string
	// Size is the file's size in bytes.
	Size int64
}

// A Format writes samples in one file format. It has no state: what it knows about
// a dataset is in the directory.
type Format interface {
	// Name returns the format's short name, such as "idx".
	Name() string

	// Open opens the dataset in dir, which must exist, to append samples of the
	// given shape. samples is the number of committed samples, from the manifest;
	// 0 makes a new dataset, whose files exist, whole and empty, when Open
	// returns. Open cuts off what lies behind the committed samples, and removes
	// temporary files of a writer that was killed. It refuses a
	// dataset of another shape or with fewer samples by a *MismatchError, a number
	// that the format cannot count by a *LimitError, a missing file by an error
	// that wraps fs.ErrNotExist, and files that are something else by an error of
	// the format; nothing is changed then.
	//
	// With samples 0 whatever the format's files hold is lost, so a caller that
	// has no manifest should first see that there are none.
	Open(dir string, spec Spec, samples int64) (Writer, error)
}

// A Writer appends samples to a dataset. After an error of Append, Prepare or Commit
// every further one returns that error, and Close goes back to the last commit. A
// *MismatchError or *LimitError of Append is an exception: it changes nothing. A Writer
// is not safe for concurrent use.
type Writer interface {
	// Append takes one more sample. s.Data is copied or written before Append
	// returns. It fails with a *MismatchError if s.Data has another size than the
	// shape says, and with a *LimitError if the format cannot count any further.
	Append(s Sample) error

	// Prepare writes all appended samples to disk, durably, and changes nothing that
	// a reader would go by; see the package comment. Without new samples it does
	// nothing. More samples may follow: they need another Prepare.
	Prepare() error

	// Commit makes all appended samples part of the dataset. It prepares those that
	// were not; after a Prepare it takes as little time as the format can. The
	// samples are visible when it returns, and durable when the directory was synced
	// as well. Without new samples it does nothing.
	Commit() error

	// Samples returns the number of samples, appended ones included: what the
	// dataset holds after a Commit now.
	Samples() int64

	// Cut returns how many bytes Open cut off, over all files, temporary ones not
	// counted.
	Cut() int64

	// Files returns the files in a fixed order, without temporary ones, with the
	// sizes that they have once what was prepared last is committed: what the
	// manifest of that commit says.
	Files() []File

	// Close removes or cuts off what was not committed and closes the files. All
	// that was committed is durable then. Only the first call does anything.
	// Afterwards Append, Prepare and Commit return an error.
	Close() error
}
