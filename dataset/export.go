package dataset

import (
	"context"
	"fmt"
)

// Side is a part of a split dataset.
type Side uint8

// Sides, in the order in which they are written.
const (
	Train Side = iota
	Validation
	Test
	Whole // the dataset is not split
)

// String is the side's name in files and tables: train, validation, test, or all.
func (s Side) String() string {
	return [...]string{"train", "validation", "test", "all"}[min(s, Whole)]
}

// ShardEnd is where shard i of the samples of a side ends, if need samples are dealt out
// evenly and in order to shards of them, or to need if these are fewer: before sample
// ShardEnd(i) of the side begins shard i+1.
func ShardEnd(i, shards, need int64) int64 {
	shards = max(1, min(shards, need))
	quotient, rest := need/shards, need%shards
	return quotient*(i+1) + rest*(i+1)/shards // need*(i+1)/shards, which could be too large
}

// UnknownClass is the name of the class of samples that no class matches.
const UnknownClass = "unknown"

// Entry is one sample as an [Exporter] sees it. Data is lent for the call.
type Entry struct {
	Index int64 // place in the dataset, from 0
	Data  []byte
	Label int  // class id, or Unknown of the view
	Side  Side // Whole if the dataset is not split, or the sample is on no side
	Fold  int  // from 0, where the view has folds; -1 if the sample is in none
	Row   Row  // see HasRow
}

// HasRow says whether the dataset has a row about this sample. Without one, Row holds
// its capture and is zero otherwise.
func (e *Entry) HasRow() bool { return e.Row.Packets[0] > 0 }

// Key is a name for the sample that no other sample of the dataset has, for formats
// that need one: "0000000042-c3-s17", place in the dataset, of its capture, and of its
// session in the capture (0 without a row). Keys sort in the order of the dataset and
// have neither dots nor slashes.
func (e *Entry) Key() string {
	return fmt.Sprintf("%010d-c%d-s%d", e.Index, e.Row.Capture, e.Row.Session)
}

// Swap turns the bytes of big-endian numbers, as Data holds them, into those of little-endian
// ones, in dst, which may be Data itself. Both have the same length, a multiple of the type's
// size.
func (t Type) Swap(dst, data []byte) {
	switch t.Size() {
	case 2:
		for i := 0; i+2 <= len(data); i += 2 {
			dst[i], dst[i+1] = data[i+1], data[i]
		}
	case 4:
		for i := 0; i+4 <= len(data); i += 4 {
			dst[i], dst[i+1], dst[i+2], dst[i+3] = data[i+3], data[i+2], data[i+1], data[i]
		}
	default:
		copy(dst, data)
	}
}

// A View is a finished dataset as an [Exporter] reads it. It can be read as often as
// needed, in order; it is for one goroutine.
type View interface {
	// Spec is the shape of every sample.
	Spec() Spec
	// Len is the number of samples of a side, 0 of one that does not exist; of Whole,
	// of all, those included that a split has left out.
	Len(Side) int64
	// Sides lists the sides that exist, in order: Whole alone, or some of the others.
	// A side that exists may be without samples, and a split may leave samples out:
	// they are on none of the sides, and only formats of tables have them.
	Sides() []Side
	// Folds is how many folds the dataset is divided into; 0 if it is not. Where there are
	// folds, Sides is Whole alone.
	Folds() int
	// Classes are the names by class id. A sample of an unknown class has the label
	// that Unknown returns, and the class name UnknownClass.
	Classes() []string
	// Unknown is the label of samples that no class matches: 255, or 65535 where
	// there are more than 255 classes. It is never below len(Classes()).
	Unknown() int
	// Captures are the names of the captures, by Row.Capture.
	Captures() []string
	// Each calls f for every sample of a side (Whole: all) in the order of the
	// dataset, until f or the context ends it, and returns what ended it. The Entry
	// and its Data are lent for the call.
	Each(ctx context.Context, side Side, f func(*Entry) error) error
}

// Formed is a View that knows what its samples are made by.
type Formed interface {
	// Form is the form's name, "" of the first bytes of sessions, and its parameters that
	// are not at their defaults: "packets=10,header=40".
	Form() (name, parameters string)
}

// Salted is a View that knows the key of the split's hash, for formats whose rows stand in
// the order of a hash.
type Salted interface {
	// Salt is the key that the split was made with, or the usual one.
	Salt() string
}

// Tasked is a View of a dataset that may have several label columns.
type Tasked interface {
	// Tasks are the columns in their order; nil if the class table names none. The first
	// one is the classes of the labels.
	Tasks() []Task
}

// A Task is a label column that a class table names.
type Task struct {
	Name string   // of the column, and of no other
	Of   []string // class of each capture, by Row.Capture; "unknown" for none
}

// ClassName is the name of the class that has a label in v.
func ClassName(v View, label int) string {
	if classes := v.Classes(); label >= 0 && label < len(classes) {
		return classes[label]
	}
	return UnknownClass
}

// An Exporter writes a finished dataset in one more file format. What it writes is a
// function of the view and of its own fields, the same bytes on any machine, and it
// keeps at most a few samples and the list of files in memory, whatever the number of
// samples. It must pass [RunExporter] of package datasettest.
//
// [RunExporter]: https://pkg.go.dev/github.com/pcapmill/pcapmill/internal/datasettest#RunExporter
type Exporter interface {
	// Name is the format's short name, as --format takes it.
	Name() string
	// Export writes all files of the format into the folder and returns them in the
	// order in which they were written. The caller makes them visible and durable: it
	// passes a new folder, syncs it and renames it. After an error what stands in
	// it is the caller's to remove. An error that wraps ErrUnfit says that the format
	// cannot hold this dataset, and why.
	Export(ctx context.Context, to Folder, v View) ([]File, error)
}
