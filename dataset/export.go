package dataset

import "context"

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

// Entry is one sample as an [Exporter] sees it. Data is lent for the call.
type Entry struct {
	Index int64 // place in the dataset, from 0
	Data  []byte
	Label int  // class id, or Unknown of the view
	Side  Side // Whole if the dataset is not split
	Row   Row  // zero if the view has no rows
}

// A View is a finished dataset as an [Exporter] reads it. It can be read as often as
// needed, in order; it is for one goroutine.
type View interface {
	// Spec is the shape of every sample.
	Spec() Spec
	// Len is the number of samples of a side; of Whole, of all.
	Len(Side) int64
	// Sides lists the sides that exist, in order: Whole alone, or some of the others.
	Sides() []Side
	// Classes are the names by class id. A sample of an unknown class has the label
	// that Unknown returns, and the class name "unknown".
	Classes() []string
	// Unknown is the label of samples that no class matches: 255, or 65535 where
	// there are more than 255 classes.
	Unknown() int
	// Captures are the names of the captures, by Row.Capture.
	Captures() []string
	// Each calls f for every sample of a side (Whole: all) in the order of the
	// dataset, until f or the context ends it. Entry.Data is lent for the call.
	Each(ctx context.Context, side Side, f func(*Entry) error) error
}

// An Exporter writes a finished dataset in one more file format. What it writes is a
// function of the view and of its own fields, the same bytes on any machine, and it
// keeps at most a few samples in memory, whatever their number.
type Exporter interface {
	// Name is the format's short name, as --format takes it.
	Name() string
	// Export writes all files of the format below dir, which exists and holds none
	// of them, and returns them in the order in which they were written, names with
	// slashes and relative to dir. The caller makes them visible and durable: it
	// passes a new directory and renames it. After an error what stands in dir is
	// the caller's to remove. An error that wraps ErrUnfit says that the format
	// cannot hold this dataset, and why.
	Export(ctx context.Context, dir string, v View) ([]File, error)
}
