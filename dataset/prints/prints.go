// Package prints keeps session_prints.bin, the file that --dedup session puts
// beside the samples: the fingerprint of the whole session behind each sample,
// 16 bytes each, in the order of the samples. Without it a later run could not
// compare whole sessions, of which only the beginnings are in the dataset.
//
// It follows the rules of dataset.Writer: what is appended counts only after
// Commit, and opening cuts off what stands behind the committed records.
package prints

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Name is the file's name in the dataset's directory.
const Name = "session_prints.bin"

// Len is the length of a record in bytes.
const Len = 16

// Log is the open file. It is for one goroutine.
type Log struct {
	f         *os.File
	w         *bufio.Writer
	committed int64 // records
	written   int64
	cut       int64
}

// Open opens the file in dir at the given number of committed records; with
// none it makes the file if need be. A file with fewer is refused and not
// changed.
func Open(dir string, records int64) (*Log, error) {
	flags := os.O_RDWR
	if records == 0 {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(filepath.Join(dir, Name), flags, 0o666)
	if err != nil {
		return nil, fmt.Errorf("prints: %w", err)
	}
	l := &Log{f: f, w: bufio.NewWriter(f), committed: records, written: records}
	if err := l.rewind(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

func (l *Log) rewind() error {
	info, err := l.f.Stat()
	if err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	if l.cut = info.Size() - l.Size(); l.cut < 0 {
		return fmt.Errorf("prints: %s: have %d bytes, need %d for %d samples; hint: the file was changed, make the dataset again",
			l.f.Name(), info.Size(), l.Size(), l.committed)
	}
	if err := l.f.Truncate(l.Size()); err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	if _, err := l.f.Seek(0, io.SeekEnd); err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	return nil
}

// At reads committed record i, from 0.
func (l *Log) At(i int64) (r [Len]byte, err error) {
	if _, err := l.f.ReadAt(r[:], i*Len); err != nil {
		return r, fmt.Errorf("prints: record %d: %w", i, err)
	}
	return r, nil
}

// Append adds a record behind the others.
func (l *Log) Append(r [Len]byte) error {
	if _, err := l.w.Write(r[:]); err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	l.written++
	return nil
}

// Commit makes what was appended durable.
func (l *Log) Commit() error {
	if err := l.w.Flush(); err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	if err := l.f.Sync(); err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	l.committed = l.written
	return nil
}

// Size is the length in bytes of the committed file.
func (l *Log) Size() int64 { return l.committed * Len }

// Cut is how many bytes Open cut off.
func (l *Log) Cut() int64 { return l.cut }

// Close leaves the committed records.
func (l *Log) Close() error {
	return errors.Join(l.f.Truncate(l.Size()), l.f.Close())
}
