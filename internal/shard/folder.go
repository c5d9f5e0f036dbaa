package shard

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// folder is where tasks leave files for one another: a directory, or a prefix in a store.
type folder struct {
	ctx  context.Context
	path string
	tmp  string // directory for temporary files
}

func (j *Job) folder(ctx context.Context, path string) folder {
	return folder{ctx, path, j.Plan.Tmp}
}

func (d folder) name(name string) string { return objects.Join(d.path, name) }

// make makes the directory. A prefix needs no making.
func (d folder) make() error {
	if objects.Is(d.path) {
		return nil
	}
	return os.MkdirAll(d.path, 0o777)
}

// place puts a file in place whole.
func (d folder) place(name string, write func(w io.Writer) error) (err error) {
	if objects.Is(d.path) {
		return d.send(name, write)
	}
	var failed error
	p, err := atomicfile.Prepare(fsys.OS{}, d.name(name), 0o600, func(f fsys.File) error {
		failed = buffered(f, write)
		return failed
	})
	if failed != nil {
		return failed // it names what it is about
	}
	if err != nil {
		return err
	}
	defer p.Discard() // nothing, once it is published
	return p.Publish()
}

func buffered(f io.Writer, write func(w io.Writer) error) error {
	w := bufio.NewWriterSize(f, 256<<10)
	return errors.Join(write(w), w.Flush())
}

// send is place in a store: a store must know how long an object is before it comes.
func (d folder) send(name string, write func(w io.Writer) error) (err error) {
	f, err := temporary(d.tmp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, discard(f)) }()
	if err := buffered(f, write); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return objects.Put(d.ctx, d.name(name), f, info.Size(), false)
}

// open opens a file to read parts of it.
func (d folder) open(name string) (objects.File, error) {
	if objects.Is(d.path) {
		return objects.Open(d.ctx, d.name(name), "")
	}
	return fsys.OpenInside(fsys.OS{}, d.path, name, os.O_RDONLY)
}

// fetch opens a file to read all of it, in any order: one in a store is copied.
func (d folder) fetch(name string) (_ objects.File, err error) {
	from, err := d.open(name)
	if err != nil || !objects.Is(d.path) {
		return from, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	f, err := temporary(d.tmp)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(f, from); err != nil {
		return nil, errors.Join(err, discard(f))
	}
	return &fetched{f, d.name(name)}, nil
}

// fetched is the copy of a file.
type fetched struct {
	*os.File
	name string
}

// Name is what was copied, for messages.
func (f *fetched) Name() string { return f.name }

// Close removes the copy.
func (f *fetched) Close() error { return discard(f.File) }
