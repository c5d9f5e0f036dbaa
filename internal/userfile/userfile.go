// Package userfile reads files that a user names: a configuration, a key, a class table, a table
// of flows. Such a path may be anything: a regular file, a link, the read end of a pipe
// (--key-file <(pass show key)), a FIFO that nobody writes to, or /dev/zero.
//
// Read is for what is small: it returns all of the file, and a *SizeError, after at most most+1
// bytes of memory, where the file is longer.
//
//	text, err := userfile.Read(ctx, path, 1<<20)
//
// Open is for what is read as a stream. The reader decides how much it keeps.
//
//	f, err := userfile.Open(ctx, path)
//	defer f.Close()
//
// Both end with the context's error soon after ctx is done, even while they wait for the other
// end of a FIFO. A read from a disk or a network share that does not answer cannot be interrupted;
// cmd/pcapmill then ends the process (see its interrupt.go). Directories and sockets are refused.
// Files of a dataset are not opened here: they must be regular files inside its directory.
package userfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// SizeError says that a file is longer than its kind can be.
type SizeError struct {
	Path string
	Most int64 // bytes
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("%s: longer than %d bytes", e.Path, e.Most)
}

// Paths are the paths that the error names.
func (e *SizeError) Paths() []string { return []string{e.Path} }

// Read returns the content of the file at path, at most most bytes. Errors: those of Open,
// *SizeError, and what reading gives.
func Read(ctx context.Context, path string, most int64) ([]byte, error) {
	f, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(text)) > most:
		return nil, &SizeError{Path: path, Most: most}
	}
	return text, nil
}

// File is an open file. It is for one goroutine.
type File struct {
	f    *os.File
	ctx  context.Context
	stop func() bool
}

// Open opens the file at path for reading. Close it. Errors: *fs.PathError, or ctx's error.
func Open(ctx context.Context, path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		if e := (*fs.PathError)(nil); errors.As(err, &e) {
			e.Op = "open"
		}
		return nil, err
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("is a directory")}
	case mode&fs.ModeSocket != 0:
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("is a socket")}
	}
	opened := make(chan struct{})
	if info.Mode()&fs.ModeNamedPipe != 0 {
		stop := context.AfterFunc(ctx, func() { wake(path, opened) })
		defer stop()
	}
	f, err := os.Open(path)
	close(opened)
	if err == nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), f.Close())
	}
	if err != nil {
		return nil, err
	}
	// A FIFO or a terminal has deadlines. Regular files have none, and do not wait for anybody.
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Now()) })
	return &File{f: f, ctx: ctx, stop: stop}, nil
}

// wake ends the wait of an open(2) for somebody who writes to the FIFO at path, by being that
// somebody for a moment. The wait may not have begun yet, so it tries until opened is closed.
func wake(path string, opened <-chan struct{}) {
	for {
		if w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			_ = w.Close() // nothing was written
		}
		select {
		case <-opened:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Read is that of io.Reader; once the context is done it returns the context's error.
func (f *File) Read(b []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.f.Read(b)
	if err != nil && err != io.EOF && f.ctx.Err() != nil {
		err = f.ctx.Err()
	}
	return n, err
}

// Close closes the file.
func (f *File) Close() error {
	f.stop()
	return f.f.Close()
}
