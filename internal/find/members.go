package find

import (
	"errors"
	"io/fs"
	"math"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/archive"
	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/internal/parallel"
)

// members adds what is in an archive, as if it were a directory.
func (f *finder) members(p, name string, info fs.FileInfo, a *ArchiveError) {
	o := archive.Options{Capture: f.options, Compressed: a.Compression != "", MaxExpansion: f.expansion, Judge: judge, Version: objects.Version(info)}
	var entries []archive.Entry
	var problems []error
	n := f.helpers(&o, info.Size())
	parallel.Helped(n, func(run func(task func())) {
		o.Run = run
		entries, problems = archive.List(f.ctx, p, a.format, o)
	})
	for i := range entries {
		e := &entries[i]
		inside := p + "/" + e.Name
		switch {
		case e.Member != nil:
			f.Files = append(f.Files, File{
				Path: inside, Name: utf8Name(name + "/" + e.Name), Size: e.Member.Size, Modified: info.ModTime(), Format: e.Format,
				Member: e.Member, ArchiveSize: info.Size(), Version: objects.Version(info),
			})
		case e.Problem != nil:
			f.problem(e.Problem)
		default:
			f.skip(inside, e.Reason, e.Detail)
		}
	}
	f.Problems = append(f.Problems, problems...)
}

// helpers sets how many goroutines decode a compressed archive of that size in bytes, within
// half of the memory for captures, and returns it.
func (f *finder) helpers(o *archive.Options, size int64) int {
	if !o.Compressed || size < f.leastHelped {
		return 1
	}
	most := f.options.MaxMemory / 2
	if f.options.MaxMemory == 0 {
		most = math.MaxInt64
	}
	if o.Workers = int(min(int64(f.workers), most/archive.HelperMemory)); o.Workers < 2 {
		o.Workers = 0
		return 1
	}
	aside := int64(o.Workers) * archive.HelperMemory
	o.Spare = func(total int64) bool { return total <= most-aside }
	return o.Workers
}

// judge says what becomes of a member of an archive that could not be opened as a capture.
func judge(path string, err error) (reason, detail string, problem error) {
	var not *capture.NotCaptureError
	if !errors.As(err, &not) || not.Err != nil {
		var named interface{ Paths() []string }
		if !errors.As(err, &named) && !errors.As(err, new(*fs.PathError)) {
			err = &memberError{path, err}
		}
		return "", "", err
	}
	switch a := archiveIn(not); {
	case a == nil:
		return NotACapture, err.Error(), nil
	case a.nested:
		return Nested, a.Kind, nil
	default:
		return "", "", a
	}
}

// memberError names the member in an error that does not.
type memberError struct {
	path string
	error
}

func (e *memberError) Unwrap() error   { return e.error }
func (e *memberError) Error() string   { return e.path + ": " + e.error.Error() }
func (e *memberError) Paths() []string { return []string{e.path} }
