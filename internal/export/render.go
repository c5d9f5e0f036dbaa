package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/version"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// A Job is one format to render.
type Job struct {
	Exporter dataset.Exporter
	// Options are those that decide what the exporter writes, for the record.
	Options map[string]string
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
	name := job.Exporter.Name()
	p := &place{final: filepath.Join(into, name), next: filepath.Join(into, "."+name+".new"), old: filepath.Join(into, "."+name+".old")}
	return render(ctx, v, job, p)
}

func render(ctx context.Context, v *store.View, job Job, p *place) (*Rendered, error) {
	if err := p.prepare(job.Exporter.Name()); err != nil {
		return nil, err
	}
	defer os.RemoveAll(p.next) // what is not published; if it stays, the next run removes it
	files, err := job.Exporter.Export(ctx, p.next, v)
	if err != nil {
		return nil, err
	}
	record, err := newRecord(v, job)
	if err != nil {
		return nil, err
	}
	out := &Rendered{Record: record, Dir: p.final, Files: int64(len(files))}
	for _, f := range files {
		out.Bytes += f.Size
	}
	if err := writeRecord(ctx, p.next, record, files); err != nil {
		return nil, err
	}
	if err := syncTree(p.next, files); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, p.publish()
}

// newRecord is what is known before the files are.
func newRecord(v *store.View, job Job) (*Record, error) {
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
	for _, s := range v.Sides() {
		r.Sides = append(r.Sides, SideCount{s.String(), v.Len(s)})
	}
	return r, nil
}

// digest reads one file of an export.
func digest(dir, name string) (File, error) {
	f, err := fsys.OpenInside(fsys.OS{}, dir, name, os.O_RDONLY)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return File{}, err
	}
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// writeRecord reads the files back, so that what the record says about them is what is
// there.
func writeRecord(ctx context.Context, dir string, r *Record, files []dataset.File) error {
	out, err := dataset.CreateOutput(dir, RecordName)
	if err != nil {
		return err
	}
	defer out.Abort()
	err = r.encode(out, len(files), func(i int) (File, error) {
		if err := ctx.Err(); err != nil {
			return File{}, err
		}
		have, err := digest(dir, files[i].Name)
		if err == nil && have.Size != files[i].Size {
			err = fmt.Errorf("%s: %d bytes, but %d were written", filepath.Join(dir, files[i].Name), have.Size, files[i].Size)
		}
		return have, err
	})
	if err != nil {
		return err
	}
	_, err = out.Close()
	return err
}

// place is where an export goes.
type place struct{ final, next, old string }

// prepare removes what a killed run left, looks whether the folder that is there may be
// replaced, and makes the new one.
func (p *place) prepare(name string) error {
	if _, err := os.Lstat(p.final); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(p.old, p.final); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := errors.Join(os.RemoveAll(p.old), os.RemoveAll(p.next)); err != nil {
		return err
	}
	if err := mayReplace(p.final, name); err != nil {
		return err
	}
	return os.Mkdir(p.next, 0o777)
}

// ForeignError says that a folder holds what no export has made, so that it must not
// be replaced by one.
type ForeignError struct{ Path, Reason string }

// Error names the path and the reason.
func (e *ForeignError) Error() string { return e.Path + ": " + e.Reason }

// Paths are the paths that the error names.
func (e *ForeignError) Paths() []string { return []string{e.Path} }

// Hint says what to do about it.
func (e *ForeignError) Hint() string {
	return "an export replaces its folder as a whole, and pcapmill removes only what it made; move that elsewhere, or export --into another directory"
}

// mayReplace refuses a folder that is not an export of the same format with its own
// files and no others.
func mayReplace(dir, name string) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return &ForeignError{dir, "is not a folder"}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		return err
	}
	ours := map[string]bool{RecordName: true}
	record, err := read(dir, func(f File) error {
		ours[f.Name] = true
		return nil
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &ForeignError{dir, "is no export: it holds files but no " + RecordName}
	case err != nil:
		return err
	case record.Name != name:
		return &ForeignError{dir, "is an export of another format: " + record.Name}
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err == nil && !ours[filepath.ToSlash(rel)] {
			err = &ForeignError{path, "is not a file of the export there"}
		}
		return err
	})
}

// publish makes the new folder the export, durably, and removes the old one.
func (p *place) publish() error {
	err := os.Rename(p.next, p.final) // if there is none, or an empty one
	if _, none := os.Lstat(p.final); err != nil && none == nil {
		if done, e := exchange(p.next, p.final); done || e != nil {
			err = e
		} else {
			err = p.replace()
		}
	}
	if err != nil {
		return err
	}
	return dataset.SyncDir(filepath.Dir(p.final))
}

// replace is exchange for systems that have none.
func (p *place) replace() error {
	if err := os.Rename(p.final, p.old); err != nil {
		return err
	}
	if err := os.Rename(p.next, p.final); err != nil {
		return errors.Join(err, os.Rename(p.old, p.final))
	}
	_ = os.RemoveAll(p.old) // if it stays, the next run removes it
	return nil
}
