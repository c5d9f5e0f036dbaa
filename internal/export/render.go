package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
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

// digest reads one file of an export, through a buffer.
func digest(disk fsys.FS, dir, name string, buf []byte) (File, error) {
	f, err := fsys.OpenInside(disk, dir, name, os.O_RDONLY)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.CopyBuffer(sum, struct{ io.Reader }{f}, buf) // without its WriteTo, which has a buffer of its own
	if err != nil {
		return File{}, err
	}
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// readBuffer is the size in bytes of the buffers that files are read back through.
const readBuffer = 64 << 10

// together is how many files are read back side by side before their lines are written.
const together = 1024

// writeRecord reads the files back, so that what the record says about them is what is
// there.
func writeRecord(ctx context.Context, p *place, r *Record, files []dataset.File, workers int) error {
	out, err := dataset.NewFolderIn(p.disk, p.next).Create(RecordName)
	if err != nil {
		return err
	}
	defer out.Abort()
	read := make([]File, min(together, len(files)))
	buffers := make([][]byte, parallel.Workers(workers))
	for i := range buffers {
		buffers[i] = make([]byte, readBuffer)
	}
	err = r.encode(out, len(files), func(i int) (File, error) {
		if i%together == 0 {
			rest := files[i:]
			err := parallel.Each(ctx, parallel.Workers(workers), min(together, len(rest)), func(worker, k int) (err error) {
				read[k], err = digest(p.disk, p.next, rest[k].Name, buffers[worker])
				if err == nil && read[k].Size != rest[k].Size {
					err = fmt.Errorf("%s: %d bytes, but %d were written", filepath.Join(p.next, rest[k].Name), read[k].Size, rest[k].Size)
				}
				return err
			})
			if err != nil {
				return File{}, err
			}
		}
		return read[i%together], nil
	})
	if err != nil {
		return err
	}
	_, err = out.Close()
	return err
}
