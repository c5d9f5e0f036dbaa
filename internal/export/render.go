package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/parallel"
	"github.com/pcapmill/pcapmill/internal/version"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// A Job is one format to render.
type Job struct {
	Exporter dataset.Exporter
	// Options are those that decide what the exporter writes, for the record.
	Options map[string]string
	// Known leaves out the samples that no class matches.
	Known bool
	// Workers read files back side by side, for their digests; 0: one a core. It changes no
	// byte.
	Workers int
}

// Rendered is what a Render has written.
type Rendered struct {
	Record *Record
	Dir    string // the folder of the export
	Files  int64  // without the record
	Bytes  int64  // of these
}

// Render renders the dataset in one format, into a folder of the format's name below
// into, which must exist and be locked by the caller. After an error, a cancelled
// context included, the folder is as it was.
func Render(ctx context.Context, v *store.View, job Job, into string) (*Rendered, error) {
	return RenderIn(ctx, fsys.OS{}, v, job, into)
}

// RenderIn is [Render] into another file system.
func RenderIn(ctx context.Context, disk fsys.FS, v *store.View, job Job, into string) (*Rendered, error) {
	p := newPlace(disk, into, job.Exporter.Name())
	if err := p.prepare(); err != nil {
		return nil, err
	}
	defer p.clean()
	next := dataset.NewFolderIn(disk, p.next)
	of := dataset.View(v)
	if job.Known {
		known, err := dataset.Known(ctx, v)
		if err != nil {
			return nil, err
		}
		of = known
	}
	files, err := job.Exporter.Export(ctx, next, of)
	if err != nil {
		return nil, err
	}
	record, err := newRecord(v, of, job)
	if err != nil {
		return nil, err
	}
	out := &Rendered{Record: record, Dir: p.final, Files: int64(len(files))}
	for _, f := range files {
		out.Bytes += f.Size
	}
	if err := writeRecord(ctx, p, record, files, job.Workers); err != nil {
		return nil, err
	}
	if err := p.sync(files); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := p.publish(); err != nil {
		return nil, err
	}
	return out, nil
}

// newRecord is what is known before the files are. of is what of v was exported.
func newRecord(v *store.View, of dataset.View, job Job) (*Record, error) {
	print, err := FingerprintOf(v)
	if err != nil {
		return nil, err
	}
	r := &Record{
		Format: Format, Version: Version, Tool: manifest.Tool{Name: "pcapmill", Version: version.String()},
		Name: job.Exporter.Name(), Options: job.Options, Fingerprint: print, Samples: v.Dataset().Len(),
	}
	if r.Options == nil {
		r.Options = map[string]string{}
	}
	for _, s := range of.Sides() {
		r.Sides = append(r.Sides, SideCount{s.String(), of.Len(s)})
	}
	return r, nil
}

// readBuffer is the size in bytes of the buffers that files are read back through.
const readBuffer = 64 << 10

// reader reads files of an export for their digests. It is for one goroutine.
type reader struct {
	opener fsys.Opener
	buf    []byte
}

func newReader(disk fsys.FS, dir string) *reader {
	return &reader{fsys.Opener{Disk: disk, Dir: dir}, make([]byte, readBuffer)}
}

// digest reads one file. Of one that grows meanwhile it may be what was there when it was
// opened.
func (r *reader) digest(name string) (File, error) {
	f, info, err := r.opener.Open(name)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	n, err := f.Read(r.buf)
	if err != nil && err != io.EOF {
		return File{}, err
	}
	if size := int64(n); size == info.Size() && n < len(r.buf) { // most are so small
		sum := sha256.Sum256(r.buf[:n])
		return File{name, size, hex.EncodeToString(sum[:])}, nil
	}
	sum := sha256.New()
	_, _ = sum.Write(r.buf[:n])                                    // a hash never fails
	rest, err := io.CopyBuffer(sum, struct{ io.Reader }{f}, r.buf) // without its WriteTo, which has a buffer of its own
	if err != nil {
		return File{}, err
	}
	return File{name, int64(n) + rest, hex.EncodeToString(sum.Sum(nil))}, nil
}

// together is how many files a worker reads before their lines are written, and large the
// size in bytes of a file that is enough alone: some milliseconds of work.
const (
	together = 64
	large    = 1 << 20
)

// digests reads the files below dir that each adds, side by side, and calls f for them in their
// order, with what was added and what is there, or why that cannot be read.
func digests(ctx context.Context, disk fsys.FS, dir string, workers int, each func(add func(File) error) error, f func(want, have File, err error) error) error {
	readers := make([]*reader, parallel.Workers(workers))
	for i := range readers {
		readers[i] = newReader(disk, dir)
	}
	type item struct {
		want, have File
		err        error
	}
	return parallel.Order[item]{
		Workers: workers, Batch: together, Large: func(i *item) bool { return i.want.Size > large },
		Work: func(worker int, i *item) error {
			i.have, i.err = readers[worker].digest(i.want.Name)
			return nil
		},
		Emit: func(i *item) error { return f(i.want, i.have, i.err) },
	}.Run(ctx, func(add func(func(*item)) error) error {
		return each(func(want File) error {
			return add(func(i *item) { i.want = want })
		})
	})
}

// writeRecord reads the files back, so that what the record says about them is what is
// there.
func writeRecord(ctx context.Context, p *place, r *Record, files []dataset.File, workers int) error {
	out, err := dataset.NewFolderIn(p.disk, p.next).Create(RecordName)
	if err != nil {
		return err
	}
	defer out.Abort()
	err = r.encode(out, func(line func(File) error) error {
		return digests(ctx, p.disk, p.next, workers,
			func(add func(File) error) error {
				for _, f := range files {
					if err := add(File{Name: f.Name, Size: f.Size}); err != nil {
						return err
					}
				}
				return nil
			},
			func(want, have File, err error) error {
				if err == nil && have.Size != want.Size {
					err = fmt.Errorf("%s: %d bytes, but %d were written", filepath.Join(p.next, want.Name), have.Size, want.Size)
				}
				if err != nil {
					return err
				}
				return line(have)
			})
	})
	if err != nil {
		return err
	}
	_, err = out.Close()
	return err
}
