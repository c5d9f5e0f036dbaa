package rows

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
)

// readAhead is the buffer of a Reader in bytes.
const readAhead = 1 << 16

// Reader reads the committed records of a table in order. It is for one goroutine.
type Reader struct {
	path string
	f    *os.File
	buf  *bufio.Reader
	next int64
	n    int64
	raw  [Len]byte
}

// NewReader opens the table in dir, of which the manifest counts n records. A table
// with fewer is refused.
func NewReader(dir string, n int64) (*Reader, error) {
	path := filepath.Join(dir, Name)
	// Before opening: a pipe would be waited for.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	if info.Size() < n*Len {
		return nil, short(path, info.Size(), n)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &Reader{path: path, f: f, buf: bufio.NewReaderSize(io.LimitReader(f, n*Len), readAhead), n: n}, nil
}

// short is the error about a table with fewer records than the manifest counts.
func short(path string, have, records int64) error {
	return &dataset.MismatchError{
		File: path, What: "bytes", Have: have, Need: records * Len,
		Hint: "the file is cut short; restore it, or make the dataset anew",
	}
}

// Len is the number of committed records.
func (r *Reader) Len() int64 { return r.n }

// Next reads the next record into row; after the last it returns io.EOF.
func (r *Reader) Next(row *dataset.Row) error {
	if r.next >= r.n {
		return io.EOF
	}
	if _, err := io.ReadFull(r.buf, r.raw[:]); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = short(r.path, r.next*Len, r.n)
		}
		return fmt.Errorf("record %d: %w", r.next, err)
	}
	if err := Parse(r.raw[:], row); err != nil {
		return fmt.Errorf("%s: record %d at offset %d: %w", r.path, r.next, r.next*Len, err)
	}
	r.next++
	return nil
}

// Raw is the record that Next read last, as it stands in the file. It is lent until
// the next call.
func (r *Reader) Raw() []byte { return r.raw[:] }

// Close closes the file.
func (r *Reader) Close() error { return r.f.Close() }
