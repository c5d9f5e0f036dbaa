// Package nprint writes header bits as the CSV of nPrint (nprint/nprint fa2d653).
//
//	train.csv, validation.csv, test.csv   one line of column names, then a line a packet
//	__pcapmill/classes.json               names by label
//
// The first column of nPrint is the source address. Here it is sample, the number of the
// sample in the dataset, which tells nobody's address; a sample of several packets has as many
// lines. Then come the bits, 1, 0, or -1 for what is not there, and last label. What is not
// split is all train.
package nprint

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
)

// Format is the exporter.
type Format struct{}

// Name implements [dataset.Exporter].
func (Format) Name() string { return "nprint-csv" }

// Export implements [dataset.Exporter].
func (Format) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	spec := v.Spec()
	form, parameters := "", ""
	if x, ok := v.(dataset.Formed); ok {
		form, parameters = x.Form()
	}
	if form != "nprint" || spec.Type != dataset.I8 {
		return nil, fmt.Errorf("%w: nprint-csv needs the bits of the form nprint, and samples are %v", dataset.ErrUnfit, spec)
	}
	names, err := columns(parameters)
	if err != nil {
		return nil, err
	}
	if len(names) != spec.Cols {
		return nil, fmt.Errorf("the form nprint with %q has %d bits, and samples have %d", parameters, len(names), spec.Cols)
	}
	head := "sample," + strings.Join(names, ",") + ",label\n"
	var files []dataset.File
	for _, s := range v.Sides() {
		name := s.String()
		if s == dataset.Whole {
			name = dataset.Train.String()
		}
		made, err := write(ctx, dir, name+".csv", head, v, s)
		if err != nil {
			return nil, err
		}
		files = append(files, made)
	}
	classes, err := dir.WriteClasses(v)
	return append(files, classes), err
}

func write(ctx context.Context, dir dataset.Folder, name, head string, v dataset.View, s dataset.Side) (dataset.File, error) {
	out, err := dir.Create(name)
	if err != nil {
		return dataset.File{}, err
	}
	defer out.Abort()
	if _, err := out.Write([]byte(head)); err != nil {
		return dataset.File{}, err
	}
	cols := v.Spec().Cols
	var b []byte
	have := int64(0)
	err = v.Each(ctx, s, func(e *dataset.Entry) error {
		have++
		for bits := e.Data; len(bits) > 0; bits = bits[cols:] {
			b = strconv.AppendInt(b[:0], e.Index, 10)
			for _, x := range bits[:cols] {
				switch x {
				case 0:
					b = append(b, ",0"...)
				case 1:
					b = append(b, ",1"...)
				default:
					b = append(b, ",-1"...)
				}
			}
			b = append(b, ',')
			b = append(strconv.AppendInt(b, int64(e.Label), 10), '\n')
			if _, err := out.Write(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = dataset.CheckLen(v, s, have)
	}
	if err != nil {
		return dataset.File{}, fmt.Errorf("%s: %w", dir.Path(name), err)
	}
	return out.Close()
}
