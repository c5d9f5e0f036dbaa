// Package prints keeps session_prints.bin, the file that --dedup session puts
// beside the samples: the fingerprint of the whole session behind each sample,
// 16 bytes each, in the order of the samples. Without it a later run could not
// compare whole sessions, of which only the beginnings are in the dataset.
//
// It follows the rules of dataset.Writer: what is appended counts only after
// Commit, Prepare does the part of it that takes long, and opening cuts off what
// stands behind the committed records. Up to [RewriteLimit] a commit writes the
// file anew and renames it; beyond, records are appended in place.
package prints

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/internal/atomicfile"
)

// Name is the file's name in the dataset's directory.
const Name = "session_prints.bin"

// Len is the length of a record in bytes.
const Len = 16

// RewriteLimit is the largest file in bytes that a commit writes anew, and the
// most that is kept in memory: 4 million records. A disk takes that in a
// fraction of a second; what is larger would be copied again and again.
const RewriteLimit = 64 << 20

// bufferSize is how many bytes are gathered before they are written in place.
const bufferSize = 1 << 16

// Log is the file. It is for one goroutine.
type Log struct {
	path      string
	f         *os.File // nil while nothing reads or writes it
	gathered  []byte   // behind what was written
	next      *atomicfile.Pending
	replaced  *os.File // by the last commit; open because freeing it takes time
	limit     int64
	inPlace   bool
	committed int64 // records
	prepared  int64 // of which Commit makes the committed ones
	appended  int64
	written   int64 // of those, in the file
	cut       int64
}

// Open opens the file in dir at the given number of committed records; with
// none it makes the file if need be. A file with fewer is refused and not
// changed. Temporary files that a killed run left are removed.
func Open(dir string, records int64) (*Log, error) {
	flags := os.O_RDWR
	if records == 0 {
		flags |= os.O_CREATE
	}
	path := filepath.Join(dir, Name)
	f, err := os.OpenFile(path, flags, 0o666)
	if err != nil {
		return nil, fmt.Errorf("prints: %w", err)
	}
	l := &Log{path: path, f: f, limit: RewriteLimit, committed: records, prepared: records, appended: records, written: records}
	if err := l.begin(); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// begin compares the file with what is committed and cuts off the rest.
func (l *Log) begin() error {
	info, err := l.f.Stat()
	if err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	if l.cut = info.Size() - l.Size(); l.cut < 0 {
		return fmt.Errorf("prints: %s: have %d bytes, need %d for %d samples; hint: the file was changed, make the dataset again",
			l.path, info.Size(), l.Size(), l.committed)
	}
	if info, err := os.Lstat(l.path); err == nil && !info.Mode().IsRegular() {
		l.inPlace = true // a rename would replace the link and not what it points to
	}
	if err := atomicfile.RemoveStale(l.path); err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	if err := l.f.Truncate(l.Size()); err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	return nil
}

// reopen opens the file if it is closed.
func (l *Log) reopen() error {
	if l.f != nil {
		return nil
	}
	f, err := os.OpenFile(l.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	l.f = f
	return nil
}

// At reads committed record i, from 0.
func (l *Log) At(i int64) (r [Len]byte, err error) {
	if err := l.reopen(); err != nil {
		return r, err
	}
	if _, err := l.f.ReadAt(r[:], i*Len); err != nil {
		return r, fmt.Errorf("prints: record %d: %w", i, err)
	}
	return r, nil
}

// Append adds a record behind the others.
func (l *Log) Append(r [Len]byte) error {
	if err := l.closeReplaced(); err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	if !l.inPlace && (l.appended+1)*Len > l.limit {
		l.discard()
		l.inPlace = true
	}
	l.gathered = append(l.gathered, r[:]...)
	l.appended++
	if l.inPlace && len(l.gathered) >= bufferSize {
		return l.flush()
	}
	return nil
}

// discard removes the new file that was prepared.
func (l *Log) discard() {
	l.next.Discard()
	l.next, l.prepared = nil, l.committed
}

// flush writes in place what was gathered.
func (l *Log) flush() error {
	if err := l.reopen(); err != nil {
		return err
	}
	if _, err := l.f.WriteAt(l.gathered, l.written*Len); err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	l.gathered, l.written = l.gathered[:0], l.appended
	return nil
}

// Prepare makes what was appended durable, but no part of the file yet, unless
// that is too large: then it stands behind the committed records.
func (l *Log) Prepare() error {
	if l.prepared == l.appended {
		return nil
	}
	var err error
	if l.inPlace {
		if err = l.flush(); err != nil {
			return err
		}
		err = l.f.Sync()
	} else {
		l.discard()
		if err = l.reopen(); err != nil {
			return err
		}
		err = l.rewrite()
	}
	if err != nil {
		return fmt.Errorf("prints: %w", err)
	}
	l.prepared = l.appended
	return nil
}

// rewrite writes the file that is to come, and closes the one that is there if
// the system cannot replace it else.
func (l *Log) rewrite() error {
	next, err := atomicfile.Prepare(l.path, 0o666, func(f *os.File) error {
		if _, err := l.f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(f, l.f, l.committed*Len); err != nil {
			return fmt.Errorf("copy %s: %w", l.path, err)
		}
		_, err := f.Write(l.gathered)
		return err
	})
	l.next = next
	if !atomicfile.MayBeOpen {
		err = errors.Join(err, l.close())
	}
	return err
}

// Commit makes what was appended part of the file. A new file is durable once
// the directory is synced, as writing the manifest does.
func (l *Log) Commit() error {
	if err := l.Prepare(); err != nil {
		return err
	}
	if l.next != nil {
		if err := l.next.Rename(); err != nil {
			return fmt.Errorf("prints: %w", err)
		}
		l.next, l.gathered, l.written = nil, l.gathered[:0], l.appended
		l.replaced, l.f = l.f, nil
	}
	l.committed = l.appended
	return nil
}

// Size is the length in bytes of the file as Commit leaves it after the last
// Prepare.
func (l *Log) Size() int64 { return l.prepared * Len }

// Cut is how many bytes Open cut off.
func (l *Log) Cut() int64 { return l.cut }

// Close leaves the committed records.
func (l *Log) Close() error {
	l.discard()
	if !l.inPlace {
		return l.close() // nothing else was touched
	}
	if err := l.reopen(); err != nil {
		return err
	}
	return errors.Join(l.f.Truncate(l.Size()), l.close())
}

// close closes the file, and the one that it replaced, if they are open.
func (l *Log) close() error {
	err := l.closeReplaced()
	if l.f != nil {
		err = errors.Join(err, l.f.Close())
		l.f = nil
	}
	return err
}

func (l *Log) closeReplaced() error {
	if l.replaced == nil {
		return nil
	}
	f := l.replaced
	l.replaced = nil
	return f.Close()
}
