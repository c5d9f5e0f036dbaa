package npy

import (
	"archive/zip"
	"context"
	"encoding/binary"
	"io"
	"math"

	"github.com/pcapmill/pcapmill/dataset"
)

// ArchiveName is the name of the file that an [Archive] writes.
const ArchiveName = "dataset.npz"

// Archive is the exporter of an NPZ archive.
type Archive struct{}

// Name implements [dataset.Exporter].
func (Archive) Name() string { return "npz" }

// Export implements [dataset.Exporter].
func (Archive) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	f, err := create(dir, ArchiveName, func(w io.Writer) error { return writeArchive(ctx, w, v) })
	if err != nil {
		return nil, err
	}
	return []dataset.File{f}, nil
}

// suffix is what the names of a side's arrays end in.
func suffix(s dataset.Side) string {
	switch s {
	case dataset.Train:
		return "_train"
	case dataset.Validation:
		return "_val"
	case dataset.Test:
		return "_test"
	}
	return ""
}

func writeArchive(ctx context.Context, w io.Writer, v dataset.View) error {
	a := newArchive(w)
	for _, s := range v.Sides() {
		for _, array := range []struct {
			name  string
			write func(context.Context, io.Writer, dataset.View, dataset.Side) error
		}{{"x", writeImages}, {"y", writeLabels}} {
			m, err := a.member(array.name + suffix(s) + ".npy")
			if err != nil {
				return err
			}
			if err := array.write(ctx, m, v, s); err != nil {
				return err
			}
		}
	}
	m, err := a.member("classes.npy")
	if err != nil {
		return err
	}
	if _, err := m.Write(textArray(v.Classes())); err != nil {
		return err
	}
	return a.zip.Close()
}

// archive writes a ZIP archive whose members begin at multiples of align.
type archive struct {
	zip  *zip.Writer
	out  *counter
	last *counter // the member that is open, or nil
}

func newArchive(w io.Writer) *archive {
	out := &counter{w: w}
	return &archive{zip: zip.NewWriter(out), out: out}
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

const (
	localHeader  = 30 // bytes in front of name and extra field
	descriptor   = 16 // bytes behind a member
	descriptor64 = 24 // behind one of 4 GiB or more
	extraHeader  = 4  // number and length in front of an extra field's data
	paddingID    = 0xd935
)

// member ends the member before and begins the next one.
func (a *archive) member(name string) (io.Writer, error) {
	if err := a.zip.Flush(); err != nil {
		return nil, err
	}
	at := a.out.n
	if a.last != nil { // its descriptor comes first
		at += descriptor
		if a.last.n >= math.MaxUint32 {
			at += descriptor64 - descriptor
		}
	}
	at += localHeader + int64(len(name)) + extraHeader
	extra := make([]byte, extraHeader+(align-at%align)%align)
	binary.LittleEndian.PutUint16(extra, paddingID)
	binary.LittleEndian.PutUint16(extra[2:], uint16(len(extra)-extraHeader))
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Extra: extra})
	if err != nil {
		return nil, err
	}
	a.last = &counter{w: w}
	return a.last, nil
}
