package main

import (
	"errors"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/rows"
	"github.com/pcapmill/pcapmill/export"
	"github.com/pcapmill/pcapmill/manifest"
)

// source is what the dataset in dir has beside its samples, for exports: the table of
// samples.
func source(dir string) (export.Source, error) {
	m, err := manifest.Load(dir)
	if err != nil {
		return export.Source{}, err
	}
	r := &rowSource{dir: dir, n: m.Samples}
	return export.Source{Row: r.row}, nil
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
