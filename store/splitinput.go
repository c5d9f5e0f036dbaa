package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/split"
)

// Compute is split.Compute of the dataset: how it would be split. before may be nil.
func (d *Dataset) Compute(ctx context.Context, o split.Options, before *split.Record) (*split.Record, error) {
	in, err := d.splitInput(ctx)
	if err != nil {
		return nil, err
	}
	r, err := split.Compute(in, o, before)
	if err != nil {
		return nil, &pathError{d.dir, err}
	}
	return r, nil
}

// splitInput is the dataset as split.Compute reads it: labels and the table of samples,
// once for each pass. What stands for the bytes of a sample is the digest in its row,
// unless that is one of the whole session: then the samples are read, once.
func (d *Dataset) splitInput(ctx context.Context) (*split.Input, error) {
	in := &split.Input{TableTimes: d.m.Settings.Get("table_times"), Units: d.m.Settings.Units()}
	for i := range d.m.Captures {
		in.Captures = append(in.Captures, d.m.Captures[i].Digest)
		in.Names = append(in.Names, d.m.Captures[i].Name)
		in.Groups = append(in.Groups, d.m.Captures[i].Group)
	}
	for _, c := range d.m.Classes {
		in.Classes = append(in.Classes, split.ClassName{Label: c.Label, Name: c.Name})
	}
	var prints []dedup.Digest
	if d.m.Settings.Get("dedup") == sample.DedupSession.String() {
		var err error
		if prints, err = d.prints(ctx); err != nil {
			return nil, err
		}
	}
	in.Each = func(f func(s *split.Sample) error) error { return d.eachToSplit(ctx, prints, f) }
	return in, nil
}

// stride is how many samples are read between two looks at the context.
const stride = 4096

func (d *Dataset) prints(ctx context.Context) ([]dedup.Digest, error) {
	prints := make([]dedup.Digest, 0, d.m.Samples) // which the file was seen to hold
	err := d.chunks(ctx, 0, true, []int64{d.m.Samples}, func(c *Chunk) error {
		prints = append(prints, c.Prints...)
		return nil
	})
	return prints, err
}

func (d *Dataset) eachToSplit(ctx context.Context, prints []dedup.Digest, f func(s *split.Sample) error) (err error) {
	labels, err := d.Labels()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, labels.Close()) }()
	table, err := d.Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	var s split.Sample
	for i := range d.m.Samples {
		if i%stride == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if s.Label, err = labels.Next(); err != nil {
			return err
		}
		if err := table.Next(&s.Row); err != nil {
			return err
		}
		if int64(s.Row.Capture) >= int64(len(d.m.Captures)) {
			return &pathError{filepath.Join(d.dir, rows.Name), fmt.Errorf("row %d is of capture %d of %d", i, s.Row.Capture, len(d.m.Captures))}
		}
		if group := d.m.Captures[s.Row.Capture].Group; group > 0 { // it counts as one capture
			s.Row.Capture = uint32(group - 1)
		}
		if s.Print = s.Row.Digest; prints != nil {
			s.Print = prints[i]
		}
		if err := f(&s); err != nil {
			return err
		}
	}
	return nil
}
