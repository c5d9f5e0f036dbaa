// Package objects opens what a path names: a file of this machine, or an object in a store that
// speaks the S3 protocol, whose path is s3://BUCKET/KEY. What stands on it reads both in the
// same way.
//
// An object is read by ranges, some of them ahead. Each range is asked for with the version
// (entity tag) that was seen first, so that an object that is replaced meanwhile is an error
// and not a mixture of two. A request that fails is tried again with growing pauses, and a body
// that breaks off or stands still is asked for again from where it ended.
//
// An object is put in place whole: readers see all of it or nothing.
//
// Errors are an [*fs.PathError] that names the object, as those of package os name a file. Those
// that cannot be told apart by errors.Is (fs.ErrNotExist, fs.ErrPermission, fs.ErrExist,
// [ErrChanged]) are of the store or of the network.
//
// The client of the stores is the SDK of AWS. It is in the program only if that was built with
// the tag s3 (docs/decisions/094-object-stores.md); else each use is [ErrNotBuilt]. It takes
// endpoint, region and credentials from where all programs for AWS do: AWS_ENDPOINT_URL,
// AWS_REGION, AWS_ACCESS_KEY_ID, AWS_PROFILE, ~/.aws, roles of machines.
package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Scheme is how the path of an object begins.
const Scheme = "s3://"

// Is reports whether a path is that of an object, or of what is below a prefix.
func Is(path string) bool { return strings.HasPrefix(path, Scheme) }

// Join is the path of what has a name below a directory or a prefix.
func Join(dir, name string) string {
	if Is(dir) {
		return strings.TrimSuffix(dir, "/") + "/" + name
	}
	return dir + string(os.PathSeparator) + name
}

// Errors that an error of this package may wrap, besides those of package fs.
var (
	// ErrNotBuilt says that the program has no client for object stores.
	ErrNotBuilt = errors.New("this pcapmill was built without object stores: take a released program, or build one ('go install -tags s3 github.com/pcapmill/pcapmill/cmd/pcapmill@latest'); or copy the object, and name the file")

	// ErrChanged says that an object is not the one that was seen before.
	ErrChanged = errors.New("it was changed since it was first looked at: its entity tag is another one. Run again when nobody writes it")
)

// Place is where an object stands.
type Place struct{ Bucket, Key string }

// Parse takes the path of an object apart. The key may be empty: all of the bucket.
func Parse(path string) (Place, error) {
	rest, ok := strings.CutPrefix(path, Scheme)
	bucket, key, _ := strings.Cut(rest, "/")
	if !ok || bucket == "" {
		return Place{}, &fs.PathError{Op: "open", Path: path, Err: errors.New("it names no bucket: need s3://BUCKET/KEY")}
	}
	return Place{bucket, key}, nil
}

func (p Place) String() string { return Scheme + p.Bucket + "/" + p.Key }

// File is a file or an object that is read. It is for one goroutine, but for ReadAt.
// An [*os.File] is one.
type File interface {
	io.Reader
	io.ReaderAt
	io.Closer
	Name() string
	Stat() (fs.FileInfo, error)
}

// Info is what is known of an object. It implements [fs.FileInfo].
type Info struct {
	Place    Place
	Bytes    int64
	Changed  time.Time
	Tag      string // entity tag, as the store writes it; "" of a prefix
	IsPrefix bool   // it is no object: there are objects below it
}

// Name implements [fs.FileInfo].
func (i *Info) Name() string { return i.Place.Key[strings.LastIndexByte(i.Place.Key, '/')+1:] }

// Size implements [fs.FileInfo].
func (i *Info) Size() int64 { return i.Bytes }

// Mode implements [fs.FileInfo].
func (i *Info) Mode() fs.FileMode {
	if i.IsPrefix {
		return fs.ModeDir | 0o777
	}
	return 0o666
}

// ModTime implements [fs.FileInfo].
func (i *Info) ModTime() time.Time { return i.Changed }

// IsDir implements [fs.FileInfo].
func (i *Info) IsDir() bool { return i.IsPrefix }

// Sys implements [fs.FileInfo].
func (i *Info) Sys() any { return i.Tag }

// Version is the entity tag of an object; "" for a file.
func Version(info fs.FileInfo) string {
	if i, ok := info.(*Info); ok {
		return i.Tag
	}
	return ""
}

// store is a client of a store. Errors say what went wrong, without the object's name.
type store interface {
	// head describes an object. A version that is not "" must be its own.
	head(ctx context.Context, p Place, version string) (*Info, error)

	// list calls found for each object whose key begins like that of p, in byte-wise order.
	// It ends when found returns false.
	list(ctx context.Context, p Place, found func(*Info) bool) error

	// get reads the bytes from one place to another of the version of an object.
	get(ctx context.Context, p Place, version string, from, to int64) (io.ReadCloser, error)

	// put puts an object in place whole. once: only if there is none, else the error wraps
	// fs.ErrExist.
	put(ctx context.Context, p Place, body io.ReaderAt, size int64, once bool) error
}

// Open opens the file or object at a path. A version that is not "" must be the object's own.
// Errors are those of os.Open.
func Open(ctx context.Context, path, version string) (File, error) {
	if !Is(path) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err // and no File that is not nil
		}
		return f, nil
	}
	p, s, err := reach(ctx, path)
	if err != nil {
		return nil, err
	}
	info, err := s.head(ctx, p, version)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return newObject(ctx, s, info), nil
}

// Stat describes the file, object or prefix at a path. Errors are those of os.Stat.
func Stat(ctx context.Context, path string) (fs.FileInfo, error) {
	if !Is(path) {
		return os.Stat(path)
	}
	p, s, err := reach(ctx, path)
	if err != nil {
		return nil, err
	}
	if p.Key != "" && !strings.HasSuffix(p.Key, "/") {
		info, err := s.head(ctx, p, "")
		if err == nil {
			return info, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
		}
	}
	some := false
	if err := s.list(ctx, p.prefix(), func(*Info) bool { some = true; return false }); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if !some {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: fmt.Errorf("%w: there is no such object, and none below it", fs.ErrNotExist)}
	}
	return &Info{Place: p.prefix(), IsPrefix: true}, nil
}

// prefix is where what is below p stands.
func (p Place) prefix() Place {
	if p.Key != "" && !strings.HasSuffix(p.Key, "/") {
		p.Key += "/"
	}
	return p
}

// List returns the objects below a path, in byte-wise order of their keys. Those that only
// stand for a directory, whose keys end with a slash, are left out.
func List(ctx context.Context, path string) ([]*Info, error) {
	p, s, err := reach(ctx, path)
	if err != nil {
		return nil, err
	}
	var all []*Info
	err = s.list(ctx, p.prefix(), func(i *Info) bool {
		if !strings.HasSuffix(i.Place.Key, "/") {
			all = append(all, i)
		}
		return true
	})
	if err != nil {
		return nil, &fs.PathError{Op: "list", Path: path, Err: err}
	}
	return all, nil
}

// Relative is the name of an object below the path of a prefix.
func (i *Info) Relative(path string) string {
	p, err := Parse(path)
	if err != nil {
		return i.Place.Key
	}
	return strings.TrimPrefix(i.Place.Key, p.prefix().Key)
}

// Put puts an object of size bytes in place, whole, in place of one that is there. once: only if
// there is none; else the error wraps fs.ErrExist.
func Put(ctx context.Context, path string, body io.ReaderAt, size int64, once bool) error {
	p, s, err := reach(ctx, path)
	if err != nil {
		return err
	}
	if err := s.put(ctx, p, body, size, once); err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// dial is connect, but in tests.
var dial = connect

// reach finds the place that a path names, and a client for it.
func reach(ctx context.Context, path string) (Place, store, error) {
	p, err := Parse(path)
	if err != nil {
		return p, nil, err
	}
	s, err := dial(ctx)
	if err != nil {
		return p, nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return p, s, nil
}
