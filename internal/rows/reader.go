package rows

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/bytelog"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// readAhead is the buffer of a Reader in bytes.
const readAhead = 1 << 16

// Reader reads the committed records of a table in order. It is for one goroutine.
type Reader struct {
	path string
	f    fsys.File
	buf  *bufio.Reader
	next int64
	n    int64
	raw  [WideLen]byte
	len  int64 // of a record
}

// NewReader opens the table in dir, of which the manifest counts n records of Len bytes. A
// table with fewer is refused, and so is what is not a regular file of dir.
func NewReader(dir string, n int64) (*Reader, error) { return Format{}.NewReader(dir, n) }

// NewReader is the function [NewReader] for tables of this format.
func (o Format) NewReader(dir string, n int64) (*Reader, error) {
	disk := fsys.Or(o.FS)
	f, err := fsys.OpenInside(disk, dir, Name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	r := &Reader{path: filepath.Join(dir, Name), f: f, n: n, len: length(o.Wide)}
	if err := r.look(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// look compares the file's size with the number of records.
func (r *Reader) look() error {
	info, err := r.f.Stat()
	switch {
	case err != nil:
		return err
	case r.n < 0 || info.Size()/r.len < r.n:
		return short(r.path, info.Size(), r.n*r.len)
	}
	r.buf = bufio.NewReaderSize(io.LimitReader(r.f, r.n*r.len), readAhead)
	return nil
}

// short is the error about a table with fewer records than the manifest counts.
func short(path string, have, need int64) error { return bytelog.Short(path, have, need) }

// Len is the number of committed records.
func (r *Reader) Len() int64 { return r.n }

// Next reads the next record into row; after the last it returns io.EOF.
func (r *Reader) Next(row *dataset.Row) error {
	if r.next >= r.n {
		return io.EOF
	}
	if _, err := io.ReadFull(r.buf, r.Raw()); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = short(r.path, r.next*r.len, r.n*r.len)
		}
		return fmt.Errorf("record %d: %w", r.next, err)
	}
	if err := Parse(r.Raw(), row); err != nil {
		return fmt.Errorf("%s: record %d at offset %d: %w", r.path, r.next, r.next*r.len, err)
	}
	r.next++
	return nil
}

// Raw is the record that Next read last, as it stands in the file. It is lent until
// the next call.
func (r *Reader) Raw() []byte { return r.raw[:r.len] }

// Close closes the file.
func (r *Reader) Close() error { return r.f.Close() }
