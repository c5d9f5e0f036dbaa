package splitfile

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/split"
)

// Input is the dataset in dir, whose manifest is m, as split.Compute reads it: labels and
// the table of samples, once for each pass. What stands for the bytes of a sample is
// the digest in its row, unless that is one of the whole session: then the images are
// read, once.
func Input(dir string, m *manifest.Manifest) (*split.Input, error) {
	in := &split.Input{}
	for i := range m.Captures {
		in.Captures = append(in.Captures, m.Captures[i].Digest)
	}
	for _, c := range m.Classes {
		in.Classes = append(in.Classes, split.ClassName{Label: c.Label, Name: c.Name})
	}
	var prints []dedup.Digest
	if m.Settings.Get("dedup") == sample.DedupSession.String() {
		var err error
		if prints, err = readPrints(dir, m); err != nil {
			return nil, err
		}
	}
	in.Each = func(f func(s *split.Sample) error) error { return each(dir, m, prints, f) }
	return in, nil
}

func readPrints(dir string, m *manifest.Manifest) ([]dedup.Digest, error) {
	images, err := idx.OpenImages(filepath.Join(dir, idx.ImagesName))
	if err != nil {
		return nil, err
	}
	defer images.Close()
	if images.Len() < m.Samples {
		return nil, changed(dir, "images", images.Len(), m.Samples)
	}
	prints := make([]dedup.Digest, 0, m.Samples)
	for range m.Samples {
		b, err := images.Next()
		if err != nil {
			return nil, err
		}
		prints = append(prints, dedup.OfSample(b))
	}
	return prints, nil
}

func each(dir string, m *manifest.Manifest, prints []dedup.Digest, f func(s *split.Sample) error) (err error) {
	labels, err := idx.OpenLabels(filepath.Join(dir, idx.LabelsName))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, labels.Close()) }()
	if labels.Len() < m.Samples {
		return changed(dir, "labels", labels.Len(), m.Samples)
	}
	table, err := rows.NewReader(dir, m.Samples)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	var s split.Sample
	for i := range m.Samples {
		if s.Label, err = labels.Next(); err != nil {
			return err
		}
		if err := table.Next(&s.Row); err != nil {
			return err
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

func changed(dir, what string, have, need int64) error {
	return &dataset.MismatchError{File: dir, What: what, Have: have, Need: need, Hint: "the files were changed; make the dataset again"}
}

// Compute is split.Compute of the dataset in dir. before may be nil.
func Compute(dir string, m *manifest.Manifest, o split.Options, before *split.Record) (*split.Record, error) {
	in, err := Input(dir, m)
	if err != nil {
		return nil, err
	}
	r, err := split.Compute(in, o, before)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return r, nil
}
