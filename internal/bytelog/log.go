// Package bytelog appends bytes to a file that is the committed one or the next one, whole.
//
// It follows the rules of [dataset.Writer]: what is appended counts only after Commit,
// Prepare does the part of it that takes long, and opening cuts off what stands behind the
// committed bytes. Up to a limit a commit writes the file anew and renames it; beyond, bytes
// are appended in place. The file is the same either way. It has no header and no count: how
// many bytes are committed stands elsewhere.
package bytelog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

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
	inPlace   bool
	committed int64 // bytes
	prepared  int64 // of which Commit makes the committed ones
	appended  int64
	written   int64 // of those, in the file
	cut       int64
	failed    error      // what every further Append, Prepare and Commit returns
	filling   sync.Mutex // guards failed while room is filled
	closed    bool
}

// Open opens the file name in dir at the given number of committed bytes; with none it
// makes the file if need be. A file with fewer is refused and not changed. Temporary files
// that a killed run left are removed. limit is the largest file in bytes that a commit writes
// anew, and the most that is kept in memory; a negative one is always in place.
func Open(disk fsys.FS, dir, name string, bytes, limit int64) (*Log, error) {
	flags := os.O_RDWR
	if bytes == 0 {
		flags |= os.O_CREATE
	}
	path := filepath.Join(dir, name)
	f, err := fsys.OpenInside(disk, dir, name, flags)
	if err != nil {
		return nil, err
	}
	l := &Log{disk: disk, path: path, f: f, limit: limit, committed: bytes, prepared: bytes, appended: bytes, written: bytes}
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
		return Short(l.path, info.Size(), l.committed)
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

// truncate cuts the file behind the committed bytes, durably: who removes the
// manifest next must not leave bytes behind without one.
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
	f, err := fsys.OpenInside(l.disk, filepath.Dir(l.path), filepath.Base(l.path), os.O_RDWR)
	if err != nil {
		return err
	}
	l.f = f
	return nil
}

// Append adds bytes behind the others. After an error of Append, Prepare or Commit every
// further one returns that error, and Close goes back to the last commit.
func (l *Log) Append(b []byte) error {
	if err := l.do(l.closeReplaced); err != nil {
		return err
	}
	if !l.inPlace && l.appended+int64(len(b)) > l.limit {
		l.discard()
		l.inPlace = true
	}
	if l.inPlace && len(l.gathered) > 0 && len(l.gathered)+len(b) > bufferSize {
		if err := l.do(l.flush); err != nil {
			return err
		}
	}
	l.gathered = append(l.gathered, b...)
	l.appended += int64(len(b))
	return nil
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
	if err := l.reopen(); err != nil || len(l.gathered) == 0 {
		return err
	}
	if _, err := l.f.WriteAt(l.gathered, l.written); err != nil {
		return err
	}
	l.gathered, l.written = l.gathered[:0], l.appended
	return nil
}

// Prepare makes what was appended durable, but no part of the file yet, unless
// that is too large: then it stands behind the committed bytes.
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
		if _, err := io.CopyN(f, l.f, l.committed); err != nil {
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
func (l *Log) Size() int64 { return l.prepared }

// Cut is how many bytes Open cut off.
func (l *Log) Cut() int64 { return l.cut }

// Close leaves the committed bytes. Only the first call does anything.
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

// Short is the error about a file with fewer bytes than are committed.
func Short(path string, have, need int64) error {
	return &dataset.MismatchError{
		File: path, What: "bytes", Have: have, Need: need,
		Hint: "the file is cut short; restore it, or make the dataset anew",
	}
}
