package idx

import (
	"errors"
	"fmt"
)

// The three kinds of what can be wrong with a file.
var (
	// ErrTruncated: the file ends before what its header announces.
	ErrTruncated = errors.New("truncated")
	// ErrMalformed: the bytes contradict the format.
	ErrMalformed = errors.New("malformed")
	// ErrUnsupported: the bytes may be right, but mean something that is not
	// handled here, such as an unknown type or images where labels are read.
	ErrUnsupported = errors.New("unsupported")
)

// An Error says what is wrong with a file, and where. It wraps one of ErrTruncated,
// ErrMalformed and ErrUnsupported.
type Error struct {
	// Path is the file; empty if a plain io.Reader was read.
	Path string
	// Offset is the byte offset of what is wrong; of a truncated file, its size.
	Offset int64
	// Kind is what Unwrap returns.
	Kind error
	// What names the number that is wrong, Have is what it is, and Need what it
	// should be (at least, if it is a size).
	What       string
	Have, Need int64
	// Hint says more; may be empty.
	Hint string
}

// Error names the file, the kind, the offset, and both numbers.
func (e *Error) Error() string {
	path, hint := "", ""
	if e.Path != "" {
		path = e.Path + ": "
	}
	if e.Hint != "" {
		hint = "; hint: " + e.Hint
	}
	return fmt.Sprintf("%s%v at offset %d: %s: have %d, need %d%s", path, e.Kind, e.Offset, e.What, e.Have, e.Need, hint)
}

// Paths are the paths that the error names.
func (e *Error) Paths() []string { return []string{e.Path} }

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// inFile gives err, of whatever type, the path it is about.
func inFile(path string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		e.Path = path
		return e
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}
