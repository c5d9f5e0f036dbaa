package main

import (
	"errors"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/internal/splitfile"
	"github.com/pcapmill/pcapmill/manifest"
)

// source is what the dataset in dir has beside its samples, for exports: the table of
// samples, and the split if there is one.
func source(dir string) (export.Source, error) {
	m, err := manifest.Load(dir)
	if err != nil {
		return export.Source{}, err
	}
	r := &rowSource{dir: dir, n: m.Samples}
	src := export.Source{Row: r.row}
	record, err := splitfile.Load(dir, m)
	if errors.Is(err, splitfile.ErrNone) {
		return src, nil
	}
	if err != nil {
		return export.Source{}, err
	}
	o, err := record.Settings.Options()
	if err != nil {
		return export.Source{}, err
	}
	for _, side := range []dataset.Side{dataset.Train, dataset.Validation, dataset.Test} {
		if o.Weights[side] > 0 {
			src.Sides = append(src.Sides, side)
		}
	}
	src.SplitDigest = m.Split.Digest
	src.Side = func(i int64) dataset.Side {
		if side, ok := record.Side(i); ok {
			return side
		}
		return dataset.Whole // on no side
	}
	return src, nil
}

// rowSource reads the table of samples as views ask for it: again and again, each time
// in rising order. It holds the file open only while there are rows to come.
type rowSource struct {
	dir  string
	n    int64
	open *rows.Reader
	next int64 // row that the reader reads next
}

func (s *rowSource) row(i int64) (row dataset.Row, err error) {
	if s.open != nil && i < s.next {
		err = s.close()
	}
	if err == nil && s.open == nil {
		s.next = 0
		s.open, err = rows.NewReader(s.dir, s.n)
	}
	for err == nil && s.next <= i {
		err = s.open.Next(&row)
		s.next++
	}
	if s.next >= s.n || err != nil {
		err = errors.Join(err, s.close())
	}
	return row, err
}

func (s *rowSource) close() error {
	if s.open == nil {
		return nil
	}
	err := s.open.Close()
	s.open = nil
	return err
}
