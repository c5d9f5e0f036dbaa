package dataset

import (
	"errors"
	"fmt"
)

// ErrClosed is returned by Append, Prepare and Commit of a [Writer] that was closed.
var ErrClosed = errors.New("writer is closed")

// ErrUnfit is wrapped by an [Exporter] whose format cannot hold a dataset.
var ErrUnfit = errors.New("the format cannot hold it")

// A MismatchError says that something has another size, number or shape than it must
// have: a file that does not fit its manifest, or a sample that does not fit its
// dataset.
type MismatchError struct {
	// File is the path of the file.
	File string
	// What names the thing that was counted, such as "rows" or "samples".
	What string
	// Have is what was found, Need is what had to be there.
	Have, Need int64
	// Hint says what to do about it; may be empty.
	Hint string
}

// Error names the file, the thing and both numbers.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s: %s: have %d, need %d%s", e.File, e.What, e.Have, e.Need, hint(e.Hint))
}

// Paths are the paths that the error names.
func (e *MismatchError) Paths() []string { return []string{e.File} }

// A LimitError says that a format cannot count that far.
type LimitError struct {
	// File is the path of the file.
	File string
	// What names the thing that is counted, such as "samples".
	What string
	// Need is the number that was asked for, Most the largest that the format can
	// write.
	Need, Most int64
}

// Error names the file, the thing and both numbers.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: %s: need %d, the format holds at most %d", e.File, e.What, e.Need, e.Most)
}

// Paths are the paths that the error names.
func (e *LimitError) Paths() []string { return []string{e.File} }

func hint(text string) string {
	if text == "" {
		return ""
	}
	return "; hint: " + text
}
