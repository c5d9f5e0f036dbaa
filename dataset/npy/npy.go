package npy

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/dataset"
)

// Format is the exporter of a folder of NPY files.
type Format struct{}

// Name implements [dataset.Exporter].
func (Format) Name() string { return "npy" }

// Export implements [dataset.Exporter].
func (Format) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	var files []dataset.File
	for _, s := range v.Sides() {
		for _, array := range []struct {
			name  string
			write func(context.Context, io.Writer, dataset.View, dataset.Side) error
		}{{"images", writeImages}, {"labels", writeLabels}} {
			f, err := create(dir, s.String()+"/"+array.name+".npy", func(w io.Writer) error { return array.write(ctx, w, v, s) })
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
	}
	f, err := dir.Write("classes.npy", textArray(v.Classes()))
	if err != nil {
		return nil, err
	}
	return append(files, f), nil
}

// create makes a file of what write writes.
func create(dir dataset.Folder, name string, write func(w io.Writer) error) (dataset.File, error) {
	out, err := dir.Create(name)
	if err != nil {
		return dataset.File{}, err
	}
	defer out.Abort()
	if err := write(out); err != nil {
		return dataset.File{}, err
	}
	return out.Close()
}

// writeImages writes the array of a side's samples.
func writeImages(ctx context.Context, w io.Writer, v dataset.View, s dataset.Side) error {
	spec := v.Spec()
	descr := Descr(spec.Type)
	if descr == "" {
		return fmt.Errorf("%w: samples of %v, need arrays", dataset.ErrUnfit, spec.Type)
	}
	if _, err := w.Write(Header(descr, v.Len(s), int64(spec.Rows), int64(spec.Cols))); err != nil {
		return err
	}
	var b []byte
	return each(ctx, v, s, func(e *dataset.Entry) error {
		b = append(b[:0], e.Data...)
		spec.Type.Swap(b, b)
		_, err := w.Write(b)
		return err
	})
}

// Descr is numpy's name of a type, "" of text.
func Descr(t dataset.Type) string {
	return [...]string{dataset.U8: "|u1", dataset.I8: "|i1", dataset.I16: "<i2", dataset.F32: "<f4", dataset.Text: ""}[min(t, dataset.Text)]
}

// writeLabels writes the array of a side's labels.
func writeLabels(ctx context.Context, w io.Writer, v dataset.View, s dataset.Side) error {
	wide := v.Unknown() > 255
	descr := "|u1"
	if wide {
		descr = "<u2"
	}
	if _, err := w.Write(Header(descr, v.Len(s))); err != nil {
		return err
	}
	var b [2]byte
	return each(ctx, v, s, func(e *dataset.Entry) error {
		binary.LittleEndian.PutUint16(b[:], uint16(e.Label))
		n := 1
		if wide {
			n = 2
		}
		_, err := w.Write(b[:n])
		return err
	})
}

// each is v.Each for as many samples as the header has announced.
func each(ctx context.Context, v dataset.View, s dataset.Side, f func(e *dataset.Entry) error) error {
	have := int64(0)
	err := v.Each(ctx, s, func(e *dataset.Entry) error {
		have++
		return f(e)
	})
	if err != nil {
		return err
	}
	return dataset.CheckLen(v, s, have)
}
