// Package faulty is a file system for tests of what must survive: it passes every
// call on to another one, writes it down, and lets a chosen one fail. From what was
// written down, [Replay] computes what a power cut may leave behind.
//
// Calls come one at a time, so that they have an order. Several goroutines may write to open
// files at once; everything else is for one goroutine at a time.
package faulty

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/pcapmill/pcapmill/internal/fsys"
)

// Op is a kind of call.
type Op string

// The kinds of calls. Create is an OpenFile or CreateTemp that makes a file, Open one
// that does not; Stat is Lstat too, and List is ReadDir.
const (
	Create   Op = "create"
	Open     Op = "open"
	Read     Op = "read"
	Write    Op = "write"
	Truncate Op = "truncate"
	Sync     Op = "sync"
	Close    Op = "close"
	Rename   Op = "rename"
	Exchange Op = "exchange"
	SyncAll  Op = "sync all"
	Remove   Op = "remove"
	Mkdir    Op = "mkdir"
	SyncDir  Op = "sync directory"
	Stat     Op = "stat"
	List     Op = "list"
)

// Call is one call that was made.
type Call struct {
	Op     Op
	Path   string // of a file, the one that it was opened by
	To     string // of a Rename or an Exchange
	File   int    // of a file: tells files apart, whatever they are called
	Offset int64  // of a Write
	Data   []byte // of a Write
	Size   int64  // of a Truncate
	Failed bool
}

// String is the call without the data.
func (c Call) String() string {
	s := fmt.Sprintf("%s %s", c.Op, filepath.Base(c.Path))
	switch c.Op {
	case Rename, Exchange:
		s += " to " + filepath.Base(c.To)
	case Write:
		s += fmt.Sprintf(" %d bytes at %d", len(c.Data), c.Offset)
	case Truncate:
		s += fmt.Sprintf(" to %d bytes", c.Size)
	}
	return s
}

// How says what a call that fails has done.
type How string

// What a call that fails has done: nothing, all of it, or, if it is a Write, the
// first half (else nothing).
const (
	Undone How = "undone"
	Done   How = "done"
	Half   How = "half done"
)

// Fault says which call fails, and how.
type Fault struct {
	At     int   // number of the call, from 0
	Err    error // the cause in the error that the call returns
	How    How
	Sticky bool // all calls behind it fail too, undone, but for Close
}

// FS is the file system.
type FS struct {
	base  fsys.FS
	fault *Fault
	one   sync.Mutex
	calls []Call
	names map[string]int // file by path
	files int
}

var _ fsys.FS = (*FS)(nil)

// New returns a file system that passes calls on to base and lets one fail; with
// fault nil, none.
func New(base fsys.FS, fault *Fault) *FS {
	return &FS{base: base, fault: fault, names: map[string]int{}}
}

// Calls are the calls made so far, in order.
func (f *FS) Calls() []Call { return f.calls }

// Struck is the first call that failed because of the fault, if one did.
func (f *FS) Struck() (c Call, ok bool) {
	i := slices.IndexFunc(f.calls, func(c Call) bool { return c.Failed })
	if i < 0 {
		return c, false
	}
	return f.calls[i], true
}

// call notes a call and does it, or lets it fail. half does the half of a write.
func (f *FS) call(c Call, do, half func() error) error {
	f.one.Lock()
	defer f.one.Unlock()
	n := len(f.calls)
	f.calls = append(f.calls, c)
	if f.fault == nil || n < f.fault.At || n > f.fault.At && (!f.fault.Sticky || c.Op == Close) {
		return do()
	}
	f.calls[n].Failed = true
	if n == f.fault.At {
		switch {
		case f.fault.How == Done || c.Op == Close: // what cannot be closed is closed nevertheless
			if err := do(); err != nil {
				return err
			}
		case f.fault.How == Half && half != nil:
			if err := half(); err != nil {
				return err
			}
		}
	}
	if c.Op == Rename || c.Op == Exchange {
		return &os.LinkError{Op: string(c.Op), Old: c.Path, New: c.To, Err: f.fault.Err}
	}
	return &fs.PathError{Op: string(c.Op), Path: c.Path, Err: f.fault.Err}
}

// named is the number of the file of that name.
func (f *FS) named(path string) int {
	path = filepath.Clean(path)
	id, ok := f.names[path]
	if !ok {
		id = f.made(path)
	}
	return id
}

// made gives a new file a number.
func (f *FS) made(path string) int {
	f.files++
	f.names[filepath.Clean(path)] = f.files
	return f.files
}

// OpenFile implements [fsys.FS].
func (f *FS) OpenFile(name string, flag int, perm fs.FileMode) (fsys.File, error) {
	c := Call{Op: Open, Path: name}
	if _, err := f.base.Lstat(name); errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
		c.Op, c.File = Create, f.made(name)
	} else {
		c.File = f.named(name)
	}
	var opened fsys.File
	err := f.call(c, func() (err error) {
		opened, err = f.base.OpenFile(name, flag&^os.O_TRUNC, perm)
		return err
	}, nil)
	if err != nil {
		return nil, errors.Join(err, closed(opened))
	}
	made := &file{base: opened, fs: f, id: c.File}
	if flag&os.O_TRUNC != 0 { // a call of its own
		if err := made.Truncate(0); err != nil {
			return nil, errors.Join(err, opened.Close())
		}
	}
	return made, nil
}

// closed closes a file that was opened although the call failed.
func closed(f fsys.File) error {
	if f == nil {
		return nil
	}
	return f.Close()
}

// CreateTemp implements [fsys.FS].
func (f *FS) CreateTemp(path string, perm fs.FileMode) (fsys.File, error) {
	at := len(f.calls)
	var opened fsys.File
	err := f.call(Call{Op: Create, Path: path}, func() (err error) {
		opened, err = f.base.CreateTemp(path, perm)
		return err
	}, nil)
	if opened != nil {
		f.calls[at].Path = opened.Name()
		f.calls[at].File = f.made(opened.Name())
	}
	if err != nil {
		return nil, errors.Join(err, closed(opened))
	}
	return &file{base: opened, fs: f, id: f.calls[at].File}, nil
}

// Rename implements [fsys.FS].
func (f *FS) Rename(from, to string) error {
	id := f.named(from)
	return f.call(Call{Op: Rename, Path: from, To: to, File: id}, func() error {
		err := f.base.Rename(from, to)
		if err == nil {
			delete(f.names, filepath.Clean(from))
			f.names[filepath.Clean(to)] = id
		}
		return err
	}, nil)
}

// Exchange implements [fsys.FS]. Replay knows nothing of it.
func (f *FS) Exchange(a, b string) (done bool, err error) {
	err = f.call(Call{Op: Exchange, Path: a, To: b}, func() (err error) {
		done, err = f.base.Exchange(a, b)
		return err
	}, nil)
	return done, err
}

// SyncAll implements [fsys.FS].
func (f *FS) SyncAll(dir string) (done bool, err error) {
	err = f.call(Call{Op: SyncAll, Path: dir}, func() (err error) {
		done, err = f.base.SyncAll(dir)
		return err
	}, nil)
	return done, err
}

// Remove implements [fsys.FS].
func (f *FS) Remove(name string) error {
	return f.call(Call{Op: Remove, Path: name}, func() error {
		err := f.base.Remove(name)
		if err == nil {
			delete(f.names, filepath.Clean(name))
		}
		return err
	}, nil)
}

// MkdirAll implements [fsys.FS].
func (f *FS) MkdirAll(name string, perm fs.FileMode) error {
	return f.call(Call{Op: Mkdir, Path: name}, func() error { return f.base.MkdirAll(name, perm) }, nil)
}

// Stat implements [fsys.FS].
func (f *FS) Stat(name string) (info fs.FileInfo, err error) {
	err = f.call(Call{Op: Stat, Path: name}, func() (err error) {
		info, err = f.base.Stat(name)
		return err
	}, nil)
	return info, err
}

// Lstat implements [fsys.FS].
func (f *FS) Lstat(name string) (info fs.FileInfo, err error) {
	err = f.call(Call{Op: Stat, Path: name}, func() (err error) {
		info, err = f.base.Lstat(name)
		return err
	}, nil)
	return info, err
}

// ReadDir implements [fsys.FS].
func (f *FS) ReadDir(name string) (entries []fs.DirEntry, err error) {
	err = f.call(Call{Op: List, Path: name}, func() (err error) {
		entries, err = f.base.ReadDir(name)
		return err
	}, nil)
	return entries, err
}

// SyncDir implements [fsys.FS].
func (f *FS) SyncDir(name string) error {
	return f.call(Call{Op: SyncDir, Path: name}, func() error { return f.base.SyncDir(name) }, nil)
}

// file is an open file.
type file struct {
	base fsys.File
	fs   *FS
	id   int
}

func (f *file) own(op Op) Call { return Call{Op: op, Path: f.base.Name(), File: f.id} }

func (f *file) Name() string { return f.base.Name() }

func (f *file) Stat() (info fs.FileInfo, err error) {
	err = f.fs.call(f.own(Stat), func() (err error) {
		info, err = f.base.Stat()
		return err
	}, nil)
	return info, err
}

func (f *file) Seek(offset int64, whence int) (int64, error) { return f.base.Seek(offset, whence) }

func (f *file) Read(b []byte) (n int, err error) {
	err = f.fs.call(f.own(Read), func() (err error) {
		n, err = f.base.Read(b)
		return err
	}, nil)
	return n, err
}

func (f *file) ReadAt(b []byte, offset int64) (n int, err error) {
	err = f.fs.call(f.own(Read), func() (err error) {
		n, err = f.base.ReadAt(b, offset)
		return err
	}, nil)
	return n, err
}

func (f *file) Write(b []byte) (n int, err error) {
	at, err := f.base.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	return f.write(at, b, f.base.Write)
}

func (f *file) WriteAt(b []byte, offset int64) (n int, err error) {
	return f.write(offset, b, func(b []byte) (int, error) { return f.base.WriteAt(b, offset) })
}

func (f *file) write(at int64, b []byte, do func(b []byte) (int, error)) (n int, err error) {
	c := f.own(Write)
	c.Offset, c.Data = at, slices.Clone(b)
	part := func(b []byte) func() error {
		return func() (err error) {
			n, err = do(b)
			return err
		}
	}
	err = f.fs.call(c, part(b), part(b[:len(b)/2]))
	return n, err
}

func (f *file) Truncate(size int64) error {
	c := f.own(Truncate)
	c.Size = size
	return f.fs.call(c, func() error { return f.base.Truncate(size) }, nil)
}

func (f *file) Sync() error { return f.fs.call(f.own(Sync), f.base.Sync, nil) }

func (f *file) Close() error { return f.fs.call(f.own(Close), f.base.Close, nil) }
