package rows

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// DefaultRewriteLimit is the largest table in bytes that a commit writes anew, and the
// most that is kept in memory: 2 MiB, 21,800 records, about as many as there are
// images of 28x28 in the file that dataset/idx writes anew. A disk takes that in a
// fraction of a second; what is larger would be copied again and again.
const DefaultRewriteLimit = 2 << 20

// bufferSize is how many bytes are gathered before they are written in place.
const bufferSize = 1 << 16

// Log is the file. It is for one goroutine.
type Log struct {
	disk      fsys.FS
	path      string
	f         fsys.File // nil while nothing reads or writes it
	gathered  []byte    // behind what was written
	next      *atomicfile.Pending
	replaced  fsys.File // by the last commit; open because freeing it takes time
	limit     int64
	len       int64 // of a record
	inPlace   bool
	committed int64 // records
	prepared  int64 // of which Commit makes the committed ones
	appended  int64
	written   int64 // of those, in the file
	cut       int64
	failed    error // what every further Append, Prepare and Commit returns
	closed    bool
}

// RecordLen is the length of a record in bytes.
func (o Format) RecordLen() int64 { return length(o.Wide) }

// Format opens tables. Its zero value is the usual one.
type Format struct {
	// RewriteLimit is the largest table in bytes that a commit writes anew; 0 is
	// [DefaultRewriteLimit], a negative limit is always in place. It does not change
	// the bytes of a table.
	RewriteLimit int64

	// FS is the file system; nil is the real one.
	FS fsys.FS

	// Wide says that records have WideLen bytes.
	Wide bool
}

// Open opens the file in dir at the given number of committed records; with
// none it makes the file if need be. A file with fewer is refused and not
// changed. Temporary files that a killed run left are removed.
func (o Format) Open(dir string, records int64) (*Log, error) {
	disk := fsys.Or(o.FS)
	if o.RewriteLimit == 0 {
		o.RewriteLimit = DefaultRewriteLimit
	}
	flags := os.O_RDWR
	if records == 0 {
		flags |= os.O_CREATE
	}
	path := filepath.Join(dir, Name)
	f, err := fsys.OpenInside(disk, dir, Name, flags)
	if err != nil {
		return nil, err
	}
	l := &Log{disk: disk, path: path, f: f, limit: o.RewriteLimit, len: o.RecordLen(), committed: records, prepared: records, appended: records, written: records}
	if err := l.begin(); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// begin compares the file with what is committed and cuts off the rest.
func (l *Log) begin() error {
	info, err := l.f.Stat()
	if err != nil {
		return err
	}
	if l.cut = info.Size() - l.Size(); l.cut < 0 {
		return short(l.path, info.Size(), l.Size())
	}
	if err := atomicfile.RemoveStale(l.disk, l.path); err != nil {
		return err
	}
	if l.cut == 0 {
		return nil // untouched, its time too
	}
	if err := l.truncate(); err != nil {
		return err
	}
	return nil
}

// truncate cuts the file behind the committed records, durably: who removes the
// manifest next must not leave records behind without one.
func (l *Log) truncate() error {
	if err := l.f.Truncate(l.Size()); err != nil {
		return err
	}
	return l.f.Sync()
}

// reopen opens the file if it is closed.
func (l *Log) reopen() error {
	if l.f != nil {
		return nil
	}
	f, err := fsys.OpenInside(l.disk, filepath.Dir(l.path), Name, os.O_RDWR)
	if err != nil {
		return err
	}
	l.f = f
	return nil
}

// Append adds a record behind the others, and returns its bytes, which are lent
// until the next call of a method. After an error of Append, Prepare or Commit every
// further one returns that error, and Close goes back to the last commit.
func (l *Log) Append(r *dataset.Row) ([]byte, error) {
	if err := l.do(l.closeReplaced); err != nil {
		return nil, err
	}
	if !l.inPlace && (l.appended+1)*l.len > l.limit {
		l.discard()
		l.inPlace = true
	}
	if l.inPlace && len(l.gathered) >= bufferSize {
		if err := l.do(l.flush); err != nil {
			return nil, err
		}
	}
	if l.len == WideLen {
		l.gathered = AppendWide(l.gathered, r)
	} else {
		l.gathered = Append(l.gathered, r)
	}
	l.appended++
	return l.gathered[len(l.gathered)-int(l.len):], nil
}

// do does one step and remembers an error: after a failed write, sync or rename
// nobody knows what is on disk, so nothing is built on it.
func (l *Log) do(step func() error) error {
	if l.closed {
		return dataset.ErrClosed
	}
	if l.failed == nil {
		if err := step(); err != nil {
			l.failed = err
		}
	}
	return l.failed
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
	if _, err := l.f.WriteAt(l.gathered, l.written*l.len); err != nil {
		return err
	}
	l.gathered, l.written = l.gathered[:0], l.appended
	return nil
}

// Prepare makes what was appended durable, but no part of the file yet, unless
// that is too large: then it stands behind the committed records.
func (l *Log) Prepare() error { return l.do(l.prepare) }

func (l *Log) prepare() error {
	if l.prepared == l.appended {
		return nil
	}
	write := l.rewrite
	if l.inPlace {
		write = func() error {
			if err := l.flush(); err != nil {
				return err
			}
			return l.f.Sync()
		}
	}
	if err := write(); err != nil {
		return err
	}
	l.prepared = l.appended
	return nil
}

// rewrite writes the file that is to come, and closes the one that is there if
// the system cannot replace it else.
func (l *Log) rewrite() error {
	l.discard()
	if err := l.reopen(); err != nil {
		return err
	}
	next, err := atomicfile.Prepare(l.disk, l.path, 0o666, func(f fsys.File) error {
		if _, err := l.f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(f, l.f, l.committed*l.len); err != nil {
			return fmt.Errorf("copy %s: %w", l.path, err)
		}
		_, err := f.Write(l.gathered)
		return err
	})
	l.next = next
	if !fsys.MayBeOpen {
		err = errors.Join(err, l.close())
	}
	return err
}

// Commit makes what was appended part of the file. A new file is durable once
// the directory is synced, as writing the manifest does.
func (l *Log) Commit() error { return l.do(l.commit) }

func (l *Log) commit() error {
	if err := l.prepare(); err != nil {
		return err
	}
	if l.next != nil {
		if err := l.next.Rename(); err != nil {
			return err
		}
		l.next, l.gathered, l.written = nil, l.gathered[:0], l.appended
		l.replaced, l.f = l.f, nil
	}
	l.committed = l.appended
	return nil
}

// Size is the length in bytes of the file as Commit leaves it after the last
// Prepare.
func (l *Log) Size() int64 { return l.prepared * l.len }

// Cut is how many bytes Open cut off.
func (l *Log) Cut() int64 { return l.cut }

// Close leaves the committed records. Only the first call does anything.
func (l *Log) Close() error {
	if l.closed {
		return nil
	}
	l.closed = true
	l.discard()
	var err error
	if l.inPlace || l.failed != nil { // else nothing was touched but by a commit
		// Closed first: if a rename failed, what is open may not be the file any more.
		err = errors.Join(l.close(), l.rewind())
	}
	if err = errors.Join(err, l.close()); err != nil {
		return err
	}
	return nil
}

// rewind cuts off what is not committed.
func (l *Log) rewind() error {
	if err := l.reopen(); err != nil {
		return err
	}
	info, err := l.f.Stat()
	if err != nil || info.Size() <= l.Size() {
		return err
	}
	return l.truncate()
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
