package capture

import (
	"errors"
	"fmt"
	"strings"
)

// The ways in which a capture ends before its end. A *Damage wraps one.
var (
	// ErrTruncated: what is announced runs past the end. The file was cut, or
	// is still being written.
	ErrTruncated = errors.New("truncated")
	// ErrMalformed: a record or block that cannot be true.
	ErrMalformed = errors.New("malformed")
	// ErrUnreadable: the system failed to read, or there is not enough memory; the file
	// may be whole.
	ErrUnreadable = errors.New("unreadable")
	// ErrInterrupted: the user ended a stream, see Options.
	ErrInterrupted = errors.New("interrupted")
)

// Damage says where and why reading a capture ended early. Everything before
// it was delivered and stands.
type Damage struct {
	Path   string // of the capture
	Packet uint64 // number of the packet that could not be read, counted from 1
	Offset int64  // of its record or block, in bytes of the uncompressed stream
	Kind   error  // ErrTruncated, ErrMalformed, ErrUnreadable or ErrInterrupted
	Detail string // what was found and what was needed
	Err    error  // the cause below, or nil
}

func (d *Damage) Error() string {
	return fmt.Sprintf("%s: packet %d at byte %d: %s: %s", d.Path, d.Packet, d.Offset, d.Kind, d.Detail)
}

// Paths are the paths that the error names.
func (d *Damage) Paths() []string { return []string{d.Path} }

// Unwrap makes errors.Is find the kind and the cause.
func (d *Damage) Unwrap() []error {
	if d.Err == nil {
		return []error{d.Kind}
	}
	return []error{d.Kind, d.Err}
}

// Hint says what a person can do about it.
func (d *Damage) Hint() string {
	switch {
	case errors.As(d.Err, new(*ExpansionError)):
		return "everything before this place is kept; if the file is no decompression bomb, --max-expansion lets it pass"
	case d.Kind == ErrTruncated:
		return "everything before the cut is kept; copy the capture again if the original is whole"
	case d.Kind == ErrMalformed:
		return "everything before this place is kept; nothing behind it can be found by length, --resync looks for what looks like records"
	case errors.As(d.Err, new(*MemoryError)):
		return "everything before this place is kept; --memory gives more"
	case d.Kind == ErrInterrupted:
		return "everything before this place is kept; what the stream would have given later was not read"
	default:
		return "everything before this place is kept; check the disk or the share and run again"
	}
}

// NotCaptureError says that a file is no capture, and what it begins with.
type NotCaptureError struct {
	Path        string
	Compression string // "" or the compression that was undone first
	Begin       []byte // its first bytes, uncompressed, at most 512
	Err         error  // why no more could be read, or nil
}

func (e *NotCaptureError) Error() string {
	where := e.Path + ": not a capture"
	inside := ""
	if e.Compression != "" {
		inside = " inside " + e.Compression
	}
	switch {
	case e.Err != nil && e.Compression == "":
		return fmt.Sprintf("%s: it is damaged at its beginning: %v", where, e.Err)
	case e.Err != nil:
		return fmt.Sprintf("%s: the %s stream is damaged at its beginning: %v", where, e.Compression, e.Err)
	case len(e.Begin) == 0:
		return fmt.Sprintf("%s: it is empty%s", where, inside)
	default:
		hex := strings.TrimSpace(fmt.Sprintf("% x", e.Begin[:min(8, len(e.Begin))]))
		return fmt.Sprintf("%s: it begins with bytes %s%s, need the magic number of pcap or pcapng", where, hex, inside)
	}
}

// Paths are the paths that the error names.
func (e *NotCaptureError) Paths() []string { return []string{e.Path} }

func (e *NotCaptureError) Unwrap() error { return e.Err }
