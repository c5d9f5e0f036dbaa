package datasettest_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
)

// plain is the simplest format that keeps the contract: one file with rows, columns, count
// and zero, 8 bytes each, and then label and data of every sample. It buffers nothing. The
// suite is tested by breaking it: fault names the promise that it does not keep.
type plain struct{ fault string }

const (
	plainName   = "samples.plain"
	plainHeader = 32
)

func (plain) Name() string { return "plain" }

func (p plain) Open(dir string, spec dataset.Spec, samples int64) (dataset.Writer, error) {
	if err := spec.Check(); err != nil && p.fault != "any spec" {
		return nil, err
	}
	if samples < 0 {
		return nil, fmt.Errorf("plain: %d samples", samples)
	}
	w := &plainWriter{plain: p, spec: spec, samples: samples, committed: samples, prepared: samples}
	flags := os.O_RDWR
	if samples == 0 || p.fault == "missing file made" {
		flags |= os.O_CREATE
	}
	var err error
	if w.f, err = os.OpenFile(filepath.Join(dir, plainName), flags, 0o644); err != nil {
		return nil, err
	}
	if err := w.check(); err != nil {
		w.f.Close()
		return nil, err
	}
	if p.fault == "tail stays" {
		return w, nil
	}
	return w, w.rewind()
}

type plainWriter struct {
	plain
	f                  *os.File
	spec               dataset.Spec
	samples, committed int64
	prepared           int64
	cut                int64
	closed             bool
	last               []byte // for the fault "sample kept"
	commits            int    // for the fault "trace of commits", else 0
}

func (w *plainWriter) offset(n int64) int64 { return plainHeader + n*int64(w.spec.Size()+1) }

func (w *plainWriter) check() error {
	info, err := w.f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if w.fault != "cut not reported" {
		w.cut = max(size-w.offset(w.committed), 0)
	}
	if w.committed == 0 {
		return nil
	}
	mismatch := func(what string, have, need int64) error {
		if w.fault == "untyped refusal" {
			return fmt.Errorf("plain: %s: %d is not %d", what, have, need)
		}
		return &dataset.MismatchError{File: w.f.Name(), What: what, Have: have, Need: need}
	}
	if need := w.offset(w.committed); size < need && w.fault != "cut short taken" {
		return mismatch("bytes", size, need)
	}
	var b [plainHeader]byte
	if _, err := w.f.ReadAt(b[:], 0); err != nil {
		return err
	}
	rows, cols := int64(binary.BigEndian.Uint64(b[:])), int64(binary.BigEndian.Uint64(b[8:]))
	switch {
	case w.fault == "any shape" && rows*cols == int64(w.spec.Size()):
	case rows != int64(w.spec.Rows):
		return mismatch("rows", rows, int64(w.spec.Rows))
	case cols != int64(w.spec.Cols):
		return mismatch("columns", cols, int64(w.spec.Cols))
	}
	return nil
}

// rewind goes back to the committed samples.
func (w *plainWriter) rewind() error {
	if err := w.writeHeader(w.committed); err != nil {
		return err
	}
	return w.f.Truncate(w.offset(w.committed))
}

func (w *plainWriter) writeHeader(count int64) error {
	b := binary.BigEndian.AppendUint64(nil, uint64(w.spec.Rows))
	b = binary.BigEndian.AppendUint64(b, uint64(w.spec.Cols))
	b = binary.BigEndian.AppendUint64(b, uint64(count))
	b = binary.BigEndian.AppendUint64(b, uint64(w.commits))
	_, err := w.f.WriteAt(b, 0)
	return err
}

func (w *plainWriter) Append(s dataset.Sample) error {
	if w.closed {
		return dataset.ErrClosed
	}
	if len(s.Data) != w.spec.Size() && w.fault != "any size" {
		return &dataset.MismatchError{File: w.f.Name(), What: "bytes", Have: int64(len(s.Data)), Need: int64(w.spec.Size())}
	}
	b := append([]byte{uint8(s.Label)}, s.Data...)
	switch w.fault {
	case "label off":
		b[0] &= 0x7f
	case "process number in the data":
		b[1] = byte(os.Getpid()) ^ byte(w.samples)
	case "sample kept":
		w.last, b = s.Data, append([]byte{uint8(s.Label)}, w.last...) // one late
		b = append(b, make([]byte, w.spec.Size()+1-len(b))...)
	}
	if _, err := w.f.WriteAt(b, w.offset(w.samples)); err != nil {
		return err
	}
	w.samples++
	if w.fault == "count before commit" {
		return w.writeHeader(w.samples)
	}
	return nil
}

func (w *plainWriter) Prepare() error {
	if w.closed && w.fault != "prepare when closed" {
		return dataset.ErrClosed
	}
	if w.closed {
		return nil
	}
	if w.fault != "sizes as committed" {
		w.prepared = w.samples
	}
	if w.fault == "prepare commits" {
		return w.Commit()
	}
	return w.f.Sync()
}

func (w *plainWriter) Commit() error {
	if w.closed && w.fault != "commit when closed" {
		return dataset.ErrClosed
	}
	if w.closed {
		return nil
	}
	if w.fault != "commit of what was prepared" || w.prepared == w.committed {
		w.prepared = w.samples
	}
	w.committed = w.prepared
	if w.fault == "trace of commits" {
		w.commits++
	}
	if err := w.f.Sync(); err != nil {
		return err
	}
	if err := w.writeHeader(w.committed); err != nil {
		return err
	}
	return w.f.Sync()
}

func (w *plainWriter) Samples() int64 {
	if w.fault == "samples are the committed ones" {
		return w.committed
	}
	return w.samples
}

func (w *plainWriter) Cut() int64 { return w.cut }

func (w *plainWriter) Files() []dataset.File {
	size := w.offset(w.prepared)
	if w.fault == "wrong file size" {
		size++
	}
	return []dataset.File{{Name: plainName, Size: size}}
}

func (w *plainWriter) Close() error {
	if w.closed && w.fault != "close twice" {
		return nil
	}
	w.closed = true
	if w.fault == "close commits what was prepared" {
		w.committed = w.prepared
	}
	if w.fault != "close leaves the rest" {
		if err := w.rewind(); err != nil {
			return err
		}
	}
	return w.f.Close()
}
