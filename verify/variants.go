package verify

import (
	"errors"
	"fmt"

	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

const variantsPromise = "every variant has the files, headers and digests that the manifest says, and the labels of the dataset"

// variants checks the samples and labels of the variants but the first. Table of samples,
// split and counts are those of the dataset.
func (v *verifier) variants(promise string) error {
	all, err := v.d.All()
	if err != nil {
		return broken(promise, "%v", err)
	}
	for _, d := range all[1:] {
		if err := v.variant(d); errors.Is(err, v.ctx.Err()) && err != nil {
			return err
		} else if err != nil {
			return broken(promise, "variant %s: %v", d.Manifest().Variant, err)
		}
	}
	return nil
}

func (v *verifier) variant(d *store.Dataset) (err error) {
	m := d.Manifest()
	if set := m.Settings; set.Form() == "" && int64(m.Rows)*int64(m.Cols) != set.Int("length") {
		return fmt.Errorf("samples of %d rows and %d columns, but %d bytes", m.Rows, m.Cols, set.Int("length"))
	}
	if err := errors.Join(d.CheckSizes(), d.CheckHeaders()); err != nil {
		return err
	}
	have, err := d.Labels()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, have.Close()) }()
	want, err := v.d.Labels()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, want.Close()) }()
	sum := manifest.NewSum()
	return d.Chunks(v.ctx, v.workers, false, func(chunk *store.Chunk) error {
		c := &m.Captures[chunk.Capture]
		v.read.Add(int64(chunk.Len))
		_, _ = sum.Write(chunk.Data) // a hash never fails
		for k := range chunk.Len {
			l, err := have.Next()
			if err != nil {
				return err
			}
			of, err := want.Next()
			if err != nil {
				return err
			}
			if l != of {
				return fmt.Errorf("capture %s: sample %d has label %d, need %d", c.Name, chunk.First+int64(k), l, of)
			}
		}
		if !chunk.Last {
			return nil
		}
		if have := sum.Text(); have != c.SamplesDigest {
			return fmt.Errorf("capture %s: its samples %d to %d have digest %s, need %s", c.Name, c.FirstSample, c.FirstSample+c.Samples-1, have, c.SamplesDigest)
		}
		sum = manifest.NewSum()
		return nil
	})
}
